"""The end of a session by the server's time limit: an error `session_expired`, then close 1001, as OpenAI's server does."""

import asyncio

from simulators.openai_realtime.session_context.channel import Channel
from simulators.openai_realtime.session_context.state import SessionState
from simulators.openai_realtime.session_context.tasks import SessionTasks

LONGEST_SESSION_S = 3600
SESSION_EXPIRED = "Your session hit the maximum duration of 60 minutes."


class Expiry:
    """Ends the session after 60 minutes, or after the seconds of the fault `expire_after_s`."""

    def __init__(self, state: SessionState, channel: Channel, *, tasks: SessionTasks) -> None:
        self._state = state
        self._channel = channel
        self._tasks = tasks
        self._waiting = tasks.start(self._expire())

    def restart(self) -> None:
        """Start the time again, with the present faults."""
        self._waiting.cancel()
        self._waiting = self._tasks.start(self._expire())

    async def _expire(self) -> None:
        seconds = self._state.faults.expire_after_s
        await asyncio.sleep(LONGEST_SESSION_S if seconds is None else seconds)
        error = {"type": "invalid_request_error", "code": "session_expired", "message": SESSION_EXPIRED}
        await self._channel.send({"type": "error", "error": {**error, "param": None, "event_id": None}})
        await self._channel.close(1001, SESSION_EXPIRED)

"""A fast substitute for OpenAI's Realtime server: speaks without a pause in 20 ms deltas, or only after the caller's turn."""

import asyncio
import time
from collections.abc import Callable
from ssl import SSLContext
from typing import Any, Final

from picows import WSListener, WSTransport, WSUpgradeRequest, ws_create_server

from bench.load.frame_clock import FrameClock
from bench.load.load_peer import LoadPeer
from bench.load.timestamped_audio import ANSWER, FRAME, LAST, LONG_AUDIO, UNTIMED_FROM, payload, stamp
from bench.report.latency import Delays

_APPEND = b"input_audio_buffer.append"
_NEAR_THE_START = 60
_FORMATS = {"input": {"format": {"type": "audio/pcmu"}}, "output": {"format": {"type": "audio/pcmu"}}}
_LIFE_S = 7200  # longer than any call may last: the bridge keeps no session ready that expires sooner


class ModelFleet:
    """The server and all its sessions. `up` records the delays of the callers' audio as it arrives here."""

    def __init__(self, clock: FrameClock, *, think_s: float = 0.0) -> None:
        self.clock = clock
        self.think_s = think_s
        self.is_chatty = True  # otherwise it sends one delta for each request, and waits
        self.unread = 0  # frames that are only counted, for each one that is parsed
        self.up = Delays()
        self.by_call: dict[int, SimulatedModel] = {}
        self.sessions: set[SimulatedModel] = set()
        self._count = 0

    async def serve(self, port: int, tls: SSLContext | None) -> asyncio.Server:
        """Serve sessions on 127.0.0.1."""
        return await ws_create_server(self._accept, "127.0.0.1", port, ssl=tls, max_frame_size=1 << 24)

    @property
    def timed(self) -> int:
        """The number of calls here whose frames are timed."""
        return sum(call < UNTIMED_FROM for call in self.by_call)

    def missing_at_end(self, last_sent: dict[int, int]) -> int:
        """Return how many of the callers' last frames never came; `last_sent` is by call."""
        return sum(max(0, sent - self.by_call[call].heard) for call, sent in last_sent.items() if call in self.by_call)

    def _accept(self, _request: WSUpgradeRequest) -> WSListener:
        self._count += 1
        return SimulatedModel(self, self._count)


class SimulatedModel(LoadPeer):
    """One session."""

    def __init__(self, fleet: ModelFleet, number: int) -> None:
        super().__init__(fleet, audio_mark=_APPEND, near=_NEAR_THE_START)
        self._fleet = fleet
        self._number = number
        self._responses = 0
        self._head = b""
        self._said = 0
        self._is_speaking = False
        self._paced: Final[Callable[[int], None]] = self._speak
        self.call = 0
        self.speech_told_ns = 0

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Called by picows: send `session.created`, as OpenAI does."""
        self._transport = transport
        self._fleet.sessions.add(self)
        self._tell(type="session.created", session=self._session())

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows passes it
        """Called by picows: forget the session."""
        self._fleet.sessions.discard(self)
        if self._fleet.by_call.get(self.call) is self:
            del self._fleet.by_call[self.call]
        self._hush()

    @property
    def heard(self) -> int:
        """The number of the last frame up to which none is missing."""
        return self._sequence.heard

    def interrupt(self) -> None:
        """Report speech of the caller, as the API's turn detection does: the running response is cancelled."""
        self.speech_told_ns = time.monotonic_ns()
        self._tell(type="input_audio_buffer.speech_started", audio_start_ms=0, item_id=f"item_c{self._responses}")
        self._end("cancelled")
        asyncio.get_running_loop().call_later(0.2, self._take_turn)

    def speak_much(self) -> None:
        """Send seconds of audio in one delta."""
        if self._is_speaking:
            self._send(self._head + LONG_AUDIO + b"}")

    def _take_turn(self) -> None:
        self._tell(type="input_audio_buffer.speech_stopped", audio_end_ms=0, item_id=f"item_c{self._responses}")
        self._begin()

    def _hear(self, message: bytes) -> None:
        found = stamp(message)
        if found is None:
            self._answer(message)
            return
        fleet = self._fleet
        if not self.heard:
            self.call = found.call
            fleet.by_call[found.call] = self
        gap = self._sequence.read(found.number, len(message))
        if found.call < UNTIMED_FROM:
            fleet.up.note(found.at_ns, time.monotonic_ns(), gap)

    def _answer(self, message: bytes) -> None:
        """Answer the caller's last frame after the thinking time; the answer's stamp leaves that time out."""
        asked = stamp(message, LAST)
        if asked is None:
            return
        self._tell(type="input_audio_buffer.speech_stopped", audio_end_ms=0, item_id=f"item_c{self._responses}")
        heard_ns = time.monotonic_ns()

        def begin() -> None:
            waited_ns = time.monotonic_ns() - heard_ns
            self._begin()
            self._send(self._head + payload(ANSWER, asked.at_ns + waited_ns, 0, asked.call) + b"}")
            self._end("completed")

        asyncio.get_running_loop().call_later(self._fleet.think_s, begin)

    def _obey(self, message: dict[str, Any]) -> None:  # Any: JSON
        match message["type"]:
            case "session.update":
                self._tell(type="session.updated", session=self._session())
            case "response.create":
                self._begin()
                if not self._fleet.is_chatty:
                    self._speak(time.monotonic_ns())
                    self._end("completed")
            case "response.cancel":
                self._end("cancelled")
            case _:
                pass

    def _session(self) -> dict[str, Any]:  # Any: JSON
        return {"type": "realtime", "id": f"sess_{self._number}", "expires_at": int(time.time()) + _LIFE_S, "audio": _FORMATS}

    def _begin(self) -> None:
        """Start a response, and speak until it is ended."""
        if self._is_speaking:
            return
        self._responses += 1
        response, item = f"resp_{self._number}_{self._responses}", f"item_{self._number}_{self._responses}"
        self._tell(type="response.created", response={"id": response, "status": "in_progress", "output": []})
        self._tell(
            type="conversation.item.added",
            previous_item_id=None,
            item={"id": item, "type": "message", "role": "assistant", "content": []},
        )
        self._head = (
            b'{"type":"response.output_audio.delta","event_id":"event_CBzsCGKJaslHvvGV2mtXp","response_id":"%b","item_id":"%b",'
            b'"output_index":0,"content_index":0,"delta":' % (response.encode(), item.encode())
        )
        self._is_speaking = True
        if self._fleet.is_chatty:
            self._fleet.clock.add(self._paced)

    def _speak(self, now_ns: int) -> None:
        self._said += 1
        self._send(self._head + payload(FRAME, now_ns, self._said, self.call) + b"}")

    def _end(self, status: str) -> None:
        if not self._is_speaking:
            return
        self._hush()
        response = f"resp_{self._number}_{self._responses}"
        self._tell(type="response.done", response={"id": response, "status": status, "output": [], "usage": None})

    def _hush(self) -> None:
        if self._is_speaking:
            self._is_speaking = False
            self._fleet.clock.discard(self._paced)

    def _tell(self, **message: Any) -> None:  # noqa: ANN401 - JSON
        super()._tell(event_id="event_CBzsCGKJaslHvvGV2mtXp", **message)

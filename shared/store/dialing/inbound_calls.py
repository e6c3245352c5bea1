"""How many calls a number has made to us: over all shops and orders, and over all processes."""

from shared.core.dialing.caps import CallCap
from shared.store import keys
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, run


class InboundCalls:
    """Counts the calls that a number makes, each once, whoever asks again about it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def may_take(self, number: str, call_sid: str, cap: CallCap) -> bool:
        """Count the call if the cap allows the number another one; returns whether it may be taken.

        Raises:
            StoreUnavailableError: Redis did not answer.
        """
        async with translated():
            args = (call_sid, cap.calls, cap.span_s * 1000)
            return bool(await run(self._client, Script.COUNT_INBOUND, keys=[keys.inbound_calls(number)], args=args))

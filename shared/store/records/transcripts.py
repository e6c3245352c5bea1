"""What was said in the calls of a confirmation; kept as long as the confirmation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from shared.store import keys
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, Word, run


class Speaker(StrEnum):
    """Who spoke."""

    AGENT = "agent"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn. `position` counts an attempt's turns in their order; a later turn with the same position replaces it."""

    attempt: int
    position: int
    speaker: Speaker
    text: str
    at: datetime
    interrupted: bool = False


_decoder = msgspec.json.Decoder(Turn)


class Transcripts:
    """The turns of each confirmation. Writing one twice does no harm."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def append(self, confirmation_id: str, turns: Sequence[Turn]) -> None:
        """Store turns, unless the confirmation has been erased."""
        if not turns:
            return
        args: list[Word] = []
        for turn in turns:
            args += (f"{turn.attempt:04}.{turn.position:05}", msgspec.json.encode(turn))
        script_keys = [keys.record(confirmation_id), keys.transcript(confirmation_id)]
        async with translated():
            await run(self._client, Script.APPEND_TURNS, keys=script_keys, args=args)

    async def get(self, confirmation_id: str) -> list[Turn]:
        """Return the turns in order."""
        async with translated():
            found = await self._client.hgetall(keys.transcript(confirmation_id))
        return [_decoder.decode(found[field]) for field in sorted(found)]

"""Writes what a call must not lose, in order and for as long as it takes, without the call ever waiting for Redis."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from shared.core.conversation.actions import EndConversation, RecordVerdict
from shared.core.dialing.advance import Step
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.core.lifecycle.facts import CallEnded, ConversationEnded, DisclosurePlayed, Fact, VerdictGiven
from shared.core.outcome import Verdict
from shared.store import Turn

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0


class Records(Protocol):
    """The confirmations, as the bridge needs them."""

    async def apply(self, confirmation_id: str, make_fact: Callable[[datetime], Fact], /) -> Step:
        """Apply a fact."""
        ...


class Transcripts(Protocol):
    """The transcripts, as the bridge needs them."""

    async def append(self, confirmation_id: str, turns: Sequence[Turn], /) -> None:
        """Store turns; the same again replaces them."""
        ...


@dataclass(frozen=True, slots=True)
class CallName:
    """Whose call it is."""

    confirmation_id: str
    attempt_id: str


class RecordKeeper:
    """One call's way to the store. `run` ends when `finish` was called and all is written."""

    def __init__(self, records: Records, transcripts: Transcripts, call: CallName, *, clock: Callable[[], float]) -> None:
        self._records = records
        self._transcripts = transcripts
        self._id = call.confirmation_id
        self._attempt_id = call.attempt_id
        self._clock = clock
        self._work: asyncio.Queue[Callable[[], Awaitable[None]] | None] = asyncio.Queue()
        self._flushed = asyncio.Event()
        self._flushed.set()

    def put_verdict(self, decided: RecordVerdict, language: str) -> None:
        """Have a decision written; `language` is the call's, unless the model named another."""
        report = decided.report

        def fact(at: datetime) -> VerdictGiven:
            verdict = Verdict(
                kind=report.kind,
                channel=decided.channel,
                at=at,
                quote=report.quote,
                note=report.note,
                callback_at=report.callback_at,
                change=report.change,
                language=report.language or language,
            )
            return VerdictGiven(at, self._attempt_id, verdict)

        self._put(fact)

    def put_disclosure(self) -> None:
        """Have it written that the customer has heard who speaks."""
        self._put(lambda at: DisclosurePlayed(at, self._attempt_id))

    def put_end(self, end: EndConversation, cost_usd: Decimal | None) -> None:
        """Have it written that we are done with the call."""
        self._put(lambda at: ConversationEnded(at, self._attempt_id, end.conclusion, end.reason, cost_usd=cost_usd))

    def put_call_over(self, call_sid: str, duration_s: int) -> None:
        """Have it written that the call is over as far as this order goes: the customer is asked about another one."""
        self._put(lambda at: CallEnded(at, self._attempt_id, None, call_sid, duration_s))

    def put_turns(self, turns: Sequence[Turn]) -> None:
        """Have turns written."""

        async def append() -> None:
            await self._transcripts.append(self._id, turns)

        if turns:
            self._add(append)

    def finish(self) -> None:
        """Let `run` end once all is written."""
        self._work.put_nowait(None)

    async def flushed(self, limit_s: float) -> bool:
        """Wait until all is written, at most `limit_s` seconds; tell whether it is."""
        try:
            async with asyncio.timeout(limit_s):
                await self._flushed.wait()
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Write one after the other."""
        while (step := await self._work.get()) is not None:
            await self._do(step)
            if self._work.empty():
                self._flushed.set()
        self._flushed.set()

    def _put(self, make_fact: Callable[[datetime], Fact]) -> None:
        """Have a fact written, dated with this moment even if it takes a while."""
        happened = self._clock()

        async def apply() -> None:
            await self._records.apply(self._id, lambda now: make_fact(now - timedelta(seconds=self._clock() - happened)))

        self._add(apply)

    def _add(self, step: Callable[[], Awaitable[None]]) -> None:
        self._flushed.clear()
        self._work.put_nowait(step)

    async def _do(self, step: Callable[[], Awaitable[None]]) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                await step()
            except StoreUnavailableError:
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            except NotFoundError:
                return  # erased meanwhile: there is nothing left to write it to
            else:
                return

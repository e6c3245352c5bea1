"""Writes what a call must not lose, in order and for as long as it takes; the call never waits for Redis.

While Redis is away, writes wait here, and their number is bounded. Turns wait once: newer ones replace them. If a caller
decides again and again meanwhile (a key pressed twenty times a second), the oldest waiting verdict is dropped beyond
`MOST_VERDICTS`: a newer one replaces it in any case, so the decision that stands is always written. The first opt-out of a
call is never dropped: it holds whatever is decided after it. The other facts happen at most once in a call, and none is dropped.

A write that fails for a reason nobody foresaw is lost, with an error in the log and in the metrics; all others are still written.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

import structlog
from prometheus_client import Counter

from shared.core.confirmation import Confirmation
from shared.core.conversation.actions import EndConversation, RecordVerdict
from shared.core.dialing.planned_transition import PlannedTransition
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.core.lifecycle.facts import (
    CallEnded,
    CallerProven,
    ConversationEnded,
    DisclosurePlayed,
    Fact,
    ProofFailed,
    VerdictGiven,
)
from shared.core.outcome import Verdict, VerdictKind
from shared.store import Turn

log = structlog.get_logger()

MOST_VERDICTS = 16
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 1.0  # shorter than `CONVERSATION_WAIT`, so that a Redis that comes back hears of a decision in time


class Confirmations(Protocol):
    """The store's confirmations, as the bridge needs them."""

    async def apply(self, confirmation_id: str, make_fact: Callable[[datetime], Fact], /) -> PlannedTransition:
        """Apply a fact.

        Raises:
            NotFoundError: There is no such confirmation (any more).
            StoreUnavailableError: Redis is away.
        """
        ...


class Transcripts(Protocol):
    """The store's transcripts, as the bridge needs them."""

    async def append(self, confirmation_id: str, turns: Sequence[Turn], /) -> None:
        """Store turns; the same again replaces them."""
        ...


@dataclass(frozen=True, slots=True)
class CallIds:
    """Whose call it is."""

    confirmation_id: str
    attempt_id: str


@dataclass(frozen=True, slots=True, eq=False)
class _Write:
    """One write that waits; done again until the store has taken it."""

    perform: Callable[[], Awaitable[None]]
    kind: str
    is_replaceable: bool = False  # a verdict that a newer one replaces


class FactWriter:
    """Writes one call's facts and turns. `run` ends when `finish` was called and all is written."""

    def __init__(
        self,
        confirmations: Confirmations,
        transcripts: Transcripts,
        call: CallIds,
        *,
        clock: Callable[[], float],
        lost_writes: Counter,
    ) -> None:
        self._confirmations = confirmations
        self._transcripts = transcripts
        self._call = call
        self._clock = clock
        self._lost_writes = lost_writes
        self._waiting: deque[_Write] = deque()  # bounded: see the module
        self._turns: Sequence[Turn] = ()  # the newest, until they are stored
        self._has_opted_out = False
        self._is_verdict_late = False
        self._is_finished = False
        self._is_due = asyncio.Event()
        self._flushed = asyncio.Event()
        self._flushed.set()

    def put_verdict(self, decided: RecordVerdict, language: str) -> None:
        """Write a decision; `language` is the call's, unless the model named another."""
        report, attempt_id = decided.report, self._call.attempt_id

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
                wish=report.wish,
            )
            return VerdictGiven(at, attempt_id, verdict)

        is_first_opt_out = report.kind is VerdictKind.OPTED_OUT and not self._has_opted_out
        self._has_opted_out |= is_first_opt_out
        self._put(fact, "verdict", is_replaceable=not is_first_opt_out, note=self._note_late_verdict)
        verdicts = [write for write in self._waiting if write.is_replaceable]
        if len(verdicts) > MOST_VERDICTS:
            self._waiting.remove(verdicts[0])

    def put_disclosure(self) -> None:
        """Write that the customer has heard who speaks."""
        self._put(lambda at: DisclosurePlayed(at, self._call.attempt_id), "disclosure")

    def put_proof(self) -> None:
        """Write that the caller has shown to know the order."""
        self._put(lambda at: CallerProven(at, self._call.attempt_id), "proof")

    def put_wrong_proof(self, failures: int) -> None:
        """Write how many wrong proofs there have been: what follows the stream counts on."""
        self._put(lambda at: ProofFailed(at, self._call.attempt_id, failures), "wrong_proof")

    def put_end(self, end: EndConversation, cost_usd: Decimal | None) -> None:
        """Write that the conversation is over."""
        self._put(
            lambda at: ConversationEnded(at, self._call.attempt_id, end.conclusion, end.reason, cost_usd=cost_usd),
            "end",
            note=self._note_end,
        )

    def put_call_over(self, call_sid: str, duration_s: int) -> None:
        """Write that the call is over for this order: the customer is asked about another one."""
        self._put(lambda at: CallEnded(at, self._call.attempt_id, None, call_sid, duration_s), "call_over")

    def put_turns(self, turns: Sequence[Turn]) -> None:
        """Store turns; they replace those that are still waiting."""
        if not turns:
            return
        is_waiting = bool(self._turns)
        self._turns = turns
        if not is_waiting:
            self._add(_Write(self._store_turns, "turns"))

    def finish(self) -> None:
        """Let `run` end once all is written."""
        self._is_finished = True
        self._is_due.set()

    async def flushed(self, limit_s: float) -> bool:
        """Wait until all is written, at most `limit_s` seconds; returns whether it is."""
        try:
            async with asyncio.timeout(limit_s):
                await self._flushed.wait()
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Write one after the other."""
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            while self._waiting:
                await self._perform(self._waiting.popleft())
            self._flushed.set()
            if self._is_finished:
                return

    async def _store_turns(self) -> None:
        """Store the newest turns; those that come meanwhile are stored too."""
        while turns := self._turns:
            try:
                await self._transcripts.append(self._call.confirmation_id, turns)
            except StoreUnavailableError:
                raise  # tried again, with the newest turns
            except Exception:  # `run` reports it: these turns are given up, so that they keep no later ones away
                self._turns = ()
                raise
            if self._turns is turns:
                self._turns = ()

    def _put(
        self,
        make_fact: Callable[[datetime], Fact],
        kind: str,
        *,
        is_replaceable: bool = False,
        note: Callable[[Confirmation], None] = lambda _: None,
    ) -> None:
        """Write a fact, dated with this moment even if it takes a while; `note` sees what it led to."""
        happened = self._clock()

        async def apply() -> None:
            step = await self._confirmations.apply(
                self._call.confirmation_id, lambda now: make_fact(now - timedelta(seconds=self._clock() - happened))
            )
            note(step.confirmation)

        self._add(_Write(apply, kind, is_replaceable))

    def _note_late_verdict(self, confirmation: Confirmation) -> None:
        attempt = confirmation.open_attempt
        self._is_verdict_late |= attempt is None or attempt.id != self._call.attempt_id

    def _note_end(self, confirmation: Confirmation) -> None:
        """Log a decision that reached the record only after its attempt had ended, as an error if it could not count any more."""
        attempt = next((one for one in confirmation.attempts if one.id == self._call.attempt_id), None)
        if not self._is_verdict_late or attempt is None:
            return
        is_lost = attempt.verdict is None or attempt.late_verdict is not None
        report = log.error if is_lost else log.warning
        report("verdict_came_late", is_counted=not is_lost, result=attempt.result, outcome=confirmation.outcome)

    def _add(self, write: _Write) -> None:
        self._flushed.clear()
        self._waiting.append(write)
        self._is_due.set()

    async def _perform(self, write: _Write) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                await write.perform()
            except StoreUnavailableError:
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            except NotFoundError:
                return  # erased meanwhile: there is nothing left to write it to
            except Exception as error:  # outermost: one write that fails must not cost those that follow it
                self._lost_writes.labels(kind=write.kind).inc()
                log.error("record_write_lost", kind=write.kind, error=type(error).__name__)  # noqa: TRY400 - its text may hold words
                return
            else:
                return

"""The words of one call: what is said, and what the speech model is told; made from the order in one language."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from services.media_bridge.openai.requests_wire import Instructions, Transcription
from shared import languages
from shared.core.confirmation import Attempt, Confirmation
from shared.core.conversation.call_plan import STORED_GOODBYES, AnswerWords, Lines, Plan, Proving, Timing, UnprovenLines
from shared.core.conversation.tools import TOOLS, UNPROVEN_TOOLS
from shared.core.dialing.dial_policy import DialPolicy, calendar_of
from shared.core.order import Order, without_address
from shared.core.outcome import VerdictKind
from shared.core.proof import proof_of
from shared.core.speech.instructions import SpelledId, caller_instructions, session_instructions, spelled_id
from shared.core.speech.language import Language
from shared.core.speech.script import Script, render
from shared.core.text import clean

Tools = tuple[dict[str, Any], ...]  # Any: JSON schema for the vendor

_GOES_ON_AFTER = (VerdictKind.CONFIRMED, VerdictKind.CANCELLED, VerdictKind.CHANGE_REQUESTED)
_LATE: dict[str, Any] = {"acknowledgements": {}, "stored_goodbyes": {}}  # Any: fields of `Lines`
_UNLISTED: dict[str, Any] = {  # Any: fields of `Lines`
    "stored_goodbyes": {kind: key for kind, key in STORED_GOODBYES.items() if kind is not VerdictKind.OPTED_OUT}
}
_OF_NOTES = "en"
_CLOSING_TIME_S = 15.0  # of the longest call, kept back for a polite end


@dataclass(frozen=True, slots=True, kw_only=True)
class CallScript:
    """All words of one call in one language.

    What was ordered stands only in `revealed`, which replaces `instructions` once a person is likely to listen. Both are
    rendered anew whenever they are read: they are sent once or twice, and to keep them would take a quarter of a call's memory.
    `in_language` returns the same call's words in the language with that code, or None if it is not supported.
    """

    language: str
    plan: Plan
    write_first: Callable[[], str] = field(compare=False)
    write_revealed: Callable[[], str] = field(compare=False)
    transcription: Transcription
    first_tools: Tools = TOOLS
    spelled_id: SpelledId | None = None
    in_language: Callable[[str], "CallScript | None"] = field(compare=False)

    @property
    def instructions(self) -> Instructions:
        """The instructions of a session at first."""
        return Instructions(self.write_first(), self.first_tools)

    @property
    def revealed(self) -> Instructions:
        """The instructions of a session from the first sign of a person on."""
        return Instructions(self.write_revealed(), TOOLS)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderInCall:
    """An order's position in a call that may be about several; `language` is spoken by then, None at the first order."""

    is_first: bool = True
    is_last: bool = True
    language: str | None = None


ONLY_ORDER = OrderInCall()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallScriptWriter:
    """Writes the words of each call. `is_recorded` adds the notice that the call is recorded; `timing` has the waits."""

    policy: DialPolicy
    default_language: str
    transcription_model: str
    is_recorded: bool
    timing: Timing = field(default_factory=Timing)

    @property
    def version(self) -> str:
        """The version of the instructions, kept with each attempt."""
        return languages.session_prompt().version

    def write(self, confirmation: Confirmation, attempt: Attempt, now: datetime, position: OrderInCall = ONLY_ORDER) -> CallScript:
        """Return the words for this call; `now` is aware."""
        return self._write(_ScriptSource(confirmation, attempt, now, position), self._language(confirmation, position))

    def _language(self, confirmation: Confirmation, position: OrderInCall) -> Language:
        """Return the language spoken in this call, else that of the customer's last decision, else that of the order or number."""
        customer = confirmation.customer
        spoken = next((one.verdict.language for one in reversed(confirmation.attempts) if one.verdict is not None), None)
        wanted = position.language or languages.match(spoken) or customer.language
        return languages.choose(wanted=wanted, phone=customer.phone, default=self.default_language)

    def _write(self, source: "_ScriptSource", language: Language) -> CallScript:
        confirmation, attempt, now, position = source.confirmation, source.attempt, source.now, source.position
        order, name = confirmation.order, confirmation.customer.name
        if attempt.is_by_caller:  # a number that can be forged is told no address and no name, whatever else it proves
            order, name = without_address(order), None

        def in_language(code: str) -> CallScript | None:
            return self._write(source, languages.load(code)) if code in languages.supported() else None

        def lines_in(code: str) -> Lines | None:
            script = in_language(code)
            return script.plan.lines if script is not None else None

        script = render(language, company=confirmation.company, order=order, customer_name=name)
        is_late = confirmation.is_finished
        if is_late:
            script = script.for_late_reply(language.stored["goodbye"])
        if attempt.must_prove:
            script = script.for_unlisted()
        may_call_back = not is_late and confirmation.may_call_back(attempt, now)
        if attempt.is_unproven and not may_call_back:
            script = script.without_call_back()
        unproven = script.for_unproven() if attempt.is_unproven else None
        if attempt.is_by_caller:
            script = script.for_inbound()
        zone = ZoneInfo(calendar_of(confirmation, self.policy).zones[0])
        instructions = partial(
            session_instructions,
            languages.session_prompt(),
            language=language,
            local_now=now.astimezone(zone),
            other_languages=languages.load_all(),
        )

        def write_unproven(script: Script) -> str:
            others = languages.load_all()
            return caller_instructions(languages.caller_prompt(), script=script, language=language, other_languages=others)

        def write_withheld() -> str:
            return instructions(script=script.without_details(), order_json=_order_name(order))

        def write_revealed() -> str:
            return instructions(script=script, order_json=_order_json(order))

        write_first = write_withheld if position.is_first else write_revealed

        transcription = Transcription(self.transcription_model, language.transcription_prompt, language.transcription_code)
        return CallScript(
            language=language.code,
            plan=Plan(
                lines=replace(
                    self._lines(script, position, unproven), words=_answer_words(language), **_stored_of(confirmation, attempt)
                ),
                language=language.code,
                lines_in=lines_in,
                timing=self._timing(),
                on_machine=confirmation.call.on_machine,
                zone=zone,
                proving=_proving(confirmation, attempt, may_call_back=may_call_back) if unproven is not None else None,
            ),
            write_first=write_first if unproven is None else partial(write_unproven, unproven),
            first_tools=TOOLS if unproven is None else UNPROVEN_TOOLS,
            write_revealed=write_revealed,
            transcription=transcription,
            spelled_id=spelled_id(order, script) if unproven is None else None,  # a short id may stand in any greeting
            in_language=in_language,
        )

    def _lines(self, script: Script, position: OrderInCall, unproven: Script | None) -> Lines:
        return Lines(
            greeting=self._greeting(script, position),
            disclosure=script.disclosure,
            repeat=f"{script.disclosure} {script.details} {script.lines['keypad']}",
            not_heard=script.lines["not_heard"],
            keypad=script.lines["keypad"],
            wait=script.lines["wait"],
            voicemail=script.voicemail,
            goodbyes={kind: script.goodbyes[kind.value] for kind in VerdictKind if kind is not VerdictKind.MACHINE},
            goodbye_undecided=script.goodbyes["undecided"],
            goodbye_withdrawn=script.goodbyes["withdrawn"],
            acknowledgements={} if position.is_last else {kind: script.acknowledgements[kind.value] for kind in _GOES_ON_AFTER},
            proven=f"{script.details} {script.lines['ask']}",
            until_proven=None if unproven is None else self._unproven_lines(unproven, position),
        )

    def _unproven_lines(self, script: Script, position: OrderInCall) -> UnprovenLines:
        return UnprovenLines(
            greeting=self._greeting(script, position),
            disclosure=script.disclosure,
            ask=script.question,
            failed=script.lines["proof_failed"],
            refused=script.lines["proof_refused"],
        )

    def _greeting(self, script: Script, position: OrderInCall) -> str:
        if not position.is_first:
            return script.for_next_order().greeting
        return script.greeting_with_notice if self.is_recorded else script.greeting

    def _timing(self) -> Timing:
        longest = float(self.policy.call_time_limit_s)
        return replace(self.timing, call_s=max(longest - _CLOSING_TIME_S, longest / 2))


@dataclass(frozen=True, slots=True)
class _ScriptSource:
    """What a call's words are written from, in any language."""

    confirmation: Confirmation
    attempt: Attempt
    now: datetime
    position: OrderInCall


def _answer_words(language: Language) -> AnswerWords:
    """Return the words by which the model's reports are judged; its notes may be in English in any call."""
    return AnswerWords(yes=language.yes, no=language.no, change=(*language.change, *languages.load(_OF_NOTES).change))


def _stored_of(confirmation: Confirmation, attempt: Attempt) -> dict[str, Any]:  # Any: fields of `Lines`
    """Return the lines that are others than usual, because less follows from what is decided in this call."""
    if confirmation.is_finished:
        return _LATE
    return _UNLISTED if attempt.must_prove else {}


def _proving(confirmation: Confirmation, attempt: Attempt, *, may_call_back: bool) -> Proving:
    return Proving(proof=proof_of(confirmation.order.id), may_call_back=may_call_back, failures=attempt.proof_failures)


def _order_name(order: Order) -> str:
    """Return what the model may read of the order before a person has answered."""
    return msgspec.json.encode({"id": clean(order.id), "contents": "told as soon as a person has answered"}).decode()


def _order_json(order: Order) -> str:
    """Return the order as the model may read it. All of it is data that strangers wrote."""
    described: dict[str, Any] = {  # Any: JSON for the vendor
        "id": clean(order.id),
        "items": [{"name": clean(item.name), "quantity": item.quantity} for item in order.items],
    }
    if order.total is not None:
        described["total"] = f"{order.total.amount} {order.total.currency}"
    if order.delivery is not None:
        described["delivery"] = {
            "address": clean(order.delivery.address or "") or None,
            "date": order.delivery.date.isoformat() if order.delivery.date is not None else None,
        }
    return msgspec.json.encode(described).decode()

"""What is said in one call and what the speech model is told, made from the order and its language."""

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
from shared.core.conversation.plan import Lines, Plan, Timing
from shared.core.conversation.tools import TOOLS
from shared.core.dialing.dial_policy import DialPolicy, calendar_of
from shared.core.order import Order
from shared.core.outcome import Direction, VerdictKind
from shared.core.speech.instructions import SpelledId, session_instructions, spelled_id
from shared.core.speech.language import Language
from shared.core.speech.script import Script, render

_GOES_ON_AFTER = (VerdictKind.CONFIRMED, VerdictKind.CANCELLED, VerdictKind.CHANGE_REQUESTED)
_CLOSING_TIME_S = 15.0  # of the longest call, kept back for a polite end


@dataclass(frozen=True, slots=True, kw_only=True)
class CallScript:
    """All the words of one call. What was ordered is only in `revealed`, which follows `instructions` once a person is likely.

    Both are written when they are asked for: they are sent once or twice, and kept they would be a quarter of a call's memory.
    `translate` gives the same call's words in the language with that code, or None where nobody speaks it here.
    """

    language: str
    plan: Plan
    write_first: Callable[[], str] = field(compare=False)
    write_revealed: Callable[[], str] = field(compare=False)
    transcription: Transcription
    spelled_id: SpelledId | None = None
    translate: Callable[[str], "CallScript | None"] = field(compare=False)

    @property
    def instructions(self) -> Instructions:
        """What a session is told at first."""
        return Instructions(self.write_first(), TOOLS)

    @property
    def revealed(self) -> Instructions:
        """What a session is told from the first sign of a person on."""
        return Instructions(self.write_revealed(), TOOLS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an order stands in a call that may be about several, and the language in which the talk is held by then."""

    is_first: bool = True
    is_last: bool = True
    language: str | None = None


ONLY = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptBook:
    """Writes the words of each call. `is_recorded` adds the notice that the call is recorded; `patience` has the waits."""

    policy: DialPolicy
    default_language: str
    transcription_model: str
    is_recorded: bool
    patience: Timing = field(default_factory=Timing)

    @property
    def version(self) -> str:
        """The version of the instructions, kept with each attempt."""
        return languages.session_prompt().version

    def write(self, confirmation: Confirmation, attempt: Attempt, now: datetime, place: Place = ONLY) -> CallScript:
        """Return the words for this call; `now` is aware."""
        return self._write(_Task(confirmation, attempt, now, place), self._language(confirmation, place))

    def _language(self, confirmation: Confirmation, place: Place) -> Language:
        """Return the talk's own, else the one in which the customer last decided something, else that of order or number."""
        customer = confirmation.customer
        spoken = next((one.verdict.language for one in reversed(confirmation.attempts) if one.verdict is not None), None)
        wanted = place.language or languages.match(spoken) or customer.language
        return languages.choose(wanted=wanted, phone=customer.phone, default=self.default_language)

    def _write(self, task: "_Task", language: Language) -> CallScript:
        confirmation, attempt, now, place = task.confirmation, task.attempt, task.now, task.place
        customer = confirmation.customer

        def translate(code: str) -> CallScript | None:
            return self._write(task, languages.load(code)) if code in languages.supported() else None

        def lines_in(code: str) -> Lines | None:
            script = translate(code)
            return script.plan.lines if script is not None else None

        script = render(language, company=confirmation.company, order=confirmation.order, customer_name=customer.name)
        if attempt.direction is Direction.INBOUND:
            script = script.for_inbound()
        zone = ZoneInfo(calendar_of(confirmation, self.policy).zones[0])
        instructions = partial(
            session_instructions,
            languages.session_prompt(),
            language=language,
            local_now=now.astimezone(zone),
            other_languages=languages.load_all(),
        )

        def write_withheld() -> str:
            return instructions(script=script.without_details(), order_json=_order_name(confirmation.order))

        def write_revealed() -> str:
            return instructions(script=script, order_json=_order_json(confirmation.order))

        transcription = Transcription(self.transcription_model, language.transcription_prompt, language.transcription_code)
        return CallScript(
            language=language.code,
            plan=Plan(
                lines=self._lines(script, place),
                language=language.code,
                lines_in=lines_in,
                timing=self._timing(),
                on_machine=confirmation.call.on_machine,
                zone=zone,
            ),
            write_first=write_withheld if place.is_first else write_revealed,
            write_revealed=write_revealed,
            transcription=transcription,
            spelled_id=spelled_id(confirmation.order, script),
            translate=translate,
        )

    def _lines(self, script: Script, place: Place) -> Lines:
        first_words = script.greeting_with_notice if self.is_recorded else script.greeting
        return Lines(
            greeting=first_words if place.is_first else script.for_next_order().greeting,
            disclosure=script.disclosure,
            repeat=f"{script.disclosure} {script.details} {script.lines['keypad']}",
            not_heard=script.lines["not_heard"],
            keypad=script.lines["keypad"],
            wait=script.lines["wait"],
            voicemail=script.voicemail,
            goodbyes={kind: script.goodbyes[kind.value] for kind in VerdictKind if kind is not VerdictKind.MACHINE},
            goodbye_undecided=script.goodbyes["undecided"],
            goodbye_withdrawn=script.goodbyes["withdrawn"],
            acknowledgements={} if place.is_last else {kind: script.acknowledgements[kind.value] for kind in _GOES_ON_AFTER},
        )

    def _timing(self) -> Timing:
        longest = float(self.policy.call_time_limit_s)
        return replace(self.patience, call_s=max(longest - _CLOSING_TIME_S, longest / 2))


@dataclass(frozen=True, slots=True)
class _Task:
    """What a call's words are made of, in whichever language."""

    confirmation: Confirmation
    attempt: Attempt
    now: datetime
    place: Place


def _order_name(order: Order) -> str:
    """Return what the model may read of the order before a person has answered."""
    return msgspec.json.encode({"id": order.id, "contents": "told as soon as a person has answered"}).decode()


def _order_json(order: Order) -> str:
    """Return the order as the model may read it; everything in it is a stranger's data."""
    described: dict[str, Any] = {  # Any: JSON for the vendor
        "id": order.id,
        "items": [{"name": item.name, "quantity": item.quantity} for item in order.items],
    }
    if order.total is not None:
        described["total"] = f"{order.total.amount} {order.total.currency}"
    if order.delivery is not None:
        described["delivery"] = {
            "address": order.delivery.address,
            "date": order.delivery.date.isoformat() if order.delivery.date is not None else None,
        }
    return msgspec.json.encode(described).decode()

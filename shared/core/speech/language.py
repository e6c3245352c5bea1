"""What a call needs of one language: every sentence that is spoken, and the words for numbers, prices and dates.

The values are in `shared/languages/{code}.toml`, one file for each language; this module says what such a file must hold.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.core.errors import InvalidValueError
from shared.core.speech.number_words import SPELLERS, Gender, Plural, Speller

LINES: Final[Mapping[str, frozenset[str]]] = {
    # who calls, with the order's id if it can be spoken (the first sentence, with the disclosure), then a
    # question whose answer shows that a person listens
    "greeting": frozenset({"company", "order_id"}),
    "greeting_without_id": frozenset({"company"}),
    "question": frozenset(),
    "question_named": frozenset({"name"}),
    "inbound_greeting": frozenset({"company", "order_id"}),
    "inbound_greeting_without_id": frozenset({"company"}),
    "inbound_question": frozenset(),
    "inbound_no_order": frozenset(),
    "next_order": frozenset({"company", "order_id"}),
    "next_order_without_id": frozenset({"company"}),
    # a caller without proof: what is asked for, and what is said of a wrong proof; after the proof of a finished order
    "ask_proof": frozenset(),
    "offer_call_back": frozenset(),
    "proof_failed": frozenset(),
    "proof_refused": frozenset(),
    "late_question": frozenset(),
    "recording_notice": frozenset(),
    # the order, only after a person has answered; each part only if the shop gave it
    "details_items": frozenset({"items"}),
    "details_total": frozenset({"total"}),
    "details_address": frozenset({"address"}),
    "details_date": frozenset({"date"}),
    "details_none": frozenset(),
    # the conversation; the speech model fills in {change} and {time}
    "ask": frozenset(),
    "read_back_cancel": frozenset(),
    "read_back_change": frozenset({"change"}),
    "ask_callback": frozenset(),
    "read_back_callback": frozenset({"time"}),
    "not_understood": frozenset(),
    "not_heard": frozenset(),
    "keypad": frozenset(),
    "anything_else": frozenset(),
    "wait": frozenset(),
    "human": frozenset(),
    "voicemail": frozenset({"company"}),
    # the goodbyes, by attempt result
    "goodbye_confirmed": frozenset(),
    "goodbye_cancelled": frozenset(),
    "goodbye_change_requested": frozenset(),
    "goodbye_callback_requested": frozenset(),
    "goodbye_wrong_number": frozenset(),
    "goodbye_opted_out": frozenset(),
    "goodbye_undecided": frozenset(),
    "goodbye_withdrawn": frozenset(),
}
"""Every line of a language, with the placeholders that it must hold, each exactly once."""

STORED: Final = (
    "keypad",
    "disclosure",
    "one_moment",
    "filler_1",
    "filler_2",
    "filler_3",
    "goodbye",
    "goodbye_confirmed",
    "goodbye_cancelled",
    "goodbye_opted_out",
    "no_order",
    "prove",
    "too_many_calls",
    "not_understood",
)
"""The prompts that are stored as audio, for calls without the speech model, and the fillers that are heard while it thinks.

They name no company, order or person.
"""

_PLACEHOLDER = re.compile(r"\{(\w*)\}")


class Certainty(StrEnum):
    """How reliable a group of texts is: a native speaker `REVIEWED` it, or else the author's own judgement."""

    REVIEWED = "reviewed"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A counted thing: its gender and its forms after a number; `few` only if the language has it (2-4 in Serbian)."""

    gender: Gender
    one: str
    other: str
    few: str | None = None

    def after(self, plural: Plural) -> str:
        """Return the form that follows a number of that plural category."""
        if plural is Plural.ONE:
            return self.one
        return self.few if plural is Plural.FEW and self.few else self.other


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency's unit and its hundredth."""

    major: Noun
    minor: Noun


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechWords:
    """The words from which prices, dates, order ids and lists of items are spoken.

    `days` are the 31 days of a month and `weekdays` begin with Monday, both in the form that `date` needs. `letters` has
    the name of each letter in lower case, `marks` the names of the signs that are spoken; any other sign in an order id is
    a pause. The templates: `date` with {weekday}, {day} and {month}; `decimal` with {whole} and {fraction}; `price` with
    {major} and {minor}; `item_counted` with {count} (number and `piece`) and {name}; `list_end` with {first} and {last};
    `id_ending` with {ending}.
    """

    letters: Mapping[str, str]
    marks: Mapping[str, str]
    weekdays: tuple[str, str, str, str, str, str, str]
    months: tuple[str, str, str, str, str, str, str, str, str, str, str, str]
    days: tuple[str, ...]
    date: str
    decimal: str
    price: str
    piece: Noun
    more_items: Noun
    item_counted: str
    list_end: str
    id_ending: str
    currencies: Mapping[str, Currency]
    abbreviations: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Everything about one language.

    `calling_codes` are the countries ("+383") whose customers are called in this language if the order names none.
    `disclosure` holds the words for "automated" and "artificial intelligence"; each must be in the first sentence, and in the
    stored prompt that discloses the assistant to somebody who pressed a key before the first sentence was heard.
    `yes` and `no` are short answers; `change` holds the words of a note that says only that something is to change, not what it
    is to become. `guidance` is for the speech model, in English. `transcription_code` is the
    language's code at OpenAI's transcription, None if that refuses the language.
    """

    code: str
    name: str
    endonym: str
    calling_codes: tuple[str, ...]
    transcription_prompt: str
    disclosure: tuple[str, ...]
    yes: tuple[str, ...]
    no: tuple[str, ...]
    change: tuple[str, ...]
    guidance: str
    certainty: Mapping[str, Certainty]
    lines: Mapping[str, str]
    stored: Mapping[str, str]
    speech: SpeechWords
    transcription_code: str | None = None

    def __post_init__(self) -> None:
        """Refuse a language that would fail in the middle of a call.

        Raises:
            InvalidValueError: A line or placeholder is missing or unknown, or there are no number words for the language.
        """
        faults = [*_faults_of_lines(self.lines), *_faults_of_stored(self.stored)]
        if self.code not in SPELLERS:
            faults.append("there is no speller in shared/core/speech/number_words")
        disclosing = {"greeting": self.lines.get("greeting", ""), "stored prompt 'disclosure'": self.stored.get("disclosure", "")}
        for name, text in disclosing.items():
            faults += [f"the {name} doesn't say '{words}'" for words in self.disclosure if words not in text]
        if not self.disclosure:
            faults.append("the words that disclose an automated assistant are not named")
        if faults:
            raise InvalidValueError("language_incomplete", f"language '{self.code}': " + "; ".join(faults))

    @property
    def speller(self) -> Speller:
        """How this language counts."""
        return SPELLERS[self.code]


def _faults_of_lines(lines: Mapping[str, str]) -> list[str]:
    faults = [f"line '{key}' is unknown" for key in lines.keys() - LINES.keys()]
    for key, wanted in LINES.items():
        if not lines.get(key):
            faults.append(f"line '{key}' is missing")
        elif sorted(_PLACEHOLDER.findall(lines[key])) != sorted(wanted):
            faults.append(f"line '{key}' must hold {sorted(wanted) or 'no placeholder'}")
    return faults


def _faults_of_stored(stored: Mapping[str, str]) -> list[str]:
    faults = [f"stored prompt '{key}' is unknown" for key in stored.keys() - set(STORED)]
    for key in STORED:
        if not stored.get(key):
            faults.append(f"stored prompt '{key}' is missing")
        elif _PLACEHOLDER.search(stored[key]):
            faults.append(f"stored prompt '{key}' must hold no placeholder")
    return faults

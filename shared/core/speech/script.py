"""What is said in one call: a language's lines filled in with one order, and the instructions for the speech model.

Everything from the shop (company, items, address, name) is data: it is cleaned to one line of plain words before it
enters a line, and the order's JSON enters the instructions under a heading that says so.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from string import Template
from typing import Final

from shared.core.order import Delivery, Item, Order
from shared.core.speech import numbers
from shared.core.speech.language import Language
from shared.core.speech.plain_text import (
    ADDRESS_CHARACTERS,
    COMPANY_CHARACTERS,
    ITEM_CHARACTERS,
    NAME_CHARACTERS,
    plain,
)

MOST_ITEMS: Final = 3
"""How many items of an order are named; the others are only counted."""

KEYED_LINES: Final = (
    "greeting",
    "details",
    "ask",
    "read_back_cancel",
    "read_back_change",
    "ask_callback",
    "read_back_callback",
    "not_understood",
    "not_heard",
    "keypad",
    "anything_else",
    "wait",
    "human",
)
"""The lines that the speech model gets in its instructions; goodbyes are asked for one by one when it is time."""

_GOODBYE = "goodbye_"
_PLAIN_ID = re.compile(r"[A-Za-z0-9._/#-]{1,64}")
_AFTER_SALUTATION = ", "
_LAST_SENTENCE = re.compile(r"(?<=[.!?])\s+[^.!?]+[.!?]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Everything that may be said in one call, ready to speak: one language, one order, no digits but the company's own.

    `opening` is the first sentence: an automated assistant, of which company, about which order. `question` follows
    it and shows whether a person listens. `details` is for a person's ears only. `goodbyes` is keyed by attempt result.
    `read_back_change` and `read_back_callback` still hold `{change}` and `{time}`, which the model fills in.
    """

    language: str
    company: str
    order_id_spoken: str
    opening: str
    question: str
    inbound_opening: str
    inbound_question: str
    next_order: str
    recording_notice: str
    details: str
    ask: str
    read_back_cancel: str
    read_back_change: str
    ask_callback: str
    read_back_callback: str
    not_understood: str
    not_heard: str
    keypad: str
    anything_else: str
    wait: str
    human: str
    voicemail: str
    goodbyes: Mapping[str, str]

    @property
    def greeting(self) -> str:
        """What is said first, without a word about the order's contents."""
        return f"{self.opening} {self.question}"

    @property
    def disclosure(self) -> str:
        """Who calls, and that it is an automated assistant, without the salutation: nobody is greeted twice."""
        sentence = self.opening.partition(_AFTER_SALUTATION)[2]
        return sentence[:1].upper() + sentence[1:]

    @property
    def greeting_with_notice(self) -> str:
        """The greeting of a call that is recorded: the notice stands before the question."""
        return f"{self.opening} {self.recording_notice} {self.question}"

    @property
    def acknowledgements(self) -> dict[str, str]:
        """The goodbyes without their last sentence, which takes leave: for a call that goes on about another order."""
        return {result: _LAST_SENTENCE.sub("", text) for result, text in self.goodbyes.items()}

    def without_details(self) -> "Script":
        """The script while nobody is known to listen: no word about the order's contents."""
        return replace(self, details="")

    def for_next_order(self) -> "Script":
        """The script for one more order in the same call: nobody is greeted twice."""
        return replace(self, opening=self.next_order, question=self.inbound_question)

    def for_inbound(self) -> "Script":
        """The script for a customer who phoned us: the greeting thanks for the call."""
        return replace(self, opening=self.inbound_opening, question=self.inbound_question)


@dataclass(frozen=True, slots=True)
class SpelledId:
    """An order's id as it is written, and as it is spoken in the call's language."""

    written: str
    spoken: str


@dataclass(frozen=True, slots=True)
class SessionPrompt:
    """The template of the speech model's instructions; `version` is kept with each attempt."""

    version: str
    text: str


def render(language: Language, *, company: str, order: Order, customer_name: str | None = None) -> Script:
    """Fill in the language's lines with the order."""
    company = plain(company, limit=COMPANY_CHARACTERS)
    name = numbers.in_words(plain(customer_name or "", limit=NAME_CHARACTERS), language)
    spoken_id = numbers.order_id(order.id, language)
    lines = language.lines
    return Script(
        language=language.code,
        company=company,
        order_id_spoken=spoken_id,
        opening=lines["greeting"].format(company=company, order_id=spoken_id),
        question=lines["question_named"].format(name=name) if name else lines["question"],
        inbound_opening=lines["inbound_greeting"].format(company=company, order_id=spoken_id),
        inbound_question=lines["inbound_question"],
        next_order=lines["next_order"].format(company=company, order_id=spoken_id),
        recording_notice=lines["recording_notice"],
        details=_details(language, order),
        ask=lines["ask"],
        read_back_cancel=lines["read_back_cancel"],
        read_back_change=lines["read_back_change"],
        ask_callback=lines["ask_callback"],
        read_back_callback=lines["read_back_callback"],
        not_understood=lines["not_understood"],
        not_heard=lines["not_heard"],
        keypad=lines["keypad"],
        anything_else=lines["anything_else"],
        wait=lines["wait"],
        human=lines["human"],
        voicemail=lines["voicemail"].format(company=company),
        goodbyes=goodbyes(language),
    )


def goodbyes(language: Language) -> dict[str, str]:
    """The language's goodbyes by attempt result."""
    return {key.removeprefix(_GOODBYE): text for key, text in language.lines.items() if key.startswith(_GOODBYE)}


def spelled_id(order: Order, script: Script) -> SpelledId | None:
    """The order's id both ways; None where it is more than a plain id, and could be read as an instruction."""
    return SpelledId(order.id, script.order_id_spoken) if _PLAIN_ID.fullmatch(order.id) else None


def say_exactly(text: str, spelled: SpelledId | None = None) -> str:
    """Instructions for one response that is to be the text, verbatim; the id is added as written where the text spells it."""
    order = f"Say exactly this and nothing else: «{text}»"
    if spelled is None or spelled.spoken not in text:
        return order
    return f"{order}\nIt spells the id {spelled.written} as it is spoken."


def session_instructions(
    prompt: SessionPrompt,
    *,
    script: Script,
    language: Language,
    order_json: str,
    local_now: datetime,
    other_languages: Iterable[Language] = (),
) -> str:
    """The speech model's instructions for one call.

    `order_json` is the order as one JSON object (raw id, items, total, delivery); `local_now` is aware and in the
    customer's own zone, so that "tomorrow after six" can be resolved. What is the same for all calls stands first,
    so that OpenAI can reuse it from its cache.
    """
    others = ", ".join(f"{other.name} ({other.code})" for other in other_languages if other.code != language.code)
    return Template(prompt.text).substitute(
        code=language.code,
        language=f"{language.name} ({language.endonym})",
        other_languages=others or "none",
        guidance=language.guidance.strip(),
        yes_words=", ".join(language.yes),
        no_words=", ".join(language.no),
        company=script.company,
        lines="\n".join(f"[{key}] «{getattr(script, key)}»" for key in KEYED_LINES if getattr(script, key)),
        local_now=f"{local_now:%A} {local_now.isoformat(timespec='minutes')}",
        timezone=str(local_now.tzinfo),
        order_json=_quoted(order_json),
    )


def _details(language: Language, order: Order) -> str:
    lines = language.lines
    parts = []
    items = tuple(item for item in order.items if plain(item.name, limit=ITEM_CHARACTERS))
    if items:
        parts.append(lines["details_items"].format(items=_items(items, language)))
    if order.total is not None:
        parts.append(lines["details_total"].format(total=numbers.price(order.total, language)))
    parts += _delivery(order.delivery or Delivery(), language)
    return " ".join(parts) or lines["details_none"]


def _delivery(delivery: Delivery, language: Language) -> list[str]:
    parts = []
    address = plain(delivery.address or "", limit=ADDRESS_CHARACTERS)
    if address:
        spoken = numbers.in_words(address, language).rstrip(".")
        parts.append(language.lines["details_address"].format(address=spoken))
    if delivery.date is not None:
        parts.append(language.lines["details_date"].format(date=numbers.day(delivery.date, language)))
    return parts


def _items(items: tuple[Item, ...], language: Language) -> str:
    """The first items by name, the others as a number: "a, b and two other items"."""
    named = [_item(item, language) for item in items[:MOST_ITEMS]]
    unnamed = len(items) - MOST_ITEMS
    if unnamed > 0:
        named.append(numbers.counted(unnamed, language.speech.more_items, language))
    *first, last = named
    return language.speech.list_end.format(first=", ".join(first), last=last) if first else last


def _item(item: Item, language: Language) -> str:
    name = numbers.in_words(plain(item.name, limit=ITEM_CHARACTERS), language)
    if item.quantity == 1:
        return name
    count = numbers.counted(item.quantity, language.speech.piece, language)
    return language.speech.item_counted.format(count=count, name=name)


def _quoted(order_json: str) -> str:
    """JSON in which no text can pass for a keyed line: guillemets become escapes, line breaks spaces."""
    return " ".join(order_json.replace("«", "\\u00ab").replace("»", "\\u00bb").splitlines())

"""What is said in one call: a language's lines, filled in with one order.

Company, items, address and name come from the shop. Each is reduced to one line of plain words before it enters a line.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from shared.core.order import Delivery, Item, Order
from shared.core.speech.dates import spoken_date
from shared.core.speech.language import Language
from shared.core.speech.numbers import counted, in_words
from shared.core.speech.order_id import spoken_order_id
from shared.core.speech.plain_text import (
    ADDRESS_CHARACTERS,
    COMPANY_CHARACTERS,
    ITEM_CHARACTERS,
    plain,
    spoken_name,
)
from shared.core.speech.prices import spoken_price

MOST_ITEMS: Final = 3
"""How many items of an order are named; of the others only the number is said."""

FIXED_LINES: Final = (
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
"""The lines that are the same for every order."""

CALLER_LINES: Final = ("ask_proof", "offer_call_back", "proof_failed", "proof_refused", "late_question")
"""Those of a customer who phones us, and must prove to know the order."""

_GOODBYE = "goodbye_"
_WITHOUT_ID = "_without_id"
_AFTER_SALUTATION = ", "
_LAST_SENTENCE = re.compile(r"(?<=[.!?])\s+[^.!?]+[.!?]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Everything that may be said in one call, ready to speak: one language, one order, no digits but the company's own.

    `opening` is the first sentence: an automated assistant, of which company, about which order. `question` follows
    it; its answer shows whether a person listens. `details` may only be said to a person. `lines` are those that are the
    same for every order; two of them hold `{change}` and `{time}`, which the model fills in. The keys of `goodbyes` are
    attempt results.
    """

    language: str
    company: str
    order_id_spoken: str
    opening: str
    question: str
    inbound_opening: str
    inbound_question: str
    next_order: str
    unproven_opening: str
    unproven_next_order: str
    recording_notice: str
    details: str
    voicemail: str
    lines: Mapping[str, str]
    goodbyes: Mapping[str, str]

    @property
    def greeting(self) -> str:
        """What is said first; it tells nothing of the order's contents."""
        return f"{self.opening} {self.question}"

    @property
    def disclosure(self) -> str:
        """The opening without its salutation, for a person who was already greeted: who calls, and that it is an assistant."""
        sentence = self.opening.partition(_AFTER_SALUTATION)[2]
        return sentence[:1].upper() + sentence[1:]

    @property
    def greeting_with_notice(self) -> str:
        """The greeting of a call that is recorded: the notice comes before the question."""
        return f"{self.opening} {self.recording_notice} {self.question}"

    @property
    def acknowledgements(self) -> dict[str, str]:
        """The goodbyes without their last sentence, the farewell: for a call that goes on about another order."""
        return {result: _LAST_SENTENCE.sub("", text) for result, text in self.goodbyes.items()}

    def without_details(self) -> "Script":
        """Return the script to use until a person is known to listen: it tells nothing of the order's contents."""
        return replace(self, details="")

    def for_next_order(self) -> "Script":
        """Return the script for one more order in the same call; it greets nobody a second time."""
        return replace(self, opening=self.next_order, question=self.inbound_question)

    def for_late_reply(self, thanks: str) -> "Script":
        """Return the script for a customer whose order is finished: what is said now is passed on, and changes no outcome.

        `thanks` is the goodbye of a call in which nothing was added.
        """
        noted = self.goodbyes["change_requested"]
        goodbyes = {result: thanks if result == "undecided" else noted for result in self.goodbyes}
        lines = {**self.lines, "ask": self.lines["late_question"], "offer_call_back": ""}
        return replace(self, lines=lines, goodbyes=goodbyes)

    def for_unlisted(self) -> "Script":
        """Return the script for a caller whose number is not trusted: no more calls about this order are promised, and no more."""
        return replace(self, goodbyes={**self.goodbyes, "opted_out": self.goodbyes["wrong_number"]})

    def for_unproven(self) -> "Script":
        """Return the script for a caller who has proven nothing: of which shop there is an order, and what proves it."""
        asked = f"{self.lines['ask_proof']} {self.lines['offer_call_back']}".strip()
        opening, next_order = self.unproven_opening, self.unproven_next_order
        return replace(
            self, opening=opening, next_order=next_order, inbound_question=asked, question=asked, details="", order_id_spoken=""
        )

    def without_call_back(self) -> "Script":
        """Return the script for a caller to whom no call back is offered."""
        return replace(self, lines={**self.lines, "offer_call_back": ""})

    def for_inbound(self) -> "Script":
        """Return the script for a customer who phoned us; its greeting thanks for the call."""
        return replace(self, opening=self.inbound_opening, question=self.inbound_question)


def render(language: Language, *, company: str, order: Order, customer_name: str | None = None) -> Script:
    """Return the language's lines, filled in with the order."""
    company = plain(company, limit=COMPANY_CHARACTERS)
    name = in_words(spoken_name(customer_name or ""), language)
    spoken_id = spoken_order_id(order.id, language)
    lines = language.lines
    named = {"company": company, "order_id": spoken_id}
    unnumbered = "" if spoken_id else _WITHOUT_ID
    return Script(
        language=language.code,
        company=company,
        order_id_spoken=spoken_id,
        opening=lines[f"greeting{unnumbered}"].format_map(named),
        question=lines["question_named"].format(name=name) if name else lines["question"],
        inbound_opening=lines[f"inbound_greeting{unnumbered}"].format_map(named),
        inbound_question=lines["inbound_question"],
        next_order=lines[f"next_order{unnumbered}"].format_map(named),
        unproven_opening=lines[f"inbound_greeting{_WITHOUT_ID}"].format_map(named),
        unproven_next_order=lines[f"next_order{_WITHOUT_ID}"].format_map(named),
        recording_notice=lines["recording_notice"],
        details=_details(language, order),
        voicemail=lines["voicemail"].format(company=company),
        lines={key: lines[key] for key in (*FIXED_LINES, *CALLER_LINES)},
        goodbyes=goodbyes(language),
    )


def goodbyes(language: Language) -> dict[str, str]:
    """Return the language's goodbyes by attempt result."""
    return {key.removeprefix(_GOODBYE): text for key, text in language.lines.items() if key.startswith(_GOODBYE)}


def _details(language: Language, order: Order) -> str:
    lines = language.lines
    parts = []
    items = tuple(item for item in order.items if plain(item.name, limit=ITEM_CHARACTERS))
    if items:
        parts.append(lines["details_items"].format(items=_items(items, language)))
    if order.total is not None:
        parts.append(lines["details_total"].format(total=spoken_price(order.total, language)))
    parts += _delivery(order.delivery or Delivery(), language)
    return " ".join(parts) or lines["details_none"]


def _delivery(delivery: Delivery, language: Language) -> list[str]:
    parts = []
    address = plain(delivery.address or "", limit=ADDRESS_CHARACTERS)
    if address:
        spoken = in_words(address, language).rstrip(".")
        parts.append(language.lines["details_address"].format(address=spoken))
    if delivery.date is not None:
        parts.append(language.lines["details_date"].format(date=spoken_date(delivery.date, language)))
    return parts


def _items(items: tuple[Item, ...], language: Language) -> str:
    """Return the first items by name and the number of the others: "a, b and two other items"."""
    named = [_item(item, language) for item in items[:MOST_ITEMS]]
    unnamed = len(items) - MOST_ITEMS
    if unnamed > 0:
        named.append(counted(unnamed, language.speech.more_items, language))
    *first, last = named
    return language.speech.list_end.format(first=", ".join(first), last=last) if first else last


def _item(item: Item, language: Language) -> str:
    name = in_words(plain(item.name, limit=ITEM_CHARACTERS), language)
    if item.quantity == 1:
        return name
    count = counted(item.quantity, language.speech.piece, language)
    return language.speech.item_counted.format(count=count, name=name)

"""What the speech model is told: the instructions of a session, and the order to say one text word for word.

The order's JSON is data from the shop. It enters the instructions under a heading that says so, in a form in which no
text of it can pass for a line or an instruction.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from string import Template
from typing import Final

from shared.core.order import Order
from shared.core.speech.language import Language
from shared.core.speech.script import FIXED_LINES, Script

KEYED_LINES: Final = ("greeting", "details", *FIXED_LINES)
"""The lines that stand in the instructions; a goodbye is asked for when it is to be said."""

UNPROVEN_LINES: Final = ("greeting", "ask_proof", "offer_call_back", "proof_failed", "not_understood", "not_heard", "wait")
"""The lines in the instructions while a caller has proven nothing."""

_PLAIN_ID = re.compile(r"[A-Za-z0-9._/#-]{1,64}")


@dataclass(frozen=True, slots=True)
class SpelledId:
    """An order's id as it is written, and as it is spoken in the call's language."""

    written: str
    spoken: str


@dataclass(frozen=True, slots=True)
class SessionPrompt:
    """The template of the speech model's instructions; `version` is stored with each attempt."""

    version: str
    text: str


def spelled_id(order: Order, script: Script) -> SpelledId | None:
    """Return the order's id in both forms; None if it is not spoken, or if the written one could be read as an instruction."""
    is_told = script.order_id_spoken and _PLAIN_ID.fullmatch(order.id)
    return SpelledId(order.id, script.order_id_spoken) if is_told else None


def say_exactly(text: str, spelled: SpelledId | None = None) -> str:
    """Return instructions for one response that is the text, word for word.

    If the text holds the spoken id, the instructions also give the written one.
    """
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
    """Return the speech model's instructions for one call.

    `order_json` is the order as one JSON object (raw id, items, total, delivery); `local_now` is aware and in the
    customer's own time zone, so that the model can resolve "tomorrow after six". The template holds what is the same for
    all calls first, so that OpenAI can reuse it from its cache.
    """
    others = ", ".join(f"{other.name} ({other.code})" for other in other_languages if other.code != language.code)
    keyed = {"greeting": script.greeting, "details": script.details, **script.lines}
    return Template(prompt.text).substitute(
        code=language.code,
        language=f"{language.name} ({language.endonym})",
        other_languages=others or "none",
        guidance=language.guidance.strip(),
        yes_words=", ".join(language.yes),
        no_words=", ".join(language.no),
        company=script.company,
        lines="\n".join(f"[{key}] «{keyed[key]}»" for key in KEYED_LINES if keyed[key]),
        local_now=f"{local_now:%A} {local_now.isoformat(timespec='minutes')}",
        timezone=str(local_now.tzinfo),
        order_json=_quoted(order_json),
    )


def caller_instructions(
    prompt: SessionPrompt, *, script: Script, language: Language, other_languages: Iterable[Language] = ()
) -> str:
    """Return the speech model's instructions while a caller has proven nothing: they hold nothing of the order.

    `script` is the one for such a caller; the template asks for the proof and for nothing else.
    """
    others = ", ".join(f"{other.name} ({other.code})" for other in other_languages if other.code != language.code)
    keyed = {"greeting": script.greeting, **script.lines}
    return Template(prompt.text).substitute(
        code=language.code,
        language=f"{language.name} ({language.endonym})",
        other_languages=others or "none",
        guidance=language.guidance.strip(),
        company=script.company,
        lines="\n".join(f"[{key}] «{keyed[key]}»" for key in UNPROVEN_LINES if keyed[key]),
    )


def _quoted(order_json: str) -> str:
    """Return JSON in which no text can pass for a keyed line: guillemets become escapes, line breaks spaces."""
    return " ".join(order_json.replace("«", "\\u00ab").replace("»", "\\u00bb").splitlines())

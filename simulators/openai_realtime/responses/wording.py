"""The wording of a response: a preamble, speech in two items, and words that differ a little from those that were asked for."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from simulators.openai_realtime.dialogue.turns import Reply
from simulators.openai_realtime.responses.plan import Plan

Phase = Literal["commentary", "final_answer"]

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_SHORTEST_CHANGED = 4
"""Speech of fewer words stays as it is: without one of them it would say something else."""

PREAMBLES: Final[Mapping[str, Sequence[str]]] = {
    "sq": ("Një moment, ju lutem.", "Mirë, po e shënoj."),
    "en": ("One moment, please.", "Sure, let me note that."),
    "de": ("Einen Moment, bitte.", "Gut, ich notiere das."),
    "it": ("Un momento, per favore.", "Va bene, lo annoto."),
    "sr": ("Samo trenutak, molim.", "Dobro, beležim."),
    "mk": ("Само момент, ве молам.", "Добро, запишувам."),
    "tr": ("Bir dakika lütfen.", "Tamam, not ediyorum."),
    "el": ("Μια στιγμή, παρακαλώ.", "Ωραία, το σημειώνω."),
}


@dataclass(frozen=True, slots=True)
class Speech:
    """One item of speech. `said` is what is spoken, `meant` what was asked for; `phase` is null with models before 2."""

    said: str
    meant: str
    phase: Phase | None = None


def speeches(reply: Reply, plan: Plan, *, language: str, chance: random.Random) -> list[Speech]:
    """Return the spoken items of a reply in order; none if it only calls tools."""
    if not reply.speech:
        if not (plan.preamble and reply.calls):
            return []
        words = chance.choice(PREAMBLES.get(language, PREAMBLES["en"]))
        return [Speech(words, words, "commentary")]
    parts = _SENTENCE_END.split(reply.speech, maxsplit=1) if plan.two_items else [reply.speech]
    phases: list[Phase | None] = ["commentary", "final_answer"] if len(parts) > 1 else [None]
    if not plan.other_words:
        return [Speech(part, part, phase) for part, phase in zip(parts, phases, strict=True)]
    changed = chance.randrange(len(parts))
    return [
        Speech(reworded(part, chance) if at == changed else part, part, phase)
        for at, (part, phase) in enumerate(zip(parts, phases, strict=True))
    ]


def traits_shown(plan: Plan, parts: Sequence[Speech], *, has_speech: bool) -> list[str]:
    """Return the names of the traits that these items, or their end, really show."""
    shown = {
        "preamble": bool(parts) and not has_speech,
        "two_items": len(parts) > 1,
        "other_words": any(part.said != part.meant for part in parts),
        "silent_audio": plan.silent_audio and bool(parts),
        "lost_done": plan.lost_done,
    }
    return [name for name, is_shown in shown.items() if is_shown]


def reworded(words: str, chance: random.Random) -> str:
    """Return the words with one of them left out, most often a sentence's last, or said twice; a number stays as it is."""
    parts = words.split(" ")
    places = [at for at, word in enumerate(parts) if not any(letter.isdigit() for letter in word)]
    if len(parts) < _SHORTEST_CHANGED or not places:
        return words
    ends = [at for at in places if at and parts[at][-1:] in ".!?"]
    match chance.choice(("end", "end", "inner", "twice")):
        case "end" if ends:
            at = chance.choice(ends)
            parts[at - 1 : at + 1] = [parts[at - 1].rstrip(",;:") + parts[at][-1]]
        case "inner":
            del parts[chance.choice(places)]
        case _:
            at = chance.choice(places)
            parts.insert(at, parts[at].rstrip(".,!?"))
    return " ".join(parts)

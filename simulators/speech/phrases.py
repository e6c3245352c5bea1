"""What customers say on the phone, by language and intent: simulated customers speak it, the OpenAI simulator recognizes it.

None of the phrases is a single syllable, because on a telephone that sounds much like a cough.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from simulators.speech.phrases_abroad import ABROAD


class Intent(StrEnum):
    """The meaning of a customer's words. `LANGUAGE` asks for the language in which it is said.

    `UNCLEAR` is also the meaning of all that matches no phrase: a cough, noise, other words.
    """

    CONFIRM = "confirm"
    CANCEL = "cancel"
    CHANGE = "change"
    CALLBACK = "callback"
    WRONG_NUMBER = "wrong_number"
    OPT_OUT = "opt_out"
    YES = "yes"
    NO = "no"
    HELLO = "hello"
    WAIT = "wait"
    REPEAT = "repeat"
    LANGUAGE = "language"
    MACHINE = "machine"
    UNCLEAR = "unclear"


PhraseBook = Mapping[Intent, tuple[str, ...]]

_ALBANIAN: PhraseBook = {
    Intent.CONFIRM: (
        "Po, e konfirmoj porosinë.",
        "Po, ma dërgoni, jam dakord me porosinë.",
        "Po po, e kam porositë unë, le të vijë.",
        "E konfirmoj, faleminderit shumë.",
        "Po valla, une e kom porosit, bonja.",
        "Në rregull, dërgojeni porosinë ashtu siç është.",
    ),
    Intent.CANCEL: (
        "Jo, dua ta anuloj porosinë.",
        "Anulojeni porosinë, ju lutem.",
        "Nuk e dua më, hiqeni atë porosi.",
        "Jo bre, s'po m'duhet ma, anuloje.",
        "Kam ndërruar mendje, mos e dërgoni fare.",
    ),
    Intent.CHANGE: (
        "Dua ta ndryshoj adresën e dërgesës.",
        "Po, por duhet të ndryshoj diçka te porosia.",
        "A mundeni me ma ndërru adresën, se jom te vëllai.",
        "Më duhen dy copë, jo një, a mund ta ndryshoni?",
    ),
    Intent.CALLBACK: (
        "Më telefononi më vonë, ju lutem, tani jam në punë.",
        "Nuk mundem tash, thirrmëni pas dy orësh.",
        "Jam duke vozitur, a mund të më merrni pak më vonë?",
        "Merrni prapë nesër, tani s'kam kohë.",
    ),
    Intent.WRONG_NUMBER: (
        "E keni gabim numrin, nuk jam unë.",
        "Keni gabuar, këtu nuk ka asnjë me këtë emër.",
        "S'ka porosit kush këtu, numër i gabuar.",
    ),
    Intent.OPT_OUT: (
        "Mos më telefononi më kurrë, ju lutem.",
        "Hiqeni numrin tim nga lista juaj.",
        "Mos m'thirrni ma hiç në këtë numër.",
    ),
    Intent.YES: (
        "Po, patjetër.",
        "Po, po.",
        "Po, është e saktë.",
        "Qysh jo, po.",
        "Mirë, në rregull.",
        "Po mo, mirë.",
    ),
    Intent.NO: (
        "Jo, faleminderit.",
        "Jo, jo.",
        "Jo mor, jo.",
        "Aspak, jo.",
    ),
    Intent.HELLO: (
        "Alo?",
        "Alo, po, urdhëroni?",
        "Përshëndetje, kush është në telefon?",
        "Alo, kush jeni ju?",
        "Mirëdita, po ju dëgjoj.",
    ),
    Intent.WAIT: (
        "Prisni pak, ju lutem, një moment.",
        "Një sekondë, po e marr shënimin.",
        "Prit pak, se po ma bën dikush me dorë.",
    ),
    Intent.REPEAT: (
        "Si thatë? A mund ta përsërisni?",
        "Nuk ju dëgjova mirë, edhe një herë, ju lutem.",
        "Qysh the? S'po t'nij mirë.",
    ),
    Intent.LANGUAGE: (
        "A flisni shqip?",
        "A din ndokush shqip aty?",
    ),
    Intent.MACHINE: (
        "Ju jeni lidhur me sekretarinë telefonike, lini mesazhin pas sinjalit.",
        "Abonenti që kërkuat nuk përgjigjet, ju lutem provoni më vonë.",
    ),
    Intent.UNCLEAR: (
        "Hmm, epo, varet nga gjërat, e di ti.",
        "Uleni zërin e televizorit, fëmijë!",
        "Sot paska qenë shumë ftohtë në qytet.",
    ),
}

_ENGLISH: PhraseBook = {
    Intent.CONFIRM: (
        "Yes, I confirm the order.",
        "Yes, I ordered that, please send it.",
        "That is correct, go ahead and ship it.",
    ),
    Intent.CANCEL: (
        "No, I want to cancel the order.",
        "Please cancel it, I don't need it any more.",
        "I changed my mind, don't send it.",
    ),
    Intent.CHANGE: ("I need to change the delivery address.", "Can you change it to two pieces instead?"),
    Intent.CALLBACK: ("Can you call me back later? I'm at work.", "I'm driving, call me again in two hours."),
    Intent.WRONG_NUMBER: ("You have the wrong number.", "There is nobody here with that name, sorry."),
    Intent.OPT_OUT: ("Never call me again, please.", "Take my number off your list."),
    Intent.YES: ("Yes, of course.", "Yes, yes, fine.", "Yeah, that's right."),
    Intent.NO: ("No, thank you.", "No, no, leave it.", "No, not at all."),
    Intent.HELLO: ("Hello?", "Hello, who is this?", "Good morning, yes, speaking."),
    Intent.WAIT: ("Hold on a moment, please.", "One second, let me find my note."),
    Intent.REPEAT: ("Sorry, could you say that again?", "I didn't hear you well, once more please."),
    Intent.LANGUAGE: ("Do you speak English?", "In English, please, if you can."),
    Intent.MACHINE: ("You have reached the voicemail, please leave a message after the tone.",),
    Intent.UNCLEAR: ("Well, it depends, you know how things are.", "Kids, turn the television down!"),
}

PHRASES: Mapping[str, PhraseBook] = {
    "sq": _ALBANIAN,
    "en": _ENGLISH,
    **{language: {Intent(name): texts for name, texts in book.items()} for language, book in ABROAD.items()},
}
"""Phrases by ISO 639-1 language, then by intent; the first of each intent is the plainest."""


def phrases(intent: Intent, *, language: str = "sq") -> tuple[str, ...]:
    """Return the phrases for an intent in that language (BCP 47, only the first part is used)."""
    return PHRASES[language.partition("-")[0].lower()][intent]


def every_phrase(language: str) -> Iterator[tuple[Intent, str]]:
    """Yield all phrases of a language with their intents."""
    for intent, texts in PHRASES[language].items():
        for text in texts:
            yield intent, text

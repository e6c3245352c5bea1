"""The change of language in the midst of a call: from then on all that is said is said in the other one."""

from shared.core.conversation.actions import Action, Respond, SwitchLanguage
from shared.core.conversation.parts.response_slot import Purpose, Wish
from shared.core.conversation.state import State, Talk
from shared.core.conversation.tools import InvalidArguments, LanguageWish, parse_language

_GO_ON = Respond("You speak the customer's language now, and have its lines. Answer what the customer said last.")
_HINT = (
    "You speak the customer's language now, and have its lines. The customer may not have understood who calls. "
    "Begin your next answer with: «{disclosure}» Then answer what the customer said last."
)


def wished_language(talk: Talk, arguments: str) -> LanguageWish | InvalidArguments:
    """Check a call of `switch_language`: the language must be one that we speak."""
    wish = parse_language(arguments)
    if isinstance(wish, LanguageWish) and wish.code != talk.language and talk.lines_in(wish.code) is None:
        return InvalidArguments("That language is none of the listed ones.")
    return wish


def switch_language(talk: Talk, code: str | None) -> list[Action]:
    """Change all words to the language with that code, if it is another one and one that we speak."""
    lines = talk.lines_in(code) if code is not None and code != talk.language else None
    if code is None or lines is None:
        return []
    talk.language, talk.lines = code, lines
    talk.goodbye = goodbye_of(talk)
    return [SwitchLanguage(code)]


def go_on_in(talk: Talk, now: float) -> list[Action]:
    """Answer in the language just switched to; say there, too, once, that an automated assistant speaks."""
    if talk.state is not State.TALKING:
        return []
    if talk.language in talk.disclosed_languages:
        return talk.ask(Wish(Purpose.ANSWER, _GO_ON), now)
    talk.disclosed_languages.add(talk.language)
    return talk.ask(Wish(Purpose.ANSWER, Respond(_HINT.format(disclosure=talk.lines.disclosure))), now)


def goodbye_of(talk: Talk) -> str:
    """Return the words of leave that fit what was decided so far, in the talk's language."""
    if talk.verdict is None or not talk.is_decided:
        return talk.lines.goodbye_undecided
    return talk.lines.acknowledgements.get(talk.verdict) or talk.lines.goodbyes[talk.verdict]

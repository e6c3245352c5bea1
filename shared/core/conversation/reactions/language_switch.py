"""The change of language in the midst of a call: from then on everything is said in the other language."""

from typing import Final

from shared.core.conversation.actions import Action, Respond, SwitchLanguage
from shared.core.conversation.state.conversation_state import ConversationState
from shared.core.conversation.state.response_slot import Purpose, ResponseRequest
from shared.core.conversation.tools import InvalidArguments, LanguageRequest, parse_language

_GO_ON: Final = Respond("You speak the customer's language now, and have its lines. Answer what the customer said last.")
_HINT: Final = (
    "You speak the customer's language now, and have its lines. The customer may not have understood who calls. "
    "Begin your next answer with: «{disclosure}» Then answer what the customer said last."
)


def check_language(conversation: ConversationState, arguments: str) -> LanguageRequest | InvalidArguments:
    """Check the arguments of `switch_language`: the language must be one that we speak."""
    request = parse_language(arguments)
    if isinstance(request, LanguageRequest) and not conversation.language.is_available(request.code):
        return InvalidArguments("That language is none of the listed ones.")
    return request


def switch_language(conversation: ConversationState, code: str | None) -> list[Action]:
    """Change all lines to the language with that code, if it is another one and one that we speak."""
    language = conversation.language
    if not language.switch(code):
        return []
    conversation.closing.translate(language.lines)
    return [SwitchLanguage(language.code)]


def answer_in_language(conversation: ConversationState, now: float) -> list[Action]:
    """Answer in the language just switched to; the first answer in a language says who calls."""
    language = conversation.language
    if not conversation.disclosure.language_switched(language.code):
        return conversation.request(ResponseRequest(Purpose.ANSWER, _GO_ON), now)
    hint = Respond(_HINT.format(disclosure=language.lines.disclosure))
    return conversation.request(ResponseRequest(Purpose.ANSWER, hint), now)

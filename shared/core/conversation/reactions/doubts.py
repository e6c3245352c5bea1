"""Whether a decision that the model reports is meant: a report that contradicts the line or itself is refused once.

Only what the line itself told (who spoke when) and what the model quotes are asked; the transcription is too rough to judge by.
"""

from typing import Final

from shared.core.conversation.state.conversation_state import ConversationState, State
from shared.core.conversation.tools import InvalidArguments, OutcomeReport
from shared.core.outcome import VerdictKind
from shared.core.phrases import consists_of

_UNANSWERED: Final = "Nobody has spoken since you asked. Ask the customer, and wait for the answer."
_QUOTE_IS_NO: Final = "The quote means no, so it confirms nothing. Ask the customer once more, or record what they said."
_NO_WISH: Final = "The quote only agrees. Call again with the customer's earlier words that asked for it as wish."
_NO_CONTENT: Final = (
    "It is not said what is to change, and to what. Ask the customer for it, then call again with it in change or note."
)


def doubt_about(conversation: ConversationState, report: OutcomeReport) -> InvalidArguments | None:
    """Return why the report is refused, or None. Each reason is given once a call: a model that insists is believed."""
    reason = _reason(conversation, report)
    if reason is None or not conversation.model_health.doubted(reason):
        return None
    return InvalidArguments(reason)


def _reason(conversation: ConversationState, report: OutcomeReport) -> str | None:
    words = conversation.language.words_in(report.quoted_language)
    match report.kind:
        case VerdictKind.CONFIRMED if consists_of(report.quote, words.no):
            return _QUOTE_IS_NO
        case VerdictKind.CONFIRMED if _is_unanswered(conversation):
            return _UNANSWERED
        case VerdictKind.CANCELLED if report.wish is None and consists_of(report.quote, words.yes):
            return _NO_WISH
        case VerdictKind.CHANGE_REQUESTED if report.change is None and _is_empty(report.note, words.change):
            return _NO_CONTENT
        case _:
            return None


def _is_unanswered(conversation: ConversationState) -> bool:
    """Tell whether the customer has not spoken since the last question; during a goodbye nothing has been asked."""
    return conversation.state is State.TALKING and not conversation.turn_taking.has_answered


def _is_empty(note: str | None, words_for_change: tuple[str, ...]) -> bool:
    return note is None or consists_of(note, words_for_change)

"""What the model's tool calls do: each is checked and answered, then the most important one is acted on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from shared.core.conversation import tools
from shared.core.conversation.actions import Action, AnswerTool, Respond, Say
from shared.core.conversation.events import ToolCall
from shared.core.conversation.reactions.answering_machine import report_machine
from shared.core.conversation.reactions.caller_proof import act_on_proof, request_call_back
from shared.core.conversation.reactions.doubts import doubt_about
from shared.core.conversation.reactions.goodbyes import give_up, record_decision
from shared.core.conversation.reactions.language_switch import answer_in_language, check_language, switch_language
from shared.core.conversation.state.conversation_state import ConversationState, State
from shared.core.conversation.state.response_slot import Purpose, ResponseRequest
from shared.core.conversation.state.timers import Timer
from shared.core.conversation.tools import InvalidArguments, LanguageRequest, OutcomeReport, parse_outcome
from shared.core.outcome import Channel, VerdictKind

_TRY_AGAIN: Final = Respond("Call the tool again with valid arguments, or ask the customer one short question.")
_KEEP_LANGUAGE: Final = Respond("Go on in the language you speak now: answer what the customer said last.")
_CALL_AGAIN: Final = Respond("Your last tool call was not recorded. Make it again if the customer's decision still stands.")
_NOT_RECORDED: Final = json.dumps({"status": "not_recorded", "error": "The response was cut off. Call again if it still holds."})
_ACCEPTED: Final = json.dumps({"status": "ok"})
_WRONG: Final = json.dumps({"status": "wrong"})
_UNPROVEN: Final = InvalidArguments("The caller has not proven to know the order: ask for the last four characters of its number.")
_OF_UNPROVEN: Final = frozenset({tools.RECORD_OUTCOME, tools.CHECK_ORDER_NUMBER, tools.CALL_BACK})
_NO_TOOL: Final = InvalidArguments("There is no such tool.")


@dataclass(frozen=True, slots=True)
class EndRequest:
    """The model wants to end the call."""


@dataclass(frozen=True, slots=True)
class CallBackRequest:
    """A caller without proof wants to be called back at once."""


@dataclass(frozen=True, slots=True)
class ProofClaim:
    """A caller said what should be the end of the order's id."""

    is_right: bool


Request = OutcomeReport | LanguageRequest | EndRequest | CallBackRequest | ProofClaim | InvalidArguments


def act_on_calls(conversation: ConversationState, calls: Sequence[ToolCall], now: float, *, has_spoken: bool) -> list[Action]:
    """Return every call's result first, then act on the most important call; `has_spoken`: the same response had audio."""
    answers, request = _check_all(conversation, calls)
    match request:
        case OutcomeReport(kind=VerdictKind.MACHINE):
            return answers if conversation.closing.is_decided else answers + report_machine(conversation, request, now)
        case OutcomeReport():
            return answers + record_decision(conversation, request, Channel.VOICE, now)
        case ProofClaim():
            return answers + act_on_proof(conversation, now)
        case CallBackRequest():
            return answers + request_call_back(conversation, Channel.VOICE, now)
        case EndRequest():
            return answers + _end(conversation, now, has_spoken=has_spoken)
        case LanguageRequest(code=code):
            answers += switch_language(conversation, code)
            is_answered = conversation.state is State.TALKING  # an answering machine is not
            return answers + answer_in_language(conversation, now) if is_answered else answers
        case InvalidArguments():
            return answers + _ask_again(conversation, calls[-1].name, now)
        case None:
            return answers
        case _:  # pragma: no cover
            assert_never(request)


def act_on_calls_in_goodbye(conversation: ConversationState, calls: Sequence[ToolCall], now: float) -> list[Action]:
    """Do the same during the goodbye: only a newer decision replaces it, and nothing replaces final words."""
    answers, request = _check_all(conversation, calls)
    if conversation.closing.is_final:
        return answers
    match request:
        case OutcomeReport(kind=VerdictKind.MACHINE) | ProofClaim() | CallBackRequest() | EndRequest() | None:
            return answers
        case OutcomeReport():
            return answers + record_decision(conversation, request, Channel.VOICE, now)
        case LanguageRequest(code=code):
            return answers + switch_language(conversation, code)
        case InvalidArguments():
            return answers + _ask_again(conversation, calls[-1].name, now)
        case _:  # pragma: no cover
            assert_never(request)


def refuse_void_calls(conversation: ConversationState, calls: Sequence[ToolCall], now: float) -> list[Action]:
    """Answer the calls of a response that was not completed: they did nothing. The model makes them again, if it still wants to."""
    answers: list[Action] = [AnswerTool(call.call_id, _NOT_RECORDED) for call in calls]
    is_owed = conversation.state is State.TALKING and not conversation.turn_taking.is_customer_speaking
    if not calls or not is_owed or not conversation.response_slot.is_idle or conversation.timers.is_set(Timer.TURN):
        return answers
    return answers + conversation.request(ResponseRequest(Purpose.ANSWER, _CALL_AGAIN), now)


def _check_all(conversation: ConversationState, calls: Sequence[ToolCall]) -> tuple[list[Action], Request | None]:
    """Return every call's result, and the request to act on: the last outcome, else the proof, else the end, else the language."""
    if calls:
        conversation.turn_taking.audio_wait.tool_answered()
    is_unproven = conversation.callee.proof.is_missing  # a decision beside the proof was made without it
    checked = [
        _check_unproven(conversation, call) if is_unproven and call.name in _OF_UNPROVEN else _check(conversation, call)
        for call in calls
    ]
    answers: list[Action] = [
        AnswerTool(call.call_id, _result(request)) for call, request in zip(calls, checked, strict=True) if call.call_id
    ]
    for kind in (OutcomeReport, ProofClaim, CallBackRequest, EndRequest, LanguageRequest, InvalidArguments):
        of_kind = [request for request in checked if isinstance(request, kind)]
        if of_kind:
            return answers, of_kind[-1]
    return answers, None


def _check(conversation: ConversationState, call: ToolCall) -> Request:
    match call.name:
        case tools.RECORD_OUTCOME:
            report = parse_outcome(call.arguments, conversation.plan.zone)
            return report if isinstance(report, InvalidArguments) else doubt_about(conversation, report) or report
        case tools.SWITCH_LANGUAGE:
            return check_language(conversation, call.arguments)
        case tools.END_CALL:
            return EndRequest()
        case _:
            return _NO_TOOL


def _check_unproven(conversation: ConversationState, call: ToolCall) -> Request:
    """Check what the model may not do, or may do only, while the caller has proven nothing.

    A proof that comes with the goodbye is too late: it is not judged, or a key after it would decide what the record refuses.
    """
    if call.name == tools.CALL_BACK:
        return CallBackRequest() if conversation.callee.proof.may_call_back else _NO_TOOL
    if call.name == tools.RECORD_OUTCOME:
        return _UNPROVEN
    if conversation.state is State.CLOSING:
        return ProofClaim(is_right=False)
    heard = tools.parse_characters(call.arguments)
    return heard if isinstance(heard, InvalidArguments) else ProofClaim(conversation.callee.proof.said(heard))


def _result(request: Request) -> str:
    """Return the tool's result as JSON text: an object with `status`, and `error` if the call was refused."""
    if isinstance(request, InvalidArguments):
        return json.dumps({"status": "refused", "error": request.message})
    return _WRONG if request == ProofClaim(is_right=False) else _ACCEPTED


def _end(conversation: ConversationState, now: float, *, has_spoken: bool) -> list[Action]:
    """End the call as the model wants: after our goodbye, or after its own if what it has just said is one.

    A sentence of the model's is a goodbye if it came after a decision that stands, and is long enough: before it, or short, it
    may be the "let me check" with which a model goes about a tool call. Who has not decided must hear that nothing is.
    """
    closing, least_ms = conversation.closing, conversation.plan.timing.least_goodbye_s * 1000.0
    if closing.recorded is None or closing.withheld is not None or not has_spoken or conversation.playback.last_item_ms < least_ms:
        return give_up(conversation, "ended_by_agent", now)
    conversation.enter(State.CLOSING)
    closing.agent_took_leave()
    return []


def _ask_again(conversation: ConversationState, name: str, now: float) -> list[Action]:
    """Have the model try again; if it has failed too often, offer the keypad."""
    if conversation.model_health.called_invalidly():
        return conversation.request(ResponseRequest(Purpose.NUDGE, Say(conversation.language.lines.keypad)), now)
    hint = _KEEP_LANGUAGE if name == tools.SWITCH_LANGUAGE else _TRY_AGAIN
    return conversation.request(ResponseRequest(Purpose.ANSWER, hint), now)

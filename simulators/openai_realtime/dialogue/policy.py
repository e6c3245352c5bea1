"""Decides what the simulated model does next: a pure function of its instructions and the dialogue so far.

The instructions hold keyed lines, `[ask] «…»`. The model speaks a line when the dialogue reaches it. If a response is
requested with `«…»` in its own instructions, the model speaks exactly those words.
"""

from simulators.openai_realtime.dialogue.history import (
    asks_to_cancel,
    cut_off_question,
    is_decided,
    last_question,
    last_question_line,
    last_said,
    line_of,
    opening,
    times_not_understood,
    words_owed,
)
from simulators.openai_realtime.dialogue.text_parsing import callback_time, changed_part
from simulators.openai_realtime.dialogue.turns import (
    AgentTurn,
    CustomerTurn,
    Dialogue,
    Reply,
    SystemNote,
    ToolCall,
    ToolResult,
)
from simulators.speech.phrases import Intent

_STRIKES = 3


def reply_to(dialogue: Dialogue) -> Reply:
    """Return what the model does now, after a request for a response."""
    reply = _intended_reply(dialogue)
    speech = " ".join(words for words in (words_owed(dialogue), reply.speech) if words)
    return Reply(speech, tuple(call for call in reply.calls if call.name in dialogue.tools))


def _intended_reply(dialogue: Dialogue) -> Reply:
    """Return the reply that the model would give if every tool were available and no system message asked for words."""
    match next((turn for turn in reversed(dialogue.turns) if not isinstance(turn, SystemNote)), None):
        case CustomerTurn() as customer if "check_order_number" in dialogue.tools:
            return _ask_for_proof(dialogue, customer)
        case CustomerTurn() as customer:
            return _answer_or_switch(dialogue, customer)
        case ToolResult(ToolCall("switch_language", _), _):
            customer = next(turn for turn in reversed(dialogue.turns) if isinstance(turn, CustomerTurn))
            return Reply(opening(dialogue)) if customer.intent is Intent.REPEAT else _answer(dialogue, customer)
        case ToolResult(call, output):
            return _go_on_after(dialogue, call, output)
        case AgentTurn():
            return Reply(last_question_line(dialogue) or line_of(dialogue, "ask"))
        case None:
            return Reply(line_of(dialogue, "greeting"))


def _ask_for_proof(dialogue: Dialogue, customer: CustomerTurn) -> Reply:
    """Answer a caller who has proven nothing: whatever they want, the order's number comes first, or they are called back."""
    match customer.intent:
        case Intent.CALLBACK:
            return Reply(calls=(ToolCall("call_back", {}),))
        case Intent.WAIT:
            return Reply(line_of(dialogue, "wait"))
        case Intent.UNCLEAR:
            return Reply(line_of(dialogue, "not_understood"))
        case _:
            return Reply(line_of(dialogue, "ask_proof"))


def _answer_or_switch(dialogue: Dialogue, customer: CustomerTurn) -> Reply:
    """Return the answer. To a sentence in another of the languages the model switches first, unless it can decide on it at once."""
    reply = _answer(dialogue, customer)
    is_asked_for = customer.intent is Intent.LANGUAGE
    is_sentence = len(customer.words.split()) > 1
    if customer.language not in dialogue.other_languages or not (is_asked_for or is_sentence):
        return reply
    if reply.calls:
        return Reply(reply.speech, tuple(_in_language(call, customer.language) for call in reply.calls))
    switch = {"language": customer.language, "quote": customer.words, "is_asked_for": is_asked_for}
    return Reply(calls=(ToolCall("switch_language", switch),)) if "switch_language" in dialogue.tools else reply


def _in_language(call: ToolCall, language: str) -> ToolCall:
    """Return the call with the language in which the customer decided."""
    return ToolCall(call.name, {**call.arguments, "language": language}) if call.name == "record_outcome" else call


def _answer(dialogue: Dialogue, customer: CustomerTurn) -> Reply:
    match customer.intent:
        case Intent.CONFIRM:
            return _record("confirmed", customer)
        case Intent.CANCEL:
            return _record("cancelled", customer) if asks_to_cancel(dialogue) else _read_back(dialogue, customer)
        case Intent.CHANGE:
            return _record("change_requested", customer, note=customer.words, change={changed_part(customer.words): customer.words})
        case Intent.CALLBACK:
            return _record("callback_requested", customer, **callback_time(customer.words, dialogue.now))
        case Intent.WRONG_NUMBER:
            return _record("wrong_number", customer)
        case Intent.OPT_OUT:
            return _record("opted_out", customer)
        case Intent.MACHINE:
            return _record("machine", customer)
        case Intent.WAIT:
            return Reply(line_of(dialogue, "wait"))
        case Intent.REPEAT:
            return Reply(last_said(dialogue) or opening(dialogue))
        case Intent.YES | Intent.NO | Intent.HELLO | Intent.LANGUAGE | Intent.UNCLEAR:
            is_over = is_decided(dialogue) and last_question(dialogue, since_the_decision=True) not in {"ask", "read_back_cancel"}
            return _after_the_decision(dialogue) if is_over else _short_answer(dialogue, customer)


def _short_answer(dialogue: Dialogue, customer: CustomerTurn) -> Reply:
    """Answer words that mean something only after a question."""
    if customer.intent in {Intent.YES, Intent.NO} and (cut_off := cut_off_question(dialogue)):
        return Reply(cut_off)
    question = last_question(dialogue)
    if question is None:
        return Reply(opening(dialogue))
    match customer.intent, question:
        case Intent.YES, "read_back_cancel":
            return _record("cancelled", customer, **_wish(dialogue))
        case Intent.YES, _:
            return _record("confirmed", customer)
        case Intent.NO, "read_back_cancel":
            return Reply(line_of(dialogue, "ask"))
        case Intent.NO, _:
            return _read_back(dialogue, customer)
        case ((Intent.HELLO | Intent.LANGUAGE), _):
            return Reply(last_question_line(dialogue))
        case _:
            return _not_understood(dialogue, question)


def _not_understood(dialogue: Dialogue, question: str) -> Reply:
    strikes = times_not_understood(dialogue)
    if strikes >= _STRIKES:
        return Reply(calls=(ToolCall("end_call", {"reason": "not understood"}),))
    if strikes == _STRIKES - 1 and (keypad := line_of(dialogue, "keypad")):
        return Reply(keypad)
    lines = [line_of(dialogue, "not_understood")]
    if question == "read_back_cancel":
        lines.append(line_of(dialogue, question))
    return Reply(" ".join(line for line in lines if line))


def _after_the_decision(dialogue: Dialogue) -> Reply:
    """Reply to a customer who speaks during the goodbye without a new decision."""
    line = line_of(dialogue, "anything_else")
    if line and last_question(dialogue) != "anything_else":
        return Reply(line)
    return Reply(calls=(ToolCall("end_call", {"reason": "decided"}),))


def _go_on_after(dialogue: Dialogue, call: ToolCall, output: str | None) -> Reply:
    if output is not None and '"error"' in output:
        return Reply(calls=(call,))
    return Reply(line_of(dialogue, "goodbye") or "Faleminderit, mirupafshim.")


def _record(outcome: str, customer: CustomerTurn, **more: object) -> Reply:
    return Reply(calls=(ToolCall("record_outcome", {"outcome": outcome, "quote": customer.words, **more}),))


def _read_back(dialogue: Dialogue, customer: CustomerTurn) -> Reply:
    line = line_of(dialogue, "read_back_cancel")
    return Reply(line) if line else _record("cancelled", customer)


def _wish(dialogue: Dialogue) -> dict[str, str]:
    """Return the customer's words that asked for what was read back, as an argument of the tool."""
    said = [turn.words for turn in dialogue.turns if isinstance(turn, CustomerTurn) and turn.words]
    return {"wish": said[-2]} if len(said) > 1 else {}

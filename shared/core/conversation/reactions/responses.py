"""Who speaks when: the customer's speech, the model's responses and tool calls, and silence."""

import json

from shared.core.conversation import tools
from shared.core.conversation.actions import Action, AnswerTool, Respond, Say, SendMark, TellModel
from shared.core.conversation.events import ResponseDone, ResponseStatus, ToolCall
from shared.core.conversation.parts.response_slot import Purpose, Running, Wish
from shared.core.conversation.parts.timers import Timer
from shared.core.conversation.reactions.goodbyes import (
    decide,
    give_up,
    heard,
    interrupted,
    machine_reported,
    part,
    part_with_stored_words,
)
from shared.core.conversation.reactions.language_switch import go_on_in, switch_language, wished_language
from shared.core.conversation.state import State, Talk
from shared.core.conversation.tools import InvalidArguments, LanguageWish, OutcomeReport, parse_outcome
from shared.core.outcome import Channel, VerdictKind

_MAX_INVALID_CALLS = 3
_HELD_IN = frozenset({State.TALKING, State.CLOSING, State.MACHINE})  # where a session that we asked something can report
_PARTING_SILENCE_S = 3.0
_GO_ON = Respond("The customer made a sound but said nothing. Go on where you were, in one short sentence.")
_TRY_AGAIN = Respond("Call the tool again with valid arguments, or ask the customer one short question.")
_STAY = Respond("Go on in the language you speak now: answer what the customer said last.")
_ACCEPTED = json.dumps({"status": "ok"})
_REMINDER = "The customer was speaking and did not hear who calls. Begin your next answer with: «{disclosure}»"


def greet(talk: Talk, now: float) -> list[Action]:
    """Ask for the one greeting."""
    return talk.ask(Wish(Purpose.GREETING, Say(talk.lines.greeting)), now)


def speech_started(talk: Talk, now: float) -> list[Action]:
    """Fall silent at once and listen, unless these are last words that nobody may interrupt."""
    if talk.state is State.CLOSING and not interrupted(talk):
        return []
    if talk.state is not State.TALKING:
        return []
    talk.is_customer_speaking = True
    talk.is_asked_to_wait = False
    talk.waits_since = None
    talk.end_silence()
    talk.timers.stop(Timer.TURN, Timer.FIRST_AUDIO, Timer.HEARD)
    patience_s = talk.timing.stuck_speech_s if talk.has_greeted else talk.timing.ungreeted_speech_s
    talk.timers.set(Timer.STUCK_SPEECH, now + patience_s)
    hushed = talk.speaker.hush(now)
    if hushed and talk.disclosing_items and not talk.is_disclosed and not talk.owes_disclosure:
        talk.owes_disclosure = True
        hushed.append(TellModel(_REMINDER.format(disclosure=talk.lines.disclosure)))
    return hushed + talk.reveal() if talk.has_greeted else hushed


def speech_stopped(talk: Talk, now: float) -> list[Action]:
    """Wait for the model's answer."""
    talk.is_customer_speaking = False
    talk.waits_since = now
    talk.timers.stop(Timer.STUCK_SPEECH)
    if talk.state is State.TALKING:
        talk.timers.set(Timer.TURN, now + talk.timing.turn_s)
    return []


def response_started(talk: Talk, response_id: str, now: float) -> list[Action]:
    """Wait for its audio; where the customer spoke before the greeting, the model's own answer gives way to it."""
    talk.timers.stop(Timer.TURN)
    if not talk.timers.is_set(Timer.FIRST_AUDIO):
        talk.expect_audio(now)
    cut = talk.speaker.started(response_id)
    is_own = talk.speaker.running is not None and talk.speaker.running.wish is None
    if is_own and not cut and talk.state is State.TALKING and not talk.has_greeted:
        return greet(talk, now)
    return cut


def audio_began(talk: Talk, item_id: str) -> list[Action]:
    """Note whose audio it is: the greeting's proves the disclosure, the goodbye's end is the end of the call."""
    running = talk.speaker.running
    talk.waits_since = None
    purpose = running.wish.purpose if running is not None and running.wish is not None else None
    if running is not None:
        running.item_ids.append(item_id)
    if purpose is not Purpose.NUDGE:
        talk.end_silence()
    if talk.state is not State.CLOSING or purpose is Purpose.GOODBYE:
        talk.timers.stop(Timer.FIRST_AUDIO)
    if purpose is Purpose.GREETING:
        talk.has_greeted = True
    if purpose is Purpose.GREETING or talk.owes_disclosure:
        talk.disclosing_items.add(item_id)
    if purpose is Purpose.GOODBYE and talk.state is State.CLOSING:
        talk.last_words = item_id
    return []


def agent_spoke(talk: Talk, text: str) -> list[Action]:
    """Notice the agent's word that it will wait: then the customer has longer before we ask again."""
    if talk.lines.wait.casefold() in text.casefold():
        talk.is_asked_to_wait = True
    return []


def response_done(talk: Talk, event: ResponseDone, now: float) -> list[Action]:
    """Mark the end of its audio, act on its tool calls, and let the next wish out."""
    running = talk.speaker.running
    if running is None or running.response_id != event.response_id:
        return talk.speaker.done(event.response_id)
    if talk.state is not State.CLOSING or _purpose(running) is Purpose.GOODBYE:
        talk.timers.stop(Timer.FIRST_AUDIO)
    actions: list[Action] = []
    is_heard = bool(running.item_ids) and not talk.playback.is_muted(event.response_id)
    if is_heard and not talk.playback.is_drained:
        actions.append(SendMark(talk.playback.next_mark()))
        talk.expect_heard(now)
    actions += talk.speaker.done(event.response_id)
    if event.status is ResponseStatus.COMPLETED:
        actions += _tool_calls(talk, event.tool_calls, now, has_spoken=is_heard)
        if talk.state is State.CLOSING and _purpose(running) is Purpose.GOODBYE and not running.item_ids:
            return actions + part_with_stored_words(talk, now)
    return actions + heard(talk, now)


def silence_over(talk: Talk, now: float) -> list[Action]:
    """Speak into the customer's silence: a question, the keypad, and at last a goodbye."""
    if talk.is_decided or talk.is_parting_cut:
        return part(talk, now)
    talk.silence_stage += 1
    match talk.silence_stage:
        case 1:
            return talk.ask(Wish(Purpose.NUDGE, Say(talk.lines.not_heard)), now)
        case 2:
            return talk.ask(Wish(Purpose.NUDGE, Say(talk.lines.keypad)), now)
        case _:
            return give_up(talk, "silence", now)


def turn_over(talk: Talk, now: float) -> list[Action]:
    """Take up again after a sound to which the model had no answer."""
    if talk.is_parting_cut:
        return part(talk, now)
    return talk.ask(Wish(Purpose.ANSWER, _GO_ON), now) if talk.has_greeted else greet(talk, now)


def stuck_speech_over(talk: Talk, now: float) -> list[Action]:
    """Offer the keypad where the line is never quiet: what the model takes for speech may be a street. Greet first."""
    talk.is_customer_speaking = False
    if not talk.has_greeted:
        return greet(talk, now)
    return talk.ask(Wish(Purpose.NUDGE, Say(talk.lines.keypad)), now)


def watch_silence(talk: Talk, now: float) -> None:
    """Wait for the customer's word while nobody speaks, and for nothing of the kind while somebody does."""
    is_quiet = (
        talk.state is State.TALKING
        and talk.has_greeted
        and not talk.is_customer_speaking
        and talk.speaker.is_idle
        and talk.playback.is_drained
    )
    if not is_quiet:
        talk.timers.stop(Timer.SILENCE)
    elif not talk.timers.is_set(Timer.SILENCE):
        talk.silence_from = now if talk.silence_from is None else talk.silence_from
        talk.timers.set(Timer.SILENCE, max(talk.silence_from + _patience_s(talk), now + talk.timing.after_prompt_s))


def _patience_s(talk: Talk) -> float:
    """How long after its beginning the silence is broken; each prompt into it is counted from the same beginning."""
    if talk.is_decided:
        return _PARTING_SILENCE_S
    if talk.is_asked_to_wait:
        return talk.timing.wait_s + talk.timing.silence_s[talk.silence_stage] - talk.timing.silence_s[0]
    return talk.timing.silence_s[talk.silence_stage]


def _purpose(running: Running) -> Purpose | None:
    return running.wish.purpose if running.wish is not None else None


def _tool_calls(talk: Talk, calls: tuple[ToolCall, ...], now: float, *, has_spoken: bool) -> list[Action]:
    """Return every call's result first, then act on what was reported: an outcome, or else the wish to end or to switch."""
    checked = [_checked(talk, call) for call in calls]
    answers: list[Action] = [
        AnswerTool(call.call_id, _refusal(result.message) if isinstance(result, InvalidArguments) else _ACCEPTED)
        for call, result in zip(calls, checked, strict=True)
    ]
    reports = [result for result in checked if isinstance(result, OutcomeReport)]
    wishes = [result for result in checked if isinstance(result, LanguageWish)]
    if talk.is_final or talk.state not in _HELD_IN:
        return answers
    if reports:
        return answers + _reported(talk, reports[-1], now)
    if None in checked:
        return answers + _end_wanted(talk, now, has_spoken=has_spoken)
    if wishes:
        return answers + switch_language(talk, wishes[-1].code) + go_on_in(talk, now)
    return answers + (_retry_tool(talk, calls[-1].name, now) if checked else [])


def _checked(talk: Talk, call: ToolCall) -> OutcomeReport | LanguageWish | InvalidArguments | None:
    """Return what a call asks for; None is the end."""
    match call.name:
        case tools.RECORD_OUTCOME:
            return parse_outcome(call.arguments, talk.zone)
        case tools.SWITCH_LANGUAGE:
            return wished_language(talk, call.arguments)
        case tools.END_CALL:
            return None
        case _:
            return InvalidArguments("There is no such tool.")


def _refusal(message: str) -> str:
    return json.dumps({"status": "refused", "error": message})


def _reported(talk: Talk, report: OutcomeReport, now: float) -> list[Action]:
    if report.kind is VerdictKind.MACHINE:
        return [] if talk.is_decided or talk.state is State.CLOSING else machine_reported(talk, report, now)
    return decide(talk, report, Channel.VOICE, now)


def _end_wanted(talk: Talk, now: float, *, has_spoken: bool) -> list[Action]:
    """End the call as the model wishes: after our goodbye, or its own if it has just spoken one."""
    if talk.state is State.CLOSING:
        return []
    if talk.is_decided or not has_spoken:
        return give_up(talk, "ended_by_agent", now)
    talk.enter(State.CLOSING)
    talk.reason = "ended_by_agent"
    talk.last_words = "spoken"
    return []


def _retry_tool(talk: Talk, name: str, now: float) -> list[Action]:
    talk.invalid_calls += 1
    if talk.invalid_calls >= _MAX_INVALID_CALLS:
        return talk.ask(Wish(Purpose.NUDGE, Say(talk.lines.keypad)), now)
    return talk.ask(Wish(Purpose.ANSWER, _STAY if name == tools.SWITCH_LANGUAGE else _TRY_AGAIN), now)

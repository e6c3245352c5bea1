"""How a conversation ends: the goodbye, heard to its end, and what is concluded where nobody decided."""

from shared.core.confirmation import Conclusion
from shared.core.conversation.actions import Action, DropModel, EndConversation, RecordDisclosure, RecordVerdict, Say
from shared.core.conversation.parts.response_slot import Purpose, Wish
from shared.core.conversation.parts.timers import Timer
from shared.core.conversation.reactions.language_switch import goodbye_of, switch_language
from shared.core.conversation.state import State, Talk
from shared.core.conversation.tools import OutcomeReport
from shared.core.order import OnMachine
from shared.core.outcome import Channel, VerdictKind

_MAX_PARTINGS = 3  # who talks over the goodbye more often than this is not heard out again
_STORED_GOODBYES = {
    VerdictKind.CONFIRMED: "goodbye_confirmed",
    VerdictKind.CANCELLED: "goodbye_cancelled",
    VerdictKind.OPTED_OUT: "goodbye_opted_out",
}


def decide(talk: Talk, report: OutcomeReport, channel: Channel, now: float) -> list[Action]:
    """Record a person's decision and take leave, in the language of the decision; a newer one replaces an older."""
    switched = switch_language(talk, report.spoken_language)
    talk.verdict = report.kind
    talk.reason = "decided"
    talk.goes_on = report.kind in talk.lines.acknowledgements
    talk.goodbye = goodbye_of(talk)
    talk.stored_goodbye = _STORED_GOODBYES.get(report.kind, "goodbye")
    return [*switched, RecordVerdict(report, channel), *part(talk, now)]


def part(talk: Talk, now: float) -> list[Action]:
    """Say the goodbye that fits; when it has been heard, the call ends."""
    talk.enter(State.CLOSING)
    talk.partings += 1
    talk.is_parting_cut = False
    talk.last_words = None
    talk.timers.stop(Timer.SILENCE, Timer.TURN, Timer.KEY, Timer.STUCK_SPEECH, Timer.MODEL_READY, Timer.BEEP)
    if talk.speaker.is_ready:
        return talk.ask(Wish(Purpose.GOODBYE, Say(talk.goodbye)), now)
    return part_with_stored_words(talk, now)


def part_with_stored_words(talk: Talk, now: float) -> list[Action]:
    """Say the stored goodbye: the model can't."""
    talk.timers.stop(Timer.FIRST_AUDIO)
    talk.goes_on = False
    talk.speaker.reset()
    talk.last_words, play = talk.play(talk.stored_goodbye, now)
    return [DropModel(), play]


def give_up(talk: Talk, reason: str, now: float) -> list[Action]:
    """Take leave of a person who did not decide (what was decided before stands)."""
    if not talk.is_decided:
        talk.conclusion = talk.conclusion or Conclusion.UNDECIDED
        talk.reason = reason
    return part(talk, now)


def machine_detected(talk: Talk, *, is_after_beep: bool, now: float) -> list[Action]:
    """End a talk with a machine: at once, or with the shop's message after the beep. A person's decision stands."""
    if talk.is_decided or talk.is_final:
        return []
    talk.conclusion, talk.reason, talk.is_final = Conclusion.MACHINE, "machine", True
    hushed = talk.speaker.stop(now)
    if talk.on_machine is OnMachine.LEAVE_MESSAGE and is_after_beep:
        talk.goodbye = talk.lines.voicemail
        return hushed + part(talk, now)
    return hushed + end(talk)


def machine_reported(talk: Talk, report: OutcomeReport, now: float) -> list[Action]:
    """Take the model's word for a machine; for a message, Twilio must still tell when the beep has come."""
    talk.verdict = report.kind
    talk.reason = "machine"
    talk.conclusion = Conclusion.MACHINE
    record: list[Action] = [RecordVerdict(report, Channel.VOICE)]
    if talk.on_machine is OnMachine.LEAVE_MESSAGE:
        talk.enter(State.MACHINE)
        talk.timers.set(Timer.BEEP, now + talk.timing.beep_s)
        return record
    return record + end(talk)


def withdrawn(talk: Talk, now: float) -> list[Action]:
    """Take a neutral leave of the customer whose order the shop took back; a decision made before stands."""
    if talk.is_final or (talk.is_decided and talk.verdict is not VerdictKind.CALLBACK_REQUESTED):
        return []
    talk.verdict = None
    talk.conclusion, talk.reason, talk.is_final = Conclusion.UNDECIDED, "withdrawn", True
    talk.goodbye, talk.stored_goodbye = talk.lines.goodbye_withdrawn, "goodbye"
    hushed = talk.speaker.stop(now)
    parting = part(talk, now)
    if talk.timers.is_set(Timer.FIRST_AUDIO):
        talk.timers.set(Timer.FIRST_AUDIO, now + talk.timing.withdrawn_audio_s)
    return hushed + parting


def interrupted(talk: Talk) -> bool:
    """Tell whether the customer who spoke up during the goodbye is heard out; if so the talk goes on."""
    if talk.is_final or talk.partings >= _MAX_PARTINGS or not talk.speaker.is_ready:
        return False
    talk.enter(State.TALKING)
    talk.is_parting_cut = True
    talk.last_words = None
    return True


def heard(talk: Talk, now: float) -> list[Action]:
    """Look at what has been heard: the disclosure, the last words, a stored prompt that asks for a key."""
    actions: list[Action] = []
    if not talk.is_disclosed and any(talk.playback.has_heard(item) for item in talk.disclosing_items):
        talk.is_disclosed = True
        talk.owes_disclosure = False
        actions.append(RecordDisclosure())
    if not talk.playback.is_drained:
        return actions
    talk.timers.stop(Timer.HEARD)
    if talk.state is State.KEYPAD and not talk.timers.is_set(Timer.KEY):
        talk.timers.set(Timer.KEY, now + talk.timing.key_s)
    if talk.state is State.CLOSING and talk.last_words is not None and talk.speaker.running is None:
        actions += end(talk)
    return actions


def end(talk: Talk, reason: str | None = None) -> list[Action]:
    """Be done with the call."""
    was_without_model = not talk.speaker.is_ready and talk.state is not State.CLOSING
    talk.enter(State.ENDED)
    talk.timers.clear()
    if talk.is_decided:
        return [EndConversation(None, reason or talk.reason, goes_on=talk.goes_on and reason is None)]
    fallback = Conclusion.ERROR if was_without_model else Conclusion.UNDECIDED
    return [EndConversation(talk.conclusion or fallback, reason or talk.reason)]

"""Tool calls outside the talk itself: during the goodbye, and while a machine's beep is waited for."""

import json

from shared.core.confirmation import Conclusion
from shared.core.conversation import events as ev
from shared.core.conversation.actions import (
    AnswerTool,
    ClearPlayback,
    DropModel,
    EndConversation,
    PlayStored,
    RecordVerdict,
    Respond,
    Say,
    SwitchLanguage,
)
from shared.core.conversation.state.conversation_state import State
from shared.core.conversation.tools import OutcomeReport
from shared.core.order import OnMachine
from shared.core.outcome import Channel, VerdictKind
from tests.unit.shared.core.conversation.script_support import Talk, greeted

OK = AnswerTool("call_1", '{"status": "ok"}')
MACHINE = json.dumps({"outcome": "machine"})
ENGLISH = json.dumps({"language": "en", "quote": "Do you speak English?", "is_asked_for": True})


def before_beep() -> Talk:
    """A talk with a machine, whose beep is waited for since second 3."""
    talk = greeted(on_machine=OnMachine.LEAVE_MESSAGE)
    talk.calls(3, "record_outcome", MACHINE)
    return talk


def in_goodbye() -> Talk:
    """A talk in which a key decided, at second 3, while a response of the model ran."""
    talk = greeted()
    talk.at(2.5, ev.ResponseStarted("other"))
    talk.at(3, ev.KeyPressed("1"))
    return talk


def done(name: str, arguments: str) -> ev.ResponseDone:
    return ev.ResponseDone("other", ev.ResponseStatus.COMPLETED, (ev.ToolCall("call_1", name, arguments),))


def test_a_machine_reported_during_the_goodbye_changes_nothing() -> None:
    assert in_goodbye().at(3.1, done("record_outcome", MACHINE)) == [Say("goodbye confirmed"), OK]


def test_a_decision_reported_during_the_goodbye_replaces_the_older_one() -> None:
    actions = in_goodbye().at(3.1, done("record_outcome", json.dumps({"outcome": "cancelled"})))
    assert RecordVerdict(OutcomeReport(kind=VerdictKind.CANCELLED), Channel.VOICE) in actions


def test_invalid_arguments_during_the_goodbye_are_answered_and_the_model_may_try_again() -> None:
    talk = in_goodbye()
    refused = talk.at(3.1, done("record_outcome", "{}"))[1]
    assert isinstance(refused, AnswerTool)
    assert json.loads(refused.output)["status"] == "refused"
    talk.at(3.2, ev.ResponseStarted("bye"))
    again = talk.at(3.3, ev.ResponseDone("bye", ev.ResponseStatus.CANCELLED))
    assert isinstance(again[0], Respond)


def test_a_failed_response_during_the_goodbye_is_replaced_by_the_stored_goodbye() -> None:
    actions = in_goodbye().at(3.1, ev.ResponseDone("other", ev.ResponseStatus.FAILED))
    assert actions == [DropModel(), PlayStored("goodbye_confirmed", "stored:1")]


def test_key_9_during_the_stored_goodbye_silences_it_and_the_call_ends() -> None:
    talk = in_goodbye()
    talk.at(3.1, ev.ModelLost("drop"))
    talk.plays_stored(3.1, "stored:1", ms=2000)
    assert talk.at(4, ev.KeyPressed("9")) == [ClearPlayback()]
    assert talk.is_in(State.CLOSING)
    assert talk.wait()[1] == [EndConversation(None, "decided")]


def test_a_machine_reported_twice_is_recorded_twice_and_its_beep_waited_for_anew() -> None:
    talk = before_beep()
    actions = talk.calls(5, "record_outcome", MACHINE)
    assert actions == [OK, RecordVerdict(OutcomeReport(kind=VerdictKind.MACHINE), Channel.VOICE)]
    assert talk.wait() == (25, [EndConversation(Conclusion.MACHINE, "machine")])


def test_a_machine_is_not_answered_in_another_language() -> None:
    assert before_beep().calls(5, "switch_language", ENGLISH) == [OK, SwitchLanguage("en")]


def test_a_session_that_breaks_before_the_beep_is_not_missed() -> None:
    for lost in (ev.ModelLost("drop"), ev.ResponseDone("other", ev.ResponseStatus.FAILED)):
        talk = before_beep()
        assert talk.at(4, lost) == []
        assert talk.at(5, ev.CalleeIsMachine(is_after_beep=True)) == [DropModel(), PlayStored("goodbye", "stored:1")]

"""A caller who must prove to know the order: by key, by voice, or by a call back; nothing is told or decided before."""

import json
from dataclasses import replace

import pytest

from shared.core.confirmation import Conclusion
from shared.core.conversation import events as ev
from shared.core.conversation.actions import (
    Action,
    AnswerTool,
    CancelResponse,
    DropModel,
    EndConversation,
    PlayStored,
    RecordProof,
    RecordVerdict,
    RecordWrongProof,
    Respond,
    RevealOrder,
    Say,
)
from shared.core.conversation.call_plan import Proving, UnprovenLines
from shared.core.conversation.state.conversation_state import State
from shared.core.conversation.tools import CALL_BACK, CHECK_ORDER_NUMBER, OutcomeReport
from shared.core.outcome import Channel, VerdictKind
from shared.core.proof import proof_of
from tests.unit.shared.core.conversation.script_support import ENGLISH, LINES, Talk

UNPROVEN = UnprovenLines(
    greeting="who calls, and that there is an order", disclosure="who", ask="ask", failed="failed", refused="refused"
)
CALLERS = replace(LINES, proven="the order", until_proven=UNPROVEN)
OTHERS = replace(ENGLISH, until_proven=replace(UNPROVEN, ask="ask in English"))
CALLED_BACK = OutcomeReport(kind=VerdictKind.CALLBACK_REQUESTED)


def called(order_id: str = "SHP-10482", *, may_call_back: bool = True) -> Talk:
    return Talk(lines=CALLERS, proving=Proving(proof=proof_of(order_id), may_call_back=may_call_back))


def greeted(order_id: str = "SHP-10482", *, may_call_back: bool = True) -> Talk:
    """A talk whose greeting has been heard, at second 2."""
    talk = called(order_id, may_call_back=may_call_back)
    talk.at(0, ev.ModelReady())
    assert talk.at(0, ev.CalleeOnLine()) == [Say("who calls, and that there is an order")]
    talk.speaks(0.5)
    talk.hears_all(2)
    return talk


def without_model(order_id: str = "SHP-10482") -> Talk:
    talk = called(order_id)
    talk.at(0, ev.CalleeOnLine())
    talk.at(0.1, ev.ModelLost("refused"))
    assert talk.at(2, ev.ModelLost("refused")) == [DropModel(), PlayStored("prove", "stored:2")]
    talk.plays_stored(2, "stored:2")
    talk.hears_all(3)
    return talk


def press(talk: Talk, keys: str, now: float = 3) -> list[Action]:
    return [action for key in keys for action in talk.at(now, ev.KeyPressed(key))]


def claim(talk: Talk, characters: str, now: float = 3) -> list[Action]:
    return talk.calls(now, CHECK_ORDER_NUMBER, json.dumps({"characters": characters}))


def of_kind(actions: list[Action], *kinds: type[Action]) -> list[Action]:
    return [action for action in actions if isinstance(action, kinds)]


def test_four_right_keys_prove_it_and_then_the_order_is_told_and_keys_decide() -> None:
    talk = greeted()
    assert press(talk, "048") == []
    assert press(talk, "2") == [RecordProof(), RevealOrder(), Say("the order")]
    talk.speaks(3.1)
    talk.hears_all(4)
    assert RecordVerdict(OutcomeReport(kind=VerdictKind.CONFIRMED), Channel.KEYPAD) in press(talk, "1", 5)


def test_what_is_said_proves_it_as_well() -> None:
    talk = greeted()
    told, *others = claim(talk, "0482")
    assert told == AnswerTool("call_1", json.dumps({"status": "ok"}))
    assert others == [RecordProof(), RevealOrder(), Say("the order")]


def test_speech_alone_reveals_nothing() -> None:
    talk = greeted()
    assert talk.at(3, ev.SpeechStarted()) == []
    assert talk.at(3, ev.CalleeIsPerson()) == []


@pytest.mark.parametrize("kind", [kind.value for kind in VerdictKind])
def test_no_decision_of_the_model_counts_before_the_proof(kind: str) -> None:
    talk = greeted()
    told, again = talk.calls(3, "record_outcome", json.dumps({"outcome": kind}))
    assert isinstance(told, AnswerTool)
    assert json.loads(told.output)["status"] == "refused"
    assert isinstance(again, Respond)


def test_a_decision_beside_the_proof_does_not_count_either() -> None:
    talk = greeted()
    talk.at(3, ev.ResponseStarted("r"))
    calls = (
        ev.ToolCall("1", CHECK_ORDER_NUMBER, json.dumps({"characters": "0482"})),
        ev.ToolCall("2", "record_outcome", json.dumps({"outcome": "cancelled"})),
    )
    actions = talk.at(3, ev.ResponseDone("r", ev.ResponseStatus.COMPLETED, calls))
    assert not of_kind(actions, RecordVerdict)
    assert of_kind(actions, Say) == [Say("the order")]


def test_three_wrong_proofs_are_the_last_and_a_right_one_comes_too_late() -> None:
    talk = greeted()
    told, noted, said = claim(talk, "0483")
    assert (told, said) == (AnswerTool("call_1", json.dumps({"status": "wrong"})), Say("failed"))
    assert noted == RecordWrongProof(1)
    talk.speaks(3.2)
    assert of_kind(press(talk, "9999", 3.5), Say, RecordProof) == [Say("failed")]
    talk.speaks(3.7)
    assert of_kind(claim(talk, "1111", 5), Say) == [Say("refused")]
    talk.speaks(5.2)
    assert of_kind(claim(talk, "0482", 7), Say, RecordProof) == [Say("refused")]
    talk.speaks(7.2)
    assert of_kind(press(talk, "0", 9), Say, RecordProof) == [Say("refused")]
    talk.speaks(9.2)
    assert RecordVerdict(CALLED_BACK, Channel.KEYPAD) in press(talk, "*", 11), "a call back is still offered"


def test_the_hash_key_begins_anew() -> None:
    talk = greeted()
    press(talk, "99#")
    assert RecordProof() in press(talk, "0482")


def test_the_star_has_the_customer_called_back_at_the_stored_number() -> None:
    talk = greeted()
    assert press(talk, "*") == [RecordVerdict(CALLED_BACK, Channel.KEYPAD), Say("goodbye callback_requested")]


def test_so_does_the_models_tool() -> None:
    talk = greeted()
    actions = talk.calls(3, CALL_BACK, "{}")
    assert actions[1:] == [RecordVerdict(CALLED_BACK, Channel.VOICE), Say("goodbye callback_requested")]


def test_where_nobody_can_be_called_back_it_is_not_offered() -> None:
    talk = greeted(may_call_back=False)
    assert press(talk, "*") == []
    refused, _ = talk.calls(3, CALL_BACK, "{}")
    assert isinstance(refused, AnswerTool)
    assert "refused" in refused.output
    talk.speaks(3.1)
    press(talk, "11111111")
    assert of_kind(press(talk, "1111", 4), Say) == []
    talk.speaks(4.1)
    assert talk.is_in(State.CLOSING)


def test_an_id_too_short_to_prove_anything_leaves_the_call_back() -> None:
    talk = greeted("A-1")
    assert of_kind(press(talk, "1"), Say) == [Say("refused")]


def test_the_tools_arguments_must_be_words() -> None:
    talk = greeted()
    told, _ = talk.calls(3, CHECK_ORDER_NUMBER, "{}")
    assert isinstance(told, AnswerTool)
    assert "refused" in told.output
    told, *_ = talk.calls(4, CHECK_ORDER_NUMBER, "0482")
    assert isinstance(told, AnswerTool)
    assert "refused" in told.output


def test_a_person_whom_we_phoned_need_not_prove_anything() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.speaks(0.5)
    talk.hears_all(2)
    told, *_ = claim(talk, "0482")
    assert isinstance(told, AnswerTool)
    assert "no such tool" in told.output


def test_keys_over_the_greeting_prove_it_and_the_disclosure_is_said_before_the_order() -> None:
    talk = called()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.speaks(0.5, ms=2000)
    assert of_kind(press(talk, "0482", 1), Say, RecordProof) == [RecordProof(), Say("disclosure the order")]


def test_keys_before_the_session_stands_prove_it_and_the_greeting_tells_the_order() -> None:
    talk = called()
    talk.at(0, ev.CalleeOnLine())
    assert press(talk, "9999", 0.5) == [RecordWrongProof(1)]
    assert press(talk, "0482", 1) == [RecordProof(), RevealOrder()]
    assert talk.at(1.5, ev.ModelReady()) == [Say("greeting")]


def test_keys_while_the_greeting_is_still_to_come_have_it_said_with_the_order() -> None:
    talk = called()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    assert press(talk, "0482", 0.1) == [RecordProof(), RevealOrder()]
    cancelled = talk.at(0.2, ev.ResponseStarted("first"))
    assert cancelled == [CancelResponse("first")]
    assert talk.at(0.3, ev.ResponseDone("first", ev.ResponseStatus.CANCELLED)) == [Say("greeting")]


def test_without_the_model_the_keys_prove_it_and_then_decide() -> None:
    talk = without_model()
    assert press(talk, "0481") == [RecordWrongProof(1), PlayStored("prove", "stored:3")]
    talk.plays_stored(3, "stored:3")
    talk.hears_all(4)
    assert press(talk, "048", 5) == []
    assert talk.machine.deadline == pytest.approx(13), "each key gives time for the next"
    assert press(talk, "2", 5) == [RecordProof(), RevealOrder(), PlayStored("keypad", "stored:4")]
    talk.plays_stored(5, "stored:4")
    talk.hears_all(6)
    assert RecordVerdict(OutcomeReport(kind=VerdictKind.CONFIRMED), Channel.KEYPAD) in press(talk, "1", 7)


def test_without_the_model_the_last_wrong_keys_end_the_call() -> None:
    talk = without_model()
    press(talk, "000000000000")
    assert talk.is_in(State.CLOSING)
    talk.plays_stored(4, "stored:5")
    assert press(talk, "0482", 4.1) == [], "nothing is heard any more"
    assert talk.hears_all(5) == [EndConversation(Conclusion.UNDECIDED, "proof_refused")]


def test_keys_in_the_goodbye_lead_back_to_the_talk() -> None:
    talk = greeted()
    talk.calls(3, "end_call", "{}")
    assert talk.is_in(State.CLOSING)
    press(talk, "0", 3.1)
    assert talk.is_in(State.TALKING)
    assert RecordProof() in press(talk, "482", 3.2)


def test_a_proof_in_the_goodbye_by_voice_comes_too_late() -> None:
    talk = greeted()
    talk.calls(3, CALL_BACK, "{}")
    actions = claim(talk, "0482", 3.5)
    assert not of_kind(actions, RecordProof)


def test_another_language_says_no_more_before_the_proof_and_all_of_it_after() -> None:
    talk = Talk(lines=CALLERS, proving=Proving(proof=proof_of("SHP-10482")), lines_in={"en": OTHERS}.get)
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.speaks(0.5)
    talk.hears_all(2)
    wanted = json.dumps({"language": "en", "quote": "speak English please", "is_asked_for": True})
    talk.calls(3, "switch_language", wanted)
    talk.speaks(3.5)
    assert of_kind(press(talk, "0482", 4), RecordProof) == [RecordProof()]
    talk.speaks(4.5)
    assert Say("Again") in press(talk, "9", 5), "key 9 repeats the order from now on"


def test_no_key_decides_by_a_proof_that_came_with_the_goodbye() -> None:
    talk = greeted()
    talk.calls(3, CALL_BACK, "{}")
    talk.at(3.5, ev.ResponseStarted("goodbye"))
    call = ev.ToolCall("call_2", CHECK_ORDER_NUMBER, json.dumps({"characters": "0482"}))
    done = talk.at(4, ev.ResponseDone("goodbye", ev.ResponseStatus.COMPLETED, (call,)))
    assert of_kind(done + press(talk, "1", 5), RecordProof, RecordVerdict) == []

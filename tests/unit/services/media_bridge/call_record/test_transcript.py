"""The turns of a call."""

from services.media_bridge.call_record.transcript import CallTranscript
from services.media_bridge.openai.events_wire import ItemAdded
from tests.support.orders import NOON, after


def a_talk() -> CallTranscript:
    transcript = CallTranscript(2)
    transcript.add_item(ItemAdded("a1", True, None), NOON)
    transcript.add_item(ItemAdded("c1", False, "a1"), after(5))
    transcript.add_item(ItemAdded("a2", True, "c1"), after(6))
    return transcript


def texts(transcript: CallTranscript) -> list[tuple[str, str]]:
    return [(turn.speaker.value, turn.text) for turn in transcript.turns()]


def test_turns_stand_in_the_order_of_the_conversation_not_of_their_words() -> None:
    transcript = a_talk()
    transcript.write("a2", "Mirë.")
    transcript.write("a1", "Përshëndetje!")
    transcript.write("c1", "Po.")
    assert texts(transcript) == [("agent", "Përshëndetje!"), ("customer", "Po."), ("agent", "Mirë.")]
    assert next((turn.attempt, turn.position, turn.at) for turn in transcript.turns()) == (2, 0, NOON)


def test_a_turn_keeps_its_position_while_words_are_missing() -> None:
    transcript = a_talk()
    transcript.write("a2", "Mirë.")
    assert [turn.position for turn in transcript.turns()] == [2]


def test_an_item_that_comes_late_takes_its_place() -> None:
    transcript = a_talk()
    transcript.add_item(ItemAdded("c0", False, "a1"), after(7))
    for item in ("a1", "c0", "c1", "a2"):
        transcript.write(item, item)
    assert [text for _, text in texts(transcript)] == ["a1", "c0", "c1", "a2"]


def test_an_interrupted_turn_holds_the_words_that_were_heard() -> None:
    transcript = a_talk()
    transcript.cut("a1", 0.5)
    transcript.write("a1", "një dy tre katër")
    (turn,) = transcript.turns()
    assert (turn.text, turn.interrupted) == ("një dy", True)


def test_words_that_openai_has_cut_off_by_itself_are_not_cut_twice() -> None:
    transcript = a_talk()
    transcript.add_words("a1", "një dy tre katër")
    transcript.cut("a1", 0.5)
    transcript.write("a1", "një dy")
    (turn,) = transcript.turns()
    assert turn.text == "një dy"


def test_a_turn_of_which_nothing_was_heard_is_none() -> None:
    transcript = a_talk()
    transcript.write("a1", "një dy")
    transcript.cut("a1", 0.0)
    assert transcript.turns() == []


def test_words_that_came_one_by_one_stand_until_the_whole_is_known() -> None:
    transcript = a_talk()
    transcript.add_words("a1", "Përshën")
    transcript.add_words("a1", "detje")
    transcript.write("a1", "")
    assert texts(transcript) == [("agent", "Përshëndetje")]
    transcript.write("a1", "Përshëndetje!")
    assert texts(transcript) == [("agent", "Përshëndetje!")]


def test_a_stored_prompt_is_a_turn_of_the_agent() -> None:
    transcript = a_talk()
    transcript.add_prompt("stored:1", "Një moment.", after(9))
    assert texts(transcript) == [("agent", "Një moment.")]


def test_items_that_nobody_announced_are_passed_over() -> None:
    transcript = a_talk()
    transcript.write("nobody", "x")
    transcript.add_words("nobody", "x")
    transcript.cut("nobody", 0.1)
    transcript.add_item(ItemAdded("a1", False, None), after(9))
    assert transcript.turns() == []

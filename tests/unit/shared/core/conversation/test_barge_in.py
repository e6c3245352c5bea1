"""Echo and noise: over the greeting and the last words a sound interrupts by its length, and no echo does."""

from shared.core.conversation import events as ev
from shared.core.conversation.actions import (
    CancelResponse,
    ClearPlayback,
    EndConversation,
    RecordDisclosure,
    Respond,
    RevealOrder,
    Say,
)
from shared.core.conversation.state.conversation_state import State
from tests.unit.shared.core.conversation.script_support import Talk, answered, greeted


def greeting(*, ms: float = 6000) -> Talk:
    """A talk whose greeting is being heard since second 0.5."""
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.speaks(0.5, ms=ms)
    return talk


def goodbye() -> Talk:
    """A talk whose goodbye, four seconds long, is being heard since second 3.5."""
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    talk.speaks(3.5, ms=4000)
    return talk


def test_the_server_decides_only_in_the_talk() -> None:
    talk = greeting(ms=1000)
    told = [talk.machine.is_guarded]
    talk.hears_all(1.6)
    told.append(talk.machine.is_guarded)
    talk.at(2, ev.KeyPressed("1"))
    assert [*told, talk.machine.is_guarded] == [True, False, True]


def test_short_sounds_over_the_greeting_cut_nothing() -> None:
    talk = greeting()
    for at in (1.6, 2.6, 3.6, 4.6):
        assert talk.at(at, ev.SpeechStarted()) == []
        assert talk.at(at + 0.7, ev.SpeechStopped()) == []
    assert talk.hears_all(6.6) == [RecordDisclosure()]


def test_an_echo_that_lasts_as_long_as_the_greeting_cuts_nothing() -> None:
    talk = greeting()
    assert talk.at(0.8, ev.SpeechStarted()) == []
    for at in (1.8, 3.0, 5.0):
        assert talk.at(at, ev.DeadlineReached()) == []
    assert talk.hears_all(6.6) == [RecordDisclosure()]
    assert talk.at(7.2, ev.SpeechStopped()) == []
    assert talk.wait()[1][0].__class__ is Respond, "whose words it may have been is asked after a moment"


def test_a_sound_that_outlasts_the_greeting_is_the_customer() -> None:
    talk = greeting()
    talk.at(0.8, ev.SpeechStarted())
    talk.hears_all(6.6)
    now, actions = talk.wait()
    assert (now, actions) == (7.6, [RevealOrder()])
    assert talk.at(8.5, ev.SpeechStopped()) == [Respond()]
    assert not talk.machine.is_guarded


def test_who_speaks_for_long_over_the_greeting_is_heard_out_and_answered() -> None:
    talk = greeting()
    assert talk.speaks_up(2)[0] == ClearPlayback()
    assert talk.machine.is_guarded, "until the customer falls silent, and while the disclosure is owed"
    assert talk.at(4, ev.SpeechStopped()) == [Respond()]


def test_we_cancel_what_the_server_did_not() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.at(0.1, ev.ResponseStarted("r1"))
    talk.at(0.5, ev.AudioBegan("r1", "i1"))
    talk.playback.append("i1", 6000, 0.5)
    assert CancelResponse("r1") in talk.speaks_up(2)


def test_an_answer_at_the_end_of_the_greeting_is_one() -> None:
    talk = greeting(ms=2000)
    assert talk.at(2.3, ev.SpeechStarted()) == []
    talk.hears_all(2.6)
    assert talk.at(3.0, ev.SpeechStopped()) == [RevealOrder(), Respond()]


def test_a_noise_over_the_greeting_cuts_it_twice_at_most() -> None:
    talk = greeting()
    talk.speaks_up(2)
    assert talk.wait() == (5, [Say("greeting")])
    talk.speaks(5.5, ms=6000)
    assert talk.speaks_up(7)[0] == ClearPlayback()
    assert talk.wait() == (10, [Say("greeting")])
    talk.speaks(10.5, ms=6000)
    assert talk.at(12, ev.SpeechStarted()) == []
    assert talk.at(15, ev.DeadlineReached()) == []
    assert talk.hears_all(16.6) == [RecordDisclosure()]


def test_a_beeping_line_does_not_keep_the_agent_from_speaking_for_long() -> None:
    talk = greeted()
    for at in (3, 4, 5):
        talk.speaks(at, ms=3000)
        talk.at(at + 0.3, ev.SpeechStarted())
        talk.at(at + 0.6, ev.SpeechStopped())
    assert talk.machine.is_guarded
    talk.speaks(6, ms=3000)
    for beep in (6.2, 7.2, 8.1):
        assert talk.at(beep, ev.SpeechStarted()) == []
        assert talk.at(beep + 0.7, ev.SpeechStopped()) == []
    talk.hears_all(9.1)
    assert not talk.machine.is_guarded


def test_an_echo_of_the_goodbye_ends_the_call_no_earlier_and_not_much_later() -> None:
    talk = goodbye()
    assert talk.at(3.9, ev.SpeechStarted()) == []
    assert talk.hears_all(7.6) == [], "it may be the customer"
    assert talk.at(8, ev.SpeechStopped()) == [EndConversation(None, "decided")]


def test_who_speaks_on_after_the_goodbye_is_heard_out() -> None:
    talk = goodbye()
    talk.at(7.2, ev.SpeechStarted())
    talk.hears_all(7.6)
    talk.wait()
    assert talk.is_in(State.TALKING)
    assert talk.at(9, ev.SpeechStopped()) == [Respond()]


def test_a_key_ends_the_judging_of_a_sound() -> None:
    talk = greeting()
    talk.at(2, ev.SpeechStarted())
    talk.at(2.5, ev.KeyPressed("1"))
    assert talk.at(3.0, ev.DeadlineReached()) == []
    assert talk.is_in(State.CLOSING)


def test_a_session_that_breaks_ends_the_judging_of_a_sound() -> None:
    talk = goodbye()
    talk.at(5, ev.SpeechStarted())
    talk.at(5.5, ev.ModelLost("closed"))
    assert talk.hears_all(7.6) == [EndConversation(None, "decided")]


def test_in_the_talk_a_sound_interrupts_at_once() -> None:
    talk = answered()
    talk.speaks(3, ms=3000)
    assert talk.at(3.3, ev.SpeechStarted())[0] == ClearPlayback()


def test_an_answer_of_the_servers_own_gives_way_to_the_greeting_that_is_still_to_come() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.at(0.1, ev.ResponseStarted("r1"))
    assert talk.speaks_up(0.2) == [CancelResponse("r1")]
    talk.at(1.3, ev.ResponseDone("r1", ev.ResponseStatus.CANCELLED))
    assert talk.at(1.5, ev.ResponseStarted("own")) == [CancelResponse("own")]
    assert talk.at(1.6, ev.ResponseDone("own", ev.ResponseStatus.CANCELLED)) == [Say("greeting")]


def test_the_end_of_what_was_taken_for_noise_asks_for_nothing_more() -> None:
    talk = greeting()
    talk.speaks_up(2)
    talk.wait()
    assert talk.at(5.2, ev.SpeechStopped()) == []


def test_an_echo_of_a_stored_prompt_before_the_greeting_is_followed_by_the_greeting() -> None:
    talk = Talk()
    talk.at(0, ev.CalleeOnLine())
    talk.at(0.1, ev.ModelLost("drop"))
    talk.plays_stored(0.2, "stored:1")
    talk.at(0.4, ev.ModelReady())
    talk.at(0.5, ev.ResponseStarted("r1"))
    talk.at(0.6, ev.SpeechStarted())
    talk.at(1.0, ev.ResponseDone("r1", ev.ResponseStatus.CANCELLED))
    talk.hears_all(1.3)
    talk.at(1.6, ev.SpeechStopped())
    while Say("greeting") not in (told := talk.wait()[1]):
        assert told is not None

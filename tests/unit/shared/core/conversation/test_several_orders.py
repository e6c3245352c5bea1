"""A customer who phoned us about one of several orders: after the first decision the talk goes on about the next."""

import json
from dataclasses import replace

import pytest

from shared.core.conversation import events as ev
from shared.core.conversation.actions import EndConversation, Say
from shared.core.outcome import VerdictKind
from tests.unit.shared.core.conversation.script_support import LINES, Talk

WITH_MORE = replace(LINES, acknowledgements={VerdictKind.CONFIRMED: "noted"})


def answered() -> Talk:
    talk = Talk(lines=WITH_MORE)
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.speaks(0.5)
    talk.hears_all(1.5)
    talk.at(1.6, ev.SpeechStarted())
    talk.at(1.9, ev.SpeechStopped())
    return talk


def outcome(kind: VerdictKind) -> str:
    return json.dumps({"outcome": kind.value})


def test_a_decision_is_acknowledged_without_taking_leave_and_the_line_is_kept() -> None:
    talk = answered()
    assert talk.calls(2, "record_outcome", outcome(VerdictKind.CONFIRMED))[-1] == Say("noted")
    talk.speaks(3)
    assert talk.hears_all(4)[-1] == EndConversation(None, "decided", goes_on=True)


@pytest.mark.parametrize("kind", [VerdictKind.OPTED_OUT, VerdictKind.WRONG_NUMBER, VerdictKind.CALLBACK_REQUESTED])
def test_who_wants_no_talk_is_not_asked_about_more(kind: VerdictKind) -> None:
    talk = answered()
    assert talk.calls(2, "record_outcome", outcome(kind))[-1] == Say(f"goodbye {kind.value}")
    talk.speaks(3)
    assert talk.hears_all(4)[-1] == EndConversation(None, "decided")


def test_a_newer_decision_decides_also_whether_the_talk_goes_on() -> None:
    talk = answered()
    talk.calls(2, "record_outcome", outcome(VerdictKind.CONFIRMED))
    talk.at(2.2, ev.KeyPressed("3"))
    talk.speaks(3)
    talk.speaks(3.5)
    assert talk.hears_all(6)[-1] == EndConversation(None, "decided")


def test_who_hangs_up_during_the_acknowledgement_is_gone() -> None:
    talk = answered()
    talk.calls(2, "record_outcome", outcome(VerdictKind.CONFIRMED))
    talk.speaks(3)
    assert talk.at(3.2, ev.CallerLegEnded())[-1] == EndConversation(None, "person_hung_up")


def test_without_the_model_the_stored_goodbye_ends_the_call() -> None:
    talk = answered()
    talk.calls(2, "record_outcome", outcome(VerdictKind.CONFIRMED))
    talk.at(2.5, ev.ModelLost("closed"))
    talk.playback.append("stored:1", 1000, 2.5)
    talk.at(2.5, ev.StoredPromptQueued("stored:1"))
    _, actions = talk.wait()
    assert actions == [EndConversation(None, "decided")]


def test_the_longest_call_is_over_for_all_orders() -> None:
    talk = answered()
    talk.at(163, ev.SpeechStarted())
    talk.calls(164, "record_outcome", outcome(VerdictKind.CONFIRMED))
    talk.at(165, ev.DeadlineReached())
    talk.speaks(166)
    talk.speaks(167)
    assert talk.hears_all(170)[-1] == EndConversation(None, "decided")

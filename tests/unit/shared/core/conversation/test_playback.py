"""How much was heard: marks prove it, the clock interpolates, a clear forgets it."""

import pytest

from shared.core.conversation.playback import HeardItem, Playback


def test_between_marks_the_clock_tells_what_was_heard() -> None:
    playback = Playback()
    playback.append("a", 1000, 10.0)
    assert playback.heard_ms(10.3) == pytest.approx(300)


def test_the_clock_never_runs_past_the_next_mark() -> None:
    playback = Playback()
    playback.append("a", 200, 0.0)
    playback.next_mark()
    playback.append("a", 800, 0.0)
    assert playback.heard_ms(5.0) == 200


def test_a_mark_that_comes_back_anchors_the_clock_anew() -> None:
    playback = Playback()
    playback.append("a", 200, 0.0)
    name = playback.next_mark()
    playback.append("a", 800, 0.0)
    playback.echo(name, 0.5)
    assert playback.heard_ms(0.6) == pytest.approx(300)


def test_an_echo_overtaken_by_a_later_one_changes_nothing() -> None:
    playback = Playback()
    playback.append("a", 200, 0.0)
    first = playback.next_mark()
    playback.append("a", 200, 0.0)
    second = playback.next_mark()
    playback.echo(second, 0.4)
    playback.echo(first, 0.9)
    assert playback.is_drained
    assert playback.heard_ms(0.9) == 400


def test_an_unknown_mark_says_nothing() -> None:
    playback = Playback()
    playback.append("a", 200, 0.0)
    playback.echo("strange", 0.1)
    assert not playback.is_drained


def test_a_late_echo_anchors_at_its_own_position() -> None:
    playback = Playback()
    playback.append("a", 100, 0.0)
    early = playback.next_mark()
    playback.append("b", 100, 5.0)
    playback.echo(early, 5.05)
    assert playback.heard_ms(5.1) == pytest.approx(150)


def test_a_mark_from_amid_the_latest_item_is_noted_where_it_ends_nothing() -> None:
    playback = Playback()
    playback.append("a", 200, 0.0)
    amid = playback.next_mark()
    playback.append("a", 200, 0.0)
    end = playback.next_mark()
    assert playback.echo_within(amid, 0.2)
    assert playback.heard_ms(0.3) == pytest.approx(300)
    assert not playback.echo_within(amid, 0.3)
    assert not playback.echo_within(end, 0.4)
    assert not playback.is_drained


def test_a_mark_that_may_end_an_earlier_item_is_left_alone() -> None:
    playback = Playback()
    playback.append("a", 200, 0.0)
    end = playback.next_mark()
    playback.append("b", 200, 0.0)
    assert not playback.echo_within(end, 0.2)
    playback.echo(end, 0.2)
    assert playback.has_heard("a")


def test_after_a_gap_play_out_begins_anew() -> None:
    playback = Playback()
    playback.append("a", 100, 0.0)
    playback.append("b", 1000, 9.0)
    assert playback.heard_ms(9.2) == pytest.approx(300)
    assert [item.item_id for item in playback.unheard_items(9.2)] == ["b"]


def test_clear_forgets_what_was_not_heard_and_its_marks() -> None:
    playback = Playback()
    playback.append("a", 1000, 0.0)
    name = playback.next_mark()
    playback.clear(0.4)
    playback.echo(name, 0.5)
    assert playback.is_drained
    assert not playback.has_heard("a")
    assert playback.heard_ms(3.0) == pytest.approx(400)


def test_a_mark_is_due_after_each_200_ms() -> None:
    playback = Playback()
    assert not playback.append("a", 150, 0.0)
    assert playback.append("a", 50, 0.0)
    playback.next_mark()
    assert not playback.append("a", 150, 0.0)


def test_items_are_told_apart_by_what_was_heard_of_each() -> None:
    playback = Playback()
    playback.append("a", 400, 0.0)
    playback.append("b", 400, 0.0)
    assert playback.unheard_items(0.25) == (HeardItem("a", 250, 400), HeardItem("b", 0, 400))
    assert playback.unheard_items(0.5)[0].item_id == "b"


def test_the_share_of_an_item_that_was_heard() -> None:
    assert (HeardItem("a", 250, 1000).share, HeardItem("a", 0, 0).share) == (0.25, 1.0)


def test_an_item_counts_as_heard_only_when_a_mark_proves_it() -> None:
    playback = Playback()
    playback.append("a", 400, 0.0)
    assert not playback.has_heard("a")
    playback.echo(playback.next_mark(), 0.4)
    assert playback.has_heard("a")
    assert not playback.has_heard("never sent")


def test_without_marks_all_can_be_taken_for_heard() -> None:
    playback = Playback()
    playback.append("a", 400, 0.0)
    assert playback.unheard_ms == 400
    playback.assume_heard(9.0)
    assert playback.is_drained
    assert playback.heard_ms(9.0) == 400


def test_audio_of_a_muted_response_is_refused() -> None:
    playback = Playback()
    playback.mute("r1")
    assert playback.is_muted("r1")
    assert not playback.is_muted("r2")


def test_silence_that_was_not_sent_counts_as_heard_once_the_item_is_heard() -> None:
    playback = Playback()
    playback.skip("a", 200)
    playback.skip("a", 100)
    playback.append("a", 1000, 0)
    assert playback.unheard_items(0.5) == (HeardItem("a", 800, 1300),)

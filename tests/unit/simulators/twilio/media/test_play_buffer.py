"""The play buffer in virtual time: real-time drain, marks at their sample, clears, and the ten minutes."""

from simulators.twilio.media.play_buffer import Dropped, PlayBuffer, Reached

MS = 8


def test_audio_plays_at_eight_bytes_a_millisecond_from_when_it_came() -> None:
    buffer = PlayBuffer()
    buffer.append(b"a" * 320, 1000)

    first = buffer.advance(1000 + 10 * MS)
    second = buffer.advance(1000 + 100 * MS)

    assert (first.start, first.audio) == (1000, b"a" * 80)
    assert (second.start, second.audio) == (1080, b"a" * 240)
    assert buffer.buffered == 0


def test_audio_that_comes_in_time_follows_without_a_gap() -> None:
    buffer = PlayBuffer()
    buffer.append(b"a" * 160, 0)
    buffer.advance(100)
    buffer.append(b"b" * 160, 100)

    assert buffer.advance(1000).audio == b"a" * 60 + b"b" * 160


def test_audio_after_a_gap_plays_from_its_own_arrival() -> None:
    buffer = PlayBuffer()
    buffer.append(b"a" * 160, 0)
    buffer.advance(500)
    buffer.append(b"b" * 160, 500)

    assert buffer.advance(600).start == 500
    assert buffer.empty_at == 660


def test_a_mark_is_reached_when_all_before_it_was_played_and_at_that_sample() -> None:
    buffer = PlayBuffer()
    buffer.append(b"a" * 160, 0)
    buffer.mark("first")
    buffer.append(b"b" * 160, 0)
    buffer.mark("second")

    assert buffer.next_mark == 160
    assert buffer.advance(159).marks == ()
    assert buffer.advance(400).marks == (Reached("first", 160), Reached("second", 320))
    assert buffer.next_mark is None


def test_a_mark_behind_nothing_is_reached_at_once() -> None:
    assert PlayBuffer().mark("now") is False


def test_a_clear_drops_the_rest_and_hands_back_its_marks() -> None:
    buffer = PlayBuffer()
    buffer.append(b"a" * 800, 0)
    buffer.mark("one")
    buffer.mark("two")
    buffer.advance(300)

    assert buffer.clear() == Dropped(500, ("one", "two"))
    assert buffer.advance(5000).audio == b""
    assert buffer.pending_marks == 0


def test_marks_keep_their_place_after_a_clear() -> None:
    buffer = PlayBuffer()
    buffer.append(b"a" * 800, 0)
    buffer.advance(300)
    buffer.clear()
    buffer.append(b"b" * 80, 400)
    buffer.mark("later")

    assert buffer.advance(480).marks == (Reached("later", 480),)


def test_what_is_beyond_the_limit_is_not_taken() -> None:
    buffer = PlayBuffer(limit=100)

    assert buffer.append(b"a" * 80, 0) == 80
    assert buffer.append(b"b" * 80, 0) == 20
    assert buffer.append(b"c" * 80, 0) == 0
    assert buffer.advance(1000).audio == b"a" * 80 + b"b" * 20

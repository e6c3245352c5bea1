"""Whatever is sent, and when: it is heard once, in order, and never faster than real time."""

from hypothesis import given
from hypothesis import strategies as st

from simulators.twilio.media.play_buffer import PlayBuffer


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 500), st.booleans()), max_size=30))
def test_whatever_comes_is_heard_once_in_order_and_never_faster_than_real_time(
    pieces: list[tuple[int, int, bool]],
) -> None:
    buffer, now, sent, heard, marks = PlayBuffer(), 0, b"", b"", 0
    for number, (gap, size, with_mark) in enumerate(pieces):
        played = buffer.advance(now := now + gap)
        heard += played.audio
        marks += len(played.marks)
        assert played.start + len(played.audio) <= now
        audio = bytes([number]) * size
        assert buffer.append(audio, now) == size
        sent += audio
        if with_mark and not buffer.mark(str(number)):
            marks += 1
    last = buffer.advance(now + 1_000_000)

    assert heard + last.audio == sent
    assert marks + len(last.marks) == sum(with_mark for *_, with_mark in pieces)

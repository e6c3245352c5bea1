"""What processes that share a port know of each other."""

from services.media_bridge.siblings import Siblings


def two() -> tuple[Siblings, Siblings]:
    """The same memory as two forked processes have it."""
    first = Siblings(2)
    second = Siblings(2)
    second._memory = first._memory
    first.become(0)
    second.become(1)
    return first, second


def test_the_streams_of_all_are_known_to_each() -> None:
    first, second = two()
    first.note_streams(3)
    second.note_streams(4)
    assert (first.streams, second.streams) == (7, 7)


def test_a_process_that_begins_anew_has_no_streams_and_no_figures() -> None:
    first, second = two()
    second.note_streams(4)
    second.publish(b"figures")
    second.become(1)
    assert first.streams == 0
    assert first.others_figures() == []


def test_each_reads_what_the_other_published_last() -> None:
    first, second = two()
    second.publish(b"much more than later")
    second.publish(b"later")
    assert first.others_figures() == [b"later"]
    assert second.others_figures() == []


def test_figures_that_are_being_written_are_left_out() -> None:
    first, second = two()
    second.publish(b"figures")
    start = second._memory.find(b"figures") - 16
    second._memory[start : start + 8] = (3).to_bytes(8, "little")
    assert first.others_figures() == []
    second.publish(b"again")
    assert first.others_figures() == [b"again"]


def test_figures_without_end_are_left_out() -> None:
    first, second = two()
    second.publish(bytes(1024 * 1024))
    assert first.others_figures() == []

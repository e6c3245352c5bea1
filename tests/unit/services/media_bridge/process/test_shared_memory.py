"""What processes that share a port know of each other."""

import multiprocessing
from multiprocessing.connection import Connection

from services.media_bridge.process.shared_memory import Siblings


def two() -> tuple[Siblings, Siblings]:
    """The same memory as two forked processes have it."""
    first = Siblings(2)
    second = Siblings(2)
    second._memory, second._words = first._memory, first._words
    first.become(0)
    second.become(1)
    return first, second


def test_the_streams_of_all_are_known_to_each() -> None:
    first, second = two()
    first.note_streams(3)
    second.note_streams(4)
    assert (first.streams, second.streams) == (7, 7)


def test_a_process_that_begins_anew_has_no_streams_and_inherits_the_figures() -> None:
    first, second = two()
    second.note_streams(4)
    second.publish(b"figures")
    second.become(1)
    assert first.streams == 0
    assert second.inherited == b"figures"
    assert first.others_figures() == [b"figures"]


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


def test_the_last_place_is_claimed_once() -> None:
    first, second = two()
    assert first.claim(0, most=1)
    assert not second.claim(0, most=1)
    assert (first.streams, second.streams) == (1, 1)


def test_a_place_that_is_given_back_can_be_claimed_by_the_other() -> None:
    first, second = two()
    assert first.claim(0, most=1)
    first.note_streams(0)
    assert second.claim(0, most=1)


def _claim_all(siblings: Siblings, number: int, most: int, answer: Connection) -> None:
    """Claim and claim until all places are gone, and tell how many were had."""
    siblings.become(number)
    answer.send(None)
    answer.recv()
    had, refused = 0, 0
    while refused < 1000:
        if siblings.claim(had, most=most):
            had += 1
        else:
            refused += 1
    answer.send(had)


def test_processes_that_fill_up_at_the_same_moment_never_have_more_than_they_may() -> None:
    most, forked = 20_000, multiprocessing.get_context("fork")
    siblings = Siblings(2)
    ends = [forked.Pipe() for _ in range(2)]
    claimers = [forked.Process(target=_claim_all, args=(siblings, number, most, theirs)) for number, (_, theirs) in enumerate(ends)]
    for claimer in claimers:
        claimer.start()
    for ours, _ in ends:
        ours.recv()
    for ours, _ in ends:
        ours.send(None)
    had = [ours.recv() for ours, _ in ends]
    for claimer in claimers:
        claimer.join()
    assert most - 2 <= sum(had) <= most  # two that claim the last place at once may both be refused

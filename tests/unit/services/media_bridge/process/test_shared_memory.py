"""What processes that share a port know of each other."""

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from services.media_bridge.process.shared_memory import _CURRENT, MOST_METRICS_BYTES, BridgeSharedMemory


def two() -> tuple[BridgeSharedMemory, BridgeSharedMemory]:
    """The same memory as two forked processes have it."""
    first = BridgeSharedMemory(2)
    second = BridgeSharedMemory(2)
    second._memory, second._words, second._lock = first._memory, first._words, first._lock
    first.become(0)
    second.become(1)
    return first, second


def test_the_streams_of_all_are_known_to_each() -> None:
    first, second = two()
    first.note_streams(3)
    second.note_streams(4)
    assert (first.streams, second.streams) == (7, 7)


def test_a_process_that_begins_anew_has_no_streams_and_inherits_the_metrics() -> None:
    first, second = two()
    second.note_streams(4)
    second.publish(b"metrics")
    second.become(1)
    assert first.streams == 0
    assert second.inherited == b"metrics"
    assert first.others_metrics() == [b"metrics"]


def test_each_reads_what_the_other_published_last() -> None:
    first, second = two()
    second.publish(b"much more than later")
    second.publish(b"later")
    assert first.others_metrics() == [b"later"]
    assert second.others_metrics() == []


def test_metrics_without_end_are_left_out() -> None:
    first, second = two()
    second.publish(bytes(MOST_METRICS_BYTES))
    assert [len(metrics) for metrics in first.others_metrics()] == [MOST_METRICS_BYTES]
    second.publish(bytes(MOST_METRICS_BYTES + 1))
    assert first.others_metrics() == []


def test_who_dies_while_it_publishes_leaves_what_it_published_before() -> None:
    first, second = two()
    second.publish(b"metrics")
    second.publish(b"neither half nor whole")
    second._words[second._word(1, _CURRENT)] = 1 - second._words[second._word(1, _CURRENT)]  # it died before this was written
    assert first.others_metrics() == [b"metrics"]
    second.become(1)
    assert second.inherited == b"metrics"


def _hold_lock(memory: BridgeSharedMemory, is_held: Connection) -> None:
    """Take the lock, and be stopped with it."""
    assert memory._lock.acquire()
    is_held.send(None)
    signal.pause()


@contextmanager
def lock_held_by_another(memory: BridgeSharedMemory) -> Iterator[None]:
    """Within, another process holds the lock; at the end it is killed, and has not released it."""
    forked = multiprocessing.get_context("fork")
    ours, theirs = forked.Pipe()
    holder = forked.Process(target=_hold_lock, args=(memory, theirs))
    holder.start()
    ours.recv()
    try:
        yield
    finally:
        holder.kill()
        holder.join()


def test_a_process_that_is_stopped_with_the_lock_holds_up_the_others_for_a_moment_only() -> None:
    first, second = two()
    second.publish(b"earlier")
    assert first.others_metrics() == [b"earlier"]
    with lock_held_by_another(first):
        second.publish(b"later")
        assert first.others_metrics() == [b"earlier"]
        assert not first.claim(0, most=2)
        assert first.streams == 0


def test_a_lock_whose_holder_died_is_free() -> None:
    first, second = two()
    with lock_held_by_another(first):
        pass
    second.publish(b"later")
    assert first.others_metrics() == [b"later"]
    assert first.claim(0, most=2)


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


def _claim_all(memory: BridgeSharedMemory, number: int, most: int, answer: Connection) -> None:
    """Claim and claim until all places are gone, and tell how many were had."""
    memory.become(number)
    answer.send(None)
    answer.recv()
    had, refused = 0, 0
    while refused < 1000:
        if memory.claim(had, most=most):
            had += 1
        else:
            refused += 1
    answer.send(had)


def test_processes_that_fill_up_at_the_same_moment_never_have_more_than_they_may() -> None:
    most, forked = 20_000, multiprocessing.get_context("fork")
    memory = BridgeSharedMemory(2)
    ends = [forked.Pipe() for _ in range(2)]
    claimers = [forked.Process(target=_claim_all, args=(memory, number, most, theirs)) for number, (_, theirs) in enumerate(ends)]
    for claimer in claimers:
        claimer.start()
    for ours, _ in ends:
        ours.recv()
    for ours, _ in ends:
        ours.send(None)
    had = [ours.recv() for ours, _ in ends]
    for claimer in claimers:
        claimer.join()
    assert sum(had) == most

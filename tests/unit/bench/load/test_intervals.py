"""Which intervals of a turn are believed, and what is told of them."""

from bench.load.intervals import FAIR_MS, CounterReading, MeasuredInterval, cpu_use
from bench.report.latency import Delays, quantiles

LATE_NS = int(FAIR_MS * 1e6)


def _measured(stolen_before: int = 0, stolen_after: int = 0) -> MeasuredInterval:
    return MeasuredInterval((100, 200), CounterReading(stolen_before, 0, 0, 0), CounterReading(stolen_after, 1_000, 250, 500))


def _late(*began_and_took: tuple[int, int]) -> Delays:
    late = Delays(is_recording=True)
    for began, took in began_and_took:
        late.note(began, began + took)
    return late


def test_a_stretch_is_fair_where_the_host_took_nothing() -> None:
    assert _measured(7, 7).is_fair(_late((150, 0)))
    assert not _measured(7, 8).is_fair(_late((150, 0)))


def test_a_stretch_is_not_fair_where_the_harness_was_late_in_it() -> None:
    assert not _measured().is_fair(_late((150, LATE_NS)))
    assert _measured().is_fair(_late((99, LATE_NS), (150, 0), (200, LATE_NS)))


def test_only_what_began_within_the_spans_is_told() -> None:
    taken = _late((99, 1), (100, 2), (199, 3), (200, 4), (350, 5))
    assert list(taken.within([(100, 200), (300, 400)])) == [2, 3, 5]
    assert quantiles(taken.within([(500, 600)]))["count"] == 0


def test_who_does_not_record_notes_nothing() -> None:
    idle = Delays()
    idle.note(1, 2, gap=3)
    assert (idle.began_ns, idle.missing) == ([], 0)


def test_the_processor_time_is_that_between_the_readings() -> None:
    found = cpu_use([_measured(), _measured()])
    assert (found.core, found.own_core) == (0.25, 0.5)

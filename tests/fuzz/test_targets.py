"""No input gets more out of a parser than it promises, and none takes more than its length's share of time."""

import gc
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.target import CORPUS, UNITS, Target, grown
from tests.fuzz.targets import TARGETS

SHORT, LONG = 6_000, 60_000
MOST_GROWTH = 30  # ten times the length takes ten times as long if the work is linear, a hundred times if it is quadratic
TOO_SHORT_TO_TELL_S = 0.004

SAMPLES = [
    pytest.param(target, data, id=f"{target.name}-{name}") for target in TARGETS.values() for name, data in target.samples().items()
]
every_target = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)


def mutations(samples: list[bytes]) -> st.SearchStrategy[bytes]:
    """Return samples of which parts were cut out, doubled, replaced, or joined with parts of others."""

    def mutated(one: bytes, other: bytes, cut: tuple[int, int], unit: bytes, times: int) -> bytes:
        start, end = sorted(place % (len(one) + 1) for place in cut)
        kept = one[start:end] if times % 2 else other[start:end]
        return one[:start] + unit * times + kept * (times % 3) + one[end:]

    places = st.integers(0, 5_000)
    units = st.sampled_from((b"", b'"', b"null", b"{}", b"-1", b"\\ud800", b"%ED%A0%80", *UNITS)) | st.binary(max_size=3)
    one = st.sampled_from(samples)
    return st.builds(mutated, one, one, st.tuples(places, places), units, st.integers(0, 3))


def test_every_target_has_a_corpus_and_every_corpus_a_target() -> None:
    assert {path.name for path in CORPUS.iterdir()} == TARGETS.keys()


@pytest.mark.parametrize(("target", "data"), SAMPLES)
def test_a_sample_of_the_corpus_is_read(target: Target, data: bytes) -> None:
    target.run(data)


@every_target
def test_any_bytes_are_read(target: Target) -> None:
    given(st.binary(max_size=300))(target.run)()


@every_target
def test_a_changed_sample_is_read(target: Target) -> None:
    given(mutations(list(target.samples().values())))(target.run)()


@every_target
def test_ten_times_the_length_takes_about_ten_times_as_long(target: Target) -> None:
    gc.disable()
    try:
        slow = [shape for shape in target.shapes() if not any(grows_evenly(target.run, shape) for _ in range(4))]
    finally:
        gc.enable()
        gc.collect()
    assert slow == []


def test_work_that_grows_with_the_square_of_the_length_is_noticed() -> None:
    def squared(data: bytes) -> None:
        sum(range(len(data) ** 2 // 10_000))

    assert not grows_evenly(squared, (b"", b"a", b""))


def grows_evenly(run: Callable[[bytes], None], shape: tuple[bytes, bytes, bytes]) -> bool:
    """Measure once; a measurement that was disturbed is taken again."""
    long_s = spent_s(run, grown(shape, LONG))
    return long_s < TOO_SHORT_TO_TELL_S or long_s < MOST_GROWTH * spent_s(run, grown(shape, SHORT))


def spent_s(run: Callable[[bytes], None], data: bytes) -> float:
    """Return the processor time of a run."""
    began = time.thread_time()
    run(data)
    return time.thread_time() - began

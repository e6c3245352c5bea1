"""The change of rate: no seam, no alias, no drift."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.mic_client.resampler import Resampler

RATES = [(44100, 8000), (48000, 8000), (16000, 8000), (22050, 8000), (8000, 44100), (8000, 48000)]


def tone(hz: float, rate_hz: int, seconds: float = 1.0) -> NDArray[np.float32]:
    return (10000 * np.sin(2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz)).astype(np.float32)


def level(samples: NDArray[np.float32]) -> float:
    """RMS of the middle, where the filter is filled."""
    middle = samples[samples.size // 4 : samples.size * 3 // 4]
    return float(np.sqrt(np.mean(middle**2)))


@pytest.mark.parametrize(("source_hz", "target_hz"), RATES)
def test_a_tone_keeps_its_loudness_and_pitch(source_hz: int, target_hz: int) -> None:
    made = Resampler(source_hz, target_hz).push(tone(1000, source_hz))

    assert level(made) == pytest.approx(level(tone(1000, target_hz)), rel=0.01)
    middle = made[made.size // 4 :][: target_hz // 2]
    assert np.argmax(np.abs(np.fft.rfft(middle))) * target_hz / middle.size == pytest.approx(1000, abs=3)


@pytest.mark.parametrize("hz", [4600, 5000, 9000, 15000])
def test_what_a_telephone_can_not_carry_is_taken_away_and_does_not_come_back_as_another_tone(hz: float) -> None:
    made = Resampler(48000, 8000).push(tone(hz, 48000))

    assert 20 * np.log10(level(made) / level(tone(hz, 48000))) < -55


@pytest.mark.parametrize(("source_hz", "target_hz"), RATES)
def test_the_blocks_do_not_matter(source_hz: int, target_hz: int) -> None:
    sound = tone(700, source_hz, 0.5) + tone(2300, source_hz, 0.5)
    whole = Resampler(source_hz, target_hz).push(sound)
    resampler, cuts = Resampler(source_hz, target_hz), np.random.default_rng(3).integers(0, sound.size, 40)

    pieces = [resampler.push(piece) for piece in np.split(sound, np.sort(cuts))]

    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=0.5)


def test_each_block_of_20_ms_gives_a_frame_once_the_filter_is_filled() -> None:
    resampler = Resampler(44100, 8000)
    block = np.zeros(882, np.float32)

    counts = [resampler.push(block).size for _ in range(100)]

    assert set(counts[1:]) == {160}


def test_the_same_rate_passes_untouched() -> None:
    sound = tone(440, 8000)

    assert Resampler(8000, 8000).push(sound) is sound

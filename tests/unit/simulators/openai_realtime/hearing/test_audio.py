"""Formats are converted without losing what was said."""

import numpy as np
import pytest

from simulators.openai_realtime.hearing.audio import BYTES_PER_MS, AudioFormat, from_telephone, to_telephone
from simulators.speech import voice

TONE = voice.encode((np.sin(np.arange(1600) / 8) * 9000).astype(np.int16))


@pytest.mark.parametrize("audio_format", list(AudioFormat))
def test_there_and_back_it_sounds_the_same(audio_format: AudioFormat) -> None:
    audio = from_telephone(TONE, audio_format)
    assert len(audio) == 200 * BYTES_PER_MS[audio_format]
    back = to_telephone(audio, audio_format)
    before, after = (voice.decode(mulaw).astype(float) for mulaw in (TONE, back))
    assert np.corrcoef(before, after)[0, 1] > 0.99
    assert voice.energy(back) == pytest.approx(voice.energy(TONE), rel=0.05)


def test_half_a_sample_is_dropped() -> None:
    assert len(to_telephone(b"\0" * 485, AudioFormat.PCM)) == 80

"""The pacing of the microphone client over a real socket; `python -m bench.mic_pacing` measures it for a minute."""

import pytest

from bench.mic_pacing import measure

pytestmark = pytest.mark.alone

SECONDS = 10
FRAMES = 500


@pytest.mark.parametrize("rate", [7900, 8100])
async def test_frames_come_every_20_ms_without_drift_though_the_microphone_drifts(rate: int) -> None:
    pacing = await measure(rate, seconds=SECONDS)

    assert abs(pacing.frames - FRAMES) <= 2
    assert abs(pacing.drift_ms) < 20 + pacing.machine_late_ms  # what a busy machine does to any timer is not ours
    assert pacing.p99_ms <= max(5.0, 3 * pacing.machine_late_ms)
    lost_ms = SECONDS * 1000 * abs(8000 - rate) / 8000
    made_up_ms, never_ms = (pacing.padded_ms, pacing.dropped_ms) if rate < 8000 else (pacing.dropped_ms, pacing.padded_ms)
    assert made_up_ms == pytest.approx(lost_ms, abs=100)
    assert never_ms <= 20  # the cushion at the start

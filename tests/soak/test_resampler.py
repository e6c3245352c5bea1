"""A minute of sound comes out as a minute of sound: no drift, whatever the rates."""

import numpy as np
import pytest

from tests.unit.tools.mic_client.test_resampler import RATES
from tools.mic_client.resampler import Resampler


@pytest.mark.parametrize(("source_hz", "target_hz"), RATES)
def test_nothing_is_lost_over_a_minute(source_hz: int, target_hz: int) -> None:
    resampler = Resampler(source_hz, target_hz)
    block = np.zeros(source_hz, np.float32)

    made = sum(resampler.push(block).size for _ in range(60))

    assert abs(made - 60 * target_hz) <= 0.003 * target_hz  # what the filter looks ahead

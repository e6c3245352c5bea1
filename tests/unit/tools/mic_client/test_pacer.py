"""A frame each 20 ms, whatever the microphone does; all on a clock that only the test moves."""

import sys
import threading

import numpy as np
import pytest

from tools.mic_client.pacer import FRAME, FRAME_S, Deadlines, MicBuffer, Pcm

LOUD = 5000


def loud(samples: int) -> Pcm:
    return np.full(samples, LOUD, np.int16)


def feed(rate: int, *, seconds: int, block_s: float = 0.02) -> tuple[MicBuffer, list[Pcm]]:
    """A microphone of that rate for so long; the frames taken from it every 20 ms."""
    buffer, frames, fed, blocks = MicBuffer(), [], 0, 0
    for tick in range(int(seconds / FRAME_S)):
        while (blocks + 1) * block_s <= (tick + 1) * FRAME_S + 1e-9:
            blocks += 1
            due = int(blocks * block_s * rate)
            buffer.push(loud(due - fed))
            fed = due
        frames.append(buffer.frame())
    return buffer, frames


class TestDeadlines:
    def test_they_stand_at_multiples_of_20_ms_however_late_each_one_was(self) -> None:
        deadlines = Deadlines(100.0)
        lateness = np.random.default_rng(1).uniform(0, 0.015, 3000)

        sent = [deadlines.take(deadlines.next_s + late) for late in lateness]

        assert set(sent) == {1}
        assert deadlines.next_s == pytest.approx(100.0 + 3001 * FRAME_S)

    def test_who_wakes_too_early_sends_nothing(self) -> None:
        assert Deadlines(0.0).take(0.019) == 0

    def test_what_a_short_stall_delayed_is_sent_at_once(self) -> None:
        deadlines = Deadlines(0.0)

        assert deadlines.take(0.5) == 25
        assert deadlines.next_s == pytest.approx(0.52)

    def test_after_a_long_sleep_the_line_goes_on_from_now(self) -> None:
        deadlines = Deadlines(0.0)

        assert deadlines.take(30.0) == 1
        assert deadlines.skipped == 1499
        assert deadlines.next_s == pytest.approx(30.02)


class TestMicBuffer:
    def test_an_even_microphone_is_neither_padded_nor_cut(self) -> None:
        buffer, frames = feed(8000, seconds=60)

        assert buffer.dropped == 0
        assert buffer.padded == FRAME  # the cushion at the start
        assert all(frame.size == FRAME for frame in frames)

    def test_a_slow_one_is_padded_now_and_then_by_as_much_as_it_lacks(self) -> None:
        buffer, frames = feed(7900, seconds=60)

        assert len(frames) == 3000
        assert buffer.dropped == 0
        assert buffer.padded == pytest.approx(6000, abs=3 * FRAME)
        gaps = sum(not frame.all() for frame in frames)
        assert gaps < 60  # some frames with silence, not every frame with a click

    def test_a_fast_one_is_cut_by_as_much_as_it_has_too_much(self) -> None:
        buffer, frames = feed(8100, seconds=60)

        assert len(frames) == 3000
        assert buffer.padded == FRAME
        assert buffer.dropped == pytest.approx(6000, abs=6 * FRAME)

    def test_a_quiet_frame_is_dropped_rather_than_speech(self) -> None:
        buffer = MicBuffer()
        buffer.push(np.zeros(FRAME, np.int16))
        buffer.frame()
        for _ in range(6):
            buffer.push(np.zeros(FRAME, np.int16))

        buffer.frame()

        assert buffer.dropped == FRAME

    def test_the_delay_of_a_fast_one_stays_short(self) -> None:
        buffer = MicBuffer()
        for _ in range(3000):
            buffer.push(loud(162))
            buffer.frame()

        left = 0
        while buffer.frame().all():
            left += 1
        assert left <= 7

    def test_blocks_of_100_ms_are_cushioned(self) -> None:
        buffer, frames = feed(8000, seconds=10, block_s=0.1)

        assert buffer.dropped == 0
        assert all(frame.all() for frame in frames[20:])

    def test_a_stall_is_silence_and_afterwards_the_voice_is_back(self) -> None:
        buffer = MicBuffer()
        for _ in range(10):
            buffer.push(loud(FRAME))
            buffer.frame()

        stalled = [buffer.frame() for _ in range(50)]
        back = []
        for _ in range(10):
            buffer.push(loud(FRAME))
            back.append(buffer.frame())

        assert not stalled[-1].any()
        assert back[-1].all()

    def test_what_the_devices_thread_pushes_meanwhile_is_neither_heard_twice_nor_lost(self) -> None:
        buffer, heard, total = MicBuffer(), [], 30_000
        numbers = np.arange(1, total + 1, dtype=np.int16)

        def record() -> None:
            for at in range(0, total, 10):
                buffer.push(numbers[at : at + 10])

        device = threading.Thread(target=record)
        usual_s = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            device.start()
            while device.is_alive():
                heard.append(buffer.frame())
            device.join()
        finally:
            sys.setswitchinterval(usual_s)
        heard += [buffer.frame() for _ in range(total // FRAME + 10)]
        buffer.push(np.full(2 * FRAME, total + 1, dtype=np.int16))  # less than a cushion waits until more comes
        heard += [buffer.frame() for _ in range(2)]

        spoken = np.concatenate(heard)
        spoken = spoken[(spoken > 0) & (spoken <= total)]
        assert (np.diff(spoken) > 0).all()
        assert spoken.size + buffer.dropped == total

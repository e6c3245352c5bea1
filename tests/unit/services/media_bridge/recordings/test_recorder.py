"""A recording holds both sides as they were heard."""

import asyncio
import io
import os
import stat
import wave
from base64 import b64encode
from pathlib import Path

import numpy as np

from services.media_bridge.recordings.recorder import Recording, interleaved
from simulators.speech import voice


def payload(code: int, frames: int = 1) -> bytes:
    return b'"%b"' % b64encode(bytes([code]) * 160 * frames)


async def recorded(path: Path, recording: Recording) -> np.ndarray:
    recording.finish()
    await recording.run()
    return samples_of(path)


def samples_of(path: Path) -> np.ndarray:
    with wave.open(io.BytesIO(path.read_bytes())) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 2, 2)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)


async def test_the_customer_is_left_and_the_agent_right(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "new" / "call.wav")
    recording.agent(payload(0x10, frames=2))
    for code in (0x90, 0x90, 0x90):
        recording.customer(payload(code))
    samples = await recorded(tmp_path / "new" / "call.wav", recording)
    assert samples.shape == (480, 2)
    assert set(samples[:, 0]) == set(voice.decode(b"\x90"))
    assert set(samples[:320, 1]) == set(voice.decode(b"\x10"))
    assert set(samples[320:, 1]) == {0}


async def test_what_was_cleared_is_not_heard(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "call.wav")
    recording.agent(payload(0x10, frames=10))
    recording.customer(payload(0xFF))
    recording.clear()
    recording.customer(payload(0xFF))
    samples = await recorded(tmp_path / "call.wav", recording)
    assert (set(samples[:160, 1]), set(samples[160:, 1])) == (set(voice.decode(b"\x10")), {0})


async def test_sound_reaches_the_disk_while_the_call_goes_on(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "call.wav")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(recording.run())
        for _ in range(60):
            recording.customer(payload(0xFF))
        async with asyncio.timeout(5):
            while not (tmp_path / "call.wav").exists() or (tmp_path / "call.wav").stat().st_size < 8000:
                await asyncio.sleep(0)
        recording.finish()


def test_a_stalled_disk_costs_sound_not_memory(tmp_path: Path) -> None:
    async def fill() -> int:
        recording = Recording(tmp_path / "call.wav")
        for _ in range(50 * 40):
            recording.customer(payload(0xFF))
        return recording.lost_s

    assert asyncio.run(fill()) == 10


async def test_a_stalled_disk_leaves_threads_for_all_else(tmp_path: Path) -> None:
    pipes = [tmp_path / f"{number}.wav" for number in range(50)]  # more than the loop has threads of its own
    for pipe in pipes:
        os.mkfifo(pipe)  # nobody reads it: whoever opens it to write is held, as by a disk that hangs
    recordings = [Recording(pipe) for pipe in pipes]
    written = asyncio.gather(*(recording.run() for recording in recordings), return_exceptions=True)
    await asyncio.sleep(0)
    readers = []
    try:
        async with asyncio.timeout(5):
            assert await asyncio.to_thread(lambda: "done") == "done"
    finally:
        for recording, pipe in zip(recordings, pipes, strict=True):
            readers.append(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))
            recording.finish()
        await written
        for reader in readers:
            os.close(reader)


def test_every_code_becomes_its_linear_sample() -> None:
    codes = bytes(range(256))
    samples = np.frombuffer(interleaved(codes, bytes(reversed(codes))), dtype="<i2").reshape(-1, 2)
    assert np.array_equal(samples[:, 0], voice.decode(codes))
    assert np.array_equal(samples[:, 1], voice.decode(codes)[::-1])


async def test_only_this_user_may_read_a_recording(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    recording = Recording(folder / "call.wav")
    recording.customer(payload(0x90))
    await recorded(folder / "call.wav", recording)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "call.wav")] == [0o700, 0o600]

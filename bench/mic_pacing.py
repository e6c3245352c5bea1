"""Measures how evenly the microphone client sends its frames, with a microphone that lags, is exact, or runs ahead.

python -m bench.mic_pacing [--seconds 60]
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from websockets.asyncio.server import ServerConnection, serve

from simulators.twilio.media.stream_frames import Identity
from tools.mic_client.booking import Invitation
from tools.mic_client.call import LiveCall
from tools.mic_client.pacer import FRAME_S, MicBuffer, Pcm
from tools.mic_client.playback import Playback
from tools.mic_client.sound import Heard

RATES = (7900, 8000, 8100)
IDENTITY = Identity("AC" + "0" * 32, "CA" + "0" * 32, "MZ" + "0" * 32)
_SECOND = 50
"""One second in frames."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """The results for one microphone in milliseconds; `machine_late_ms` is the lateness (p99) of a bare timer in the same time."""

    rate: int
    frames: int
    p50_ms: float
    p99_ms: float
    worst_ms: float
    drift_ms: float
    padded_ms: float
    dropped_ms: float
    machine_late_ms: float

    @property
    def is_good(self) -> bool:
        """Whether it meets the issue's requirement: 20 ms ± 5 ms (p99), drift below 20 ms."""
        return self.p99_ms <= 5.0 and abs(self.drift_ms) < 20.0


class _UnevenMic:
    """A microphone that delivers `rate` samples in a second: before each frame, all samples recorded until then."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._frames = 0
        self._fed = 0
        self.buffer = MicBuffer()

    def start(self, playback: Playback, heard: Heard) -> None:
        pass

    def frame(self, *, may_speak: bool) -> Pcm:  # noqa: ARG002 - it never pauses
        self._frames += 1
        due = int(self._frames * FRAME_S * self._rate)
        self.buffer.push(np.full(due - self._fed, 5000, np.int16))
        self._fed = due
        return self.buffer.frame()

    @property
    def is_spoken(self) -> bool:
        return True

    def report(self) -> str:
        return ""

    def stop(self) -> None:
        pass


@dataclass(slots=True)
class _Arrivals:
    """The media frames of one call, with the times at which its server received them."""

    at_s: list[float] = field(default_factory=list)

    async def serve(self, socket: ServerConnection) -> None:
        async for message in socket:
            if json.loads(message)["event"] == "media":
                self.at_s.append(time.monotonic())


async def measure(rate: int, *, seconds: float) -> Pacing:
    """Stream from a microphone of that rate for this many seconds."""
    arrivals, mic = _Arrivals(), _UnevenMic(rate)
    async with serve(arrivals.serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        invitation = Invitation(f"ws://127.0.0.1:{port}/media-stream", IDENTITY, {}, "")
        call = LiveCall(invitation, sound=mic, playback=Playback(1.0), waits_for_agent=False, press="")
        await call.connect()
        async with asyncio.TaskGroup() as tasks:
            bare = tasks.create_task(_bare_timer(seconds))
            tasks.create_task(call.run())
            late = await bare
            call.hang_up()
    return _pacing(rate, arrivals.at_s, mic.buffer, late)


async def _bare_timer(seconds: float) -> list[float]:
    """Return how many milliseconds late this machine wakes a task that sleeps until a deadline."""
    began, late = time.monotonic(), []
    for tick in range(1, int(seconds / FRAME_S) + 1):
        due = began + tick * FRAME_S
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        late.append((time.monotonic() - due) * 1000)
    return late


def _pacing(rate: int, at_s: list[float], buffer: MicBuffer, late: list[float]) -> Pacing:
    uneven_ms = np.abs(np.diff(at_s) - FRAME_S) * 1000
    off_ms = (np.array(at_s) - np.arange(len(at_s)) * FRAME_S) * 1000
    return Pacing(
        rate=rate,
        frames=len(at_s),
        p50_ms=float(np.percentile(uneven_ms, 50)),
        p99_ms=float(np.percentile(uneven_ms, 99)),
        worst_ms=float(uneven_ms.max()),
        drift_ms=float(np.median(off_ms[-_SECOND:]) - np.median(off_ms[:_SECOND])),  # of a second each: one stall is no drift
        padded_ms=buffer.padded / 8,
        dropped_ms=buffer.dropped / 8,
        machine_late_ms=float(np.percentile(late, 99)),
    )


def main(arguments: Sequence[str]) -> int:
    """Measure the three microphones and print a table; return 1 if one does not meet the requirement."""
    parser = argparse.ArgumentParser(prog="python -m bench.mic_pacing", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args(arguments)
    print("samples/s  frames  off 20 ms: p50   p99  worst   drift  padded  dropped  (a bare timer, p99)")
    found = [asyncio.run(measure(rate, seconds=options.seconds)) for rate in RATES]
    for one in found:
        print(
            f"{one.rate:9}  {one.frames:6}  {one.p50_ms:14.2f} {one.p99_ms:5.2f} {one.worst_ms:6.2f} {one.drift_ms:7.2f} "
            f"{one.padded_ms:7.0f} {one.dropped_ms:8.0f}  {one.machine_late_ms:19.2f}"
        )
    return 0 if all(one.is_good for one in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

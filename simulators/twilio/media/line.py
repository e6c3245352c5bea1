"""The audio of an answered call: a 20 ms clock on absolute deadlines, the customer's speech, and the audio played to them."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from itertools import cycle
from typing import Protocol

from simulators.twilio.ledger import CallLedger, now_ms
from simulators.twilio.media.audible import AudibleIntervals, PlayedAudio
from simulators.twilio.media.echo import Echo
from simulators.twilio.media.play_buffer import SAMPLES_PER_MS, Dropped, PlayBuffer
from simulators.twilio.media.recording import Recording
from simulators.twilio.media.sounds import FRAME, SILENT_FRAME, is_audible, room_noise

FRAME_S = 0.02


class Listener(Protocol):
    """The far end's receiver of the person's voice and keys: a media stream, or a verb that collects keys."""

    def voice(self, frame: bytes) -> None:
        """Receive 20 ms of the person's audio."""

    def key(self, digit: str) -> None:
        """Receive a key that the person pressed."""

    def reached(self, names: list[str]) -> None:
        """Receive the marks whose audio has been played."""


class Line:
    """Both directions of one answered call, until `stop`."""

    def __init__(
        self, ledger: CallLedger, *, recording: Recording | None = None, noise: float = 0.0, echo: Echo | None = None
    ) -> None:
        self._ledger = ledger
        self._recording = recording
        self._echo = echo
        self._began = time.monotonic()
        origin_ms = now_ms()
        self.heard = PlayedAudio(AudibleIntervals(ledger.heard, origin_ms=origin_ms), recording.agent if recording else None)
        self.spoken = AudibleIntervals(ledger.spoken, origin_ms=origin_ms)
        self.listener: Listener | None = None
        self.stopped = False
        self._buffer = PlayBuffer()
        self._words: deque[bytes] = deque()
        self._room = cycle(room_noise(noise) if noise else (SILENT_FRAME,))
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._mark_timer: asyncio.TimerHandle | None = None
        self.worst_lateness_ms = 0.0
        self.lasted_ms = 0.0

    def elapsed_ms(self) -> float:
        """Milliseconds since the answer."""
        return (time.monotonic() - self._began) * 1000

    async def run(self) -> None:
        """Run the line's clock until cancelled: every 20 ms it sends a frame of the customer's audio and plays what is due."""
        ticks = 0
        while not self.stopped:
            ticks += 1
            due = self._began + ticks * FRAME_S
            await asyncio.sleep(max(due - time.monotonic(), 0))
            self.worst_lateness_ms = max(self.worst_lateness_ms, (time.monotonic() - due) * 1000)
            self._tick((ticks - 1) * FRAME)

    # --- the person's side

    def speak(self, audio: bytes) -> None:
        """Queue the person's words, in whole frames of mu-law."""
        self._words.extend(audio[at : at + FRAME] for at in range(0, len(audio), FRAME))

    @property
    def speaking(self) -> bool:
        """Whether some of the person's words have not been sent yet."""
        return bool(self._words)

    def press(self, digit: str) -> None:
        """Press a key."""
        self._ledger.keys.append({"at_ms": self._ledger.note("key", digit=digit), "key": digit})
        if self.listener is not None:
            self.listener.key(digit)

    async def until(self, claim: Callable[[], bool]) -> None:
        """Wait until the condition holds; it is checked every 20 ms."""
        if claim():
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((claim, future))
        await future

    # --- the far end's side

    def play(self, audio: bytes) -> int:
        """Queue audio for the person; return the samples accepted. After the end all audio is accepted and dropped."""
        if self.stopped:
            return len(audio)
        now = self._catch_up()
        taken = self._buffer.append(audio, now)
        self._arm()
        return taken

    def mark(self, name: str) -> bool:
        """Set a mark after the queued audio; return False if nothing is queued. After the end no mark is ever reached."""
        if self.stopped:
            return True
        self._catch_up()
        pending = self._buffer.mark(name)
        self._arm()
        return pending

    def clear(self) -> Dropped:
        """Drop the queued audio."""
        self._catch_up()
        dropped = self._buffer.clear()
        self._arm()
        return dropped

    @property
    def buffered_ms(self) -> float:
        """Milliseconds of audio that are queued and not yet played."""
        self._catch_up()
        return self._buffer.buffered / SAMPLES_PER_MS

    async def drained(self) -> None:
        """Wait until all queued audio has been played."""
        await self.until(lambda: not self._buffer.buffered)

    def stop(self) -> None:
        """End the call: from now on no audio is sent in either direction. A second call does no harm."""
        if self.stopped:
            return
        self._catch_up()
        self.lasted_ms = self.elapsed_ms()
        self.stopped = True
        self._words.clear()
        if self._mark_timer is not None:
            self._mark_timer.cancel()

    # --- the clock

    def _tick(self, start: int) -> None:
        frame = self._words.popleft() if self._words else None
        if frame is not None and is_audible(frame):
            self.spoken.add(start / SAMPLES_PER_MS, FRAME / SAMPLES_PER_MS)
        voice = frame or next(self._room)
        if self._echo is not None:
            voice = self._echo.mixed(voice, start)
        if self._recording is not None:
            self._recording.person.add(start, voice)
        if self.listener is not None:
            self.listener.voice(voice)
        self._catch_up()
        self._arm()
        self._wake()

    def _catch_up(self) -> int:
        now = int((time.monotonic() - self._began) * 1000 * SAMPLES_PER_MS)
        if self.stopped:
            return now
        played = self._buffer.advance(now)
        self.heard.hear(played.start, played.audio)
        if self._echo is not None:
            self._echo.hear(played.start, played.audio)
        if played.marks and self.listener is not None:
            self.listener.reached([mark.name for mark in played.marks])
        return now

    def _arm(self) -> None:
        """Set a timer for the next mark, if that is before the next frame."""
        if self._mark_timer is not None:
            self._mark_timer.cancel()
            self._mark_timer = None
        due = self._buffer.next_mark
        if due is None or self.stopped:
            return
        delay_s = due / SAMPLES_PER_MS / 1000 - (time.monotonic() - self._began)
        if delay_s < FRAME_S:
            self._mark_timer = asyncio.get_running_loop().call_later(max(delay_s, 0), self._mark_due)

    def _mark_due(self) -> None:
        self._mark_timer = None
        self._catch_up()
        self._arm()

    def _wake(self) -> None:
        still = []
        for claim, future in self._waiting:
            if future.done():
                continue
            if claim():
                future.set_result(None)
            else:
                still.append((claim, future))
        self._waiting = still

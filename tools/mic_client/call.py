"""One call from this machine: sends the stream as Twilio would, paced, and echoes marks when their audio was really played."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from simulators.speech import voice
from simulators.twilio.media import stream_frames as frames
from simulators.twilio.media.media_stream import StreamRefusedError, open_socket
from tools.mic_client.booking import Invitation
from tools.mic_client.options import UsageError
from tools.mic_client.pacer import FRAME, FRAME_S, Deadlines
from tools.mic_client.playback import Playback, Pulled
from tools.mic_client.sound import Sound

_AUDIBLE = 200.0
"""The loudness (RMS) above which a frame counts as speech."""
_SPOKEN_S = 0.5
_PAUSE_S = 1.2
_KEY_GAP_S = 0.4
_CLOSE_LIMIT_S = 2.0

MakeFrame = Callable[[int], str]


@dataclass(slots=True)
class Meter:
    """The values that the terminal shows: the loudness of both sides (RMS), and the counts."""

    mic: float = 0.0
    bot: float = 0.0
    frames: int = 0
    marks: int = 0
    clears: int = 0
    keys: str = ""
    lateness_ms: list[float] = field(default_factory=list)
    skipped: int = 0
    closed_by_bot: bool = False


class Tracks:
    """Both sides of the call as mu-law, for the stereo WAV file."""

    def __init__(self) -> None:
        self.mine = bytearray()
        self.bots = bytearray()


class LiveCall:
    """A stream from `connected` to its end. Call `run` only once."""

    def __init__(self, invitation: Invitation, *, sound: Sound, playback: Playback, waits_for_agent: bool, press: str) -> None:
        self._invitation = invitation
        self._sound = sound
        self._playback = playback
        self._may_speak = not waits_for_agent
        self._to_press = press
        self._pressed_s = 0.0
        self._outgoing: asyncio.Queue[MakeFrame | None] = asyncio.Queue()
        self._socket: ClientConnection | None = None
        self._loop = asyncio.get_running_loop()
        self._chunk = 0
        self._agent_s = 0.0
        self._quiet_s = 0.0
        self._has_hung_up = False
        self.meter = Meter()
        self.tracks = Tracks()

    async def connect(self) -> None:
        """Open the stream and the sound.

        Raises:
            UsageError: The stream was refused, or a device can't be opened.
        """
        try:
            self._socket = await open_socket(self._invitation.url, signature=self._invitation.signature)
        except StreamRefusedError as error:
            raise UsageError(f"no stream at {self._invitation.url}: {error}") from error
        try:
            self._sound.start(self._playback, self.heard)
        except UsageError:
            await self._socket.close()
            raise

    async def run(self) -> None:
        """Talk until the bot's side closes the stream or `hang_up` is called. Call `connect` first."""
        socket = self._socket
        if socket is None:
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write(socket))
                pacing = tasks.create_task(self._pace())
                await self._read(socket)
                self.meter.closed_by_bot = not self._has_hung_up
                self.hang_up()
                pacing.cancel()
        finally:
            self._sound.stop()
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_LIMIT_S):
                    await socket.close()

    def press(self, digit: str) -> None:
        """Press a key of the phone."""
        self.meter.keys += digit
        self._send(lambda sequence: frames.dtmf(self._invitation.identity, sequence=sequence, digit=digit))

    def hang_up(self) -> None:
        """End the call from our side."""
        self._has_hung_up = True
        self._outgoing.put_nowait(None)

    def heard(self, pulled: Pulled, delay_s: float) -> None:
        """Receive the samples that go to the loudspeaker now; any thread may call it."""
        self._loop.call_soon_threadsafe(self._take_heard, pulled, delay_s)

    # --- outgoing frames

    def _send(self, make: MakeFrame) -> None:
        self._outgoing.put_nowait(make)

    async def _write(self, socket: ClientConnection) -> None:
        """Send the queued frames with their sequence numbers. None in the queue sends `stop` and closes the connection."""
        identity, sequence = self._invitation.identity, 1
        with suppress(ConnectionClosed):
            await socket.send(frames.CONNECTED)
            await socket.send(frames.start(identity, sequence=sequence, parameters=self._invitation.parameters))
            while (make := await self._outgoing.get()) is not None:
                sequence += 1
                await socket.send(make(sequence))
            await socket.send(frames.stop(identity, sequence=sequence + 1))
            await socket.close()

    async def _pace(self) -> None:
        """Send the microphone's audio: a frame every 20 ms, on absolute deadlines."""
        deadlines = Deadlines(time.monotonic())
        while True:
            await asyncio.sleep(max(0.0, deadlines.next_s - time.monotonic()))
            due_s = deadlines.next_s
            for _ in range(deadlines.take(time.monotonic())):
                self._tick()
            self.meter.lateness_ms.append((time.monotonic() - due_s) * 1000)
            self.meter.skipped = deadlines.skipped

    def _tick(self) -> None:
        pcm = self._sound.frame(may_speak=self._may_speak)
        mulaw = voice.encode(pcm)
        self._chunk += 1
        self._send(
            partial(_media, self._invitation.identity, chunk=self._chunk, audio=mulaw),
        )
        self.tracks.mine += mulaw
        self.meter.mic = loudness(pcm)
        self.meter.frames = self._chunk
        self._follow_the_agent()

    def _follow_the_agent(self) -> None:
        """Hold back a file, and the keys after it, until the bot has spoken and paused."""
        is_quiet = self.meter.bot < _AUDIBLE and not self._playback.waiting_s
        self._agent_s += 0.0 if is_quiet else FRAME_S
        self._quiet_s = self._quiet_s + FRAME_S if is_quiet else 0.0
        if self._agent_s >= _SPOKEN_S and self._quiet_s >= _PAUSE_S:
            self._may_speak = True
        now_s = time.monotonic()
        if self._may_speak and self._to_press and self._sound.is_spoken and now_s - self._pressed_s >= _KEY_GAP_S:
            self._pressed_s = now_s
            digit, self._to_press = self._to_press[0], self._to_press[1:]
            self.press(digit)

    # --- incoming frames

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for message in socket:
                self._take(message)

    def _take(self, message: str | bytes) -> None:
        match frames.parse(message, stream_sid=self._invitation.identity.stream_sid):
            case frames.Media(audio):
                self._playback.play(audio)
            case frames.Mark(name):
                self._echo(*self._playback.mark(name))
            case frames.Clear():
                self.meter.clears += 1
                self._echo(*self._playback.clear())
            case frames.BadFrame():
                pass

    def _take_heard(self, pulled: Pulled, delay_s: float) -> None:
        self.tracks.bots += pulled.mulaw
        self.meter.bot = loudness(pulled.pcm)
        for name, offset_s in pulled.marks:
            self._loop.call_later(delay_s + offset_s, self._echo, name)

    def _echo(self, *names: str) -> None:
        for name in names:
            self.meter.marks += 1
            self._send(partial(_mark, self._invitation.identity, name=name))


def loudness(pcm: np.typing.NDArray[np.int16]) -> float:
    """Return the root mean square, 0 to 32767."""
    return float(np.sqrt(np.mean(pcm.astype(np.float32) ** 2))) if pcm.size else 0.0


def _media(identity: frames.Identity, sequence: int, *, chunk: int, audio: bytes) -> str:
    timestamp_ms = chunk * FRAME * 1000 // voice.RATE_HZ
    return frames.media(identity, sequence=sequence, chunk=chunk, timestamp_ms=timestamp_ms, audio=audio)


def _mark(identity: frames.Identity, sequence: int, *, name: str) -> str:
    return frames.mark(identity, sequence=sequence, name=name)

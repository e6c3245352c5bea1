"""The sources of the caller's voice and the sinks of the bot's that need no sound device: files, or silence."""

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from simulators.speech import voice
from simulators.twilio.media.wav import WavError, to_mulaw
from tools.mic_client.options import UsageError
from tools.mic_client.pacer import FRAME, Pcm
from tools.mic_client.playback import Playback, Pulled
from tools.mic_client.resampler import Resampler

Heard = Callable[[Pulled, float], None]
"""Called with the samples for the loudspeaker and the seconds until they are heard; possibly from another thread."""


class Sound(Protocol):
    """The caller's microphone and loudspeaker. The call asks for a frame every 20 ms."""

    def start(self, playback: Playback, heard: Heard) -> None:
        """Open the devices, and drain `playback` from now on.

        Raises:
            UsageError: A device can't be opened; the message says what to do.
        """
        ...

    def frame(self, *, may_speak: bool) -> Pcm:
        """Return the caller's next 20 ms."""
        ...

    @property
    def is_spoken(self) -> bool:
        """Whether the caller has, as far as this side knows, nothing more to say."""
        ...

    def report(self) -> str:
        """Return how much was padded and dropped, in words; empty if this kind of sound does neither."""
        ...

    def stop(self) -> None:
        """Close everything that is open; a second call does no harm."""
        ...


class FileSound:
    """Speaks a WAV file as soon as it may, then is silent; the call's own clock drains the bot's audio."""

    def __init__(self, samples: Pcm) -> None:
        self._samples = samples
        self._at = 0
        self._drain: Callable[[], None] = lambda: None

    def start(self, playback: Playback, heard: Heard) -> None:
        """Drain `playback` a frame at a time."""
        self._drain = lambda: heard(playback.pull(FRAME), 0.0)

    def frame(self, *, may_speak: bool) -> Pcm:
        """Return the next 20 ms of the file, or silence."""
        self._drain()
        taken = self._samples[self._at : self._at + FRAME] if may_speak else self._samples[:0]
        self._at += taken.size
        return np.pad(taken, (0, FRAME - taken.size))

    @property
    def is_spoken(self) -> bool:
        """Whether the whole file was spoken."""
        return self._at >= self._samples.size

    def report(self) -> str:
        """Return an empty text: a file is never padded or dropped."""
        return ""

    def stop(self) -> None:
        """Do nothing, because nothing is open."""


def read_wav(path: Path) -> Pcm:
    """Return the file's sound at 8 kHz, with its channels mixed.

    Raises:
        UsageError: It is not a WAV file of a kind that this client reads.
    """
    try:
        with wave.open(str(path)) as file:
            if file.getsampwidth() != 2:
                raise UsageError(f"{path} has {8 * file.getsampwidth()} bits a sample: 16-bit PCM or 8 kHz mu-law is read")
            content = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            mono = content.reshape(-1, file.getnchannels()).mean(axis=1)
            return to_pcm(Resampler(file.getframerate(), voice.RATE_HZ).push(mono.astype(np.float32)))
    except (wave.Error, EOFError):  # the standard library accepts only PCM, not mu-law
        try:
            return voice.decode(to_mulaw(path.read_bytes()))
        except WavError as error:
            raise UsageError(f"{path} can't be read ({error}): 16-bit PCM or 8 kHz mu-law in a WAV file is") from error


def to_pcm(samples: np.typing.NDArray[np.float32]) -> Pcm:
    """Convert the samples of a filter to 16-bit ones."""
    pcm: Pcm = np.clip(np.rint(samples), -32768, 32767).astype(np.int16)
    return pcm

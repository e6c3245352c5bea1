"""Real speech for both simulators: espeak-ng as 8 kHz mu-law, and the arithmetic of mu-law."""

import ctypes
import threading
import wave
from functools import lru_cache
from pathlib import Path
from typing import Literal

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
Voice = Literal["agent", "customer"]

RATE_HZ = 8000
FRAME_BYTES = 160
"""20 ms of 8 kHz mu-law."""
SILENCE = b"\xff"
"""One sample of silence in mu-law."""

_ENGINE_RATE_HZ = 22050
_ENGINE_FRAME = 441
"""20 ms at the engine's rate: 441 samples in are 160 out."""
_SYNCHRONOUS_OUTPUT = 2
_DO_NOT_EXIT_ON_ERROR = 0x8000
_UTF8 = 1
_RATE_PARAMETER = 1
_WORDS_PER_MINUTE = {"agent": 190, "customer": 165}
_VARIANTS = {"agent": "", "customer": "+f2"}
_CACHED = 1024
"""The number of cached renderings, of which the oldest are dropped first: about 100 MB at most, at ten seconds each."""
_PEAK = 14000
_AUDIBLE = 90
_BIAS = 0x84
_CLIP = 32635

_SynthCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def speak(text: str, *, language: str = "sq", voice: Voice = "agent") -> bytes:
    """Return the text as 8 kHz mu-law, a multiple of 160 bytes; the same words give the same bytes while they are cached.

    Thread-safe and cached. Another process gets a slightly different rendering, because the engine's pitch varies a
    little. `language` is a BCP 47 tag, of which only the first part is used; the speech is Albanian if espeak-ng does not
    know the language. Text without words gives an empty `bytes`.
    """
    key = (text, language.partition("-")[0].lower(), voice)
    ready = _renderings.get(key)
    if ready is not None:
        return ready
    with _engine_lock:
        if key not in _renderings:
            while len(_renderings) >= _CACHED:
                del _renderings[next(iter(_renderings))]
            _renderings[key] = encode(_to_telephone(_engine().render(text, key[1], voice)))
        return _renderings[key]


def decode(mulaw: bytes) -> Pcm:
    """Return the mu-law bytes as 16-bit samples, one for each byte."""
    return np.take(_decode_table(), np.frombuffer(mulaw, np.uint8))


def encode(pcm: Pcm) -> bytes:
    """Return 16-bit samples as mu-law, one byte for each."""
    return np.take(_encode_table(), pcm.view(np.uint16)).tobytes()


def energy(mulaw: bytes) -> float:
    """Return the loudness (root mean square) of the mu-law bytes, 0 (silence) to 32767."""
    if not mulaw:
        return 0.0
    samples = decode(mulaw).astype(np.float64)
    return float(np.sqrt(np.mean(samples * samples)))


def write_wav(path: Path, left_mulaw: bytes, right_mulaw: bytes) -> None:
    """Write a stereo 16-bit WAV file at 8 kHz; the shorter side is padded with silence."""
    length = max(len(left_mulaw), len(right_mulaw))
    sides = [decode(side.ljust(length, SILENCE)) for side in (left_mulaw, right_mulaw)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.column_stack(sides).astype("<i2").tobytes())


class _Engine:
    """The only espeak-ng of this process; the library itself is not thread-safe."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._library = ctypes.cdll.LoadLibrary(espeakng_loader.get_library_path())
        data_path = espeakng_loader.get_data_path().encode()
        rate_hz = self._library.espeak_Initialize(_SYNCHRONOUS_OUTPUT, 0, data_path, _DO_NOT_EXIT_ON_ERROR)
        if rate_hz != _ENGINE_RATE_HZ:
            message = f"espeak-ng did not start (answered {rate_hz}, data in {data_path!r})"
            raise RuntimeError(message)
        self._callback = _SynthCallback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def render(self, text: str, language: str, voice: Voice) -> Pcm:
        """Return the text at the engine's rate. The caller must hold the lock."""
        self._choose(language, voice)
        self._chunks.clear()
        words = text.encode()
        self._library.espeak_Synth(words, len(words) + 1, 0, 0, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        return np.frombuffer(b"".join(self._chunks), np.int16)

    def _choose(self, language: str, voice: Voice) -> None:
        for name in (language, "sq"):
            if self._library.espeak_SetVoiceByName((name + _VARIANTS[voice]).encode()) == 0:
                break
        self._library.espeak_SetParameter(_RATE_PARAMETER, _WORDS_PER_MINUTE[voice], 0)

    def _take(self, samples: object, count: int, _events: object) -> int:
        if samples and count > 0:
            self._chunks.append(ctypes.string_at(samples, count * 2))  # type: ignore[arg-type]
        return 0


def _to_telephone(pcm: Pcm) -> Pcm:
    """Resample 22,050 Hz to 8,000 Hz in whole 20 ms frames, without the silence at both ends, at a fixed peak level."""
    heard = np.flatnonzero(np.abs(pcm.astype(np.int32)) > _AUDIBLE)
    if heard.size == 0:
        return np.zeros(0, np.int16)
    speech = pcm[heard[0] : heard[-1] + 1].astype(np.float64)
    frames = -(-speech.size // _ENGINE_FRAME)
    spectrum = np.fft.rfft(np.pad(speech, (0, frames * _ENGINE_FRAME - speech.size)))
    resampled = np.fft.irfft(spectrum[: frames * FRAME_BYTES // 2 + 1], frames * FRAME_BYTES)
    telephone: Pcm = (resampled * (_PEAK / np.abs(resampled).max())).astype(np.int16)
    return telephone


@lru_cache(maxsize=1)
def _decode_table() -> Pcm:
    """Return all 256 codes of mu-law. Source: ITU-T G.711."""
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + _BIAS) << ((code & 0x70) >> 4)) - _BIAS
    table: Pcm = np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)
    return table


@lru_cache(maxsize=1)
def _encode_table() -> NDArray[np.uint8]:
    """Return the code of each 16-bit sample, indexed by its bits read as unsigned. Source: ITU-T G.711."""
    sample = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    magnitude = np.minimum(np.abs(sample), _CLIP) + _BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    sign = np.where(sample < 0, 0x80, 0)
    table: NDArray[np.uint8] = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)
    return table


@lru_cache(maxsize=1)
def _engine() -> _Engine:
    return _Engine()


_engine_lock = threading.Lock()
_renderings: dict[tuple[str, str, Voice], bytes] = {}

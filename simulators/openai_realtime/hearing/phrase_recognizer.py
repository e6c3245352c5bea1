"""Phrase recognition: finds the meaning of a segment of speech by comparing its sound with renderings of the known phrases."""

import threading
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulators.speech import voice
from simulators.speech.phrases import PHRASES, Intent, every_phrase

Sound = NDArray[np.float32]

_WINDOW = 256
_HOP = 80
"""10 ms: short enough that the position of a word's beginning within a frame does not matter."""
_BANDS = 20
_LOWEST_HZ, _HIGHEST_HZ = 120, 3800
_DYNAMIC_RANGE_DB = 40.0
_ACTIVE_DB = 60.0
"""A frame contains sound if its bands together are this far above the noise floor."""
_SHORTEST_FRAMES = 25
_LONGEST_FRAMES = 800
_LONG_PHRASE_FRAMES = 80
"""A phrase of at least this length may be part of a longer turn; a shorter one must be the whole turn."""
_EXPECTED = ("sq", "en")
"""Languages of which any call may contain a word."""
_ENOUGH = 0.7
"""Another rendering of the same phrase correlates with 0.77 to 1, another phrase with less than 0.66."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was understood: `phrase` is empty if nothing was; `score` is the best correlation, 0 to 1."""

    intent: Intent
    phrase: str
    language: str
    score: float


@dataclass(frozen=True, slots=True)
class _Template:
    intent: Intent
    phrase: str
    language: str
    sound: Sound


class PhraseRecognizer:
    """Recognizes all phrases of `simulators.speech.phrases`. Thread-safe; creating one takes a large part of a second.

    Languages that not every call is expected to use are loaded when they are first needed, which takes some 0.1 s each.
    """

    def __init__(self) -> None:
        self._books: dict[str, _Book] = {}
        self._learning = threading.Lock()
        for language in _EXPECTED:
            self._book(language)

    def recognize(self, mulaw: bytes, *, language: str = "sq") -> Recognition:
        """Return the meaning of the segment: the last of the phrases found in it, else `UNCLEAR`.

        `language` is the dialogue's own (ISO 639-1). If no phrase of it or of the expected languages fits, the others are tried.
        """
        sound = sound_of(mulaw)[:, :_LONGEST_FRAMES]
        if np.count_nonzero(np.any(sound, axis=0)) < _SHORTEST_FRAMES:
            return Recognition(Intent.UNCLEAR, "", "", 0.0)
        near = [one for one in PHRASES if one == language or one in _EXPECTED]
        heard = self._recognize_in(near, sound)
        if heard.intent is not Intent.UNCLEAR or heard.phrase:
            return heard
        return self._recognize_in([one for one in PHRASES if one not in near], sound)

    def _recognize_in(self, languages: list[str], sound: Sound) -> Recognition:
        found: list[tuple[int, float, _Template]] = []
        best = 0.0
        for language in languages:
            best = max(best, self._book(language).find(sound, found))
        if not found:
            return Recognition(Intent.UNCLEAR, "", "", best)
        _, score, template = max(_without_overlaps(found), key=lambda match: match[0])
        return Recognition(template.intent, template.phrase, template.language, score)

    def _book(self, language: str) -> "_Book":
        with self._learning:
            if language not in self._books:
                self._books[language] = _Book(language)
            return self._books[language]


class _Book:
    """The phrases of one language."""

    def __init__(self, language: str) -> None:
        self._templates = [
            _Template(intent, text, language, sound_of(voice.speak(text, language=language, voice="customer")))
            for intent, text in every_phrase(language)
        ]
        self._longest = max(template.sound.shape[1] for template in self._templates)
        self._spectra: dict[int, NDArray[np.complex64]] = {}

    def find(self, sound: Sound, found: list[tuple[int, float, _Template]]) -> float:
        """Add the places at which a phrase was heard to `found`; return how well the best one fits."""
        best = 0.0
        for template, correlation in zip(self._templates, self._correlate(sound), strict=True):
            at, score = _best_place(sound, template.sound, correlation)
            best = max(best, score)
            if score >= _ENOUGH:
                found.append((at, score, template))
        return best

    def _correlate(self, sound: Sound) -> NDArray[np.float32]:
        """Return the cross-correlation with each template, summed over all bands, computed by FFT."""
        size = 1 << (sound.shape[1] + self._longest).bit_length()
        if size not in self._spectra:
            stacked = [np.fft.rfft(template.sound, size) for template in self._templates]
            self._spectra[size] = np.conj(np.array(stacked, np.complex64))
        summed = (self._spectra[size] * np.fft.rfft(sound, size)).sum(axis=1)
        correlation: NDArray[np.float32] = np.fft.irfft(summed, size).astype(np.float32)
        return correlation


def _best_place(sound: Sound, phrase: Sound, correlation: NDArray[np.float32]) -> tuple[int, float]:
    """Return the frame at which the phrase fits best, and how well it fits there (0 to 1)."""
    length = phrase.shape[1]
    energy = np.concatenate([[0.0], np.cumsum((sound**2).sum(axis=0))])
    lags = np.arange(-length + 1, sound.shape[1])
    last = sound.shape[1]
    within = energy[np.clip(lags + length, 0, last)] - energy[np.clip(lags, 0, last)]
    least = 0.3 if length >= _LONG_PHRASE_FRAMES else 1.0
    scores = correlation[lags] / np.sqrt(np.maximum(within, least))
    best = int(np.argmax(scores))
    return int(lags[best]), float(scores[best])


def _without_overlaps(found: list[tuple[int, float, _Template]]) -> list[tuple[int, float, _Template]]:
    """Return the best matches, none of which covers another one by more than a third of its length."""
    kept: list[tuple[int, float, _Template]] = []
    for match in sorted(found, key=lambda match: -match[1]):
        start, end = match[0], match[0] + match[2].sound.shape[1]
        shared = [min(end, at + other.sound.shape[1]) - max(start, at) for at, _, other in kept]
        if all(overlap * 3 < end - start for overlap in shared):
            kept.append(match)
    return kept


def sound_of(mulaw: bytes) -> Sound:
    """Return log energies (bands x 10 ms frames), without the silence at both ends, with mean zero and norm one.

    It compares bands rather than the waveform because two renderings of one phrase differ in phase and in pitch variation.
    """
    samples = np.pad(voice.decode(mulaw).astype(np.float32), _WINDOW)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP] * _taper()
    # einsum, because the threads of a BLAS product would compete with the sessions for the processors of a small machine
    power = np.einsum("tf,bf->tb", np.abs(np.fft.rfft(frames)) ** 2, _filters())
    levels = 10 * np.log10(power + 1)
    levels = np.clip(levels - (levels.max() - _DYNAMIC_RANGE_DB), 0, None)
    active = np.flatnonzero(levels.sum(axis=1) > _ACTIVE_DB)
    if active.size == 0:
        return np.zeros((_BANDS, 0), np.float32)
    levels[levels.sum(axis=1) <= _ACTIVE_DB] = 0
    levels[active] -= levels[active].mean(axis=0)
    speech = levels[active[0] : active[-1] + 1]
    sound: Sound = (speech / (np.linalg.norm(speech) or 1.0)).T.astype(np.float32)
    return sound


@lru_cache(maxsize=1)
def _taper() -> Sound:
    return np.hanning(_WINDOW).astype(np.float32)


@lru_cache(maxsize=1)
def _filters() -> Sound:
    """Return triangular filters, evenly spaced on the mel scale."""
    lowest, highest = (2595 * np.log10(1 + hz / 700) for hz in (_LOWEST_HZ, _HIGHEST_HZ))
    edges = 700 * (10 ** (np.linspace(lowest, highest, _BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(_WINDOW, 1 / voice.RATE_HZ)
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    filters: Sound = np.clip(np.minimum(rising, falling), 0, None).astype(np.float32)
    return filters

"""The simulator recognizes each known phrase by its sound, also on a noisy line, and takes no other sound for a phrase."""

import numpy as np
import pytest

from simulators.openai_realtime.hearing.phrase_recognizer import PhraseRecognizer
from simulators.speech import voice
from simulators.speech.phrases import PHRASES, Intent, every_phrase

ALL = [(language, intent, text) for language in PHRASES for intent, text in every_phrase(language)]


@pytest.fixture(scope="module")
def recognizer() -> PhraseRecognizer:
    return PhraseRecognizer()


def _on_a_line(speech: bytes, *, noise: float, late: int) -> bytes:
    """Return the speech as a telephone delivers it; it does not begin at the beginning of a frame."""
    chance = np.random.default_rng(7)
    samples = np.concatenate([np.zeros(late), voice.decode(speech), np.zeros(4000)])
    return voice.encode((samples + chance.normal(0, noise, samples.size)).clip(-32000, 32000).astype(np.int16))


@pytest.mark.parametrize("noise", [0.1, 50.0])
@pytest.mark.parametrize("own", ["sq", None], ids=["in an Albanian call", "in its own call"])
def test_every_phrase_is_understood_with_its_language(recognizer: PhraseRecognizer, noise: float, own: str | None) -> None:
    misheard = {}
    for language, intent, text in ALL:
        spoken = _on_a_line(voice.speak(text + " ", language=language, voice="customer"), noise=noise, late=2437)
        heard = recognizer.recognize(spoken, language=own or language)
        if (heard.intent, heard.language) != (intent, language):
            misheard[text] = heard.phrase
    assert misheard == {}


def test_of_two_phrases_in_one_turn_the_later_counts(recognizer: PhraseRecognizer) -> None:
    first, second = "Alo, po, urdhëroni?", "Jo, dua ta anuloj porosinë."
    both = voice.speak(first, voice="customer") + voice.SILENCE * 3000 + voice.speak(second, voice="customer")
    assert recognizer.recognize(both).intent is Intent.CANCEL


@pytest.mark.parametrize(
    "words", ["Hë?", "Nuk e di.", "Porosia ime ka ardhur dje.", "Mami, ku është qumështi?", "Kush e mori çelësin?"]
)
def test_other_words_are_unclear(recognizer: PhraseRecognizer, words: str) -> None:
    assert recognizer.recognize(voice.speak(words, voice="customer")).intent is Intent.UNCLEAR


def test_a_cough_noise_a_tone_and_silence_are_unclear(recognizer: PhraseRecognizer) -> None:
    chance = np.random.default_rng(1)
    sounds = [
        chance.normal(0, 4000, 2400) * np.hanning(2400),
        chance.normal(0, 4000, 4000) * np.exp(-np.arange(4000) / 900),
        chance.normal(0, 3000, 12000),
        8000 * np.sin(np.arange(8000) * 0.3),
        np.zeros(8000),
    ]
    heard = [recognizer.recognize(voice.encode(sound.clip(-32000, 32000).astype(np.int16))) for sound in sounds]
    assert {one.intent for one in heard} == {Intent.UNCLEAR}
    assert recognizer.recognize(b"").intent is Intent.UNCLEAR

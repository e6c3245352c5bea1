"""What is spoken in the place of a microphone."""

import pytest

from tools.mic_client.session import words_of


@pytest.mark.parametrize(
    ("say", "language", "words"),
    [
        ("confirm", "sq", ("Po, e konfirmoj porosinë.", "sq")),
        ("confirm", "en-GB", ("Yes, I confirm the order.", "en")),
        ("language en", "sq", ("Do you speak English?", "en")),
        ("confirm fr", "sq", ("confirm fr", "sq")),
        ("Po, po.", "sq", ("Po, po.", "sq")),
    ],
)
def test_an_intent_is_a_phrase_and_everything_else_is_spoken_as_it_is(say: str, language: str, words: tuple[str, str]) -> None:
    assert words_of(say, language) == words

"""The echo of a loudspeaker phone on the person's own track."""

import random

import pytest

from simulators.profile import Profile
from simulators.speech import voice
from simulators.twilio.media.echo import Echo, echo_of
from simulators.twilio.media.sounds import SILENT_FRAME

WORDS = voice.speak("Përshëndetje, ju flet asistenti", voice="agent")
FRAMES = [WORDS[at : at + 160] for at in range(0, len(WORDS), 160)]


def returned(echo: Echo, *, own: bytes = SILENT_FRAME, start: int = 0) -> bytes:
    """Play the words at sample `start`, frame by frame; return the person's track."""
    track = b""
    for place in range(len(FRAMES) + 20):
        at = place * 160
        heard = place - start // 160
        if 0 <= heard < len(FRAMES):
            echo.hear(at, FRAMES[heard])
        track += echo.mixed(own, at)
    return track


def test_what_is_heard_comes_back_later_and_softer() -> None:
    track = returned(Echo(level=0.2, delay_ms=100))

    assert track[:800] == voice.SILENCE * 800
    assert voice.energy(track[800 : 800 + len(WORDS)]) == pytest.approx(0.2 * voice.energy(WORDS), rel=0.1)


def test_a_gap_before_the_words_is_silent() -> None:
    track = returned(Echo(level=0.5, delay_ms=100), start=1600)

    assert voice.energy(track[:2400]) == 0
    assert voice.energy(track[2400:]) > 0


def test_the_person_s_own_voice_stays_on_top_of_it() -> None:
    own = voice.encode(voice.decode(SILENT_FRAME) + 4000)

    assert voice.energy(returned(Echo(level=0.1, delay_ms=100), own=own)) >= voice.energy(own) * 0.98


def test_after_a_long_silence_nothing_old_comes_back() -> None:
    echo = Echo(level=1.0, delay_ms=100)
    echo.hear(0, WORDS)
    echo.hear(10_000_000, SILENT_FRAME)

    assert echo.mixed(SILENT_FRAME, 10_000_000 + 900) == SILENT_FRAME


def test_a_script_s_level_counts_in_every_profile() -> None:
    for profile in Profile:
        assert echo_of(0.3, profile=profile, draw=random.Random(1)) is not None
        assert echo_of(0.0, profile=profile, draw=random.Random(1)) is None


def test_only_the_realistic_profile_has_phones_with_echo_and_only_some() -> None:
    shares = {
        profile: sum(echo_of(None, profile=profile, draw=random.Random(seed)) is not None for seed in range(1000)) / 1000
        for profile in Profile
    }

    assert shares[Profile.IDEAL] == 0
    assert 0.1 < shares[Profile.REALISTIC] < 0.2

"""What the terminal shows."""

from io import StringIO

import pytest
from rich.console import Console

from tools.mic_client.call import Meter
from tools.mic_client.screen import Screen, bar, decibels, status_line


@pytest.mark.parametrize(("rms", "filled"), [(0, 0), (100, 0), (2000, 7), (32768, 14)])
def test_the_bar_grows_with_the_loudness(rms: float, filled: int) -> None:
    assert bar(decibels(rms)).count("█") == filled


def test_it_says_who_speaks() -> None:
    assert "the bot speaks" in status_line(Meter(bot=3000), seconds=61).plain
    assert "you speak" in status_line(Meter(mic=3000), seconds=61).plain
    assert status_line(Meter(), seconds=61).plain.startswith(" 01:01")


def test_each_turn_is_printed_once_and_again_when_more_of_it_is_known() -> None:
    out = StringIO()
    screen = Screen(Console(file=out, width=80), shows_meter=False)
    turn = {"attempt": 1, "speaker": "agent", "text": "Përshëndetje!", "at": "T1", "interrupted": False}

    screen.show_turns([turn])
    answer = {"attempt": 1, "speaker": "customer", "text": "Po.", "at": "T2", "interrupted": False}
    screen.show_turns([turn, answer])
    screen.show_turns([{**turn, "text": "Përshëndetje! Ju", "interrupted": True}, answer])

    assert out.getvalue().splitlines() == [
        "  bot Përshëndetje!",
        "  you Po.",
        "  bot … Përshëndetje! Ju  (interrupted)",
    ]

"""The terminal: a level meter that stays on the last line, with the transcript and the events above it."""

import math
import time
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from tools.mic_client.booking import Json
from tools.mic_client.call import Meter

_BARS = 14
_FLOOR_DB = -50.0
_LOUDEST = 32768.0
_SPEAKS_DB = -42.0


class Screen:
    """Draws one call. Without `shows_meter` it only prints lines."""

    def __init__(self, console: Console, *, shows_meter: bool) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True) if shows_meter else None
        self._stack = ExitStack()
        self._began_s = time.monotonic()
        self._shown: dict[tuple[str, str], str] = {}

    def __enter__(self) -> Self:
        if self._live is not None:
            self._stack.enter_context(self._live)
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def line(self, text: str, *, style: str = "") -> None:
        """Print one line."""
        self._console.print(Text(text, style=style), soft_wrap=True)

    def draw(self, meter: Meter) -> None:
        """Redraw the meter."""
        if self._live is not None:
            self._live.update(status_line(meter, seconds=time.monotonic() - self._began_s), refresh=True)

    def show_turns(self, turns: Sequence[Json]) -> None:
        """Print the turns of the transcript that are new or have become longer."""
        for turn in turns:
            key, text = (turn["speaker"], turn["at"]), str(turn["text"])
            if self._shown.get(key) == text:
                continue
            is_new = key not in self._shown
            self._shown[key] = text
            who, style = ("bot", "cyan") if turn["speaker"] == "agent" else ("you", "green")
            cut = "  (interrupted)" if turn["interrupted"] else ""
            self.line(f"  {who} {'' if is_new else '… '}{text}{cut}", style=style)


def status_line(meter: Meter, *, seconds: float) -> Text:
    """Return the meter's line: both levels, the present speaker, the keys pressed."""
    mic_db, bot_db = decibels(meter.mic), decibels(meter.bot)
    if bot_db > _SPEAKS_DB:
        who = "the bot speaks"
    elif mic_db > _SPEAKS_DB:
        who = "you speak"
    else:
        who = ""
    line = Text()
    line.append(f" {seconds // 60:02.0f}:{seconds % 60:02.0f}  you ")
    line.append(bar(mic_db), "green")
    line.append("  bot ")
    line.append(bar(bot_db), "cyan")
    line.append(f"  {who:<14}")
    line.append(f"  keys 1 2 3 9, q hangs up  {meter.keys}", "dim")
    return line


def decibels(rms: float) -> float:
    """Return the loudness relative to full scale, in dB."""
    return 20 * math.log10(max(rms, 1.0) / _LOUDEST)


def bar(level_db: float) -> str:
    """Return a bar of fixed width."""
    filled = round(max(0.0, min(1.0, 1 - level_db / _FLOOR_DB)) * _BARS)
    return "█" * filled + "·" * (_BARS - filled)

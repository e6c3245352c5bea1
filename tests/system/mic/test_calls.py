"""`python -m tools.mic_client` in file mode against the processes of `make run-local`."""

import os
import pty
import select
import stat
import subprocess
import sys
import termios
import wave
from pathlib import Path

import numpy as np
import pytest

from simulators.speech import voice
from simulators.speech.phrases import Intent, phrases
from tests.support.likeness import likeness
from tests.support.simulators.run_local import RunLocal

pytestmark = [pytest.mark.system, pytest.mark.timeout(150)]


def mic(system: RunLocal, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program, to its end."""
    command = (sys.executable, "-m", "tools.mic_client", *arguments)
    environ = dict(system.environ) | {"COLUMNS": "200"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)


def spoken(path: Path, intent: Intent) -> Path:
    voice.write_wav(path, voice.speak(phrases(intent)[0], voice="customer"), b"")
    return path


def test_a_voice_confirms_and_the_call_is_on_disk(run_local: RunLocal, tmp_path: Path) -> None:
    file, recorded = spoken(tmp_path / "yes.wav", Intent.CONFIRM), tmp_path / "call.wav"

    done = mic(run_local, "--input", str(file), "--output", str(recorded))

    assert done.returncode == 0, done.stderr
    assert "outcome: confirmed (by voice)" in done.stdout
    assert "the bot hung up" in done.stdout
    assert "  bot Përshëndetje" in done.stdout
    assert "  you Po, e konfirmoj porosinë." in done.stdout
    with wave.open(str(recorded)) as call:
        assert (call.getnchannels(), call.getframerate()) == (2, 8000)
        both = np.frombuffer(call.readframes(call.getnframes()), "<i2").reshape(-1, 2)
    assert np.abs(both[:, 0]).max() > 3000
    greeting = next(line for line in done.stdout.splitlines() if line.startswith("  bot "))
    first_words = voice.speak(" ".join(greeting.removeprefix("  bot ").split()[:12]))
    heard = voice.encode(both[:, 1].astype(np.int16))
    assert likeness(heard, first_words) > 0.7  # what arrived at this end of the line is what the bot said


def test_a_key_confirms(run_local: RunLocal, tmp_path: Path) -> None:
    done = mic(run_local, "--press", "1", "--output", str(tmp_path / "call.wav"))

    assert "outcome: confirmed (by keypad)" in done.stdout, done.stdout + done.stderr


def test_keys_of_the_keyboard_are_the_phones_and_the_terminal_is_as_before(run_local: RunLocal, tmp_path: Path) -> None:
    voice.write_wav(tmp_path / "silence.wav", voice.SILENCE * 8000, b"")
    command = (sys.executable, "-m", "tools.mic_client", "--input", str(tmp_path / "silence.wav"))
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    environ = dict(run_local.environ) | {"TERM": "xterm", "COLUMNS": "150"}
    process = subprocess.Popen(command, env=environ, stdin=theirs, stdout=theirs, stderr=theirs)

    shown = until(ours, "the bot speaks")
    os.write(ours, b"1")
    shown += until(ours, "outcome:")
    process.wait(20)

    assert "█" in shown
    assert "outcome: confirmed (by keypad)" in shown
    assert termios.tcgetattr(theirs) == before


def until(terminal: int, words: str) -> str:
    """What the terminal shows, up to these words and what comes with them."""
    shown = ""
    while words not in shown:
        ready, _, _ = select.select([terminal], [], [], 60)
        assert ready, f"{words!r} did not come: {shown[-500:]}"
        shown += os.read(terminal, 65536).decode(errors="replace")
    return shown


def test_who_hangs_up_undecided_is_phoned_by_nobody(run_local: RunLocal, tmp_path: Path) -> None:
    done = mic(run_local, "--press", "4", "--limit", "3", "--output", str(tmp_path / "call.wav"))

    assert done.returncode == 0, done.stderr
    (newest, *_) = run_local.confirmations()
    assert (newest["status"], newest["outcome"]) == ("finished", "withdrawn")


def test_its_settings_are_left_for_this_user_only(run_local: RunLocal) -> None:
    assert stat.S_IMODE(run_local.left.stat().st_mode) == 0o600


def test_without_a_device_the_way_without_one_is_told(run_local: RunLocal) -> None:
    done = mic(run_local, "--mic", "no-such-device")

    assert done.returncode == 2
    assert "--input" in done.stdout
    assert "softphone" in done.stdout

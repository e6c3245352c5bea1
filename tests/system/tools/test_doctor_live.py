"""`make doctor LIVE=1` between both simulators: each figure, what to do about each fault, and nothing secret in what it prints."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared import languages
from tests.support.sealing import SEALING_KEY
from tests.support.simulators.openai import KEY, SimulatorProcess, running_simulator
from tests.support.simulators.twilio import ACCOUNT, ARTA, SHOP, TOKEN, FarEnd, TwilioSimulator, far_end, running_twilio
from tools.stack import PROJECT

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

LIMIT_S = 120
ANSWERS = {"answer": {"ring_s": 1, "steps": ["stay"], "amd": {"verdict": "none"}}}
PROMPTS = ("disclosure", "goodbye")


@dataclass(frozen=True, slots=True)
class Told:
    """What the doctor printed, and its exit code."""

    text: str
    code: int

    def fix_of(self, check: str) -> str:
        """Return the first fault that this check found, and what to do about it."""
        found = re.search(rf"FIX  {check}: (.+\n.+)", self.text)
        assert found is not None, self.text
        return found[1]


@dataclass(frozen=True, slots=True)
class Surgery:
    """The doctor, and the vendors between whom it works."""

    openai: SimulatorProcess
    twilio: TwilioSimulator
    end: FarEnd
    folder: Path

    def examine(self, *checks: str, typed: str = "", **settings: str) -> Told:
        environ = {
            "ENV_FILE": "",
            "PUBLIC_URL": self.end.origin,
            "API_KEYS": "shopaz:0123456789abcdef",
            "SIGNING_SECRET": "s" * 32,
            "ENCRYPTION_KEYS": SEALING_KEY,
            "OPENAI_API_KEY": KEY,
            "OPENAI_REALTIME_URL": self.openai.url,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_URL": self.twilio.origin,
            "TWILIO_FROM_NUMBERS": SHOP,
            **settings,
        }
        command = [sys.executable, "-m", "tools.doctor", "--live", "--folder", str(self.folder), *checks]
        done = subprocess.run(
            command, cwd=PROJECT, env=environ, input=typed, capture_output=True, text=True, check=False, timeout=LIMIT_S
        )
        told = done.stdout + done.stderr
        assert not any(
            secret in told for secret in (environ["OPENAI_API_KEY"], environ["TWILIO_AUTH_TOKEN"], ARTA[1:], SHOP[1:])
        ), told
        return Told(told, done.returncode)

    def calls(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = self.twilio.admin("GET", "/calls")["calls"]
        return found


@pytest.fixture(scope="module")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surgery]:
    recordings = tmp_path_factory.mktemp("recordings")
    with running_simulator() as openai, running_twilio(recordings, "--from-numbers", SHOP) as twilio, far_end() as end:
        for key in PROMPTS:
            wave = languages.audio_path("sq", key).read_bytes()
            end.answers[f"/prompts/sq/{key}.wav"] = (200, "audio/wav", wave)
        yield Surgery(openai, twilio, end, tmp_path_factory.mktemp("doctor"))


@pytest.fixture
def surgery(vendors: Surgery) -> Surgery:
    vendors.openai.reset()
    vendors.twilio.reset()
    vendors.twilio.script(ARTA, ANSWERS)
    return vendors


def test_all_is_well(surgery: Surgery) -> None:
    surgery.openai.behave(response_latency_ms=300, burst=5.0)
    told = surgery.examine("live_session", "live_call", typed=f"{ARTA}\nyes\n")
    for claim in (
        r"live_session: a session is there after \d+ ms",
        r"live_session: the formats are audio/pcm in, audio/pcm out at first and audio/pcmu in, audio/pcmu out after an update",
        r"live_session: an update that names no formats keeps them",
        r"live_session: gpt-transcribe takes the transcription, with no language",
        r"live_session: gpt-transcribe refuses the language sq if it is named",
        r"live_session: the first audio came after \d+ ms",
        r"live_session: [\d.]+ s of audio came in pieces of \d+ to \d+ ms, [\d.]+ times faster",
        r"live_session: the sentence can be cut after \d+ ms",
        r"live_call: the call was played to its end: answered after \d+ s, it lasted \d+ s",
    ):
        assert re.search("  ok   " + claim, told.text), told.text
    assert told.code == 0
    wave = surgery.folder / "doctor" / "sentence-sq.wav"
    assert f"Albanian: listen to {wave}" in told.text
    assert wave.stat().st_mode & 0o077 == 0
    assert len(languages.wav.unpack(wave.read_bytes())) > 2 * languages.wav.RATE_HZ
    assert [call["to"] for call in surgery.calls()] == [ARTA]


@pytest.mark.parametrize("typed", ["", f"{ARTA}\nno\n", "12\n\n"])
def test_nobody_is_phoned_without_a_number_and_a_yes(surgery: Surgery, typed: str) -> None:
    told = surgery.examine("live_call", typed=typed)
    assert "ok   live_call: nobody was phoned" in told.text
    assert (told.code, surgery.calls()) == (0, [])


@pytest.mark.parametrize(
    ("faults", "fix"),
    [
        ({"refuse_handshake": 403}, r"there is no session \(status_403\)\n.*set OPENAI_REALTIME_MODEL"),
        ({"refuse_handshake": 503}, r"there is no session \(status_503\)\n.*status.openai.com"),
        ({"error_at_start": True}, r"the session was refused \(invalid_api_key\)\n.*correct OPENAI_API_KEY"),
        ({"grant_format": "audio/pcm"}, r"audio/pcm out after an update\n.*set OPENAI_REALTIME_MODEL"),
        ({"withhold_session_updated": True}, r"the session does not answer\n"),
        ({"refuse_transcription": True}, r"gpt-transcribe refuses the transcription, .*\n.*set OPENAI_TRANSCRIPTION_MODEL"),
        ({"response_latency_ms": 3400}, r"the first audio came after 3\d\d\d ms\n.*a faster OPENAI_REALTIME_MODEL"),
        ({"failed_responses": [1]}, r"the session was refused \(insufficient_quota\)\n.*add credit"),
    ],
)
def test_a_fault_of_the_session_is_told_with_what_to_do(surgery: Surgery, faults: dict[str, object], fix: str) -> None:
    surgery.openai.behave(**faults)
    told = surgery.examine("live_session")
    assert re.search(fix, told.fix_of("live_session")), told.text
    assert told.code == 1


def test_a_wrong_key_is_told_and_not_printed(surgery: Surgery) -> None:
    told = surgery.examine("live_session", OPENAI_API_KEY="sk-wrong-0123456789")
    assert "correct OPENAI_API_KEY" in told.fix_of("live_session")


@pytest.mark.parametrize(
    ("attempt", "fix"),
    [
        ("busy", r"the call ended as busy\n.*is the phone on"),
        (
            {"answer": {"ring_s": 1, "steps": [{"wait_agent_speaking": 500}, "hang_up"]}},
            r"the call was not played to its end: .*\n.*",
        ),
    ],
)
def test_a_call_that_goes_wrong_is_told_with_what_to_do(surgery: Surgery, attempt: object, fix: str) -> None:
    surgery.twilio.script(ARTA, attempt)
    told = surgery.examine("live_call", typed=f"{ARTA}\nyes\n")
    assert re.match(fix, told.fix_of("live_call")), told.text
    assert told.code == 1


def test_a_number_that_the_account_may_not_call_is_told_with_twilios_reason(surgery: Surgery) -> None:
    told = surgery.examine("live_call", typed=f"{ARTA}\nyes\n", TWILIO_FROM_NUMBERS="+15005550001")
    assert re.match(r"Twilio refuses the call: .*\n.*twilio.com/docs/api/errors/\d+", told.fix_of("live_call")), told.text

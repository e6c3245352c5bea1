"""The demo's environment: the settings of its services, and the two simulators as parts of the stack."""

import base64
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from simulators.profile import DEFAULT, Profile
from tools.stack import Part

SHOP = "shopaz"
API_KEY = "demo-key-of-shopaz"
_ACCOUNT_SID = "AC" + "0" * 31 + "1"
_SIMULATED_KEY = "sk-simulated"


def settings(*, port: int, twilio_port: int, openai_port: int) -> dict[str, str]:
    """Return the environment of the demo's services: waits are shorter, everything else is as in production."""
    return {
        "ENV_FILE": "",
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "API_KEYS": f"{SHOP}:{API_KEY}",
        "SIGNING_SECRET": secrets.token_hex(32),
        "ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii"),
        "TWILIO_ACCOUNT_SID": _ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": "simulated-token",
        "TWILIO_API_URL": f"http://127.0.0.1:{twilio_port}",
        "TWILIO_FROM_NUMBERS": "+38344000001,+38344000002",
        "OPENAI_API_KEY": _SIMULATED_KEY,
        "OPENAI_REALTIME_URL": f"ws://127.0.0.1:{openai_port}/v1/realtime",
        "CALL_WINDOW": "00:00-24:00",
        "CALL_DAYS": "mon-sun",
        "CALL_HOLIDAYS": "on",
        "CALLS_PER_SECOND": "2",
        "MAX_CONCURRENT_CALLS": "12",
        "MAX_ATTEMPTS": "2",
        "MAX_CALLS_PER_NUMBER": "off",  # a developer's own number is called as often as they post an order
        "RING_TIMEOUT_S": "6",
        "RETRY_DELAYS": "busy:3,no_answer:3,machine:3,failed:3,undecided:3,error:3",
        "HANGUP_GRACE_S": "5",
    }


def simulators(
    env: Mapping[str, str], *, twilio_port: int, openai_port: int, folder: Path, profile: Profile = DEFAULT, seed: int = 1
) -> tuple[Part, Part]:
    """Return the two programs that simulate Twilio and OpenAI, as their profile says."""
    behaviour = ("--profile", profile, "--seed", str(seed))
    twilio = (
        *(sys.executable, "-m", "simulators.twilio", "--port", str(twilio_port)),
        *("--account-sid", env["TWILIO_ACCOUNT_SID"], "--auth-token", env["TWILIO_AUTH_TOKEN"]),
        *("--recordings", str(folder / "recordings"), "--calls-per-second", "5"),
        *("--voice-url", f"{env['PUBLIC_URL']}/incoming-call"),
        *behaviour,
    )
    openai = (
        *(sys.executable, "-m", "simulators.openai_realtime", "--port", str(openai_port)),
        *("--api-key", _SIMULATED_KEY),
        *behaviour,
    )
    return (
        Part("twilio_simulator", twilio, f"http://127.0.0.1:{twilio_port}/simulator/health"),
        Part("openai_simulator", openai, f"http://127.0.0.1:{openai_port}/simulator/sessions"),
    )

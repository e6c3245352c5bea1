"""`make doctor`: checks settings, Redis, PUBLIC_URL, Twilio, OpenAI, the clock and the disk, and says what to fix.

    make doctor                             everything that costs nothing
    make doctor LIVE=1                      also one session with OpenAI and, if you give a number, one call: a few cents
    .venv/bin/python -m tools.doctor redis  only this

Without REDIS_URL, it looks at the embedded Valkey that `make run` started in this folder.
The exit code is 0 if nothing must be fixed, 1 if something must be, 2 if the settings are wrong.
"""

import argparse
import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from services.dialer_worker.settings import Settings as DialerSettings
from services.media_bridge.settings import BridgeSettings
from shared.core.errors import InvalidValueError, StoreUnavailableError
from shared.core.phone import ANY_COUNTRY, normalise
from shared.settings.calling_rules import dial_policy_from
from shared.settings.environ import EXIT_CODE, parse_settings, read_environ
from shared.store import connect
from tools.embedded_valkey import EmbeddedValkey
from tools.finding import Finding
from tools.generators.all_settings import setting_faults
from tools.live_checks.model_session import check_session
from tools.live_checks.phone_call import check_call
from tools.redis_users import USER_OF_SERVICE
from tools.run import FOLDER as RUN_FOLDER
from tools.twilio_account import account_findings, refusal_fix

_PLAIN = argparse.RawDescriptionHelpFormatter
_TIMEOUT_S = 10.0
_MAX_SKEW_S = 2.0
_MIN_FREE_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Patient:
    """The system that the checks examine. Files go to `folder`; `phone` is the number to be phoned, None: nobody is."""

    environ: Mapping[str, str]
    dialer: DialerSettings
    bridge: BridgeSettings
    folder: Path
    phone: str | None = field(default=None, repr=False)


async def _redis(patient: Patient) -> list[Finding]:
    store = connect(patient.dialer.redis_url.get_secret_value(), dial_policy_from(patient.dialer))
    try:
        await store.ping()
        warnings = await store.warnings()
        skew_s = abs((datetime.now(UTC) - await store.now()).total_seconds())
    except StoreUnavailableError:
        return [Finding("Redis does not answer", "start it, or correct REDIS_URL; `make run` brings one if REDIS_URL is empty")]
    finally:
        await store.close()
    found = [Finding("Redis is set up so that it can lose or refuse data", warning) for warning in warnings]
    if skew_s > _MAX_SKEW_S:
        found.append(Finding(f"Redis's clock and ours differ by {skew_s:.0f} s", "synchronise both with NTP"))
    return found or [Finding("Redis answers, and keeps what it acknowledges")]


async def _public_url(patient: Patient) -> list[Finding]:
    url = patient.dialer.public_url
    found = []
    if not url.startswith("https://"):
        found.append(Finding("PUBLIC_URL is not https", "Twilio's media streams take only wss: use a tunnel or a certificate"))
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S) as client:
            answer = await client.get(f"{url}/healthz")
    except httpx.HTTPError as error:
        return [*found, Finding(f"PUBLIC_URL can't be reached ({type(error).__name__})", "start the tunnel, check name and port")]
    if answer.status_code != httpx.codes.OK:
        return [*found, Finding(f"PUBLIC_URL answers {answer.status_code}", "is `make run` up, and does the tunnel lead to PORT?")]
    return [*found, Finding("PUBLIC_URL leads to this system")]


async def _twilio(patient: Patient) -> list[Finding]:
    settings = patient.dialer
    account = f"{settings.twilio_origin}/2010-04-01/Accounts/{settings.twilio_account_sid}"
    auth = (settings.twilio_account_sid, settings.twilio_auth_tokens[0])
    found = []
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, auth=auth) as client:
            answer = await client.get(f"{account}/Calls.json", params={"PageSize": 1})
            described = await client.get(f"{account}.json")
    except httpx.HTTPError as error:
        return [
            Finding(
                f"Twilio can't be reached ({type(error).__name__})",
                "check the network, TWILIO_REGION, TWILIO_EDGE and TWILIO_API_URL",
            )
        ]
    if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return [Finding("Twilio refuses the account", refusal_fix(settings.twilio_region))]
    if answer.status_code != httpx.codes.OK:
        return [Finding(f"Twilio answers {answer.status_code}", "look at the account's state in the console")]
    found += _clock_of(answer)
    if described.status_code == httpx.codes.OK:
        found += account_findings(described.json(), settings.twilio_from_numbers)
    return [*found, Finding("Twilio takes the account's token")]


async def _openai(patient: Patient) -> list[Finding]:
    settings = patient.bridge
    url = settings.openai_realtime_url.replace("ws", "http", 1).rsplit("/realtime", 1)[0] + "/models"
    headers = {"Authorization": f"Bearer {settings.openai_api_key.get_secret_value()}"}
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, headers=headers) as client:
            answer = await client.get(url)
    except httpx.HTTPError as error:
        return [Finding(f"OpenAI can't be reached ({type(error).__name__})", "check the network, and OPENAI_REALTIME_URL")]
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return [Finding("OpenAI refuses the key", "correct OPENAI_API_KEY (platform.openai.com, API keys)")]
    if answer.status_code == httpx.codes.OK and settings.openai_realtime_model not in answer.text:
        return [Finding("the key's project has no such model", "set OPENAI_REALTIME_MODEL to one that it has")]
    return [Finding("OpenAI answers")]


async def _disk(patient: Patient) -> list[Finding]:
    folder = patient.bridge.record_calls or Path()
    free = shutil.disk_usage(folder if folder.exists() else Path()).free
    if free < _MIN_FREE_BYTES:
        return [Finding(f"only {free >> 20} MB of disk are free", "make room: Redis stops when its disk is full")]
    return [Finding(f"{free >> 30} GB of disk are free")]


async def _live_session(patient: Patient) -> list[Finding]:
    found: list[Finding] = []
    try:
        await check_session(patient.bridge, patient.folder, found.append)
    except OSError as error:
        found.append(Finding(f"the sentence can't be written ({type(error).__name__})", f"make {patient.folder} writable"))
    return found


async def _live_call(patient: Patient) -> list[Finding]:
    if patient.phone is None:
        return [Finding("nobody was phoned")]
    return [await check_call(patient.dialer, patient.phone)]


def _clock_of(answer: httpx.Response) -> list[Finding]:
    """Compare our clock with the one in the answer's Date header."""
    try:
        theirs = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return []
    skew_s = abs((datetime.now(UTC) - theirs).total_seconds())
    if skew_s <= _MAX_SKEW_S + 1:  # the header has whole seconds
        return [Finding("our clock agrees with Twilio's")]
    return [Finding(f"our clock and Twilio's differ by {skew_s:.0f} s", "synchronise this machine with NTP")]


CHECKS: Mapping[str, Callable[[Patient], Awaitable[list[Finding]]]] = {
    "redis": _redis,
    "public_url": _public_url,
    "twilio": _twilio,
    "openai": _openai,
    "disk": _disk,
}

LIVE_CHECKS: Mapping[str, Callable[[Patient], Awaitable[list[Finding]]]] = {
    **CHECKS,
    "live_session": _live_session,
    "live_call": _live_call,
}


def with_embedded_valkey(environ: Mapping[str, str], valkey: EmbeddedValkey) -> dict[str, str]:
    """Return the variables with the REDIS_URL that `make run` gave the dialer, if nobody has set one and `make run` is up."""
    url = {"REDIS_URL": valkey.socket_url(USER_OF_SERVICE["dialer_worker"])} if valkey.exists() else {}
    return {**environ, **url} if not (environ.get("REDIS_URL") or environ.get("REDIS_URL_FILE")) else dict(environ)


async def examine(patient: Patient, names: tuple[str, ...]) -> int:
    """Run the checks and print their results; return how many problems must be fixed."""
    faults = 0
    for name in names:
        for finding in await LIVE_CHECKS[name](patient):
            if finding.fix is None:
                print(f"  ok   {name}: {finding.text}")
            else:
                faults += 1
                print(f"  FIX  {name}: {finding.text}\n       -> {finding.fix}")
    return faults


def asked_number() -> str | None:
    """Ask whom to phone, and once more before anybody is phoned; None: nobody. The number is neither printed nor kept."""
    try:
        while text := input("The number to phone, with its country code (Enter: none): ").strip():
            try:
                number = normalise(text, {ANY_COUNTRY})
            except InvalidValueError as error:
                print(f"  {error}")
                continue
            answer = input("That phone rings now, and the call is billed. Type yes: ").strip().lower()
            return number if answer == "yes" else None
    except EOFError:
        print()
    return None


def main(arguments: list[str]) -> int:
    """Check the settings first, then the systems that they point to."""
    parser = argparse.ArgumentParser(prog="python -m tools.doctor", description=__doc__, formatter_class=_PLAIN)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=f"only these of: {', '.join(LIVE_CHECKS)}")
    parser.add_argument("--live", action="store_true", help="also use the vendors' services as a call does: it costs a few cents")
    parser.add_argument("--folder", type=Path, default=RUN_FOLDER, help="the folder of `make run` (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    known = LIVE_CHECKS if chosen.live else CHECKS
    if unknown := [name for name in chosen.checks if name not in known]:
        parser.error(f"there is no check {unknown[0]}{'' if chosen.live else ' without --live'}; there are: {', '.join(known)}")
    checks = tuple(chosen.checks or known)
    environ = with_embedded_valkey(read_environ(), EmbeddedValkey(chosen.folder.resolve() / "data"))
    faults = setting_faults(environ)
    for fault in faults:
        print(f"  FIX  settings: {fault}")
    if faults:
        return EXIT_CODE
    print("  ok   settings: every variable is there and can be read")
    patient = Patient(
        environ,
        parse_settings(DialerSettings, environ),
        parse_settings(BridgeSettings, environ),
        folder=chosen.folder.resolve() / "doctor",
        phone=asked_number() if "live_call" in checks else None,
    )
    return 1 if asyncio.run(examine(patient, checks)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

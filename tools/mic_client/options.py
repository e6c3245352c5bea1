"""The options of a call: from the command line, the environment and the settings of the running system."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from shared.settings.environ import SecretFileError, read_environ, secret_text
from shared.settings.parsers import rotated

LOCAL_ENV = Path("var/demo/local.env")
"""The file that `make run-local` keeps while it runs: its address, its shop's key and its (made up) Twilio token."""
_GAINS = (1.0, 3.0)


class UsageError(Exception):
    """The user must fix something first; the message says what and how."""


@dataclass(frozen=True, slots=True)
class System:
    """The running system: its origin, a shop's key, and the Twilio account whose token signs our requests."""

    origin: str
    api_key: str
    account_sid: str
    auth_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of one call. If `system` is None, it connects directly to `ws_url`, with `token` if that server needs one."""

    system: System | None
    ws_url: str | None
    token: str
    call_sid: str | None
    phone: str | None
    company: str
    language: str | None
    mic: str
    speaker: str
    gain: float
    input: Path | None
    say: str | None
    output: Path | None
    press: str
    waits_for_agent: bool
    limit_s: float
    shows_meter: bool


def parse(arguments: Sequence[str], environ: Mapping[str, str]) -> argparse.Namespace:
    """Read the command line; the environment provides what is not given there."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.mic_client",
        description="Talk to the bot by microphone or WAV file, without a phone. Keys 1, 2, 3, 9 work as on a phone; q hangs up.",
        epilog="Start `make run-local` (no account) or `make run` (.env) first. More: docs/try-it.md",
    )
    parser.add_argument(
        "--ws-url",
        default=environ.get("WS_URL"),
        metavar="URL",
        help="the address to stream to, instead of the one in the TwiML (WS_URL)",
    )
    parser.add_argument("--direct", action="store_true", help="post no order, ask for no TwiML: connect to WS_URL at once")
    parser.add_argument("--token", default="", help="with --direct: the stream's token")
    parser.add_argument("--call-sid", help="with --direct: the call that the token is for")
    parser.add_argument("--phone", help="the caller's number (E.164); default: a made-up one")
    parser.add_argument("--company", default="Shopaz", help="the company that the order is from")
    parser.add_argument("--language", help="the order's language: sq, en, mk, sr, it, de, el, tr")
    parser.add_argument(
        "--mic", default=environ.get("MIC_DEVICE", "default"), help="default, hw:0,0, an index or a part of the name (MIC_DEVICE)"
    )
    parser.add_argument(
        "--speaker", default=environ.get("SPEAKER_DEVICE", "default"), help="the same for the loudspeaker (SPEAKER_DEVICE)"
    )
    parser.add_argument(
        "--gain", default=environ.get("PLAYBACK_GAIN", "1.0"), help="1.0 to 3.0: how much louder the bot is (PLAYBACK_GAIN)"
    )
    parser.add_argument("--list-devices", action="store_true", help="show the sound devices and end")
    parser.add_argument("--input", type=Path, metavar="FILE.wav", help="speak this file instead of the microphone")
    parser.add_argument(
        "--say",
        metavar="WORDS",
        help="speak these words instead, or the simulator's phrase for confirm, cancel, hello, 'language en', …",
    )
    parser.add_argument("--output", type=Path, metavar="CALL.wav", help="write the call: left the caller, right the bot")
    parser.add_argument("--press", default="", metavar="KEYS", help="press these keys once the bot has spoken and paused")
    parser.add_argument("--at-once", action="store_true", help="speak the file at once, without waiting for the bot to finish")
    parser.add_argument("--limit", type=float, default=180.0, metavar="SECONDS", help="hang up after this time")
    parser.add_argument("--no-meter", action="store_true", help="print lines only, without the level meter")
    return parser.parse_args(arguments)


def options_of(chosen: argparse.Namespace, environ: Mapping[str, str]) -> Options:
    """Check the options.

    Raises:
        UsageError: They contradict each other, or something is missing.
    """
    if chosen.direct and not chosen.ws_url:
        raise UsageError("--direct needs an address: --ws-url ws://localhost:5050/media-stream (or WS_URL)")
    if chosen.input is not None and not chosen.input.is_file():
        raise UsageError(f"there is no file {chosen.input}")
    if chosen.input is not None and chosen.say is not None:
        raise UsageError("--input and --say: one of the two")
    if set(chosen.press) - set("0123456789*#"):
        raise UsageError("--press takes the keys of a phone: 0 to 9, * and #")
    return Options(
        system=None if chosen.direct else system_of(environ),
        ws_url=chosen.ws_url,
        token=chosen.token,
        call_sid=chosen.call_sid,
        phone=chosen.phone,
        company=chosen.company,
        language=chosen.language,
        mic=chosen.mic,
        speaker=chosen.speaker,
        gain=_gain(chosen.gain),
        input=chosen.input,
        say=chosen.say,
        output=chosen.output,
        press=chosen.press,
        waits_for_agent=not chosen.at_once,
        limit_s=chosen.limit,
        shows_meter=not chosen.no_meter,
    )


def environ_with_local(local: Path = LOCAL_ENV) -> dict[str, str]:
    """Return the environment; what it lacks comes from the file that `make run-local` keeps while it runs, then from `.env`."""
    if not local.is_file():
        return read_environ()
    left = {name: value for name, value in dotenv_values(local, interpolate=False).items() if value is not None}
    own = {name: value for name, value in read_environ().items() if name.removesuffix("_FILE") not in left}
    return own | left | dict(os.environ)


def system_of(environ: Mapping[str, str]) -> System:
    """Return the running system that these settings describe.

    Raises:
        UsageError: A setting is missing.
    """
    needed = ("PUBLIC_URL", "API_KEYS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
    try:
        values = {name: secret_text(name, environ) for name in needed}
    except SecretFileError as error:
        raise UsageError(f"a secret {error}") from error
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise UsageError(
            f"{', '.join(missing)} not set: start `make run-local` in another terminal (no account needed), or fill in .env. "
            "To stream to an address without an order: --direct --ws-url URL"
        )
    _, _, key = values["API_KEYS"].split(",")[0].partition(":")
    return System(
        origin=values["PUBLIC_URL"].rstrip("/"),
        api_key=key.strip(),
        account_sid=values["TWILIO_ACCOUNT_SID"],
        auth_token=rotated(values["TWILIO_AUTH_TOKEN"])[0],
    )


def _gain(text: str) -> float:
    least, most = _GAINS
    try:
        gain = float(text)
    except ValueError:
        gain = 0.0
    if not least <= gain <= most:
        raise UsageError(f"PLAYBACK_GAIN is a number from {least} to {most}, for example 1.5")
    return gain

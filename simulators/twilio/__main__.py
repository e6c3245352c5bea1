"""The Twilio simulator as a program of its own: `python -m simulators.twilio`."""

import argparse
import os
import socket
import sys
from pathlib import Path

import uvicorn

from simulators.profile import DEFAULT, Profile
from simulators.twilio.options import Options
from simulators.twilio.server import build_app

_STOP_S = 3


def main(arguments: list[str] | None = None) -> None:
    """Serve until stopped; the first line printed is the address."""
    wanted = _parser().parse_args(arguments)
    config = uvicorn.Config(
        build_app(_options(wanted)),
        host=wanted.host,
        port=wanted.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_STOP_S,
        timeout_keep_alive=60,
        ws="none",
    )
    server = _Server(config)
    server.run()
    sys.exit(0 if server.started else 1)


class _Server(uvicorn.Server):
    """Prints its address once it listens, so that the program that started it can wait for that line; port 0 takes a free port."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            print(f"Twilio simulator on http://{host}:{port} (admin under /simulator/)", flush=True)


def _options(wanted: argparse.Namespace) -> Options:
    return Options(
        account_sid=wanted.account_sid,
        auth_token=wanted.auth_token,
        api_keys=dict(key.split(":", 1) for key in wanted.api_key),
        from_numbers=_numbers(wanted.from_numbers),
        verified_numbers=_numbers(wanted.verified_numbers),
        allowed_prefixes=tuple(sorted(_numbers(wanted.allowed_prefixes))),
        calls_per_second=wanted.calls_per_second,
        speed=wanted.speed,
        voice_url=wanted.voice_url,
        recordings=wanted.recordings,
        require_wss=wanted.require_wss,
        action_after_failed_stream=wanted.after_failed_stream == "action",
        list_lag_s=wanted.list_lag,
        profile=wanted.profile,
        seed=wanted.seed,
        keep_calls=wanted.keep_calls,
    )


def _numbers(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(",")))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators.twilio", description=__doc__)
    env = os.environ
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=5060, help="0 takes a free port (default: %(default)s)")
    add("--account-sid", default=env.get("TWILIO_ACCOUNT_SID", "AC" + "0" * 32))
    add("--auth-token", default=env.get("TWILIO_AUTH_TOKEN", "simulated-token"))
    add("--api-key", action="append", default=[], metavar="SK…:SECRET", help="an API key, accepted in addition to the token")
    add("--from-numbers", default="", metavar="+1,+2", help="the account's numbers; another From gets 21210")
    add("--verified-numbers", default="", metavar="+1,+2", help="a trial account: another To gets 21219")
    add("--allowed-prefixes", default="", metavar="+355,+383", help="geo permissions: another To gets 21215")
    add("--calls-per-second", type=float, default=1.0, help="calls above this rate wait (default: %(default)s, as Twilio's)")
    add("--speed", type=float, default=1.0, help="how many times faster ringing and machine detection run")
    add("--voice-url", default="", help="the voice webhook of inbound calls")
    add("--recordings", type=Path, help="folder for a stereo WAV file of each call")
    add("--require-wss", action="store_true", help="refuse ws: streams, as Twilio does")
    add("--after-failed-stream", choices=("action", "next-verb"), default="action")
    add("--list-lag", type=float, default=0.0, help="seconds that new calls are missing from list and resource")
    add("--profile", type=Profile, choices=list(Profile), default=DEFAULT, help="how the phones behave (default: %(default)s)")
    add("--seed", type=int, default=1, help="the seed of all that the profile leaves to chance")
    add("--keep-calls", type=int, default=10_000, help="number of ended calls that are kept (default: %(default)s)")
    return parser


if __name__ == "__main__":
    main()

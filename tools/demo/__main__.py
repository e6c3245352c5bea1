"""`make demo`: the whole system on embedded parts phones twelve different customers; no account, no key, no network.

make demo                          twelve orders, a live table, a summary; exit code 0 if each outcome is the expected one
make run-local                     the same parts, waiting for your own orders and your own voice (Ctrl-C ends it)
python -m tools.demo --help        every option
"""

import argparse
import asyncio
import os
import re
import shutil
import signal
import sys
from pathlib import Path

from rich.console import Console

from shared.runtime.private_files import make_private_folder
from shared.settings.parsers import Bind
from simulators.profile import DEFAULT, Profile
from tools.demo.demo import play_demo
from tools.demo.environment import SHOP, settings, simulators
from tools.demo.local_system import LOCAL_ENV, leave_settings, own_model, wait_for_orders
from tools.ports import free_port
from tools.stack import LOOPBACK, PROJECT, REDIS_PORT, Stack, StackError, our_parts

_WIDTH = 134
_WEBHOOK_PORT = 8000  # the same each time, for whoever opens the softphone; if it is in use, another one is taken
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""The fonts that the SVG would load from the network."""


def _console(*, picture: bool) -> Console:
    """Return the terminal; if the output goes to a file or becomes an SVG, it is wide enough for the tables."""
    is_wide = picture or not sys.stdout.isatty()
    return Console(width=_WIDTH if is_wide else None, record=picture)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.demo", description=__doc__, formatter_class=_Plain)
    parser.add_argument("--wait", action="store_true", help="post nothing; wait for your own orders")
    parser.add_argument("--port", type=int, default=5050, help="the gateway's port; if it is in use, another one is taken")
    parser.add_argument("--picture", type=Path, help="also write the output to this SVG file")
    parser.add_argument("--profile", type=Profile, choices=list(Profile), default=DEFAULT, help="how model and phones behave")
    parser.add_argument("--seed", type=int, default=1, help="the seed of all that the profile leaves to chance")
    parser.add_argument("--folder", type=Path, default=PROJECT / "var" / "demo", help="the folder for all files of the run")
    return parser.parse_args()


def _clear(folder: Path) -> None:
    """Remove the files of an earlier run, and nothing else."""
    for name in ("data", "logs", "recordings", "caddy"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("report.json", "transcripts.txt"):
        (folder / name).unlink(missing_ok=True)


class _Plain(argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of the examples in the description."""


def main() -> int:
    """Start all parts, play the demo or wait for orders, stop all parts; return the exit code."""
    chosen = _arguments()
    console = _console(picture=chosen.picture is not None)
    folder = chosen.folder.resolve()
    _clear(folder)
    make_private_folder(folder / "recordings")
    port, twilio_port, openai_port = free_port(chosen.port), free_port(), free_port()
    env = settings(port=port, twilio_port=twilio_port, openai_port=openai_port)
    if chosen.wait:
        # a browser can't sign the stream's handshake: its token alone proves it, and nobody reaches it from outside; so the
        # caller's number is nobody else's, and `make mic` need not prove to know the order that it has made up
        env |= {"SOFTPHONE": "local", "REQUIRE_STREAM_SIGNATURE": "off", "INBOUND_PROOF": "off", **own_model(os.environ)}
    webhook_port = free_port(_WEBHOOK_PORT if chosen.wait else None)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Stack(folder, env, report=lambda line: console.print(f"  [dim]{line}[/]")) as stack:
        try:
            console.print("Starting Valkey, the gateway, three services and the two simulators")
            stack.start_valkey(port=free_port(REDIS_PORT) if chosen.wait else 0)
            played = simulators(
                env,
                twilio_port=twilio_port,
                openai_port=openai_port,
                folder=folder,
                profile=chosen.profile,
                seed=chosen.seed,
            )
            binds = {"webhook": Bind(LOOPBACK, webhook_port)}
            stack.start_all((*played, *our_parts(port, folder, redis_urls=stack.service_redis_urls, binds=binds)))
            if chosen.wait:
                leave_settings(folder, env | {"SOFTPHONE_URL": f"http://127.0.0.1:{webhook_port}/softphone"})
                wait_for_orders(stack, env, console, webhook_port=webhook_port)
                return 0
            is_well = asyncio.run(play_demo(env, folder, console, openai_port=openai_port, redis_url=stack.crm_redis_url(SHOP)))
        except StackError as error:
            console.print(f"[red]{error}[/]")
            return 1
        except KeyboardInterrupt:
            return 0 if chosen.wait else 130
        finally:
            (folder / LOCAL_ENV).unlink(missing_ok=True)
    if chosen.picture is not None:
        chosen.picture.write_text(_FONT.sub("", console.export_svg(title="make demo")), encoding="utf-8")
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())

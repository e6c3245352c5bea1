"""`make demo`: the whole system on embedded parts phones twelve customers, who differ; no account, no key, no network.

make demo                          twelve orders, a live table, a summary; exit code 0 if each outcome is the expected one
make run-local                     the same parts, waiting for your own orders and your own voice (Ctrl-C ends it)
python -m tools.demo.demo --help   every option
"""

import argparse
import asyncio
import json
import os
import re
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from redis.asyncio import Redis
from rich.console import Console
from rich.live import Live

from tools.demo.crm import Crm
from tools.demo.customers import CUSTOMERS
from tools.demo.ledger import findings, join
from tools.demo.table import calls_table, crm_table, is_as_expected, ledger_table, where
from tools.ports import free_port
from tools.stack import PROJECT, Part, Stack, StackError, our_parts

SHOP = "shopaz"
API_KEY = "demo-key-of-shopaz"
_ACCOUNT_SID = "AC" + "0" * 31 + "1"
_SIMULATED_KEY = "sk-simulated"
_LIMIT_S = 85.0
LOCAL_ENV = "local.env"
"""Lies in the folder while `make run-local` waits."""
_LEFT = ("PUBLIC_URL", "API_KEYS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
_WIDTH = 134
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""What a picture would fetch from elsewhere."""

Json = dict[str, Any]  # Any: JSON of the API and of the simulators' ledgers


def settings(*, port: int, twilio_port: int, openai_port: int) -> dict[str, str]:
    """Return the environment of the demo's services: waits shortened, everything else as in production."""
    return {
        "ENV_FILE": "",
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "API_KEYS": f"{SHOP}:{API_KEY}",
        "SIGNING_SECRET": secrets.token_hex(32),
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
        "RING_TIMEOUT_S": "6",
        "RETRY_DELAYS": "busy:3,no_answer:3,machine:3,failed:3,undecided:3,error:3",
        "HANGUP_GRACE_S": "5",
    }


def simulators(env: Mapping[str, str], *, twilio_port: int, openai_port: int, folder: Path) -> tuple[Part, Part]:
    """Return the two programs that play Twilio and OpenAI."""
    twilio = (
        *(sys.executable, "-m", "simulators.twilio", "--port", str(twilio_port)),
        *("--account-sid", env["TWILIO_ACCOUNT_SID"], "--auth-token", env["TWILIO_AUTH_TOKEN"]),
        *("--recordings", str(folder / "recordings"), "--calls-per-second", "5"),
        *("--voice-url", f"{env['PUBLIC_URL']}/incoming-call"),
    )
    openai = (
        *(sys.executable, "-m", "simulators.openai_realtime", "--port", str(openai_port)),
        *("--api-key", _SIMULATED_KEY),
    )
    return (
        Part("twilio_simulator", twilio, f"http://127.0.0.1:{twilio_port}/simulator/health"),
        Part("openai_simulator", openai, f"http://127.0.0.1:{openai_port}/simulator/sessions"),
    )


class Demo:
    """Posts the orders, follows them, and says what became of them."""

    def __init__(self, env: Mapping[str, str], folder: Path, console: Console, *, openai_port: int, redis_url: str) -> None:
        self._folder = folder
        self._console = console
        self._api = httpx.AsyncClient(base_url=env["PUBLIC_URL"], headers={"Authorization": f"Bearer {API_KEY}"}, timeout=10)
        self._twilio = httpx.AsyncClient(base_url=env["TWILIO_API_URL"], timeout=30)
        self._openai = httpx.AsyncClient(base_url=f"http://127.0.0.1:{openai_port}", timeout=30)
        self._crm = Crm(Redis.from_url(redis_url), SHOP)
        self._ids: dict[str, str] = {}

    async def play(self) -> bool:
        """Run the whole demo; True when each customer's outcome is the expected one."""
        started = time.monotonic()
        await self._crm.listen()
        for customer in CUSTOMERS:
            (await self._twilio.put(f"/simulator/people/{customer.phone}", json=customer.script)).raise_for_status()
        for customer in CUSTOMERS:
            answer = await self._api.post("/v1/confirmations", json=customer.order())
            answer.raise_for_status()
            self._ids[customer.order_id] = answer.json()["id"]
        views = await self._follow(started)
        await asyncio.sleep(0.5)  # the last event may still be on its way to the channel
        await self._crm.take_in()
        measured = await self._measure()
        await self._write_files(views, measured)
        self._console.print()
        self._console.print(crm_table(self._crm.received))
        self._console.print(ledger_table(measured))
        right = sum(is_as_expected(customer, views.get(customer.order_id, {})) for customer in CUSTOMERS)
        told = len(self._crm.received) == len(CUSTOMERS) == len(await self._crm.logged())
        self._console.print(f"{right} of {len(CUSTOMERS)} customers ended as expected, in {time.monotonic() - started:.0f} s")
        self._console.print(where(self._folder), highlight=False)
        return right == len(CUSTOMERS) and told

    async def close(self) -> None:
        """Close the connections."""
        for client in (self._api, self._twilio, self._openai):
            await client.aclose()
        await self._crm.close()

    async def _follow(self, started: float) -> Json:
        """Show the table until all have finished, or the demo's time is up; returns the confirmations by order id."""
        views: Json = {}
        with Live(console=self._console, refresh_per_second=4) as live:
            while True:
                await self._crm.take_in()
                views = {order_id: (await self._api.get(f"/v1/confirmations/{key}")).json() for order_id, key in self._ids.items()}
                seconds = time.monotonic() - started
                live.update(calls_table(views, seconds=seconds))
                finished = sum(view["status"] == "finished" for view in views.values())
                if finished == len(CUSTOMERS) or seconds > _LIMIT_S:
                    return views
                await asyncio.sleep(0.25)

    async def _measure(self) -> list[tuple[str, str, bool]]:
        """Read both simulators' ledgers."""
        heads = (await self._twilio.get("/simulator/calls")).json()["calls"]
        calls = [(await self._twilio.get(f"/simulator/calls/{head['sid']}")).json() for head in heads]
        for call in calls:
            call["media"] = (await self._twilio.get(f"/simulator/calls/{call['sid']}/media")).json()["streams"]
            call["media"] = [frame for stream in call["media"] for frame in stream["media"]]
        sessions = (await self._openai.get("/simulator/sessions")).json()["sessions"]
        return findings(join(calls, sessions, {customer.phone: customer.order_id for customer in CUSTOMERS}))

    async def _write_files(self, views: Json, measured: list[tuple[str, str, bool]]) -> None:
        report = {
            "confirmations": views,
            "measured": [{"what": what, "figure": figure, "is_good": is_good} for what, figure, is_good in measured],
            "received": self._crm.received,
        }
        (self._folder / "report.json").write_text(json.dumps(report, indent=2, ensure_ascii=False))
        lines = []
        for customer in CUSTOMERS:
            answer = await self._api.get(f"/v1/confirmations/{self._ids[customer.order_id]}/transcript")
            lines.append(f"{customer.order_id}  {customer.name} {customer.does}")
            turns = answer.json()["turns"] if answer.status_code == httpx.codes.OK else []
            lines += [f"  call {turn['attempt']}  {turn['speaker']:<8} {turn['text']}" for turn in turns]
            lines.append("")
        (self._folder / "transcripts.txt").write_text("\n".join(lines))


async def _demo(env: Mapping[str, str], folder: Path, console: Console, *, openai_port: int, redis_url: str) -> bool:
    demo = Demo(env, folder, console, openai_port=openai_port, redis_url=redis_url)
    try:
        return await demo.play()
    finally:
        await demo.close()


def _own_model(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of a speech model of the user's own, which takes the simulator's place in `make run-local`."""
    if not environ.get("OPENAI_REALTIME_URL"):
        return {}
    names = ("OPENAI_REALTIME_URL", "OPENAI_API_KEY", "OPENAI_REALTIME_MODEL", "OPENAI_VOICE")
    return {name: environ[name] for name in names if environ.get(name)}


def _leave_settings(folder: Path, env: Mapping[str, str]) -> None:
    """Leave what `make mic` needs to call in as Twilio would, readable by this user only."""
    path = folder / LOCAL_ENV
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={env[name]}\n" for name in _LEFT))


def _wait_for_orders(stack: Stack, env: Mapping[str, str], console: Console) -> None:
    """Keep the parts running until Ctrl-C."""
    console.print(
        f"\nReady for your orders: {env['PUBLIC_URL']}  (API page {env['PUBLIC_URL']}/docs)\n"
        f"  curl -X POST {env['PUBLIC_URL']}/v1/confirmations -H 'Authorization: Bearer {API_KEY}' \\\n"
        '    -H \'Content-Type: application/json\' -d \'{"order": {"id": "SHP-1"}, "company": "Shopaz",\n'
        '    "customer": {"phone": "+38344123456"}}\'\n'
        f"Talk to the bot yourself: {env['PUBLIC_URL']}/softphone in a browser, or `make mic` in another terminal\n"
        f"What the called people do: PUT {env['TWILIO_API_URL']}/simulator/people/PHONE "
        "(simulators/customer_script/script.py shows scripts)\n"
        "Ctrl-C ends it.",
        highlight=False,
    )
    while not stack.dead():
        time.sleep(0.5)
    console.print(f"[red]{', '.join(stack.dead())} ended by itself: see {stack.folder / 'logs'}[/]")


def _console(*, picture: bool) -> Console:
    """Return the terminal; where the output is a file, or becomes a picture, it is wide enough for the tables."""
    is_wide = picture or not sys.stdout.isatty()
    return Console(width=_WIDTH if is_wide else None, record=picture)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.demo.demo", description=__doc__, formatter_class=_Plain)
    parser.add_argument("--wait", action="store_true", help="post nothing; wait for your own orders")
    parser.add_argument("--port", type=int, default=5050, help="the gateway's port; another one is taken if it is in use")
    parser.add_argument("--picture", type=Path, help="write what was shown to this SVG file too")
    parser.add_argument("--folder", type=Path, default=PROJECT / "var" / "demo", help="where everything is written")
    return parser.parse_args()


def _clear(folder: Path) -> None:
    """Remove what an earlier run wrote, and nothing else."""
    for name in ("data", "logs", "recordings", "caddy"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("report.json", "transcripts.txt"):
        (folder / name).unlink(missing_ok=True)


class _Plain(argparse.RawDescriptionHelpFormatter):
    """Keeps the examples in the description as they are written."""


def main() -> int:
    """Start all parts, play or wait, stop all parts; returns the exit code."""
    chosen = _arguments()
    console = _console(picture=chosen.picture is not None)
    folder = chosen.folder.resolve()
    _clear(folder)
    (folder / "recordings").mkdir(parents=True)
    port, twilio_port, openai_port = free_port(chosen.port), free_port(), free_port()
    env = settings(port=port, twilio_port=twilio_port, openai_port=openai_port)
    if chosen.wait:
        env |= {"SOFTPHONE": "local", **_own_model(os.environ)}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Stack(folder, env, report=lambda line: console.print(f"  [dim]{line}[/]")) as stack:
        try:
            console.print("Starting Valkey, the gateway, three services and the two simulators")
            stack.start_valkey()
            stack.use({"REDIS_URL": stack.socket_url})
            played = simulators(env, twilio_port=twilio_port, openai_port=openai_port, folder=folder)
            stack.start_all((*played, *our_parts(port, folder)))
            if chosen.wait:
                _leave_settings(folder, env)
                _wait_for_orders(stack, env, console)
                return 0
            is_well = asyncio.run(_demo(env, folder, console, openai_port=openai_port, redis_url=stack.socket_url))
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

"""Posts the orders of twelve customers, follows them until all have ended, and reports what was measured."""

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from redis.asyncio import Redis
from rich.console import Console
from rich.live import Live

from shared.runtime.private_files import create_private
from tools.demo.crm import Crm
from tools.demo.customers import CUSTOMERS
from tools.demo.environment import API_KEY, SHOP
from tools.demo.ledger import findings, join
from tools.demo.table import calls_table, crm_table, is_as_expected, ledger_table, where

_LIMIT_S = 85.0

Json = dict[str, Any]  # Any: JSON of the API and of the simulators' ledgers


class Demo:
    """Posts the orders, follows them, and reports their outcomes."""

    def __init__(self, env: Mapping[str, str], folder: Path, console: Console, *, openai_port: int, redis_url: str) -> None:
        self._folder = folder
        self._console = console
        self._api = httpx.AsyncClient(base_url=env["PUBLIC_URL"], headers={"Authorization": f"Bearer {API_KEY}"}, timeout=10)
        self._twilio = httpx.AsyncClient(base_url=env["TWILIO_API_URL"], timeout=30)
        self._openai = httpx.AsyncClient(base_url=f"http://127.0.0.1:{openai_port}", timeout=30)
        self._crm = Crm(Redis.from_url(redis_url), SHOP)
        self._ids: dict[str, str] = {}

    async def play(self) -> bool:
        """Run the whole demo; return True if each customer's outcome is the expected one."""
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
        """Show the table until all orders have ended or the time limit is over; return the confirmations by order id."""
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
        for name in ("report.json", "transcripts.txt"):
            create_private(self._folder / name)
        (self._folder / "report.json").write_text(json.dumps(report, indent=2, ensure_ascii=False))
        lines = []
        for customer in CUSTOMERS:
            answer = await self._api.get(f"/v1/confirmations/{self._ids[customer.order_id]}/transcript")
            lines.append(f"{customer.order_id}  {customer.name} {customer.does}")
            turns = answer.json()["turns"] if answer.status_code == httpx.codes.OK else []
            lines += [f"  call {turn['attempt']}  {turn['speaker']:<8} {turn['text']}" for turn in turns]
            lines.append("")
        (self._folder / "transcripts.txt").write_text("\n".join(lines))


async def play_demo(env: Mapping[str, str], folder: Path, console: Console, *, openai_port: int, redis_url: str) -> bool:
    """Play the demo; return True if each customer's outcome is the expected one."""
    demo = Demo(env, folder, console, openai_port=openai_port, redis_url=redis_url)
    try:
        return await demo.play()
    finally:
        await demo.close()

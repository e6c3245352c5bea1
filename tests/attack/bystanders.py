"""Who must not notice an attack: twenty customers on the phone, a shop that posts orders, and Twilio's next handshakes."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # Twilio ships no types
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.attack.rig import KEY, Rig
from tools.plain_http import PLAIN

CALLS = 20
_LISTEN = "wait_until_agent_done"
_EVERY_S = 0.1
_LIMIT_S = 10.0
_SETTLED_S = 60.0


@dataclass(slots=True)
class Noticed:
    """What the bystanders noticed. Times in seconds."""

    posts_s: list[float] = field(default_factory=list)
    posts_refused: list[str] = field(default_factory=list)
    handshakes: int = 0
    handshakes_refused: list[str] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)

    @property
    def calls_cut(self) -> int:
        """How many of the live calls did not come to the end that their customer wanted."""
        return sum(outcome != "confirmed" for outcome in self.outcomes.values())

    def post_s(self, share: float) -> float:
        """Return the time that `share` of the POSTs (0 to 1) took at most."""
        ordered = sorted(self.posts_s) or [0.0]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class LiveCalls:
    """Customers who are on the phone for `talk_s` seconds or longer, and confirm at its end."""

    def __init__(self, rig: Rig, *, talk_s: float) -> None:
        self._rig = rig
        self._talk_s = talk_s
        self._phones = [f"+38344{700000 + number}" for number in range(CALLS)]
        self._ids: dict[str, str] = {}
        self._api = httpx.AsyncClient(base_url=rig.api_url, headers={"Authorization": f"Bearer {KEY}"}, timeout=30, verify=PLAIN)

    async def begin(self) -> None:
        """Post the orders and wait until all customers are talking.

        Raises:
            TimeoutError: Some are not, a minute later.
        """
        say = {"answer": {"ring_s": 0.5, "steps": [*self._steps(), {"say": {"intent": "confirm"}}, "stay"]}}
        async with httpx.AsyncClient(base_url=self._rig.twilio_url, timeout=30, verify=PLAIN) as twilio:
            for phone in self._phones:
                (await twilio.put(f"/simulator/people/{phone}", json={"language": "sq", "attempts": [say]})).raise_for_status()
        for phone in self._phones:
            answer = await self._api.post("/v1/confirmations", json=order_of(phone))
            answer.raise_for_status()
            self._ids[phone] = answer.json()["id"]
        async with asyncio.timeout(_SETTLED_S):
            while any(view["status"] in {"queued", "calling", "waiting"} for view in await self._views()):
                await asyncio.sleep(0.3)

    async def outcomes(self) -> dict[str, str]:
        """Wait until all calls have ended; returns each order's outcome, with how its call ended if nobody decided.

        Two minutes later it returns how the others stand.
        """
        deadline = time.monotonic() + self._talk_s + 2 * _SETTLED_S
        views = await self._views()
        while any(view["status"] != "finished" for view in views) and time.monotonic() < deadline:
            await asyncio.sleep(0.5)
            views = await self._views()
        await self._api.aclose()
        return {view["id"]: _end_of(view) for view in views}

    def _steps(self) -> list[object]:
        """Ask the agent to wait, as often as the time takes: it grants 25 s each. Greeting and goodbye take about as long again."""
        steps: list[object] = [_LISTEN, {"say": {"intent": "hello"}}]
        for _ in range(max(1, int(self._talk_s / 22))):
            steps += [_LISTEN, {"say": {"intent": "wait"}}, _LISTEN, {"pause": 20}]
        return steps

    async def _views(self) -> Sequence[dict[str, Any]]:  # Any: JSON of the API
        """Return the orders as they stand; of one that could not be had, that it is not known."""
        return [await self._view(one) for one in self._ids.values()]

    async def _view(self, confirmation_id: str) -> dict[str, Any]:  # Any: JSON of the API
        with contextlib.suppress(httpx.HTTPError):
            answer = await self._api.get(f"/v1/confirmations/{confirmation_id}")
            if answer.is_success:
                return dict(answer.json())
        return {"id": confirmation_id, "status": "waiting", "outcome": None, "attempts": []}


def _end_of(view: dict[str, Any]) -> str:  # Any: JSON of the API
    if view["outcome"] == "confirmed":
        return "confirmed"
    last = view["attempts"][-1] if view["attempts"] else {"result": None, "reason": None}
    return f"{view['outcome'] or view['status']} ({last['result']}: {last['reason']})"


def order_of(phone: str, **call: object) -> dict[str, object]:
    """Return an order's body."""
    return {
        "order": {"id": f"SHP-{phone[-6:]}", "total": "59.90", "currency": "EUR", "items": [{"name": "Kufje", "quantity": 1}]},
        "company": "Shopaz",
        "customer": {"phone": phone, "name": "Arta", "language": "sq"},
        "call": call,
    }


async def watch(rig: Rig, noticed: Noticed) -> None:
    """Post orders, and shake hands as Twilio does, again and again, until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_post(rig, noticed))
        group.create_task(_shake_hands(rig, noticed))


async def _post(rig: Rig, noticed: Noticed) -> None:
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    client = httpx.AsyncClient(base_url=rig.api_url, headers={"Authorization": f"Bearer {KEY}"}, timeout=_LIMIT_S, verify=PLAIN)
    async with client:
        for number in range(1_000_000):
            body = order_of(f"+38345{number % 1_000_000:06}", not_before=later)
            body["order"] = {"id": f"BY-{time.monotonic_ns()}"}
            began = time.monotonic()
            try:
                answer = await client.post("/v1/confirmations", json=body)
                if not answer.is_success:
                    noticed.posts_refused.append(str(answer.status_code))
            except httpx.HTTPError as error:
                noticed.posts_refused.append(type(error).__name__)
            noticed.posts_s.append(time.monotonic() - began)
            await asyncio.sleep(_EVERY_S)


async def _shake_hands(rig: Rig, noticed: Noticed) -> None:
    signature = RequestValidator(rig.auth_token).compute_signature(f"ws://{rig.gateway}/media-stream", {})
    while True:
        noticed.handshakes += 1
        try:
            async with connect(
                f"ws://{rig.gateway}/media-stream",
                additional_headers={"X-Twilio-Signature": signature},
                open_timeout=_LIMIT_S,
                proxy=None,
            ):
                pass
        except (OSError, TimeoutError, WebSocketException) as error:
            noticed.handshakes_refused.append(f"{type(error).__name__}: {str(error)[:60]}")
        await asyncio.sleep(_EVERY_S)

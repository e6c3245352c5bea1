"""What an attack must not have got, beside what the bystanders noticed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import httpx

from tests.attack.rig import CALLS_PER_NUMBER, OTHER_KEY, Rig
from tools.plain_http import PLAIN

CALLER: Final = "+38344799001"
FLOODED_PHONE: Final = "+38344799002"
"""The phone of `orders_to_one_number`, which may ring `CALLS_PER_NUMBER` times."""
COMPANY: Final = "Gjirafa"
ITEM: Final = "Orë muri"
CALLERS_ORDER: Final[Mapping[str, Any]] = {  # Any: the body of a POST
    "order": {"id": "VICTIM-7730", "total": "4321.00", "currency": "EUR", "items": [{"name": ITEM, "quantity": 1}]},
    "company": COMPANY,
    "customer": {"phone": CALLER, "name": "Arta", "language": "sq"},
    "call": {"not_before": "2030-01-01T00:00:00Z"},
}
"""The order of the customer whose number the attacker sends; its only planned call is years away."""

_MOST_SESSIONS: Final = 10  # MAX_INBOUND_PER_NUMBER
_SECRETS: Final = (ITEM, "katër mijë", "VICTIM", "shtatë shtatë tre zero")


async def of_calls_from_one_number(rig: Rig) -> list[str]:
    """Return what a forged number got: sessions above the cap, words about the order, a decision, another schedule."""
    async with httpx.AsyncClient(timeout=10, verify=PLAIN) as client:
        answer = await client.get(f"{rig.openai_url}/simulator/sessions", params={"containing": COMPANY})
        sessions = answer.raise_for_status().json()["sessions"]
        order = await _order_after_the_calls(rig, client)
    told = [response["said"] for session in sessions for response in session["responses"]]
    found = []
    if not 0 < len(sessions) <= _MOST_SESSIONS:
        found.append(f"{len(sessions)} sessions with the model, at most {_MOST_SESSIONS} allowed")
    if any(secret in words for words in told for secret in _SECRETS):
        found.append("a forged number was told of the order")
    if any(secret in session["instructions"] for session in sessions for secret in (ITEM, "4321", "VICTIM")):
        found.append("the model was told of the order before the proof")
    if order["outcome"] is not None or not str(order["next_attempt_at"]).startswith("2030-01-01"):
        found.append(f"a forged number moved the order: {order['status']}, {order['outcome']}, next {order['next_attempt_at']}")
    return found


async def _order_after_the_calls(rig: Rig, client: httpx.AsyncClient) -> dict[str, Any]:  # Any: JSON of the API
    """Return the order as it stands when the last call about it has ended, or two minutes later."""
    headers = {"Authorization": f"Bearer {OTHER_KEY}"}
    order: dict[str, Any] = {}  # Any: JSON of the API
    for _ in range(120):
        answer = await client.get(f"{rig.api_url}/v1/confirmations", params={"order_id": "VICTIM-7730"}, headers=headers)
        order = answer.raise_for_status().json()["items"][0]
        if order["status"] != "in_call":
            break
        await asyncio.sleep(1)
    return order


async def of_orders_to_one_number(rig: Rig) -> list[str]:
    """Return how often the flooded phone rang, if that was too often."""
    async with httpx.AsyncClient(base_url=rig.twilio_url, timeout=10, verify=PLAIN) as twilio:
        answer = await twilio.get("/simulator/calls", params={"to": FLOODED_PHONE})
    rung = len(answer.raise_for_status().json()["calls"])
    return [f"one phone rang {rung} times, {CALLS_PER_NUMBER} allowed"] if rung > CALLS_PER_NUMBER else []


_BREACHES: Final[Mapping[str, Callable[[Rig], Awaitable[list[str]]]]] = {
    "calls_from_one_number": of_calls_from_one_number,
    "orders_to_one_number": of_orders_to_one_number,
}


async def breaches(rig: Rig, attack: str) -> list[str]:
    """Return what that attack got and must not have got."""
    return await _BREACHES[attack](rig) if attack in _BREACHES else []

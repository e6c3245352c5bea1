"""Plays scenarios on a system: posts the order, runs customer and shop, waits for the end, collects the measurements."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Self

import httpx

from tests.support.scenarios.result import ScenarioResult
from tests.support.scenarios.running_system import RunningSystem
from tests.support.scenarios.scenario import Json, Scenario, Withdrawal
from tools.demo.environment import API_KEY

LIMIT_S = 100.0
"""The limit for a scenario, from its order to its end."""


class UnfinishedError(Exception):
    """A scenario did not end in time; the message says what state it is in."""


class Player:
    """Plays scenarios on one system. Use it in one event loop, as an asynchronous context manager."""

    def __init__(self, system: RunningSystem) -> None:
        self._system = system
        limits = httpx.Limits(max_connections=100)
        headers = {"Authorization": f"Bearer {API_KEY}"}
        self._api = httpx.AsyncClient(base_url=system.api_url, headers=headers, timeout=20, limits=limits)
        self._twilio = httpx.AsyncClient(base_url=f"{system.twilio_url}/simulator", timeout=20, limits=limits)
        self._openai = httpx.AsyncClient(base_url=f"{system.openai_url}/simulator", timeout=20, limits=limits)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in (self._api, self._twilio, self._openai):
            await client.aclose()

    async def prepare(self, scenarios: Iterable[Scenario]) -> None:
        """Set the faults of these scenarios, by phone and order, in both simulators; they replace the earlier ones."""
        chosen = list(scenarios)
        rules = [{**rule, "phone": one.phone} for one in chosen for rule in one.twilio]
        _good(await self._twilio.put("/faults", json={"seed": 1, "rules": rules}))
        faulty = [
            {"match": _quoted(one.order_id), "faults": one.model.faults, "times": one.model.times}
            for one in chosen
            if one.model is not None
        ]
        _good(await self._openai.put("/faults", json={"rules": faulty}))

    async def break_model(self, **faults: object) -> None:
        """Give these faults, or none, to every session from now on; with faults, sessions that wait for a call are dropped."""
        _good(await self._openai.put("/faults", json={"usual": faults}))
        for _ in range(3 if faults else 0):  # another session may have been opening
            for session in _good(await self._openai.get("/sessions"))["sessions"]:
                if session["closed"] is None and not session["instructions"]:
                    await self._openai.post(f"/sessions/{session['id']}/drop")
            await asyncio.sleep(0.3)

    async def until_key(self, phone: str) -> None:
        """Wait until a key is pressed in a call with that number."""
        await self._until(lambda: self._any_call(phone, "keys"))

    async def until_answered(self, phone: str) -> None:
        """Wait until a call to that number has been answered."""
        await self._until(lambda: self._any_call(phone, "answered_ms"))

    async def until_heard(self, phone: str) -> None:
        """Wait until the agent is heard in a call with that number."""
        await self._until(lambda: self._any_call(phone, "heard"))

    async def until_warm(self) -> None:
        """Wait until a bridge keeps a session with the model ready."""
        await self._until(self._is_warm)

    async def _is_warm(self) -> bool:
        sessions = _good(await self._openai.get("/sessions"))["sessions"]
        return any(session["closed"] is None and not session["instructions"] for session in sessions)

    async def ended_call(self, phone: str) -> Json:
        """Wait until a call with that number has ended, and return its ledger."""
        await self._until(lambda: self._any_call(phone, "ended_ms"))
        return (await self.calls(phone))[-1]

    async def _any_call(self, phone: str, fact: str) -> bool:
        return any(call[fact] for call in await self.calls(phone))

    async def give_traits(self, traits: object) -> None:
        """Give these traits, in addition to the profile's, to every session from now on."""
        _good(await self._openai.put("/faults", json={"usual": traits}))

    async def play(self, scenario: Scenario, *, limit_s: float = LIMIT_S) -> ScenarioResult:
        """Play one scenario and return all data about it.

        Raises:
            UnfinishedError: It took too long.
        """
        _good(await self._twilio.put(f"/people/{scenario.phone}", json=scenario.script()))
        other_id: str | None = None
        if scenario.other_order is not None:
            other_id = str(_good(await self._api.post("/v1/confirmations", json=scenario.other_body()))["id"])
        answer = _good(await self._api.post("/v1/confirmations", json=scenario.body()))
        confirmation_id = str(answer["id"])
        try:
            async with asyncio.timeout(limit_s):
                withdrawal = await self._act(scenario, confirmation_id)
                told = await self._settled(scenario, confirmation_id)
                result = await self._collect(scenario, confirmation_id, told, withdrawal)
                return await self._with_other(result, other_id) if other_id is not None else result
        except TimeoutError as problem:
            view = await self.view(confirmation_id)
            attempts = [(one["result"], one["reason"]) for one in view["attempts"]]
            raise UnfinishedError(
                f"after {limit_s:.0f} s it is {view['status']}, outcome {view['outcome']}, calls {attempts}"
            ) from problem

    async def view(self, confirmation_id: str) -> Json:
        """Return the confirmation as the shop sees it."""
        return _good(await self._api.get(f"/v1/confirmations/{confirmation_id}"))

    async def calls(self, phone: str) -> list[Json]:
        """Return the ledgers of all calls with that number, oldest first, each with its individual media frames."""
        heads: list[Json] = []
        for side in ("to", "from"):
            heads += _good(await self._twilio.get("/calls", params={side: phone}))["calls"]
        found = []
        for head in sorted(heads, key=lambda one: float(one["created_ms"])):
            call = _good(await self._twilio.get(f"/calls/{head['sid']}"))
            streams = _good(await self._twilio.get(f"/calls/{head['sid']}/media"))["streams"]
            call["media"] = [frame for stream in streams for frame in stream["media"]]
            found.append(call)
        return found

    # --- events in addition to the customer's script

    async def _act(self, scenario: Scenario, confirmation_id: str) -> int | None:
        if scenario.calls_back:
            await self._until(lambda: self._has_ended_calls(confirmation_id))
            person = scenario.inbound_script()
            wanted = {"from": scenario.phone, "to": self._system.shop_number, "person": person}
            _good(await self._twilio.post("/inbound-calls", json=wanted))
        if scenario.withdrawn is None:
            return None
        withdrawal = scenario.withdrawn
        await self._until(lambda: self._is_time(scenario, withdrawal, confirmation_id))
        await asyncio.sleep(withdrawal.after_s)
        return (await self._api.delete(f"/v1/confirmations/{confirmation_id}")).status_code

    async def _has_ended_calls(self, confirmation_id: str) -> bool:
        view = await self.view(confirmation_id)
        return view["status"] == "waiting" and bool(view["attempts"])

    async def _is_time(self, scenario: Scenario, withdrawal: Withdrawal, confirmation_id: str) -> bool:
        status = (await self.view(confirmation_id))["status"]
        match withdrawal.when:
            case "waiting" | "in_call":
                return bool(status == withdrawal.when)
            case "ringing":
                calls = await self.calls(scenario.phone)
                return any(call["status"] == "ringing" for call in calls)
            case "decided":
                sessions = await self._sessions(scenario)
                calls = await self.calls(scenario.phone)
                return any(call["keys"] for call in calls) or any(
                    response["calls"] for session in sessions for response in session["responses"]
                )
            case _:
                raise ValueError(f"withdrawn.when is waiting, ringing, in_call or decided, not {withdrawal.when}")

    async def _until(self, claim: Callable[[], Awaitable[bool]], *, every_s: float = 0.2) -> None:
        while not await claim():
            await asyncio.sleep(every_s)

    # --- the end

    async def _settled(self, scenario: Scenario, confirmation_id: str) -> Sequence[Json]:
        """Read its events until it is finished, or in the expected state with no call in progress; return the events."""
        told: list[Json] = []
        async with self._api.stream("GET", f"/v1/confirmations/{confirmation_id}/events", timeout=None) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if not line.startswith("data:"):
                    continue
                told.append(json.loads(line.removeprefix("data:")))
                stands = told[-1]["data"]
                is_expected = stands["status"] == scenario.expect.status and stands["attempts"] >= len(scenario.results)
                if stands["status"] == "finished" or is_expected:
                    return told
        return told

    async def _collect(
        self, scenario: Scenario, confirmation_id: str, told: Sequence[Json], withdrawal: int | None
    ) -> ScenarioResult:
        await self._until(lambda: self._is_over(scenario), every_s=0.5)
        transcript = await self._api.get(f"/v1/confirmations/{confirmation_id}/transcript")
        opted_out = await self._api.get(f"/v1/opt-outs/{scenario.phone}")
        return ScenarioResult(
            scenario=scenario,
            view=await self.view(confirmation_id),
            calls=await self.calls(scenario.phone),
            sessions=await self._sessions(scenario),
            turns=transcript.json()["turns"] if transcript.is_success else [],
            events=told,
            is_opted_out=opted_out.is_success,
            withdrawal_status=withdrawal,
        )

    async def _with_other(self, result: ScenarioResult, other_id: str) -> ScenarioResult:
        """Add the data about the customer's other order, once that is finished."""
        await self._until(lambda: self._is_finished(other_id))
        transcript = await self._api.get(f"/v1/confirmations/{other_id}/transcript")
        turns = transcript.json()["turns"] if transcript.is_success else []
        return replace(result, other_view=await self.view(other_id), other_turns=turns)

    async def _is_finished(self, confirmation_id: str) -> bool:
        return bool((await self.view(confirmation_id))["status"] == "finished")

    async def _is_over(self, scenario: Scenario) -> bool:
        """Return whether calls and sessions have ended; the invariants measure that both close soon."""
        calls = _good(await self._twilio.get("/calls", params={"to": scenario.phone}))["calls"]
        calls += _good(await self._twilio.get("/calls", params={"from": scenario.phone}))["calls"]
        ended = [float(call["ended_ms"]) for call in calls if call["ended_ms"] is not None]
        if len(ended) < len(calls):
            return False
        waited_ms = time.monotonic() * 1000 - max(ended, default=0.0)
        return waited_ms > 4000 or all(session["closed"] for session in await self._sessions(scenario))

    async def _sessions(self, scenario: Scenario) -> list[Json]:
        ids = [scenario.order_id, *([scenario.other_order_id] if scenario.other_order is not None else [])]
        texts = [_quoted(order_id) for order_id in ids]
        texts += [f"# Shop\n{scenario.company}"] if scenario.calls_back else []  # before the proof no session knows the id
        found: dict[str, Json] = {}
        for text in texts:
            sessions = _good(await self._openai.get("/sessions", params={"containing": text}))["sessions"]
            found |= {session["id"]: session for session in sessions}
        return sorted(found.values(), key=lambda one: float(one["first_audio_in_ms"] or one["opened_ms"]))


def _quoted(order_id: str) -> str:
    """Return the order's id as it is quoted in the session's instructions."""
    return f'"id":"{order_id}"'


def _good(answer: httpx.Response) -> Json:
    if answer.is_error:
        raise httpx.HTTPStatusError(f"{answer.status_code}: {answer.text}", request=answer.request, response=answer)
    document: Json = answer.json() if answer.content else {}
    return document

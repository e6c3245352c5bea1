"""One attack beside live calls: what the bystanders noticed, and the verdict over it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from tests.attack.attacks import ATTACKS, FLOODED_PHONE, Attacker, answers_line
from tests.attack.breaches import BREACHES
from tests.attack.bystanders import LiveCalls, Noticed, watch
from tests.attack.rig import Rig

POST_P99_S = 0.25
MEMORY_GROWTH = 1.10
CALM_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of the bystanders during one attack. Memory in MB by service: before it, at most, and a while after.

    `breaches` are what the attack got and must not have got.
    `times_rung` is how often the phone rang that many orders are for; `calls_per_number` is the cap.
    """

    attack: str
    noticed: Noticed
    answers: str
    before_mb: dict[str, float]
    most_mb: dict[str, float]
    after_mb: dict[str, float]
    breaches: Sequence[str] = ()
    times_rung: int
    calls_per_number: int

    @property
    def faults(self) -> Sequence[str]:
        """Return what must not have been, one sentence each."""
        found = list(self.breaches)
        if self.noticed.calls_cut:
            found.append(f"{self.noticed.calls_cut} of {len(self.noticed.outcomes)} live calls did not end confirmed")
        if self.noticed.handshakes_refused:
            refused = len(self.noticed.handshakes_refused)
            found.append(
                f"{refused} of {self.noticed.handshakes} rightful handshakes refused: {self.noticed.handshakes_refused[0]}"
            )
        if self.noticed.posts_refused:
            found.append(f"{len(self.noticed.posts_refused)} of {len(self.noticed.posts_s)} POSTs: {self.noticed.posts_refused[0]}")
        if self.noticed.post_s(0.99) >= POST_P99_S:
            found.append(f"POST p99 {self.noticed.post_s(0.99) * 1000:.0f} ms, {POST_P99_S * 1000:.0f} allowed")
        if self.times_rung > self.calls_per_number:
            found.append(f"one phone rang {self.times_rung} times, {self.calls_per_number} allowed")
        for name, before in self.before_mb.items():
            if self.after_mb[name] > before * MEMORY_GROWTH:
                found.append(f"{name} holds {self.after_mb[name]:.0f} MB after it, {before:.0f} before")
        return found

    def row(self) -> str:
        """Return the row of the table."""
        noticed = self.noticed
        memory = "; ".join(
            f"{name} {self.before_mb[name]:.0f}/{self.most_mb[name]:.0f}/{self.after_mb[name]:.0f}" for name in self.before_mb
        )
        rung = f"; the phone rang {self.times_rung} times" if self.times_rung else ""
        return (
            f"| {self.attack} | {len(noticed.outcomes) - noticed.calls_cut}/{len(noticed.outcomes)} "
            f"| {len(noticed.handshakes_refused)}/{noticed.handshakes} | {len(noticed.posts_refused)}/{len(noticed.posts_s)} "
            f"| {noticed.post_s(0.5) * 1000:.0f} / {noticed.post_s(0.99) * 1000:.0f} | {memory} | {self.answers}{rung} "
            f"| {'; '.join(self.faults) or 'held'} |"
        )


HEAD = (
    "| attack | calls that ended right | handshakes refused | POSTs refused | POST p50 / p99 ms "
    "| MB before/most/after | answers | verdict |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |"
)


async def attacked(rig: Rig, name: str, *, seconds: float, calm_s: float, first: int = 0) -> Verdict:
    """Begin twenty calls, attack for so long beside them, wait for their ends, and look at the memory `calm_s` later."""
    noticed = Noticed()
    calls = LiveCalls(rig, talk_s=seconds, first=first)
    await calls.begin()
    before = most = rig.memory_mb()
    attacker = Attacker(rig)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(watch(rig, noticed)), group.create_task(_go_on(attacker, name))]
        for _ in range(max(1, int(seconds * 2))):
            await asyncio.sleep(0.5)
            now = rig.memory_mb()
            most = {one: max(most[one], now[one]) for one in most}
        for task in tasks:
            task.cancel()
    noticed.outcomes = await calls.outcomes()
    await asyncio.sleep(calm_s)
    return Verdict(
        attack=name,
        noticed=noticed,
        answers=answers_line(attacker.answers),
        before_mb=before,
        most_mb=most,
        after_mb=rig.memory_mb(),
        breaches=await BREACHES[name](rig) if name in BREACHES else (),
        times_rung=await rig.times_rung(FLOODED_PHONE),
        calls_per_number=rig.calls_per_number,
    )


async def _go_on(attacker: Attacker, name: str) -> None:
    await ATTACKS[name](attacker)

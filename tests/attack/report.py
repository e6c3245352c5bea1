"""One attack beside live calls: what the bystanders noticed, and the verdict over it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.attack.attacker_process import AttackerProcess, attacking
from tests.attack.breaches import breaches
from tests.attack.bystanders import LiveCalls, Noticed, watch
from tests.attack.rig import Rig

POST_P99_S = 0.25
MEMORY_GROWTH = 1.10
CALM_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of the bystanders during one attack. Memory in MB by service: before it, at most, and a while after.

    `breaches` are what the attack got and must not have got.
    """

    attack: str
    noticed: Noticed
    answers: str
    before_mb: dict[str, float]
    most_mb: dict[str, float]
    after_mb: dict[str, float]
    breaches: Sequence[str] = ()

    @property
    def damage(self) -> Sequence[str]:
        """Return what must not have been, however busy the machine is: one sentence each."""
        found = [*self.breaches]
        if self.noticed.calls_cut:
            ends = dict(Counter(self.noticed.outcomes.values()))
            found.append(f"{self.noticed.calls_cut} of {len(self.noticed.outcomes)} live calls did not end confirmed: {ends}")
        if self.noticed.handshakes_refused:
            refused = len(self.noticed.handshakes_refused)
            found.append(
                f"{refused} of {self.noticed.handshakes} rightful handshakes refused: {self.noticed.handshakes_refused[0]}"
            )
        if self.noticed.posts_refused:
            found.append(f"{len(self.noticed.posts_refused)} of {len(self.noticed.posts_s)} POSTs: {self.noticed.posts_refused[0]}")
        return found

    @property
    def faults(self) -> Sequence[str]:
        """Return all that must not have been on a machine that does nothing else."""
        found = [*self.damage]
        if self.noticed.post_s(0.99) >= POST_P99_S:
            found.append(f"POST p99 {self.noticed.post_s(0.99) * 1000:.0f} ms, {POST_P99_S * 1000:.0f} allowed")
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
        return (
            f"| {self.attack} | {len(noticed.outcomes) - noticed.calls_cut}/{len(noticed.outcomes)} "
            f"| {len(noticed.handshakes_refused)}/{noticed.handshakes} | {len(noticed.posts_refused)}/{len(noticed.posts_s)} "
            f"| {noticed.post_s(0.5) * 1000:.0f} / {noticed.post_s(0.99) * 1000:.0f} | {memory} | {self.answers} "
            f"| {'; '.join(self.faults) or 'held'} |"
        )


HEAD = (
    "| attack | calls that ended right | handshakes refused | POSTs refused | POST p50 / p99 ms "
    "| MB before/most/after | answers | verdict |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |"
)


async def attacked(rig: Rig, name: str, *, seconds: float, calm_s: float) -> Verdict:
    """Begin twenty calls, attack for so long beside them, wait for their ends, and look at the memory `calm_s` later."""
    noticed = Noticed()
    calls = LiveCalls(rig, talk_s=seconds)
    await calls.begin()
    before = rig.memory_mb()
    async with attacking(rig.target) as attacker:
        answers, most = await play(rig, attacker, name, noticed, seconds=seconds)
    noticed.outcomes = await calls.outcomes()
    await asyncio.sleep(calm_s)
    return Verdict(
        attack=name,
        noticed=noticed,
        answers=answers,
        before_mb=before,
        most_mb=most,
        after_mb=rig.memory_mb(),
        breaches=await breaches(rig, name),
    )


async def play(rig: Rig, attacker: AttackerProcess, name: str, noticed: Noticed, *, seconds: float) -> tuple[str, dict[str, float]]:
    """Attack for so long, and note what the bystanders notice; returns the answers, and each service's most memory in MB."""
    most = rig.memory_mb()
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch(rig, noticed))
        await attacker.begin(name)
        for _ in range(max(1, int(seconds * 2))):
            await asyncio.sleep(0.5)
            now = rig.memory_mb()
            most = {one: max(most[one], now[one]) for one in most}
        answers = await attacker.end()
        watching.cancel()
    return answers, most

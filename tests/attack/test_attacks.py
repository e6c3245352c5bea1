"""`make attack` in short: every attack for a moment beside the same twenty calls.

How long a POST takes, and the memory a minute later, are judged by `make attack` alone.
"""

import asyncio
from pathlib import Path

import pytest

from tests.attack.attacker_process import attacking
from tests.attack.attacks import ATTACKS
from tests.attack.breaches import breaches
from tests.attack.bystanders import LiveCalls, Noticed
from tests.attack.report import Verdict, play
from tests.attack.rig import Rig, running_rig

pytestmark = [pytest.mark.system, pytest.mark.alone, pytest.mark.timeout(300)]
_SECONDS = 1.5
_MOST_GROWTH = 1.25
_GROWN_BY_BULKS = 2.5  # three lists of 7 MB are in hand, each as bytes and as text


def test_no_attack_is_noticed(tmp_path: Path) -> None:
    with running_rig(tmp_path) as rig:
        verdicts = asyncio.run(_all_played(rig))
    assert [f"{verdict.attack}: {fault}" for verdict in verdicts for fault in (*verdict.damage, *_swollen(verdict))] == []


async def _all_played(rig: Rig) -> list[Verdict]:
    """Return a verdict on each attack, and one on all of them, with the calls' ends."""
    calls = LiveCalls(rig, talk_s=_SECONDS * len(ATTACKS))
    await calls.begin()
    before, verdicts = rig.memory_mb(), []
    async with attacking(rig.target) as attacker:
        for name in ATTACKS:
            noticed = Noticed()
            answers, most = await play(rig, attacker, name, noticed, seconds=_SECONDS)
            assert noticed.handshakes
            assert noticed.posts_s
            verdicts.append(Verdict(attack=name, noticed=noticed, answers=answers, before_mb=before, most_mb=most, after_mb=most))
    ended, after = Noticed(outcomes=await calls.outcomes()), rig.memory_mb()
    got = [breach for name in ATTACKS for breach in await breaches(rig, name)]
    last = Verdict(attack="all", noticed=ended, answers="", before_mb=before, most_mb=after, after_mb=after, breaches=got)
    return [*verdicts, last]


def _swollen(verdict: Verdict) -> list[str]:
    return [
        f"{name} took {verdict.most_mb[name]:.0f} MB, {before:.0f} before"
        for name, before in verdict.before_mb.items()
        if verdict.most_mb[name] > before * (_GROWN_BY_BULKS if verdict.attack in {"great_bulks", "all"} else _MOST_GROWTH)
    ]

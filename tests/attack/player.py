"""Plays attacks in a process of its own, so that what the bystanders measure is not the attacker's own work.

Reads lines from stdin: first the target (JSON object: the fields of `Target`); then the name of an attack, which begins, and an
empty line, which ends it; and so on. Writes a line when it is ready, and the answers at the end of each attack. It ends if its
stdin does.
"""

import asyncio
import contextlib
import json
import sys

from tests.attack.attacker import Attacker
from tests.attack.attacks import ATTACKS, answers_line
from tests.attack.rig import Target


async def _play() -> None:
    lines = await _stdin()
    target = Target(**json.loads(await lines.readline()))
    _say("ready")
    while name := (await lines.readline()).decode().strip():
        attacker = Attacker(target)
        async with asyncio.TaskGroup() as group:
            playing = group.create_task(_play_one(attacker, name))
            await lines.readline()
            playing.cancel()
        _say(answers_line(attacker.answers))


async def _play_one(attacker: Attacker, name: str) -> None:
    await ATTACKS[name](attacker)


async def _stdin() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_play())

"""The process that attacks: begins and ends attacks on request, and tells their answers."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict

from tests.attack.rig import Target
from tools.stack import PROJECT

_LIMIT_S = 30.0  # for its start and for an answer, on a busy machine


class AttackerProcess:
    """Plays one attack at a time."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def begin(self, attack: str) -> None:
        """Begin an attack."""
        await self._tell(attack)

    async def end(self) -> str:
        """End the attack; returns the answers, `{"403": 12}`."""
        await self._tell("")
        return await self.line()

    async def line(self) -> str:
        """Return the next line that it writes.

        Raises:
            TimeoutError: There is none.
        """
        assert self._process.stdout is not None
        async with asyncio.timeout(_LIMIT_S):
            line = await self._process.stdout.readline()
        assert line, "the attacker has ended: see its error above"
        return line.decode().strip()

    async def _tell(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{text}\n".encode())
        await self._process.stdin.drain()


@asynccontextmanager
async def attacking(target: Target) -> AsyncIterator[AttackerProcess]:
    """Start the process; it ends with the block, and with this process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.attack.player"), cwd=PROJECT, stdin=PIPE, stdout=PIPE
    )
    try:
        made = AttackerProcess(process)
        await made.begin(json.dumps(asdict(target)))
        await made.line()
        yield made
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()

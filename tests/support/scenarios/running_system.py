"""The whole system between both simulators, as separate processes."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simulators.profile import DEFAULT, Profile
from tools.demo import environment
from tools.ports import free_port
from tools.stack import Stack, our_parts

_SETTINGS: Mapping[str, str] = {
    "CALLS_PER_SECOND": "5",
    "MAX_CONCURRENT_CALLS": "60",
    "RING_TIMEOUT_S": "5",
    "HANGUP_GRACE_S": "8",
    "RECONCILE_AFTER_S": "6",
    "RETRY_DELAYS": "busy:1,no_answer:1,machine:1,failed:1,undecided:1,error:1",
    "MAX_ATTEMPTS": "3",
}
"""Shortened waits. An order is called once, unless its scenario sets `max_attempts`."""


@dataclass(frozen=True, slots=True)
class RunningSystem:
    """The addresses of the system's parts."""

    stack: Stack
    folder: Path
    api_url: str
    twilio_url: str
    openai_url: str
    redis_url: str
    shop_number: str

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a part."""
        os.kill(self.stack.pid(name), number)


@contextmanager
def running_system(
    folder: Path, *, settings: Mapping[str, str] | None = None, profile: Profile = DEFAULT, seed: int = 1
) -> Iterator[RunningSystem]:
    """Start all parts with these settings in addition to the usual ones; stop them at the end, the dialer first."""
    port, twilio_port, openai_port = free_port(), free_port(), free_port()
    env = {**environment.settings(port=port, twilio_port=twilio_port, openai_port=openai_port), **_SETTINGS, **(settings or {})}
    (folder / "recordings").mkdir(parents=True)
    with Stack(folder, env, report=lambda _line: None) as stack:
        stack.start_valkey()
        both = environment.simulators(
            env, twilio_port=twilio_port, openai_port=openai_port, folder=folder, profile=profile, seed=seed
        )
        stack.start_all((*both, *our_parts(port, folder, redis_urls=stack.service_redis_urls)))
        yield RunningSystem(
            stack=stack,
            folder=folder,
            api_url=env["PUBLIC_URL"],
            twilio_url=env["TWILIO_API_URL"],
            openai_url=f"http://127.0.0.1:{openai_port}",
            redis_url=stack.socket_url,
            shop_number=env["TWILIO_FROM_NUMBERS"].partition(",")[0],
        )

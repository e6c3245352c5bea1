"""The system under attack: all parts as processes, with the addresses of each, their memory, and their secrets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from tools.demo import environment
from tools.ports import free_port
from tools.stack import Stack, our_parts

KEY = environment.API_KEY
TEST_KEY = "test_key-of-shopaz-0001"
OTHER_KEY = "live-key-of-another-shop"
CALLS_PER_NUMBER = 6
_SETTINGS = {
    "API_KEYS": f"{environment.SHOP}:{KEY},{environment.SHOP}:{TEST_KEY},gjirafa:{OTHER_KEY}",
    "CALLS_PER_SECOND": "10",
    "MAX_CONCURRENT_CALLS": "60",
    "RING_TIMEOUT_S": "5",
    "MAX_ATTEMPTS": "1",
    "MAX_CALLS_PER_NUMBER": f"{CALLS_PER_NUMBER}/86400",
    "MEDIA_BRIDGE_PROCESSES": "1",
    "MAX_STREAMS": "200",
    "DRAIN_TIMEOUT_S": "10",  # all calls have ended when the rig stops, unless somebody stops the attack
}


@dataclass(frozen=True, slots=True)
class Target:
    """What an attacker knows: where everything is. Addresses are `host:port` on loopback."""

    gateway: str
    webhook: str
    bridge: str
    twilio_url: str
    openai_url: str
    shop_number: str
    auth_token: str

    @property
    def api_url(self) -> str:
        """The public origin, by which Twilio and the shops come."""
        return f"http://{self.gateway}"


@dataclass(frozen=True, slots=True)
class Rig(Target):
    """The target with its processes; `folder` holds logs and data."""

    stack: Stack
    folder: Path

    @property
    def target(self) -> Target:
        """What another process may know of it."""
        return Target(**{one.name: getattr(self, one.name) for one in fields(Target)})

    def memory_mb(self) -> dict[str, float]:
        """Return the resident memory of each of our services, children included."""
        return {
            name: sum(map(_rss_mb, process_tree(self.stack.pid(name)))) for name in ("webhook", "media_bridge", "dialer_worker")
        }


@contextmanager
def running_rig(folder: Path, **settings: str) -> Iterator[Rig]:
    """Start all parts; stop them at the end."""
    port, twilio_port, openai_port = free_port(), free_port(), free_port()
    env = {**environment.settings(port=port, twilio_port=twilio_port, openai_port=openai_port), **_SETTINGS, **settings}
    (folder / "recordings").mkdir(parents=True)
    with Stack(folder, env, report=lambda _line: None) as stack:
        stack.start_valkey()
        parts = our_parts(port, folder, redis_urls=stack.service_redis_urls)
        stack.start_all((*environment.simulators(env, twilio_port=twilio_port, openai_port=openai_port, folder=folder), *parts))
        addresses = {part.name: (part.ready_url or "").removeprefix("http://").partition("/")[0] for part in parts}
        yield Rig(
            stack=stack,
            folder=folder,
            gateway=addresses["gateway"],
            webhook=addresses["webhook"],
            bridge=addresses["media_bridge"],
            twilio_url=env["TWILIO_API_URL"],
            openai_url=f"http://127.0.0.1:{openai_port}",
            shop_number=env["TWILIO_FROM_NUMBERS"].partition(",")[0],
            auth_token=env["TWILIO_AUTH_TOKEN"],
        )


def process_tree(pid: int) -> Iterator[int]:
    """Yield a process and its descendants, those that other threads than its first have started not included."""
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from process_tree(int(child))


def _rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0

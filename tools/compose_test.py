"""`make compose-test`: runs docker-compose.yml in real containers, with two bridges and two dialers, on the demo's twelve orders.

It needs an engine, and `docker compose` or `docker-compose`. Everything runs under a project name of its own, so it touches
nothing of a system that runs on this machine. The images that it built stay for the next run.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values
from rich.console import Console

from shared.runtime.private_files import create_private, make_private_folder
from tools.compose_secrets import write_secrets
from tools.demo.demo import Demo
from tools.demo.environment import SHOP
from tools.demo.environment import settings as demo_settings
from tools.ports import free_port
from tools.redis_users import crm_user, user_url
from tools.stack import PROJECT

_COMPOSES = (("docker", "compose"), ("docker-compose",))
_SERVICES = ("webhook", "media_bridge", "dialer_worker", "gateway", "valkey")
_SECRETS = PROJECT / "var" / "compose-test-secrets"
_UP_LIMIT_S = 180
_SCALE = {"media_bridge": 2, "dialer_worker": 2}


class ComposeError(Exception):
    """A step of the test failed; the message says which."""


@dataclass(frozen=True, slots=True)
class Compose:
    """Runs `docker compose` for one project with the given environment variables."""

    command: tuple[str, ...]
    env: Mapping[str, str]

    def run(self, *arguments: str) -> None:
        """Run one subcommand; its output goes to our own output.

        Raises:
            ComposeError: The subcommand failed.
        """
        if subprocess.run([*self.command, *arguments], cwd=PROJECT, env=self.env, check=False).returncode:
            raise ComposeError(f"compose {arguments[0]} failed")

    def output(self, *arguments: str) -> str:
        """Return what one subcommand prints."""
        done = subprocess.run([*self.command, *arguments], cwd=PROJECT, env=self.env, check=False, capture_output=True, text=True)
        if done.returncode:
            raise ComposeError(f"compose {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout


def find_compose(env: Mapping[str, str]) -> Compose:
    """Return the compose command that is installed and reaches an engine.

    Raises:
        ComposeError: There is none.
    """
    for words in _COMPOSES:
        files = ("-f", "docker-compose.yml", "-f", "deploy/compose-test.yml")
        found = Compose((*words, "-p", "order-calls-test", *files, "--profile", "demo"), env)
        try:
            found.output("ps")
        except (ComposeError, OSError):
            continue
        return found
    raise ComposeError("no container engine is at hand: start Docker (or point DOCKER_HOST at one) and try again")


def ended_badly(compose: Compose) -> list[str]:
    """Return the stopped containers that did not end with 0."""
    lines = compose.output("ps", "--all", "--format", "json").splitlines()
    containers = [json.loads(line) for line in lines if line.strip()]
    return [f"{one['Name']} ({one['ExitCode']})" for one in containers if one["Service"] in _SERVICES and one["ExitCode"] != 0]


def idle_replicas(compose: Compose) -> list[str]:
    """Return the replicas of scaled services that did no work: their log names no call."""
    busy = {
        line.split("|")[0].strip()
        for service in _SCALE
        for line in compose.output("logs", "--no-color", service).splitlines()
        if "call_sid" in line
    }
    wanted = {f"{service}-{number}" for service, count in _SCALE.items() for number in range(1, count + 1)}
    return sorted(wanted - busy)


async def _play(ports: Mapping[str, int], folder: Path, console: Console) -> bool:
    env = demo_settings(port=ports["gateway"], twilio_port=ports["twilio"], openai_port=ports["openai"])
    redis_url = user_url(f"redis://127.0.0.1:{ports['valkey']}/0", crm_user(SHOP), _crm_password())
    demo = Demo(env, folder, console, openai_port=ports["openai"], redis_url=redis_url)
    try:
        return await demo.play()
    finally:
        await demo.close()


def _crm_password() -> str:
    """Return the password of the shop's own user in Redis."""
    passwords: dict[str, str] = json.loads((_SECRETS / "redis-users.json").read_text("utf-8"))
    return passwords[crm_user(SHOP)]


def prove(compose: Compose, ports: Mapping[str, int], folder: Path, console: Console) -> None:
    """Start all containers, play the demo, and stop them.

    Raises:
        ComposeError: A check failed.
    """
    scale = [word for service, count in _SCALE.items() for word in ("--scale", f"{service}={count}")]
    compose.run("up", "--detach", "--no-build", "--wait", "--wait-timeout", str(_UP_LIMIT_S), *scale)
    try:
        is_well = asyncio.run(_play(ports, folder, console))
        idle = idle_replicas(compose)
    finally:
        compose.run("stop")
        create_private(folder / "containers.log")
        (folder / "containers.log").write_text(compose.output("logs", "--no-color", "--timestamps"))
    if not is_well:
        raise ComposeError("not every customer's outcome was the expected one")
    if idle:
        raise ComposeError(f"replicas without work: {', '.join(idle)}")
    if bad := ended_badly(compose):
        raise ComposeError(f"did not end with 0: {', '.join(bad)}")


def main() -> int:
    """Return 0 if the twelve orders ended as expected and every container stopped cleanly."""
    parser = argparse.ArgumentParser(prog="python -m tools.compose_test", description=__doc__)
    parser.add_argument("--no-build", action="store_true", help="use the images that exist already")
    parser.add_argument("--folder", type=Path, default=PROJECT / "var" / "compose-test", help="the folder for all files of the run")
    chosen = parser.parse_args()
    make_private_folder(chosen.folder)
    console = Console()
    ports = {name: free_port() for name in ("gateway", "twilio", "openai", "valkey")}
    env = {
        **os.environ,
        "COMPOSE_ENV_FILES": "deploy/demo.env",
        "SECRETS": str(_SECRETS),
        "PUBLISHED_PORT": str(ports["gateway"]),
        "TWILIO_SIMULATOR_PORT": str(ports["twilio"]),
        "OPENAI_SIMULATOR_PORT": str(ports["openai"]),
        "VALKEY_PORT": str(ports["valkey"]),
    }
    try:
        demo = dotenv_values(PROJECT / "deploy" / "demo.env", interpolate=False)
        write_secrets({name: value or "" for name, value in demo.items()}, _SECRETS)
        compose = find_compose(env)
        if not chosen.no_build:
            compose.run("build")
        try:
            prove(compose, ports, chosen.folder, console)
        finally:
            compose.run("down", "--volumes", "--remove-orphans")
    except ComposeError as error:
        console.print(f"[red]{error}[/]; logs: {chosen.folder / 'containers.log'}")
        return 1
    console.print("[green]docker-compose.yml holds[/]")
    return 0


if __name__ == "__main__":
    sys.exit(main())

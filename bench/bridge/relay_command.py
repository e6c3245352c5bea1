"""The command line of the bare relays that the bridge is measured against."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence

import uvloop


def run_relay(serve: Callable[[int, str], Awaitable[None]], arguments: Sequence[str], *, description: str | None) -> None:
    """Run `serve(port, model_url)` on uvloop until the process is ended."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--model-url", required=True)
    options = parser.parse_args(arguments)

    async def relay() -> None:
        await serve(options.port, options.model_url)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(relay())

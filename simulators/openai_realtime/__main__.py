"""The OpenAI Realtime simulator as a program of its own: `python -m simulators.openai_realtime`."""

import argparse
import socket

import uvicorn

from simulators.openai_realtime.faults import Faults
from simulators.openai_realtime.server import BreakableProtocol, Simulator, application
from simulators.profile import DEFAULT, Profile

_LONGEST_FRAME_BYTES = 32 * 1024 * 1024
"""The largest frame: 15 MiB of audio as base64, with some room for the rest of the JSON."""


def main() -> None:
    """Serve until SIGINT or SIGTERM; print one line with the URL once connections are accepted."""
    parser = argparse.ArgumentParser(prog="python -m simulators.openai_realtime", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5070, help="0 takes a free port")
    parser.add_argument("--api-key", required=True, help="the key that handshakes must carry")
    parser.add_argument("--latency-ms", type=int, default=300, help="time from response.created to the first output")
    parser.add_argument("--burst", type=float, default=5.0, help="how many times faster than real time audio is sent")
    parser.add_argument(
        "--profile", type=Profile, choices=list(Profile), default=DEFAULT, help="how the model behaves (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="the seed of all that the profile leaves to chance")
    options = parser.parse_args()
    usual = Faults(response_latency_ms=options.latency_ms, burst=options.burst)
    usual = usual.but({"profile": options.profile, "seed": options.seed})
    with socket.create_server((options.host, options.port), backlog=1024) as listener:
        port = listener.getsockname()[1]
        app = application(Simulator(api_key=options.api_key, usual=usual))
        config = uvicorn.Config(
            app,
            ws=BreakableProtocol,
            ws_max_size=_LONGEST_FRAME_BYTES,
            ws_per_message_deflate=False,
            log_level="warning",
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
        print(f"OpenAI Realtime simulator: ws://{options.host}:{port}/v1/realtime", flush=True)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()

"""The command line of the microphone client: `make mic`, `python -m tools.mic_client --help`."""

import asyncio
import sys

from rich.console import Console

from tools.mic_client.device import device_list, load_portaudio
from tools.mic_client.options import UsageError, environ_with_local, options_of, parse
from tools.mic_client.screen import Screen
from tools.mic_client.session import run

_USAGE = 2


def main(arguments: list[str]) -> int:
    """Hold one call; return 0 if it took place, 2 if the user must fix something first."""
    console = Console(highlight=False)
    environ = environ_with_local()
    chosen = parse(arguments, environ)
    try:
        if chosen.list_devices:
            console.print(device_list(load_portaudio()), markup=False)
            return 0
        options = options_of(chosen, environ)
        with Screen(console, shows_meter=options.shows_meter and console.is_terminal) as screen:
            confirmation = asyncio.run(run(options, screen))
    except UsageError as error:
        console.print(str(error), style="yellow", markup=False)
        return _USAGE
    except KeyboardInterrupt:
        return 130
    if confirmation is not None:
        evidence = confirmation["evidence"] or {}
        how = f" (by {evidence['channel']})" if evidence else ""
        console.print(
            f"outcome: {confirmation['outcome'] or 'none'}{how}, the last call: {_last_result(confirmation)}", markup=False
        )
    return 0


def _last_result(confirmation: dict[str, list[dict[str, str]]]) -> str:
    attempts = confirmation["attempts"]
    return str(attempts[-1]["result"]) if attempts else "none"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`make run`: the services, the gateway and, unless REDIS_URL is set, an embedded Valkey, with the real Twilio and OpenAI."""

import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from shared.settings.environ import EXIT_CODE, parse_settings, read_environ
from shared.settings.groups import GatewaySettings
from shared.twilio.callback_urls import CallbackUrls
from tools.generators.all_settings import setting_faults
from tools.ports import free_port
from tools.stack import PROJECT, Stack, StackError, our_parts

_WATCH_EVERY_S = 1.0

_NEXT = """
Ready: http://127.0.0.1:{port}  (API page: {public_url}/docs, logs: {logs})

1. Let Twilio reach this machine (skip it where {public_url} already leads here):
     ngrok http {port}          or     cloudflared tunnel --url http://localhost:{port}
   and set PUBLIC_URL in .env to the address it prints, then start again.
2. Twilio console, Phone Numbers > your number > Voice Configuration, for customers who call back; both with HTTP POST:
     A call comes in (Webhook):  {incoming}
     Call status changes:        {incoming_status}
   (what stands behind the # makes Twilio ask again after a fault of the network)
3. Post an order (this phones a real person):
     curl -X POST {public_url}/v1/confirmations \\
       -H 'Authorization: Bearer YOUR_API_KEY' -H 'Content-Type: application/json' \\
       -d '{{"order": {{"id": "SHP-1", "total": "59.90", "currency": "EUR"}}, "company": "Shopaz",
            "customer": {{"phone": "+38344123456", "language": "sq"}}}}'

Ctrl-C ends it; calls that are going on may finish first.
"""


def main() -> int:
    """Check the settings, start everything, and keep it running until a signal to stop; return the exit code."""
    environ = read_environ()
    faults = setting_faults(environ)
    if faults:
        sys.stderr.write("wrong settings: " + "; ".join(faults) + "\n")
        if not Path(".env").is_file():
            sys.stderr.write("there is no .env here: cp .env.example .env, and fill it in (README, Going live)\n")
        return EXIT_CODE
    port = parse_settings(GatewaySettings, environ).port
    if free_port(port) != port:
        sys.stderr.write(f"port {port} is taken: stop what listens there, or set PORT to another one\n")
        return 1
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    folder = PROJECT / "var" / "run"
    with Stack(folder, environ, report=_tell) as stack:
        try:
            redis_urls: Mapping[str, str] = {}
            if not environ.get("REDIS_URL"):
                stack.start_valkey()
                redis_urls = stack.service_redis_urls
            bind = environ.get("GATEWAY_BIND") or "0.0.0.0"  # noqa: S104 - the public port; the services listen on loopback
            stack.start_all(our_parts(port, folder, redis_urls=redis_urls, bind=bind))
        except StackError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        public_url = environ["PUBLIC_URL"].rstrip("/")
        print(next_steps(port, public_url, folder / "logs"))
        while not stop.wait(_WATCH_EVERY_S):
            for name in stack.restart_dead():
                _tell(f"{name}: had ended, started again (see {folder / 'logs' / name}.log)")
        _tell("stopping: calls that are going on may finish first")
    return 0


def next_steps(port: int, public_url: str, logs: Path) -> str:
    """Return the lines that say what to do next, for the person who started the system."""
    urls = CallbackUrls(public_url)
    return _NEXT.format(port=port, public_url=public_url, logs=logs, incoming=urls.incoming, incoming_status=urls.incoming_status)


def _tell(line: str) -> None:
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

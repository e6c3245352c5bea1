"""`make run`: the services, the gateway and, unless REDIS_URL is set, an embedded Valkey, with the real Twilio and OpenAI."""

import argparse
import signal
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from shared.settings.environ import EXIT_CODE, parse_settings, read_environ, secret_text
from shared.settings.groups import DialerAddress, GatewaySettings, MediaBridgeAddress, WebhookAddress
from shared.settings.parsers import Bind
from shared.twilio.callback_urls import CallbackUrls
from tools.generators.all_settings import setting_faults
from tools.ports import free_port
from tools.stack import ANY_ADDRESS, BIND_SETTINGS, LOOPBACK, PROJECT, REDIS_PORT, PublicAddress, Stack, StackError, our_parts

FOLDER = PROJECT / "var" / "run"
"""All files of the run: `data/` (the embedded Valkey's) and `logs/`."""
_WATCH_EVERY_S = 1.0

_NEXT = """
Ready: {here}  (API page: {public_url}/docs)

{places}
/healthz, /readyz and /metrics are at each service's own address; others reach the gateway only.

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
    parser = argparse.ArgumentParser(prog="python -m tools.run", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the folder for all files of the run (default: %(default)s)")
    folder: Path = parser.parse_args().folder.resolve()
    environ = read_environ()
    faults = setting_faults(environ)
    if faults:
        sys.stderr.write("wrong settings: " + "; ".join(faults) + "\n")
        if not Path(".env").is_file():
            sys.stderr.write("there is no .env here: cp .env.example .env, and fill it in (README, Go live)\n")
        return EXIT_CODE
    try:
        public, binds = public_address(environ), service_binds(environ)
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    try:
        with Stack(folder, environ, report=_tell) as stack:
            _run(stack, environ, public=public, binds=binds)
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run(stack: Stack, environ: Mapping[str, str], *, public: PublicAddress, binds: Mapping[str, Bind]) -> None:
    """Start everything, say where it is, and keep it running until a signal to stop."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    redis_urls: Mapping[str, str] = {}
    redis = ["the one of REDIS_URL"]
    if not secret_text("REDIS_URL", environ):
        stack.start_valkey(port=free_port(REDIS_PORT))
        redis_urls = stack.service_redis_urls
        address = f"{LOOPBACK}:{stack.valkey.port}/0"
        files = stack.valkey.write_urls().items()
        redis = [f"redis://crm_{shop}:...@{address} for {shop}'s system; whole in {file}" for shop, file in files]
    stack.start_all(our_parts(public, stack.folder, redis_urls=redis_urls, binds=binds))
    logs = stack.folder / "logs"
    print(next_steps(public, environ["PUBLIC_URL"].rstrip("/"), places_of(public, binds, redis=redis, logs=logs)), flush=True)
    while not stop.wait(_WATCH_EVERY_S):
        for name in stack.restart_dead():
            _tell(f"{name}: had ended, started again (see {logs / name}.log)")
    _tell("stopping: calls that are going on may finish first")


def public_address(environ: Mapping[str, str]) -> PublicAddress:
    """Return where the gateway listens: at PORT, GATEWAY_BIND (all addresses) and, with a certificate, under GATEWAY_SITE.

    Raises:
        StackError: The port is taken, or this user may not open it.
    """
    port = parse_settings(GatewaySettings, environ).port
    _claim("PORT", port)
    return PublicAddress(port, environ.get("GATEWAY_BIND") or ANY_ADDRESS, environ.get("GATEWAY_SITE") or "http://")


def service_binds(environ: Mapping[str, str]) -> Mapping[str, Bind]:
    """Return where each service listens: as its setting says; without it at its usual port if that is free, else at another.

    Raises:
        StackError: A port that a setting names is taken, or the gateway can't reach a service there.
    """
    chosen = (parse_settings(WebhookAddress, environ).webhook_bind, parse_settings(MediaBridgeAddress, environ).media_bridge_bind)
    binds = dict(zip(BIND_SETTINGS, (*chosen, parse_settings(DialerAddress, environ).dialer_bind), strict=True))
    for name, setting in BIND_SETTINGS.items():
        bind = binds[name]
        if ":" in bind.host:
            raise StackError(f"{setting} is an IPv6 address: the gateway of `make run` reaches the services by IPv4 only")
        if not environ.get(setting) or bind.port == 0:
            binds[name] = Bind(bind.host, free_port(bind.port or None))
        else:
            _claim(setting, bind.port)
    return binds


def places_of(public: PublicAddress, binds: Mapping[str, Bind], *, redis: Iterable[str], logs: Path) -> str:
    """Return a line for each place that an operator looks for; none holds a password."""
    lines = [("gateway", f"{public.host}:{public.port}")]
    lines += [(name, f"http://{LOOPBACK if bind.host == ANY_ADDRESS else bind.host}:{bind.port}") for name, bind in binds.items()]
    lines += [("Redis", line) for line in redis]
    lines.append(("logs", str(logs)))
    return "\n".join(f"  {name:<14} {place}" for name, place in lines)


def next_steps(public: PublicAddress, public_url: str, places: str) -> str:
    """Return the lines that say where everything is and what to do next, for the person who started the system."""
    urls = CallbackUrls(public_url)
    here = f"https://{public.name}:{public.port}" if public.name else public.here
    told = {"incoming": urls.incoming, "incoming_status": urls.incoming_status}
    return _NEXT.format(here=here, port=public.port, public_url=public_url, places=places, **told)


def _claim(setting: str, port: int) -> None:
    """Raise `StackError` if the port can't be opened."""
    if free_port(port) != port:
        raise StackError(f"port {port} is taken, or this user may not open it: stop what listens there, or change {setting}")


def _tell(line: str) -> None:
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

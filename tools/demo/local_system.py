"""`make run-local`: the demo's parts run until Ctrl-C and wait for the user's own orders."""

import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from shared.runtime.private_files import create_private
from tools.demo.environment import API_KEY, SHOP
from tools.stack import Stack

LOCAL_ENV = "local.env"
"""This file exists in the folder while `make run-local` waits."""
_LEFT = ("SOFTPHONE_URL", "API_KEYS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "PUBLIC_URL")


def own_model(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of the user's own speech model, which replaces the simulator in `make run-local`."""
    if not environ.get("OPENAI_REALTIME_URL"):
        return {}
    names = ("OPENAI_REALTIME_URL", "OPENAI_API_KEY", "OPENAI_REALTIME_MODEL", "OPENAI_VOICE")
    return {name: environ[name] for name in names if environ.get(name)}


def leave_settings(folder: Path, env: Mapping[str, str]) -> None:
    """Write the settings that `make mic` needs to call as Twilio would, readable by this user only."""
    path = folder / LOCAL_ENV
    create_private(path)
    path.write_text("".join(f"{name}={env[name]}\n" for name in _LEFT if name in env))


def wait_for_orders(stack: Stack, env: Mapping[str, str], console: Console, *, webhook_port: int) -> None:
    """Keep the parts running until Ctrl-C. The softphone is at the webhook service's own port, which only this machine reaches."""
    console.print(
        f"\nReady for your orders: {env['PUBLIC_URL']}  (API page {env['PUBLIC_URL']}/docs)\n"
        f"  curl -X POST {env['PUBLIC_URL']}/v1/confirmations -H 'Authorization: Bearer {API_KEY}' \\\n"
        '    -H \'Content-Type: application/json\' -d \'{"order": {"id": "SHP-1"}, "company": "Shopaz",\n'
        '    "customer": {"phone": "+38344123456"}}\'\n'
        f"Talk to the bot yourself: http://127.0.0.1:{webhook_port}/softphone in a browser, or `make mic` in another terminal\n"
        f"What the called people do: PUT {env['TWILIO_API_URL']}/simulator/people/PHONE "
        "(simulators/customer_script/script.py shows scripts)\n"
        f"REDIS_URL of the shop's own system: in {stack.valkey.write_urls()[SHOP]} (docs/crm.md has examples)\n"
        "Ctrl-C ends it.",
        highlight=False,
    )
    while not stack.dead():
        time.sleep(0.5)
    console.print(f"[red]{', '.join(stack.dead())} ended by itself: see {stack.folder / 'logs'}[/]")

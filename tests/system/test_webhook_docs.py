"""The receiver of docs/webhooks.md takes what the webhook deliverer sends, and nothing else."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from services.dialer_worker.crash_guard import CrashGuard
from services.dialer_worker.deliveries.deliverer import WebhookDeliverer
from services.dialer_worker.deliveries.http_post import open_http_poster
from services.dialer_worker.worker_counts import WorkerCount
from shared.core.lifecycle.shop_event import EventType
from shared.core.webhook_endpoints.endpoint import Endpoint, secret_of
from shared.store import connect
from tests.support.orders import ALWAYS, NOON, an_order
from tests.support.php import php_with
from tests.support.sealing import SEALING_KEY
from tests.system.store.conftest import CALL
from tools.ports import free_port

pytestmark = pytest.mark.system
ROOT = Path(__file__).resolve().parents[2]
SECRET = secret_of(bytes(range(32)))


def example(name: str) -> str:
    text = (ROOT / "docs" / "webhooks.md").read_text("utf-8")
    found = re.search(rf"<!-- tested: {name} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found, name
    return found[1]


@dataclass(frozen=True, slots=True)
class PhpShop:
    """The example, served by PHP's own web server."""

    url: str
    log: Path

    def told(self) -> str:
        return self.log.read_text("utf-8")


@contextmanager
def running_shop(folder: Path) -> Iterator[PhpShop]:
    php, port, log = php_with(), free_port(), folder / "php.log"
    (folder / "hook.php").write_text(example("webhook-php"), "utf-8")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [php, "-S", f"127.0.0.1:{port}", "hook.php"],
            cwd=folder,
            env={"WEBHOOK_SECRET": SECRET},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 10
        while "started" not in log.read_text("utf-8"):
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline, log.read_text("utf-8")
            time.sleep(0.02)
        yield PhpShop(f"http://127.0.0.1:{port}/hooks/orders", log)
    finally:
        process.kill()
        process.wait()


async def test_the_php_receiver_takes_what_we_send(valkey_url: str, tmp_path: Path) -> None:
    store, counts = connect(valkey_url, ALWAYS, encryption_keys=(SEALING_KEY,)), list[WorkerCount]()
    with running_shop(tmp_path) as shop:
        endpoint = Endpoint(id="whe_1", shop="shopaz", url=shop.url, events=(EventType.FINISHED,), secret=SECRET, created_at=NOON)
        await store.webhooks.save(endpoint)
        await store.confirmations.submit(an_order(1, at=await store.now()))
        for make_fact in CALL:
            await store.confirmations.apply(an_order(1).id, make_fact)
        open_poster = partial(open_http_poster, allows_private=True)
        crash_guard = CrashGuard(store.dialing.crash_counts)
        deliverer = WebhookDeliverer(store, open_poster, crash_guard=crash_guard, report_count=counts.append)
        await deliverer.deliver("whe_1")
        assert [count.label for count in counts] == ["delivered"]
        assert f"{an_order(1).order.id} confirmed" in shop.told()
    await store.close()


def test_the_php_receiver_refuses_what_is_not_ours(tmp_path: Path) -> None:
    body = b'{"data": {"order_id": "A-1", "outcome": "confirmed"}}'

    def headers(secret: str, *, age: timedelta = timedelta()) -> dict[str, str]:
        at = datetime.now(UTC) - age
        signed = Webhook(secret).sign("cnf_1.5", at, body.decode())
        return {"webhook-id": "cnf_1.5", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signed}

    with running_shop(tmp_path) as shop, httpx.Client() as client:
        good, foreign, old = headers(SECRET), headers(secret_of(bytes(32))), headers(SECRET, age=timedelta(minutes=6))
        both = {**good, "webhook-signature": f"{foreign['webhook-signature']} {good['webhook-signature']}"}
        answers = [client.post(shop.url, content=body, headers=each).status_code for each in (good, both, foreign, old, {})]
        assert answers == [204, 204, 401, 401, 401]
        assert client.post(shop.url, content=body + b" ", headers=good).status_code == 401

"""The sample CRM misses no outcome and counts none twice, whatever is killed meanwhile."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from shared.core.lifecycle.facts import Withdrawn
from shared.store import connect
from tests.support.orders import ALWAYS, NOON, an_order
from tests.support.valkey import ValkeyServer, running_valkey
from tools.crm_example.__main__ import main
from tools.crm_example.database import Database
from tools.ports import free_port

pytestmark = pytest.mark.system
ROOT = Path(__file__).resolve().parents[3]
LOG = "outcomes:shopaz:log"


def event(number: int, *, sequence: int = 5, outcome: str = "confirmed") -> dict[str, object]:
    data = {"confirmation_id": f"cnf_{number}", "order_id": f"A-{number:04}", "status": "finished", "outcome": outcome}
    rest = {"attempts": 1, "sequence": sequence, "evidence": {"quote": "Po."}}
    return {"id": f"cnf_{number}.{sequence}", "time": "2026-11-23T12:00:00.000Z", "data": {**data, **rest}}


def publish(url: str, *events: dict[str, object]) -> None:
    with Redis.from_url(url) as client:
        pipe = client.pipeline(transaction=False)
        for one in events:
            pipe.xadd(LOG, {"event": json.dumps(one)})
        pipe.execute()


def crm(url: str, folder: Path, *more: str) -> int:
    return main(["--shop", "shopaz", "--redis-url", url, "--database", str(folder / "crm.sqlite3"), *more])


def orders(folder: Path) -> list[tuple[str, str]]:
    database = Database(folder / "crm.sqlite3")
    try:
        return database.orders()
    finally:
        database.close()


@contextmanager
def running_crm(url: str, folder: Path, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    words = ["--shop", "shopaz", "--redis-url", url, "--database", str(folder / "crm.sqlite3"), *more]
    process = subprocess.Popen([sys.executable, "-m", "tools.crm_example", *words], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def becomes_whole(folder: Path, count: int, limit_s: float = 20) -> None:
    deadline = time.monotonic() + limit_s
    while len(orders(folder)) < count:
        assert time.monotonic() < deadline, f"{len(orders(folder))} of {count} orders"
        time.sleep(0.05)


async def test_it_takes_in_what_the_store_tells(valkey_url: str, tmp_path: Path) -> None:
    store = connect(valkey_url, ALWAYS)
    for number in (1, 2):
        await store.confirmations.submit(an_order(number, at=NOON))
        await store.confirmations.apply(an_order(number).id, Withdrawn)
    await store.close()
    assert crm(valkey_url, tmp_path, "--once") == 0
    assert orders(tmp_path) == [("A-1", "withdrawn"), ("A-2", "withdrawn")]


def test_an_event_counts_once_and_an_older_one_not_at_all(valkey_url: str, tmp_path: Path) -> None:
    publish(valkey_url, event(1), event(1), event(1, sequence=4, outcome="cancelled"))
    crm(valkey_url, tmp_path, "--once")
    assert orders(tmp_path) == [("A-0001", "confirmed")]


def test_what_is_no_event_is_put_aside_and_stops_nothing(
    valkey_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Redis.from_url(valkey_url) as client:
        client.xadd(LOG, {"event": "nonsense"})
        client.xadd(LOG, {"other": "field"})
    publish(valkey_url, event(1))
    crm(valkey_url, tmp_path, "--once")
    assert capsys.readouterr().out.count("put aside") == 2
    assert orders(tmp_path) == [("A-0001", "confirmed")]


def test_what_another_reader_left_is_taken_over(valkey_url: str, tmp_path: Path) -> None:
    publish(valkey_url, event(1), event(2))
    with Redis.from_url(valkey_url) as client:
        client.xgroup_create(LOG, "crm", id="0")
        client.xreadgroup("crm", "dead", {LOG: ">"})
        client.xdel(LOG, client.xrange(LOG)[1][0])  # erased meanwhile
    crm(valkey_url, tmp_path, "--once", "--claim-after-s", "3600")
    assert orders(tmp_path) == []
    crm(valkey_url, tmp_path, "--once", "--claim-after-s", "0")
    assert orders(tmp_path) == [("A-0001", "confirmed")]
    with Redis.from_url(valkey_url) as client:
        assert client.xpending(LOG, "crm")["pending"] == 0


def test_what_it_read_and_did_not_acknowledge_it_takes_up_first(valkey_url: str, tmp_path: Path) -> None:
    publish(valkey_url, event(1))
    with Redis.from_url(valkey_url) as client:
        client.xgroup_create(LOG, "crm", id="0")
        client.xreadgroup("crm", "me", {LOG: ">"})
    crm(valkey_url, tmp_path, "--once", "--consumer", "me", "--claim-after-s", "3600")
    assert orders(tmp_path) == [("A-0001", "confirmed")]


@pytest.mark.timeout(150)
def test_killed_again_and_again_it_misses_nothing(valkey: ValkeyServer, tmp_path: Path) -> None:
    chance = random.Random(7)
    for round_number in range(4):
        publish(valkey.url, *(event(number) for number in range(round_number * 300, (round_number + 1) * 300)))
        with running_crm(valkey.url, tmp_path, "--consumer", "me") as process:
            becomes_whole(tmp_path, len(orders(tmp_path)) + chance.randrange(1, 250), limit_s=25)
            process.send_signal(signal.SIGKILL)
    crm(valkey.url, tmp_path, "--once", "--consumer", "me")
    assert orders(tmp_path) == [(f"A-{number:04}", "confirmed") for number in range(1200)]


def test_it_lives_through_a_restart_of_redis(tmp_path: Path) -> None:
    port, data, here = free_port(), tmp_path / "valkey", tmp_path / "crm"
    data.mkdir()
    here.mkdir()
    url = f"redis://127.0.0.1:{port}/0"
    with running_valkey(data, port=port) as server, running_crm(url, here) as process:
        publish(url, event(1))
        becomes_whole(here, 1)
        server.process.kill()
        server.process.wait()
        time.sleep(0.3)
        with running_valkey(data, port=port):
            publish(url, event(2))
            becomes_whole(here, 2)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0


def test_once_without_redis_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert crm(f"redis://127.0.0.1:{free_port()}/0", tmp_path, "--once") == 1
    assert "Redis is away" in capsys.readouterr().err


def test_its_help_shows_how(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "--shop shopaz --once" in capsys.readouterr().out

"""The queue holds ids as JSON, wakes any number of times, and may be away."""

import json
from collections.abc import Iterator

import pytest
from redis import Redis

from shared.core.errors import StoreUnavailableError
from shared.store.dialing.dial_queue import RECONCILE, DialQueue, open_sync_client
from tests.support.valkey import ValkeyServer
from tools.ports import free_port

pytestmark = pytest.mark.system


@pytest.fixture
def client(valkey_url: str) -> Iterator[Redis]:
    opened = open_sync_client(valkey_url)
    yield opened
    opened.close()


def test_a_job_names_the_function_and_one_id_as_json(client: Redis) -> None:
    queue = DialQueue(client)
    queue.enqueue_reconciliation("cnf_1")
    assert queue.depth() == 1
    (job,) = queue.rq_queue.jobs
    assert (job.func_name, job.args) == (RECONCILE, ["cnf_1"])
    assert json.loads(job.data) == [RECONCILE, None, ["cnf_1"], {}]


def test_waking_twice_does_no_harm(client: Redis) -> None:
    queue = DialQueue(client)
    for _ in range(2):
        queue.enqueue_reconciliation("cnf_1")
    assert queue.depth() == 2


def test_a_server_that_is_away_is_an_error_of_the_store() -> None:
    client = open_sync_client(f"redis://127.0.0.1:{free_port()}/0")
    queue = DialQueue(client)
    with pytest.raises(StoreUnavailableError):
        queue.enqueue_reconciliation("cnf_1")
    with pytest.raises(StoreUnavailableError):
        queue.depth()
    client.close()


def test_the_queue_is_found_by_its_sentinel(valkey: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> None:
    with valkey.sentinel(tmp_path_factory.mktemp("sentinel")) as port:
        client = open_sync_client(f"redis+sentinel://127.0.0.1:{port}/main/0")
        DialQueue(client).enqueue_reconciliation("cnf_1")
        client.close()
    with Redis.from_url(valkey.url) as direct:
        assert direct.llen("rq:queue:dial") == 1

"""Each user of deploy/users.acl may do its own work in Redis, and nothing beyond it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from cryptography.fernet import Fernet
from redis import Redis as SyncRedis
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError

from services.webhook.reseal import reseal_all
from shared.core.dialing.caps import CallCap, Caps, SpendLimit
from shared.core.lifecycle.facts import ConversationEnded
from shared.core.lifecycle.shop_event import EventType
from shared.core.webhook_endpoints.endpoint import Endpoint
from shared.store import Store, connect
from tests.support.orders import ALWAYS, NOON, an_order
from tests.support.sealing import SEALING_KEY
from tests.support.valkey import ValkeyServer, as_user
from tests.support.webhook.process import running_webhook
from tests.system.store.conftest import CALL, FAST

pytestmark = pytest.mark.system
RECORD = f"confirmation:{an_order(1).id}"


@pytest.fixture
def server(valkey_server: ValkeyServer) -> ValkeyServer:
    """Return the server, emptied; unlike `valkey` it does not mind that users are refused something."""
    valkey_server.flush()
    return valkey_server


@asynccontextmanager
async def client_of(server: ValkeyServer, user: str) -> AsyncIterator["Redis"]:
    client: Redis = Redis.from_url(as_user(server.url, user))
    try:
        yield client
    finally:
        await client.aclose()


@pytest.fixture
async def called(server: ValkeyServer) -> AsyncIterator[ValkeyServer]:
    """An order of `shopaz` that was called and confirmed, and a webhook endpoint."""
    store = connect(server.url, ALWAYS, encryption_keys=(SEALING_KEY,))
    endpoint = Endpoint(
        id="whe_1", shop="shopaz", url="https://a.example", events=(EventType.FINISHED,), secret="whsec_cw==", created_at=NOON
    )
    await store.webhooks.save(endpoint)
    await call_through(store)
    yield server
    await store.close()


async def call_through(store: Store) -> None:
    await store.confirmations.submit(an_order(1, at=await store.now()))
    for make_fact in CALL:
        await store.confirmations.apply(an_order(1).id, make_fact)


async def refused(client: "Redis", words: str) -> bool:
    try:
        await client.execute_command(*words.split())  # type: ignore[no-untyped-call]
    except NoPermissionError:
        return True
    return False


async def test_nobody_comes_in_without_a_login() -> None:
    text = (await acl_lines())["default"]
    assert text == "user default off"


async def acl_lines() -> dict[str, str]:
    from tools.redis_users import acl_file, new_passwords  # noqa: PLC0415

    return {line.split()[1]: line for line in acl_file(new_passwords(["shopaz"])).splitlines()}


_OF_ADMINISTRATION = (
    "FLUSHALL", "KEYS *", "CONFIG SET appendonly no", "ACL LIST", "ACL SETUSER x", "SAVE", "MONITOR", "SHUTDOWN",
    "FUNCTION LIST", "CLIENT KILL TYPE normal", "GET elsewhere",
)  # fmt: skip
FORBIDDEN: Mapping[str, Sequence[str]] = {
    "webhook": (*_OF_ADMINISTRATION, "LPUSH rq:queue:dial x", "RPUSH rq:queue:dial x", "CONFIG GET *"),
    "bridge": (
        *_OF_ADMINISTRATION, "GET webhook:whe_1", "GET idempotency:shopaz:key", "LRANGE rq:queue:dial 0 -1", "SCAN 0",
        f"DEL {RECORD}", "XRANGE outcomes:shopaz:log - +", "SUBSCRIBE rq:pubsub:x",
    ),
    "dialer": (*_OF_ADMINISTRATION, "GET idempotency:shopaz:key", "GET LIMITS:LIMITER/x"),
    "crm_shopaz": (
        *_OF_ADMINISTRATION, f"GET {RECORD}", "GET webhook:whe_1", "HGETALL webhooks:shopaz", "ZRANGE phone:+38344123456 0 -1",
        "XRANGE outcomes:shopaz2:log - +", "XREAD STREAMS outcomes:shopaz2:log 0", "XRANGE events:shopaz:log - +",
        "SUBSCRIBE outcomes:shopaz2", "SUBSCRIBE events:shopaz2", "PSUBSCRIBE outcomes:*", "PUBLISH outcomes:shopaz x",
        "XADD outcomes:shopaz:log * event {}", "XDEL outcomes:shopaz:log 0-1", "XTRIM outcomes:shopaz:log MAXLEN 0",
        "DEL outcomes:shopaz:log", "EVAL return_1 0", "SCAN 0", "ACL WHOAMI", "CONFIG GET *",
    ),
    "health": (*_OF_ADMINISTRATION, f"GET {RECORD}", "SUBSCRIBE outcomes:shopaz"),
}  # fmt: skip
CASES = [(user, words) for user, forbidden in FORBIDDEN.items() for words in forbidden]


@pytest.mark.parametrize(("user", "words"), CASES)
async def test_what_is_not_its_work_is_refused(server: ValkeyServer, user: str, words: str) -> None:
    async with client_of(server, user) as client:
        assert await refused(client, words)


@pytest.mark.parametrize("user", ["webhook", "bridge", "dialer"])
async def test_a_service_reads_and_changes_confirmations(server: ValkeyServer, user: str) -> None:
    opened = connect(server.url, ALWAYS)
    await opened.confirmations.submit(an_order(1, at=await opened.now()))
    own = connect(as_user(server.url, user), replace(ALWAYS, caps=Caps(spend_limit=SpendLimit(Decimal(1), 60))))
    for make_fact in (*CALL, lambda now: ConversationEnded(now, "att_1", None, "done", cost_usd=Decimal("0.02"))):
        await own.confirmations.apply(an_order(1).id, make_fact)
    assert await opened.client.exists("caps:spend:shopaz")
    assert (await own.confirmations.get(an_order(1).id)).is_finished
    assert await own.dialing.due.calls_open() == 0
    await own.close()
    await opened.close()


async def test_the_dialer_counts_the_calls_to_a_number_and_asks_about_the_caps(server: ValkeyServer) -> None:
    capped = replace(ALWAYS, caps=Caps(CallCap(1, 60), SpendLimit(Decimal(1), 60)))
    own, opened = connect(as_user(server.url, "dialer"), capped, FAST), connect(server.url, capped)
    await opened.confirmations.submit_many([an_order(number, at=await own.now()) for number in (1, 2)])
    for make_fact in CALL:
        await own.confirmations.apply(an_order(1).id, make_fact)
    await own.dialing.due.admit("n-1")
    assert await own.dialing.due.claim_reconciliations() == [an_order(2).id]
    assert await own.dialing.caps.held(an_order(2)) is not None
    await own.close()
    await opened.close()


async def test_a_crm_reads_the_outcomes_of_its_shop_and_acknowledges_them(called: ValkeyServer) -> None:
    async with client_of(called, "crm_shopaz") as client:
        await client.xgroup_create("outcomes:shopaz:log", "crm", id="0")
        found: Any = await client.xreadgroup("crm", "one", {"outcomes:shopaz:log": ">"})  # Any: redis-py's type is a union
        ((_, ((entry_id, fields),)),) = found
        assert b"confirmation.finished" in fields[b"event"]
        assert await client.xack("outcomes:shopaz:log", "crm", entry_id) == 1
        async with client.pubsub() as pubsub:
            await pubsub.subscribe("outcomes:shopaz", "events:shopaz")
    async with client_of(called, "crm_shopaz2") as other:
        assert await refused(other, "XRANGE outcomes:shopaz:log - +")


async def test_the_webhook_services_user_may_seal_all_endpoints_anew(called: ValkeyServer) -> None:
    keys = (Fernet.generate_key().decode(), SEALING_KEY)
    own = connect(as_user(called.url, "webhook"), ALWAYS, encryption_keys=keys)
    assert await reseal_all(own) == 0
    assert (await own.webhooks.get("whe_1")).can_sign
    await own.close()


async def test_a_wrong_password_is_refused(server: ValkeyServer) -> None:
    client: Redis = Redis(port=server.port, username="bridge", password="a-guess")
    with pytest.raises(AuthenticationError):
        await client.ping()
    await client.aclose()


@pytest.mark.parametrize("user", ["webhook", "bridge", "dialer"])
async def test_no_service_lacks_a_right(server: ValkeyServer, user: str) -> None:
    own = connect(as_user(server.url, user), ALWAYS)
    assert await own.missing_right() is None
    await own.close()


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (("-publish",), "user lame may not PUBLISH on due"),
        (("resetchannels", "&due", "&signals", "&events:*"), "user lame may not PUBLISH on outcomes:*"),
        (("-evalsha",), "user lame may not EVALSHA"),
        (("resetkeys", "~confirmation:*"), "user lame may not XADD events:*:log"),
    ],
)
async def test_a_right_that_is_missing_is_named(server: ValkeyServer, rule: tuple[str, ...], sentence: str) -> None:
    async with client_of(server, "operator") as operator:
        await operator.execute_command(  # type: ignore[no-untyped-call]
            *("ACL", "SETUSER", "lame", "reset", "on", ">lame", "~*", "&*", "+@all", *rule)
        )
        own = connect(f"redis://lame:lame@127.0.0.1:{server.port}/0", ALWAYS)
        assert await own.missing_right() == sentence
        await own.close()
        await operator.execute_command("ACL", "DELUSER", "lame")  # type: ignore[no-untyped-call]


def test_readyz_names_the_right_that_is_missing(server: ValkeyServer) -> None:
    with SyncRedis.from_url(server.url) as operator:
        operator.execute_command("ACL", "SETUSER", "webhook", "-publish")
        try:
            with running_webhook(server.url) as (_, client):
                answer = client.get("/readyz")
            assert (answer.status_code, answer.json()["reasons"]) == (503, {"redis": "user webhook may not PUBLISH on due"})
        finally:
            operator.execute_command("ACL", "SETUSER", "webhook", "+publish")

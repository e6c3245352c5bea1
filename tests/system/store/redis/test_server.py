"""Servers, addresses and settings: what may be wrong with Redis, and by which URLs it is reached."""

import pytest

from shared.core.errors import StoreUnavailableError
from shared.core.lifecycle.facts import Withdrawn
from shared.store import Store, connect
from shared.store.redis.config_check import version_warnings
from shared.store.redis.connection import sentinel_group
from tests.support.orders import ALWAYS, an_order
from tests.support.valkey import ValkeyServer, as_user
from tools.ports import free_port

pytestmark = pytest.mark.system


async def test_a_server_set_up_right_gives_no_warning(store: Store) -> None:
    assert await store.warnings() == []


async def test_each_setting_that_can_lose_orders_is_warned_of(store: Store) -> None:
    await store.client.config_set("appendfsync", "everysec")
    await store.client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        found = await store.warnings()
    finally:
        await store.client.config_set("appendfsync", "always")
        await store.client.config_set("maxmemory-policy", "noeviction")
    assert [text.split(",")[0] for text in found] == [
        "Redis has appendfsync everysec",
        "Redis has maxmemory-policy allkeys-lru",
    ]


async def test_a_unix_socket_works_too(valkey: ValkeyServer) -> None:
    store = connect(valkey.unix_url, ALWAYS)
    await store.ping()
    await store.confirmations.submit(an_order(at=await store.now()))
    await store.confirmations.apply(an_order().id, Withdrawn)
    await store.close()


async def test_a_server_that_is_not_there_is_an_error_of_the_store() -> None:
    store = connect(f"redis://127.0.0.1:{free_port()}/0", ALWAYS)
    with pytest.raises(StoreUnavailableError):
        await store.ping()
    with pytest.raises(StoreUnavailableError):
        await store.now()
    with pytest.raises(StoreUnavailableError):
        await store.confirmations.submit(an_order())
    await store.close()


async def test_scripts_that_redis_forgot_are_sent_again(store: Store) -> None:
    await store.confirmations.submit(an_order(1, at=await store.now()))
    await store.client.script_flush()
    await store.confirmations.submit(an_order(2, at=await store.now()))
    await store.client.script_flush()
    await store.confirmations.submit_many([an_order(3, at=await store.now())])
    assert len((await store.lookups.list("shopaz")).items) == 3


async def test_writes_refused_for_want_of_memory_are_an_error_of_the_store(store: Store) -> None:
    await store.confirmations.submit(an_order(1, at=await store.now()))
    await store.client.config_set("maxmemory", "1mb")
    try:
        with pytest.raises(StoreUnavailableError):
            await store.confirmations.submit(an_order(2, at=await store.now()))
        assert (await store.confirmations.get(an_order(1).id)).id == an_order(1).id
    finally:
        await store.client.config_set("maxmemory", "512mb")
    assert await store.client.keys("*00002*") == []


async def test_a_server_that_hides_its_settings_is_warned_of(valkey: ValkeyServer, store: Store) -> None:
    await store.client.execute_command("ACL", "SETUSER", "shy", "on", ">secret", "~*", "&*", "+@all", "-config")
    shy = connect(valkey.url.replace("//", "//shy:secret@"), ALWAYS)
    (warning,) = await shy.warnings()
    assert "see to them by hand" in warning
    await shy.close()
    await store.client.execute_command("ACL", "DELUSER", "shy")


@pytest.mark.parametrize(
    ("server", "is_old"),
    [
        ({"redis_version": "6.2.14"}, True),
        ({"redis_version": "7.0.15"}, False),
        ({"redis_version": "7.2.4", "valkey_version": "7.2.11"}, True),
        ({"redis_version": "7.2.4", "valkey_version": "8.0.1"}, False),
    ],
)
def test_old_servers_are_warned_of(server: dict[str, object], is_old: bool) -> None:
    assert bool(version_warnings(server)) is is_old


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("redis+sentinel://a:1,b:2/main/3", ([("a", 1), ("b", 2)], "main", 3, None)),
        ("redis+sentinel://:p%40ss@a/main", ([("a", 26379)], "main", 0, "p@ss")),
        ("redis+sentinel://a:1/main?db=4", ([("a", 1)], "main", 4, None)),
    ],
)
def test_a_sentinel_url_names_sentinels_service_and_database(url: str, parts: object) -> None:
    group = sentinel_group(url)
    assert (group.hosts, group.service, group.db, group.server_login.get("password")) == parts


def test_a_sentinel_url_has_a_login_for_the_server_and_one_for_the_sentinels() -> None:
    group = sentinel_group("rediss+sentinel://bridge:p%40ss@a:1/main?sentinel_username=watcher&sentinel_password=w%40tch")
    assert group.server_login == {"username": "bridge", "password": "p@ss", "ssl": True}
    assert group.sentinel_login == {"username": "watcher", "password": "w@tch", "ssl": True}


@pytest.mark.parametrize("url", ["redis+sentinel://a:1", "redis+sentinel:///main"])
def test_a_sentinel_url_without_sentinel_or_service_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="reads redis"):
        sentinel_group(url)


async def test_a_master_is_found_by_its_sentinel(valkey: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> None:
    with valkey.sentinel(tmp_path_factory.mktemp("sentinel")) as port:
        store = connect(f"redis+sentinel://127.0.0.1:{port}/main/0", ALWAYS)
        await store.confirmations.submit(an_order(at=await store.now()))
        assert (await store.confirmations.get(an_order().id)).id == an_order().id
        await store.close()


async def test_both_logins_of_a_sentinel_url_are_used(valkey: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> None:
    users = "user watcher on >w@tch ~* &* +@all\nuser default on nopass -@all +ping\n"
    with valkey.sentinel(tmp_path_factory.mktemp("sentinel"), users=users) as port:
        place = as_user(f"redis://127.0.0.1:{port}", "bridge").replace("redis:", "redis+sentinel:")
        own = connect(f"{place}/main/0?sentinel_username=watcher&sentinel_password=w%40tch", ALWAYS)
        assert await own.client.execute_command("ACL", "WHOAMI") == b"bridge"
        await own.close()
        without = connect(f"{place}/main/0", ALWAYS)
        with pytest.raises(StoreUnavailableError):
            await without.ping()
        await without.close()

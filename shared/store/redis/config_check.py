"""Checks the settings of Redis, and says in words for an operator what is wrong with them."""

from redis.exceptions import ResponseError

from shared.store.redis.connection import Client, translated

_WANTED = {
    "appendonly": ("yes", "nothing survives a restart of Redis"),
    "appendfsync": ("always", "a crash of Redis can forget calls that were placed, and customers are called twice"),
    "maxmemory-policy": ("noeviction", "Redis may drop orders when its memory is full"),
}
_MIN_REDIS, _MIN_VALKEY = (7, 0), (8, 0)


async def warnings(client: Client) -> list[str]:
    """Return one sentence for each setting that can lose orders.

    Raises:
        StoreUnavailableError: Redis did not answer.
    """
    async with translated():
        found = version_warnings(await client.info("server"))
        try:
            settings = await client.config_get(*_WANTED)
        except ResponseError as error:
            return [*found, f"Redis does not let its settings be checked ({type(error).__name__}): see to them by hand"]
    texts = {_text(name): _text(value) for name, value in settings.items()}
    for name, (wanted, risk) in _WANTED.items():
        value_now = texts.get(name, "unknown")
        if value_now != wanted:
            found.append(f"Redis has {name} {value_now}, wanted {wanted}: {risk}")
    return found


def version_warnings(server: dict[str, object]) -> list[str]:
    """Return a sentence if the server, by its INFO, is older than the scripts need."""
    name, oldest = ("Valkey", _MIN_VALKEY) if "valkey_version" in server else ("Redis", _MIN_REDIS)
    version = str(server.get("valkey_version") or server.get("redis_version", "0.0"))
    major, minor = (int(part) for part in version.split(".")[:2])
    if (major, minor) >= oldest:
        return []
    return [f"{name} {version} is too old: {oldest[0]}.{oldest[1]} or newer is wanted"]


def _text(word: object) -> str:
    return word.decode() if isinstance(word, bytes) else str(word)

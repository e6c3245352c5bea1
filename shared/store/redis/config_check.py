"""What is wrong with the way Redis is set up, in words for whoever starts the services."""

from redis.exceptions import ResponseError

from shared.store.redis.connection import Client, translated

_WANTED = {
    "appendonly": ("yes", "nothing survives a restart of Redis"),
    "appendfsync": ("always", "a crash of Redis can forget calls that were placed, and customers are called twice"),
    "maxmemory-policy": ("noeviction", "Redis may drop orders when its memory is full"),
}
_LEAST_REDIS, _LEAST_VALKEY = (7, 0), (8, 0)


async def warnings(client: Client) -> list[str]:
    """Return one sentence for each setting that can lose orders; none where all is well.

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
        is_value = texts.get(name, "unknown")
        if is_value != wanted:
            found.append(f"Redis has {name} {is_value}, wanted {wanted}: {risk}")
    return found


def version_warnings(server: dict[str, object]) -> list[str]:
    """Return a sentence where the server (its INFO) is older than what the scripts were tested with."""
    name, least = ("Valkey", _LEAST_VALKEY) if "valkey_version" in server else ("Redis", _LEAST_REDIS)
    version = str(server.get("valkey_version") or server.get("redis_version", "0.0"))
    major, minor = (int(part) for part in version.split(".")[:2])
    if (major, minor) >= least:
        return []
    return [f"{name} {version} is too old: {least[0]}.{least[1]} or newer is wanted"]


def _text(word: object) -> str:
    return word.decode() if isinstance(word, bytes) else str(word)

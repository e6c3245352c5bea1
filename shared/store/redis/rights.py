"""What every service must be allowed to do in Redis, and which of it its user lacks."""

from redis.exceptions import NoPermissionError, ResponseError

from shared.store import keys
from shared.store.redis.connection import Client, translated

_SOME = "readiness"  # stands for any shop, confirmation or attempt; nothing is read or written
_CHANNELS = {
    keys.DUE_CHANNEL: keys.DUE_CHANNEL,
    keys.events_channel(_SOME): keys.events_channel("*"),
    keys.outcomes_channel(_SOME): keys.outcomes_channel("*"),
    keys.attempt_channel(_SOME): keys.attempt_channel("*"),
}
_NEEDED: tuple[tuple[tuple[str, ...], str], ...] = (
    *((("PUBLISH", channel, "x"), f"PUBLISH on {shown}") for channel, shown in _CHANNELS.items()),
    *((("SUBSCRIBE", channel), f"SUBSCRIBE to {shown}") for channel, shown in _CHANNELS.items()),
    (("EVALSHA", "x", "0"), "EVALSHA"),
    (("EVAL", "return", "0"), "EVAL"),
    (("TIME",), "TIME"),
    (("GET", keys.record(_SOME)), f"GET {keys.record('*')}"),
    (("SET", keys.record(_SOME), "x"), f"SET {keys.record('*')}"),
    (("RPUSH", keys.history(_SOME), "x"), f"RPUSH {keys.history('*')}"),
    (("XADD", keys.events_log(_SOME), "*", "c", "x"), f"XADD {keys.events_log('*')}"),
    (("XADD", keys.outcomes_log(_SOME), "*", "event", "x"), f"XADD {keys.outcomes_log('*')}"),
    (("ZADD", keys.DUE_RECONCILIATION, "0", "x"), f"ZADD {keys.DUE_RECONCILIATION}"),
    (("ZADD", keys.CALLS_OPEN, "0", "x"), f"ZADD {keys.CALLS_OPEN}"),
    (("HINCRBY", keys.spend(_SOME), "0", "0"), f"HINCRBY {keys.spend('*')}"),
    (("ZCARD", keys.CALLS_OPEN), f"ZCARD {keys.CALLS_OPEN}"),
)


async def missing_right(client: Client) -> str | None:
    """Return a sentence about the first right that our user lacks; None if it lacks none, or may not ask.

    Raises:
        StoreUnavailableError: Redis did not answer.
    """
    async with translated(1.5):
        try:
            user = (await client.execute_command("ACL", "WHOAMI")).decode()
            pipe = client.pipeline(transaction=False)
            for words, _ in _NEEDED:
                pipe.execute_command("ACL", "DRYRUN", user, *words)
            replies = await pipe.execute(raise_on_error=False)
        except (NoPermissionError, ResponseError):
            return None
    for reply, (_, shown) in zip(replies, _NEEDED, strict=True):
        if isinstance(reply, ResponseError):
            return None
        if reply != b"OK":
            return f"user {user} may not {shown}"
    return None

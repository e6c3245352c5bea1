"""The Lua scripts, known to Redis by their digest, and sent again if Redis has forgotten them."""

import hashlib
from collections.abc import Sequence
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from redis.exceptions import NoScriptError, ResponseError

from shared.store.redis.connection import Client
from shared.store.redis.lua_keys import with_keys

Word = bytes | str | int
Call = tuple[Sequence[str], Sequence[Word]]
"""The keys and the arguments of one run."""


_packer = msgspec.msgpack.Encoder()


class Script(Enum):
    """Every script of the store, by its file below `lua/`."""

    COMMIT = "records/commit"
    SUBMIT = "records/submit"
    RECALL = "records/recall"
    ADMIT = "dialing/admit"
    CLAIM_RECONCILIATIONS = "dialing/claim_reconciliations"
    HELD_BY_CAP = "dialing/held_by_cap"
    GIVE_BACK = "dialing/give_back"
    OVERDUE = "dialing/overdue"
    PARK = "dialing/park"
    PARK_ENDPOINT = "webhooks/park_endpoint"
    REDRIVE = "dialing/redrive"
    REDRIVE_ENDPOINT = "webhooks/redrive_endpoint"
    COUNT_INBOUND = "dialing/count_inbound"
    OPEN_CIRCUIT = "dialing/open_circuit"
    CLAIM_PROBE = "dialing/claim_probe"
    APPEND_TURNS = "records/append_turns"
    ERASE = "erasure/erase"
    ERASE_REMAINS = "erasure/erase_remains"
    SAVE_ENDPOINT = "webhooks/save_endpoint"
    DROP_ENDPOINT = "webhooks/drop_endpoint"
    CLAIM_DELIVERIES = "webhooks/claim_deliveries"
    DUE_LANES = "webhooks/due_lanes"
    SETTLE_DELIVERY = "webhooks/settle_delivery"
    FINISH_DELIVERY = "webhooks/finish_delivery"
    RESEND = "webhooks/resend"
    REPLACE_TEXT = "shops/replace_text"
    ADD_OPT_OUT = "shops/add_opt_out"
    REMOVE_OPT_OUT = "shops/remove_opt_out"
    WRITE_NOTE = "shops/write_note"
    CLAIM_IDEMPOTENCY_KEY = "shops/claim_idempotency_key"
    ANSWER_IDEMPOTENCY_KEY = "shops/answer_idempotency_key"


def packed(*words: object) -> bytes:
    """Return the arguments of a script as one, which its `unpacked_arguments()` reads: redis-py is slow with many.

    They are texts, whole numbers and lists of those: Lua's reader of MessagePack knows no bytes.
    """
    return _packer.encode(words)


@cache
def text_of(script: Script) -> str:
    """Return the script's whole text: the prelude and its own file, with the names of the keys."""
    folder = Path(__file__).parents[1] / "lua"
    source = "\n".join((folder / f"{name}.lua").read_text(encoding="utf-8") for name in ("prelude", script.value))
    return with_keys(source)


@cache
def digest_of(script: Script) -> str:
    """Return the SHA-1 by which Redis knows the script."""
    return hashlib.sha1(text_of(script).encode(), usedforsecurity=False).hexdigest()


async def run(client: Client, script: Script, *, keys: Sequence[str] = (), args: Sequence[Word] = ()) -> Any:  # noqa: ANN401  # Any: each script has a reply of its own shape
    """Run a script in one round trip."""
    words = (*keys, *args)
    try:
        return await client.evalsha(digest_of(script), len(keys), *words)
    except NoScriptError:
        return await client.eval(text_of(script), len(keys), *words)


async def run_many(client: Client, script: Script, calls: Sequence[Call]) -> list[Any]:  # Any: as `run`
    """Run a script once for each call in one round trip, not as a transaction; the replies are in the order of the calls."""
    replies = await try_many(client, script, calls)
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies


async def try_many(client: Client, script: Script, calls: Sequence[Call]) -> list[Any]:  # Any: as `run`
    """Do as `run_many`, but return the error of a call that failed in place of its reply."""
    if len(calls) == 1:  # a pipeline costs a third more for one call
        ((keys, args),) = calls
        try:
            return [await run(client, script, keys=keys, args=args)]
        except ResponseError as error:
            return [error]
    replies: list[Any] = await _pipeline(client, script, calls).execute(raise_on_error=False)  # Any: as `run`
    if any(isinstance(reply, NoScriptError) for reply in replies):
        await client.script_load(text_of(script))
        replies = await _pipeline(client, script, calls).execute(raise_on_error=False)
    return replies


def _pipeline(client: Client, script: Script, calls: Sequence[Call]) -> Any:  # noqa: ANN401  # Any: redis-py's pipeline, untyped as the client is
    pipe = client.pipeline(transaction=False)
    for keys, args in calls:
        pipe.evalsha(digest_of(script), len(keys), *keys, *args)
    return pipe

"""Seals all secrets in Redis with the first key of `ENCRYPTION_KEYS`: `python -m services.webhook.reseal`.

These are the secrets of the webhook endpoints, and the key of the audit's digests.
Run it after a new key was put before the old one and the services were restarted. Then the old key can be taken out. Running it
twice does no harm, and it may run beside the services. The exit code is 1 if a secret could not be opened, or Redis is away.
"""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Sequence

from shared.core.errors import StoreUnavailableError
from shared.core.webhook_endpoints.endpoint import Endpoint
from shared.settings.calling_rules import dial_policy_from
from shared.settings.environ import load_settings
from shared.settings.groups import CallingRules, EncryptionSettings, RedisSettings
from shared.store import AuditAction, AuditNote, Resealing, Store, connect

_WHO = "command:reseal"  # in the audit
_WORDS = {
    Resealing.SEALED_ANEW: "sealed anew",
    Resealing.AS_IT_WAS: "had the newest key's seal",
    Resealing.UNREADABLE: "cannot be opened: restore the key in ENCRYPTION_KEYS (or have the shop rotate the endpoint's secret)",
    Resealing.GONE: "deleted meanwhile",
}


class ResealSettings(RedisSettings, EncryptionSettings, CallingRules):
    """All settings of the command."""


async def reseal_all(store: Store) -> int:
    """Seal the secrets of all endpoints anew and print what became of each; return the exit code."""

    def note(endpoint: Endpoint) -> AuditNote:
        return store.audit.note(endpoint.shop, who=_WHO, action=AuditAction.ENDPOINT_RESEALED, about=endpoint.id)

    of_audit = await store.audit.reseal()
    if of_audit is not Resealing.GONE:
        _print(f"the key of the audit's digests  {_WORDS[of_audit]}")
    ids = await store.webhooks.all_ids()
    counts: Counter[Resealing] = Counter()
    for number, endpoint_id in enumerate(ids, 1):
        became = await store.webhooks.reseal(endpoint_id, note, now=await store.now())
        counts[became] += 1
        _print(f"{number}/{len(ids)}  {endpoint_id}  {_WORDS[became]}")
    _print(
        ", ".join([f"endpoints: {len(ids)}", *(f"{_WORDS[became].partition(':')[0]}: {counts[became]}" for became in Resealing)])
    )
    if Resealing.UNREADABLE in {of_audit, *counts}:
        _print("take no key out of ENCRYPTION_KEYS before these are settled")
        return 1
    return 0


async def run(words: Sequence[str]) -> int:
    """Run the command with its arguments `words` and return the exit code."""
    about, _, how = (__doc__ or "").partition("\n\n")
    argparse.ArgumentParser(prog="python -m services.webhook.reseal", description=about, epilog=how).parse_args(words)
    settings = load_settings(ResealSettings)
    store = connect(settings.redis_url.get_secret_value(), dial_policy_from(settings), encryption_keys=settings.encryption_keys)
    try:
        return await reseal_all(store)
    except StoreUnavailableError as error:
        _print(f"Redis does not answer ({error})")
        return 1
    finally:
        await store.close()


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()  # it is the progress


if __name__ == "__main__":
    sys.exit(asyncio.run(run(sys.argv[1:])))

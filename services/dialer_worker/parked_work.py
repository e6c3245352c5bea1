"""Parked orders and webhook endpoints, for operators: `python -m services.dialer_worker.parked_work` lists them.

`… again ID …` makes them due again, `… again all` all of them; `… forget ID …` erases orders whose records nobody can read. The
exit code is 1 if an id is unknown, or if the record of an order to forget can be read.
"""

import asyncio
import sys
from collections.abc import Sequence

from services.dialer_worker.settings import Settings
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.core.ids import CONFIRMATION_PREFIX
from shared.settings.calling_rules import dial_policy_from
from shared.settings.environ import load_settings
from shared.store import Audit, AuditAction, CrashCounts, ReadableError, UnreadableRecords, connect

_WHO = "command:parked"  # in the audit
_AGAIN, _ALL, _FORGET = "again", "all", "forget"


async def show(crash_counts: CrashCounts) -> int:
    """Print the id of each parked order and endpoint, and since when it is parked; return the exit code."""
    for parked in await crash_counts.parked():
        _print(f"{parked.id}  {parked.since:%Y-%m-%dT%H:%M:%SZ}")
    return 0


async def drive_again(crash_counts: CrashCounts, ids: Sequence[str]) -> int:
    """Make parked confirmations and endpoints due again; return the exit code, 1 if one is unknown."""
    exit_code = 0
    for parked_id in ids:
        try:
            await crash_counts.redrive(parked_id, who=_WHO)
        except NotFoundError:
            _print(f"{parked_id}  there is none any more")
            exit_code = 1
        else:
            _print(f"{parked_id}  is due again")
    return exit_code


async def forget(unreadable_records: UnreadableRecords, audit: Audit, ids: Sequence[str]) -> int:
    """Erase orders whose records nobody can read. They get no outcome. Return the exit code, 1 if a record can be read."""
    exit_code = 0
    for parked_id in ids:
        try:
            shops = await unreadable_records.erase(parked_id)
        except ReadableError:
            _print(f"{parked_id}  can be read: drive it again, or leave it to its retention")
            exit_code = 1
        else:
            for shop in shops:
                await audit.write(audit.note(shop, who=_WHO, action=AuditAction.CONFIRMATION_FORGOTTEN, about=parked_id))
            _print(f"{parked_id}  is erased")
    return exit_code


async def run(words: Sequence[str], settings: Settings) -> int:
    """Run the command line's arguments `words` and return the exit code, 2 for an unknown command."""
    store = connect(settings.redis_url.get_secret_value(), dial_policy_from(settings))
    try:
        match words:
            case []:
                return await show(store.dialing.crash_counts)
            case [word, only] if (word, only) == (_AGAIN, _ALL):
                return await drive_again(
                    store.dialing.crash_counts, [parked.id for parked in await store.dialing.crash_counts.parked()]
                )
            case [word, *ids] if word == _AGAIN and ids:
                return await drive_again(store.dialing.crash_counts, ids)
            case [word, *ids] if word == _FORGET and ids and all(parked_id.startswith(CONFIRMATION_PREFIX) for parked_id in ids):
                return await forget(store.erasure.unreadable_records, store.audit, ids)
            case _:
                _print(__doc__ or "")
                return 2
    except StoreUnavailableError as error:
        _print(f"Redis does not answer ({error})")
        return 1
    finally:
        await store.close()


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(asyncio.run(run(sys.argv[1:], load_settings(Settings))))

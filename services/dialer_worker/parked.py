"""What is parked, orders and webhook endpoints, for a person: `python -m services.dialer_worker.parked` lists it.

`… again ID …` drives it again, `… again all` all of it; `… forget ID …` erases orders whose records nobody can read. Exit code 1
where an id is not known any more, or can be read.
"""

import asyncio
import sys
from collections.abc import Sequence

from services.dialer_worker.settings import Settings
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.core.ids import CONFIRMATION_PREFIX
from shared.settings.dial_policy import dial_policy_from
from shared.settings.environ import load_settings
from shared.store import CrashCounts, ReadableError, UnreadableRecords, connect

_AGAIN, _ALL, _FORGET = "again", "all", "forget"


async def show(crash_counts: CrashCounts) -> int:
    """Print what is parked, one id a line, and since when."""
    for parked in await crash_counts.parked():
        _say(f"{parked.id}  {parked.since:%Y-%m-%dT%H:%M:%SZ}")
    return 0


async def drive_again(crash_counts: CrashCounts, ids: Sequence[str]) -> int:
    """Have confirmations and endpoints taken up again when they are due."""
    exit_code = 0
    for one in ids:
        try:
            await crash_counts.redrive(one)
        except NotFoundError:
            _say(f"{one}  there is none any more")
            exit_code = 1
        else:
            _say(f"{one}  is due again")
    return exit_code


async def forget(unreadable_records: UnreadableRecords, ids: Sequence[str]) -> int:
    """Erase orders whose records nobody can read, without an outcome: none can be told."""
    exit_code = 0
    for one in ids:
        try:
            await unreadable_records.erase(one)
        except ReadableError:
            _say(f"{one}  can be read: drive it again, or leave it to its retention")
            exit_code = 1
        else:
            _say(f"{one}  is erased")
    return exit_code


async def run(words: Sequence[str], settings: Settings) -> int:
    """Do what the command line says and return the exit code."""
    store = connect(settings.redis_url.get_secret_value(), dial_policy_from(settings))
    try:
        match words:
            case []:
                return await show(store.crash_counts)
            case [word, only] if (word, only) == (_AGAIN, _ALL):
                return await drive_again(store.crash_counts, [one.id for one in await store.crash_counts.parked()])
            case [word, *ids] if word == _AGAIN and ids:
                return await drive_again(store.crash_counts, ids)
            case [word, *ids] if word == _FORGET and ids and all(one.startswith(CONFIRMATION_PREFIX) for one in ids):
                return await forget(store.unreadable_records, ids)
            case _:
                _say(__doc__ or "")
                return 2
    except StoreUnavailableError as error:
        _say(f"Redis does not answer ({error})")
        return 1
    finally:
        await store.close()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(asyncio.run(run(sys.argv[1:], load_settings(Settings))))

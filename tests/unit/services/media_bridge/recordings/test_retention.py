"""A recording is there as long as its confirmation, and not longer."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from ulid import ULID

from services.media_bridge.metrics import BridgeMetrics
from services.media_bridge.recordings.retention import RecordingRetention, pause_s
from shared.core.errors import StoreUnavailableError


class Confirmations:
    """A store with some confirmations."""

    def __init__(self, *ids: str) -> None:
        self.ids = set(ids)
        self.name = "ours"
        self.is_away = False
        self.asked = 0

    async def identity(self) -> str:
        return self.name

    async def existing(self, confirmation_ids: Sequence[str]) -> frozenset[str]:
        self.asked += 1
        if self.is_away:
            raise StoreUnavailableError("away")
        return frozenset(self.ids.intersection(confirmation_ids))


def sweep_of(folder: Path, records: Confirmations) -> RecordingRetention:
    erased = BridgeMetrics(CollectorRegistry()).recordings_erased
    return RecordingRetention(folder, identity=records.identity, existing=records.existing, erased=erased)


def recording(folder: Path, confirmation_id: str, attempt: int = 1) -> Path:
    path = folder / f"{confirmation_id}-{attempt}.wav"
    path.write_bytes(b"RIFF")
    return path


def an_id() -> str:
    return f"cnf_{ULID()}"


async def test_the_recordings_of_a_confirmation_that_is_gone_are_erased_and_no_others(tmp_path: Path) -> None:
    here, gone = an_id(), an_id()
    kept = [recording(tmp_path, here), recording(tmp_path, here, 2)]
    erased = [recording(tmp_path, gone, attempt) for attempt in (1, 2, 3)]
    foreign = tmp_path / "cnf_notes.wav"
    foreign.write_bytes(b"")
    assert await sweep_of(tmp_path, Confirmations(here)).sweep() == 3
    assert all(path.exists() for path in (*kept, foreign))
    assert not any(path.exists() for path in erased)


async def test_many_recordings_are_asked_for_in_handfuls(tmp_path: Path) -> None:
    for _ in range(450):
        recording(tmp_path, an_id())
    records = Confirmations()
    assert await sweep_of(tmp_path, records).sweep() == 450
    assert records.asked == 3


async def test_a_folder_that_is_not_there_yet_is_no_fault(tmp_path: Path) -> None:
    assert await sweep_of(tmp_path / "none", Confirmations()).sweep() == 0


async def test_another_store_erases_nothing_and_says_so_once(tmp_path: Path) -> None:
    here = an_id()
    path = recording(tmp_path, here)
    await sweep_of(tmp_path, Confirmations(here)).sweep()
    emptied = Confirmations()
    emptied.name = "another"
    sweep = sweep_of(tmp_path, emptied)
    with capture_logs() as lines:
        assert [await sweep.sweep(), await sweep.sweep()] == [0, 0]
    assert path.exists()
    assert [line["event"] for line in lines] == ["recordings_of_another_store"]
    (tmp_path / ".store").unlink()
    assert await sweep.sweep() == 1


async def test_a_crash_over_the_name_of_the_store_costs_no_erasure(tmp_path: Path) -> None:
    recording(tmp_path, an_id())
    (tmp_path / ".store").write_bytes(b"")
    assert await sweep_of(tmp_path, Confirmations()).sweep() == 1
    assert (tmp_path / ".store").read_text("ascii") == "ours"


async def test_what_redis_could_not_tell_is_asked_again(tmp_path: Path) -> None:
    path = recording(tmp_path, an_id())
    records = Confirmations()
    records.is_away = True
    sweep = sweep_of(tmp_path, records)
    with capture_logs() as lines:
        async with asyncio.TaskGroup() as group:
            sweeping = group.create_task(sweep.run())
            while not lines:
                await asyncio.sleep(0)
            sweeping.cancel()
    assert lines[0]["event"] == "recordings_not_swept"
    assert path.exists()
    records.is_away = False
    assert await sweep.sweep() == 1


def test_the_more_there_is_to_sweep_the_longer_is_the_pause() -> None:
    assert [pause_s(took_s) for took_s in (0.0, 0.5, 2.0)] == [10.0, 10.0, 40.0]

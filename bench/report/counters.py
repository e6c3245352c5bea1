"""Linux's counters of processes: processor time to the nanosecond, and memory. It also sets where and how a process runs."""

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

HARNESS_CORE = 1
MEASURED_CORE = 0
_PRIORITY = 10


def cpu_ns(pids: Sequence[int]) -> int:
    """Return the processor time that these processes have used, over all threads."""
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                total += int((task / "schedstat").read_text().split()[0])
    return total


def rss_kb(pids: Sequence[int]) -> int:
    """Return the resident memory of these processes, added up."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def share_kb(pids: Sequence[int]) -> int:
    """Return the memory of these processes, added up; a page that several of them share counts once (PSS)."""
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def open_files(pid: int) -> int:
    """Return how many files, pipes and sockets a process has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def has_two_cores() -> bool:
    """Return whether the harness and the measured system can have a core each."""
    return {HARNESS_CORE, MEASURED_CORE} <= os.sched_getaffinity(0)


def pin(pid: int, core: int) -> None:
    """Restrict a process to one core, if there are two."""
    if has_two_cores():
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {core})


def make_punctual(pid: int) -> bool:
    """Run a process before all ordinary ones, so that a busy machine adds no latency; return False if that is forbidden."""
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setscheduler(int(task.name), os.SCHED_FIFO, os.sched_param(_PRIORITY))
    except PermissionError:
        return False
    return True


def make_patient(pid: int) -> bool:
    """As `make_punctual`, but the process takes turns with others of its kind on its core; return False if that is forbidden."""
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setscheduler(int(task.name), os.SCHED_RR, os.sched_param(_PRIORITY))
    except PermissionError:
        return False
    return True


def stolen_ticks() -> int:
    """Return the hundredths of a second for which the machine's host has taken our two cores away (`steal` in /proc/stat)."""
    names = (f"cpu{MEASURED_CORE}", f"cpu{HARNESS_CORE}")
    lines = (line.split() for line in Path("/proc/stat").read_text().splitlines())
    return sum(int(fields[8]) for fields in lines if fields[0] in names)


def load() -> float:
    """Return the average number of processes in the last minute that wanted a core."""
    return os.getloadavg()[0]


def machine() -> str:
    """Return one line about this machine."""
    names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    release, python = os.uname().release, sys.version.split()[0]
    return f"{len(names)} x {names[0] if names else os.uname().machine}, Linux {release}, Python {python}"

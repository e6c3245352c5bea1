"""The parent of a service's processes: it loads the program once, forks the children from it, and forks again what died.

It runs no event loop and no thread, so that a fork is safe at any time and the children share its memory.
"""

import gc
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

import structlog

_STOPS = (signal.SIGTERM, signal.SIGINT)
_AT_ONCE = 2  # signals: the second one waits for nobody
_FIRST_DELAY_S = 0.1
_LONGEST_DELAY_S = 3.0
_STABLE_AFTER_S = 5.0  # a child that lived this long is started again without more delay than the first time
_STILLBORN_S = 3.0
_LAST_WORDS_S = 6.0  # what a child that has nothing more to do gets to close its doors

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Child:
    """One process to be kept alive. `run` is called in it once; its return ends it.

    `serves_until_last` marks one that outlives the others while draining, because it answers for them. One that
    `closes_at_last` gets a second SIGTERM where the others are killed, and a moment to say goodbye.
    """

    name: str
    run: Callable[[], None]
    serves_until_last: bool = False
    closes_at_last: bool = False
    pid: int | None = field(default=None, init=False)
    starts: int = field(default=0, init=False)
    started_at: float = field(default=0.0, init=False)
    delay_s: float = field(default=0.0, init=False)
    start_at: float = field(default=0.0, init=False)
    exit_code: int | None = field(default=None, init=False)


class Supervisor:
    """Keeps `children` alive until SIGTERM or SIGINT; then lets them end their work, for `drain_timeout_s` at most.

    The children see the end of the file `life_fd` when this process is gone. `on_change` hears of the number of
    workers (children that do not serve until last) alive.
    """

    def __init__(self, children: Sequence[Child], *, drain_timeout_s: float, on_change: Callable[[int], None]) -> None:
        self._children = children
        self._drain_timeout_s = drain_timeout_s
        self._on_change = on_change
        self.life_fd, self._life_end = os.pipe()
        self._wake_fd, self._wake_end = os.pipe()
        self._signals = 0
        self._alive = -1

    def run(self) -> int:
        """Return the exit code: 0 after a drain, 1 where a child could not even start."""
        self._listen()
        gc.collect()
        gc.freeze()  # the collector would touch, and thereby copy, every page that the children share
        while not self._signals:
            self._reap()
            if any(child.starts == 1 and self._was_stillborn(child) for child in self._children):
                self._end()
                return 1
            self._start_due()
            self._tell()
            self._wait(self._next_start_in())
        self._drain()
        self._end()
        return 0

    def _drain(self) -> None:
        """Let the work in hand end: every child hears of it once, and nobody's group is signalled."""
        _log.info("drain_started", processes=sum(child.pid is not None for child in self._children))
        deadline = time.monotonic() + self._drain_timeout_s
        self._send(signal.SIGTERM, self._children)
        while self._signals < _AT_ONCE and time.monotonic() < deadline and any(child.pid for child in self._workers):
            self._wait(deadline - time.monotonic())
            self._reap()
            self._tell()
        left = [child.name for child in self._workers if child.pid]
        if left:
            _log.warning("drain_broken_off", worker=left)

    def _end(self) -> None:
        """End what still runs: the workers at once, who serves until last after closing its doors."""
        last = [child for child in self._children if child.serves_until_last or child.closes_at_last]
        self._send(signal.SIGKILL, [child for child in self._children if child not in last])
        self._send(signal.SIGTERM, last)
        deadline = time.monotonic() + _LAST_WORDS_S
        while time.monotonic() < deadline and any(child.pid for child in self._children):
            self._wait(0.05)
            self._reap()
        self._send(signal.SIGKILL, last)

    @property
    def _workers(self) -> list[Child]:
        return [child for child in self._children if not child.serves_until_last]

    def _listen(self) -> None:
        for fd in (self._wake_fd, self._wake_end):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(self._wake_end, warn_on_full_buffer=False)
        for number in _STOPS:
            signal.signal(number, self._count_signal)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def _count_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _wait(self, timeout_s: float | None) -> None:
        """Sleep until a signal comes, or the time is up."""
        readable, _, _ = select.select([self._wake_fd], [], [], None if timeout_s is None else max(timeout_s, 0.0))
        if readable:
            os.read(self._wake_fd, 4096)

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.pid is None and child.start_at <= now:
                self._start(child, now)

    def _next_start_in(self) -> float | None:
        waiting = [child.start_at for child in self._children if child.pid is None]
        return min(waiting) - time.monotonic() if waiting else None

    def _start(self, child: Child, now: float) -> None:
        sys.stdout.flush()
        if child.serves_until_last:
            self._alive = -1  # it knows nothing yet: tell it again
        child.starts += 1
        child.started_at = now
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # the child must not count one with our handler
        pid = os.fork()
        if pid == 0:
            self._become(child)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        child.pid = pid

    def _become(self, child: Child) -> None:
        """Go on as the child; never returns."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the parent passes it on
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
            for fd in (self._life_end, self._wake_fd, self._wake_end):
                os.close(fd)
            child.run()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        except Exception:  # outermost: of this process
            _log.exception("process_failed", worker=child.name)
        finally:
            sys.stdout.flush()
            os._exit(code)

    def _reap(self) -> None:
        for child in self._children:
            if child.pid is None:
                continue
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                self._note_end(child, os.waitstatus_to_exitcode(status))

    def _note_end(self, child: Child, exit_code: int) -> None:
        now = time.monotonic()
        was_stable = now - child.started_at >= _STABLE_AFTER_S
        child.delay_s = _FIRST_DELAY_S if was_stable else min(max(child.delay_s * 2, _FIRST_DELAY_S), _LONGEST_DELAY_S)
        child.start_at = now + child.delay_s
        log = _log.info if self._signals else _log.warning
        log("process_ended", worker=child.name, exit_code=exit_code, pid=child.pid)
        child.pid, child.exit_code = None, exit_code

    def _was_stillborn(self, child: Child) -> bool:
        """Tell whether who serves until last gave up at once by itself: its address is taken, say."""
        lived_s = child.start_at - child.delay_s - child.started_at
        gave_up = child.pid is None and child.exit_code is not None and child.exit_code > 0
        return child.serves_until_last and gave_up and lived_s < _STILLBORN_S

    def _tell(self) -> None:
        alive = sum(child.pid is not None for child in self._workers)
        if alive != self._alive:
            self._alive = alive
            self._on_change(alive)

    @staticmethod
    def _send(number: signal.Signals, children: Sequence[Child]) -> None:
        for child in children:
            if child.pid is not None:
                os.kill(child.pid, number)

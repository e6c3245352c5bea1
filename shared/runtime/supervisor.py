"""The parent of a service's processes: it loads the program once, forks the children, and forks a child again when it dies.

It runs no event loop and no thread, so it can fork safely at any time, and the children share its memory.
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
_SECOND_SIGNAL = 2  # it ends the drain at once
_FIRST_RESTART_DELAY_S = 0.1
_LONGEST_RESTART_DELAY_S = 3.0
_STABLE_AFTER_S = 5.0  # a child that ran this long is restarted with the first delay, not a doubled one
_FAILED_START_WITHIN_S = 3.0
_SHUTDOWN_LIMIT_S = 6.0  # for a child that has no more work to close its sockets

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Child:
    """One process that the supervisor keeps alive. It calls `run` once, and ends when `run` returns.

    While draining, a child that `stops_after_workers` runs until the workers have ended, because it serves their health and
    metrics. When the drain is over, a child that `gets_second_sigterm` is not killed like the others: it gets another
    SIGTERM and `_SHUTDOWN_LIMIT_S` seconds to end.
    """

    name: str
    run: Callable[[], None]
    stops_after_workers: bool = False
    gets_second_sigterm: bool = False
    pid: int | None = field(default=None, init=False)
    starts: int = field(default=0, init=False)
    started_at: float = field(default=0.0, init=False)
    restart_delay_s: float = field(default=0.0, init=False)
    restart_at: float = field(default=0.0, init=False)
    exit_code: int | None = field(default=None, init=False)


class Supervisor:
    """Keeps `children` alive until SIGTERM or SIGINT; then gives them `drain_timeout_s` to end their work.

    `parent_alive_fd` is a pipe that only this process holds open: a child that reads it gets end-of-file when the parent is
    gone. `on_change` is called with the number of workers alive whenever it changes; workers are the children that do not
    stop after the others.
    """

    def __init__(self, children: Sequence[Child], *, drain_timeout_s: float, on_change: Callable[[int], None]) -> None:
        self._children = children
        self._drain_timeout_s = drain_timeout_s
        self._on_change = on_change
        self.parent_alive_fd, self._parent_alive_write_fd = os.pipe()
        self._wakeup_fd, self._wakeup_write_fd = os.pipe()
        self._signals = 0
        self._reported_alive = -1

    def run(self) -> int:
        """Run until the children have ended; return 0 after a drain, 1 if a child that stops after the workers failed to start."""
        self._install_signal_handlers()
        gc.collect()
        gc.freeze()  # a collection would write to, and so copy, the pages that the children share
        while not self._signals:
            self._reap()
            if any(child.starts == 1 and self._failed_to_start(child) for child in self._children):
                self._end()
                return 1
            self._start_due()
            self._report_alive()
            self._sleep(self._next_start_in())
        self._drain()
        self._end()
        return 0

    def _drain(self) -> None:
        """Let the work in hand end. Each child gets one SIGTERM by its own id; no process group is signalled."""
        _log.info("drain_started", processes=sum(child.pid is not None for child in self._children))
        deadline = time.monotonic() + self._drain_timeout_s
        self._send(signal.SIGTERM, self._children)
        while self._signals < _SECOND_SIGNAL and time.monotonic() < deadline and any(child.pid for child in self._workers):
            self._sleep(deadline - time.monotonic())
            self._reap()
            self._report_alive()
        left = [child.name for child in self._workers if child.pid]
        if left:
            _log.warning("drain_broken_off", worker=left)

    def _end(self) -> None:
        """End the children that still run: kill the workers, and let the others shut down first."""
        shutting_down = [child for child in self._children if child.stops_after_workers or child.gets_second_sigterm]
        self._send(signal.SIGKILL, [child for child in self._children if child not in shutting_down])
        self._send(signal.SIGTERM, shutting_down)
        deadline = time.monotonic() + _SHUTDOWN_LIMIT_S
        while time.monotonic() < deadline and any(child.pid for child in self._children):
            self._sleep(0.05)
            self._reap()
        self._send(signal.SIGKILL, shutting_down)

    @property
    def _workers(self) -> list[Child]:
        return [child for child in self._children if not child.stops_after_workers]

    def _install_signal_handlers(self) -> None:
        for fd in (self._wakeup_fd, self._wakeup_write_fd):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(self._wakeup_write_fd, warn_on_full_buffer=False)
        for number in _STOPS:
            signal.signal(number, self._count_signal)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def _count_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _sleep(self, timeout_s: float | None) -> None:
        """Sleep until a signal comes, or for `timeout_s`; None is no limit."""
        readable, _, _ = select.select([self._wakeup_fd], [], [], None if timeout_s is None else max(timeout_s, 0.0))
        if readable:
            os.read(self._wakeup_fd, 4096)

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.pid is None and child.restart_at <= now:
                self._start(child, now)

    def _next_start_in(self) -> float | None:
        waiting = [child.restart_at for child in self._children if child.pid is None]
        return min(waiting) - time.monotonic() if waiting else None

    def _start(self, child: Child, now: float) -> None:
        sys.stdout.flush()
        if child.stops_after_workers:
            self._reported_alive = -1  # the new process does not know the number yet
        child.starts += 1
        child.started_at = now
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # our handler must not count a signal in the child
        pid = os.fork()
        if pid == 0:
            self._run_child(child)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        child.pid = pid

    def _run_child(self, child: Child) -> None:
        """Be the child: run it and exit. Never returns."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the parent passes it on
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
            for fd in (self._parent_alive_write_fd, self._wakeup_fd, self._wakeup_write_fd):
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
                self._record_exit(child, os.waitstatus_to_exitcode(status))

    def _record_exit(self, child: Child, exit_code: int) -> None:
        now = time.monotonic()
        was_stable = now - child.started_at >= _STABLE_AFTER_S
        if was_stable:
            child.restart_delay_s = _FIRST_RESTART_DELAY_S
        else:
            doubled_s = max(child.restart_delay_s * 2, _FIRST_RESTART_DELAY_S)
            child.restart_delay_s = min(doubled_s, _LONGEST_RESTART_DELAY_S)
        child.restart_at = now + child.restart_delay_s
        log = _log.info if self._signals else _log.warning
        log("process_ended", worker=child.name, exit_code=exit_code, pid=child.pid)
        child.pid, child.exit_code = None, exit_code

    def _failed_to_start(self, child: Child) -> bool:
        """Tell whether a child that stops after the workers failed right after its start, because its address is taken, say."""
        ran_s = child.restart_at - child.restart_delay_s - child.started_at
        has_failed = child.pid is None and child.exit_code is not None and child.exit_code > 0
        return child.stops_after_workers and has_failed and ran_s < _FAILED_START_WITHIN_S

    def _report_alive(self) -> None:
        alive = sum(child.pid is not None for child in self._workers)
        if alive != self._reported_alive:
            self._reported_alive = alive
            self._on_change(alive)

    @staticmethod
    def _send(number: signal.Signals, children: Sequence[Child]) -> None:
        for child in children:
            if child.pid is not None:
                os.kill(child.pid, number)

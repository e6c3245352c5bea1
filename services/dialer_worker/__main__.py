"""`python -m services.dialer_worker`: reads the settings, and keeps the control process and the workers alive."""

import os
import sys
from functools import partial

from services.dialer_worker.process.control import run_control_process
from services.dialer_worker.process.worker import run_worker
from services.dialer_worker.settings import Settings
from services.dialer_worker.worker_counts import CountKind, WorkerCount, report_counts_to
from shared.logs.setup import configure_logging
from shared.runtime.supervisor import Child, Supervisor
from shared.settings.environ import load_settings

_CONTROL_PROCESS = "front"  # the name that the log shows as `worker`


def main() -> int:
    """Run until SIGTERM and return the exit code."""
    settings = load_settings(Settings)
    configure_logging(settings, service="dialer_worker")
    counts_fd, counts_write_fd = os.pipe()
    report_count = report_counts_to(counts_write_fd)
    children: list[Child] = []
    supervisor = Supervisor(
        children,
        drain_timeout_s=settings.drain_timeout_s,
        on_change=lambda alive: report_count(WorkerCount(CountKind.WORKERS, str(alive))),
    )
    parent_alive_fd = supervisor.parent_alive_fd
    control = partial(run_control_process, settings, counts_fd=counts_fd, parent_alive_fd=parent_alive_fd)
    children.append(Child(_CONTROL_PROCESS, control, stops_after_workers=True))
    worker = partial(run_worker, settings, counts_fd=counts_write_fd, parent_alive_fd=parent_alive_fd)
    children.extend(Child(f"worker-{number}", worker) for number in range(1, settings.dialer_workers + 1))
    return supervisor.run()


if __name__ == "__main__":
    sys.exit(main())

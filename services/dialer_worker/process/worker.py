"""One RQ worker process: one queue, jobs run in the process itself, no scheduler, no command channel, JSON only."""

import os
import signal
import threading
import time
from types import FrameType

import structlog
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from ulid import ULID

from services.dialer_worker.jobs import JOB_RUNNER
from services.dialer_worker.process.job_runner import JOB_TIMEOUT_S, open_job_runner
from services.dialer_worker.settings import Settings
from services.dialer_worker.worker_counts import CountKind, WorkerCount, report_counts_to
from shared.store.dialing.dial_queue import DialQueue, open_sync_client

# rq waits for a job 15 s less than this, and notices a dead connection 10 s after that wait (rq 3.0, worker/base.py).
WORKER_TTL_S = 20

_log = structlog.get_logger(__name__)


class DialWorker(SimpleWorker):
    """RQ's worker without what this service does not use: it reacts to signals alone."""

    max_connection_wait_time = 2.0  # the longest pause between attempts to reach Redis again
    log_result_lifespan = False

    def subscribe(self) -> None:
        """Do not listen to the command channel: it costs a thread and a connection."""

    def procline(self, message: str) -> None:
        """Do not change the process's title."""

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """Ignore further signals: the parent kills a worker that may not finish its work."""


def run_worker(settings: Settings, *, counts_fd: int, parent_alive_fd: int) -> None:
    """Be a worker process until SIGTERM, until Redis is lost, or until the parent process is gone.

    Raises:
        SystemExit: With code 1 if Redis was lost; the parent starts another worker.
    """
    report_count = report_counts_to(counts_fd)
    threading.Thread(target=_end_with_parent, args=(parent_alive_fd,), daemon=True).start()
    with open_job_runner(settings, report_count) as job_runner:
        JOB_RUNNER.set(job_runner)
        try:
            worker = _worker(settings)
            report_count(WorkerCount(CountKind.READY))
            worker.work(logging_level="WARNING")
        except (RedisError, OSError) as error:
            _log.warning("worker_lost_redis", reason=type(error).__name__)
            raise SystemExit(1) from error


def _worker(settings: Settings) -> DialWorker:
    connection = open_sync_client(settings.redis_url.get_secret_value())
    return DialWorker(
        [DialQueue(connection).rq_queue],
        name=f"dial-{ULID()}",
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL_S,
        default_result_ttl=0,
        log_job_description=False,
    )


def _end_with_parent(parent_alive_fd: int) -> None:
    """Wait until the parent process is gone; then let the work in hand end, take no more, and exit."""
    os.read(parent_alive_fd, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(JOB_TIMEOUT_S)
    os._exit(1)

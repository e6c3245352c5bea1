"""One RQ worker process: a single queue, jobs in its own process, no scheduler, no command channel, JSON only."""

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

from services.dialer_worker.jobs import DESK
from services.dialer_worker.process.loop_thread import ATTEND_TIMEOUT_S, Desk
from services.dialer_worker.settings import Settings
from services.dialer_worker.worker_counts import CountKind, WorkerCount, report_counts_to
from shared.store.dialing.dial_queue import DialQueue, open_sync_client

# The wait for a job is 15 s shorter and a dead connection is noticed 10 s after it (rq 3.0, worker/base.py).
WORKER_TTL_S = 20

_log = structlog.get_logger(__name__)


class DialWorker(SimpleWorker):
    """RQ's worker as we use it: it is steered by signals alone, and its job outlives none of them by itself."""

    max_connection_wait_time = 2.0  # so that it is back soon after Redis is
    log_result_lifespan = False

    def subscribe(self) -> None:
        """Listen to no command channel: it costs a thread and a connection."""

    def procline(self, message: str) -> None:
        """Leave the process's title alone."""

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """Ignore further signals: the parent ends at once who may not finish."""


def run_worker(settings: Settings, *, counts_fd: int, life_fd: int) -> None:
    """Be a worker process until SIGTERM, or until Redis is lost.

    Raises:
        SystemExit: With code 1, Redis was lost; the parent starts another one.
    """
    report_count = report_counts_to(counts_fd)
    threading.Thread(target=_end_with_parent, args=(life_fd,), daemon=True).start()
    with Desk(settings, report_count) as desk:
        DESK.set(desk)
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


def _end_with_parent(life_fd: int) -> None:
    """Wait until the parent process is gone; then let the job in hand end, and nothing more."""
    os.read(life_fd, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ATTEND_TIMEOUT_S)
    os._exit(1)

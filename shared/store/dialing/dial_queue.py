"""The RQ queue: it wakes the worker processes and is never the truth. No other file enqueues."""

from typing import Any

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from redis.sentinel import Sentinel
from rq import Queue
from rq.serializers import JSONSerializer

from shared.core.errors import StoreUnavailableError
from shared.store.redis.connection import SENTINEL_LIMITS, is_sentinel, sentinel_group

QUEUE_NAME = "dial"  # a worker process listens to one queue only: RQ moves a job from one queue atomically, but not from two
DIAL = "services.dialer_worker.jobs.dial"
RECONCILE = "services.dialer_worker.jobs.attend"
DELIVER = "services.dialer_worker.jobs.deliver"


def open_sync_client(redis_url: str, *, socket_timeout_s: float = 2.0) -> "Redis":
    """Return a blocking client with time limits, for RQ (which needs replies as bytes); it takes the same URLs as `open_client`."""
    options: dict[str, Any] = {  # Any: redis-py's keyword arguments of many types
        "socket_timeout": socket_timeout_s,
        "socket_connect_timeout": 1.0,
        "driver_info": None,  # as in `connection`
        "retry": Retry(ExponentialBackoff(cap=0.4, base=0.05), retries=3),
    }
    if not is_sentinel(redis_url):
        return Redis.from_url(redis_url, **options)
    group = sentinel_group(redis_url)
    limits = {**SENTINEL_LIMITS, **group.sentinel_login}
    sentinel: Any = Sentinel(group.hosts, sentinel_kwargs=limits, **options)  # type: ignore[no-untyped-call]  # Any: redis-py ships this class untyped
    master: Redis = sentinel.master_for(group.service, db=group.db, **group.server_login)
    return master


class DialQueue:
    """Wakes a worker for a confirmation or endpoint. A job may be lost or run twice: the worker asks the record what is wanted."""

    def __init__(self, client: "Redis", *, job_timeout_s: int = 60) -> None:
        self._queue = Queue(QUEUE_NAME, connection=client, serializer=JSONSerializer, default_timeout=job_timeout_s)

    def enqueue_dial(self, confirmation_id: str) -> None:
        """Wake a worker to place the call that was granted to the confirmation.

        Raises:
            StoreUnavailableError: The job may or may not be queued; after the lease it is enqueued again.
        """
        self._enqueue(DIAL, confirmation_id)

    def enqueue_reconciliation(self, confirmation_id: str) -> None:
        """Wake a worker to reconcile the confirmation.

        Raises:
            StoreUnavailableError: The job may or may not be queued; it is enqueued again when it is due again.
        """
        self._enqueue(RECONCILE, confirmation_id)

    def enqueue_deliver(self, endpoint_id: str) -> None:
        """Wake a worker to deliver what is due at an endpoint.

        Raises:
            StoreUnavailableError: The job may or may not be queued; after the lease it is enqueued again.
        """
        self._enqueue(DELIVER, endpoint_id)

    def _enqueue(self, function: str, about: str) -> None:
        try:
            self._queue.enqueue(function, about, result_ttl=0, failure_ttl=3600)
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(f"rq: {type(error).__name__}") from error

    def depth(self) -> int:
        """Return how many jobs wait for a worker."""
        try:
            return int(self._queue.count)
        except (RedisError, OSError) as error:
            raise StoreUnavailableError(f"rq: {type(error).__name__}") from error

    @property
    def rq_queue(self) -> Any:  # noqa: ANN401  # Any: rq's own type, for its worker
        """The queue that a worker process listens to."""
        return self._queue

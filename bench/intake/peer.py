"""The peer for our intake: a bare Starlette endpoint that parses the order and enqueues a job with rq, with none of our checks.

python -m bench.intake.peer PORT REDIS_URL
"""

import sys
from collections.abc import Sequence

import uvicorn
from redis import Redis
from rq import Queue
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def main(arguments: Sequence[str]) -> None:
    """Serve until the process is ended."""
    port, redis_url = int(arguments[0]), arguments[1]
    queue = Queue("peer", connection=Redis.from_url(redis_url))

    async def post(request: Request) -> JSONResponse:
        body = await request.json()
        job = await run_in_threadpool(queue.enqueue, "tasks.call", body)
        return JSONResponse({"id": job.id}, 202)

    app = Starlette(routes=[Route("/v1/confirmations", post, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main(sys.argv[1:])

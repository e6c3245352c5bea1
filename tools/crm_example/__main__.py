"""`python -m tools.crm_example`: reads the stream of outcomes and keeps the status of orders in SQLite."""

import argparse
import os
import signal
import socket
import sys
import threading
from functools import partial
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tools.crm_example.consumer import Consumer, Place
from tools.crm_example.database import Database

_EXAMPLES = """
examples:
  python -m tools.crm_example --shop shopaz
      reads the outcomes of the shop from REDIS_URL into crm.sqlite3, until Ctrl-C
  python -m tools.crm_example --shop shopaz --once
      reads all there is, then ends: for cron
  python -m tools.crm_example --shop shopaz --consumer worker-2
      a second reader: each entry goes to one of the two, and entries that one leaves for a minute go to the other
  sqlite3 crm.sqlite3 'SELECT order_id, outcome, quote FROM orders'
      shows what the CRM knows then

Kill it, start it again, restart Redis: no outcome is missed, and none counts twice.
"""


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.crm_example",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--shop", required=True, help="the shop's name, as in API_KEYS")
    url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/0"
    parser.add_argument("--redis-url", default=url, help="default: REDIS_URL, else %(default)s")
    parser.add_argument("--database", type=Path, default=Path("crm.sqlite3"), help="SQLite file (default: %(default)s)")
    parser.add_argument("--group", default="crm", help="consumer group: one for each system that reads (default: %(default)s)")
    parser.add_argument("--consumer", default=socket.gethostname(), help="this reader's name in the group (default: the host's)")
    parser.add_argument(
        "--claim-after-s", type=float, default=60, help="take over others' entries after this time (default: %(default)s)"
    )
    parser.add_argument("--once", action="store_true", help="read all there is, then end")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run until Ctrl-C or SIGTERM; return exit code 1 if `--once` could not read."""
    options = _arguments(argv)
    client: Redis = Redis.from_url(options.redis_url, decode_responses=True, socket_timeout=10, socket_connect_timeout=3)
    database = Database(options.database)
    place = Place(shop=options.shop, group=options.group, consumer=options.consumer, claim_after_s=options.claim_after_s)
    consumer = Consumer(client, database, place, tell=partial(print, flush=True))
    stop = threading.Event()
    try:
        if options.once:
            consumer.drain()
        else:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stop.set())
            consumer.run(stop)
    except RedisError as error:
        print(f"Redis is away ({type(error).__name__})", file=sys.stderr)
        return 1
    finally:
        database.close()
        client.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

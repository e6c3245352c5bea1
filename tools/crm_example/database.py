"""The CRM's own tables, in SQLite: the state of each order. It applies an event once, however often the event arrives."""

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS orders (
  confirmation_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, status TEXT NOT NULL, outcome TEXT, quote TEXT,
  attempts INTEGER NOT NULL, sequence INTEGER NOT NULL, changed_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS rejected (entry_id TEXT PRIMARY KEY, text TEXT NOT NULL);
"""
_UPSERT = """
INSERT INTO orders (confirmation_id, order_id, status, outcome, quote, attempts, sequence, changed_at)
VALUES (:confirmation_id, :order_id, :status, :outcome, :quote, :attempts, :sequence, :time)
ON CONFLICT (confirmation_id) DO UPDATE SET status = :status, outcome = :outcome, quote = :quote, attempts = :attempts,
  sequence = :sequence, changed_at = :time
"""


class Taken(Enum):
    """What an event did."""

    CHANGED = auto()  # the order's row now has the event's state
    KNOWN = auto()  # this same event was stored before
    LATE = auto()  # a later event of the same confirmation was stored before


class Database:
    """The SQLite file at `path`, which is created if it does not exist; only this user may read it."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        os.fchmod(descriptor, 0o600)  # SQLite gives its journal the rights of the file itself
        os.close(descriptor)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")  # an acknowledged event must survive a crash of the machine
        self._connection.executescript(_TABLES)

    def take(self, event: Mapping[str, Any]) -> Taken:  # Any: a CloudEvents envelope as JSON
        """Store an event: its id and the order's new state in one transaction."""
        data = event["data"]
        with self._transaction() as connection:
            is_new = connection.execute("INSERT OR IGNORE INTO events (id) VALUES (?)", (event["id"],)).rowcount
            if not is_new:
                return Taken.KNOWN
            last = connection.execute(
                "SELECT sequence FROM orders WHERE confirmation_id = ?", (data["confirmation_id"],)
            ).fetchone()
            if last is not None and data["sequence"] <= last[0]:
                return Taken.LATE
            quote = (data["evidence"] or {}).get("quote")
            connection.execute(_UPSERT, {**data, "quote": quote, "time": event["time"]})
            return Taken.CHANGED

    def reject(self, entry_id: str, fields: Mapping[str, str]) -> None:
        """Set an entry that is not one of our events aside, for a person to look at, so that it stops nothing."""
        self._connection.execute("INSERT OR IGNORE INTO rejected VALUES (?, ?)", (entry_id, json.dumps(dict(fields))))

    def orders(self) -> list[tuple[str, str]]:
        """Return the id and the outcome of every order."""
        return list(self._connection.execute("SELECT order_id, outcome FROM orders ORDER BY order_id"))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection as connection:  # commits at the end, rolls back on an error
            yield connection

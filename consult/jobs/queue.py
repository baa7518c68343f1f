"""The queue: one Huey task carrying `{run, ids}`. It only wakes; what is to be done stands in the tables.

Huey drops a message whose worker dies with it in hand, so every job can be found again by the sweep.
"""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huey import Huey
from huey.api import PostgresHuey
from huey.registry import Message
from huey.serializer import Serializer
from huey.storage import SqliteStorage
from sqlalchemy.orm import Session

from consult.core.db import after_commit

log = logging.getLogger("consult.jobs")

Job = Callable[..., None]


class JsonSerializer(Serializer):  # type: ignore[misc]
    """Messages as JSON: nothing that comes out of the queue file is ever executed, as a pickle would be."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(list(data) if isinstance(data, Message) else data).encode()

    def _deserialize(self, data: bytes) -> Any:
        loaded = json.loads(data)
        return Message(*loaded) if isinstance(loaded, list) else loaded


class BellStorage(SqliteStorage):  # type: ignore[misc]
    """Huey's file, written to the disk now and then only: it stays whole when the power fails, and may forget the last messages.

    Nothing is lost with them, the sweep finds the rows; and whoever sends a comment does not wait for the disk twice.
    """

    def _create_connection(self) -> Any:
        connection = super()._create_connection()
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection


class BellHuey(Huey):  # type: ignore[misc]
    """Huey on that file."""

    storage_class = BellStorage


class Queue:
    """The queue of an installation, and the table of the jobs it can run (consult/worker.py)."""

    def __init__(self, url: str, data: Path, jobs: dict[str, Job]) -> None:
        self.jobs = jobs
        self.huey = _huey(url, data)
        self.task = self.huey.task(name="run")(self.run)

    def wake(self, name: str, *ids: int) -> None:
        """Ask a worker to run a job soon. Raises KeyError for a job that is not in the table."""
        if name not in self.jobs:
            raise KeyError(name)
        self.task(run=name, ids=list(ids))

    def run(self, run: str, ids: list[int]) -> None:
        """Run a job now; what goes wrong is logged by name, and left to the sweep."""
        try:
            self.jobs[run](*ids)
        except Exception:
            log.exception("job %s failed", run)

    def work_off(self) -> int:
        """Run everything that waits, in this process, until nothing does. Returns how many ran."""
        ran = 0
        while (task := self.huey.dequeue()) is not None:
            self.huey.execute(task)
            ran += 1
        return ran


def _huey(url: str, data: Path) -> Huey:
    common = {"results": False, "serializer": JsonSerializer()}
    if url.startswith("postgresql:"):
        return PostgresHuey("consult", dsn=url, **common)
    return BellHuey("consult", filename=str(data / "queue.db"), timeout=30, **common)


_queue: Queue | None = None


def use_queue(queue: Queue | None) -> None:
    """Let `enqueue()` use this queue. One a process."""
    global _queue
    _queue = queue


def queue() -> Queue:
    """The queue in use. Raises RuntimeError before `use_queue()`."""
    if _queue is None:
        raise RuntimeError("no queue: call consult.jobs.queue.use_queue() first")
    return _queue


def enqueue(db: Session, name: str, *ids: int) -> None:
    """Wake a worker for a job once the transaction is kept. Losing the message loses nothing: the sweep finds the row."""
    current = queue()
    if name not in current.jobs:
        raise KeyError(name)
    after_commit(db, lambda: _wake(current, name, ids))


def _wake(current: Queue, name: str, ids: tuple[int, ...]) -> None:
    try:
        current.wake(name, *ids)
    except Exception:  # a full disk under the queue must not undo what is already kept
        log.exception("could not wake the worker for %s; the sweep will", name)

"""A list of tens of thousands brought into an empty registry: read, previewed, applied, as the worker does it.

In a process of its own, so that its memory is that of the import alone. BENCH_ROWS=5000 gives a quick run.
"""

import json
import logging
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bench.load import LoadFailed
from bench.sites import sqlite_site
from bench.turns import most_megabytes
from consult.accounts.models import Role, StaffState
from consult.accounts.operations import add_staff
from consult.core.db import bound, reading, writing
from consult.core.files import store
from consult.core.memory import keep_loaded
from consult.jobs import operations as tasks
from consult.stakeholders import jobs, operations_applying, operations_import
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.models_import import StakeholderImport
from consult.stakeholders.operations import Told

ROWS = int(os.environ.get("BENCH_ROWS", "50000"))
TRANSACTION_MAX = 0.2  # seconds


def import_50000(_hello: str, folder: Path) -> float:
    """Seconds from the upload of a list to a whole registry, on SQLite.

    Raises LoadFailed where a row is missing, or one transaction that writes took more than 200 ms.
    """
    done = subprocess.run(
        [sys.executable, "-m", "bench.imports", str(folder)], check=False, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise LoadFailed("the import ended with a fault")
    took = json.loads(done.stdout.splitlines()[-1])
    print(f"import_50000: {took}", file=sys.stderr)
    if took["entries"] != ROWS:
        raise LoadFailed(f"{took['entries']} of {ROWS} rows came in")
    if took["longest"] > TRANSACTION_MAX:
        raise LoadFailed(f"a transaction took {took['longest'] * 1000:.0f} ms")
    return float(took["read"] + took["applied"])


class WriteTimes:
    """The seconds of each transaction that writes, from its beginning until it is on the disk: so long others wait.

    SQLAlchemy tells of a commit before it is made. So the end is when the driver's connection comes back, right after it.
    """

    def __init__(self) -> None:
        self.taken: list[float] = []
        self._began: dict[int, float] = {}
        self._wrote: set[int] = set()
        for name, listener in (("begin", self._begin), ("before_cursor_execute", self._say), ("checkin", self._end)):
            event.listen(bound().engine, name, listener)

    def _begin(self, connection: Any) -> None:
        self._began[id(connection.connection.dbapi_connection)] = time.perf_counter()

    def _say(self, connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SELECT", "PRAGMA", "BEGIN DEFERRED")):  # the last: who only reads holds up nobody
            self._wrote.add(id(connection.connection.dbapi_connection))

    def _end(self, raw: Any, _record: Any) -> None:
        if id(raw) in self._wrote:
            self._wrote.remove(id(raw))
            self.taken.append(time.perf_counter() - self._began[id(raw)])


def _list() -> bytes:
    head = "name;category;groups;language;email;postal_address;phone\n"
    return (head + "".join(_line(number) for number in range(ROWS))).encode()


def _line(number: int) -> str:
    place = f"{number * 7919 % 100_003:06d}"
    language = ("en", "ar", "zh")[number % 3]
    return (
        f"{place} Network Harbour;cso;women;{language};n{number}@org.example;{number} River Road;+41 22 {number:07d}\n"
    )


def take(folder: Path) -> dict[str, float]:
    """Import the list into an installation in a folder. Returns seconds, transactions, and megabytes at the most."""
    now = datetime.now(UTC)
    with sqlite_site(folder):
        logging.getLogger().setLevel(logging.WARNING)
        with writing() as db:
            dalia = add_staff(
                db, name="D", email="d@x.example", language="en", roles=[Role.SECRETARIAT], by=None, now=now
            )
            dalia.state = StaffState.ACTIVE
            key = store().keep(_list(), kind="lists")
            made = operations_import.begin_import(
                db,
                file_name="list.csv",
                file_key=key,
                basis=Basis.CONSENT,
                told=Told("sheet", "Sheet 3"),
                by=dalia,
                now=now,
            )
            subject = f"stakeholder_import:{made.id}"
            both = [
                tasks.start_task(db, kind, owner=dalia.actor, subject=subject, next_url="/", now=now).id
                for kind in ("stakeholders.read_list", "stakeholders.apply_list")
            ]
        keep_loaded()  # as the worker does
        bound().make_room()  # likewise
        times, began = WriteTimes(), time.perf_counter()
        jobs.read_list(both[0])
        with writing() as db:
            assert operations_applying.begin_applying(db, db.get_one(StakeholderImport, made.id)), "the list was read"
        read = time.perf_counter()
        jobs.apply_list(both[1])
        applied = time.perf_counter()
        with reading() as db:
            entries = db.query(Stakeholder).count()
    return {
        "entries": entries,
        "read": round(read - began, 1),
        "applied": round(applied - read, 1),
        "transactions": len(times.taken),
        "longest": round(max(times.taken), 3),
        "megabytes": round(most_megabytes()),
    }


if __name__ == "__main__":
    print(json.dumps(take(Path(sys.argv[1]))))

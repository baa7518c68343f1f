"""Background work of the registry: names that are new are compared with all others."""

import threading
import time

from sqlalchemy import select

from consult.core.db import reading, writing
from consult.jobs.steps import Steps, our_turn
from consult.stakeholders.models import Protection, Stakeholder
from consult.stakeholders.models_doubles import NameToCompare
from consult.stakeholders.names import Names
from consult.stakeholders.operations_comparing import keep_compared

STEP = 200  # names a transaction, at most

_turn = threading.Lock()


def compare_names() -> None:
    """Compare the names that wait with all others, in small steps. One at a time in a process; a killed one goes on where it was."""
    if not _turn.acquire(blocking=False):
        return
    try:
        _compare()
    finally:
        _turn.release()


def _compare() -> None:
    s = Stakeholder
    with reading() as db:
        waiting = list(db.scalars(select(NameToCompare.stakeholder_id).order_by(NameToCompare.stakeholder_id)))
        if not waiting:
            return
        query = select(s.id, s.kind, s.name).where(s.protection != Protection.PROTECTED).order_by(s.id)
        known = {row.id: (row.id, row.kind, row.name) for row in db.execute(query)}
    names, steps = Names(known.values()), Steps(STEP)
    called = {one: name for one, _, name in known.values()}
    while waiting:
        part, waiting = waiting[: steps.rows], waiting[steps.rows :]
        alike = {
            (min(one, other), max(one, other)): how
            for one in part
            if one in known
            for other, how in names.alike(*known[one][1:], besides=one)
        }
        with writing() as db:
            began = our_turn(db)
            keep_compared(db, part, called, alike)
        steps.note(time.perf_counter() - began)

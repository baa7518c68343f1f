"""Background work of retention: a run, step by step."""

import logging

from consult.core import clock
from consult.core.db import reading, writing
from consult.privacy import operations

log = logging.getLogger("consult.privacy")


def keep_retention(run_id: int) -> None:
    """Take a run to its end. A fault in one kind is logged, and does not keep the others."""
    while True:
        with reading() as db:
            step = operations.find_step(db, run_id)
        if step is None:
            return
        try:
            with writing() as db:
                operations.take_step(db, run_id, step, now=clock.now())
        except Exception:
            log.exception("retention of %s failed", step.kind)
            with writing() as db:
                operations.skip_kind(db, run_id, step, now=clock.now())

"""Reads of Tasks."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.jobs.models import Task


def find_task(db: Session, ref: str, owner: str) -> Task | None:
    """The Task of a reference, if it belongs to this owner."""
    return db.scalars(select(Task).where(Task.ref == ref, Task.owner == owner)).one_or_none()

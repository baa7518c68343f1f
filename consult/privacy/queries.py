"""Reads of retention runs."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.privacy.models import RetentionRun


def last_finished(db: Session) -> datetime | None:
    """When a run last ended; None before the first."""
    return db.scalar(select(func.max(RetentionRun.finished_at)))


def list_runs(db: Session, *, limit: int) -> list[RetentionRun]:
    """The newest runs, the newest first."""
    return list(db.scalars(select(RetentionRun).order_by(RetentionRun.id.desc()).limit(limit)))

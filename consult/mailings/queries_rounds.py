"""Which round an invitation is to."""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import aliased

from consult.consultations.models import COMMENTS, Participant, Window


def invited_to_newest(consultation_id: int | None) -> ColumnElement[bool]:
    """Whether a participant got an invitation to the newest round, or to the first where none has opened yet."""
    last = func.coalesce(Participant.last_invited_at, Participant.invited_at)
    return func.coalesce(last >= invited_since(consultation_id), last.is_not(None))


def invited_since(consultation_id: int | None) -> ScalarSelect[Any]:
    """Since when an invitation is one to the newest round: since the one before it closed, as it may come before the opening.

    NULL where there is none before.
    """
    w, newest = Window, aliased(Window)
    last = select(func.max(newest.number)).where(newest.consultation_id == consultation_id, newest.what == COMMENTS)
    before = select(func.max(w.closes_at)).where(w.consultation_id == consultation_id, w.what == COMMENTS)
    return before.where(w.number < last.scalar_subquery()).scalar_subquery()

"""Which round is the newest, and to which one an invitation is."""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import aliased

from consult.consultations.models import COMMENTS, Participant, Window


def newest_round(consultation_id: Any) -> ScalarSelect[Any]:
    """The number of the newest round of a consultation (its id, or a column of it); NULL where none has opened."""
    w = aliased(Window)
    return select(func.max(w.number)).where(w.consultation_id == consultation_id, w.what == COMMENTS).scalar_subquery()


def invited_to_newest(consultation_id: int | None) -> ColumnElement[bool]:
    """Whether a participant got an invitation to the newest round, or to the first where none has opened yet."""
    last = func.coalesce(Participant.last_invited_at, Participant.invited_at)
    return func.coalesce(last >= invited_since(consultation_id), last.is_not(None))


def invited_since(consultation_id: int | None) -> ScalarSelect[Any]:
    """Since when an invitation is one to the newest round: since the one before it closed, as it may come before the opening.

    NULL where there is none before.
    """
    w = Window
    before = select(func.max(w.closes_at)).where(w.consultation_id == consultation_id, w.what == COMMENTS)
    return before.where(w.number < newest_round(consultation_id)).scalar_subquery()

"""Noting that somebody without an e-mail address was told what was decided about their request."""

from datetime import datetime

from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations import rules_telling as rules
from consult.consultations.models_requests import ParticipationRequest
from consult.core.db import lock, refusing


def note_told(db: Session, request: ParticipationRequest, *, by: Staff, now: datetime) -> None:
    """They know: by letter, telephone or in person. Who told them, and when, is kept.

    Raises NothingToTell.  Records ``request.told`` (request ref).
    """
    lock(db, request)
    rules.check_note_told(request)
    request.told_at, request.told_by = now, by.actor
    with refusing(db, {"told_once": rules.NothingToTell}):
        pass
    record(db, "request.told", by=by, request=request.ref)

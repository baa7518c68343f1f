"""Declaring something of oneself, and withdrawing it. Nothing is recorded anywhere else: staff would read there what is not theirs."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from consult.consultations import rules_declared as rules
from consult.consultations.models import Consultation
from consult.consultations.models_declared import Declared, OwnDeclaration
from consult.consultations.queries_declared import Said, list_own
from consult.consultations.rules_declared import Declarations
from consult.core.db import lock
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.queries_doubles import ids_as_one
from consult.vocabularies import tables


def declare(
    db: Session, consultation: Consultation | None, entry: Stakeholder, said: Declarations, *, now: datetime
) -> None:
    """Let what somebody says of themselves be all that is declared, of reports those to this consultation. What they say no more goes.

    Raises what check_declare raises.
    """
    lock(db, entry)
    rules.check_declare(entry, said, allowed=tables.person_groups())
    here = consultation.id if consultation is not None else None
    wanted = _wanted(said, here)
    kept = set()
    for row, _title in list_own(db, entry):
        key = Said(row.what, row.code, row.consultation_id, row.named)
        if key in wanted and key not in kept:
            kept.add(key)
        elif row.consultation_id in (None, here):
            db.delete(row)
    db.flush()  # before the new ones: one answer at a time
    db.add_all(OwnDeclaration(stakeholder_id=entry.id, at=now, **key._asdict()) for key in sorted(wanted - kept))
    db.flush()


def _wanted(said: Declarations, consultation_id: int | None) -> set[Said]:
    wanted = {Said(Declared.GROUP, code) for code in said.groups}
    if said.gender:
        wanted.add(Said(Declared.GENDER, said.gender.value))
    if said.disability:
        wanted.add(Said(Declared.DISABILITY, said.disability.value))
    if said.reported and consultation_id is not None:
        wanted.add(Said(Declared.PARALLEL_REPORT, "", consultation_id, said.named))
    return wanted


def withdraw(db: Session, entry: Stakeholder, declaration_id: int | None) -> None:
    """Delete a declaration of one's own; nothing happens where it is not theirs, or gone."""
    lock(db, entry)
    own = OwnDeclaration.stakeholder_id.in_(ids_as_one(db, entry))
    db.execute(delete(OwnDeclaration).where(OwnDeclaration.id == declaration_id, own))

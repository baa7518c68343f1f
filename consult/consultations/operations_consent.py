"""What people say yes or no to on the page of their own entry: each purpose apart, each act kept."""

from datetime import datetime

from sqlalchemy.orm import Session

from consult.consultations import rules_entry as rules
from consult.core.db import lock
from consult.stakeholders.models import Basis, Purpose, Stakeholder
from consult.stakeholders.operations import THEMSELVES, Told, note_consent, said
from consult.stakeholders.queries_seats import holds_seat

# The codes of the texts beside the buttons: whoever changes a text changes its code.
WORDINGS = {
    Purpose.CONSULTATIONS: "my-entry-consultations-2026-12",
    Purpose.NEWS: "my-entry-news-2026-12",
}
HOW = "own_entry"


def choose_purpose(db: Session, entry: Stakeholder, purpose: Purpose, *, agrees: bool, now: datetime) -> bool:
    """Say yes or no to one purpose. Of consultations an office stays a duty: no switch turns it off.

    Returns whether that was a change.  Raises OfficialMailStays, NoWayForMail, LeftForMail.  Keeps an act of consent by themselves.
    """
    lock(db, entry)
    rules.check_choose_purpose(entry, purpose, agrees=agrees, holds_seat=holds_seat(db, entry.id))
    wanted = Basis.CONSENT if agrees else Basis.NONE
    if said(entry, purpose) is wanted:
        return False
    if purpose is Purpose.NEWS:
        entry.news = agrees
    else:
        entry.basis = wanted
    entry.updated_at = now
    note_consent(db, entry, Told(HOW, WORDINGS[purpose]), by=THEMSELVES, now=now, purpose=purpose)
    db.flush()
    return True

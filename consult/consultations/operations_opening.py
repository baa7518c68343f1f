"""Opening one's own entry by a link that was mailed just now: a short session that belongs to no consultation."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from consult.accounts.models import SessionKind
from consult.accounts.operations import begin_session
from consult.accounts.queries import find_session
from consult.consultations.models_entry import FreshLink
from consult.consultations.operations_entry import use_fresh_link
from consult.stakeholders.models import PERSON, Stakeholder
from consult.stakeholders.queries_doubles import whole_of

OPEN_FOR = timedelta(minutes=30)


def open_entry(db: Session, link: FreshLink, *, now: datetime) -> tuple[str, Stakeholder]:
    """Use a link up and open the entry it is about, the one that holds where it was merged since.

    Returns the secret of the session for the browser, and the entry.  Raises FreshLinkOver.  Nothing is recorded (invariant 14).
    """
    entry = whole_of(db, use_fresh_link(db, link, now=now))
    return begin_session(db, SessionKind.ENTRY, entry.person_ref, now=now, lasts=OPEN_FOR), entry


def find_opened(db: Session, secret: str, *, now: datetime) -> Stakeholder | None:
    """The entry that a session's secret opened, while it has an address; of one that was merged since the one that holds, if that
    has the same address: else it is another's mailbox."""
    found = find_session(db, secret, SessionKind.ENTRY, now=now)
    if found is None:
        return None
    entry = db.get_one(Stakeholder, int(found.holder.removeprefix(PERSON)))
    whole = whole_of(db, entry)
    return whole if whole.email and whole.email_key == entry.email_key else None

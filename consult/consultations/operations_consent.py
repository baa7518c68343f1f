"""What people say yes or no to on the page of their own entry: each purpose apart, each act kept."""

from datetime import datetime

from sqlalchemy.orm import Session

from consult.consultations import rules_entry as rules
from consult.core.db import lock
from consult.stakeholders.models import Basis, Consent, Protection, Purpose, Stakeholder
from consult.stakeholders.operations import said
from consult.stakeholders.queries_consents import newest_noes
from consult.stakeholders.queries_doubles import ids_as_one
from consult.stakeholders.queries_seats import holds_seat
from consult.stakeholders.rules_directory import check_stand_in_directory

# The codes of the texts beside the buttons: whoever changes a text changes its code.
WORDINGS = {
    Purpose.CONSULTATIONS: "my-entry-consultations-2026-12",
    Purpose.NEWS: "my-entry-news-2026-12",
    Purpose.DIRECTORY: "my-entry-directory-2026-12",
    Purpose.DIRECTORY_CONTACT: "my-entry-directory-contact-2026-12",
}
ABOUT_DIRECTORY = (Purpose.DIRECTORY, Purpose.DIRECTORY_CONTACT)
HOW = "own_entry"


def choose_purpose(
    db: Session, entry: Stakeholder, purpose: Purpose, *, agrees: bool, is_confirmed: bool = False, now: datetime
) -> bool:
    """Say yes or no to one purpose. Of consultations an office stays a duty: no switch turns it off.

    `is_confirmed` says that it comes by a link that was mailed to the address. Returns whether anything was kept: a change; or a no
    to the directory of whoever is not there, so that no older yes on paper puts them there (once a day).
    Raises OfficialMailStays, NoWayForMail, LeftForMail, NoByMailbox, NotForTheDirectory, NotInDirectory.
    Keeps an act of consent by themselves; of the directory before anybody could see them there.
    """
    lock(db, entry)
    if purpose in ABOUT_DIRECTORY:
        check_stand_in_directory(entry, purpose, agrees=agrees)
    else:
        rules.check_choose_purpose(entry, purpose, agrees=agrees, holds_seat=holds_seat(db, entry.id))
        rules.check_say_no(entry, agrees=agrees, is_confirmed=is_confirmed)
    holds = said(entry, purpose) is (Basis.CONSENT if agrees else Basis.NONE)
    if holds and (agrees or not _is_news(db, entry, purpose, now=now)):
        return False
    if purpose is Purpose.DIRECTORY and entry.shows_contact:  # which is less than standing there
        _keep(db, entry, Purpose.DIRECTORY_CONTACT, agrees=False, now=now)
    _keep(db, entry, purpose, agrees=agrees, now=now)
    return True


def _is_news(db: Session, entry: Stakeholder, purpose: Purpose, *, now: datetime) -> bool:
    """Whether a no of somebody who is not in the directory is newer than all they said themselves."""
    if purpose not in ABOUT_DIRECTORY or entry.is_protected:  # a protected one is never there
        return False
    known = newest_noes(db, *ids_as_one(db, entry)).get(purpose.value)
    return known is None or known.by != "self" or known.said_on < now.date()


def _keep(db: Session, entry: Stakeholder, purpose: Purpose, *, agrees: bool, now: datetime) -> None:
    wanted = Basis.CONSENT if agrees else Basis.NONE
    db.add(
        Consent(
            stakeholder_id=entry.id,
            purpose=purpose,
            basis=wanted,
            how=HOW,
            wording=WORDINGS[purpose],
            by="self",
            at=now,
        )
    )
    db.flush()
    if purpose is Purpose.NEWS:
        entry.news = agrees
    elif purpose is Purpose.CONSULTATIONS:
        entry.basis = wanted
    elif purpose is Purpose.DIRECTORY:
        entry.protection = Protection.PUBLIC if agrees else Protection.STAFF
    else:
        entry.shows_contact = agrees
    entry.updated_at = now
    db.flush()

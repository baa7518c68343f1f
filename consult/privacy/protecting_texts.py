"""What the registry holds beside the entry that is to be protected: lists, reasons, contact people, old seats, words to find it."""

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from consult.audit.models import JournalEntry, JournalReason
from consult.consultations.models_declared import OwnDeclaration
from consult.consultations.models_entry import FreshLink, NameWish
from consult.consultations.models_groups import SmartGroupEntry, SmartGroupListed
from consult.consultations.models_proposals import SeatProposal
from consult.mail.models import Suppression
from consult.stakeholders.models import ContactPerson, NotDouble, Stakeholder, StakeholderTerm
from consult.stakeholders.models_seats import Seat
from consult.stakeholders.operations import forget_wordings
from consult.stakeholders.operations_comparing import forget_alike
from consult.stakeholders.operations_import import doom_lists, forget_rows

if TYPE_CHECKING:
    from consult.privacy.operations_protecting import Leaving

QUIET = {"synchronize_session": False}
NO_REASON = "–"  # in place of what somebody wrote about an entry; a reason is never empty
PART = 5_000  # rows written at once


def wipe_imports(db: Session, leaving: "Leaving") -> None:
    """Empty the rows of uploaded lists that know the entries, and let no list bring them back: none goes on, all go with the Task."""
    forget_rows(db, leaving.ids)
    doom_lists(db)


def wipe_reasons(db: Session, leaving: "Leaving") -> None:
    """Erase what staff wrote beside the journal about the entries, or where it names them; and why they are in groups by hand."""
    refs = list(db.scalars(select(Stakeholder.ref).where(Stakeholder.id.in_(leaving.ids))))
    query = select(JournalReason.number, JournalReason.text, JournalEntry.codes["stakeholder"].as_string())
    query = query.join(JournalEntry, JournalEntry.number == JournalReason.number).where(JournalReason.text.is_not(None))
    gone = [number for number, words, ref in db.execute(query) if ref in refs or leaving.sought.stand_in(words)]
    for begin in range(0, len(gone), PART):
        some = JournalReason.number.in_(gone[begin : begin + PART])
        db.execute(update(JournalReason).where(some).values(text=None), execution_options=QUIET)
    for by_hand in db.scalars(select(SmartGroupEntry)).all():
        if by_hand.stakeholder_id in leaving.codes or leaving.sought.stand_in(by_hand.reason):
            by_hand.reason = NO_REASON
    noted = db.execute(select(Suppression.id, Suppression.note).where(Suppression.note.is_not(None))).all()
    named = [one for one, note in noted if leaving.sought.stand_in(note or "")]
    db.execute(update(Suppression).where(Suppression.id.in_(named)).values(note=NO_REASON), execution_options=QUIET)


def wipe_registry(db: Session, leaving: "Leaving") -> None:
    """Forget contact people, seats of former days, wishes, words to find the entries by and of their consent, links that were mailed."""
    forget_wordings(db, leaving.ids)
    _forget_elsewhere(db, leaving)
    for model in (ContactPerson, StakeholderTerm, NameWish):
        db.execute(delete(model).where(model.stakeholder_id.in_(leaving.ids)), execution_options=QUIET)
    proposed = or_(SeatProposal.holder_id.in_(leaving.ids), SeatProposal.institution_id.in_(leaving.ids))
    db.execute(delete(SeatProposal).where(proposed), execution_options=QUIET)
    former = or_(Seat.holder_id.in_(leaving.ids), Seat.institution_id.in_(leaving.ids))
    db.execute(delete(Seat).where(former), execution_options=QUIET)  # whoever knows the institution knows who held it
    alike = or_(NotDouble.first_id.in_(leaving.ids), NotDouble.second_id.in_(leaving.ids))
    db.execute(delete(NotDouble).where(alike), execution_options=QUIET)
    forget_alike(db, leaving.ids)
    links = update(FreshLink).where(FreshLink.stakeholder_id.in_(leaving.ids))
    db.execute(links.values(digest=None, address="", mailbox=None), execution_options=QUIET)
    for entry_id, code in leaving.codes.items():
        listed = update(SmartGroupListed).where(SmartGroupListed.stakeholder_id == entry_id)
        db.execute(listed.values(name_key=code), execution_options=QUIET)


def _forget_elsewhere(db: Session, leaving: "Leaving") -> None:
    """They may be somebody to speak to in other organisations too."""
    c = ContactPerson
    people = db.execute(select(c.id, c.name, c.email).order_by(c.id)).all()
    same = [one for one, name, email in people
            if leaving.sought.is_called(name) or email.casefold() in leaving.sought.addresses]  # fmt: skip
    db.execute(delete(c).where(c.id.in_(same)), execution_options=QUIET)
    x = SeatProposal
    named = db.execute(select(x.id, x.name, x.email).order_by(x.id)).all()
    same = [one for one, name, email in named
            if leaving.sought.is_called(name) or email.casefold() in leaving.sought.addresses]  # fmt: skip
    db.execute(delete(x).where(x.id.in_(same)), execution_options=QUIET)


def wipe_declared(db: Session, leaving: "Leaving") -> None:
    """Forget what they declared of themselves."""
    own = OwnDeclaration.stakeholder_id.in_(leaving.ids)
    db.execute(delete(OwnDeclaration).where(own), execution_options=QUIET)


def keep_code(db: Session, entry: Stakeholder) -> None:
    """Let a protected entry be found by its code, and by nothing else."""
    db.execute(insert(StakeholderTerm), [{"stakeholder_id": entry.id, "term": entry.ref, "name_key": entry.ref}])

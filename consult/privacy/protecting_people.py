"""What consultations hold of an entry that is to be protected: who takes part, their comments' consent, their requests."""

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from consult.accounts.models import SignedIn
from consult.consultations import doors, doors_many
from consult.consultations.models import Consultation, Participant
from consult.consultations.models_requests import ParticipationRequest
from consult.consultations.operations_requests import erase_request
from consult.reports.models import Report, ReportItem
from consult.rounds.models import NAMED, Comment, CommentDraft, Consent
from consult.rounds.models_entered import EnteredComment
from consult.stakeholders.models import Stakeholder, StakeholderKind

if TYPE_CHECKING:
    from consult.privacy.operations_protecting import Leaving

QUIET = {"synchronize_session": False}


def _registered(leaving: "Leaving") -> ColumnElement[bool]:
    return Participant.stakeholder_id.in_(leaving.ids)


def _visitors(db: Session, leaving: "Leaving") -> ColumnElement[bool]:
    """Who is in no registry and gave one of the addresses with a comment, or whose comment staff entered under one of the names."""
    p = Participant
    gave = (p.email != "") & p.email_key.in_(leaving.sought.addresses)
    return p.stakeholder_id.is_(None) & or_(gave, p.id.in_(_entered(db, leaving)))


def _entered(db: Session, leaving: "Leaving") -> list[int]:
    p = Participant
    query = select(p.id, p.name, p.organisation).join(Comment, Comment.participant_id == p.id)
    query = query.join(EnteredComment, EnteredComment.comment_id == Comment.id).where(p.stakeholder_id.is_(None))
    return [one for one, *names in db.execute(query.distinct()) if leaving.sought.is_called(*names)]


def part_participants(db: Session, leaving: "Leaving") -> None:
    """Let the one who is still written to take part itself where only one merged into it does: they are merged no more after this."""
    kept, *merged = leaving.ids
    doors_many.admit_apart(db, db.get_one(Stakeholder, kept), merged, now=leaving.now)


def participants_kept(db: Session, leaving: "Leaving") -> dict[int, int]:
    """As which participant the one who is still written to hears what any of them was to hear, by that one's id."""
    p, own = Participant, aliased(Participant)
    query = select(p.id, own.id).join(own, own.consultation_id == p.consultation_id)
    query = query.where(p.stakeholder_id.in_(leaving.ids), own.stakeholder_id == leaving.ids[0])
    return {row[0]: row[1] for row in db.execute(query)}


def wipe_comments(db: Session, leaving: "Leaving") -> None:
    """Throw away what is prepared with their name and not published, and the choice of a name for what is not sent."""
    theirs = select(Participant.id).where(or_(_registered(leaving), _visitors(db, leaving)))
    own = select(Comment.ref).where(Comment.participant_id.in_(theirs))
    published = exists().where(Report.frozen_id == ReportItem.frozen_id)
    prepared = (ReportItem.comment_ref.in_(own), ReportItem.tombstoned_at.is_(None), ~published)
    empty = {"personal": None, "author_category": None, "tombstoned_at": leaving.now}
    db.execute(update(ReportItem).where(*prepared).values(**empty), execution_options=QUIET)
    unsent = (CommentDraft.participant_id.in_(theirs), CommentDraft.consent.in_(NAMED))
    db.execute(update(CommentDraft).where(*unsent).values(consent=None), execution_options=QUIET)


def unname_comments(db: Session, leaving: "Leaving") -> None:
    """Let what they said be published without a name from now on: once the entry is protected, the database lets that happen.

    What was published stays as they agreed: it can be taken back by withdrawing it.
    """
    _unname(db, _registered(leaving))


def _unname(db: Session, whose: ColumnElement[bool]) -> None:
    theirs = Comment.participant_id.in_(select(Participant.id).where(whose))
    named = (theirs, Comment.consent.in_(NAMED), Comment.withdrawn_at.is_(None))
    db.execute(update(Comment).where(*named).values(consent=Consent.WITHOUT_NAME), execution_options=QUIET)


def wipe_participants(db: Session, leaving: "Leaving") -> None:
    """Put the code in the place of the name wherever they take part. Old links lead nowhere; nobody stays entered."""
    query = select(Participant, Stakeholder.kind).join(Stakeholder, Stakeholder.id == Participant.stakeholder_id)
    for one, kind in db.execute(query.where(_registered(leaving)).order_by(Participant.id)).all():
        assert one.stakeholder_id is not None, "as was asked for"
        code, is_organisation = leaving.codes[one.stakeholder_id], kind is StakeholderKind.ORGANISATION
        one.name, one.organisation = ("", code) if is_organisation else (code, "")
        _shut_out(db, one, leaving)


def wipe_visitors(db: Session, leaving: "Leaving") -> None:
    """Erase name, organisation and address of those who gave one of the addresses, or were entered, without being in the registry."""
    for one in db.scalars(select(Participant).where(_visitors(db, leaving)).order_by(Participant.id)).all():
        one.name = one.organisation = ""
        one.erased_at = one.erased_at or leaving.now
        _shut_out(db, one, leaving)
        _unname(db, Participant.id == one.id)


def _shut_out(db: Session, participant: Participant, leaving: "Leaving") -> None:
    participant.email, participant.email_confirmed_at, participant.address_key = "", None, None
    doors.replace_door(db, participant)  # which also writes the row
    live = (SignedIn.holder == participant.person_ref, SignedIn.revoked_at.is_(None))
    db.execute(update(SignedIn).where(*live).values(revoked_at=leaving.now), execution_options=QUIET)
    here = Consultation.id == participant.consultation_id  # a report that was prepared with the name is one no more
    db.execute(update(Consultation).where(here).values(revision=Consultation.revision + 1), execution_options=QUIET)


def wipe_requests(db: Session, leaving: "Leaving") -> None:
    """Forget requests to take part that nobody has decided, and empty the others."""
    r = ParticipationRequest
    own = or_(r.stakeholder_id.in_(leaving.ids), r.email_key.in_(leaving.sought.addresses))
    db.execute(delete(r).where(own, r.decided_at.is_(None)))
    for request in db.scalars(select(r).where(own, r.erased_at.is_(None)).order_by(r.id)).all():
        erase_request(db, request, now=leaving.now)

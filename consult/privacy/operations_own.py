"""Being forgotten: what is erased of an entry, in one visible list from here down. What somebody agreed to publish stays."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from consult.accounts.models import SignedIn
from consult.consultations import doors
from consult.consultations.models import Participant, participant_ref
from consult.consultations.models_declared import OwnDeclaration
from consult.consultations.models_entry import FreshLink, NameWish
from consult.consultations.models_proposals import SeatProposal
from consult.consultations.models_requests import ParticipationRequest
from consult.consultations.operations_entry import use_fresh_link, use_up
from consult.consultations.operations_requests import erase_request
from consult.core.db import lock
from consult.mail.keys import address_key
from consult.mailings.operations_forgetting import forget_codes, forget_letters
from consult.mailings.operations_outreach import call_off
from consult.privacy import rules_own as rules
from consult.privacy.erasing import forget_address
from consult.privacy.models_own import ForgetWish
from consult.reports.operations_letters_forgetting import call_off_answers, forget_answer_letters, forget_answers_of
from consult.rounds.models import NAMED, Comment, CommentDraft
from consult.stakeholders.models import Basis, ContactPerson, Stakeholder, StakeholderTerm, stakeholder_ref
from consult.stakeholders.models_seats import Seat, SeatState
from consult.stakeholders.operations import THEMSELVES, Told, forget_wordings, leave_directory
from consult.stakeholders.operations_comparing import forget_alike
from consult.stakeholders.operations_import import forget_rows
from consult.stakeholders.operations_leaving import leave_everywhere
from consult.stakeholders.queries_doubles import ids_as_one, whole_of

TOMBSTONE = "–"  # the name of an entry that was forgotten: links of staff pages need one
HOW = "link"  # as the history of consent says it


def holds_seat(db: Session, ids: list[int]) -> bool:
    """Whether an entry holds a seat now, or has one that somebody holds."""
    own = or_(Seat.holder_id.in_(ids), Seat.institution_id.in_(ids))
    return bool(db.scalar(select(exists().where(own, Seat.state != SeatState.OVER))))


def forget_entry(db: Session, link: FreshLink, *, now: datetime) -> None:
    """Erase what is held about an entry, and those merged into it, so that no list brings its address back.

    Of one that was merged meanwhile it is the one that holds, whose address is the same: else the link is over.
    Raises FreshLinkOver, OfficeStays.  Nothing is recorded: it is their own act, kept as leaving is.
    """
    erase_entry(db, lock(db, whole_of(db, use_fresh_link(db, link, now=now))), now=now)


def erase_entry(db: Session, entry: Stakeholder, *, now: datetime, how: str = HOW) -> None:
    """The same, of an entry that is locked, by whoever has the right to have it done. `how` they asked for it.

    Raises OfficeStays.  Nothing is recorded here.
    """
    ids = ids_as_one(db, entry)
    rules.check_forget_entry(entry, holds_seat=holds_seat(db, ids))
    for erase in ERASE:
        erase(db, Whose(ids, now, how))
    db.flush()


class Whose(NamedTuple):
    """Whose entries are erased, by their ids; when, and how they asked."""

    ids: list[int]
    now: datetime
    how: str


def forget_visitors(db: Session, link: FreshLink, *, now: datetime) -> None:
    """Erase what is held about whoever gave a mailbox with comments without being in the registry, by a link that was mailed there.

    Raises FreshLinkOver.  Nothing is recorded: it is their own act.
    """
    found = lock(db, db.get_one(Participant, link.participant_id))
    address = found.email
    use_up(db, link, now=now)
    erase_visitors(db, visitors_of(address), address, now=now)


def visitors_of(address: str) -> ColumnElement[bool]:
    """Who gave an address with a comment, and is in no registry."""
    p = Participant
    return p.stakeholder_id.is_(None) & (p.email != "") & (p.email_key == address.casefold())


def erase_visitors(db: Session, who: ColumnElement[bool], address: str, *, now: datetime) -> None:
    """The same, of some participants; and the requests to take part that came from their address and became no entry."""
    theirs = list(db.scalars(select(Participant.id).where(who)))
    among = Participant.id.in_(theirs)
    _forget_drafts(db, among)
    _forget_people(db, among, now)
    forget_answers_of(db, theirs, now=now)
    if address:
        r = ParticipationRequest
        _forget_requests(db, r.stakeholder_id.is_(None) & (r.email_key == address.casefold()), now)
    db.execute(delete(ForgetWish).where(ForgetWish.participant_id.in_(theirs)))
    links = update(FreshLink).where(FreshLink.stakeholder_id.is_(None), FreshLink.participant_id.in_(theirs))
    db.execute(links.values(digest=None, mailbox=None))
    db.flush()


def _entries(db: Session, whose: Whose) -> None:
    ids, now, how = whose
    for entry in db.scalars(select(Stakeholder).where(Stakeholder.id.in_(ids)).order_by(Stakeholder.id)):
        lock(db, entry)
        if entry.email:
            leave_everywhere(db, entry.email, now=now, how=how)  # keeps the keyed digest of the address
        leave_directory(db, [entry], Told(how), by=THEMSELVES, now=now)  # who has no address too
        entry.left_at = entry.left_at or now
        entry.name, entry.name_key, entry.double_key, entry.basis, entry.channel = (
            TOMBSTONE, entry.ref, "", Basis.NONE, None,
        )  # fmt: skip
        for name in (
            "groups", "region", "also_languages", "email", "email_key", "postal_address", "phone", "phone_key", "access_needs",
            "note",
        ):  # fmt: skip
            setattr(entry, name, "")
        entry.news, entry.updated_at = False, now


def _of_the_registry(db: Session, whose: Whose) -> None:
    ids = whose.ids
    for model in (ContactPerson, StakeholderTerm, NameWish, OwnDeclaration):
        db.execute(delete(model).where(model.stakeholder_id.in_(ids)))
    db.execute(delete(SeatProposal).where(or_(SeatProposal.holder_id.in_(ids), SeatProposal.institution_id.in_(ids))))
    forget_alike(db, ids)
    forget_rows(db, ids, _addresses(db, ids))
    forget_wordings(db, ids)
    db.execute(update(FreshLink).where(FreshLink.stakeholder_id.in_(ids)).values(digest=None, address="", mailbox=None))
    db.execute(delete(ForgetWish).where(ForgetWish.stakeholder_id.in_(ids)))
    own = SignedIn.holder.in_([stakeholder_ref(one) for one in ids])
    db.execute(update(SignedIn).where(own, SignedIn.revoked_at.is_(None)).values(revoked_at=whose.now))


def _addresses(db: Session, ids: list[int]) -> list[str]:
    """The addresses of some entries, casefolded."""
    return [key for key in db.scalars(select(Stakeholder.email_key).where(Stakeholder.id.in_(ids))) if key]


def _requests(db: Session, whose: Whose) -> None:
    ids, r = whose.ids, ParticipationRequest
    keys = _addresses(db, ids)
    _forget_requests(db, or_(r.stakeholder_id.in_(ids), r.email_key.in_(keys)), whose.now)


def _forget_requests(db: Session, own: ColumnElement[bool], now: datetime) -> None:
    r = ParticipationRequest
    db.execute(delete(r).where(own, r.decided_at.is_(None)))
    for request in db.scalars(select(r).where(own, r.erased_at.is_(None)).order_by(r.id)):
        erase_request(db, request, now=now)


def _theirs(db: Session, ids: list[int]) -> ColumnElement[bool]:
    """Who takes part as one of these entries, or gave its address with a comment without being in the registry."""
    p = Participant
    addresses = _addresses(db, ids)
    keys = [address_key(one) for one in addresses]  # of visitors whose address was erased already
    visitors = p.stakeholder_id.is_(None) & or_(p.email_key.in_(addresses), p.address_key.in_(keys))
    return or_(p.stakeholder_id.in_(ids), visitors)


def _participants(db: Session, whose: Whose) -> None:
    _forget_people(db, _theirs(db, whose.ids), whose.now)


def _forget_people(db: Session, who: ColumnElement[bool], now: datetime) -> None:
    named = exists().where(
        Comment.participant_id == Participant.id, Comment.consent.in_(NAMED), Comment.withdrawn_at.is_(None)
    )
    query = select(Participant, named).where(who).order_by(Participant.id)
    for participant, keeps_name in db.execute(query).all():
        doors.replace_door(db, participant)  # nobody has the new link: the old ones lead nowhere
        own = SignedIn.holder == participant_ref(participant.id)
        db.execute(update(SignedIn).where(own, SignedIn.revoked_at.is_(None)).values(revoked_at=now))
        participant.left_at = participant.left_at or now
        if participant.stakeholder_id is None:
            forget_address(participant)
            participant.erased_at = participant.erased_at or now
        if not keeps_name:
            participant.name = participant.organisation = ""


def _drafts(db: Session, whose: Whose) -> None:
    _forget_drafts(db, _theirs(db, whose.ids))


def _forget_drafts(db: Session, who: ColumnElement[bool]) -> None:
    theirs = select(Participant.id).where(who)
    db.execute(delete(CommentDraft).where(CommentDraft.participant_id.in_(theirs)))


def _letters(db: Session, whose: Whose) -> None:
    ids, now, _how = whose
    call_off(db, ids, now=now)
    forget_letters(db, ids, now=now)
    call_off_answers(db, ids, now=now)
    forget_answer_letters(db, ids, now=now)
    forget_codes(db, ids)


# Every package that holds something about a person has its line, here and in `queries_own.PARTS`; the entry itself at last, by
# whose address the others are found. What stays: comments, by their consent (invariant 1), acts of consent without the words of
# staff, what took part when, and the ended seats of institutions.
ERASE: tuple[Callable[[Session, Whose], None], ...] = (
    _drafts,
    _participants,
    _requests,
    _letters,
    _of_the_registry,
    _entries,
)

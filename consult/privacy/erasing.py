"""What the nightly job does to each kind whose term is over: which rows, and what becomes of them.

`due` gives the ids of what was over before an instant, in any order; `erase` gets some of them, locked, which still are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from consult.consultations.models import Consultation, Participant
from consult.core.db import Base
from consult.custody.models import SealedEntry
from consult.mail.keys import address_key
from consult.mail.models import TRACES, Bounce, OutboxMail, Suppression
from consult.mailings.models_leaving import Leaving
from consult.mailings.operations_forgetting import forget_letters, noted_about
from consult.reports.models import Report, ReportItem
from consult.reports.operations_letters_forgetting import (
    answers_noted_about,
    forget_answer_letters,
    forget_answer_notes,
)
from consult.rounds.models import Comment, Consent
from consult.stakeholders.entries import Entry
from consult.stakeholders.models import Basis, ContactPerson, Stakeholder
from consult.stakeholders.operations_leaving import keep_left
from consult.stakeholders.operations_terms import keep_terms

Due = Callable[[datetime], Select[int]]
Erase = Callable[[Session, Sequence[int], datetime], None]  # the instant is that of the run


@dataclass(frozen=True, slots=True)
class Erasing:
    """How one kind goes."""

    model: type[Base]
    due: Due
    erase: Erase


def due_traces(before: datetime) -> Select[int]:
    """Mails that have been over for that long, and can still be traced."""
    traced = or_(*(getattr(OutboxMail, column).is_not(None) for column in TRACES))
    return select(OutboxMail.id).where(OutboxMail.finished_at < before, traced)


def wipe_traces(db: Session, ids: Sequence[int], now: datetime) -> None:
    """Take from mails what could trace them. The row stays: nobody gets the same mail twice."""
    _set(db, update(OutboxMail).where(OutboxMail.id.in_(ids)).values(dict.fromkeys(TRACES)))


def due_bounces(before: datetime) -> Select[int]:
    """Mails that came back that long ago."""
    return select(Bounce.id).where(Bounce.at < before)


def due_suppressions(before: datetime) -> Select[int]:
    """Suppressions that were lifted that long ago; those that stand do not age."""
    return select(Suppression.id).where(Suppression.lifted_at < before)


def due_leavings(before: datetime) -> Select[int]:
    """Acts of leaving of that long ago."""
    return select(Leaving.id).where(Leaving.at < before)


def due_visitors(before: datetime) -> Select[int]:
    """Participants who are in no registry, of consultations that have been archived for that long."""
    archived = select(Consultation.id).where(Consultation.archived_at < before)
    return select(Participant.id).where(
        Participant.stakeholder_id.is_(None), Participant.erased_at.is_(None), Participant.consultation_id.in_(archived)
    )


def erase_visitors(db: Session, ids: Sequence[int], now: datetime) -> None:
    """Erase name, organisation and address of participants, but for what was published of them because they said so."""
    named = set(db.scalars(_published(Consent.WITH_NAME).where(Participant.id.in_(ids))))
    by_organisation = set(db.scalars(_published(Consent.ORGANISATION_ONLY).where(Participant.id.in_(ids))))
    for one in _participants(db, ids):
        forget_address(one)
        one.erased_at = now
        if one.id not in named:
            one.name = ""
            one.organisation = one.organisation if one.id in by_organisation else ""
    db.flush()
    forget_answer_notes(db, ids)


def _published(consent: Consent) -> Select[int]:
    """The ids of participants of whom a published report shows what this consent lets it show."""
    shown = exists().where(
        ReportItem.comment_ref == Comment.ref,
        ReportItem.frozen_id == Report.frozen_id,
        ReportItem.personal["author"]["organisation"].as_string().is_not(None),  # none where the words are withheld
    )
    query = select(Participant.id).join(Comment, Comment.participant_id == Participant.id)
    return query.where(Comment.consent == consent, Comment.withdrawn_at.is_(None), shown).distinct()


def due_addresses(before: datetime) -> Select[int]:
    """Participants who gave an address that long ago which nobody has confirmed."""
    return select(Participant.id).where(
        Participant.email != "", Participant.email_confirmed_at.is_(None), Participant.created_at < before
    )


def forget_addresses(db: Session, ids: Sequence[int], now: datetime) -> None:
    """Erase the address of participants."""
    for one in _participants(db, ids):
        forget_address(one)
    db.flush()


def _participants(db: Session, ids: Sequence[int]) -> list[Participant]:
    return list(db.scalars(select(Participant).where(Participant.id.in_(ids)).order_by(Participant.id)))


def forget_address(participant: Participant) -> None:
    """The key stays: with it the leave link of a mail that went there still stops all mail, and five comments stay one person's."""
    if participant.email:
        participant.address_key = address_key(participant.email)
        participant.email = ""


def due_entries(before: datetime) -> Select[int]:
    """Entries of the registry that left that long ago, and still hold a way to reach them, a need or a note, open or sealed.

    A note on a letter or a call counts: one may have come back since.
    """
    s = Stakeholder
    has_any: ColumnElement[bool] = or_(
        s.email != "", s.note != "", s.postal_address != "", s.phone != "", s.access_needs != "",
        exists().where(SealedEntry.stakeholder_id == s.id), s.id.in_(noted_about()),
        s.id.in_(answers_noted_about()),
    )  # fmt: skip
    return select(Stakeholder.id).where(Stakeholder.left_at < before, has_any)


def erase_entries(db: Session, ids: Sequence[int], now: datetime) -> None:
    """Erase all but the name of entries that left; by the address's key nothing is ever sent there again.

    What finds doubles gets the entry's own code in place of the address: two of one name may both have left.
    """
    for one in db.scalars(select(Stakeholder).where(Stakeholder.id.in_(ids)).order_by(Stakeholder.id)):
        if one.email:
            assert one.left_at is not None, "who has not left is not due"
            keep_left(db, address_key(one.email), at=one.left_at)
            one.email, one.email_key = "", f"erased:{one.ref}"
        one.basis, one.channel, one.news, one.shows_contact = Basis.NONE, None, False, False
        one.note = one.postal_address = one.phone = one.phone_key = one.access_needs = ""
        one.updated_at = now
        db.flush()
        keep_terms(db, {one.id: Entry.of(one)})  # by the words of its address it is found no more
    forget_letters(db, ids, now=now)
    forget_answer_letters(db, ids, now=now)
    _set(db, delete(ContactPerson).where(ContactPerson.stakeholder_id.in_(ids)))
    _set(db, delete(SealedEntry).where(SealedEntry.stakeholder_id.in_(ids)))
    db.flush()


def _set(db: Session, statement: object) -> None:
    db.execute(statement, execution_options={"synchronize_session": False})  # type: ignore[call-overload]


def _delete(model: type[Base]) -> Erase:
    def erase(db: Session, ids: Sequence[int], now: datetime) -> None:
        _set(db, delete(model).where(model.id.in_(ids)))  # type: ignore[attr-defined]

    return erase


# By the code of the kind, in the order in which a run takes them.
ERASINGS: dict[str, Erasing] = {
    "mail_traces": Erasing(OutboxMail, due_traces, wipe_traces),
    "bounces": Erasing(Bounce, due_bounces, _delete(Bounce)),
    "lifted_suppressions": Erasing(Suppression, due_suppressions, _delete(Suppression)),
    "leavings": Erasing(Leaving, due_leavings, _delete(Leaving)),
    "unconfirmed_addresses": Erasing(Participant, due_addresses, forget_addresses),
    "visitors": Erasing(Participant, due_visitors, erase_visitors),
    "left_entries": Erasing(Stakeholder, due_entries, erase_entries),
}

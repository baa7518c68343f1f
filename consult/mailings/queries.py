"""Reads of invitations."""

from typing import Any, NamedTuple

from sqlalchemy import Case, Select, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from consult.consultations.leaving import has_left
from consult.consultations.models import Participant, Participation, Window
from consult.mailings.models import Invitation, InvitationRecipient, InvitationText, MailingKind
from consult.mailings.rules import WhyNot
from consult.stakeholders.models import Basis, Stakeholder

PAGE = 50  # entries a page


class Chosen(NamedTuple):
    """An entry whom the choice fits, and why it gets no mail (None where it does)."""

    id: int
    name: str
    email: str
    language: str
    why_not: WhyNot | None


class ListedInvitation(NamedTuple):
    """An invitation in the list of a consultation."""

    ref: str
    kind: MailingKind
    state: str
    created_at: Any
    sent_at: Any
    starts_at: Any
    recipients: int


s = Stakeholder
_own = aliased(Stakeholder)
_ROUND = (
    select(func.max(Window.number))
    .where(Window.consultation_id == Participant.consultation_id, Window.what == "comments")
    .correlate(Participant)
    .scalar_subquery()
)
# Of one that others were merged into, what any of them did counts: they are one.
_TAKES_PART = (
    exists().where(Participant.stakeholder_id == _own.id, or_(_own.id == s.id, _own.merged_into == s.id)).correlate(s)
)
_HAS_COMMENTED = _TAKES_PART.where(
    Participation.participant_id == Participant.id,
    Participation.what == "comments",
    Participation.number == _ROUND,
)
_IS_INVITED = _TAKES_PART.where(Participant.invited_at.is_not(None))
# The same reasons in the same order as rules.why_not and why_not_reminded, for a whole registry in one query; a test holds
# them together.
_MAY_NOT = (
    (s.has_left, WhyNot.LEFT.value),
    (s.email == "", WhyNot.NO_ADDRESS.value),
    (s.basis == Basis.NONE, WhyNot.NO_BASIS.value),
)


def _why(invitation: Invitation) -> Case[Any]:
    """Why an entry that fits gets no mail; NULL where it does."""
    here = Participant.consultation_id == invitation.consultation_id
    gone = _TAKES_PART.where(here, Participant.left_at.is_not(None))
    already = (
        (_HAS_COMMENTED.where(here), WhyNot.COMMENTED_ALREADY.value)
        if invitation.is_reminder
        else (_IS_INVITED.where(here), WhyNot.INVITED_ALREADY.value)
    )
    left_here = gone | has_left(s.email_key, invitation.consultation_id)
    return case(*_MAY_NOT, (left_here, WhyNot.LEFT_HERE.value), already)


def _fitting(invitation: Invitation, *columns: Any) -> Select[Any]:
    """Those whom the choice fits: any of its categories, and any of its groups; of a reminder only those who are invited."""
    query = select(*columns).select_from(s).where(s.merged_into.is_(None))
    if invitation.is_reminder:
        query = query.where(_IS_INVITED.where(Participant.consultation_id == invitation.consultation_id))
    if invitation.categories:
        query = query.where(s.category.in_(invitation.categories))
    if invitation.groups:
        query = query.where(or_(*(s.groups.contains(f",{code},", autoescape=True) for code in invitation.groups)))
    return query


def recipients_now(invitation: Invitation) -> Select[Any]:
    """The ids of those who would get the mail."""
    return _fitting(invitation, s.id).where(_why(invitation).is_(None)).order_by(s.id)


def count_chosen(db: Session, invitation: Invitation) -> dict[WhyNot | None, int]:
    """How many get the mail (under None), and how many do not for each reason."""
    why = _why(invitation).label("why")
    query = _fitting(invitation, why, func.count(s.id)).group_by(why)
    return {WhyNot(why) if why else None: count for why, count in db.execute(query)}


def list_chosen(db: Session, invitation: Invitation, *, gets: bool, after: int = 0) -> list[Chosen]:
    """A page of those who get the mail, or of those who do not, by their id."""
    why = _why(invitation)
    query = _fitting(invitation, s.id, s.name, s.email, s.language, why).where(
        why.is_(None) if gets else why.is_not(None), s.id > after
    )
    rows = db.execute(query.order_by(s.id).limit(PAGE))
    return [Chosen(row[0], row[1], row[2], row[3], WhyNot(row[4]) if row[4] else None) for row in rows]


def list_invitations(db: Session, consultation_id: int) -> list[ListedInvitation]:
    """The invitations of a consultation, newest first."""
    i = Invitation
    sent_to = select(func.count()).where(InvitationRecipient.invitation_id == i.id).correlate(i).scalar_subquery()
    query = select(i.ref, i.kind, i.state, i.created_at, i.sent_at, i.starts_at, sent_to).where(
        i.consultation_id == consultation_id
    )
    return [ListedInvitation._make(row) for row in db.execute(query.order_by(i.id.desc()))]


def find_invitation(db: Session, consultation_id: int, ref: str) -> Invitation | None:
    """The invitation of a reference."""
    query = select(Invitation).where(Invitation.consultation_id == consultation_id, Invitation.ref == ref)
    return db.scalars(query).one_or_none()


def read_words(db: Session, invitation_id: int) -> dict[str, tuple[str, str]]:
    """Subject and text by language."""
    t = InvitationText
    rows = db.execute(select(t.language, t.subject, t.body).where(t.invitation_id == invitation_id))
    return {language: (subject, body) for language, subject, body in rows}


def next_recipients(db: Session, invitation_id: int, limit: int) -> list[tuple[InvitationRecipient, Stakeholder]]:
    """Those on the fixed list whose mail is not in the outbox yet, and who may still be written to."""
    r = InvitationRecipient
    query = (
        select(r, Stakeholder)
        .join(Stakeholder, Stakeholder.id == r.stakeholder_id)
        .where(r.invitation_id == invitation_id, r.queued_at.is_(None))
        .order_by(r.id)
        .limit(limit)
    )
    return [(recipient, entry) for recipient, entry in db.execute(query)]

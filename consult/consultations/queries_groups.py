"""Who is in a saved group, who is always proposed, and the pages of groups."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, tuple_, type_coerce
from sqlalchemy.orm import Session, aliased
from sqlalchemy.types import String

from consult.consultations.models import Consultation, ConsultationState, Participant, Participation
from consult.consultations.models_groups import (
    Asked,
    ByHand,
    GroupRule,
    SmartGroup,
    SmartGroupEntry,
    SmartGroupListed,
    StandingInvitation,
)
from consult.consultations.queries_protected import count_among, may_be_listed, told
from consult.core.texts import Texts
from consult.stakeholders.models import SENSITIVE_CATEGORIES, Stakeholder, StakeholderKind
from consult.stakeholders.models_seats import Seat, SeatState

PAGE = 50  # entries a page
SMALL = 1_000  # entries of a registry up to which a group is asked anew each time; above, its list is read
s = Stakeholder
_own = aliased(Stakeholder)
_KEPT = func.coalesce(_own.merged_into, _own.id)  # the entry that holds for one


def members(group: SmartGroup) -> Select[int]:
    """The ids of those who are in a group now, each entry of the registry once: for an IN, or an INSERT from it.

    Those who left are among them: whoever mails asks who may be written to, as for anybody else.
    """
    return select(s.id).where(s.merged_into.is_(None), _is_in(group))


def choice_of(db: Session, consultation_id: int) -> SmartGroup | None:
    """The choice of whom a consultation invites; None before anybody chose."""
    return db.scalars(select(SmartGroup).where(SmartGroup.consultation_id == consultation_id)).one_or_none()


def _is_in(group: SmartGroup) -> ColumnElement[bool]:
    inside = or_(fits(GroupRule.of(group.rule)), s.id.in_(_by_hand(group, ByHand.IN)))
    return and_(inside, s.id.not_in(_by_hand(group, ByHand.OUT)))


def _by_hand(group: SmartGroup, way: ByHand) -> Select[*tuple[Any, ...]]:
    e = SmartGroupEntry
    return select(_KEPT).join(e, e.stakeholder_id == _own.id).where(e.group_id == group.id, e.way == way)


def fits(rule: GroupRule) -> ColumnElement[bool]:
    """Whether an entry fulfils all that a rule says. A rule that says nothing fits nobody."""
    if rule.says_nothing:
        return false()
    found: list[ColumnElement[bool]] = []
    if rule.categories:
        found.append(of_categories(rule.categories))
    if rule.groups:
        found += [s.kind == StakeholderKind.ORGANISATION, _holds_any(s.groups, rule.groups)]
    if rule.regions:
        found.append(s.region.in_(rule.regions))
    if rule.languages:
        found.append(or_(s.language.in_(rule.languages), _holds_any(s.also_languages, rule.languages)))
    for column, code in ((s.kind, rule.kind), (s.channel, rule.channel)):
        if code:
            found.append(type_coerce(column, String) == code)
    return and_(*found, *_facts_hold(rule))


def _facts_hold(rule: GroupRule) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if rule.invited_to:
        found.append(s.id.in_(invited(rule.invited_to)))
    if rule.not_invited_to:
        found.append(s.id.not_in(invited(rule.not_invited_to)))
    if rule.took_part_in:
        found.append(s.id.in_(took_part(rule.took_part_in)))
    if rule.never_took_part_in:
        found.append(s.id.not_in(took_part(rule.never_took_part_in)))
    if rule.holds_seat:
        found.append(s.id.in_(select(_KEPT).join(Seat, Seat.holder_id == _own.id).where(Seat.state == SeatState.HELD)))
    return found


def of_categories(codes: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether an entry is of a category; of one that says what somebody believes or organises for, only an organisation is."""
    plain, sensitive = set(codes) - SENSITIVE_CATEGORIES, set(codes) & SENSITIVE_CATEGORIES
    return or_(
        s.category.in_(sorted(plain)),
        and_(s.category.in_(sorted(sensitive)), s.kind == StakeholderKind.ORGANISATION) if sensitive else false(),
    )


def _holds_any(column: Any, codes: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(*(column.contains(f",{code},", autoescape=True) for code in codes))


def invited(asked: Asked) -> Select[*tuple[Any, ...]]:
    """The ids of entries that were invited to a consultation; of merged ones, of the entry that holds."""
    return _takes_part(asked).where(Participant.invited_at.is_not(None))


def took_part(asked: Asked) -> Select[*tuple[Any, ...]]:
    """The ids of entries that took part in one, as far as higher packages wrote it down: opened doors are no facts."""
    return _takes_part(asked).join(Participation, Participation.participant_id == Participant.id)


def _takes_part(asked: Asked) -> Select[*tuple[Any, ...]]:
    c = Consultation
    last = select(c.id).where(c.state != ConsultationState.PREPARING).order_by(c.id.desc()).limit(asked.last)
    wanted = [asked.consultation_id] if asked.consultation_id else last
    query = select(_KEPT).join(Participant, Participant.stakeholder_id == _own.id)
    return query.where(Participant.consultation_id.in_(wanted))


# Pages of groups


class Member(NamedTuple):
    """An entry in a group. `reason` is why it was put in by hand; "" where the rule says so."""

    ref: str
    name: str
    is_person: bool
    left: bool
    reason: str


class TakenOut(NamedTuple):
    """An entry that was taken out by hand."""

    ref: str
    name: str
    reason: str
    at: datetime


class Members(NamedTuple):
    """A page of a group, where the next begins, how many are in it, and from when the list is (None = now).

    Of those who are protected none is on the page, nor counted; `protected` is how many there are at least, as far as that is told.
    """

    people: list[Member]
    more: tuple[str, int] | None
    number: int | None
    as_of: datetime | None
    protected: int = 0


def find_group(db: Session, ref: str) -> SmartGroup | None:
    """The group of a reference, unless it was removed."""
    query = select(SmartGroup).where(SmartGroup.ref == ref, SmartGroup.removed_at.is_(None))
    return db.scalars(query).one_or_none()


class ListedGroup(NamedTuple):
    """A saved group in the list; `kinds` are those for which it is always proposed, None where it is not."""

    ref: str
    name: str
    kinds: list[str] | None


def list_groups(db: Session) -> list[ListedGroup]:
    """All saved groups by name. Choices of consultations are not among them."""
    g, i = SmartGroup, StandingInvitation
    query = select(g.ref, g.name, i.kinds).outerjoin(i, i.group_id == g.id).where(g.consultation_id.is_(None))
    return [
        ListedGroup._make(row) for row in db.execute(query.where(g.removed_at.is_(None)).order_by(g.name_key, g.id))
    ]


def is_small(db: Session) -> bool:
    """Whether the registry is small enough to ask who is in a group each time its page is looked at."""
    some = select(s.id).limit(SMALL + 1).subquery()
    return (db.scalar(select(func.count()).select_from(some)) or 0) <= SMALL


def list_members(db: Session, group: SmartGroup, *, after: tuple[str, int] | None = None) -> Members:
    """A page of those in a group, by name. Keyset paging. Of a large registry from the list that is kept, less who was taken out."""
    columns: tuple[Any, ...] = (s.id, s.name_key, s.ref, s.name, s.kind, s.has_left)
    small = is_small(db)
    if small:
        query, key, order = select(*columns).where(s.merged_into.is_(None), _is_in(group)), s.name_key, s.id
        hidden = count_among(db, members(group))
    else:
        kept = SmartGroupListed
        query = select(*columns).join(kept, kept.stakeholder_id == s.id)
        query = query.where(kept.group_id == group.id, kept.edition == group.edition, s.merged_into.is_(None))
        query = query.where(s.id.not_in(_by_hand(group, ByHand.OUT)))
        key, order = kept.name_key, kept.stakeholder_id
        listed = select(kept.stakeholder_id).where(kept.group_id == group.id, kept.edition == group.edition)
        hidden = count_among(db, listed)
    query = query.where(may_be_listed())
    if after:
        query = query.where(tuple_(key, order) > tuple_(*after))
    rows = db.execute(query.order_by(key, order).limit(PAGE + 1)).all()
    more = (rows[PAGE - 1].name_key, rows[PAGE - 1].id) if len(rows) > PAGE else None
    reasons = reasons_by_hand(db, group.id, [row.id for row in rows[:PAGE]])
    people = [
        Member(row.ref, row.name, row.kind is StakeholderKind.PERSON, row.has_left, reasons.get(row.id, ""))
        for row in rows[:PAGE]
    ]
    if small:
        count = db.scalar(select(func.count()).select_from(members(group).subquery())) or 0
        return Members(people, more, count - hidden, None, _told(group, hidden))
    number = group.listed - hidden if group.edition else None
    return Members(people, more, number, group.listed_at, _told(group, hidden))


def _told(group: SmartGroup, hidden: int) -> int:
    """How many protected ones are told of: none where the rule asks who was invited or took part.

    With somebody put in or taken out by hand, two such numbers would say whether that one did.
    """
    return 0 if _facts(GroupRule.of(group.rule)) else told(hidden)


def reasons_by_hand(db: Session, group_id: int | None, ids: list[int]) -> dict[int, str]:
    """Why those of some entries who were put into a group by hand are in it."""
    e = SmartGroupEntry
    as_one = or_(_own.id.in_(ids), _own.merged_into.in_(ids))  # by their index: a choice may have very many by hand
    query = select(_KEPT, e.reason).join(e, e.stakeholder_id == _own.id)
    found = db.execute(query.where(e.group_id == group_id, e.way == ByHand.IN, as_one))
    return {row[0]: row[1] for row in found}


def list_taken_out(db: Session, group: SmartGroup, *, after: int = 0) -> list[TakenOut]:
    """A page of those who were taken out of a group by hand, the newest first, under the entry that holds now."""
    e, kept = SmartGroupEntry, aliased(Stakeholder)
    query = (
        select(kept.ref, kept.name, e.reason, e.at)
        .join(_own, _own.id == e.stakeholder_id)
        .join(kept, kept.id == _KEPT)
        .where(e.group_id == group.id, e.way == ByHand.OUT, may_be_listed(kept))
    )
    return [TakenOut._make(row) for row in db.execute(query.order_by(e.at.desc(), kept.id).offset(after).limit(PAGE))]


def asked_about(db: Session, kept: GroupRule | None = None) -> dict[int, Texts]:
    """The consultations a rule may ask about, by id, the newest first: those the public could see, and those it asks about."""
    c = Consultation
    ids = {one.consultation_id for one in _facts(kept) if one.consultation_id}
    query = select(c.id, c.title).where(or_(c.state != ConsultationState.PREPARING, c.id.in_(ids)))
    return {row[0]: row[1] for row in db.execute(query.order_by(c.id.desc()))}


def _facts(rule: GroupRule | None) -> list[Asked]:
    asked = (rule.invited_to, rule.not_invited_to, rule.took_part_in, rule.never_took_part_in) if rule else ()
    return [one for one in asked if one]

"""Who is missing in a consultation, and what the standing invitations propose for it."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, tuple_
from sqlalchemy.orm import Session

from consult.consultations.models import Consultation
from consult.consultations.models_groups import Asked, SmartGroup, SmartGroupEntry, StandingInvitation
from consult.consultations.queries_groups import PAGE, choice_of, invited, members, of_categories, took_part
from consult.consultations.queries_protected import may_be_listed
from consult.core.texts import Texts
from consult.stakeholders.keys import group_term
from consult.stakeholders.models import HIDDEN, SENSITIVE_CATEGORIES, Stakeholder, StakeholderKind, StakeholderTerm
from consult.stakeholders.queries_seats import INSTITUTIONS

s, t = Stakeholder, StakeholderTerm
GROUPS_FROM, GROUPS_UNTIL = group_term(""), chr(ord(group_term("")[0]) + 1)


class Share(NamedTuple):
    """How many of one kind are in the registry, invited to a consultation, and took part in it; protected ones are in no number."""

    code: str
    registered: int
    invited: int
    took_part: int

    @property
    def is_gap(self) -> bool:
        """Whether there are some, and none is invited."""
        return self.registered > 0 and self.invited == 0


def count_by_category(db: Session, consultation_id: int, known: list[str]) -> list[Share]:
    """Per category, gaps first. Of categories that say what somebody believes or organises for, organisations only.

    Of institutions too: whoever holds a seat of a ministry is entered under it, and is no ministry more.
    """
    of_organisations = {*SENSITIVE_CATEGORIES, *INSTITUTIONS}
    counted = or_(s.category.not_in(of_organisations), s.kind == StakeholderKind.ORGANISATION)
    query = _shares(consultation_id, s.category).where(s.merged_into.is_(None), counted).group_by(s.category)
    # of those that are counted, since the index of categories has no column for protection; they have neither group nor region
    return _sorted(db, query, known, without=query.where(HIDDEN))


def count_by_group(db: Session, consultation_id: int, known: list[str]) -> list[Share]:
    """Per group represented, gaps first. Groups belong to organisations."""
    query = _shares(consultation_id, t.term).join(t, t.stakeholder_id == s.id).where(s.merged_into.is_(None))
    query = query.where(t.term >= GROUPS_FROM, t.term < GROUPS_UNTIL).group_by(t.term)
    return _sorted(db, query, known, begins=len(GROUPS_FROM))


def count_by_region(db: Session, consultation_id: int, known: list[str]) -> list[Share]:
    """Per region, gaps first; those of whom none is known are left out."""
    query = _shares(consultation_id, s.region).where(s.merged_into.is_(None), s.region != "").group_by(s.region)
    return _sorted(db, query, known)


def _shares(consultation_id: int, code: Any) -> Select[*tuple[Any, ...]]:
    asked = Asked(consultation_id)
    counts = (func.sum(case((s.id.in_(some), 1), else_=0)) for some in (invited(asked), took_part(asked)))
    return select(code, func.count(), *counts).select_from(s)


def _sorted(
    db: Session,
    query: Select[*tuple[Any, ...]],
    known: list[str],
    *,
    begins: int = 0,
    without: Select[*tuple[Any, ...]] | None = None,
) -> list[Share]:
    """Gaps first, the largest at the top; then what the registry has nobody of; then the others, in the order of the list."""
    found = {row[0][begins:]: Share(row[0][begins:], int(row[1]), int(row[2]), int(row[3])) for row in db.execute(query)}  # fmt: skip
    for code, *numbers in db.execute(without) if without is not None else ():
        one = found[code]
        found[code] = Share(code, *(int(all_) - int(some) for all_, some in zip(one[1:], numbers, strict=True)))
    codes = [*known, *sorted(set(found) - set(known))]
    shares = [found.get(code, Share(code, 0, 0, 0)) for code in codes]
    return sorted(shares, key=lambda one: (not one.is_gap, one.registered > 0, -one.registered if one.is_gap else 0))


class Missing(NamedTuple):
    """What kind of entries is looked at; "" = all."""

    category: str = ""
    group: str = ""
    region: str = ""


class NotInvited(NamedTuple):
    """An entry of the registry that is not invited."""

    id: int
    name_key: str
    ref: str
    name: str
    is_person: bool
    left: bool


def list_not_invited(
    db: Session, consultation_id: int, kind: Missing, *, after: tuple[str, int] | None = None
) -> tuple[list[NotInvited], tuple[str, int] | None]:
    """A page of those in the registry who are not invited, by name, and where the next begins. Keyset paging.

    None that is protected, nor is one in the numbers of `count_by_…`.
    """
    key, order = s.name_key, s.id
    query = select(s.id, s.name_key, s.ref, s.name, s.kind, s.has_left).where(s.merged_into.is_(None))
    query = query.where(s.id.not_in(invited(Asked(consultation_id))), may_be_listed())
    if kind.category:
        query = query.where(of_categories((kind.category,)))
        if kind.category in INSTITUTIONS:  # as they are counted
            query = query.where(s.kind == StakeholderKind.ORGANISATION)
    if kind.group:
        key, order = t.name_key, t.stakeholder_id  # the same, where the index has them in order
        query = query.join(t, t.stakeholder_id == s.id).where(t.term == group_term(kind.group))
    if kind.region:
        query = query.where(s.region == kind.region)
    return _page(db, query, key, order, after)


def _page(
    db: Session, query: Select[*tuple[Any, ...]], key: Any, order: Any, after: tuple[str, int] | None
) -> tuple[list[NotInvited], tuple[str, int] | None]:
    if after:
        query = query.where(tuple_(key, order) > tuple_(*after))
    rows = db.execute(query.order_by(key, order).limit(PAGE + 1)).all()
    people = [NotInvited(row[0], row[1], row[2], row[3], row[4] is StakeholderKind.PERSON, row[5]) for row in rows[:PAGE]]  # fmt: skip
    return people, (people[-1].name_key, people[-1].id) if len(rows) > PAGE else None


# Standing invitations


class Standing(NamedTuple):
    """A standing invitation: of a saved group, or of an entry."""

    id: int
    group: SmartGroup | None
    entry: Stakeholder | None
    kinds: list[str]


def list_standing(db: Session) -> list[Standing]:
    """All standing invitations, groups before entries, by name."""
    i = StandingInvitation
    query = (
        select(i.id, SmartGroup, s, i.kinds)
        .outerjoin(SmartGroup, SmartGroup.id == i.group_id)
        .outerjoin(s, s.id == i.stakeholder_id)
        .order_by(SmartGroup.name_key.is_(None), SmartGroup.name_key, s.name_key, i.id)
    )
    return [Standing._make(row) for row in db.execute(query)]


def find_standing(
    db: Session, *, group: SmartGroup | None = None, entry: Stakeholder | None = None
) -> StandingInvitation | None:
    """The standing invitation of a group, or of an entry."""
    i = StandingInvitation
    is_it = i.group_id == group.id if group else i.stakeholder_id == entry.id if entry else false()
    return db.scalars(select(i).where(is_it)).one_or_none()


def standing_for(db: Session, consultation: Consultation) -> list[Standing]:
    """Those that are meant for this kind of text."""
    return [one for one in list_standing(db) if not one.kinds or consultation.kind in one.kinds]


def proposed(db: Session, consultation: Consultation) -> Select[int]:
    """The ids of those whom the standing invitations propose, who are not invited yet, and of whom the choice says nothing yet."""
    standing = standing_for(db, consultation)
    wanted: list[ColumnElement[bool]] = [s.id.in_(members(one.group)) for one in standing if one.group]
    wanted += [s.id == (one.entry.merged_into or one.entry.id) for one in standing if one.entry]
    query = select(s.id).where(s.merged_into.is_(None), or_(false(), *wanted))
    query = query.where(s.id.not_in(invited(Asked(consultation.id))))
    choice = choice_of(db, consultation.id)
    if choice is None:
        return query
    e, own = SmartGroupEntry, s.__table__.alias("own")
    said = select(func.coalesce(own.c.merged_into, own.c.id)).join(e, and_(e.stakeholder_id == own.c.id))
    return query.where(s.id.not_in(said.where(e.group_id == choice.id)))


def list_proposed(
    db: Session, consultation: Consultation, *, after: tuple[str, int] | None = None
) -> tuple[list[NotInvited], tuple[str, int] | None, int]:
    """A page of those who are proposed, by name; where the next begins; how many they are. Keyset paging.

    None that is protected is listed or counted: whoever is not proposed any more was invited. Taking over takes them too.
    """
    ids = proposed(db, consultation).where(may_be_listed())
    query = select(s.id, s.name_key, s.ref, s.name, s.kind, s.has_left).where(s.id.in_(ids))
    people, more = _page(db, query, s.name_key, s.id, after)
    return people, more, db.scalar(select(func.count()).select_from(ids.subquery())) or 0


def title_of(db: Session, group: SmartGroup) -> tuple[str, Texts] | None:
    """(slug, title) of the consultation whose choice a group is; None for a saved group."""
    c = Consultation
    row = db.execute(select(c.slug, c.title).where(c.id == group.consultation_id)).one_or_none()
    return (row[0], row[1]) if row else None

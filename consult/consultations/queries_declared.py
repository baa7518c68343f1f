"""What people declared of themselves: to them, row by row; to everybody else as numbers from five up."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.consultations.models import Consultation, ConsultationState, Participant
from consult.consultations.models_declared import Declared, Gender, HasDisability, OwnDeclaration
from consult.consultations.rules_declared import FEWEST, is_safe
from consult.core.texts import Texts
from consult.stakeholders.models import Stakeholder, StakeholderKind
from consult.stakeholders.models_seats import Seat, SeatState
from consult.stakeholders.queries_doubles import ids_as_one
from consult.vocabularies import tables

d, s = OwnDeclaration, Stakeholder
WHOLE = func.coalesce(s.merged_into, s.id)  # of entries that were merged, the one that stays
# What is shown of each question, the fullest first: where its numbers are too small, the next is asked.
GENDER = ((Gender.WOMAN, Gender.MAN, Gender.ANOTHER), (Gender.WOMAN, Gender.MAN))
DISABILITY = ((HasDisability.YES, HasDisability.NO), (HasDisability.YES,))


class Said(NamedTuple):
    """One declaration, whosever it is."""

    what: Declared
    code: str
    consultation_id: int | None = None
    named: bool = False


def list_own(db: Session, entry: Stakeholder) -> list[tuple[OwnDeclaration, Texts | None]]:
    """What somebody declared, with the title of the consultation where it is about one; for nobody but themselves."""
    query = select(d, Consultation.title).outerjoin(Consultation, Consultation.id == d.consultation_id)
    return [
        (own, title)
        for own, title in db.execute(query.where(d.stakeholder_id.in_(ids_as_one(db, entry))).order_by(d.id))
    ]


class Make(NamedTuple):
    """Who a circle of people is made up of, by code: of each question nothing, where a number would tell of single persons."""

    gender: dict[str, int]
    disability: dict[str, int]
    groups: dict[str, int]


class Network(NamedTuple):
    """Those who hold a seat now, and persons who take part in consultations that are open."""

    holders: Make
    participants: Make


def read_network(db: Session) -> Network:
    """The network as its people describe themselves. Who is in both circles tells nothing about who is in one of them only."""
    holders, participants = _holders(db), _participants(db)
    said = _answers(db)
    of_holders = [_shown(said[what], cells, [holders]) for what, cells in ASKED]
    parts = [part for part in (holders - participants, participants - holders, holders & participants) if part]
    of_others = [
        _shown(said[what], cells, [participants, *(parts if shown else [])])
        for (what, cells), shown in zip(ASKED, of_holders, strict=True)
    ]
    groups = _groups(db, participants)
    return Network(Make(of_holders[0], of_holders[1], {}), Make(of_others[0], of_others[1], groups))


ASKED = ((Declared.GENDER, GENDER), (Declared.DISABILITY, DISABILITY))


def _shown(said: dict[int, str], shapes: Iterable[Sequence[str]], circles: Sequence[set[int]]) -> dict[str, int]:
    """The numbers of the first circle, if they and those of all the others are safe."""
    for cells in shapes:
        counts = [[sum(said.get(one) == cell for one in circle) for cell in cells] for circle in circles]
        if all(is_safe(own, len(circle)) for own, circle in zip(counts, circles, strict=True)):
            return {str(cell): number for cell, number in zip(cells, counts[0], strict=True)}
    return {}


def _holders(db: Session) -> set[int]:
    return set(db.scalars(select(WHOLE).join(Seat, Seat.holder_id == s.id).where(Seat.state == SeatState.HELD)))


def _participants(db: Session) -> set[int]:
    p, c = Participant, Consultation
    query = select(WHOLE).join(p, p.stakeholder_id == s.id).join(c, c.id == p.consultation_id)
    return set(db.scalars(query.where(c.state == ConsultationState.OPEN, s.kind == StakeholderKind.PERSON).distinct()))


def _answers(db: Session) -> dict[Declared, dict[int, str]]:
    """By question, what each person said; where entries were merged, what was said last."""
    query = select(WHOLE, d.what, d.code).join(d, d.stakeholder_id == s.id)
    query = query.where(d.what.in_([what for what, _cells in ASKED]), s.kind == StakeholderKind.PERSON)
    found: dict[Declared, dict[int, str]] = {what: {} for what, _cells in ASKED}
    for whole, what, code in db.execute(query.order_by(d.id)):
        found[what][whole] = code
    return found


def _groups(db: Session, people: set[int]) -> dict[str, int]:
    """Groups in which five or more say they are, and five or more do not."""
    query = select(d.code, WHOLE).join(d, d.stakeholder_id == s.id).distinct()
    found: dict[str, int] = dict.fromkeys(tables.person_groups(), 0)
    for code, whole in db.execute(query.where(d.what == Declared.GROUP, s.kind == StakeholderKind.PERSON)):
        if code in found and whole in people:
            found[code] += 1
    return {code: number for code, number in found.items() if is_safe([number], len(people))}


class Reports(NamedTuple):
    """Who submitted a parallel report: organisations by name, where they agreed; and how many others, 0 below five."""

    organisations: list[tuple[str, str]]  # ref, name
    others: int


def read_reports(db: Session, consultation_id: int) -> Reports:
    """The parallel reports that were declared in a consultation."""
    kept = select(s.id, s.ref, s.name, WHOLE.label("whole")).subquery()
    mine = d.consultation_id == consultation_id
    query = select(s.ref, s.name, s.id).where(
        s.id.in_(select(kept.c.whole).join(d, d.stakeholder_id == kept.c.id).where(mine, d.named)),
        s.kind == StakeholderKind.ORGANISATION,
    )
    named = db.execute(query.order_by(s.name_key, s.id)).all()
    is_named = [row.id for row in named]
    declared = set(db.scalars(select(WHOLE).join(d, d.stakeholder_id == s.id).where(mine))) - set(is_named)
    p = Participant
    could = select(WHOLE).join(p, p.stakeholder_id == s.id).where(p.consultation_id == consultation_id)
    others = len(set(db.scalars(could)) - set(is_named))
    shows = len(declared) >= FEWEST and is_safe([len(declared)], others)
    return Reports([(row.ref, row.name) for row in named], len(declared) if shows else 0)

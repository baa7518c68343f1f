"""What the holder of a seat should know, on one page: what is open, what came with the seat, and what came before.

It belongs to rounds and not to mailings since it tells who commented, and only comments know whether under a name.
Source: docs/decisions/0037-seats-terms-and-duty.md
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.audit.queries import list_about
from consult.consultations import doors
from consult.consultations.models import COMMENTS, Consultation, Participant, Window
from consult.core.texts import Texts
from consult.mailings.models import Campaign, CampaignRecipient
from consult.mailings.models_outreach import Outreach, OutreachState, OutreachWay
from consult.mailings.queries_succession import GOES_ON, chain_of, holder_of, ids_invited, invited_for, term_of
from consult.mailings.timeline import Happened, list_asked
from consult.rounds.models import NAMED, Comment, Round
from consult.stakeholders import queries, queries_seats
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_seats import Seat, SeatState
from consult.stakeholders.queries_doubles import ids_as_one, whole_of
from consult.stakeholders.queries_seats import Held

# So many fit on a printed page beside all the rest, with the longest names.
OPEN_SHOWN, AWAITED_SHOWN, TAKEN_SHOWN, HISTORY_SHOWN, OTHERS_SHOWN = 5, 2, 3, 5, 3
LOOKED_AT = 1_000  # of the journal
ASKED = (OutreachState.POSTED, OutreachState.REACHED, OutreachState.TAKES_PART)  # of letters and calls: that it was
AWAITED = (OutreachState.POSTED, OutreachState.NOT_REACHED)  # and that an answer is awaited


class First(NamedTuple):
    """The first of some rows, and how many more there are."""

    rows: Sequence[Any]
    more: int


class Open(NamedTuple):
    """A consultation that goes on, as far as a seat is concerned."""

    id: int
    slug: str
    title: Texts
    time_zone: str
    due_on: date | None
    invited_at: datetime | None
    closes_at: datetime | None  # of the newest round; None where there was none
    is_open: bool
    commented: bool  # in that round, under a name


class Awaited(NamedTuple):
    """A letter that was posted, or a call that found nobody, about something that is open and uncommented."""

    way: OutreachWay
    on_day: date | None
    title: Texts


class Taken(NamedTuple):
    """A consultation in which the successor takes the seat's place; whether they asked for no mail about it."""

    title: Texts
    says_no: bool


class Tenure(NamedTuple):
    """Who acted for a seat, from when until when; what they were invited to for it. The institution itself always did."""

    ids: list[int]
    begin: datetime | None
    end: datetime | None
    about: set[int] | None  # consultations; None = all

    def covers(self, at: datetime, consultation_id: int) -> bool:
        """Whether something of that moment was the seat's, and not a person's own."""
        in_term = (self.begin is None or at >= self.begin) and (self.end is None or at <= self.end)
        return in_term and (self.about is None or consultation_id in self.about)


def read_briefing(db: Session, institution: Stakeholder, number: int, *, now: datetime) -> dict[str, Any] | None:
    """The values of the page; None where the institution has no such seat.

    Of predecessors their name and term, and what was the seat's: nothing from before or after, nothing they were invited to as
    themselves, no comment without a name.
    """
    made, institution = institution, whole_of(db, institution)
    seats = queries_seats.list_seats(db, institution.id)
    seat = next((one for one in seats if (one.institution_ref, one.number) == (made.ref, number)), None)
    if seat is None:
        return None
    former = _former(seats, seat)
    tenures = _tenures(db, institution, seat, former)
    others = [one for one in seats if one.state is SeatState.HELD and one.id != seat.id]
    said = _said(db, tenures)
    open_ = _open(db, tenures, [*said, *_said(db, _colleagues(db, others))], now=now)
    before = db.get(Seat, former.id) if former and seat.state is SeatState.COMING else None
    return {
        "institution": institution,
        "seat": seat,
        "former": former,
        "open": _first(open_, OPEN_SHOWN),
        "awaited": _first(_awaited(db, tenures, open_), AWAITED_SHOWN),
        "history": _first(_history(db, tenures, said), HISTORY_SHOWN),
        "taken": _first(_taken(db, made, seat), TAKEN_SHOWN),
        "coming": _first([one.title for one in invited_for(db, before)] if before else [], TAKEN_SHOWN),
        "others": _first(others, OTHERS_SHOWN),
        "now": now,
    }


def _first(rows: Sequence[Any], most: int) -> First:
    return First(rows[:most], max(0, len(rows) - most))


def _former(seats: list[Held], seat: Held) -> Held | None:
    """Whom the holder followed; of seats that were filled before anybody wrote that down, who held the role last."""
    named = next((one for one in seats if one.id == seat.follows_id), None)
    before = [
        one for one in seats if one.role is seat.role and one.until and one.until <= seat.since and one.id != seat.id
    ]
    return named or max(before, key=lambda one: (one.until, one.number), default=None)


def _tenures(db: Session, institution: Stakeholder, seat: Held, former: Held | None) -> list[Tenure]:
    chain = chain_of(db, db.get_one(Seat, seat.id))
    if len(chain) == 1 and former is not None:
        chain += chain_of(db, db.get_one(Seat, former.id))
    own = Tenure(ids_as_one(db, institution), None, None, None)
    brought, tenures = set[int](), [own]
    for one in reversed(chain):  # what came with the seat is the successor's from the day they hold it
        brought = brought | ids_invited(db, one)
        tenures.append(Tenure(ids_as_one(db, holder_of(db, one)), *term_of(one), brought))
    return tenures


def _colleagues(db: Session, others: list[Held]) -> list[Tenure]:
    """Who holds another seat, with what they were invited to for it: when they commented, the institution did."""
    found = [db.get_one(Seat, one.id) for one in others]
    return [
        Tenure(
            ids_as_one(db, holder_of(db, one)),
            *term_of(one),
            {about for each in chain_of(db, one) for about in ids_invited(db, each)},
        )
        for one in found
    ]


class Said(NamedTuple):
    """That a comment was made for the seat, under a name: in which round, when first."""

    consultation_id: int
    number: int
    at: datetime
    title: Texts


def _said(db: Session, tenures: list[Tenure]) -> list[Said]:
    p, c = Participant, Comment
    query = select(p.stakeholder_id, p.consultation_id, Round.number, c.received_at, Consultation.title)
    query = query.join(c, c.participant_id == p.id).join(Round, Round.id == c.round_id)
    query = query.join(Consultation, Consultation.id == p.consultation_id)
    query = query.where(c.consent.in_(NAMED), c.withdrawn_at.is_(None), c.received_at.is_not(None))
    first: dict[tuple[int, int], Said] = {}
    for stakeholder_id, *row in db.execute(query.where(p.stakeholder_id.in_(_all(tenures))).order_by(c.received_at)):
        one = Said._make(row)
        if any(stakeholder_id in each.ids and each.covers(one.at, one.consultation_id) for each in tenures):
            first.setdefault((one.consultation_id, one.number), one)
    return list(first.values())


def _all(tenures: list[Tenure]) -> list[int]:
    return sorted({each for one in tenures for each in one.ids})


def _open(db: Session, tenures: list[Tenure], said: list[Said], *, now: datetime) -> list[Open]:
    """What goes on, those that take comments first, by when they close."""
    p, w = Participant, Window
    invited: dict[int, list[datetime | None]] = defaultdict(list)
    mine = select(p.stakeholder_id, p.consultation_id, p.invited_at).where(p.stakeholder_id.in_(_all(tenures)))
    for stakeholder_id, about, at in db.execute(mine):
        whose = [one for one in tenures if stakeholder_id in one.ids]
        if any(one.about is None or about in one.about for one in whose):
            invited[about].append(at if at and any(one.covers(at, about) for one in whose) else None)
    newest = select(w.consultation_id, func.max(w.number)).where(w.what == COMMENTS).group_by(w.consultation_id)
    last = {row[0]: row[1] for row in db.execute(newest.where(w.consultation_id.in_(list(invited))))}
    windows = {one.consultation_id: one for one in db.scalars(select(w).where(w.what == COMMENTS, w.consultation_id.in_(list(last))))
               if one.number == last[one.consultation_id]}  # fmt: skip
    commented = {(one.consultation_id, one.number) for one in said}
    rows = []
    for one in db.scalars(
        select(Consultation).where(Consultation.id.in_(list(invited)), Consultation.state.in_(GOES_ON))
    ):
        window = windows.get(one.id)
        is_open = window is not None and window.opens_at <= now < window.closes_at
        did = window is not None and (one.id, window.number) in commented
        first = min((at for at in invited[one.id] if at is not None), default=None)
        closes = window.closes_at if window is not None else None
        rows.append(Open(one.id, one.slug, one.title, one.time_zone, one.due_on, first, closes, is_open, did))
    return sorted(rows, key=lambda one: (not one.is_open, one.closes_at or now, one.id))


def _awaited(db: Session, tenures: list[Tenure], open_: list[Open]) -> list[Awaited]:
    waits = {one.id: one.title for one in open_ if one.is_open and not one.commented}
    o, r = Outreach, CampaignRecipient
    query = select(r.stakeholder_id, Campaign.consultation_id, o.changed_at, o.way, o.on_day)
    query = query.join(o, o.recipient_id == r.id).join(Campaign, Campaign.id == r.campaign_id)
    query = query.where(
        r.stakeholder_id.in_(_all(tenures)), o.state.in_(AWAITED), Campaign.consultation_id.in_(list(waits))
    )
    return [
        Awaited(way, on_day, waits[about])
        for whose, about, at, way, on_day in db.execute(query.order_by(o.changed_at.desc()))
        if about is not None and any(whose in one.ids and one.covers(at, about) for one in tenures)
    ]


def _history(db: Session, tenures: list[Tenure], said: list[Said]) -> list[Happened]:
    found = [Happened(one.at, "participation", "", {"number": one.number, "title": one.title}) for one in said]
    ids = {row.slug: row.id for row in db.execute(select(Consultation.slug, Consultation.id))}
    for tenure in tenures:
        asked = (one for one in list_asked(db, tenure.ids) if one.says.get("state", OutreachState.POSTED) in ASKED)
        found += [one for one in asked if tenure.covers(one.at, ids[one.says["slug"]])]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _taken(db: Session, institution: Stakeholder, seat: Held) -> list[Taken]:
    """What the journal says came with the seat, as it stands now."""
    holder = queries.find_stakeholder(db, seat.holder_ref)
    told = list_about(db, "stakeholder", [institution.ref], limit=LOOKED_AT)
    slugs = [
        one.codes["consultation"]
        for one in told
        if one.event == "seat.taken_over" and one.codes["number"] == seat.number
    ]
    if holder is None or not slugs:
        return []
    query = select(Consultation, Participant).join(Participant, Participant.consultation_id == Consultation.id)
    query = query.where(Consultation.slug.in_(slugs), Participant.stakeholder_id.in_(ids_as_one(db, holder)))
    rows = db.execute(query.order_by(Consultation.id)).all()
    return [Taken(one.title, bool(holder.email) and doors.mail_address(db, who) is None) for one, who in rows]

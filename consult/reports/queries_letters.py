"""Reads of answers to people without e-mail: who they are, what they said and were answered, and how each letter or call stands."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from consult.consultations.models import Door, Participant
from consult.mail.models import MailState, OutboxMail
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mailings.models_outreach import BY_MAIL, OPEN, OutreachState, OutreachWay
from consult.mailings.queries_outreach import left_in
from consult.reports import rules_letters as rules
from consult.reports.models import FrozenReport, Report
from consult.reports.models_letters import AnswerLetter, AnswerLetterStep, report_cause_in_sql
from consult.reports.queries import PublishedAnswer
from consult.responses.models import Disposition, Grounds, Redaction, Response
from consult.responses.queries_translations import translations_of
from consult.rounds.models import Channel, Comment, Round
from consult.rounds.models_entered import EnteredComment
from consult.stakeholders.models import Protection, Stakeholder, stakeholder_ref_in_sql

PAGE = 50  # rows a page
PART = 500  # people a statement
a, p, s, d, m = AnswerLetter, Participant, Stakeholder, PreparedDelivery, OutboxMail
own, one_of, theirs = aliased(Stakeholder), aliased(Stakeholder), aliased(Participant)
whole = func.coalesce(own.merged_into, own.id)  # the entry that holds, where theirs was merged


class Author(NamedTuple):
    """An author without e-mail: with an entry of the registry, or only with how their comments came."""

    participant: Participant
    entry: Stakeholder | None
    channels: frozenset[Channel]  # of those of their comments that were entered on their behalf


def authors_without_mail(db: Session, frozen: FrozenReport, turn: Sequence[int]) -> list[Author]:
    """Those of some authors of a report who have no e-mail: of the registry, or whose comments somebody here entered.

    Protected ones are none of these: an officer hands over the mail.
    """
    query = select(p, s).outerjoin(own, own.id == p.stakeholder_id).outerjoin(s, s.id == whole)
    query = query.where(p.id.in_(turn), p.email == "", p.erased_at.is_(None), p.left_at.is_(None))
    query = query.where(or_(s.id.is_(None), and_(s.email == "", s.protection != Protection.PROTECTED)))
    found = db.execute(query.order_by(p.id)).all()
    came = defaultdict(set)
    entered = select(Comment.participant_id, Comment.channel).join(
        EnteredComment, EnteredComment.comment_id == Comment.id
    )
    entered = entered.join(Response, Response.comment_id == Comment.id).where(Response.release_id == frozen.release_id)
    for whose, channel in db.execute(entered.where(Comment.participant_id.in_(turn), Comment.withdrawn_at.is_(None))):
        came[whose].add(channel)
    return [Author(one, entry, frozenset(came[one.id])) for one, entry in found]


def entries_told(db: Session, frozen: FrozenReport, entries: Collection[int]) -> set[int]:
    """Which of some entries a letter or call about a report is for already: others may have been merged into them."""
    query = select(whole).select_from(a).join(p, p.id == a.participant_id).join(own, own.id == p.stakeholder_id)
    return set(db.scalars(query.where(a.frozen_id == frozen.id, whole.in_(entries))))


class Answered(NamedTuple):
    """A letter or call with whom it is for, as they stand now."""

    letter: AnswerLetter
    participant: Participant
    entry: Stakeholder | None  # the one that holds; None = not in the registry
    door: Door | None

    @property
    def name(self) -> str:
        """Whose it is."""
        return self.entry.name if self.entry else self.participant.name or self.participant.organisation

    @property
    def language(self) -> str:
        """The language they asked for."""
        return self.entry.language if self.entry else self.participant.language

    @property
    def also_languages(self) -> list[str]:
        """The others that they read, in order."""
        return self.entry.also_language_codes if self.entry else []


def _answered(*columns: Any) -> Select[Any]:
    query = select(*columns).select_from(a).join(p, p.id == a.participant_id)
    query = query.outerjoin(own, own.id == p.stakeholder_id).outerjoin(s, s.id == whole)
    return query.outerjoin(Door, Door.participant_id == p.id)


def _of(consultation_id: int) -> ColumnElement[bool]:
    return a.frozen_id.in_(select(Report.frozen_id).where(Report.consultation_id == consultation_id))


def list_answered(
    db: Session,
    consultation_id: int,
    ways: Collection[OutreachWay] = (),
    states: Collection[OutreachState] = (),
    *,
    after: int = 0,
    limit: int | None = PAGE,
) -> list[Answered]:
    """The letters and calls of all reports of a consultation, in the order of publishing; of some ways and states, or all."""
    query = _answered(a, p, s, Door).where(_of(consultation_id), a.id > after)
    query = query.where(a.way.in_(ways)) if ways else query
    query = query.where(a.state.in_(states)) if states else query
    return [Answered._make(row) for row in db.execute(query.order_by(a.id).limit(limit))]


def find_answered(db: Session, consultation_id: int, number: int) -> Answered | None:
    """The one of a consultation with an id."""
    row = db.execute(_answered(a, p, s, Door).where(_of(consultation_id), a.id == number)).one_or_none()
    return Answered._make(row) if row else None


# An officer has it, or handed it over, in place of what was called off.
_by_hand = and_(
    d.person == stakeholder_ref_in_sql(),
    d.cause == report_cause_in_sql(),
    d.state != DeliveryState.DROPPED,
    a.state == OutreachState.LEFT_OUT,
)


# They get the mail since: their entry, or the one it was merged into, has no postal address any more but e-mail.
_by_mail = and_(
    m.person == stakeholder_ref_in_sql(),
    m.cause == report_cause_in_sql(),
    m.state != MailState.SUPPRESSED,
    a.state == OutreachState.LEFT_OUT,
    s.protection != Protection.PROTECTED,
)


def count_answered(db: Session, consultation_id: int) -> dict[OutreachState, int]:
    """How many letters and calls stand how; those who are reached otherwise are none of them."""
    query = _answered(a.state, func.count()).where(_of(consultation_id))
    return dict(db.execute(query.where(~exists().where(_by_hand), ~exists().where(_by_mail)).group_by(a.state)).all())


def count_instead(db: Session, consultation_id: int) -> dict[str, int]:
    """How many of those left out are reached all the same: an officer hands it over, or has, or they get the mail (BY_MAIL)."""
    query = _answered(d.state, func.count(d.id.distinct())).join(d, _by_hand).where(_of(consultation_id))
    found: dict[str, int] = dict(db.execute(query.group_by(d.state)).all())
    mailed = db.scalar(_answered(func.count()).join(m, _by_mail).where(_of(consultation_id)))
    return found | ({BY_MAIL: mailed} if mailed else {})


def instead_of(db: Session, rows: Collection[int]) -> dict[int, str]:
    """The same for some letters and calls, by their id."""
    mailed = db.scalars(_answered(a.id).join(m, _by_mail).where(a.id.in_(rows)))
    return dict.fromkeys(mailed, BY_MAIL) | dict(
        db.execute(_answered(a.id, d.state).join(d, _by_hand).where(a.id.in_(rows))).all()
    )


def count_open(db: Session, consultations: Collection[int]) -> dict[int, int]:
    """In which of some consultations answers wait to be delivered by letter, call or visit, and how many."""
    query = select(Round.consultation_id).join(FrozenReport, Round.id == FrozenReport.round_id)
    query = query.join(a, a.frozen_id == FrozenReport.id).where(a.state.in_(OPEN))
    found = {}
    for one in db.scalars(query.where(Round.consultation_id.in_(consultations)).distinct()):
        if waiting := may_be_told(db, one, list_answered(db, one, states=OPEN, limit=None)):
            found[one] = len(waiting)
    return found


def may_be_told(db: Session, consultation_id: int, rows: Sequence[Answered]) -> set[int]:
    """The ids of those rows whose people still hear from us: they did not leave, and nobody protected them."""
    left = left_in(db, consultation_id, [one.entry for one in rows if one.entry])
    return {
        one.letter.id
        for one in rows
        if rules.may_be_told(one.participant, one.entry, has_left=one.entry is not None and one.entry.id in left)
    }


class Said(NamedTuple):
    """A comment with its published answer, for its author."""

    comment: Comment
    answer: PublishedAnswer
    withheld: Grounds | None
    is_blacked_out: bool


def read_said(db: Session, rows: Sequence[Answered]) -> dict[int, list[Said]]:
    """What the people of some letters and calls said, and were answered in the report each is about; by the row's id.

    Of an entry with which others were merged: all of them. Nothing that was withdrawn.
    """
    found: dict[int, list[Said]] = {}
    for frozen_id in sorted({one.letter.frozen_id for one in rows}):
        ours = [one for one in rows if one.letter.frozen_id == frozen_id]
        for begin in range(0, len(ours), PART):
            found |= _read_part(db, frozen_id, ours[begin : begin + PART])
    return found


def _read_part(db: Session, frozen_id: int, rows: Sequence[Answered]) -> dict[int, list[Said]]:
    rows_of = {
        (one.entry.id if one.entry else None, None if one.entry else one.participant.id): one.letter.id for one in rows
    }
    query = (
        select(Comment, Response, Disposition, whole, p.id)
        .join(Response, Response.comment_id == Comment.id)
        .join(Disposition, (Disposition.response_id == Response.id) & (Disposition.number == Response.holds))
        .join(FrozenReport, FrozenReport.release_id == Response.release_id)
        .join(p, p.id == Comment.participant_id)
        .outerjoin(own, own.id == p.stakeholder_id)
        .where(FrozenReport.id == frozen_id, Comment.withdrawn_at.is_(None), Response.published_at.is_not(None))
        .where(
            or_(
                p.id.in_([one for _entry, one in rows_of if one]),
                whole.in_([entry for entry, _one in rows_of if entry]),
            )
        )
        .order_by(Comment.id)
    )
    answers = db.execute(query).all()
    words = translations_of(db, [row[2].id for row in answers])
    blacked = set(
        db.scalars(select(Redaction.response_id).where(Redaction.response_id.in_([row[1].id for row in answers])))
    )
    found: dict[int, list[Said]] = defaultdict(list)
    for comment, response, answer, entry, participant in answers:
        reasons = {answer.language: answer.reason, **words.get(answer.id, {})}
        one = Said(comment, PublishedAnswer(answer.outcome, reasons), response.withheld, response.id in blacked)
        found[rows_of[entry, None if entry else participant]].append(one)
    return found


def was_withdrawn(db: Session, consultation_id: int, *, since: datetime) -> bool:
    """Whether a comment to whose author an answer goes by letter was withdrawn after an instant."""
    query = select(Comment.id).join(Response, Response.comment_id == Comment.id).join(p, p.id == Comment.participant_id)
    query = query.outerjoin(own, own.id == p.stakeholder_id)
    query = query.join(FrozenReport, FrozenReport.release_id == Response.release_id)
    query = query.join(a, (a.frozen_id == FrozenReport.id) & (a.way == OutreachWay.LETTER))
    query = query.join(theirs, theirs.id == a.participant_id).outerjoin(one_of, one_of.id == theirs.stakeholder_id)
    same = or_(theirs.id == p.id, func.coalesce(one_of.merged_into, one_of.id) == whole)
    query = query.where(_of(consultation_id), Comment.withdrawn_at > since, same)
    return db.scalar(query.limit(1)) is not None


class Step(NamedTuple):
    """One thing that happened, as the page shows it."""

    state: OutreachState
    by: str
    at: datetime
    on_day: date | None
    note: str


def list_steps(db: Session, rows: Collection[int]) -> dict[int, list[Step]]:
    """What happened with some letters or calls, the newest first."""
    t, found = AnswerLetterStep, defaultdict(list)
    query = select(t.letter_id, t.state, t.by, t.at, t.on_day, t.note).where(t.letter_id.in_(rows))
    for row in db.execute(query.order_by(t.id.desc())):
        found[row[0]].append(Step._make(row[1:]))
    return found


def reports_with(db: Session, entries: Collection[int]) -> list[tuple[FrozenReport, list[Participant]]]:
    """The published reports that answer comments of some entries, whichever they count as, and who of theirs is an author of each."""
    f, found = FrozenReport, dict[int, tuple[FrozenReport, list[Participant]]]()
    query = select(f, p).join(Response, Response.release_id == f.release_id)
    query = query.join(Comment, Comment.id == Response.comment_id).join(p, p.id == Comment.participant_id)
    query = query.where(p.stakeholder_id.in_(entries), Comment.withdrawn_at.is_(None))
    query = query.where(exists().where(Report.frozen_id == f.id)).distinct().order_by(f.id, p.id)
    for frozen, one in db.execute(query):
        found.setdefault(frozen.id, (frozen, []))[1].append(one)
    return list(found.values())


def rows_by_entry(db: Session, frozen: FrozenReport, entries: Collection[int]) -> dict[int, AnswerLetter]:
    """The letter or call about a report for each of some entries, by the id of the one that takes part, whichever it counts as."""
    query = select(p.stakeholder_id, a).join(a, a.participant_id == p.id)
    found = db.execute(query.where(a.frozen_id == frozen.id, p.stakeholder_id.in_(entries)))
    return {key: row for key, row in found if key is not None}

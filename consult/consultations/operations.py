"""Making and changing a consultation, its team, its terms."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations import queries, rules
from consult.consultations.models import Consultation, ConsultationState, TeamMember, TermsPart, TermsText
from consult.core.db import lock, refusing
from consult.core.texts import Texts


@dataclass(frozen=True, slots=True)
class Dossier:
    """What a form says of a consultation."""

    slug: str
    title: Texts
    kind: str
    cycle: str
    languages: tuple[str, ...]
    time_zone: str
    due_on: date | None
    what_it_is: Texts
    what_we_ask: Texts
    other_ways: Texts

    def columns(self) -> dict[str, object]:
        """The dossier as columns of the table."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "languages"} | {
            "languages": list(self.languages)
        }


def create_consultation(db: Session, dossier: Dossier, *, by: Staff, now: datetime) -> Consultation:
    """Begin a consultation; whoever begins it is its team.

    Returns the consultation.  Raises what check_consultation raises, and SlugTaken.
    Records ``consultation.created`` (slug, kind).
    """
    made = Consultation(state=ConsultationState.PREPARING, revision=1, created_at=now, **dossier.columns())
    rules.check_consultation(made)
    with refusing(db, {"uq_consultation_slug": rules.SlugTaken}):
        db.add(made)
    db.add(TeamMember(consultation_id=made.id, staff_id=by.id, since=now))
    db.flush()
    record(db, "consultation.created", by=by, consultation=made.slug, kind=made.kind)
    return made


def edit_consultation(db: Session, consultation: Consultation, dossier: Dossier, *, by: Staff, now: datetime) -> None:
    """Change what a consultation says of itself. Raises what create_consultation raises. Records ``consultation.edited``."""
    lock(db, consultation)
    changed = {name: value for name, value in dossier.columns().items() if getattr(consultation, name) != value}
    for name, value in changed.items():
        setattr(consultation, name, value)
    _count_changes(consultation, changed, now=now)
    consultation.revision += 1
    rules.check_consultation(consultation)
    with refusing(db, {"uq_consultation_slug": rules.SlugTaken}):
        pass
    record(db, "consultation.edited", by=by, consultation=consultation.slug)


IN_CALENDAR = {"title", "slug", "time_zone"}  # what every entry of a consultation in a calendar is made of


def _count_changes(consultation: Consultation, changed: Collection[str], *, now: datetime) -> None:
    """Note what calendars that were subscribed to have to take anew. Before it is shown nobody has taken anything."""
    if consultation.state is ConsultationState.PREPARING:
        return
    if IN_CALENDAR.intersection(changed):
        consultation.calendar_changes += 1
        consultation.calendar_changed_at = now
    if "due_on" in changed:
        consultation.due_changes += 1
        consultation.due_changed_at = now


def add_to_team(db: Session, consultation: Consultation, person: Staff, *, by: Staff, now: datetime) -> None:
    """Put someone on the team; nothing happens where they are on it. Records ``team.joined`` (slug, staff id)."""
    lock(db, consultation)
    if queries.is_on_team(db, consultation.id, person.id):
        return
    db.add(TeamMember(consultation_id=consultation.id, staff_id=person.id, since=now))
    db.flush()
    record(db, "team.joined", by=by, consultation=consultation.slug, staff=person.id)


def remove_from_team(db: Session, consultation: Consultation, person: Staff, *, by: Staff, now: datetime) -> None:
    """Take someone off the team. Raises LastOfTeam. Records ``team.left`` (slug, staff id)."""
    lock(db, consultation)
    if not queries.is_on_team(db, consultation.id, person.id):
        return
    members = db.scalar(
        select(func.count())
        .select_from(TeamMember)
        .where(TeamMember.consultation_id == consultation.id, TeamMember.until.is_(None))
    )
    rules.check_leave_team(members or 0)
    db.execute(
        update(TeamMember)
        .where(
            TeamMember.consultation_id == consultation.id, TeamMember.staff_id == person.id, TeamMember.until.is_(None)
        )
        .values(until=now)
    )
    record(db, "team.left", by=by, consultation=consultation.slug, staff=person.id)


def save_terms(
    db: Session, consultation: Consultation, terms: dict[TermsPart, Texts], *, by: Staff, now: datetime
) -> int:
    """Keep the terms as a new version; the older ones stay. Returns its number. Records ``terms.saved`` (slug, number)."""
    lock(db, consultation)
    number = queries.newest_terms_number(db, consultation.id) + 1
    for part, texts in terms.items():
        for language, words in texts.items():
            if words.strip():
                db.add(
                    TermsText(
                        consultation_id=consultation.id,
                        number=number,
                        part=part,
                        language=language,
                        text=words,
                        saved_at=now,
                    )
                )
    consultation.revision += 1
    db.flush()
    record(db, "terms.saved", by=by, consultation=consultation.slug, number=number)
    return number


def open_consultation(db: Session, consultation: Consultation, *, by: Staff, now: datetime) -> None:
    """Show a consultation to the public. Raises TermsIncomplete. Records ``consultation.opened`` (slug)."""
    lock(db, consultation)
    if consultation.state is not ConsultationState.PREPARING:
        return
    terms = queries.read_terms(db, consultation.id, queries.newest_terms_number(db, consultation.id))
    rules.check_terms_complete(terms, consultation.languages)
    consultation.state = ConsultationState.OPEN
    consultation.calendar_changed_at = now
    consultation.revision += 1
    db.flush()
    record(db, "consultation.opened", by=by, consultation=consultation.slug)


def archive_consultation(
    db: Session, consultation: Consultation, *, unanswered: int, sent_on: date | None, by: Staff, now: datetime
) -> None:
    """End a consultation: its pages stay, personal links and visits lead to nothing more.

    `unanswered` is the number of comments without a published answer, `sent_on` the day on which the text went to the
    mechanism (None where it never did). Nothing happens where it is archived already.
    Raises ArchivedTooEarly, CommentsStillTaken, AnswersOwed.  Records ``consultation.archived`` (slug).
    """
    lock(db, consultation)
    if consultation.state is ConsultationState.ARCHIVED:
        return
    window = queries.newest_window(db, consultation.id)
    is_open = window is not None and window.closes_at > now
    rules.check_archive_consultation(consultation, is_open=is_open, unanswered=unanswered)
    consultation.state, consultation.archived_at = ConsultationState.ARCHIVED, now
    consultation.submitted_on = sent_on or consultation.submitted_on
    consultation.revision += 1
    db.flush()
    record(db, "consultation.archived", by=by, consultation=consultation.slug)

"""Answers to people without e-mail: a letter, a call or a visit where others get a mail, and what became of each."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, cast, literal
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import refuse_change, refuse_when
from consult.mail.models import NOTE_MAX
from consult.mailings.models_outreach import LETTERS, PROTECTED, OutreachState, OutreachWay

CAUSE = "report:"  # how the causes of mails with answers begin
SPOKEN = (OutreachState.TO_SPEAK, OutreachState.NOT_REACHED, OutreachState.REACHED, OutreachState.WRONG_NUMBER)


def _among(states: tuple[OutreachState, ...]) -> str:
    return ", ".join(f"'{one.value}'" for one in (*states, OutreachState.LEFT_OUT))


class AnswerLetter(Base):
    """The answers of one report to one author who has no e-mail. Written when the report is published; no words stand in it.

    Source: docs/decisions/0035-answer-letters.md
    """

    __tablename__ = "answer_letter"
    __table_args__ = (
        Index("uq_answer_letter_participant", "frozen_id", "participant_id", unique=True),
        Index("ix_answer_letter_state", "frozen_id", "way", "state", "id"),
        CheckConstraint(
            f"(way = 'letter' AND state IN ({_among(LETTERS)})) OR (way <> 'letter' AND state IN ({_among(SPOKEN)}))",
            name="state_fits_way",
        ),
        CheckConstraint("state <> 'posted' OR on_day IS NOT NULL", name="posted_has_its_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    frozen_id: Mapped[int] = mapped_column(ForeignKey("frozen_report.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    way: Mapped[OutreachWay] = mapped_column(code_of(OutreachWay))
    state: Mapped[OutreachState] = mapped_column(code_of(OutreachState))
    changed_at: Mapped[datetime]
    on_day: Mapped[date | None]  # posted on; of one not reached: to be tried again on


def report_cause(frozen_id: int) -> str:
    """The cause of a mail that says where the answers of a report are: "report:7"."""
    return f"{CAUSE}{frozen_id}"


def report_cause_in_sql() -> ColumnElement[str]:
    """The same of each row of letters and calls."""
    return literal(CAUSE) + cast(AnswerLetter.frozen_id, String)


class AnswerLetterStep(Base):
    """One thing that happened with it: who noted it, and when."""

    __tablename__ = "answer_letter_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("answer_letter.id"), index=True)
    way: Mapped[OutreachWay] = mapped_column(code_of(OutreachWay))
    state: Mapped[OutreachState] = mapped_column(code_of(OutreachState))  # as it stood from then on
    by: Mapped[str] = mapped_column(String(40))  # "staff:7", no foreign key
    at: Mapped[datetime]
    on_day: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(NOTE_MAX))  # "" = none, or erased


refuse_change("answer_letter", "answers_of_one_author", allow=("way", "state", "changed_at", "on_day"))
refuse_change("answer_letter_step", "answer_letter_step_only_added_to", allow=("note",))
refuse_change("answer_letter_step", "note_of_an_answer_letter_only_emptied", when="new.note <> ''", delete_too=False)
refuse_when(
    "answer_letter_step",
    "no_note_of_answers_to_a_protected_entry",
    before="INSERT",
    when=f"new.note <> '' AND EXISTS ({PROTECTED} (SELECT p.stakeholder_id FROM participant p"  # noqa: S608 - words of ours
    " JOIN answer_letter a ON a.participant_id = p.id WHERE a.id = new.letter_id))",
)

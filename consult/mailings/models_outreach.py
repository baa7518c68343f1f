"""Recipients of a campaign who are reached without e-mail: by letter, by telephone, in person; and what became of it."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import keep_derived, refuse_change, refuse_when
from consult.mail.models import NOTE_MAX
from consult.mailings.models import WhyNot


class OutreachWay(StrEnum):
    """How somebody is reached."""

    LETTER = "letter"
    PHONE = "phone"
    IN_PERSON = "in_person"


WAYS = {
    WhyNot.BY_LETTER: OutreachWay.LETTER,
    WhyNot.BY_PHONE: OutreachWay.PHONE,
    WhyNot.IN_PERSON: OutreachWay.IN_PERSON,
}  # those of the reasons for no mail that are no reason to leave somebody out


class OutreachState(StrEnum):
    """How it stands with one of them. Everybody is in exactly one."""

    TO_PRINT = "to_print"
    PRINTED = "printed"  # in a file that was made
    POSTED = "posted"
    RETURNED = "returned"  # the letter came back
    TO_SPEAK = "to_speak"
    NOT_REACHED = "not_reached"  # tried, and to be tried again
    REACHED = "reached"
    TAKES_PART = "takes_part"  # reached, and will
    NO_MORE = "no_more"  # reached, and wants no more of it
    WRONG_NUMBER = "wrong_number"
    LEFT_OUT = "left_out"  # they left, or it was of no use any more, when their turn came


LETTERS = (OutreachState.TO_PRINT, OutreachState.PRINTED, OutreachState.POSTED, OutreachState.RETURNED)
CALLS = (
    OutreachState.TO_SPEAK, OutreachState.NOT_REACHED, OutreachState.REACHED, OutreachState.TAKES_PART,
    OutreachState.NO_MORE, OutreachState.WRONG_NUMBER,
)  # fmt: skip
OPEN = (OutreachState.TO_PRINT, OutreachState.PRINTED, OutreachState.TO_SPEAK, OutreachState.NOT_REACHED)


BY_MAIL = "by_mail"  # beside how an officer's delivery stands: what became of a letter or call that was left out


def _among(states: tuple[OutreachState, ...]) -> str:
    return ", ".join(f"'{one.value}'" for one in (*states, OutreachState.LEFT_OUT))


class Outreach(Base):
    """One recipient of a campaign who gets no mail but a letter, a call or a visit. Written when the campaign begins to go out."""

    __tablename__ = "outreach"
    __table_args__ = (
        Index("ix_outreach_state", "campaign_id", "way", "state", "recipient_id"),
        Index("uq_outreach_participant", "campaign_id", "participant_id", unique=True),
        CheckConstraint(
            f"(way = 'letter' AND state IN ({_among(LETTERS)})) OR (way <> 'letter' AND state IN ({_among(CALLS)}))",
            name="state_fits_way",
        ),
        CheckConstraint("participant_id IS NOT NULL OR state = 'left_out'", name="reached_takes_part"),
        CheckConstraint("state <> 'posted' OR on_day IS NOT NULL", name="posted_has_its_day"),
    )

    recipient_id: Mapped[int] = mapped_column(ForeignKey("campaign_recipient.id"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"), index=True)
    way: Mapped[OutreachWay] = mapped_column(code_of(OutreachWay))
    state: Mapped[OutreachState] = mapped_column(code_of(OutreachState))
    changed_at: Mapped[datetime]
    on_day: Mapped[date | None]  # posted on; of one not reached: to be tried again on


class OutreachStep(Base):
    """One thing that happened with a letter or a call: who noted it, and when."""

    __tablename__ = "outreach_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient_id: Mapped[int] = mapped_column(ForeignKey("outreach.recipient_id"), index=True)
    way: Mapped[OutreachWay] = mapped_column(code_of(OutreachWay))
    state: Mapped[OutreachState] = mapped_column(code_of(OutreachState))  # as it stood from then on
    by: Mapped[str | None] = mapped_column(String(40))  # "staff:7", no foreign key; None = by itself
    at: Mapped[datetime]
    on_day: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(NOTE_MAX))  # "" = none, or erased


class Contact(StrEnum):
    """What of an entry turned out not to work."""

    POSTAL_ADDRESS = "postal_address"
    PHONE = "phone"


class DeadContact(Base):
    """A postal address from which a letter came back, or a number that is somebody else's: until the entry has another."""

    __tablename__ = "dead_contact"

    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id", ondelete="CASCADE"), primary_key=True)
    what: Mapped[Contact] = mapped_column(code_of(Contact), primary_key=True)
    at: Mapped[datetime]


refuse_change("outreach_step", "outreach_step_only_added_to", allow=("note",), delete_too=False)
refuse_change("outreach_step", "note_of_a_step_only_emptied", when="new.note <> ''", delete_too=False)
# What staff write beside the code of a protected entry would say who it is.
PROTECTED = (
    "SELECT 1 FROM stakeholder s JOIN stakeholder own ON s.id IN (own.id, own.merged_into)"
    " WHERE s.protection = 'protected' AND own.id IN"
)
refuse_when(
    "outreach_step",
    "no_note_of_a_protected_entry",
    before="INSERT",
    when=f"new.note <> '' AND EXISTS ({PROTECTED} (SELECT stakeholder_id FROM campaign_recipient"  # noqa: S608 - words of ours
    " WHERE id = new.recipient_id UNION SELECT p.stakeholder_id FROM participant p"
    " JOIN outreach o ON o.participant_id = p.id WHERE o.recipient_id = new.recipient_id))",
)
refuse_when(
    "dead_contact",
    "no_dead_contact_of_a_protected_entry",
    before="INSERT",
    when=f"EXISTS ({PROTECTED} (new.stakeholder_id))",
)
refuse_change("outreach", "outreach_of_one_recipient", allow=("way", "state", "changed_at", "on_day"), delete_too=False)
# Whoever gets another address or number can be reached again: kept by the database, whoever writes it.
for _what in Contact:
    keep_derived(
        "stakeholder",
        f"new_{_what.value}_works",
        after=f"UPDATE OF {_what.value}",
        when=f"new.{_what.value} <> old.{_what.value}",
        do=(f"DELETE FROM dead_contact WHERE stakeholder_id = new.id AND what = '{_what.value}'",),  # noqa: S608 - codes of ours
    )

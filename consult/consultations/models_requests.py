"""Asking to take part: a request, from the form to the one decision about it."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import refuse_change, refuse_when
from consult.stakeholders.models import (
    EMAIL_MAX,
    NAME_MAX,
    NEEDS_MAX,
    OF_BELIEF,
    PHONE_MAX,
    POSTAL_MAX,
    WORDING_MAX,
    Channel,
    StakeholderKind,
)

WHY_MAX = 500  # characters
WORDS_MAX = 1_000  # characters of what the secretariat says with a refusal


class RequestState(StrEnum):
    """How far a request is."""

    UNCONFIRMED = "unconfirmed"  # came with an e-mail address; the link that went there was not opened yet
    WAITING = "waiting"  # for the secretariat
    ACCEPTED = "accepted"
    REFUSED = "refused"


class RefusalReason(StrEnum):
    """Why somebody is not taken into the registry. None of these asks for papers: those are no condition."""

    NOT_REACHED = "not_reached"
    NOT_THEIRS = "not_theirs"  # asked in the name of somebody else, who says so
    STATE_BODY = "state_body"  # takes part through its focal point
    NOT_ABOUT_THIS = "not_about_this"  # advertising, or a matter for another office
    OTHER = "other"


class ParticipationRequest(Base):
    """Somebody asks to be taken into the registry. Their own words stand in columns that erasure empties once.

    Groups represented belong to organisations, as they declare them. Whether an organisation is registered by law, or has
    consultative status, is in no column: it is never asked. Source: docs/decisions/0026-asking-and-self-service.md
    """

    __tablename__ = "participation_request"
    __table_args__ = (
        CheckConstraint("kind = 'organisation' OR groups = ''", name="groups_of_organisations_only"),
        CheckConstraint("(state = 'unconfirmed') = (confirmed_at IS NULL)", name="unconfirmed_is_not_confirmed"),
        CheckConstraint("(confirmed_at IS NULL) = (due_on IS NULL)", name="confirmed_has_its_day"),
        CheckConstraint(
            "(state IN ('accepted', 'refused')) = (decided_at IS NOT NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint("(state = 'accepted') = (stakeholder_id IS NOT NULL)", name="accepted_has_its_entry"),
        CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name="refused_has_its_reason"),
        CheckConstraint("state <> 'refused' OR erased_at IS NOT NULL OR words <> ''", name="refused_in_words"),
        CheckConstraint(
            "erased_at IS NOT NULL OR (name <> '' AND (email <> '' OR postal_address <> '' OR phone <> ''))",
            name="somebody_to_answer",
        ),
        CheckConstraint("erased_at IS NULL OR decided_at IS NOT NULL", name="erased_after_decision"),
        CheckConstraint(
            "(told_at IS NULL) = (told_by IS NULL) AND (told_at IS NULL OR decided_at IS NOT NULL)",
            name="told_after_decision",
        ),
        Index("ix_participation_request_state", "state", "due_on", "id"),
        Index("ix_participation_request_decided", "decided_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random; whoever has no e-mail address is told it
    once: Mapped[bytes] = mapped_column(
        LargeBinary(32), unique=True
    )  # digest of the form's key: sent twice, asked once
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)  # of the link that confirms the address
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"))  # from whose page; None = none
    kind: Mapped[StakeholderKind] = mapped_column(code_of(StakeholderKind))
    category: Mapped[str] = mapped_column(String(40))  # code of the vocabulary
    groups: Mapped[str] = mapped_column(String(400))  # as of the registry: codes with commas around each
    region: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(12))
    also_languages: Mapped[str] = mapped_column(String(200))
    channel: Mapped[Channel] = mapped_column(code_of(Channel))
    wording: Mapped[str] = mapped_column(String(WORDING_MAX))  # which text of the form they agreed to
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    email: Mapped[str] = mapped_column(String(EMAIL_MAX))
    email_key: Mapped[str] = mapped_column(String(EMAIL_MAX), index=True)  # casefolded
    postal_address: Mapped[str] = mapped_column(String(POSTAL_MAX))
    phone: Mapped[str] = mapped_column(String(PHONE_MAX))
    access_needs: Mapped[str] = mapped_column(String(NEEDS_MAX))
    why: Mapped[str] = mapped_column(String(WHY_MAX))
    state: Mapped[RequestState] = mapped_column(code_of(RequestState))
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]  # when our days begin; without an e-mail address at once
    due_on: Mapped[date | None]  # the day by which they were told to hear from us
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(40))  # "staff:7"; no foreign key
    stakeholder_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholder.id"), index=True)
    joined: Mapped[bool] = mapped_column(default=False)  # with an entry that was there before
    reason: Mapped[RefusalReason | None] = mapped_column(code_of(RefusalReason))
    words: Mapped[str] = mapped_column(String(WORDS_MAX), default="")  # what was said with it
    erased_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]  # of the decision, by letter, telephone or in person: who has no e-mail address
    told_by: Mapped[str | None] = mapped_column(String(40))  # "staff:7"; no foreign key

    @property
    def person_ref(self) -> str:
        """The opaque reference that mails keep: "request:5"."""
        return f"request:{self.id}"

    @property
    def is_decided(self) -> bool:
        """Whether nothing about it is open any more."""
        return self.decided_at is not None

    @property
    def group_codes(self) -> list[str]:
        """The groups represented, as codes."""
        return [code for code in self.groups.split(",") if code]

    @property
    def also_language_codes(self) -> list[str]:
        """The other languages they read, as codes."""
        return [code for code in self.also_languages.split(",") if code]


PERSONAL = ("name", "email", "email_key", "postal_address", "phone", "access_needs", "why", "words")

# A decision stands. What is personal in it may be emptied, once and all together.
refuse_change(
    "participation_request",
    "decided_request_never_changes",
    when="old.decided_at IS NOT NULL",
    allow=(*PERSONAL, "erased_at", "told_at", "told_by"),
)
refuse_change(
    "participation_request",
    "told_once",
    when="old.told_at IS NOT NULL",
    allow=(*PERSONAL, "erased_at"),
    delete_too=False,
)
refuse_when(
    "participation_request",
    "decided_request_only_erased",
    before="UPDATE",
    when="old.decided_at IS NOT NULL AND ("
    + " OR ".join(f"new.{one} <> old.{one}" for one in PERSONAL)
    + " OR (old.erased_at IS NULL) <> (new.erased_at IS NULL)) AND (old.erased_at IS NOT NULL OR new.erased_at IS NULL OR "
    + " OR ".join(f"new.{one} <> ''" for one in PERSONAL)
    + ")",
)
for _name, _act in (("", "UPDATE OF category, kind"), ("_insert", "INSERT")):
    refuse_when(
        "participation_request", f"no_belief_of_who_asks{_name}", before=_act, when=OF_BELIEF, says="no_belief_of_who_asks"
    )  # fmt: skip
# What somebody wrote stays as they wrote it until then: the secretariat decides about it, and corrects the entry.
refuse_change(
    "participation_request",
    "request_stays_as_written",
    when="old.decided_at IS NULL",
    allow=(
        "digest", "state", "confirmed_at", "due_on", "decided_at", "decided_by", "stakeholder_id", "joined", "reason", "words",
    ),
    delete_too=False,
)  # fmt: skip

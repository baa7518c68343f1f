"""What people say of themselves, and nobody else for them: groups, woman or man, a disability, a report of their own."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import keep_derived, refuse_change, refuse_when

SELF = "self"


class Declared(StrEnum):
    """What a declaration is about."""

    GROUP = "group"  # a group that a person belongs to
    GENDER = "gender"
    DISABILITY = "disability"
    PARALLEL_REPORT = "parallel_report"  # a report of their own to the mechanism of a consultation


class Gender(StrEnum):
    """As somebody says it of themselves. Whoever prefers not to say has no row."""

    WOMAN = "woman"
    MAN = "man"
    ANOTHER = "another"


class HasDisability(StrEnum):
    """As somebody says it of themselves. Whoever prefers not to say has no row."""

    YES = "yes"
    NO = "no"


ONE_ANSWER = text("what IN ('gender', 'disability')")


class OwnDeclaration(Base):
    """One thing that somebody declared of themselves behind the door. Withdrawn, it is gone: no state, no history.

    By nobody else: no form of staff, no column of a list, no condition of a search or group reads or writes it.
    Source: docs/decisions/0033-own-declarations.md.
    """

    __tablename__ = "own_declaration"
    __table_args__ = (
        UniqueConstraint("stakeholder_id", "consultation_id", name="report_declared_once"),
        Index("uq_own_declaration_answer", "stakeholder_id", "what", unique=True, sqlite_where=ONE_ANSWER,
              postgresql_where=ONE_ANSWER),
        Index("uq_own_declaration_group", "stakeholder_id", "code", unique=True, sqlite_where=text("what = 'group'"),
              postgresql_where=text("what = 'group'")),
        CheckConstraint(f"by = '{SELF}'", name="declared_by_themselves"),
        CheckConstraint("(what = 'parallel_report') = (consultation_id IS NOT NULL)", name="report_of_a_consultation"),
        CheckConstraint(
            "(what = 'group' AND code <> '') OR (what = 'gender' AND code IN ('woman', 'man', 'another'))"
            " OR (what = 'disability' AND code IN ('yes', 'no')) OR (what = 'parallel_report' AND code = '')",
            name="declared_code_known",
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id", ondelete="CASCADE"))
    what: Mapped[Declared] = mapped_column(code_of(Declared))
    code: Mapped[str] = mapped_column(String(40))  # of the group, Gender, HasDisability; "" of a report
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"), index=True)  # of a report
    named: Mapped[bool] = mapped_column(default=False)  # of a report: the organisation agrees that its name is shown
    by: Mapped[str] = mapped_column(String(10), default=SELF)
    at: Mapped[datetime]


refuse_change("own_declaration", "declaration_is_made_anew", delete_too=False)  # withdrawn and said again, never turned
_ABOUT = "EXISTS (SELECT 1 FROM stakeholder AS s WHERE s.id = new.stakeholder_id AND "
refuse_when(
    "own_declaration", "protected_declares_nothing", before="INSERT", when=f"{_ABOUT} s.protection = 'protected')"
)
refuse_when(
    "own_declaration",
    "persons_declare_themselves",
    before="INSERT",
    when=f"new.what <> 'parallel_report' AND {_ABOUT} s.kind <> 'person')",
)
refuse_when(
    "own_declaration",
    "only_organisations_are_named",
    before="INSERT",
    when=f"new.named AND {_ABOUT} s.kind <> 'organisation')",
)
# Leaving is done in many ways, by mail, by staff, in lists: whichever it was, what they had declared goes with it.
keep_derived(
    "stakeholder",
    "who_leaves_declares_nothing",
    after="UPDATE OF left_at",
    when="new.left_at IS NOT NULL",
    do=(
        "DELETE FROM own_declaration WHERE stakeholder_id IN (SELECT s.id FROM stakeholder AS s WHERE s.id = new.id"
        " OR s.merged_into = new.id OR s.id = new.merged_into OR s.merged_into = new.merged_into)",
    ),
)

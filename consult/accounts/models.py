"""The tables of staff, their roles, sessions and attempts to sign in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import ddl

NAME_MAX = 120  # characters
EMAIL_MAX = 254  # characters, RFC 5321
DIGEST = 32  # bytes


class Role(StrEnum):
    """What someone is for the mechanism. Source: DESIGN section 1."""

    SECRETARIAT = "secretariat"
    APPROVER = "approver"
    FACILITATOR = "facilitator"
    LOGISTICS = "logistics"
    TRANSLATOR = "translator"
    PROTECTION_OFFICER = "protection_officer"
    FOCAL_POINT = "focal_point"
    NHRI_OBSERVER = "nhri_observer"
    ADMINISTRATOR = "administrator"


class StaffState(StrEnum):
    """Whether someone may sign in."""

    INVITED = "invited"  # has a link to set a password
    ACTIVE = "active"
    DISABLED = "disabled"


class Staff(Base):
    """Someone who works with the mechanism and signs in."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random, for addresses of staff pages
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    email: Mapped[str] = mapped_column(String(EMAIL_MAX))
    email_key: Mapped[str] = mapped_column(String(EMAIL_MAX), unique=True)  # casefolded
    password_hash: Mapped[str | None] = mapped_column(String(200))  # Argon2id; None until set
    language: Mapped[str] = mapped_column(String(12))
    state: Mapped[StaffState] = mapped_column(code_of(StaffState))
    created_at: Mapped[datetime]

    @property
    def actor(self) -> str:
        """The opaque reference in journal, Tasks and facts."""
        return f"staff:{self.id}"


class StaffRole(Base):
    """One role of one person."""

    __tablename__ = "staff_role"
    __table_args__ = (UniqueConstraint("staff_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    role: Mapped[Role] = mapped_column(code_of(Role))


class SessionKind(StrEnum):
    """Whose session it is."""

    STAFF = "staff"
    PARTICIPANT = "participant"


class SignedIn(Base):
    """A session: the digest of a random secret that only the browser holds. Ended from outside by `revoked_at`."""

    __tablename__ = "session"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(DIGEST), unique=True)
    kind: Mapped[SessionKind] = mapped_column(code_of(SessionKind))
    holder: Mapped[str] = mapped_column(String(40), index=True)  # "staff:7"; no foreign key
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """A failed attempt to sign in, under the keyed digest of the name that was tried: no name is kept."""

    __tablename__ = "sign_in_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    name_key: Mapped[bytes] = mapped_column(LargeBinary(DIGEST), index=True)
    at: Mapped[datetime] = mapped_column(index=True)


class KnownDevice(Base):
    """A browser on which someone signed in before: it need not wait while others guess at the same account."""

    __tablename__ = "known_device"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(DIGEST), unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    expires_at: Mapped[datetime]


class PasswordLink(Base):
    """A link, good once, on which someone sets a password."""

    __tablename__ = "password_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(DIGEST), unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


# A protection officer holds no other role, whatever the application thinks (reference: safe.md 3.3, invariant 10).
_CLASH = (
    "EXISTS (SELECT 1 FROM staff_role AS other WHERE other.staff_id = new.staff_id AND other.role <> new.role"
    " AND (other.role = 'protection_officer' OR new.role = 'protection_officer'))"
)
ddl(
    "staff_role",
    "officer_holds_no_other_role",
    sqlite=tuple(
        f"CREATE TRIGGER officer_holds_no_other_role_{act.lower()} BEFORE {act} ON staff_role WHEN {_CLASH}"
        " BEGIN SELECT RAISE(ABORT, 'officer_holds_no_other_role'); END"
        for act in ("INSERT", "UPDATE")
    ),
    postgresql=(
        "CREATE OR REPLACE FUNCTION officer_holds_no_other_role() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {_CLASH} THEN RAISE EXCEPTION 'officer_holds_no_other_role'"
        " USING ERRCODE = 'check_violation', CONSTRAINT = 'officer_holds_no_other_role'; END IF; RETURN new; END $$",
        "CREATE TRIGGER officer_holds_no_other_role BEFORE INSERT OR UPDATE ON staff_role"
        " FOR EACH ROW EXECUTE FUNCTION officer_holds_no_other_role()",
    ),
)

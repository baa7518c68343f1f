"""The tables of staff, their roles, sessions, attempts to sign in, and second factors."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import ddl, refuse_change

NAME_MAX = 120  # characters
EMAIL_MAX = 254  # characters, RFC 5321
DIGEST = 32  # bytes
PASSKEY_NAME_MAX = 60  # characters
CREDENTIAL_MAX = 1023  # bytes of a passkey's id, WebAuthn Level 3
PUBLIC_KEY_MAX = 2_000  # bytes of a passkey's public key: an RSA one of 8,192 bits has 1,100


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

    STAFF = "staff"  # signed in, with everything that was asked for
    HALF_SIGNED_IN = "half_signed_in"  # of staff whose password was right and whose second factor is still to come
    WALK_THROUGH = "walk_through"  # of staff, begun at a door of a demonstration; counts in a demonstration only
    PARTICIPANT = "participant"
    ENTRY = "entry"  # of whoever opened their own entry of the registry by a link that was mailed just then


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


class Authenticator(Base):
    """An app that shows codes of six figures, of one person. A second one replaces the first."""

    __tablename__ = "authenticator"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), unique=True)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary(200))  # opens with the installation's key, for this person
    last_step: Mapped[int]  # 30 seconds each since 1970; the newest whose code was taken: none is taken twice
    added_at: Mapped[datetime]


class AuthenticatorOffer(Base):
    """A secret that a person is shown until they type a first code: for the one session in which they gave their password."""

    __tablename__ = "authenticator_offer"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), unique=True)
    session_digest: Mapped[bytes] = mapped_column(LargeBinary(DIGEST))
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary(200))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Passkey(Base):
    """A key that a person's device or security key holds: here is its public half."""

    __tablename__ = "passkey"
    __table_args__ = (CheckConstraint("sign_count >= 0", name="sign_count_is_a_count"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random, for its owner's own pages
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    name: Mapped[str] = mapped_column(String(PASSKEY_NAME_MAX))  # which of their things it is, in their words
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(CREDENTIAL_MAX), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(PUBLIC_KEY_MAX))  # COSE
    sign_count: Mapped[int] = mapped_column(BigInteger)  # 32 bits without sign; 0 where the device does not count
    added_at: Mapped[datetime]


class PasskeyPurpose(StrEnum):
    """What a challenge is for: an answer to one kind is none to the other."""

    ADD = "add"
    SIGN_IN = "sign_in"


class PasskeyChallenge(Base):
    """What a passkey has to sign next, within one session: good once, and not for long."""

    __tablename__ = "passkey_challenge"
    __table_args__ = (CheckConstraint("(name IS NOT NULL) = (purpose = 'add')", name="only_new_passkeys_are_named"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_digest: Mapped[bytes] = mapped_column(LargeBinary(DIGEST), unique=True)
    purpose: Mapped[PasskeyPurpose] = mapped_column(code_of(PasskeyPurpose))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    challenge: Mapped[bytes] = mapped_column(LargeBinary(64))
    name: Mapped[str | None] = mapped_column(String(PASSKEY_NAME_MAX))  # of the passkey that is being added
    expires_at: Mapped[datetime] = mapped_column(index=True)


class RecoveryCode(Base):
    """The keyed digest of a code on paper, good once in place of app or passkey. Deleted when used."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(DIGEST), unique=True)


# Nobody's passkey becomes another's, nor another key, whatever the application thinks; only its count moves.
refuse_change("passkey", "passkey_stays_its_owners", allow=("sign_count",), delete_too=False)

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

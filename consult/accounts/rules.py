"""Who may do what: one table. And how people sign in."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from consult.accounts.models import Role
from consult.core.i18n import _l
from consult.core.refusals import Refused

PASSWORD_MIN = 12  # characters
PASSWORD_MAX = 200  # characters
FREE_ATTEMPTS = 5  # before anyone has to wait
DELAY_FIRST = timedelta(seconds=5)
DELAY_MAX = timedelta(minutes=10)
ATTEMPTS_WINDOW = timedelta(hours=6)  # failures older than that count no more
LINK_LASTS = timedelta(days=7)
DEVICE_LASTS = timedelta(days=180)
STEP = 30  # seconds that a code of an app lasts, RFC 6238
STEPS_OFF = 1  # how far a phone's clock may be off, either way
HALF_SIGNED_IN_LASTS = timedelta(minutes=10)  # to find one's phone
OFFER_LASTS = timedelta(minutes=15)  # to set up an app
CHALLENGE_LASTS = timedelta(minutes=5)  # to touch a security key
RECOVERY_CODES = 10
PASSKEYS_MAX = 10  # of one person


class Act(StrEnum):
    """Everything that a role may allow."""

    USE_DESK = "use_desk"  # see the staff pages at all
    MANAGE_STAFF = "manage_staff"
    MANAGE_SITE = "manage_site"  # name, languages, privacy notice, mail
    MANAGE_STAKEHOLDERS = "manage_stakeholders"
    FORGET_ENTRIES = "forget_entries"  # erase whoever asked on paper, which somebody else of the staff noted
    PROTECT_ENTRIES = "protect_entries"  # seal who an entry of the registry is to the protection officers
    READ_REQUESTS = (
        "read_requests"  # how requests to take part were decided: numbers, and every refusal with its reason
    )
    CREATE_CONSULTATION = "create_consultation"
    EDIT_CONSULTATION = "edit_consultation"  # title, dates, team, terms
    READ_DRAFT = "read_draft"
    EDIT_DRAFT = "edit_draft"  # upload, correct
    PUBLISH_VERSION = "publish_version"
    READ_CAMPAIGNS = "read_campaigns"  # what is, was or will be mailed about a consultation, and to whom
    INVITE = "invite"  # write campaigns, and ask for their approval
    APPROVE_CAMPAIGN = "approve_campaign"  # of somebody else
    MANAGE_LISTS = "manage_lists"  # mailing lists that anybody may sign up to, and who is on them
    ANSWER_COMMENTS = "answer_comments"  # answer, black out, withhold
    TRANSLATE_ANSWERS = "translate_answers"
    DECIDE_MAILS = "decide_mails"  # about those that may or may not have gone out
    READ_MAILBOX = "read_mailbox"  # captured mails of a demonstration
    READ_CUSTODY = "read_custody"  # who the protection officers are, and what is held where
    HOLD_KEYS = "hold_keys"  # what officers do; custody's rules ask whether they are appointed
    APPOINT_OFFICERS = (
        "appoint_officers"  # the first ones, before anything is sealed; then asking whether they are there
    )
    END_OFFICERS = "end_officers"  # one's own office; before anything is sealed also by an administrator


# The one table of roles. A team member still needs the role, and a role the membership in the consultation's team.
MAY: dict[Role, frozenset[Act]] = {
    Role.SECRETARIAT: frozenset(
        {
            Act.USE_DESK,
            Act.MANAGE_STAKEHOLDERS,
            Act.FORGET_ENTRIES,
            Act.PROTECT_ENTRIES,
            Act.READ_REQUESTS,
            Act.CREATE_CONSULTATION,
            Act.EDIT_CONSULTATION,
            Act.READ_DRAFT,
            Act.EDIT_DRAFT,
            Act.PUBLISH_VERSION,
            Act.READ_CAMPAIGNS,
            Act.INVITE,
            Act.APPROVE_CAMPAIGN,
            Act.MANAGE_LISTS,
            Act.ANSWER_COMMENTS,
            Act.TRANSLATE_ANSWERS,
            Act.DECIDE_MAILS,
            Act.READ_MAILBOX,
            Act.READ_CUSTODY,
        }
    ),
    Role.APPROVER: frozenset(
        {
            Act.USE_DESK,
            Act.READ_DRAFT,
            Act.PUBLISH_VERSION,
            Act.READ_CAMPAIGNS,
            Act.APPROVE_CAMPAIGN,
            Act.FORGET_ENTRIES,
            Act.READ_CUSTODY,
        }
    ),
    Role.FACILITATOR: frozenset(
        {Act.USE_DESK, Act.READ_DRAFT, Act.ANSWER_COMMENTS, Act.TRANSLATE_ANSWERS, Act.READ_CUSTODY}
    ),
    Role.LOGISTICS: frozenset({Act.USE_DESK}),
    Role.TRANSLATOR: frozenset({Act.USE_DESK, Act.READ_DRAFT, Act.EDIT_DRAFT, Act.TRANSLATE_ANSWERS}),
    Role.PROTECTION_OFFICER: frozenset(
        {Act.USE_DESK, Act.READ_CUSTODY, Act.HOLD_KEYS, Act.END_OFFICERS, Act.PROTECT_ENTRIES}
    ),
    Role.FOCAL_POINT: frozenset({Act.USE_DESK}),
    Role.NHRI_OBSERVER: frozenset({Act.USE_DESK, Act.READ_REQUESTS, Act.READ_DRAFT, Act.READ_CUSTODY}),
    Role.ADMINISTRATOR: frozenset(
        {
            Act.USE_DESK,
            Act.MANAGE_STAFF,
            Act.MANAGE_SITE,
            Act.DECIDE_MAILS,
            Act.READ_MAILBOX,
            Act.READ_CUSTODY,
            Act.APPOINT_OFFICERS,
            Act.END_OFFICERS,
        }
    ),
}

# Whoever can open what came without a name, or can give roles away, shows more than a password.
NEED_SECOND_FACTOR = frozenset({Role.PROTECTION_OFFICER, Role.ADMINISTRATOR})

COMMON_PASSWORDS = frozenset(
    ("password1234", "passwordpassword", "123456789012", "1234567890123", "qwertyuiop12", "qwertyuiopas", "administrator",
     "iloveyou1234", "welcome12345", "changeme1234", "letmein12345", "consultconsult")
)  # fmt: skip


class NotAllowed(Refused):
    """A role does not allow an act."""

    message = _l("Your role does not allow this. If you think it should, ask the administrator.")
    status = 403


class RolesClash(Refused):
    """A protection officer with another role."""

    message = _l(
        "A protection officer holds no other role: those who answer comments must not open what comes without a name."
    )


class PasswordTooShort(Refused):
    """Under the limit."""

    message = _l(
        "Use at least %(limit)s characters. Four or five words that do not belong together are easy to remember."
    )


class PasswordTooLong(Refused):
    """Over the limit."""

    message = _l("Use at most %(limit)s characters.")


class PasswordGuessable(Refused):
    """One of the first that anyone tries."""

    message = _l("This password is one of the first that others try. Choose another.")


class SignInRefused(Refused):
    """Unknown name, wrong password or disabled account: never said which."""

    message = _l("The address or the password is not right. Check both and try again.")


class WaitBeforeSignIn(Refused):
    """Too many failures lately for this name."""

    message = _l("Too many attempts for this account. Wait %(seconds)s seconds, then try again.")
    status = 429


class LinkOver(Refused):
    """A link that was used, replaced, or is too old."""

    message = _l("This link was used already, or is too old. Ask the administrator for a new one.")
    status = 410


class SecondFactorMissing(Refused):
    """Someone whose role needs a second factor has none yet."""

    message = _l("Your role needs a second step when you sign in. Set it up first, under “Your account”.")
    status = 403


class LastSecondFactor(Refused):
    """The last one of someone who needs one."""

    message = _l(
        "Your role needs a second step when you sign in, and this is your only one. Add another, then remove this."
    )
    status = 409


class CodeWrong(Refused):
    """No code of the app, none of the recovery codes, or one that was used already."""

    message = _l("This code is not right, or was used already. Wait for the next one in your app and type that.")


class OfferOver(Refused):
    """The secret that was shown is no longer waiting for its first code."""

    message = _l("Setting up the app took too long, or was begun again elsewhere. Begin once more.")
    status = 409


class PasskeyRefused(Refused):
    """A passkey's answer that does not hold: another challenge, site, person or key, or a count that went back."""

    message = _l("The passkey did not work, or it took too long. Try once more.")


class TooManyPasskeys(Refused):
    """More than a person can have use for."""

    message = _l("You have %(limit)s passkeys. Remove one that you no longer use first.")
    status = 409


class ResetOfOwn(Refused):
    """An administrator's own second factor, by the page for others."""

    message = _l("Change your own second step under “Your account”.")
    status = 409


class ResetNeedsTwo(Refused):
    """A protection officer's second factor, by one person alone."""

    message = _l(
        "Nobody alone takes away the second step of a protection officer. The officer signs in with a recovery code;"
        " if those are lost too, the other officers appoint somebody else; the office of one who cannot sign in any more ends"
        " when the officers are asked whether they are there, on “Protection officers”."
    )
    status = 409


class SignInOfOfficer(Refused):
    """A protection officer's way in, changed by somebody else."""

    message = _l(
        "Nobody alone gives a protection officer another way in, or takes the role from one. Where nothing is sealed to them"
        " yet, or once their office has ended, disable the account and add the person again under another address. Otherwise"
        " they end their office themselves, or the officers are asked whether they are there, on “Protection officers”."
    )
    status = 409


class OfficerServes(Refused):
    """The account of somebody who serves as protection officer, once something is sealed to the officers."""

    message = _l(
        "This person serves as protection officer, and something is sealed to the officers: the account stays until their"
        " office has ended. They end it themselves; where they cannot, ask the officers whether they are there, on “Protection"
        " officers”."
    )
    status = 409


def check_may(roles: Collection[Role], act: Act) -> None:
    """Someone may do what one of their roles allows, and nothing else.

    Raises NotAllowed.  Source: DESIGN section 1 and invariant 10.
    """
    if not any(act in MAY[role] for role in roles):
        raise NotAllowed


def check_roles(roles: Collection[Role]) -> None:
    """A protection officer holds no other role.

    Raises RolesClash.  Source: DESIGN section 1.
    """
    if Role.PROTECTION_OFFICER in roles and len(set(roles)) > 1:
        raise RolesClash


def check_password(password: str, *, name: str, email: str) -> None:
    """A password is long, and none that a stranger would try first. No rule about kinds of signs: those make worse ones.

    Raises PasswordTooShort, PasswordTooLong, PasswordGuessable.  Source: NIST SP 800-63B, section 5.1.1.
    """
    if len(password) < PASSWORD_MIN:
        raise PasswordTooShort(limit=PASSWORD_MIN)
    if len(password) > PASSWORD_MAX:
        raise PasswordTooLong(limit=PASSWORD_MAX)
    plain = password.casefold()
    own = {part for part in (email.casefold(), email.split("@")[0].casefold(), name.casefold()) if len(part) > 3}
    if (
        plain in COMMON_PASSWORDS
        or len(set(plain)) < 4
        or any(plain.replace(part, "") in ("", "1", "123", "!") for part in own)
    ):
        raise PasswordGuessable


def check_sign_in_now(failures: int, newest: datetime | None, *, now: datetime) -> None:
    """After some failures each further attempt waits, twice as long each time, up to ten minutes. Never a lock.

    Raises WaitBeforeSignIn.  Source: DESIGN section 4.
    """
    if failures < FREE_ATTEMPTS or newest is None:
        return
    delay = min(DELAY_FIRST * 2 ** min(failures - FREE_ATTEMPTS, 20), DELAY_MAX)
    left = newest + delay - now
    if left > timedelta(0):
        raise WaitBeforeSignIn(seconds=int(left.total_seconds()) + 1)


def check_second_factor(roles: Collection[Role], *, has_one: bool) -> None:
    """Protection officers and administrators do nothing here but set up a second factor, until they have one.

    Raises SecondFactorMissing.  Source: reference safe.md 3.3.
    """
    if not has_one and not NEED_SECOND_FACTOR.isdisjoint(roles):
        raise SecondFactorMissing


def check_remove_second_factor(roles: Collection[Role], *, left: int) -> None:
    """Who needs a second factor replaces the last one, and never removes it: `left` is how many would be.

    Raises LastSecondFactor.  Source: reference safe.md 3.3.
    """
    if left == 0 and not NEED_SECOND_FACTOR.isdisjoint(roles):
        raise LastSecondFactor


def check_add_passkey(there: int) -> None:
    """A person has a handful of passkeys: more would hide one that a stranger added.

    Raises TooManyPasskeys.  Source: docs/decisions/0013-second-factor.md.
    """
    if there >= PASSKEYS_MAX:
        raise TooManyPasskeys(limit=PASSKEYS_MAX)


def check_reset_second_factor(roles: Collection[Role], *, is_own: bool) -> None:
    """An administrator takes away a lost second factor of others, never their own, and never alone that of an officer.

    Raises ResetOfOwn, ResetNeedsTwo.  Source: reference safe.md 3.3.
    """
    if is_own:
        raise ResetOfOwn
    if Role.PROTECTION_OFFICER in roles:
        raise ResetNeedsTwo


def check_reset_sign_in(roles: Collection[Role], *, has_begun: bool) -> None:
    """Whoever is a protection officer and has set a password is given no new link and keeps the role: not by one person alone.

    Raises SignInOfOfficer.  Source: reference safe.md 3.3.
    """
    if has_begun and Role.PROTECTION_OFFICER in roles:
        raise SignInOfOfficer

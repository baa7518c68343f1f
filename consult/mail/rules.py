"""What may be queued, when a put-off mail is tried again, and when a person decides."""

import random
import re
from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.mail.limits import Limits
from consult.mail.models import ADDRESS_MAX, NOTE_MAX, BounceKind, Halt, MailState, OutboxMail, Suppression
from consult.mail.models_delivery import PreparedDelivery
from consult.mail.outcome import STATUS, Outcome

_PLAIN = re.compile(  # letters, digits and few signs, in a domain of at least two labels; a part of it of what the RFC allows
    r"[A-Za-z0-9_+-]{1,20}(?:\.[A-Za-z0-9_+-]{1,20}){0,2}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,20}"
)
BACK_OFF_FIRST = timedelta(minutes=1)
BACK_OFF_MAX = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(days=5)  # RFC 5321 4.5.4.1: "at least 4-5 days"
DEFERRALS_MAX = 10  # answers "later" in a row of one domain, after which it is left alone for a while
SPREAD = 60.0  # seconds, at most, between the first and the last of those who ask a domain again
SOFT_MAX = 3  # mails that came back without a final word, within
SOFT_WINDOW = timedelta(days=30)
SOFT_LASTS = timedelta(
    days=90
)  # then the address is tried again by itself: full mailboxes are emptied, servers come back

# RFC 3463, subject and detail. The address itself: 1.7 to 1.9 are about the sender, 1.5 says that the recipient is right.
NO_MAILBOX = {(1, detail) for detail in (0, 1, 2, 3, 4, 6, 10)} | {(2, 1)}
# The mailbox or the way to it, for now; 2.3 is a mail too long, 2.4 a list's own fault, and what is not named here is about us
# or about the mail: policy, media, protocol, the other system.
NOT_NOW = NO_MAILBOX | {(0, 0), (2, 0), (2, 2)} | {(4, detail) for detail in range(8)}

_dice = random.SystemRandom()


class MailAddressWrong(Refused):
    """An address that no mail can go to."""

    message = _l("This is no e-mail address. It should look like name@example.org.")


class MailNotUncertain(Refused):
    """A decision about a mail that needs none."""

    message = _l("Somebody has decided about this mail already, or it is known by now whether it went out.")
    status = 409


class NoteMissing(Refused):
    """No reason why an address may be tried again."""

    message = _l(
        "Write why mail may go to this address again: that they told you so, or that our own server was at fault."
    )


class NoteTooLong(Refused):
    """Over the limit."""

    message = _l("Use at most %(limit)s characters for the reason.")


class NotHalted(Refused):
    """Going on with what nothing holds back."""

    message = _l("Somebody went on with these mails already.")
    status = 409


class LiftedAlready(Refused):
    """Somebody was faster."""

    message = _l("Mail to this address is allowed again already.")
    status = 409


def check_lift_suppression(suppression: Suppression, note: str) -> None:
    """Mail goes to an address from which it came back only after somebody has said why.

    Raises LiftedAlready, NoteMissing, NoteTooLong.  Source: issue of the mailings.
    """
    if suppression.lifted_at is not None:
        raise LiftedAlready
    if not note.strip():
        raise NoteMissing
    if len(note) > NOTE_MAX:
        raise NoteTooLong(limit=NOTE_MAX)


class SpanWrong(Refused):
    """Instants that are none, or in the wrong order."""

    message = _l("Write two instants like 2027-03-14 09:00, the earlier one first.")


class NobodySuppressed(Refused):
    """Lifting what nothing stands in."""

    message = _l("Nothing of this kind was noted between these instants, or it is lifted already.")
    status = 409


def check_lift_suppressions(count: int, since: datetime | None, until: datetime | None, note: str) -> None:
    """Many addresses may be written to again at once where our own server was at fault: of a span, of one kind, with a note.

    Raises SpanWrong, NoteMissing, NoteTooLong, NobodySuppressed.  Source: docs/decisions/0038-reaching-again.md.
    """
    if since is None or until is None or since >= until:
        raise SpanWrong
    if not note.strip():
        raise NoteMissing
    if len(note) > NOTE_MAX:
        raise NoteTooLong(limit=NOTE_MAX)
    if not count:
        raise NobodySuppressed


def check_lift_halt(halt: Halt) -> None:
    """What stopped by itself goes on once somebody says so, and once only.

    Raises NotHalted.  Source: docs/decisions/0022-rates-and-breaker.md
    """
    if halt.lifted_at is not None:
        raise NotHalted


def weigh_bounce(status: str) -> BounceKind | None:
    """What a status code says of the address; None where it speaks of us, of the mail or of their server.

    A fault of our own must suppress nobody.  Source: RFC 3463.
    """
    found = STATUS.fullmatch(status)
    if found is None:
        return None
    last, what = found[1] == "5", (int(found[2]), int(found[3]))
    if last and what in NO_MAILBOX:
        return BounceKind.HARD
    return BounceKind.SOFT if what in NOT_NOW and found[1] in "45" else None


def check_queue_mail(address: str) -> None:
    """An address is one mailbox, of any script, and nothing besides: no line end, no second address.

    What is plainly one needs no closer look: of fifty thousand nearly all are. Raises MailAddressWrong.  Source: RFC 5321, RFC 6531.
    """
    if is_plain_address(address):
        return
    try:
        # "name@relay" passes too: the relay, not we, knows what it can reach
        validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise MailAddressWrong from None


def is_plain_address(address: str) -> bool:
    """Whether an address is plainly one, of letters, digits and few signs: nothing in it needs quoting or encoding anywhere."""
    return len(address) <= ADDRESS_MAX and _PLAIN.fullmatch(address) is not None


def check_decide_mail(mail: OutboxMail) -> None:
    """Only a mail that may or may not have gone out waits for a decision.

    Raises MailNotUncertain.  Source: DESIGN invariant 5.
    """
    if mail.state is not MailState.UNCERTAIN:
        raise MailNotUncertain


def back_off(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling up to four hours, a fifth more or less so that not all come at once."""
    doubled = BACK_OFF_FIRST * (1 << min(max(attempts, 1) - 1, 20))
    return min(doubled, BACK_OFF_MAX) * _dice.uniform(0.8, 1.2)


def spread(at: datetime) -> datetime:
    """An instant within the minute after: so that those who wait for the same one do not all come at once."""
    return at + timedelta(seconds=_dice.uniform(0, SPREAD))


def is_deferral(outcome: Outcome) -> bool:
    """Whether the relay said "later" of this mail. One that hung up, or could not be reached, said nothing of the domain."""
    code = outcome.code or 0
    return outcome.state is MailState.DEFERRED and 400 <= code < 500 and not outcome.connection_over


def is_tripped(bad: int, of_last: int, limits: Limits) -> bool:
    """Whether a campaign halts: so many of as many mails as are looked at did not arrive. Fewer mails say nothing yet."""
    return bool(limits.window) and of_last >= limits.window and bad * 100 >= limits.percent * of_last


def is_too_old(created_at: datetime, now: datetime) -> bool:
    """Whether a put-off mail is given up."""
    return now - created_at >= GIVE_UP_AFTER


class DeliveryOver(Refused):
    """A delivery of which it is known what became of it."""

    message = _l("This message was delivered already, or is not wanted any more.")
    status = 409


class DeliveryNotFetched(Refused):
    """A delivery that nobody can have handed over."""

    message = _l("Fetch the message first: nobody has it yet.")
    status = 409


def check_delivery(delivery: PreparedDelivery) -> None:
    """An officer fetches a message as long as it is not known what became of it.

    Raises DeliveryOver.  Source: decision 0028.
    """
    if delivery.finished_at is not None:
        raise DeliveryOver


def check_settle_delivery(delivery: PreparedDelivery) -> None:
    """Whoever says that a message was handed over, or that nobody was reached, has fetched it.

    Raises DeliveryOver, DeliveryNotFetched.  Source: decision 0028.
    """
    check_delivery(delivery)
    if delivery.handed_out_at is None:
        raise DeliveryNotFetched

"""What may be queued, when a put-off mail is tried again, and when a person decides."""

import random
from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.mail.models import MailState, OutboxMail

BACK_OFF_FIRST = timedelta(minutes=1)
BACK_OFF_MAX = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(days=5)  # RFC 5321 4.5.4.1: "at least 4-5 days"

_dice = random.SystemRandom()


class MailAddressWrong(Refused):
    """An address that no mail can go to."""

    message = _l("This is no e-mail address. It should look like name@example.org.")


class MailNotUncertain(Refused):
    """A decision about a mail that needs none."""

    message = _l("Somebody has decided about this mail already, or it is known by now whether it went out.")
    status = 409


def check_queue_mail(address: str) -> None:
    """An address is one mailbox, of any script, and nothing besides: no line end, no second address.

    Raises MailAddressWrong.  Source: RFC 5321, RFC 6531.
    """
    try:
        # "name@relay" passes too: the relay, not we, knows what it can reach
        validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise MailAddressWrong from None


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


def is_too_old(mail: OutboxMail, now: datetime) -> bool:
    """Whether a put-off mail is given up."""
    return now - mail.created_at >= GIVE_UP_AFTER

"""All mail stops, or comes again, for whoever opened their own entry by a link that was mailed to its address."""

from datetime import datetime

from sqlalchemy.orm import Session

from consult.mail.keys import address_key
from consult.mailings.operations_leaving_news import end_agreed
from consult.mailings.operations_subscriptions import end_all
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.operations_leaving import come_back, leave_everywhere
from consult.stakeholders.queries_duty import entries_of, offices_of

HOW = "link"  # as the history of consent says it


def leave_all(db: Session, entry: Stakeholder, *, now: datetime) -> None:
    """Send nothing more to the mailbox of an entry, of lists neither. At an office its official mail is a duty and stays.

    Nothing is recorded: it is their own act.
    """
    end_all(db, address_key(entry.email), how=HOW, now=now)
    if offices_of(db, entry.email):
        for one in entries_of(db, entry.email):
            end_agreed(db, one, how=HOW, now=now)
    else:
        leave_everywhere(db, entry.email, now=now, how=HOW)


def get_mail_again(db: Session, entry: Stakeholder, *, now: datetime) -> None:
    """Write to the mailbox of an entry again, as they agreed before they left. Lists they sign up to anew.

    Nothing is recorded: it is their own act.
    """
    come_back(db, entry.email, now=now, how=HOW)

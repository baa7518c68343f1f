"""Asking to be protected, by somebody whose entry is in the registry: the officers who serve are told, and nothing else is kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from consult.core.i18n import _l
from consult.custody.queries import staff_serving
from consult.mail.messages import MailTemplate, NotWanted, Values
from consult.mail.models import Mail
from consult.mail.operations import queue_mails
from consult.privacy import rules_protecting as rules
from consult.stakeholders.models import Stakeholder


def _load(db: Session, parameters: Mapping[str, Any]) -> Values:
    entry = db.get(Stakeholder, parameters["stakeholder"])
    if entry is None or entry.is_protected:
        raise NotWanted
    return {"ref": entry.ref}


# Neither name nor address: the mail lies in a mailbox that others may read. The page behind the link asks who reads it to sign in.
PROTECTION_ASKED = MailTemplate("protection_asked", _l("Somebody asks you to call"), load=_load, to_staff=True)


def ask_protection(db: Session, entry: Stakeholder, *, now: datetime) -> int:
    """Tell the officers that the one of an entry asks to be protected; a second time on the same day tells nobody.

    Returns how many are told.  Raises ProtectedAlready, NobodyToAsk.  Records nothing: it is their own act.
    """
    officers = staff_serving(db)
    rules.check_ask_protection(entry, officers=len(officers))
    cause = f"asks_protection:{entry.id}:{now.date().isoformat()}"
    mails = [
        Mail(PROTECTION_ASKED.name, one.actor, cause, one.email, one.language, {"stakeholder": entry.id})
        for one in officers
    ]
    return queue_mails(db, mails, now=now)

"""The mail that tells a mailbox what staff heard on paper: that its entry is to be erased, and that it was."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from consult.core.i18n import _l
from consult.mail.messages import MailTemplate, NotWanted, Values
from consult.privacy.models_own import ForgetWish
from consult.privacy.rules_on_behalf import MAILBOX_WAITS


def _load(db: Session, parameters: Mapping[str, Any]) -> Values:
    is_done = parameters["wish"] is None
    if not is_done and db.get(ForgetWish, parameters["wish"]) is None:
        raise NotWanted  # called off, or carried out, of which there is a mail of its own
    return {"is_done": is_done, "days": MAILBOX_WAITS.days, "operator": parameters["operator"]}


# It goes to who left all mail too: it is no news, and nobody is erased unseen.
FORGETTING_TOLD = MailTemplate("forgetting_told", _l("About having your entry deleted"), load=_load)

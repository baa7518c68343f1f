"""In which language the reader of a list gets its mails."""

from sqlalchemy.orm import Session

from consult.core.db import lock
from consult.mailings import rules_lists
from consult.mailings.models_lists import Subscription


def change_list_language(db: Session, subscription: Subscription, language: str) -> None:
    """Send the mails of a list in another language from the next mailing on.

    Raises NotOnList, ListLanguageUnknown.  Nothing is recorded: it is their own act.
    """
    lock(db, subscription)
    rules_lists.check_change_list_language(subscription, language)
    subscription.language = language
    db.flush()

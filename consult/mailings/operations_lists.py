"""Keeping lists, and what was sent to them. Who is on them: operations_subscriptions.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.core.db import lock, refusing
from consult.core.forms import cleaned_line, cleaned_text
from consult.core.texts import Texts
from consult.mailings import queries_lists, rules_lists
from consult.mailings.models_lists import (
    ListMessage,
    ListState,
    ListWords,
    MailingList,
)


@dataclass(frozen=True, slots=True)
class ListSaid:
    """What the form of a list says."""

    slug: str
    name: Texts
    what_it_is: Texts
    how_often: Texts
    takes_sign_up: bool
    archive_is_public: bool
    is_open: bool = True

    def words(self) -> dict[str, Texts]:
        """What it says of itself."""
        return {"name": self.name, "what_it_is": self.what_it_is, "how_often": self.how_often}

    def ways(self) -> dict[str, object]:
        """How it is used."""
        state = ListState.OPEN if self.is_open else ListState.CLOSED
        return {"state": state, "takes_sign_up": self.takes_sign_up, "archive_is_public": self.archive_is_public}


def create_list(db: Session, said: ListSaid, *, by: Staff, now: datetime) -> MailingList:
    """Begin a list.

    Returns it.  Raises ListSlugWrong, ListSlugTaken, ListNameMissing, ListWordsTooLong.
    Records ``list.created`` (slug).
    """
    rules_lists.check_list_slug(said.slug)
    rules_lists.check_list_words(**said.words())
    made = MailingList(slug=said.slug, revision=1, created_at=now, **said.ways())
    with refusing(db, {"uq_mailing_list_slug": rules_lists.ListSlugTaken}):
        db.add(made)
    db.add(ListWords(list_id=made.id, number=1, at=now, **said.words()))
    db.flush()
    record(db, "list.created", by=by, list=made.slug)
    return made


def change_list(db: Session, mailing_list: MailingList, said: ListSaid, *, by: Staff, now: datetime) -> MailingList:
    """Say something else of a list, open or close it. Its address stays: it stands in mails that went out.

    Returns it.  Raises ListNameMissing, ListWordsTooLong.
    Records ``list.changed`` (slug, names of the changed fields) where anything changed.
    """
    rules_lists.check_list_words(**said.words())
    lock(db, mailing_list)
    holds = queries_lists.read_list(db, mailing_list.id).words
    changed = [name for name, texts in said.words().items() if dict(getattr(holds, name)) != dict(texts)]
    if changed:
        mailing_list.revision += 1
        db.add(ListWords(list_id=mailing_list.id, number=mailing_list.revision, at=now, **said.words()))
    for name, value in said.ways().items():
        if getattr(mailing_list, name) != value:
            setattr(mailing_list, name, value)
            changed.append(name)
    db.flush()
    if changed:
        record(db, "list.changed", by=by, list=mailing_list.slug, fields=".".join(sorted(changed)))
    return mailing_list


def publish_message(
    db: Session, mailing_list: MailingList, words: Mapping[str, tuple[str, str]], *, cause: str, now: datetime
) -> ListMessage:
    """Keep what was sent to a list, (subject, text) by language, for its archive and its feed. No name of anybody in it.

    Returns the message: the one there is, where this cause was published already.
    Nothing is recorded: sending it was.
    """
    lock(db, mailing_list)
    found = db.scalars(select(ListMessage).where(ListMessage.cause == cause)).one_or_none()
    if found is not None:
        return found
    made = ListMessage(
        list_id=mailing_list.id,
        number=queries_lists.newest_number(db, mailing_list.id) + 1,
        cause=cause,
        subject=Texts({code: cleaned_line(subject) for code, (subject, _body) in words.items()}),
        body=Texts({code: cleaned_text(body) for code, (_subject, body) in words.items()}),
        sent_at=now,
    )
    db.add(made)
    db.flush()
    return made

"""Protecting an entry that is there: who it is, is sealed to the officers, and wiped from here down in one visible list.

What no row holds (made files, uploaded lists, what the disk keeps of deleted rows) goes a moment later: jobs_protecting.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.core import ids
from consult.core.db import lock
from consult.custody.operations_sealed import keep_sealed, lock_serving
from consult.custody.rules import OfficersMissing
from consult.custody.sealing import Identity, seal_identity
from consult.jobs.models import Task
from consult.jobs.operations import start_task
from consult.privacy import protecting_letters, protecting_mail, protecting_people, protecting_texts, rules_protecting
from consult.privacy.operations_own import holds_seat
from consult.privacy.sought import Sought, sought_of
from consult.stakeholders.models import Basis, Protection, Stakeholder
from consult.stakeholders.queries import list_contacts
from consult.stakeholders.queries_doubles import ids_as_one, whole_of

FINISH = "privacy.finish_protecting"  # the job's name in consult/worker.py


@dataclass(frozen=True, slots=True)
class Leaving:
    """The entries that go, each with its new code, and what is known of them."""

    codes: dict[int, str]  # by the entry's id
    sought: Sought
    by: Staff
    now: datetime

    @property
    def ids(self) -> list[int]:
        """The ids of the entries."""
        return list(self.codes)


def protect_entry(
    db: Session, entry: Stakeholder, *, is_sure: bool, next_url: str, by: Staff, now: datetime
) -> tuple[Stakeholder, Task]:
    """Seal who an entry is to the officers who serve, and those merged with it, each as one of its own; and wipe it here.

    Each gets a new code: what was noted under the old one, in the journal too, leads to it no more. Of those that were merged
    into it none is written to any more. Returns the entry, and the Task that clears the disk.
    Raises what check_protect_entry raises, OfficersMissing, IdentityTooLong.
    Records ``entry.protected`` (stakeholder ref, the new one) for each.
    """
    officers = lock_serving(db)
    kept = lock(db, whole_of(db, entry))
    whole = [lock(db, db.get_one(Stakeholder, one)) for one in ids_as_one(db, kept)]
    is_held = holds_seat(db, [one.id for one in whole])
    rules_protecting.check_protect_entry(kept, holds_seat=is_held, is_sure=is_sure)
    if not officers:
        raise OfficersMissing
    leaving = Leaving({one.id: ids.random_code() for one in whole}, sought_of(db, whole), by, now)
    sealed = {one.id: seal_identity(identity_of(db, one), leaving.codes[one.id], officers) for one in whole}
    left = min((one.left_at for one in whole if one.left_at is not None), default=None)
    protecting_people.part_participants(db, leaving)
    for wipe in WIPE:
        wipe(db, leaving)
    for one in reversed(whole):  # the merged ones first: they let go of the one they were merged into
        _wipe(one, leaving.codes[one.id], left=left, now=now)
        if one is not kept:
            one.basis, one.news = Basis.NONE, False
        db.flush()
        protecting_texts.keep_code(db, one)
        keep_sealed(db, one, sealed[one.id], edition=1)
        record(db, "entry.protected", by=by, stakeholder=one.ref)
    protecting_people.unname_comments(db, leaving)
    return kept, start_task(db, FINISH, owner=by.actor, subject="protecting", next_url=next_url, now=now)


# Every package that holds something of an entry has its line, here and in `queries_own.PARTS`; the entry itself at last.
WIPE: tuple[Callable[[Session, Leaving], None], ...] = (
    protecting_mail.end_subscriptions,
    protecting_mail.cancel_mails,
    protecting_mail.drop_traces,
    protecting_letters.drop_letters,
    protecting_letters.leave_directory,
    protecting_people.wipe_comments,
    protecting_people.wipe_participants,
    protecting_people.wipe_visitors,
    protecting_people.wipe_requests,
    protecting_texts.wipe_imports,
    protecting_texts.wipe_reasons,
    protecting_texts.wipe_registry,
    protecting_texts.wipe_declared,
)


def identity_of(db: Session, entry: Stakeholder) -> Identity:
    """What is sealed of an entry."""
    people = [f"{one.name} · {one.role} · {one.email} · {one.language}" for one in list_contacts(db, entry.id)]
    more = {
        "region": entry.region,
        "groups": ", ".join(entry.group_codes),
        "languages": ", ".join(entry.also_language_codes),
    }
    lines = [f"{name}: {value}" for name, value in more.items() if value]
    return Identity(
        name=entry.name,
        email=entry.email,
        phone=entry.phone,
        postal_address=entry.postal_address,
        reach=entry.channel.value if entry.channel else "",
        people="\n".join(people),
        access_needs=entry.access_needs,
        note="\n".join([*([entry.note] if entry.note else []), *lines]),
    )


EMPTY = (
    "groups", "region", "also_languages", "email", "email_key", "postal_address", "phone", "phone_key", "access_needs", "note",
)  # fmt: skip


def _wipe(entry: Stakeholder, code: str, *, left: datetime | None, now: datetime) -> None:
    entry.ref = entry.name = entry.name_key = entry.double_key = code
    entry.channel = entry.merged_into = entry.merged_at = None
    for name in EMPTY:
        setattr(entry, name, "")
    entry.left_at, entry.updated_at = entry.left_at or left, now
    entry.protection = Protection.PROTECTED

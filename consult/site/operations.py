"""Setting the site up, once, and changing later what it says of itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from consult.accounts import operations as accounts
from consult.accounts.models import Role, Staff
from consult.audit import record
from consult.core import ids
from consult.core.db import lock
from consult.core.texts import Texts
from consult.site import queries, rules
from consult.site.models import Installation

FIRST_ROLES = (Role.ADMINISTRATOR, Role.SECRETARIAT)  # in a small office one person does both; roles are changed later


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the settings say of the site, where nobody has decided otherwise."""

    name: Texts
    languages: tuple[str, ...]


def begun(beginning: Beginning) -> Installation:
    """The installation as the settings say, kept nowhere yet."""
    return Installation(id=1, name=beginning.name, languages=list(beginning.languages), privacy=Texts(), revision=1)


def the_installation(db: Session, beginning: Beginning) -> Installation:
    """The installation's row, locked; made from the settings where there is none."""
    found = queries.find_installation(db)
    if found is None:
        try:
            with db.begin_nested():
                found = begun(beginning)
                db.add(found)
        except IntegrityError:  # somebody else made it a moment ago
            found = db.get_one(Installation, 1)
    return lock(db, found)


def offer_set_up(db: Session, beginning: Beginning) -> str | None:
    """Make the one-time link of an installation in which nobody works yet; an older link ends.

    Returns its secret (it is kept nowhere), or None where there is staff.  Records ``site.link_made``.
    """
    if queries.has_staff(db):
        return None
    secret = ids.random_secret()
    the_installation(db, beginning).link_digest = ids.digest(secret)
    db.flush()
    record(db, "site.link_made", by=None)
    return secret


def find_by_link(db: Session, secret: str) -> Installation:
    """The installation that a set-up link opens. Raises SetUpOver."""
    found = queries.find_installation(db)
    matches = found is not None and found.link_digest is not None and found.link_digest == ids.digest(secret)
    rules.check_set_up(link_matches=matches, has_staff=queries.has_staff(db))
    if found is None:  # then nothing matched, and the rule has said so
        raise rules.SetUpOver
    return found


def choose_languages(
    db: Session, installation: Installation, languages: Sequence[str], *, by: Staff | None, now: datetime
) -> None:
    """Offer the site in these languages, the first being its own.

    Raises NoLanguage, LanguageInUse.  Records ``site.languages_chosen`` (codes).
    """
    lock(db, installation)
    rules.check_languages(languages, queries.languages_in_use(db))
    installation.languages = list(languages)
    installation.revision += 1
    db.flush()
    record(db, "site.languages_chosen", by=by, languages=".".join(languages))


def name_site(
    db: Session, installation: Installation, name: Texts, privacy: Texts, *, by: Staff | None, now: datetime
) -> None:
    """Say what the site is called and who answers for the data, in each of its languages.

    Raises SiteNameless, PrivacyUnfinished.  Records ``site.named`` (revision).
    """
    lock(db, installation)
    rules.check_identity(name, privacy, installation.languages)
    # A language that is not offered now keeps its words for the day it is again.
    installation.name = Texts({**installation.name, **name})
    installation.privacy = Texts({**installation.privacy, **privacy})
    installation.revision += 1
    db.flush()
    record(db, "site.named", by=by, revision=installation.revision)


def add_first_administrator(
    db: Session, secret: str, *, name: str, email: str, language: str, password: str, now: datetime
) -> Staff:
    """Add whoever sets the site up, as administrator and secretariat, with a password; the link is over.

    Returns the person.  Raises SetUpOver, SiteNameless, PrivacyUnfinished, EmailTaken and what check_password raises.
    Records ``staff.added``, ``staff.link_made``, ``staff.password_set``, ``site.set_up``.
    """
    installation = find_by_link(db, secret)
    lock(db, installation)
    find_by_link(db, secret)  # again under the lock: two may press the button at once
    rules.check_identity(installation.name, installation.privacy, installation.languages)
    person = accounts.add_staff(db, name=name, email=email, language=language, roles=FIRST_ROLES, by=None, now=now)
    link = accounts.make_password_link(db, person, by=None, now=now)
    accounts.set_password_by_link(db, link, password, now=now)
    installation.link_digest, installation.set_up_at = None, now
    db.flush()
    record(db, "site.set_up", by=person)
    return person

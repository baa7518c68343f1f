"""The public directory: whoever said yes to standing in it, by name, and nothing else of the registry."""

from dataclasses import asdict, dataclass
from typing import NamedTuple

from sqlalchemy import or_, select, text, tuple_
from sqlalchemy.orm import Session

from consult.stakeholders.models import SENSITIVE_CATEGORIES, Stakeholder, StakeholderKind
from consult.stakeholders.queries_finding import LAST_SIGN

PAGE = 50  # entries a page
s = Stakeholder
# in these very words: a bound value would not meet the index of those who are public
IS_PUBLIC = text("stakeholder.protection = 'public'")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page is filtered by; "" = by nothing. Names are found by their first letters, never by an address."""

    begins: str = ""
    category: str = ""
    region: str = ""

    def columns(self) -> dict[str, str]:
        """By name, for the address of the next page."""
        return {name: value for name, value in asdict(self).items() if value}


class Listed(NamedTuple):
    """An entry as everybody sees it: no groups, no needs, no postal address; contact only where they agreed to that too."""

    ref: str
    name: str
    kind: StakeholderKind
    category: str
    region: str
    languages: list[str]
    email: str
    phone: str


def list_public(db: Session, wanted: Wanted, *, after: str = "") -> tuple[list[Listed], str]:
    """A page by name, after the entry of a reference, and the reference after which the next begins ("" at the end).

    Whoever left is not there, nor a person whose category says what they believe or organise for.
    """
    query = select(s).where(IS_PUBLIC, s.merged_into.is_(None), ~s.has_left)
    query = query.where(or_(s.kind == StakeholderKind.ORGANISATION, s.category.not_in(SENSITIVE_CATEGORIES)))
    if wanted.begins:
        begins = wanted.begins.casefold()
        query = query.where(s.name_key >= begins, s.name_key < begins + LAST_SIGN)
    query = query.where(
        *(column == value for column, value in ((s.category, wanted.category), (s.region, wanted.region)) if value)
    )
    last = db.execute(select(s.name_key, s.id).where(s.ref == after, IS_PUBLIC)).one_or_none() if after else None
    if last is not None:
        query = query.where(tuple_(s.name_key, s.id) > tuple_(*last))
    found = list(db.scalars(query.order_by(s.name_key, s.id).limit(PAGE + 1)))
    return [_listed(one) for one in found[:PAGE]], found[PAGE - 1].ref if len(found) > PAGE else ""


def _listed(one: Stakeholder) -> Listed:
    email, phone = (one.email, one.phone) if one.shows_contact else ("", "")
    languages = [one.language, *one.also_language_codes]
    return Listed(one.ref, one.name, one.kind, one.category, one.region, languages, email, phone)

"""What is known of somebody who is to be protected, as it is looked for in free texts and rows of ours."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from consult.stakeholders.keys import folded
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.phones import phone_forms
from consult.stakeholders.queries import PAGE, list_contacts
from consult.stakeholders.queries_doubles import ids_as_one, whole_of

LEAST = 4  # letters, or digits of a telephone: what is shorter stands in half of all texts


@dataclass(frozen=True, slots=True)
class Sought:
    """Names and addresses, folded; digits of telephones; and the addresses alone, as mail knows them."""

    words: tuple[str, ...]
    digits: tuple[str, ...]
    addresses: tuple[str, ...]
    names: tuple[str, ...] = ()  # whole, folded

    def is_called(self, *names: str) -> bool:
        """Whether one of some names is one of theirs, however it is written."""
        return any(folded(one) in self.names for one in names if one)

    def stand_in(self, *texts: str) -> bool:
        """Whether any of some texts holds any of it, however it is written."""
        plain = " ".join(texts)
        plain = plain.casefold() if plain.isascii() else folded(plain)
        return any(one in plain for one in self.words) or any(self._rings(one) for one in texts if self.digits)

    def _rings(self, text: str) -> bool:
        figures = "".join(sign for sign in text if sign.isdecimal())
        return bool(figures) and any(one in figures for one in self.digits)


def sought_of(db: Session, entries: Sequence[Stakeholder]) -> Sought:
    """All that is known of some entries."""
    contacts = [one for entry in entries for one in list_contacts(db, entry.id)]
    names = [*(one.name for one in entries), *(one.name for one in contacts)]
    addresses = [one for one in (*(one.email for one in entries), *(one.email for one in contacts)) if one]
    words = dict.fromkeys(folded(one) for one in (*names, *addresses))
    digits = dict.fromkeys(form for entry in entries for form in sorted(phone_forms(entry.phone)))
    return Sought(
        tuple(one for one in words if len(one) >= LEAST),
        tuple(one for one in digits if len(one) >= LEAST),
        tuple(dict.fromkeys(one.casefold() for one in addresses)),
        tuple(dict.fromkeys(folded(one) for one in names)),
    )


def entries_alike(db: Session, entry: Stakeholder) -> list[Stakeholder]:
    """Other entries with an address or telephone of an entry, or of what is merged with it: they would go on telling who it is."""
    s = Stakeholder
    whole = ids_as_one(db, whole_of(db, entry))
    sought = sought_of(db, db.scalars(select(s).where(s.id.in_(whole))).all())
    alike = or_(s.email_key.in_(sought.addresses), s.phone_key.in_(sought.digits))
    query = select(s).where(s.id.not_in(whole), s.merged_into.is_(None), alike)
    return list(db.scalars(query.order_by(s.name_key, s.id).limit(PAGE)))

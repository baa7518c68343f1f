"""An entry of the registry as somebody says it: what forms and lists make, and operations keep."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from consult.stakeholders import rules
from consult.stakeholders.keys import double_key
from consult.stakeholders.models import (
    Basis,
    Channel,
    StakeholderKind,
)
from consult.stakeholders.phones import phone_key


@dataclass(frozen=True, slots=True)
class Entry:
    """What a form or a row of a list says of a stakeholder."""

    kind: StakeholderKind
    name: str
    category: str
    language: str
    email: str = ""
    groups: tuple[str, ...] = ()
    basis: Basis = Basis.NONE
    note: str = ""
    region: str = ""
    also_languages: tuple[str, ...] = ()
    channel: Channel | None = None
    postal_address: str = ""
    phone: str = ""
    access_needs: str = ""
    news: bool = False

    def columns(self) -> dict[str, object]:
        """The entry as columns of the table, keys for finding doubles included."""
        email = rules.checked_address(self.email) if self.email else ""
        return {
            "kind": self.kind,
            "name": self.name,
            "name_key": self.name.casefold(),
            "double_key": double_key(self.name),
            "category": self.category,
            "language": self.language,
            "email": email,
            "email_key": email.casefold(),
            "groups": _listed(self.groups),
            "basis": self.basis,
            "note": self.note,
            "region": self.region,
            "also_languages": _listed(set(self.also_languages) - {self.language}),
            "channel": self.channel,
            "postal_address": self.postal_address,
            "phone": self.phone,
            "phone_key": phone_key(self.phone),
            "access_needs": self.access_needs,
            "news": self.news,
        }

    @property
    def group_codes(self) -> list[str]:
        """The groups represented, as the registry has them."""
        return list(self.groups)

    @property
    def also_language_codes(self) -> list[str]:
        """The other languages they read, likewise."""
        return list(self.also_languages)

    @classmethod
    def of(cls, known: Any) -> "Entry":
        """What the registry says of a stakeholder, from the entry or a row of its columns."""
        return cls(
            kind=known.kind,
            name=known.name,
            category=known.category,
            language=known.language,
            email=known.email,
            groups=_codes(known.groups),
            basis=known.basis,
            note=known.note,
            region=known.region,
            also_languages=_codes(known.also_languages),
            channel=known.channel,
            postal_address=known.postal_address,
            phone=known.phone,
            access_needs=known.access_needs,
            news=known.news,
        )


def _codes(listed: str) -> tuple[str, ...]:
    return tuple(code for code in listed.split(",") if code)


def _listed(codes: Iterable[str]) -> str:
    return "," + ",".join(sorted(set(codes))) + "," if codes else ""


COLUMNS = tuple(field.name for field in fields(Entry))  # of an entry, as of its table

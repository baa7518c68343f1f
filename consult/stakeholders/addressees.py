"""An entry of the registry as whoever writes to hundreds at once reads it: columns, where an entity would cost several times as much."""

from datetime import datetime
from typing import NamedTuple

from consult.stakeholders.models import Basis, Protection, Stakeholder, StakeholderKind, codes_of, stakeholder_ref

s = Stakeholder


class Addressee(NamedTuple):
    """What the rules of writing ask of an entry, and what stands with whoever takes part. Named as the entry's own columns are."""

    id: int
    kind: StakeholderKind
    name: str
    category: str
    language: str
    also_languages: str
    email: str
    basis: Basis
    news: bool
    protection: Protection
    merged_into: int | None
    left_at: datetime | None
    has_left: bool

    @property
    def is_protected(self) -> bool:
        """Whether only a protection officer knows who this is."""
        return self.protection is Protection.PROTECTED

    @property
    def person_ref(self) -> str:
        """The opaque reference that mails and facts keep: "stakeholder:5"."""
        return stakeholder_ref(self.id)

    @property
    def also_language_codes(self) -> list[str]:
        """The other languages they read, as codes."""
        return codes_of(self.also_languages)


COLUMNS = tuple(getattr(s, name) for name in Addressee._fields)

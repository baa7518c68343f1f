"""What a kind of personal data is, and the words that kinds share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from consult.core.i18n import LazyText, _l
from consult.privacy.terms import terms

DELETED = _l("It is deleted.")
STAYS = _l("It stays.")
AS_THE_RECORD = _l("As long as the record of the consultation.")

ADMINISTRATORS = _l("Administrators.")
REGISTRY = _l("Staff who keep the registry, and teams of consultations.")
TEAM = _l("The team of the consultation.")
PUBLIC = _l("The team; the public as far as the author chose.")
STATES = _l("Secretariat and administrators: states and codes, no address.")
NOBODY = _l("Nobody.")
MACHINE = _l("Whoever runs the machine.")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. With a term, `since` says from when it counts; without one, for how long and why it is kept."""

    code: str
    what: LazyText
    tables: tuple[str, ...]  # () = no table: files, logs
    why: LazyText
    since: LazyText
    then: LazyText
    who: LazyText
    lasts: timedelta | None = None  # a fixed term
    setting: str = ""  # of the operator's own term; consult.core.settings.RETENTION has its limits
    sweep: Callable[..., int] | None = None  # of the worker, every minute, where that deletes it

    @property
    def term(self) -> timedelta | None:
        """How long it is kept here; None = as `since` says."""
        return terms().lasts(self.setting) if self.setting else self.lasts

"""How long this installation keeps each kind: the settings of retention, in use in this process."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from consult.core.settings import RETENTION, Settings


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator set."""

    zone: str
    hour: int  # from when on a night's run begins, there
    days: dict[str, int]  # by the name of the setting

    def lasts(self, setting: str) -> timedelta:
        """How long what a setting speaks of is kept."""
        return timedelta(days=self.days[setting])

    def here(self, now: datetime) -> datetime:
        """An instant in the installation's zone."""
        return now.astimezone(ZoneInfo(self.zone))


_terms: Terms | None = None


def use_terms(settings: Settings) -> None:
    """Keep to the terms of these settings. One a process."""
    global _terms
    days = {name: getattr(settings, name) for name in RETENTION}
    _terms = Terms(settings.time_zone, settings.retention_hour, days)


def terms() -> Terms:
    """The terms in use. Raises RuntimeError before `use_terms()`."""
    if _terms is None:
        raise RuntimeError("no terms: call consult.privacy.terms.use_terms() first")
    return _terms

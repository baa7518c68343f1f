"""Which day it is where the mechanism works: seats begin and end by its calendar."""

from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

_zone: tzinfo = UTC


def use_zone(name: str) -> None:
    """Count the days of seats in this time zone (IANA): one a process."""
    global _zone
    _zone = ZoneInfo(name)


def day_of(now: datetime) -> date:
    """The day that an instant falls on."""
    return now.astimezone(_zone).date()


def begins_at(day: date) -> datetime:
    """The instant with which a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=_zone).astimezone(UTC)

"""Which day it is: where the mechanism works, by whose calendar seats and roll calls count, or in a zone that is named."""

from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from consult.core import clock

_zone: tzinfo = UTC


def use_zone(name: str) -> None:
    """Count the days of the mechanism in this time zone (IANA): one a process."""
    global _zone
    _zone = ZoneInfo(name)


def day_of(now: datetime) -> date:
    """The day that an instant falls on where the mechanism works."""
    return now.astimezone(_zone).date()


def begins_at(day: date) -> datetime:
    """The instant with which a day of the mechanism begins."""
    return datetime(day.year, day.month, day.day, tzinfo=_zone).astimezone(UTC)


def day_in(zone: str, instant: datetime) -> date:
    """The day that an instant falls on in a time zone."""
    return instant.astimezone(ZoneInfo(zone)).date()


def today_in(zone: str) -> date:
    """The day it is now in a time zone: that of a consultation, mostly."""
    return day_in(zone, clock.now())

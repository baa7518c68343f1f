"""The calendar as a file that calendar programs read again and again: iCalendar, RFC 5545 and RFC 7986."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from icalendar import Calendar, Event, Timezone, TimezoneStandard

from consult.core import i18n
from consult.core.forms import cleaned_line
from consult.core.i18n import _
from consult.core.texts import Shown
from consult.mail.messages import isolated
from consult.site.calendar import Entry, What

MAKER = "-//Consult//Consult//EN"
REFRESH = timedelta(hours=6)  # how often a program should ask again


class Feed(NamedTuple):
    """What a file says of itself."""

    name: str  # as a program lists it
    page: str  # its page, a whole address
    source: str  # where it is read again, likewise


def calendar_file(feed: Feed, entries: Sequence[Entry], *, base_url: str, key: bytes) -> bytes:
    """The file in the current language. `key` makes what entries are known by.

    The same entries make the same bytes: nothing of it depends on the hour at which it is asked for.
    """
    made = Calendar()
    for name, value in (("prodid", MAKER), ("version", "2.0"), ("calscale", "GREGORIAN"), ("method", "PUBLISH")):
        made.add(name, value)
    name = cleaned_line(feed.name)
    made.add("name", name)
    made.add("x-wr-calname", name)  # as programs read it that are older than RFC 7986
    made.add("url", feed.page)
    made.add("source", feed.source, parameters={"value": "URI"})
    made.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    made.add("x-published-ttl", "PT6H")
    for entry in entries:
        made.add_component(_event(entry, base_url=base_url, key=key))
    if not entries:
        made.add_component(_nothing())
    content: bytes = made.to_ical()
    return content


def uid_of(entry: Entry, key: bytes) -> str:
    """What an entry is known by: the same whatever becomes of it and in every language, and betraying no id."""
    digest = hmac.digest(key, entry.key.encode(), hashlib.sha256)
    return str(UUID(bytes=digest[:16], version=4))


def _event(entry: Entry, *, base_url: str, key: bytes) -> Event:
    made, title = Event(), entry.of.title.shown()
    address = f"{base_url}/{i18n.language().code}/consultations/{entry.of.slug}/"
    made.add("uid", uid_of(entry, key))
    made.add("sequence", entry.changes)
    # The day is enough: the page does not say at which second staff did something.
    changed_on = entry.changed_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    made.add("dtstamp", changed_on)
    made.add("last-modified", changed_on)
    # An instant of ours is one of the world's time, and closes a round whatever becomes of the rules of a zone; so it is
    # written as such. The words say it where the consultation is held.
    # To the minute, as the page says it: a round opens at the second at which staff pressed.
    at = entry.when.astimezone(UTC).replace(second=0, microsecond=0) if isinstance(entry.when, datetime) else entry.when
    made.add("dtstart", at)
    summary = _("%(what)s: %(consultation)s", what=entry.words, consultation=isolated(title))
    made.add("summary", summary, parameters=_language(title))
    made.add("description", "\n".join(filter(None, (_sentence(entry), entry.note, address))))
    made.add("url", address)
    made.add("status", "CONFIRMED")
    made.add("transp", "TRANSPARENT")  # nobody is busy because a round closes
    made.add("class", "PUBLIC")
    return made


def _language(title: Shown) -> dict[str, str]:
    """The language of a summary, where all of it is in one."""
    return {} if title.fallback else {"language": i18n.language().code}


def _sentence(entry: Entry) -> str:
    if entry.what is What.OPENS:
        return _("Comments are taken from %(instant)s.", instant=entry.written)
    if entry.what is What.CLOSES:
        return _("Comments are taken until %(instant)s.", instant=entry.written)
    if entry.what is What.DUE:
        return _("The mechanism expects this text on %(day)s.", day=i18n.format_day(entry.day))
    return _("Published on %(day)s", day=i18n.format_day(entry.day))


def _nothing() -> Timezone:
    """What stands in a file without an entry, for there has to be something. RFC 5545 3.6."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", "UTC")
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001  # the local time of a zone has none
    standard.add("tzoffsetfrom", timedelta())
    standard.add("tzoffsetto", timedelta())
    zone.add_component(standard)
    return zone

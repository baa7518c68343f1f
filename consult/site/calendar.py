"""What of a consultation stands in the calendar, and what does not: entries as values, made from rows.

Nothing stands there that the consultation's own page does not say: the page shows the same entries.
Source: docs/decisions/0046-calendar.md
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from consult.core import i18n
from consult.core.days import day_in
from consult.core.i18n import LazyText, _, _l
from consult.core.texts import Texts
from consult.rounds.models import Audience

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # of what never changed, as far as anybody noted


class What(StrEnum):
    """What happens. The value is part of the entry's identity: it never changes."""

    OPENS = "opens"
    CLOSES = "closes"
    DUE = "due"
    ANSWERS = "answers"


WORDS: dict[What, LazyText] = {
    What.OPENS: _l("Comments open"),
    What.CLOSES: _l("Comments close"),
    What.DUE: _l("The text is due"),
    What.ANSWERS: _l("Answers published"),
}


class Of(NamedTuple):
    """The consultation of an entry, as far as its entries tell it."""

    id: int
    slug: str
    title: Texts
    zone: str  # IANA
    changes: int  # of title, address and zone, since it is public
    changed_at: datetime | None  # None = nobody noted it


class Entry(NamedTuple):
    """Something that happens at an instant or, where nobody said at what time, on a day."""

    of: Of
    what: What
    number: int  # of the round or report within the consultation; 0 of the due date
    when: datetime | date
    changes: int  # how often it changed since it is told: grows exactly when something of it changes
    changed_at: datetime
    is_extended: bool = False

    @property
    def key(self) -> str:
        """What it is, whatever becomes of its time and its words. Holds an id: not for showing."""
        return f"{self.of.id}:{self.what}:{self.number}"

    @property
    def words(self) -> LazyText:
        """What happens, in words."""
        return WORDS[self.what]

    @property
    def day(self) -> date:
        """The day on which it happens, where the consultation is held."""
        return day_in(self.of.zone, self.when) if isinstance(self.when, datetime) else self.when

    @property
    def written(self) -> str:
        """When it happens, in the language of the page: with time and zone as the round's page has them, or the day."""
        if isinstance(self.when, datetime):
            return i18n.format_instant(self.when, self.of.zone)
        return i18n.format_day(self.when, weekday=True)

    @property
    def note(self) -> str:
        """What else is known of it; "" for nothing."""
        return _("The time was extended.") if self.is_extended else ""

    def is_over(self, now: datetime) -> bool:
        """Whether it has happened. A day is over with its last minute, where the consultation is held; answers, once published."""
        if isinstance(self.when, datetime):
            return self.when <= now
        return self.what is What.ANSWERS or self.when < day_in(self.of.zone, now)

    def _order(self) -> tuple[date, datetime, str]:
        ends = datetime.combine(self.day, time.max, ZoneInfo(self.of.zone))
        return self.day, self.when if isinstance(self.when, datetime) else ends, self.key


class ToldRound(NamedTuple):
    """A round, as far as the calendar asks."""

    number: int
    audience: Audience
    opens_at: datetime
    closes_at: datetime
    extensions: int
    extended_at: datetime | None  # the last time
    is_newest: bool  # of its consultation


def entries_of_round(of: Of, told: ToldRound) -> Iterator[Entry]:
    """A round for everyone opens and closes. Of one for others the page tells the closing alone, until a newer one opens.

    Nothing says for whom it was or when it opened, and an extension shows in its new closing, and in the count of changes.
    Source: docs/decisions/0046-calendar.md
    """
    changes = of.changes + told.extensions
    if told.audience is Audience.PUBLIC:
        begun = _latest(of.changed_at, told.opens_at)
        yield Entry(of, What.OPENS, told.number, told.opens_at, of.changes, begun)
        changed_at = _latest(begun, told.extended_at)
        yield Entry(of, What.CLOSES, told.number, told.closes_at, changes, changed_at, told.extensions > 0)
    elif told.is_newest:
        changed_at = _latest(of.changed_at, told.extended_at)
        yield Entry(of, What.CLOSES, told.number, told.closes_at, changes, changed_at)


def entry_of_due_date(of: Of, due_on: date, *, changes: int, changed_at: datetime | None) -> Entry:
    """The day on which the mechanism expects the text."""
    return Entry(of, What.DUE, 0, due_on, of.changes + changes, _latest(of.changed_at, changed_at))


def entry_of_report(of: Of, number: int, published_at: datetime) -> Entry:
    """The day on which a report with answers was published: a day, as its page says it."""
    day = day_in(of.zone, published_at)
    return Entry(of, What.ANSWERS, number, day, of.changes, _latest(of.changed_at, published_at))


def _latest(*instants: datetime | None) -> datetime:
    return max((one for one in instants if one is not None), default=LONG_AGO)


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """By day, and within a day by time; what has none comes last."""
    return sorted(entries, key=Entry._order)


class Month(NamedTuple):
    """The entries of a month."""

    first: date
    entries: list[Entry]


def by_month(entries: Iterable[Entry]) -> list[Month]:
    """Entries under the months in which they happen, in the order in which they come."""
    grouped = groupby(entries, key=lambda one: one.day.replace(day=1))
    return [Month(first, list(within)) for first, within in grouped]


class Split(NamedTuple):
    """The calendar as its page shows it."""

    coming: list[Month]  # the next first
    over: list[Month]  # the last first


def split(entries: Iterable[Entry], now: datetime) -> Split:
    """What is coming, and what is over."""
    ordered = in_order(entries)
    coming = [one for one in ordered if not one.is_over(now)]
    over = [one for one in reversed(ordered) if one.is_over(now)]
    return Split(by_month(coming), by_month(over))

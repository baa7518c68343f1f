"""The kinds and the runs as pages show them: whole sentences in the reader's language."""

from collections.abc import Iterable
from datetime import date, timedelta
from hashlib import sha256
from typing import NamedTuple

from consult.core.i18n import LazyText, _, _n
from consult.privacy.kind import STAYS, Kind
from consult.privacy.kinds import KINDS, kind
from consult.privacy.models import RetentionRun
from consult.privacy.terms import terms


class ShownKind(NamedTuple):
    """One kind of personal data, in words."""

    code: str
    what: LazyText
    why: LazyText
    how_long: str
    then: LazyText | None  # None = it stays
    who: LazyText


class ShownRun(NamedTuple):
    """One run: when, how many of which kind went, and which kinds failed."""

    day: date
    gone: list[tuple[LazyText, int]]
    failed: list[LazyText]
    is_over: bool


def shown_kinds() -> list[ShownKind]:
    """All kinds, in the order of the table."""
    return [
        ShownKind(one.code, one.what, one.why, how_long(one), None if one.then is STAYS else one.then, one.who)
        for one in KINDS
    ]


def how_long(one: Kind) -> str:
    """For how long a kind is kept here, and from when that counts."""
    if one.term is None:
        return str(one.since)
    return _("%(length)s, %(since)s.", length=_length(one.term), since=one.since)


def _length(term: timedelta) -> str:
    if term < timedelta(days=1):
        return _n("%(n)s hour", "%(n)s hours", term // timedelta(hours=1))
    return _n("%(n)s day", "%(n)s days", term.days)


def shown_runs(runs: Iterable[RetentionRun]) -> list[ShownRun]:
    """Runs, with what they erased."""
    return [
        ShownRun(
            terms().here(one.begun_at).date(),
            [(kind(code).what, number) for code, number in one.counts.items() if number],
            [kind(code).what for code in one.failed],
            one.finished_at is not None,
        )
        for one in runs
    ]


def version_of_terms() -> str:
    """Changes with what the table says: part of the tag of a page that shows it."""
    said = [(one.code, one.what.message, one.since.message, one.term) for one in KINDS]
    return sha256(repr(said).encode()).hexdigest()[:16]

"""The one clock. Everything that asks the time asks here, so a test can set it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_fixed: ContextVar[datetime | None] = ContextVar("fixed clock", default=None)


def now() -> datetime:
    """The present instant, aware, in UTC, with microseconds."""
    return _fixed.get() or datetime.now(UTC)


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Hold the clock at an instant. For tests and for the demonstration cycle.

    Raises ValueError for a naive instant.
    """
    if instant.tzinfo is None:
        raise ValueError("the clock takes aware instants only")
    token = _fixed.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.reset(token)

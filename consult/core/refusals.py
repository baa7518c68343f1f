"""A rule that says no. One class a reason; one handler shows them all."""

from collections.abc import Callable
from typing import Any

from consult.core.i18n import LazyText


class Refused(Exception):
    """A rule refused an act. `message` says what to do next; `status` is the HTTP status of the page that shows it.

    Values given by name fill the message: ``TooLong(limit=500)`` with "at most %(limit)s characters".
    """

    message: LazyText | str = ""
    status: int = 422

    def __init__(self, **values: Any) -> None:
        super().__init__()
        self.values = values

    @property
    def code(self) -> str:
        """The class name, stable, for logs, exports and tests."""
        return type(self).__name__

    def __str__(self) -> str:
        text = str(self.message)
        return text % self.values if self.values else text


def permits(check: Callable[..., object], *args: Any, **named: Any) -> bool:
    """Whether a rule lets an act happen: for templates, which show a button or not."""
    try:
        check(*args, **named)
    except Refused:
        return False
    return True

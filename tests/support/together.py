"""Two clicks at once: acts in threads that meet at a barrier, and on PostgreSQL once more before the first of their writing.

The second meeting makes a race certain instead of likely: each has read what it wants to know before any of them writes. SQLite
takes one writer at a time from its beginning, so there they only start together.
"""

import contextlib
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from sqlalchemy import event

from consult.core.db import bound

WAIT = 10  # seconds; whoever is late runs alone


def together(*acts: Callable[[], Any]) -> list[Any]:
    """What each act returned, in their order. An exception of one goes on when all have ended."""
    beginning, writing = threading.Barrier(len(acts)), threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)
    problems: list[BaseException] = []
    here = threading.local()

    def meet(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if getattr(here, "is_to_meet", False) and _writes(statement):
            here.is_to_meet = False
            with contextlib.suppress(threading.BrokenBarrierError):
                writing.wait(WAIT)

    def run(place: int) -> None:
        here.is_to_meet = not bound().is_sqlite
        try:
            beginning.wait(WAIT)
            results[place] = acts[place]()
        except BaseException as problem:
            problems.append(problem)
        finally:
            writing.abort()  # nobody waits for one who has ended

    engine = bound().engine
    event.listen(engine, "before_cursor_execute", meet)
    try:
        threads = [threading.Thread(target=copy_context().run, args=(run, place)) for place in range(len(acts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        event.remove(engine, "before_cursor_execute", meet)
    if problems:
        raise problems[0]
    return results


def _writes(statement: str) -> bool:
    return (
        statement.startswith(("INSERT", "UPDATE", "DELETE")) or "FOR UPDATE" in statement or "FOR NO KEY" in statement
    )

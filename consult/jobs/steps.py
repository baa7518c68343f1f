"""How much of a long piece of work one transaction does: so much that nobody else waits long for their turn to write."""

import time
from collections.abc import Callable, Iterator

from sqlalchemy.orm import Session

from consult.core.db import writing
from consult.core.ranges import plan_anew

AIM = 0.08  # seconds of a transaction; others should wait for 0.2 at the most, and some take twice as long as the one before
LEAST = 5  # rows


class Steps:
    """How many rows the next transaction takes: fewer after one that took long, more again after a short one.

    Where nobody knows how long the first takes, say how many rows it has: the others are at most twice as many as the one before.
    """

    def __init__(self, most: int, aim: float = AIM, least: int = LEAST, first: int | None = None) -> None:
        self.most, self.rows = most, most if first is None else first
        self.aim, self.least = aim, least  # seconds, rows

    def note(self, seconds: float) -> None:
        """Say how long the last transaction took."""
        fitting = int(self.rows * self.aim / seconds) if seconds else self.most
        self.rows = max(self.least, min(fitting, 2 * self.rows, self.most))


def our_turn(db: Session) -> float:
    """Wait until it is our turn to write: a transaction begins with its first statement. Returns the seconds of the clock then."""
    db.connection()
    return time.perf_counter()


def in_steps(act: Callable[[Session, int], bool], most: int, aim: float = AIM) -> Iterator[float]:
    """Let something be done a transaction at a time, as often as it says that some is left; it hears how many rows to take.

    The first takes a quarter of the most, and says how quick this machine is; none takes fewer, since each costs something of
    its own that smaller ones would not save. Yields the seconds of each transaction, once it is over.
    """
    least = max(LEAST, most // 4)
    steps, more, number = Steps(most, aim, least, first=least), True, 0
    while more:
        number += 1
        with writing() as db:
            began = our_turn(db)
            if number.bit_count() == 1:  # 1, 2, 4 ...: a table that is being filled has about doubled since
                plan_anew(db)
            more = act(db, steps.rows)
        seconds = time.perf_counter() - began
        steps.note(seconds)
        yield seconds

"""Decoys: letters that nobody wrote, so that a letter that somebody wrote is nothing to be seen.

Which roots are decoys is remembered in the runtime folder only, in memory, so that some can be written again and withdrawn
as people do. When the machine stops that is forgotten, and nothing depends on it.
"""

import math
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from consult.core import crypto
from consult.safe import bodies
from consult.safe.bodies import Sealing
from consult.safe.models import FOLLOW_UPS_MAX
from consult.safe.operations import add_act, cover_spooled
from consult.safe.pins import keep_private
from consult.safe.queries import find_rows
from consult.safe.receipts import Thread

REMEMBERED_MAX = 400
FOLLOWED_UP, WITHDRAWN = 0.15, 0.05  # of all acts
MINUTES_A_DAY = 24 * 60

random = secrets.SystemRandom()


def draw_count(per_day: float, minutes: float) -> int:
    """How many decoys an interval gets: Poisson, so that one interval says nothing of another."""
    bound, count, product = math.exp(-per_day * minutes / MINUTES_A_DAY), 0, random.random()
    while product > bound:
        count, product = count + 1, product * random.random()
    return count


def draw_instants(count: int, seconds: float) -> list[float]:
    """So many instants, in seconds from the beginning of an interval, in their order."""
    return sorted(random.uniform(0, seconds) for _ in range(count))


@dataclass(slots=True)
class Memory:
    """The roots of decoys, in a file on tmpfs."""

    path: Path
    roots: dict[str, list[str]]  # by consultation, in base64

    @classmethod
    def load(cls, runtime: Path) -> "Memory":
        """What is remembered; nothing after a restart of the machine."""
        path, roots = runtime / "decoys.json", {}
        with suppress(FileNotFoundError, crypto.Unreadable):
            roots = crypto.from_json(path.read_bytes())
        return cls(path, roots)

    def add(self, consultation: str, thread: Thread) -> None:
        """Remember a decoy; where there are many, forget one of them."""
        known = self.roots.setdefault(consultation, [])
        known.append(crypto.b64(thread.root))
        if len(known) > REMEMBERED_MAX:
            known.pop(random.randrange(len(known)))

    def draw(self, consultation: str) -> Thread | None:
        """One of them."""
        known = self.roots.get(consultation)
        return Thread(crypto.unb64(random.choice(known))) if known else None

    def forget(self, consultation: str, thread: Thread) -> None:
        """Forget one: it was withdrawn."""
        self.roots[consultation].remove(crypto.b64(thread.root))

    def save(self) -> None:
        """Write the file."""
        keep_private(self.path, crypto.as_json(self.roots))


def add_decoy(db: Connection, sealing: Sealing, memory: Memory) -> None:
    """One act of a decoy, of one of the three kinds, by the same way that a person's takes."""
    name, drawn = sealing.manifest.name, random.random()
    thread = memory.draw(name) if drawn < FOLLOWED_UP + WITHDRAWN else None
    if thread is None:
        add_new_decoy(db, sealing, memory)
        return
    rows = find_rows(db, thread)
    if drawn < WITHDRAWN and rows.is_there:
        cover_spooled(db, sealing, thread)
        add_act(db, name, bodies.decoy_withdrawal(sealing, thread))
        memory.forget(name, thread)
    elif rows.is_there and rows.replies < FOLLOW_UPS_MAX:
        add_act(db, name, bodies.decoy_follow_up(sealing, thread, rows.replies + 1))
    else:
        memory.forget(name, thread)
        add_new_decoy(db, sealing, memory)


def add_new_decoy(db: Connection, sealing: Sealing, memory: Memory) -> None:
    """A comment that nobody wrote."""
    thread = Thread(secrets.token_bytes(32))
    add_act(db, sealing.manifest.name, bodies.decoy(sealing, thread))
    memory.add(sealing.manifest.name, thread)

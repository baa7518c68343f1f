"""The code of a door, for whoever has its address on paper: three groups of four signs, typed at one plain page.

It leads to the page of the door and no further: there, as from a mail, only the button enters. The database keeps a keyed digest, so
that whoever reads it cannot try codes out. Source: docs/decisions/0029-letters.md.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consult.consultations import doors, rules_codes
from consult.consultations.doors import Entered
from consult.consultations.models import Consultation, Door, Participant
from consult.consultations.models_codes import CodeTries, DoorCode

# No two of these are taken for each other, whoever prints or reads them: no 0 O, 1 I L, 2 Z, 5 S, 8 B, U V. 23 is prime, so that the
# last sign finds every wrong sign and every two that changed places.
SIGNS = "34679ACDEFGHJKMNPQRTWXY"
LENGTH, GROUP = 12, 4  # signs; eleven of them are 49 bits, the last one checks
BETWEEN = re.compile(r"[\s\u00a0\u00ad\u200b-\u200f\u061c.,:;/_\-\u2010-\u2015\u2212]+")
CHUNK = 500  # rows a statement


def code_of(door: Door) -> str:
    """The code of a door's generation, in groups: for a letter that is being made, and kept nowhere."""
    return shown(_code(door.id, door.generation))


def _code(door_id: int, generation: int) -> str:
    number, signs = int(doors.other_token("code", door_id, generation), 16), []
    for _place in range(LENGTH - 1):
        number, sign = divmod(number, len(SIGNS))
        signs.append(SIGNS[sign])
    return "".join(signs) + _check_sign("".join(signs))


def _check_sign(signs: str) -> str:
    weighed = sum(place * SIGNS.index(sign) for place, sign in enumerate(signs, start=2))
    return SIGNS[weighed % len(SIGNS)]


def shown(code: str) -> str:
    """A code in groups of four."""
    return "-".join(code[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def read_code(typed: str) -> str | None:
    """The twelve signs of what somebody typed, in any width, script of digits or case; None where they cannot be a code."""
    signs = BETWEEN.sub("", unicodedata.normalize("NFKC", typed)).upper()
    signs = "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in signs)
    is_code = len(signs) == LENGTH and set(signs) <= set(SIGNS) and _check_sign(signs[:-1]) == signs[-1]
    return signs if is_code else None


def keep_codes(db: Session, found: Sequence[Door]) -> None:
    """Let the codes of some doors lead there. Those that do already stay as they are."""
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    for begin in range(0, len(found), CHUNK):
        rows = [
            {"door_id": one.id, "generation": one.generation, "digest": _digest(_code(one.id, one.generation))}
            for one in found[begin : begin + CHUNK]
        ]
        added = dialect.insert(DoorCode).values(rows)
        kept = {"generation": added.excluded.generation, "digest": added.excluded.digest}
        db.execute(added.on_conflict_do_update(index_elements=["door_id"], set_=kept))


def _digest(code: str) -> bytes:
    return doors.keyed_digest("code", code)


def try_code(db: Session, typed: str, *, now: datetime) -> Entered | None:
    """What a typed code leads to; None for one that was never made, was replaced, or was mistyped: nobody learns which.

    Each that could be one counts, before it is looked up, for all that begin alike.  Raises TooManyCodes.
    """
    code = read_code(typed)
    if code is None:
        return None
    beginning = doors.keyed_digest("beginning", code[:GROUP])
    tries = _count(db, beginning, now=now)
    rules_codes.check_try_code(tries)
    found = find_by_code(db, code)
    if found is not None:  # whoever has the letter may come back as often as they like
        db.execute(update(CodeTries).where(CodeTries.beginning == beginning).values(tries=CodeTries.tries - 1))
    return found


def find_by_code(db: Session, code: str) -> Entered | None:
    """What a code of twelve signs leads to; None likewise."""
    query = (
        select(Door, Participant, Consultation)
        .join(DoorCode, DoorCode.door_id == Door.id)
        .join(Participant, Participant.id == Door.participant_id)
        .join(Consultation, Consultation.id == Participant.consultation_id)
        .where(DoorCode.digest == _digest(code), DoorCode.generation == Door.generation)
    )
    row = db.execute(query).one_or_none()
    return Entered(*row) if row else None


def _count(db: Session, beginning: bytes, *, now: datetime) -> int:
    """Count one more try, and return how many there were in the window with it. One statement: two at once both count."""
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    db.execute(delete(CodeTries).where(CodeTries.beginning == beginning, CodeTries.since <= now - rules_codes.WINDOW))
    added = dialect.insert(CodeTries).values(beginning=beginning, tries=1, since=now)
    counted = added.on_conflict_do_update(index_elements=["beginning"], set_={"tries": CodeTries.tries + 1})
    counted_so_far: int = db.execute(counted.returning(CodeTries.tries)).scalar_one()
    return counted_so_far


def sweep_code_tries(db: Session, *, now: datetime) -> int:
    """Forget tries whose window is over. Returns how many."""
    gone = db.execute(delete(CodeTries).where(CodeTries.since <= now - rules_codes.WINDOW).returning(CodeTries.tries))
    return len(gone.all())

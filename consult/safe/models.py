"""Safe's tables, and its limits.

Nothing here tells who, when or in what order: every table is WITHOUT ROWID and keyed by random bytes or a name, no column
holds an instant, a serial number of a row, or a pointer to a person. Every act, a person's or a decoy's, adds one row to
`receipt` and one to `spool`. Source: reference safe.md 3.1, 3.5; tests/safe/test_schema.py holds it so.
"""

from typing import Any

from sqlalchemy import CheckConstraint, Column, Integer, LargeBinary, MetaData, String, Table, Text

from consult.core.crypto import CELL

ID = 16  # bytes of every id
NAME_MAX = 80  # characters of a consultation's name
TEXT_MAX = 10_000  # characters of a comment, and of a reply
EVIDENCE_MAX = 2_000  # characters
FOLLOW_UPS_MAX = 15  # replies to one comment; the status page always looks for all of them
WITHDRAWAL = 99  # number of that act in its thread
BATCH_LEAST = 64  # items of a released batch: the next power of two from here on

metadata = MetaData()


def _table(name: str, *columns: Column[Any] | CheckConstraint) -> Table:
    return Table(name, metadata, *columns, sqlite_with_rowid=False)  # a hidden rowid would be the order of arrival


def _id(name: str) -> Column[bytes]:
    return Column(name, LargeBinary(ID), primary_key=True, nullable=False)


def _consultation(*, key: bool = False) -> Column[str]:
    return Column("consultation", String(NAME_MAX), primary_key=key, nullable=False)


# One for each act. The cell is sealed to nobody until an officer's comes, and has the same length for ever.
receipt = _table(
    "receipt",
    _id("id"),
    _consultation(),
    Column("cell", LargeBinary(CELL), nullable=False),
    CheckConstraint(f"length(id) = {ID} AND length(cell) = {CELL}", name="receipt_has_one_size"),
)

# What came since the last release: emptied whole by the next.
spool = _table(
    "spool",
    _id("id"),
    _consultation(),
    Column("inclusion", LargeBinary(32), nullable=False),  # C of a comment; of any other act random bytes
    Column("sealed", LargeBinary, nullable=False),
    CheckConstraint(f"length(id) = {ID} AND length(inclusion) = 32", name="spool_has_one_shape"),
)

# Where the exchange of a consultation stands.
release = _table(
    "release",
    _consultation(key=True),
    Column("number", Integer, nullable=False),  # of the coming release, from 1
    Column("day", Integer, nullable=False),  # days since 1970 of the last one: no finer time is kept
    Column("is_closed", Integer, nullable=False),  # 1 when the release at closing is done
    Column("decoy_key", LargeBinary(32), nullable=False),
    Column("manifest", Integer, nullable=False),  # number of the last one taken; 0 = none yet
    Column("answers", Integer, nullable=False),
    Column("cells", Integer, nullable=False),
    Column("report", Integer, nullable=False),  # number of the last one made
)

# Signed files on their way into the folder out: written with what they empty, gone when they lie there.
outgoing = _table(
    "outgoing",
    _consultation(key=True),
    Column("purpose", String(20), primary_key=True, nullable=False),
    Column("number", Integer, primary_key=True, autoincrement=False, nullable=False),
    Column("signed", Text, nullable=False),
)

# Answers that everybody may read; a code holder finds theirs by the ref in the cell.
published = _table(
    "published",
    _consultation(key=True),
    Column("ref", String(40), primary_key=True, nullable=False),
    Column("outcome", String(40), nullable=False),
    Column("reason", Text, nullable=False),  # JSON by language
)

manifest = _table(
    "manifest",
    _consultation(key=True),
    Column("number", Integer, nullable=False),
    Column("content", Text, nullable=False),  # JSON, as main signed it
)

# The first opening of a consultation that came, and what it grew to; and every stop that ever came.
pinned = _table(
    "pinned",
    _consultation(key=True),
    Column("opening", Text, nullable=False),  # JSON of the opening
    Column("stops", Text, nullable=False),  # JSON list
)

# Files that were refused, so that each is reported once.
refused_file = _table("refused_file", _id("digest"), _consultation())

"""Conditions that a database answers by an index, also of a table that it has not counted yet."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, false, text
from sqlalchemy.orm import Session


def among(column: SQLColumnExpression[Any], ids: Collection[int]) -> ColumnElement[bool]:
    """Whether a column is one of some ids.

    The same as `in_`, with the range in which they lie said too: of a table that grew since it was last counted (the first
    campaign of a consultation makes all of its participants) PostgreSQL takes hundreds of ids for most of the rows and reads
    the table whole, and a range for a small part, by the index.
    """
    return and_(column.between(min(ids), max(ids)), column.in_(ids)) if ids else false()


def plan_anew(db: Session) -> None:
    """Let each statement be planned for the tables as they are, until the transaction ends.

    PostgreSQL keeps plans of statements that come again. In a transaction that fills tables they are of the time when those
    were empty, and read them whole.
    """
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))

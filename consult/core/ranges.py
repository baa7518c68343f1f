"""Conditions that a database answers by an index, also of a table that it has not counted yet."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, false


def among(column: SQLColumnExpression[Any], ids: Collection[int]) -> ColumnElement[bool]:
    """Whether a column is one of some ids.

    The same as `in_`, with the range in which they lie said too: of a table that grew since it was last counted (the first
    campaign of a consultation makes all of its participants) PostgreSQL takes hundreds of ids for most of the rows and reads
    the table whole, and a range for a small part, by the index.
    """
    return and_(column.between(min(ids), max(ids)), column.in_(ids)) if ids else false()

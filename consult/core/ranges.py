"""Conditions that a database answers by an index, also of a table that it has not counted yet."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Dialect, SQLColumnExpression, and_, bindparam, false, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import JSON, Boolean, LargeBinary, NullType, String, TypeDecorator, TypeEngine

KEY_BYTES = 32  # of a digest: see consult.mail.keys


class _ListOf(TypeDecorator[list[Any]]):
    """Many values as one: an array on PostgreSQL, JSON on SQLite."""

    impl = JSON
    cache_ok = True

    def __init__(self, of: TypeEngine[Any]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """What the database takes."""
        return dialect.type_descriptor(ARRAY(self.of) if dialect.name == "postgresql" else JSON())


class one_of(FunctionElement[bool]):
    """Whether a column of numbers or of text is one of some values: the same as `in_`, with all of them as one value.

    Hundreds of values of their own cost the client more than the statement costs the database: each is named, converted, written
    into the text of the statement and found again in it.
    """

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Any, values: Collection[Any]) -> None:
        of = String() if isinstance(column.type, NullType) else column.type  # lower(…) has none of its own
        super().__init__(column, bindparam(None, list(values), type_=_ListOf(of), unique=True))

    def self_group(self, against: Any = None) -> "one_of":
        """As it is: beside others SQLAlchemy would compare it with 1, and no index would be used."""
        return self


class _KeysAsOne(TypeDecorator[list[bytes]]):
    """Many digests as one value: an array on PostgreSQL; on SQLite, whose JSON has no bytes, one after the other."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """What the database takes."""
        return dialect.type_descriptor(ARRAY(LargeBinary()) if dialect.name == "postgresql" else LargeBinary())

    def process_bind_param(self, value: list[bytes] | None, dialect: Dialect) -> Any:
        """The digests as that. Raises ValueError for one of another length, which would be taken for parts of others."""
        keys = value or []
        if any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"a digest has {KEY_BYTES} bytes")
        return keys if dialect.name == "postgresql" else b"".join(keys)


class one_of_keys(one_of):
    """Whether a column of digests is one of these: as `one_of`."""

    inherit_cache = True

    def __init__(self, column: Any, keys: Collection[bytes]) -> None:
        numbers = bindparam(None, list(range(len(keys))), type_=JSON(), unique=True)
        FunctionElement.__init__(self, column, bindparam(None, list(keys), type_=_KeysAsOne(), unique=True), numbers)


@compiles(one_of, "postgresql")
def _in_array(element: one_of, compiler: SQLCompiler, **named: Any) -> str:
    column, values = (compiler.process(one, **named) for one in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(one_of, "sqlite")
def _in_json(element: one_of, compiler: SQLCompiler, **named: Any) -> str:
    column, values = (compiler.process(one, **named) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - both come from the compiler


@compiles(one_of_keys, "postgresql")
def _in_keys(element: one_of_keys, compiler: SQLCompiler, **named: Any) -> str:
    column, keys, _numbers = element.clauses
    return f"{compiler.process(column, **named)} = ANY ({compiler.process(keys, **named)})"


@compiles(one_of_keys, "sqlite")
def _in_parts(element: one_of_keys, compiler: SQLCompiler, **named: Any) -> str:
    column, keys, numbers = (compiler.process(one, **named) for one in element.clauses)
    part = f"substr({keys}, 1 + {KEY_BYTES} * value, {KEY_BYTES})"
    return f"{column} IN (SELECT {part} FROM json_each({numbers}))"  # noqa: S608 - all three come from the compiler


def among(column: SQLColumnExpression[Any], ids: Collection[int]) -> ColumnElement[bool]:
    """Whether a column is one of some ids.

    The same as `one_of`, with the range in which they lie said too: of a table that grew since it was last counted (the first
    campaign of a consultation makes all of its participants) PostgreSQL takes hundreds of ids for most of the rows and reads
    the table whole, and a range for a small part, by the index.
    """
    return and_(column.between(min(ids), max(ids)), one_of(column, ids)) if ids else false()


def plan_anew(db: Session) -> None:
    """Let each statement be planned for the tables as they are, from here on.

    PostgreSQL keeps plans of statements that come again. While a table is being filled they are of the time when it was empty,
    and read it whole. So what was kept is forgotten here, now and then: to forbid all keeping would plan what foreign keys and
    triggers ask anew at each row, which takes longer than to answer it.
    """
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text("DISCARD PLANS"))

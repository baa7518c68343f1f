"""The tables of lists that are imported: the upload, its columns as remembered, its rows."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.stakeholders.models import NAME_MAX, WORDING_MAX, Basis

IMPORT_ROWS_MAX = 50_000
IMPORT_MAX_MB = 20


class ImportState(StrEnum):
    """How far an import is."""

    READING = "reading"
    PREVIEW = "preview"
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"


class StakeholderImport(Base):
    """An uploaded list, from file to preview to registry."""

    __tablename__ = "stakeholder_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)
    file_name: Mapped[str] = mapped_column(String(200))
    file_key: Mapped[str] = mapped_column(String(80), unique=True)
    state: Mapped[ImportState] = mapped_column(code_of(ImportState))
    basis: Mapped[Basis] = mapped_column(code_of(Basis))  # what the one who uploads says of the whole list
    owner: Mapped[str] = mapped_column(String(40))  # "staff:7"
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    how: Mapped[str] = mapped_column(String(40), default="import")  # they told us; "import" = not said
    wording: Mapped[str] = mapped_column(String(WORDING_MAX), default="")  # of the text they agreed to
    news: Mapped[bool] = mapped_column(default=False)  # likewise: they agreed to news too
    category: Mapped[str] = mapped_column(String(40), default="")  # of new entries for which the list says none
    are_cards: Mapped[bool] = mapped_column(default=False)  # of an address book, not rows of a table
    ignored: Mapped[list[Any] | None]  # names of columns or properties that we do not know; None = not read yet


class ImportColumn(Base):
    """What a column of lists is called here, as somebody once said: asked for no second time."""

    __tablename__ = "import_column"

    called: Mapped[str] = mapped_column(String(NAME_MAX), primary_key=True)  # letters only, casefolded
    column: Mapped[str] = mapped_column(String(40))  # ours; "" = leave it out


class RowState(StrEnum):
    """What applying a row of a list would do."""

    NEW = "new"
    SAME = "same"
    CHANGED = "changed"
    WRONG = "wrong"


class ImportRow(Base):
    """One row of an uploaded list, with what it would do."""

    __tablename__ = "stakeholder_import_row"
    __table_args__ = (UniqueConstraint("import_id", "line"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("stakeholder_import.id", ondelete="CASCADE"))
    line: Mapped[int]  # as the file counts, the header being 1
    state: Mapped[RowState] = mapped_column(code_of(RowState))
    values: Mapped[dict[str, Any]]  # by column of ours
    problems: Mapped[list[Any]]  # [{"column", "code", "value"}]
    changes: Mapped[list[Any]]  # of a changed one: [{"column", "old", "new"}]
    # Entries that a new one may be, the likeliest first: {"called": its name in the list, "entries": [[id, in what], ...]}; None = none
    perhaps: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    stakeholder_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholder.id"), index=True)
    applied: Mapped[bool] = mapped_column(default=False)

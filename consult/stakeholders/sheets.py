"""Lists as people keep them: CSV in any of the usual encodings and separators, or XLSX, into rows of plain text.

A cell that begins like a formula is text to us: it is never calculated, and never written back as a formula.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from consult.core.forms import cleaned_line
from consult.stakeholders.models import IMPORT_ROWS_MAX, NAME_MAX
from consult.stakeholders.sheets_csv import csv_rows
from consult.stakeholders.sheets_refusals import SheetEmpty, SheetTooLong, SheetUnreadable, SheetWithoutName
from consult.stakeholders.sheets_xlsx import xlsx_sheets

CELL_MAX = 2_000  # characters; the rest of a cell is not looked at
HEADER_WITHIN = 10  # rows: a title or a date may stand above the names of the columns


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it stands on in the file (the header is line 1), and its cells by our column names."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list as read: its rows, and the names of the columns that we do not know, or that stand there twice."""

    rows: list[Row]
    ignored: list[str]


# What people call a column, by ours. Compared without case, blanks and marks.
COLUMNS = {
    "name": {
        "name",
        "organisation",
        "organization",
        "stakeholder",
        "fullname",
        "اسم",
        "الاسم",
        "名称",
        "姓名",
        "nom",
        "nombre",
    },
    "kind": {"kind", "type", "النوع", "类型"},
    "category": {"category", "الفئة", "类别", "categorie", "categoria"},
    "groups": {"groups", "groupsrepresented", "الفئات", "المجموعات", "群体", "代表群体"},
    "language": {"language", "lang", "اللغة", "语言", "langue", "idioma"},
    "email": {"email", "emailaddress", "mail", "البريدالإلكتروني", "البريد", "电子邮件", "邮箱", "courriel", "correo"},
    "note": {"note", "notes", "remarks", "ملاحظات", "备注"},
}


def read_sheet(content: bytes) -> Sheet:
    """The rows of a list, cleaned, empty ones left out; of a workbook the first visible sheet that is one.

    Raises SheetUnreadable, SheetEmpty, SheetTooLong, SheetTooWide, SheetTooBig, SheetQuoteOpen, SheetWithoutName.
    """
    if content[:4] != b"PK\x03\x04":
        return _sheet(csv_rows(content))
    first: SheetEmpty | SheetWithoutName | None = None
    for table in xlsx_sheets(content):
        try:
            return _sheet(table)
        except (SheetEmpty, SheetWithoutName) as problem:
            first = first or problem
    raise first or SheetUnreadable


def _sheet(table: Iterable[tuple[int, list[str]]]) -> Sheet:
    header: dict[int, str] | None = None
    ignored: list[str] = []
    rows: list[Row] = []
    above = 0
    for line, cells in table:
        if header is None:
            if any(cells):
                header, ignored = _header(cells)
                above += 1
            if header is None and above >= HEADER_WITHIN:
                break
            continue
        found = {name: cleaned_line(cells[place][:CELL_MAX]) for place, name in header.items() if place < len(cells)}
        if any(found.values()):
            rows.append(Row(line, found))
        if len(rows) > IMPORT_ROWS_MAX:
            raise SheetTooLong(limit=IMPORT_ROWS_MAX)
    if header is None and above:
        raise SheetWithoutName
    if not rows:
        raise SheetEmpty
    return Sheet(rows, ignored)


def _header(cells: list[str]) -> tuple[dict[int, str] | None, list[str]]:
    """Our names by place, and the columns left out; None where this row names no column for the name."""
    header: dict[int, str] = {}
    ignored: list[str] = []
    for place, cell in enumerate(cells):
        called = "".join(ch for ch in cell.casefold() if ch.isalpha())
        ours = next((name for name, calls in COLUMNS.items() if called in calls), None)
        if ours and ours not in header.values():
            header[place] = ours
        elif cell:
            ignored.append(cleaned_line(cell)[:NAME_MAX])
    return (header, ignored) if "name" in header.values() else (None, [])

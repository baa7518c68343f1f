"""Lists as people keep them: CSV in any of the usual encodings and separators, or XLSX, into rows of plain text.

A cell that begins like a formula is text to us: it is never calculated, and never written back as a formula.
"""

import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from python_calamine import CalamineError, load_workbook

from consult.core.forms import cleaned_line
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.stakeholders.models import IMPORT_ROWS_MAX

CELL_MAX = 2_000  # characters; the rest of a cell is not looked at


class SheetUnreadable(Refused):
    """The file is neither CSV nor XLSX."""

    message = _l(
        "We cannot read this file as a list. Save it as CSV or as an Excel workbook (.xlsx) and upload it again."
    )


class SheetEmpty(Refused):
    """No row below the header."""

    message = _l(
        "This list is empty. The first row holds the names of the columns; each row below it is one stakeholder."
    )


class SheetTooLong(Refused):
    """More rows than one import takes."""

    message = _l("This list has more than %(limit)s rows. Split it and upload the parts one after the other.")


class SheetWithoutName(Refused):
    """No column that could be the name."""

    message = _l("We found no column for the name. Call it “name” (or اسم, 名称) in the first row.")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it stands on in the file (the header is line 1), and its cells by our column names."""

    line: int
    cells: dict[str, str]


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


def read_rows(content: bytes, file_name: str) -> list[Row]:
    """The rows of a list, cleaned, empty ones left out.

    Raises SheetUnreadable, SheetEmpty, SheetTooLong, SheetWithoutName.
    """
    table = _xlsx(content) if content[:4] == b"PK\x03\x04" else _csv(content, file_name)
    header: dict[int, str] | None = None
    rows: list[Row] = []
    for line, cells in table:
        if header is None:
            if any(cells):
                header = _header(cells)
            continue
        found = {name: cleaned_line(cells[place][:CELL_MAX]) for place, name in header.items() if place < len(cells)}
        if any(found.values()):
            rows.append(Row(line, found))
        if len(rows) > IMPORT_ROWS_MAX:
            raise SheetTooLong(limit=IMPORT_ROWS_MAX)
    if not rows:
        raise SheetEmpty
    return rows


def _header(cells: list[str]) -> dict[int, str]:
    header: dict[int, str] = {}
    for place, cell in enumerate(cells):
        called = "".join(ch for ch in cell.casefold() if ch.isalpha())
        ours = next((name for name, calls in COLUMNS.items() if called in calls), None)
        if ours and ours not in header.values():
            header[place] = ours
    if "name" not in header.values():
        raise SheetWithoutName
    return header


def _csv(content: bytes, file_name: str) -> Iterator[tuple[int, list[str]]]:
    if b"\x00" in content[:4096] and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise SheetUnreadable
    text = _decoded(content)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=False)
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error:
        raise SheetUnreadable from None


def _decoded(content: bytes) -> str:
    """UTF-8 with or without mark, UTF-16 with one, else the Windows encoding that the bytes look like."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    # Arabic Windows text is mostly bytes over 0xC0 in runs; Western text has single ones among ASCII letters.
    high = [byte >= 0xC0 for byte in content]
    runs = sum(1 for one, two in itertools.pairwise(high) if one and two)
    return content.decode("cp1256" if runs * 2 > sum(high) else "cp1252", errors="replace")


def _separator(text: str) -> str:
    """What stands between cells: whichever of the usual three the first line has most of, outside of quotes."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(part for place, part in enumerate(first.split('"')) if place % 2 == 0)
    return max(",;\t", key=outside.count)


def _xlsx(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        sheet = load_workbook(io.BytesIO(content)).get_sheet_by_index(0)
        first = (sheet.start or (0, 0))[0]
        for line, cells in enumerate(sheet.iter_rows(), start=first + 1):
            yield line, [_cell(cell) for cell in cells]
    except (CalamineError, ValueError, IndexError, OSError):
        raise SheetUnreadable from None


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() if value is not None else ""

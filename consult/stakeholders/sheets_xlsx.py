"""Workbooks: looked through before calamine opens them, for it would fill the memory for one cell that stands far away."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum, load_workbook

from consult.stakeholders.sheets_refusals import SheetTooBig, SheetTooWide, SheetUnreadable

UNPACKED_MAX = 150_000_000  # bytes of the parts that are read; 50,000 rows of ten columns take about 30 million
CELLS_MAX = 4_000_000  # of the rectangle around all cells of a sheet: what calamine keeps in memory, filled or not
PIECE = 1_000_000  # bytes unpacked at a time
READ = re.compile(r"xl/(workbook\.xml|sharedStrings\.xml|styles\.xml|worksheets/[^/]+\.xml|_rels/[^/]+)", re.IGNORECASE)
PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def xlsx_sheets(content: bytes) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """The visible sheets in their order, each as rows of (line, cells). Raises SheetUnreadable, SheetTooBig, SheetTooWide."""
    look_through(content)
    workbook = _opened(content)
    for sheet in workbook.sheets_metadata:
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet:
            yield _rows(workbook, sheet.name)


def look_through(content: bytes) -> None:
    """Unpack what would be read, counting, and see how far its cells reach. Raises what xlsx_sheets raises."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if "xl/workbook.xml" not in package.namelist():
                raise SheetUnreadable  # a package of another kind
            left = UNPACKED_MAX
            for part in package.infolist():
                if READ.fullmatch(part.filename):
                    left = _look_through(package, part, left)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError, etree.LxmlError, RuntimeError):
        raise SheetUnreadable from None  # RuntimeError: locked; ValueError, OSError: broken
    except (NotImplementedError, MemoryError):
        raise SheetUnreadable from None


def _look_through(package: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    is_sheet = "worksheets/" in part.filename
    parser = etree.XMLParser(target=_Reach(), resolve_entities=False, no_network=True) if is_sheet else None
    with package.open(part) as source:
        while piece := source.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise SheetTooBig
            if parser is not None:
                parser.feed(piece)
    if parser is not None:
        parser.close()
    return left


class _Reach:
    """Follows the cells of a sheet without keeping any. Raises SheetTooWide, and SheetUnreadable for a document type."""

    def __init__(self) -> None:
        self.rows: tuple[int, int] | None = None
        self.columns: tuple[int, int] | None = None
        self.place = ""

    def start(self, tag: Any, attributes: Any) -> None:
        name = tag.rpartition("}")[2]
        if name == "c":
            self.place = attributes.get("r", "")
        elif name in ("v", "is") and self.place:
            self._reach(self.place)

    def _reach(self, place: str) -> None:
        found = PLACE.fullmatch(place)
        if found is None:
            raise SheetUnreadable
        column = 0
        for letter in found[1]:
            column = column * 26 + ord(letter) - 64
        self.rows, self.columns = _wider(self.rows, int(found[2])), _wider(self.columns, column)
        if _length(self.rows) * _length(self.columns) > CELLS_MAX:
            raise SheetTooWide(cell=place)

    def end(self, tag: Any) -> None:
        """Nothing is kept."""

    def data(self, data: Any) -> None:
        """Nothing is kept."""

    def comment(self, text: Any) -> None:
        """Nothing is kept."""

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise SheetUnreadable

    def close(self) -> None:
        """Nothing is kept."""


def _wider(span: tuple[int, int] | None, place: int) -> tuple[int, int]:
    return (min(span[0], place), max(span[1], place)) if span else (place, place)


def _length(span: tuple[int, int]) -> int:
    return span[1] - span[0] + 1


def _opened(content: bytes) -> CalamineWorkbook:
    try:
        return load_workbook(io.BytesIO(content))
    except Exception:
        raise SheetUnreadable from None


def _rows(workbook: CalamineWorkbook, name: str) -> Iterator[tuple[int, list[str]]]:
    try:
        # the rows above the first cell come too, empty: the first is line 1
        for line, cells in enumerate(workbook.get_sheet_by_name(name).iter_rows(), start=1):
            yield line, [_cell(cell) for cell in cells]
    except Exception:
        raise SheetUnreadable from None


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() if value is not None else ""

"""Lists as people keep them: CSV in any of the usual encodings and separators, XLSX, or cards, into rows of plain text.

A cell that begins like a formula is text to us: it is never calculated, and never written back as a formula.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from consult.core.cells import plain_cell
from consult.core.forms import cleaned_line, cleaned_text
from consult.stakeholders.models import NAME_MAX
from consult.stakeholders.models_import import IMPORT_ROWS_MAX
from consult.stakeholders.sheets_csv import csv_rows
from consult.stakeholders.sheets_refusals import SheetEmpty, SheetTooLong, SheetUnreadable, SheetWithoutName
from consult.stakeholders.sheets_vcard import is_cards, read_cards
from consult.stakeholders.sheets_xlsx import xlsx_sheets

CELL_MAX = 2_000  # characters; the rest of a cell is not looked at
PEOPLE_MAX = 20_000  # likewise of a cell with contact people
# Columns of our own files that no list brings in: why we may write is said of the whole list; the others are about a list before.
LEFT_OUT = frozenset({"mail", "line", "whatiswrong"})
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
    are_cards: bool = False  # of an address book: what they hold besides is no column that somebody could name


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
    "region": {"region", "province", "district", "المنطقة", "المحافظة", "地区", "省份", "région", "región"},
    "also_languages": {"alsolanguages", "otherlanguages", "languages", "لغاتأخرى", "اللغات", "其他语言"},
    "channel": {"channel", "preferredchannel", "contactby", "قناةالاتصال", "طريقةالاتصال", "联系方式", "canal"},
    "postal_address": {
        "postaladdress", "address", "post", "العنوان", "العنوانالبريدي", "地址", "邮寄地址", "adresse", "dirección",
    },
    "phone": {"phone", "telephone", "mobile", "tel", "الهاتف", "رقمالهاتف", "电话", "手机", "téléphone", "teléfono"},
    "access_needs": {"accessneeds", "accessibility", "احتياجاتالوصول", "احتياجاتخاصة", "无障碍需求"},
    "news": {"news", "newsletter", "الأخبار", "أخبار", "新闻", "消息", "nouvelles", "noticias"},
    "note": {"note", "notes", "remarks", "ملاحظات", "备注"},
    "contact_people": {"contactpeople", "contactpersons", "contacts", "جهاتالاتصال", "أشخاصالاتصال", "联系人"},
}  # fmt: skip
SEVERAL_LINES = frozenset({"postal_address", "access_needs", "note", "contact_people"})


def read_sheet(content: bytes, remembered: Mapping[str, str] | None = None) -> Sheet:
    """The rows of a list, cleaned, empty ones left out; of a workbook the first visible sheet that is one.

    `remembered` says what else a column may be called, by `called()`: ours, or "" for one to leave out in silence.

    Raises SheetUnreadable, SheetEmpty, SheetTooLong, SheetTooWide, SheetTooBig, SheetQuoteOpen, SheetWithoutName, and what
    read_cards raises.
    """
    if is_cards(content):
        cards = read_cards(content)
        return Sheet([Row(line, cells) for line, cells in cards.rows], cards.ignored, are_cards=True)
    if content[:4] != b"PK\x03\x04":
        return _sheet(csv_rows(content), remembered or {})
    first: SheetEmpty | SheetWithoutName | None = None
    for table in xlsx_sheets(content):
        try:
            return _sheet(table, remembered or {})
        except (SheetEmpty, SheetWithoutName) as problem:
            first = first or problem
    raise first or SheetUnreadable


def _sheet(table: Iterable[tuple[int, list[str]]], remembered: Mapping[str, str]) -> Sheet:
    header: dict[int, str] | None = None
    ignored: list[str] = []
    rows: list[Row] = []
    above = 0
    for line, cells in table:
        if header is None:
            if any(cells):
                header, ignored = _header(cells, remembered)
                above += 1
            if header is None and above >= HEADER_WITHIN:
                break
            continue
        found = {name: _cell(name, cells[place]) for place, name in header.items() if place < len(cells)}
        if any(found.values()):
            rows.append(Row(line, found))
        if len(rows) > IMPORT_ROWS_MAX:
            raise SheetTooLong(limit=IMPORT_ROWS_MAX)
    if header is None and above:
        raise SheetWithoutName
    if not rows:
        raise SheetEmpty
    return Sheet(rows, ignored)


def called(header: str) -> str:
    """What a column is called, as two people would write it: letters only, without case."""
    return "".join(ch for ch in header.casefold() if ch.isalpha())[:NAME_MAX]


def _cell(name: str, text: str) -> str:
    clean = cleaned_text if name in SEVERAL_LINES else cleaned_line
    return clean(plain_cell(text[: PEOPLE_MAX if name == "contact_people" else CELL_MAX]))


def _header(cells: list[str], remembered: Mapping[str, str]) -> tuple[dict[int, str] | None, list[str]]:
    """Our names by place, and the columns left out; None where this row names no column for the name."""
    header: dict[int, str] = {}
    ignored: list[str] = []
    for place, cell in enumerate(cells):
        name = called(cell)
        ours = next((ours for ours, calls in COLUMNS.items() if name in calls), remembered.get(name))
        if ours and ours not in header.values():
            header[place] = ours
        elif cell and ours != "":
            ignored.append(cleaned_line(cell)[:NAME_MAX])
    return (header, ignored) if "name" in header.values() else (None, [])

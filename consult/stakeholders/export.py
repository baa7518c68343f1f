"""The registry as CSV and XLSX: one row an entry, in columns that an import understands. Nothing in it is ever calculated."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import xlsxwriter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.core.cells import harmless_cell
from consult.stakeholders.import_contacts import Person, plain, spelled
from consult.stakeholders.models import ContactPerson, Protection, Stakeholder, StakeholderKind

COLUMNS = (
    "name", "kind", "category", "groups", "region", "language", "also_languages", "channel", "email", "postal_address",
    "phone", "access_needs", "note", "mail", "news", "contact_people",
)  # fmt: skip
STEP = 1_000  # entries read at a time
TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
s = Stakeholder
WRITTEN = (s.merged_into.is_(None), s.protection != Protection.PROTECTED)  # which entries


def rows_of(db: Session) -> Iterator[list[str]]:
    """Every entry that stands for itself, as cells in the order of COLUMNS, by id; none that is protected, not even its code.

    Of persons: no groups (there are none), access needs or notes. Who left is there, and marked: a list without them would
    let another system write to them.
    """
    after = 0
    names = [getattr(s, name) for name in COLUMNS[:13]]
    query = select(s.id, *names, s.basis, s.news, s.has_left).where(*WRITTEN).order_by(s.id).limit(STEP)
    while found := db.execute(query.where(s.id > after)).all():
        contacts = _contacts(db, [row.id for row in found])
        for row in found:
            cells = [str(value or "") for value in row[1:14]]
            for listed in (3, 6):
                cells[listed] = ", ".join(code for code in cells[listed].split(",") if code)
            if row.kind is StakeholderKind.PERSON:
                cells[11] = cells[12] = ""
            mail = "left" if row.has_left else row.basis.value
            news = "yes" if row.news and not row.has_left else "no"
            yield [harmless_cell(one) for one in (*cells, mail, news, contacts[row.id])]
        after = found[-1].id


def count_rows(db: Session) -> int:
    """How many entries an export holds."""
    return db.scalar(select(func.count()).where(*WRITTEN)) or 0


def _contacts(db: Session, ids: list[int]) -> dict[int, str]:
    """The contact people of entries, and of those that were merged into them."""
    c, whole = ContactPerson, func.coalesce(s.merged_into, s.id)
    query = select(whole.label("stakeholder_id"), c.name, c.role, c.email).join(s, s.id == c.stakeholder_id)
    query = query.where(s.id.in_(ids) | s.merged_into.in_(ids)).order_by(c.id)
    found: dict[int, list[Person]] = defaultdict(list)
    for row in db.execute(query):
        found[row.stakeholder_id].append(plain(row.name, row.role, row.email))
    return defaultdict(str, {row_id: spelled(people) for row_id, people in found.items()})


def as_csv(rows: Iterable[list[str]], header: Sequence[str] = COLUMNS) -> bytes:
    """UTF-8 with a byte-order mark, so that spreadsheets read every script."""
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(header)
    sheet.writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(rows: Iterable[list[str]], header: Sequence[str] = COLUMNS) -> bytes:
    """A workbook with one sheet, every cell a text. Written row by row: memory does not grow with the registry."""
    content = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(header):
            sheet.write_string(0, place, name)
        for line, cells in enumerate(rows, start=1):
            for place, cell in enumerate(cells):
                if cell:
                    sheet.write_string(line, place, cell)
    return content.getvalue()

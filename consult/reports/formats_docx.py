"""A report as a Word file, from the same frozen document as its page: headings that make a contents list, each text in its direction."""

import io
import unicodedata
from datetime import date
from typing import Any

from docx import Document
from docx.oxml import OxmlElement

from consult.core.i18n import _, _n, direction_of, format_day, format_number, language
from consult.reports.formats import outcome_counts
from consult.reports.models import Report, ReportKind
from consult.reports.showing import ShownItem, ShownParagraph


def as_docx(title: str, report: Report, paragraphs: list[ShownParagraph], *, on: date) -> bytes:
    """The report, published on a day, in the current language, as the bytes of a file."""
    made = Document()
    made.core_properties.title, made.core_properties.author = title, ""
    made.core_properties.language = language().code
    _write(made, _("What we heard, what changed"), "Title")
    _write(made, title, "Subtitle")
    _write(made, _("Published on %(day)s", day=format_day(on)))
    numbers = report.document["numbers"]
    if report.kind is ReportKind.INTERIM and report.answers_by:
        _write(made, f"{_('Interim report')}. {missing(report)}", is_bold=True)
    _write(made, _("How we answered"), "Heading 1")
    _shares(made, numbers)
    for paragraph in paragraphs:
        _paragraph(made, paragraph)
    _write(made, f"{_('This report does not change any more. Its digest:')} {report.digest}")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def missing(report: Report) -> str:
    """What an interim report says of the answers that are not there yet."""
    count, day = report.document["numbers"]["unanswered"], format_day(report.answers_by) if report.answers_by else ""
    one = "%(n)s comment has no answer yet. It will have one by %(day)s."
    return _n(one, "%(n)s comments have no answer yet. They will have one by %(day)s.", count, day=day)


def _shares(made: Any, numbers: dict[str, Any]) -> None:
    table = made.add_table(rows=1, cols=3, style="Table Grid")
    if language().direction == "rtl":
        table._tbl.tblPr.append(OxmlElement("w:bidiVisual"))
    rows = [
        (words, format_number(count), share_shown(count, numbers["answered"]))
        for words, count in outcome_counts(numbers)
    ]
    rows.append((_("All"), format_number(numbers["answered"]), ""))
    for cell, words in zip(table.rows[0].cells, (_("Answer"), _("Comments"), _("Share")), strict=True):
        _into(cell.paragraphs[0], words, is_bold=True)
    for row in rows:
        for cell, words in zip(table.add_row().cells, row, strict=True):
            _into(cell.paragraphs[0], words)


def share_shown(count: int, of: int) -> str:
    """A count's share in words."""
    return _("%(n)s %%", n=format_number(round(100 * count / of) if of else 0))


def _paragraph(made: Any, paragraph: ShownParagraph) -> None:
    _write(made, paragraph.name, "Heading 1")
    for line in paragraph.quoted:
        _write(made, line, "Quote", code="")
    if paragraph.standing:
        _write(made, paragraph.standing, is_bold=True)
    for one in paragraph.items:
        _item(made, one)


def _item(made: Any, one: ShownItem) -> None:
    _write(made, one.author or _("A comment"), "Heading 2", code="")
    _write(made, one.ref)
    for words, code in ((one.note, None), (one.text, one.language)):
        _write(made, words, code=code)
    for label, words in ((_("Suggested wording"), one.suggestion), (_("Evidence"), one.evidence)):
        if words:
            _write(made, label, is_bold=True)
            _write(made, words, code=one.language if words is one.suggestion else "")
    _write(made, f"{_('Answer')}: {one.outcome_name}", is_bold=True)
    _write(made, one.reason, code=one.reason_language)
    if one.reason and one.is_reason_foreign:
        _write(made, _("We have not translated this reason."))


def _write(made: Any, words: str, style: str = "Normal", *, code: str | None = None, is_bold: bool = False) -> None:
    """A paragraph for each line. `code` is the language of a text that is not ours, "" where we do not know it."""
    for line in words.split("\n"):
        if line:
            _into(made.add_paragraph(style=style), line, code=code, is_bold=is_bold)


def _into(paragraph: Any, words: str, *, code: str | None = None, is_bold: bool = False) -> None:
    run = paragraph.add_run(words)
    run.bold = is_bold or None
    if _direction(words, code) == "rtl":
        # Word turns a paragraph by its own mark and each run by another; order matters to strict readers: bidi before jc, rtl last
        paragraph._p.get_or_add_pPr().append(OxmlElement("w:bidi"))
        run._r.get_or_add_rPr().append(OxmlElement("w:rtl"))


def _direction(words: str, code: str | None) -> str:
    """Of our own words: that of the page; of others: that of their language, or of the first letter that has one."""
    direction = language().direction if code is None else direction_of(code) if code else "auto"
    if direction != "auto":
        return direction
    for sign in words:
        if (kind := unicodedata.bidirectional(sign)) in ("L", "R", "AL"):
            return "ltr" if kind == "L" else "rtl"
    return language().direction

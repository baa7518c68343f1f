"""A report as files: CSV, JSON and DOCX, all from the same frozen document."""

import csv
import io
import json
from typing import Any

from docx import Document

from consult.core.i18n import _, format_day, format_number
from consult.reports.models import Report
from consult.reports.showing import ShownItem, ShownParagraph
from consult.responses.forms import OUTCOMES

FORMAT = "consult-response-report/1"
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so would be calculated. Source: OWASP, CSV injection


def as_csv(paragraphs: list[ShownParagraph]) -> bytes:
    """One row a comment, UTF-8 with a byte-order mark, so that spreadsheets read every script."""
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(
        [_("Paragraph"), _("Comment number"), _("Author"), _("Comment"), _("Suggested wording"), _("Evidence"), _("Answer"),
         _("Reason"), _("Note")]
    )  # fmt: skip
    for paragraph in paragraphs:
        for one in paragraph.items:
            cells = [
                paragraph.ref,
                one.ref,
                one.author,
                one.text,
                one.suggestion,
                one.evidence,
                one.outcome_name,
                one.reason,
            ]
            sheet.writerow([_cell(words) for words in [*cells, one.note]])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(words: str) -> str:
    return f"'{words}" if words.startswith(FORMULA) else words


def as_json(report: Report, personal: dict[int, dict[str, Any] | None]) -> bytes:
    """The frozen document with what its participants said beside it; a tombstone is null. Codes, not words.

    Its shape is docs/report-json.md; what is there keeps its name and meaning, things may be added.
    """
    whole = {
        "format": FORMAT,
        "number": report.number,
        "kind": report.kind.value,
        "published_at": report.published_at.isoformat(),
        "answers_by": report.answers_by.isoformat() if report.answers_by else None,
        "digest": report.digest,
        **report.document,
        "said": {str(position): said for position, said in sorted(personal.items())},
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def as_docx(title: str, report: Report, paragraphs: list[ShownParagraph]) -> bytes:
    """The report as a Word file, with headings that make a contents list."""
    made = Document()
    made.core_properties.title, made.core_properties.author = title, ""
    made.add_heading(_("What we heard, what changed"), 0)
    made.add_paragraph(title)
    made.add_paragraph(_("Published on %(day)s", day=format_day(report.published_at.date())))
    numbers = report.document["numbers"]
    table = made.add_table(rows=0, cols=2)
    for words, count in [(_("Comments"), numbers["comments"]), *outcome_counts(numbers)]:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = words, format_number(count)
    for paragraph in paragraphs:
        made.add_heading(paragraph.name, 1)
        for line in paragraph.quoted:
            made.add_paragraph(line, style="Quote")
        for one in paragraph.items:
            _add(made, one)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _add(made: Any, one: ShownItem) -> None:
    made.add_heading(one.author or one.ref, 2)
    for words in (one.note, one.text):
        if words:
            made.add_paragraph(words)
    if one.suggestion:
        made.add_paragraph(f"{_('Suggested wording')}: {one.suggestion}")
    if one.evidence:
        made.add_paragraph(f"{_('Evidence')}: {one.evidence}")
    made.add_paragraph().add_run(f"{_('Answer')}: {one.outcome_name}").bold = True
    if one.reason:
        made.add_paragraph(one.reason)


def outcome_counts(numbers: dict[str, Any]) -> list[tuple[str, int]]:
    """Each outcome in words with its count, in their fixed order."""
    return [(str(words), numbers["by_outcome"][code]) for code, words in OUTCOMES]

"""A report as CSV and JSON, from the same frozen document as its page."""

import csv
import io
import json
from typing import Any

from consult.core.cells import harmless_cell
from consult.core.i18n import _
from consult.reports.models import Report
from consult.reports.showing import ShownParagraph
from consult.responses.forms import OUTCOMES

FORMAT = "consult-response-report/1"


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
            sheet.writerow([harmless_cell(words) for words in [*cells, one.note]])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


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


def outcome_counts(numbers: dict[str, Any]) -> list[tuple[str, int]]:
    """Each outcome in words with its count, in their fixed order."""
    return [(str(words), numbers["by_outcome"][code]) for code, words in OUTCOMES]

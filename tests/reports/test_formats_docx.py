"""The report as a Word file: complete, and each text in its direction."""

import io
from datetime import date

from docx import Document

from consult.consultations.models import Consultation
from consult.core.db import writing
from consult.reports.models import ReportKind
from consult.responses import operations as answers
from consult.responses.models import Grounds, Outcome
from consult.rounds.models import Comment
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.reports.test_reports import AFTER, PAGE, answer, publish_report
from tests.rounds.test_comments import open_round, send  # noqa: F401

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def document(client, language):
    return Document(io.BytesIO(client.get(f"/{language}{PAGE.removeprefix('/en')}.docx").get_data()))


def turned(paragraph):
    """Whether a paragraph and all of its runs are marked right to left, or none; anything else is a mistake."""
    marks = [paragraph._p.find(f".//{W}bidi") is not None]
    marks += [run._r.find(f".//{W}rtl") is not None for run in paragraph.runs]
    assert len(set(marks)) == 1, paragraph.text
    return marks[0]


def test_each_text_stands_in_its_direction(open_round, consultation, client):  # noqa: F811
    answer(send(open_round, once="a", text="SAID-IN-ENGLISH").ref, consultation, Outcome.NOTED, "REASON")
    answer(send(open_round, once="b", text="قلنا هذا بالعربية").ref, consultation)
    publish_report(consultation, open_round)

    shown = {
        language: {one.text: turned(one) for one in document(client, language).paragraphs} for language in ("en", "ar")
    }

    for language in ("en", "ar"):
        assert (shown[language]["SAID-IN-ENGLISH"], shown[language]["قلنا هذا بالعربية"]) == (False, True)
        assert shown[language]["REASON"] is False
    assert shown["en"]["What we heard, what changed"] is False
    assert shown["ar"]["ما سمعناه وما تغير"] is True
    tables = [document(client, language).tables[0]._tbl.find(f".//{W}bidiVisual") for language in ("en", "ar")]
    assert [table is not None for table in tables] == [False, True]


def test_it_says_what_the_page_says(open_round, consultation, client):  # noqa: F811
    withheld = send(open_round, once="a", text="HATEFUL")
    answer(withheld.ref, consultation, Outcome.NOT_ACCEPTED, "NO-REASON-FOR-IT", withhold=Grounds.HATRED)
    late = send(open_round, once="b", text="LATE")
    with writing() as db:
        made, comment = db.get_one(Consultation, consultation.id), db.query(Comment).filter_by(ref=late.ref).one()
        answers.mark_screened(db, made, comment, by=consultation.dalia, now=AFTER)
    report = publish_report(consultation, open_round, ReportKind.INTERIM, date(2027, 4, 20))

    made = document(client, "en")
    said = "\n".join(one.text for one in made.paragraphs)

    for words in ("Interim report", "1 comment has no answer yet", "20 April 2027", "incites hatred", "NO-REASON-FOR-IT", "Not changed",
                  withheld.ref, report.digest):  # fmt: skip
        assert words in said
    assert "HATEFUL" not in said
    assert "LATE" not in said
    assert [cell.text for cell in made.tables[0].rows[4].cells] == ["Not accepted", "1", "100 %"]

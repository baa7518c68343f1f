import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xlsxwriter import Workbook

from consult.core.refusals import Refused
from consult.stakeholders.sheets import SheetEmpty, SheetUnreadable, SheetWithoutName, read_rows


def names(content, file_name="list.csv"):
    return [(row.line, row.cells.get("name"), row.cells.get("email")) for row in read_rows(content, file_name)]


@pytest.mark.parametrize(
    "content",
    [
        "name,email\nWomen’s Network,w@org.example\n".encode(),
        "\ufeffname;email\r\nWomen’s Network;w@org.example\r\n".encode(),
        "Name\tE-mail\nWomen’s Network\tw@org.example\n".encode(),
        "name,email\nWomen’s Network,w@org.example\n".encode("utf-16"),
        "name;email\nWomen’s Network;w@org.example\n".encode("cp1252"),
        'name,email\n"Women’s Network","w@org.example"\n'.encode(),
        "\n\nOrganisation , E-Mail address\n Women’s   Network , w@org.example\n".encode(),
    ],
)
def test_read_rows_survives_marks_separators_and_encodings(content):
    rows = names(content)

    assert [(name, email) for _, name, email in rows] == [("Women’s Network", "w@org.example")]


def test_read_rows_takes_arabic_windows_text():
    content = "الاسم;البريد الإلكتروني\nشبكة النساء;w@org.example\n".encode("cp1256")

    assert names(content) == [(2, "شبكة النساء", "w@org.example")]


def test_read_rows_counts_lines_as_the_file_does():
    content = b'name,note\n"A","one\ntwo"\n\nB,\n'

    assert [row.line for row in read_rows(content, "x.csv")] == [3, 5]


def test_a_cell_that_begins_like_a_formula_stays_text():
    content = b"name,email\n=HYPERLINK(1),a@org.example\n+cmd,b@org.example\n"

    assert [name for _, name, _ in names(content)] == ["=HYPERLINK(1)", "+cmd"]


def test_read_rows_takes_a_workbook(tmp_path):
    kept = io.BytesIO()
    with Workbook(kept) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Name", "E-mail", "Note"])
        sheet.write_row(1, 0, ["شبكة", "a@org.example", 41])

    rows = read_rows(kept.getvalue(), "list.xlsx")

    assert [(row.line, row.cells) for row in rows] == [(2, {"name": "شبكة", "email": "a@org.example", "note": "41"})]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", SheetEmpty),
        (b"name,email\n", SheetEmpty),
        (b"colour,size\nred,1\n", SheetWithoutName),
        (b"PK\x03\x04 not a workbook", SheetUnreadable),
        (b"\x00\x01\x02\x03", SheetUnreadable),
    ],
)
def test_read_rows_refuses_with_a_sentence(content, refusal):
    with pytest.raises(refusal):
        read_rows(content, "list.csv")


@given(st.binary(max_size=400))
def test_any_bytes_give_rows_or_a_refusal(content):
    try:
        rows = read_rows(content, "list.csv")
    except Refused:
        return
    assert all("\x00" not in cell for row in rows for cell in row.cells.values())

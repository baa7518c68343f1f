import io
import zipfile
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xlsxwriter import Workbook

from consult.core.refusals import Refused
from consult.stakeholders.sheets import read_sheet
from consult.stakeholders.sheets_refusals import (
    SheetEmpty,
    SheetQuoteOpen,
    SheetTooBig,
    SheetTooWide,
    SheetUnreadable,
    SheetWithoutName,
)


def names(content):
    return [(row.line, row.cells.get("name"), row.cells.get("email")) for row in read_sheet(content).rows]


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
def test_read_sheet_survives_marks_separators_and_encodings(content):
    rows = names(content)

    assert [(name, email) for _, name, email in rows] == [("Women’s Network", "w@org.example")]


def test_read_sheet_takes_arabic_windows_text():
    content = "الاسم;البريد الإلكتروني\nشبكة النساء;w@org.example\n".encode("cp1256")

    assert names(content) == [(2, "شبكة النساء", "w@org.example")]


def test_read_sheet_counts_lines_as_the_file_does():
    content = b'name,note\n"A","one\ntwo"\n\nB,\n'

    assert [row.line for row in read_sheet(content).rows] == [2, 5]


def test_a_cell_that_begins_like_a_formula_stays_text():
    content = b"name,email\n=HYPERLINK(1),a@org.example\n+cmd,b@org.example\n"

    assert [name for _, name, _ in names(content)] == ["=HYPERLINK(1)", "+cmd"]


def test_read_sheet_takes_a_workbook(tmp_path):
    kept = io.BytesIO()
    with Workbook(kept) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Name", "E-mail", "Note"])
        sheet.write_row(1, 0, ["شبكة", "a@org.example", 41])

    rows = read_sheet(kept.getvalue()).rows

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
def test_read_sheet_refuses_with_a_sentence(content, refusal):
    with pytest.raises(refusal):
        read_sheet(content)


@given(st.binary(max_size=400))
def test_any_bytes_give_rows_or_a_refusal(content):
    try:
        rows = read_sheet(content).rows
    except Refused:
        return
    assert all("\x00" not in cell for row in rows for cell in row.cells.values())


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        ("名称,类别,电子邮件\n妇女网络,cso,w@org.example\n青年联合会,cso,y@org.example\n", "gb18030"),
        ("name,category\n妇女网络,cso\n", "gb18030"),
        ("name;note\nشبكة النساء;x\nاتحاد الشباب، العاصمة;y\n", "cp1256"),
        ("name;note\nRéseau des femmes – Genève;à côté\nÖsterreichische Ärzte;ü\n", "cp1252"),
        ("nombre;note\nAsociación de niños “Añoranza”;x\n", "cp1252"),
    ],
)
def test_the_encodings_of_windows_are_known_by_their_words(words, encoding):
    rows = names(words.encode(encoding))

    assert [name for _, name, _ in rows] == [
        line.replace(";", ",").split(",")[0] if ";" not in line else line.split(";")[0]
        for line in words.splitlines()[1:]
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"sep=;\r\nname;email\r\nA;a@x.example\r\n", 3),
        (b"Stakeholders of 2026,,\n\nname,category,email\nA,cso,a@x.example\n", 4),
        (b"name|email\nA|a@x.example\n", 2),
        (b"name,email\rA,a@x.example\r", 2),
        (b"name,email,note\nA,a@x.example," + b"x" * 200_000 + b"\n", 2),
    ],
)
def test_read_sheet_takes_what_programs_write_around_a_list(content, line):
    assert names(content) == [(line, "A", "a@x.example")]


def test_a_quotation_mark_without_end_is_named_by_its_line():
    with pytest.raises(SheetQuoteOpen) as caught:
        read_sheet(b'name,email\nA,a@x.example\n"B,b@x.example\nC,c@x.example\n')

    assert "line 3" in str(caught.value)
    assert names(b'name,note\n"A\nB",x\nC,5" pipe\n') == [(2, "A B", None), (4, "C", None)]


def test_columns_that_we_do_not_know_or_that_come_twice_are_named():
    sheet = read_sheet(b"name,Shoe size,email,e-mail,,<b>\nA,123,a@x.example,b@x.example,,x\n")

    assert sheet.ignored == ["Shoe size", "e-mail", "<b>"]
    assert sheet.rows[0].cells == {"name": "A", "email": "a@x.example"}


@pytest.mark.parametrize("content", [b"%PDF-1.7\nname\nA\n", b"<html><table><tr><td>name", b"{\\rtf1 name\nA}"])
def test_what_is_no_list_is_said_to_be_none(content):
    with pytest.raises(SheetUnreadable):
        read_sheet(content)


def workbook(*sheets, write=None):
    """A workbook with these sheets: (name, rows, is hidden); `write` may add to the last."""
    kept = io.BytesIO()
    with Workbook(kept) as book:
        for name, rows, is_hidden in sheets:
            sheet = book.add_worksheet(name)
            for line, row in enumerate(rows):
                sheet.write_row(line, 0, row)
            if is_hidden:
                sheet.hide()
            else:
                sheet.activate()  # the first cannot be hidden while it is the active one
        if write:
            write(book, sheet)
    return kept.getvalue()


def test_the_list_is_the_first_visible_sheet_that_has_names():
    content = workbook(
        ("Old", [["name"], ["Hidden"]], True),
        ("Read me", [["How to use this"]], False),
        ("List", [["name"], ["Shown"]], False),
        ("Later", [["name"], ["Another"]], False),
    )

    assert names(content) == [(2, "Shown", None)]


def test_dates_numbers_formulas_and_merged_cells_are_what_one_sees():
    def write(book, sheet):
        sheet.write_datetime("B2", datetime(2026, 1, 2), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_formula("A3", '=A2&"x"', None, "Ax")
        sheet.write_formula("B3", "=1/0", None, "#DIV/0!")
        sheet.write_number("B4", 41227398000)
        sheet.merge_range("A4:A5", "Merged")
        sheet.write("B5", "second")

    rows = read_sheet(workbook(("List", [["name", "note"], ["A"]], False), write=write)).rows

    assert [(row.line, row.cells["name"], row.cells["note"]) for row in rows] == [
        (2, "A", "2026-01-02"), (3, "Ax", ""), (4, "Merged", "41227398000"), (5, "", "second"),
    ]  # fmt: skip


def test_a_row_is_counted_from_the_top_of_the_sheet():
    content = workbook(("List", [[], [], ["", "name"], [], ["", "A"]], False))

    assert names(content) == [(5, "A", None)]


@pytest.mark.parametrize("cell", ["A1048576", "XFD60000"])
def test_a_cell_far_away_is_named_and_fills_no_memory(cell):
    """Calamine would ask for the whole rectangle at once, and the worker would be gone."""
    content = workbook(
        ("List", [["name"], ["A"]], False), write=lambda _, sheet: sheet.write("J5", "x") or sheet.write(cell, "x")
    )

    with pytest.raises(SheetTooWide) as caught:
        read_sheet(content)

    assert cell in str(caught.value)


def test_a_workbook_that_unpacks_to_too_much_is_left_packed(monkeypatch):
    monkeypatch.setattr("consult.stakeholders.sheets_xlsx.UNPACKED_MAX", 10_000)
    content = workbook(("List", [["name"], *([f"Organisation {n}"] for n in range(1_000))], False))

    with pytest.raises(SheetTooBig):
        read_sheet(content)


def repacked(content, name, change):
    """A workbook with one part changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for part in old.namelist():
            new.writestr(part, change(old.read(part)) if part == name else old.read(part))
    return made.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet', 1),
        lambda xml: xml.replace(b'r="A2"', b'r="A99999999999"'),
        lambda xml: xml[: len(xml) // 2],
        lambda xml: b"",
    ],
)
def test_a_workbook_that_is_broken_or_hostile_inside_is_refused(change):
    content = repacked(workbook(("List", [["name"], ["A"]], False)), "xl/worksheets/sheet1.xml", change)

    with pytest.raises(SheetUnreadable):
        read_sheet(content)


def test_a_package_of_another_kind_is_no_list():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        package.writestr("content.xml", "<x/>")

    with pytest.raises(SheetUnreadable):
        read_sheet(made.getvalue())

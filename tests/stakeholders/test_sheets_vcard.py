"""Cards of an address book, as programs write them and as somebody who means harm does."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.core.db import reading
from consult.core.refusals import Refused
from consult.stakeholders.import_entries import entry_of
from consult.stakeholders.known import read_registry
from consult.stakeholders.models import Basis
from consult.stakeholders.models_import import IMPORT_ROWS_MAX
from consult.stakeholders.operations_import import preview_rows
from consult.stakeholders.sheets import read_sheet
from consult.stakeholders.sheets_refusals import SheetEmpty, SheetTooLong
from consult.stakeholders.sheets_vcard_refusals import (
    CardDamaged,
    CardLineTooLong,
    CardNested,
    CardOpen,
    CardOutside,
)

V4 = """BEGIN:VCARD
VERSION:4.0
KIND:org
FN:Women\u2019s Network\\, Sessa
ORG:Women\u2019s Network\\, Sessa;Office
item1.EMAIL;TYPE=work:second@org.example
item2.EMAIL;PREF=1:w@org.example
TEL;VALUE=uri;TYPE="voice,home":tel:+677-12345;ext=5
ADR;LABEL="Box 5; Port":Box 5;;1 Long
  Road;Port Amery;Sessa;100;Bland
LANG;PREF=2:ar
LANG;PREF=1:zh-Hans
LANG:fr
NOTE:First\\nSecond
CATEGORIES:union,women
PHOTO;VALUE=uri:http://127.0.0.1:9/me.png
END:VCARD
"""
V3 = (
    "begin:vcard\r\nversion:3.0\r\nN:Osman;Dalia;;Dr.;\r\nFN:Dr. Dalia Osman\r\nORG:Ministry;Unit\r\nTITLE:Head\r\n"
    "EMAIL;TYPE=INTERNET:a@x.example\r\nEMAIL;TYPE=INTERNET,PREF:d@x.example\r\n"
    "NOTE:folded wor\r\n d\r\nend:vcard\r\n"
)
V21 = (
    b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D8=B9=D9=85=D8=B1;=D8=B3=\r\n=D9=84=D9=85\r\n"
    b"TEL;HOME;VOICE:12345\r\nTEL;CELL;PREF:67890\r\nNOTE;QUOTED-PRINTABLE;CHARSET=ISO-8859-1:caf=E9=0D=0Atwo\r\n"
    b"PHOTO;JPEG;ENCODING=BASE64:\r\n /9j/4AAQ\r\n\r\nEND:VCARD\r\n"
)


def cells(content):
    content = content if isinstance(content, bytes) else content.encode()
    return [(row.line, row.cells) for row in read_sheet(content).rows]


def card(*lines):
    return "\n".join(("BEGIN:VCARD", "VERSION:4.0", "FN:A", *lines, "END:VCARD", ""))


def test_a_card_of_version_4_gives_an_organisation_with_what_it_prefers(database):
    sheet = read_sheet(V4.encode())

    assert sheet.are_cards
    assert [(row.line, row.cells) for row in sheet.rows] == [
        (
            1,
            {
                "name": "Women\u2019s Network, Sessa",
                "kind": "organisation",
                "email": "w@org.example",
                "phone": "+677-12345",
                "postal_address": "1 Long Road\nBox 5\n100 Port Amery\nSessa\nBland",
                "language": "zh",
                "also_languages": "ar",
                "note": "First\nSecond",
            },
        )
    ]
    assert sheet.ignored == ["EMAIL (2)", "CATEGORIES", "PHOTO"]


def test_a_card_of_version_3_gives_a_person_whose_office_is_a_note():
    assert cells(V3) == [
        (
            1,
            {
                "name": "Dr. Dalia Osman",
                "kind": "person",
                "email": "d@x.example",
                "note": "Ministry, Unit\nHead\nfolded word",
            },
        )
    ]


def test_a_card_of_version_2_is_decoded_as_it_says():
    assert cells(V21) == [(1, {"name": "سلم عمر", "kind": "person", "phone": "67890", "note": "café\ntwo"})]


def test_cards_are_counted_by_the_line_on_which_each_begins():
    assert [line for line, _ in cells(card() + "\n" + card("NOTE:x"))] == [1, 6]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_cards_are_read_in_the_encodings_of_lists(encoding):
    assert cells(V3.encode(encoding)) == cells(V3)


def test_cards_in_windows_text_are_read_by_what_their_bytes_look_like():
    assert cells(card("NOTE:شبكة النساء في المدينة").encode("cp1256"))[0][1]["note"] == "شبكة النساء في المدينة"


def test_line_ends_of_old_programs_end_lines():
    assert cells(V3.replace("\r\n", "\r")) == cells(V3)


@pytest.mark.parametrize("said", ["group", "location", "application"])
def test_a_group_of_an_address_book_is_no_entry(said):
    _, row = cells(card(f"KIND:{said}", "MEMBER:urn:uuid:1"))[0]

    _, problems = entry_of(row, Basis.NONE, "cso")

    assert [(one["column"], one["code"]) for one in problems] == [("kind", "KindUnknown")]


def test_a_card_never_says_groups_needs_region_or_why_we_may_write():
    given_lines = ("CATEGORIES:women", "X-GROUPS:women", "GENDER:F", "X-BASIS:consent", "RELATED:x", "BDAY:2000")

    sheet = read_sheet(card(*given_lines, "EMAIL:a@x.example").encode())

    assert set(sheet.rows[0].cells) == {"name", "kind", "email"}
    assert sheet.ignored == ["CATEGORIES", "X-GROUPS", "GENDER", "X-BASIS", "RELATED", "BDAY"]


@pytest.mark.parametrize(
    ("lines", "code", "line"),
    [
        (card("BEGIN:VCARD", "FN:B", "END:VCARD"), CardNested, "4"),
        (card("AGENT:", "BEGIN:VCARD"), CardNested, "5"),
        ("BEGIN:VCARD\nFN:A\n", CardOpen, "1"),
        (card() + "FN:B\n", CardOutside, "5"),
        (card() + "END:VCARD\n", CardOutside, "5"),
        (card("no colon here"), CardOutside, "4"),
        (card("BEGIN:VCALENDAR"), CardOutside, "4"),
        (card("NOTE:a\x00b"), CardDamaged, "4"),
        (card("NOTE;CHARSET=punycode:a"), CardDamaged, "4"),
        (card("NOTE;CHARSET=utf-8;ENCODING=QUOTED-PRINTABLE:=FF=FE"), CardDamaged, "4"),
        (card("NOTE;ENCODING=zip:a"), CardDamaged, "4"),
        (card("NOTE;ENCODING=B:!!!"), CardDamaged, "4"),
        (card("NOTE:" + "x" * 100_001), CardLineTooLong, "4"),
        (card("NOTE:x", *[" " + "x" * 70] * 2_000), CardLineTooLong, "4"),
        (card("x" * 2_000 + ":a"), CardOutside, "4"),
    ],
)
def test_a_file_of_cards_that_is_broken_or_hostile_is_refused_with_its_line(lines, code, line):
    with pytest.raises(code) as refused:
        read_sheet(lines.encode())

    assert line in str(refused.value)


def test_a_file_of_empty_cards_is_empty():
    with pytest.raises(SheetEmpty):
        read_sheet(b"BEGIN:VCARD\nEND:VCARD\n" * 3)


def test_more_cards_than_an_import_takes_are_refused_and_as_many_as_it_takes_are_read():
    with pytest.raises(SheetTooLong):
        read_sheet(b"BEGIN:VCARD\nEND:VCARD\n" * 900_000)

    assert len(cells(b"BEGIN:VCARD\nFN:A\nEND:VCARD\n" * IMPORT_ROWS_MAX)) == IMPORT_ROWS_MAX


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [
        ("PHOTO;ENCODING=b:", "A"),
        ("PHOTO;ENCODING=b:A", "\n A"),
        ("PHOTO;ENCODING=QUOTED-PRINTABLE:A", "=\nA"),
        ("", "\n"),
    ],
)
def test_what_is_not_kept_is_skipped_in_a_time_that_grows_with_its_length_alone(begins, goes_on):
    def seconds(signs):
        line = begins + goes_on * (signs // len(goes_on))
        begun = time.process_time()
        assert cells(card(line)) == [(1, {"name": "A", "kind": "person"})]
        return time.process_time() - begun

    part = seconds(2_000_000)

    assert seconds(8_000_000) < 10 * part  # four times as long; what looks back over all that came would be sixteen


@pytest.mark.parametrize(
    "address",
    [
        "a@x.example\\nBcc: b@x.example",
        "=?utf-8?q?a?=@x.example",
        "a@x.example,b@x.example",
        "a\u202e@x.example\\r\\n.\\r\\n",
    ],
)
def test_an_address_that_would_write_headers_makes_a_row_wrong(address):
    entry, problems = entry_of(cells(card(f"EMAIL:{address}"))[0][1], Basis.CONSENT, "cso")

    assert (entry.email, [one["code"] for one in problems]) == ("", ["AddressWrong"])


def test_signs_that_hide_or_turn_round_words_are_taken_out_of_a_name():
    assert cells(card("NOTE:x").replace("FN:A", "FN:A\u202eB\\nC\u2066"))[0][1]["name"] == "AB C"


def test_a_card_fetches_nothing(monkeypatch):
    def never(*_args, **_named):
        raise AssertionError("a card opened a connection")

    monkeypatch.setattr("socket.socket.connect", never)
    monkeypatch.setattr("socket.getaddrinfo", never)
    where = "http://127.0.0.1:9/x"
    given_lines = [f"{name};VALUE=uri:{where}" for name in ("PHOTO", "SOUND", "KEY", "SOURCE", "LOGO", "URL")]

    sheet = read_sheet(card(*given_lines).encode())

    assert where not in str(sheet)
    assert sheet.ignored == ["PHOTO", "SOUND", "KEY", "SOURCE", "LOGO", "URL"]


@given(st.binary(max_size=300), st.sampled_from([b"", b"NOTE;ENCODING=QUOTED-PRINTABLE:", b"EMAIL;PREF=1:", b"ADR:"]))
def test_any_bytes_after_a_beginning_give_rows_or_a_refusal(content, head):
    try:
        assert read_sheet(b"BEGIN:VCARD\n" + head + content).rows
    except Refused:
        pass


def test_the_category_that_the_list_leaves_open_is_given_to_new_entries_only(database):
    rows = read_sheet(card("EMAIL:a@x.example").encode()).rows

    with reading() as db:
        registry = read_registry(db)
    without, named = (preview_rows(rows, registry, Basis.CONSENT, said)[0] for said in ("", "academia"))

    assert [one["code"] for one in without["problems"]] == ["CategoryUnknown"]
    assert (named["state"].value, named["problems"]) == ("new", [])

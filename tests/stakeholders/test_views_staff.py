"""The registry through its pages: add, correct, import a list from file to registry."""

import csv
import io
from datetime import UTC, datetime

import pytest
from lxml import html

from consult.accounts.models import Role
from consult.accounts.operations import add_staff, make_password_link, set_password_by_link
from consult.core.db import reading, writing
from consult.jobs.queue import queue
from consult.stakeholders.models import Stakeholder
from consult.vocabularies.tables import use_regions
from tests.support.forms import submit

NOW = datetime.now(UTC)
PASSWORD = "four odd words here"
ENTRY = {
    "kind": "organisation",
    "name": "Women’s Network",
    "category": "cso",
    "groups": ["women"],
    "language": "en",
    "email": "w@org.example",
    "basis": "consent",
    "told": "letter",
    "wording": "Sheet of March",
}


@pytest.fixture
def desk(guarded_client, database):
    """A client in which a secretary is signed in; every form needs its token."""
    with writing() as db:
        made = add_staff(
            db, name="Dalia", email="d@x.example", language="en", roles=[Role.SECRETARIAT], by=None, now=NOW
        )
        set_password_by_link(db, make_password_link(db, made, by=None, now=NOW), PASSWORD, now=NOW)
    submit(guarded_client, "/staff/sign-in/", {"email": "d@x.example", "password": PASSWORD})
    return guarded_client


def entries():
    with reading() as db:
        return [(one.name, one.email, one.group_codes) for one in db.query(Stakeholder).order_by(Stakeholder.id)]


def test_an_entry_is_added_shown_and_corrected(desk):
    added = submit(desk, "/staff/stakeholders/new/", ENTRY, index=1)
    corrected = submit(desk, f"{added.headers['Location']}edit/", {"name": "Women’s Network of the Islands"}, index=1)

    assert (added.status_code, corrected.status_code) == (303, 303)
    assert entries() == [("Women’s Network of the Islands", "w@org.example", ["women"])]
    assert "Women’s Network of the Islands" in desk.get("/staff/stakeholders/?words=islands").text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Write the name."),
        ({"name": "\x00\u202e"}, "Write the name."),
        ({"email": "nonsense"}, "Write the e-mail address like"),
        ({"kind": "person"}, "Groups are kept for organisations only"),
        ({"kind": "person", "groups": [], "category": "religious_group"}, "Register the organisation under it"),
        ({"told": "form"}, "A yes is kept with how they said it"),
        ({"wording": ""}, "A yes is kept with how they said it"),
        ({"category": "spies"}, "error"),
        ({"name": "x" * 300}, "100 too many"),
    ],
)
def test_a_refusal_keeps_what_was_typed(desk, changes, sentence):
    answer = submit(desk, "/staff/stakeholders/new/", {**ENTRY, "note": "typed by hand", **changes}, index=1)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "typed by hand" in answer.text
    assert entries() == []


def test_script_in_a_name_is_shown_as_text(desk):
    submit(desk, "/staff/stakeholders/new/", {**ENTRY, "name": "<script>alert(1)</script>"}, index=1)

    page = desk.get("/staff/stakeholders/").text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def upload(desk, content, name="list.csv"):
    typed = {"basis": "consent", "told": "sheet", "text": "take-part-1", "file": (io.BytesIO(content), name)}
    answer = submit(desk, "/staff/stakeholders/import/", typed, index=1)
    queue().work_off()
    return answer


def test_a_list_goes_from_file_to_preview_to_registry_and_a_second_press_changes_nothing(desk):
    answer = upload(desk, b"name;category;email\nA;cso;a@org.example\nB;aliens;b@org.example\n")
    status = desk.get(answer.headers["Location"])
    preview = status.text.split('class="button" href="')[1].split('"')[0]

    shown = desk.get(preview)
    applied = submit(desk, preview, {}, index=1)
    queue().work_off()
    again = submit(desk, "/staff/stakeholders/import/", {}, index=1)

    assert "Wrong: 1" in shown.text
    assert "New: 1" in shown.text
    assert "Choose a category from the list." in shown.text
    assert applied.status_code == 303
    assert entries() == [("A", "a@org.example", [])]
    assert again.status_code == 422
    for state in ("new", "wrong", "changed", "same", "nonsense"):
        assert desk.get(f"{preview}?state={state}").status_code == 200


def test_the_preview_names_columns_and_limits_in_words_and_a_row_without_a_name_by_a_dash(desk):
    rows = (";cso;a@org.example", f"{'x' * 201};cso;b@org.example", "C;cso;nonsense", *["D;cso;d@org.example"] * 2)
    answer = upload(desk, "\n".join(("name;category;email", *rows)).encode())
    preview = desk.get(answer.headers["Location"]).text.split('class="button" href="')[1].split('"')[0]

    page = html.fromstring(desk.get(preview).text)
    rows = [[" ".join(cell.text_content().split()) for cell in row] for row in page.findall(".//main//tbody/tr")]

    assert [row[1] for row in rows][:3] == ["–", "x" * 201, "C"]
    assert rows[0][3] == "Name: Write the name."
    assert rows[1][3].startswith("Name: Use at most 200 characters for the name.")
    assert rows[2][3] == "E-mail address: Write the e-mail address like name@example.org. nonsense"
    assert rows[-1][3] == "Name: This is the same as line 5."


def test_cards_go_from_file_to_preview_to_registry_and_a_second_time_nothing_doubles(desk):
    cards = "\n".join(f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nEMAIL:{name}@x.example\nCATEGORIES:secret\nEND:VCARD"
                      for name in "AB").encode()  # fmt: skip

    def given():
        file = (io.BytesIO(cards), "book.vcf")
        answer = submit(
            desk, "/staff/stakeholders/import/", {"basis": "none", "category": "cso", "file": file}, index=1
        )
        queue().work_off()
        status = desk.get(answer.headers["Location"])
        return status.text.split('class="button" href="')[1].split('"')[0]

    preview = given()
    shown = desk.get(preview).text
    named = submit(desk, preview, {}, index=1)
    queue().work_off()
    again = desk.get(given() + "?state=same").text

    assert "What these cards hold and we do not keep" in shown
    assert "CATEGORIES" in shown
    assert "secret" not in shown
    assert 'name="column-0"' not in shown
    assert named.status_code == 303
    assert [name for name, _, _ in entries()] == ["A", "B"]
    assert "Same: 2" in again


def test_a_file_that_is_no_list_says_so(desk):
    answer = upload(desk, b"\x00\x01\x02", "picture.png")

    assert "We cannot read this file as a list." in desk.get(answer.headers["Location"]).text


def test_another_persons_import_is_not_found(desk, app):
    answer = upload(desk, b"name;category\nA;cso\n")
    with writing() as db:
        made = add_staff(db, name="Ana", email="a@x.example", language="en", roles=[Role.SECRETARIAT], by=None, now=NOW)
        set_password_by_link(db, make_password_link(db, made, by=None, now=NOW), PASSWORD, now=NOW)
    other = app.test_client()
    submit(other, "/staff/sign-in/", {"email": "a@x.example", "password": PASSWORD})

    assert other.get(answer.headers["Location"]).status_code == 404


def test_an_entry_is_added_where_the_operator_has_no_list_of_regions(desk):
    use_regions("")

    added = submit(desk, "/staff/stakeholders/new/", ENTRY, index=1)

    assert added.status_code == 303
    assert "Region" not in desk.get("/staff/stakeholders/").text


def test_a_list_without_categories_says_it_once_and_not_in_each_row(desk):
    list_ = b"name;email\n" + b"".join(b"Network %d;n%d@org.example\n" % (n, n) for n in range(9))
    answer = upload(desk, list_)
    preview = desk.get(answer.headers["Location"]).text.split('class="button" href="')[1].split('"')[0]

    page = desk.get(preview).text
    named = upload(
        desk, list_.replace(b"email\n", b"email;category\n", 1).replace(b"org.example", b"org.example;cso", 1)
    )
    some = desk.get(desk.get(named.headers["Location"]).text.split('class="button" href="')[1].split('"')[0]).text

    assert "The list says nowhere of which category anybody is" in page
    assert "<p>Category: " not in page
    assert "The list says nowhere of which category anybody is" not in some
    assert some.count("<p>Category: ") == 8, "where some rows say it, each of the others is wrong by itself"


def test_the_wrong_rows_are_downloaded_corrected_and_uploaded_again(desk):
    content = b"name,category,email,note\n=Evil,cso,a@org.example,\nB,aliens,b@org.example,=1+1\nC,cso,c@org.example,\n"
    status = desk.get(upload(desk, content).headers["Location"])
    preview = status.text.split('class="button" href="')[1].split('"')[0]
    page = desk.get(preview).text
    assert f'href="{preview}wrong.csv"' in page

    answer = desk.get(f"{preview}wrong.csv")

    assert (answer.mimetype, answer.headers["Content-Disposition"]) == (
        "text/csv",
        'attachment; filename="wrong-rows.csv"',
    )
    (row,) = csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig")))
    kept = {name: row[name] for name in ("name", "category", "email", "note", "line", "what_is_wrong")}
    assert kept == {
        "name": "B", "category": "aliens", "email": "b@org.example", "note": "'=1+1", "line": "3",
        "what_is_wrong": "category: Choose a category from the list.",
    }  # fmt: skip
    again = upload(desk, answer.get_data().replace(b"aliens", b"cso"))
    preview = desk.get(again.headers["Location"]).text.split('class="button" href="')[1].split('"')[0]
    page = desk.get(preview).text
    assert "New: 1" in page
    assert "Columns that we do not know" not in page
    assert "Columns of our own files" in page

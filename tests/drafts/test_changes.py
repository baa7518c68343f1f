"""What changed between two published versions, on the page and as values."""

import re

from consult.consultations.models import Consultation
from consult.consultations.operations import open_consultation, save_terms
from consult.core.db import reading, writing
from consult.drafts import queries
from consult.drafts.alignment import State
from consult.drafts.changes import changes
from tests.consultations.terms import whole_terms
from tests.drafts.test_operations import NOON, ONE, TWO, consultation, publish, upload  # noqa: F401

THREE = "# I. Overview\n\n1. Third one.\n\n2. First paragraph of the report.\n\n(a) An item;\n\n(b) Another item.\n"


def two_versions(made, first, second):
    for text in (first, second):
        version, _ = upload(made, text)
        publish(made, version)
    with reading() as db:
        versions = queries.list_versions(db, made.id)
        return [queries.read_paragraphs(db, one.id, ["en"]) for one in reversed(versions)]


def open_to_the_public(made):
    with writing() as db:
        found = db.get_one(Consultation, made.id)
        save_terms(db, found, whole_terms(), by=made.dalia, now=NOON)
        open_consultation(db, found, by=made.dalia, now=NOON)


def test_changes_say_what_became_of_each_paragraph(consultation):  # noqa: F811
    old, new = two_versions(consultation, ONE, TWO)

    found = [(one.state, one.old_ref, one.new_ref) for one in changes(old, new)]

    assert found == [
        (State.CHANGED, "1", "1"),  # its item is gone
        (State.NEW, None, "2"),
        (State.CHANGED, "2", "3"),
    ]


def test_a_deleted_paragraph_stands_where_it_stood_and_a_moved_one_says_so(consultation):  # noqa: F811
    old, new = two_versions(consultation, ONE, THREE)

    found = {(one.state, one.old_ref, one.new_ref) for one in changes(old, new)}

    assert (State.DELETED, "2", None) in found
    assert any(state in (State.MOVED, State.MOVED_CHANGED) for state, _, _ in found)


def test_the_page_shows_the_difference_with_words_for_those_who_do_not_see_it(consultation, client):  # noqa: F811
    two_versions(consultation, ONE, TWO)
    open_to_the_public(consultation)

    page = client.get("/en/consultations/upr/draft/2/changes/")

    assert page.status_code == 200
    assert '<ins><span class="vh" lang="en" dir="ltr">Inserted: </span>' in page.text
    assert '<del><span class="vh" lang="en" dir="ltr">Removed: </span>' in page.text
    assert page.headers["Cache-Control"] == "public, max-age=60"
    assert client.get("/en/consultations/upr/draft/1/changes/").status_code == 404
    assert client.get("/en/consultations/upr/draft/").text.count("/draft/2/changes/") == 1


def test_any_two_public_versions_can_be_compared(consultation, client):  # noqa: F811
    two_versions(consultation, ONE, TWO)
    version, _ = upload(consultation, THREE)
    publish(consultation, version)
    open_to_the_public(consultation)
    page = "/en/consultations/upr/draft/3/changes/"

    first_to_last = client.get(f"{page}?from=1")
    assert first_to_last.status_code == 200
    assert "from version 1 to version 3" in first_to_last.text
    assert len(re.findall(r'<li><a href="/en/[^"]*/draft/3/changes/\?from=', first_to_last.text)) == 2
    assert first_to_last.text != client.get(page).text
    assert client.get(f"/en/consultations/upr/draft/{'9' * 30}/").status_code == 404
    for wrong in ("0", "3", "4", "-1", "x", "²", "9" * 30):
        assert client.get(f"{page}?from={wrong}").status_code == 404, wrong

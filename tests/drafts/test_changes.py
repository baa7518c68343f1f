"""What changed between two published versions, on the page and as values."""

from consult.core.db import reading
from consult.drafts import queries
from consult.drafts.alignment import State
from consult.drafts.changes import changes
from tests.drafts.test_operations import ONE, TWO, consultation, publish, upload  # noqa: F401

THREE = "# I. Overview\n\n1. Third one.\n\n2. First paragraph of the report.\n\n(a) An item;\n\n(b) Another item.\n"


def two_versions(made, first, second):
    for text in (first, second):
        version, _ = upload(made, text)
        publish(made, version)
    with reading() as db:
        versions = queries.list_versions(db, made.id)
        return [queries.read_paragraphs(db, one.id, ["en"]) for one in reversed(versions)]


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
    from consult.consultations.models import Consultation
    from consult.consultations.operations import open_consultation, save_terms
    from consult.core.db import writing
    from tests.consultations.terms import whole_terms
    from tests.drafts.test_operations import NOON

    two_versions(consultation, ONE, TWO)
    with writing() as db:
        made = db.get_one(Consultation, consultation.id)
        save_terms(db, made, whole_terms(), by=consultation.dalia, now=NOON)
        open_consultation(db, made, by=consultation.dalia, now=NOON)

    page = client.get("/en/consultations/upr/draft/2/changes/")

    assert page.status_code == 200
    assert '<ins><span class="vh">Inserted: </span>' in page.text
    assert '<del><span class="vh">Removed: </span>' in page.text
    assert page.headers["Cache-Control"] == "public, max-age=60"
    assert client.get("/en/consultations/upr/draft/1/changes/").status_code == 404
    assert client.get("/en/consultations/upr/draft/").text.count("/draft/2/changes/") == 1

"""The officers' pages of protected entries: what was chosen stays, what is refused is said, nothing says who somebody is."""

import json
from io import BytesIO

from lxml import html
from sqlalchemy import text

from consult.core.crypto import unb64
from consult.core.db import reading, writing
from consult.custody.models import SealedEntry
from tests.custody.fixtures import journal
from tests.custody.making import entries_file, entry_of, opened_entry
from tests.support.world import OFFICER, PROTECTED, World

LIST = "/staff/protected/"
OTHER = "bcdefghj34"


def chosen(page: str) -> set[tuple[str, str]]:
    return {(one.get("name"), one.get("value")) for one in html.fromstring(page).xpath("//input[@checked]")}


def test_a_file_is_handed_in_and_its_entries_are_handed_out_with_a_reason(world: World):
    officer = world.browser("protection_officer")
    content = entries_file(OFFICER, [entry_of(OTHER, [OFFICER], name="Nadia Qamar")])

    taken = officer.post(f"{LIST}take/", data={"file": (BytesIO(content.encode()), "in.json")})
    page = officer.get(LIST).text
    answer = officer.post(f"{LIST}hand-out/", data={"entry": [OTHER, PROTECTED], "why": "write"})

    assert (taken.status_code, answer.status_code) == (303, 200)
    assert OTHER in page
    assert PROTECTED in page
    assert "Nadia" not in page + answer.text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="entries.json"'
    made = json.loads(answer.text)
    assert [one["ref"] for one in made["entries"]] == [OTHER, PROTECTED]
    assert "Nadia Qamar" in opened_entry(unb64(made["entries"][0]["sealed"]), OFFICER)
    assert len(journal("entry.handed_out")) == 2


def test_what_was_chosen_stays_where_the_reason_is_missing(world: World):
    officer = world.browser("protection_officer")

    for sent, says, kept in (
        ({"entry": PROTECTED}, "Say what you need them for.", {("entry", PROTECTED)}),
        ({"why": "asked"}, "Choose the entries that you need.", {("why", "asked")}),
        ({"entry": PROTECTED, "why": "other"}, "Say in a few words", {("entry", PROTECTED), ("why", "other")}),
        ({"entry": PROTECTED, "why": "other", "words": "w" * 201}, "200", {("entry", PROTECTED), ("why", "other")}),
    ):
        answer = officer.post(f"{LIST}hand-out/", data=sent)
        assert answer.status_code == 422
        assert says in answer.text
        assert chosen(answer.text) == kept

    assert journal("entry.handed_out") == []


def test_a_file_that_is_refused_says_which_entry_and_why(world: World):
    officer = world.browser("protection_officer")
    content = entries_file(OFFICER, [entry_of(PROTECTED, [OFFICER])]).encode()

    answer = officer.post(f"{LIST}take/", data={"file": (BytesIO(content), "in.json")})
    none = officer.post(f"{LIST}take/", data={})

    assert answer.status_code == 409
    assert f"Entry {PROTECTED}: There is an entry of this code already." in answer.text
    assert none.status_code == 422
    assert "This is not a file that we can take" in none.text


def test_erasing_asks_first_and_then_the_entry_is_listed_no_more(world: World):
    officer = world.browser("protection_officer")

    asked = officer.get(f"{LIST}{PROTECTED}/erase/")
    with reading() as db:
        assert db.query(SealedEntry).count() == 1
    erased = officer.post(f"{LIST}{PROTECTED}/erase/")

    assert "nobody can find out who it was" in asked.text
    assert erased.status_code == 303
    assert PROTECTED not in officer.get(LIST).text
    with reading() as db:
        assert db.query(SealedEntry).count() == 0
    assert officer.get(f"{LIST}{world.ids['']['stakeholder']}/erase/").status_code == 404  # of no other entry


def test_an_officer_whose_card_ended_sees_no_list_and_fetches_nothing(world: World):
    officer = world.browser("protection_officer")
    with writing() as db:  # as the database alone would never let the only one go
        db.execute(text("DROP TRIGGER last_officer_stays"))
        db.execute(text("UPDATE officer SET ended_at = appointed_at WHERE appointed_at IS NOT NULL"))

    asked = [officer.get(LIST), officer.get(f"{LIST}officers/"), officer.get(f"{LIST}{PROTECTED}/erase/")]
    sent = [
        officer.post(f"{LIST}{way}", data={"entry": PROTECTED, "why": "asked"})
        for way in ("hand-out/", "take/", f"{PROTECTED}/erase/")
    ]

    assert [one.status_code for one in asked + sent] == [403] * 6
    assert not any(PROTECTED in one.text for one in asked + sent)


def test_cards_are_fetched_without_a_reason_and_without_any_entry(world: World):
    made = json.loads(world.browser("protection_officer").get(f"{LIST}officers/").text)

    assert (made["entries"], made["deliveries"], made["cards"]) == ([], {}, [OFFICER.card])
    assert journal("entry.%")[-1][0] == "entry.taken_in"

"""Rows of a list that may be somebody who is there: told, never taken for the same unless somebody says so."""

import pytest

from consult.core.db import reading, writing
from consult.core.refusals import Refused
from consult.privacy.operations_own import erase_entry
from consult.stakeholders.import_entries import entry_of
from consult.stakeholders.known import read_registry
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.models_import import ImportRow, ImportState, RowState, StakeholderImport
from consult.stakeholders.operations_merging import merge_stakeholders
from consult.stakeholders.operations_perhaps import entries_beside, take_as
from consult.stakeholders.phones import use_country
from consult.stakeholders.queries import count_perhaps, find_row, list_rows
from consult.stakeholders.queries_doubles import Likeness
from consult.stakeholders.rules_perhaps import ListIsApplied, NotAlike, check_take_as
from tests.stakeholders.test_many import apply, as_csv, rows_of, upload
from tests.stakeholders.test_operations import NOON, Dalia, add

HEADER = ("name", "category", "email", "phone", "note")
CYRILLIC, LATIN = "Женский центр", "Zhenskiy tsentr"


def a_row(name=LATIN, email="new@org.example", phone="", note=""):
    return upload(as_csv([HEADER, (name, "cso", email, phone, note)]))


def perhaps_of(import_id):
    with reading() as db:
        return find_row(db, import_id, 2).perhaps


def take(import_id, meant):
    with writing() as db:
        entry = db.get_one(Stakeholder, meant.id) if meant else None
        take_as(db, db.get_one(StakeholderImport, import_id), find_row(db, import_id, 2), entry)


def in_the_registry():
    with reading() as db:
        return {(one.name, one.email, one.note) for one in db.query(Stakeholder)}


@pytest.mark.parametrize(("sharing", "is_told"), [(12, True), (13, False)])
def test_a_number_that_a_crowd_has_is_that_of_a_house_and_tells_of_nobody(database, sharing, is_told):
    names = [
        "Reef",
        "Hill",
        "Port",
        "Lake",
        "Farm",
        "Mill",
        "Dock",
        "Wood",
        "Coast",
        "Valley",
        "Bridge",
        "Harbour",
        "Garden",
    ]
    for number, name in enumerate(names[:sharing]):
        add(name=name, email=f"n{number}@org.example", phone="+41 22 917 0000")

    made = a_row("Quite another", phone="+41 22 917 0000")

    assert (perhaps_of(made) is not None) is is_told


@pytest.mark.database
def test_a_new_row_with_a_name_that_is_alike_is_told_and_comes_in_as_new(database):
    known = add(name=CYRILLIC, email="c@org.example", note="")

    made = a_row()

    assert rows_of(made) == {RowState.NEW: 1}
    assert perhaps_of(made) == {"called": LATIN, "entries": [[known.id, "spelling"]]}
    with reading() as db:
        rows = list_rows(db, made, state=None, perhaps=True)
        assert (count_perhaps(db, made), [row.line for row in rows]) == (1, [2])
        assert list(entries_beside(db, rows)) == [known.id]
    apply(made)
    assert in_the_registry() == {(CYRILLIC, "c@org.example", ""), (LATIN, "new@org.example", "")}


@pytest.mark.database
def test_a_row_that_somebody_takes_for_an_entry_corrects_it_and_leaves_it_its_name(database):
    known = add(name=CYRILLIC, email="c@org.example", note="")
    made = a_row(note="From the list")

    take(made, known)

    assert rows_of(made) == {RowState.CHANGED: 1}
    with reading() as db:
        changes = {one["column"]: one["new"] for one in find_row(db, made, 2).changes}
    assert changes == {"email": "new@org.example", "note": "From the list"}
    apply(made)
    assert in_the_registry() == {(CYRILLIC, "new@org.example", "From the list")}


@pytest.mark.database
def test_what_was_taken_for_an_entry_can_be_new_after_all(database):
    known = add(name=CYRILLIC, email="c@org.example", note="")
    made = a_row()
    before = rows_of(made), perhaps_of(made)

    take(made, known)
    take(made, None)

    assert (rows_of(made), perhaps_of(made)) == before
    apply(made)
    assert {name for name, *_ in in_the_registry()} == {CYRILLIC, LATIN}


def test_an_address_that_several_have_and_a_telephone_are_told_too_the_likeliest_first(database):
    use_country("SC")
    try:
        same = [add(name=f"Office {name}", email="office@org.example") for name in ("North", "South")]
        phone = add(name="Elders’ Council", email="e@org.example", phone="+248 4322100")
        made = a_row(name="Office East", email="office@org.example", phone="4322100")
    finally:
        use_country("")

    assert perhaps_of(made)["entries"] == [[same[0].id, "email"], [same[1].id, "email"], [phone.id, "phone"]]


def test_who_is_merged_protected_or_of_another_kind_is_like_no_row(database):
    kept = add(name="Elders’ Council", email="k@org.example")
    gone = add(name=CYRILLIC, email="c@org.example", note="")
    with writing() as db:
        merge_stakeholders(db, db.get_one(Stakeholder, gone.id), db.get_one(Stakeholder, kept.id), by=Dalia(), now=NOON)

    assert perhaps_of(a_row()) is None
    with reading() as db:
        person, _ = entry_of({"name": "Elders Council", "kind": "person", "category": "cso"}, Basis.NONE)
        assert read_registry(db).perhaps(person) == []


def test_an_entry_that_was_merged_since_is_shown_no_more_and_cannot_be_meant(database):
    known, kept = add(name=CYRILLIC, email="c@org.example", note=""), add(name="Kept", email="k@org.example")
    made = a_row()
    with writing() as db:
        one, other = (db.get_one(Stakeholder, each.id) for each in (known, kept))
        merge_stakeholders(db, one, other, by=Dalia(), now=NOON)

    with reading() as db:
        assert entries_beside(db, list_rows(db, made, state=None)) == {}
    with pytest.raises(NotAlike):
        take(made, known)


def test_an_entry_that_was_forgotten_since_cannot_be_meant(database):
    known = add(name=CYRILLIC, email="c@org.example", note="")
    made = a_row()
    with writing() as db:
        erase_entry(db, db.get_one(Stakeholder, known.id), now=NOON)

    with pytest.raises(NotAlike):
        take(made, known)


def test_check_take_as_is_for_entries_that_are_shown_until_the_list_is_applied():
    row = ImportRow(perhaps={"called": LATIN, "entries": [[1, Likeness.SPELLING.value]]})
    preview, one, other = (
        StakeholderImport(state=ImportState.PREVIEW),
        Stakeholder(id=1, double_key="a"),
        Stakeholder(id=2, double_key="b"),
    )

    check_take_as(preview, row, one)
    check_take_as(preview, row, None)
    for made, of, meant, refusal in (
        (StakeholderImport(state=ImportState.APPLYING), row, one, ListIsApplied),
        (preview, row, other, NotAlike),
        (preview, ImportRow(perhaps=None), None, NotAlike),
    ):
        with pytest.raises(Refused) as refused:
            check_take_as(made, of, meant)
        assert type(refused.value) is refusal


def test_the_page_offers_the_choice_and_takes_it_back(world):
    secretariat = world.browser("secretariat")
    address = f"/staff/stakeholders/import/{world.ids['']['import']}/"

    page = secretariat.get(f"{address}?state=perhaps").text
    assert "Participant Organization" in page
    assert "Organisation participant" in page
    with reading() as db:
        (entry_id, _), *_rest = find_row(db, db.query(StakeholderImport.id).first()[0], 4).perhaps["entries"]
        ref = db.get_one(Stakeholder, entry_id).ref

    assert secretariat.post(f"{address}rows/4/", data={"entry": ref}).status_code == 303
    assert "Take it in as new after all" in secretariat.get(f"{address}?state=perhaps").text
    assert secretariat.post(f"{address}rows/4/", data={"entry": ""}).status_code == 303
    assert "It is the same" in secretariat.get(f"{address}?state=perhaps").text
    assert secretariat.post(f"{address}rows/2/", data={"entry": ref}).status_code == 409
    assert secretariat.post(f"{address}rows/99/", data={"entry": ref}).status_code == 404
    assert secretariat.post(f"{address}rows/4/", data={"entry": "nobody"}).status_code == 404

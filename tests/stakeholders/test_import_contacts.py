"""Contact people in one cell; an export that is read in again."""

import pytest

from consult.core.db import reading, writing
from consult.stakeholders import rules
from consult.stakeholders.export import as_csv, as_xlsx, rows_of
from consult.stakeholders.import_contacts import Person, contacts_of, news_of, plain, spelled
from consult.stakeholders.known import read_registry
from consult.stakeholders.models import Basis, Channel, ContactPerson, Stakeholder, StakeholderKind
from consult.stakeholders.operations_contacts import Contact, add_contact
from consult.stakeholders.operations_import import begin_import, keep_preview, preview_rows
from consult.stakeholders.operations_leaving import leave
from consult.stakeholders.operations_merging import merge_stakeholders
from consult.stakeholders.sheets import LEFT_OUT, called, read_sheet
from tests.stakeholders.applying import apply_next
from tests.stakeholders.test_operations import NOON, Dalia, add

ORGANISATION = StakeholderKind.ORGANISATION
ANA, BELA = Person("Ana Tona", "director", "ana@org.example"), Person("Bela", "", "")


def test_people_are_written_and_read_alike():
    assert spelled([ANA, BELA]) == "Ana Tona (director) <ana@org.example>; Bela"
    assert contacts_of(spelled([ANA, BELA]), ORGANISATION) == (ANA, BELA)
    assert contacts_of(" Ana Tona(director)<ana@org.example> ;\nBela;", ORGANISATION) == (ANA, BELA)
    assert contacts_of("", StakeholderKind.PERSON) == ()


def test_signs_that_part_people_are_others_in_a_cell():
    for sign in ";؛；\n":
        odd = plain(f"A{sign} B (C)", f"x{sign} <y>", "a@org.example")
        assert contacts_of(spelled([odd]), ORGANISATION) == (odd,)


@pytest.mark.parametrize(
    ("cell", "refusal"),
    [
        ("(director)", rules.NameMissing),
        ("Ana <nonsense>", rules.AddressWrong),
        ("Ana <a@org.example", rules.AddressWrong),
        ("x" * 201, rules.ContactTooLong),
        (f"Ana ({'x' * 121})", rules.ContactTooLong),
    ],
)
def test_a_cell_that_says_nobody_is_refused(cell, refusal):
    with pytest.raises(refusal):
        contacts_of(cell, ORGANISATION)


def test_a_person_has_no_contact_people():
    with pytest.raises(rules.ContactOfAPerson):
        contacts_of("Ana", StakeholderKind.PERSON)


def test_only_what_is_new_counts_and_nobody_goes():
    assert news_of([ANA], [ANA, BELA]) == []
    assert news_of([Person("ANA TONA", "", "")], [ANA]) == []
    assert news_of([Person("Bela", "chair", "")], [BELA]) == [Person("Bela", "chair", "")]
    twins = [Person("Ana", "", "a@org.example"), Person("Ana", "", "b@org.example")]
    assert news_of(twins, twins) == []


def fill():
    first = add(postal_address="Box 5\nHoniara", phone="+677 12345", channel=Channel.PHONE, note="=1+1", region="",
                also_languages=("ar",), access_needs="A lamp", news=True)  # fmt: skip
    gone = add(name="-Gone, Ltd;", email="g@org.example", groups=(), basis=Basis.DUTY)
    add(
        name="Bela",
        kind=StakeholderKind.PERSON,
        groups=(),
        email="",
        basis=Basis.NONE,
        access_needs="A ramp",
        note="rings",
    )
    add(name="Bela", kind=StakeholderKind.PERSON, groups=(), email="b@org.example")
    with writing() as db:
        organisation = db.get_one(Stakeholder, first.id)
        for contact in (Contact("Ana; Tona", "director (new)", "ana@org.example", "ar"), Contact("Bela", "", "", "en")):
            add_contact(db, organisation, contact, by=Dalia(), now=NOON)
        leave(db, db.get_one(Stakeholder, gone.id), now=NOON, how="link")


def read_again(content, basis=Basis.NONE):
    with reading() as db:
        sheet = read_sheet(content)
        return sheet, preview_rows(sheet.rows, read_registry(db), basis, told=False)


def take(rows, key="k"):
    with writing() as db:
        made = begin_import(db, file_name="l", file_key=key, basis=Basis.NONE, by=Dalia(), now=NOON)
        keep_preview(db, made.id, rows)
        while apply_next(db, made, by=Dalia(), now=NOON):
            pass


@pytest.mark.database
@pytest.mark.parametrize("written", [as_csv, as_xlsx])
def test_an_export_read_in_again_changes_nothing_and_knows_its_columns(database, written):
    fill()
    with reading() as db:
        content = written(rows_of(db))

    sheet, rows = read_again(content)

    assert [(row["state"].value, row["problems"]) for row in rows] == [("same", [])] * 4
    assert {called(one) for one in sheet.ignored} <= LEFT_OUT


@pytest.mark.database
@pytest.mark.parametrize("name", ["آنا؛ تونا", "安娜；托纳", "'=x", "=1+1"])
def test_contact_people_and_those_of_merged_entries_come_back_as_they_were(database, name):
    gone, kept = add(name="Old", email="old@org.example", groups=()), add(name="Kept", email="k@org.example", groups=())
    with writing() as db:
        one, other = (db.get_one(Stakeholder, entry.id) for entry in (gone, kept))
        add_contact(db, one, Contact(name, "chair", "ana@org.example", "en"), by=Dalia(), now=NOON)
        add_contact(db, other, Contact(name, "", "", "en"), by=Dalia(), now=NOON)
        merge_stakeholders(db, one, other, by=Dalia(), now=NOON)
    with reading() as db:
        content = as_csv(rows_of(db))

    assert [(row["state"].value, row["changes"]) for row in read_again(content)[1]] == [("same", [])]


def test_what_a_list_says_of_a_contact_person_of_a_merged_entry_is_the_kept_ones_own(database):
    gone, kept = add(name="Old", email="old@org.example", groups=()), add(name="Kept", email="k@org.example", groups=())
    with writing() as db:
        one, other = (db.get_one(Stakeholder, entry.id) for entry in (gone, kept))
        for organisation in (other, one):
            add_contact(db, organisation, Contact("Ana", "", "", "en"), by=Dalia(), now=NOON)
        add_contact(db, one, Contact("Bela", "", "", "en"), by=Dalia(), now=NOON)
        merge_stakeholders(db, one, other, by=Dalia(), now=NOON)

    take(read_again(b"name,contact_people\nKept,Ana (chair); Bela (clerk)\n")[1])

    with reading() as db:
        people = [
            (one.stakeholder_id, one.name, one.role) for one in db.query(ContactPerson).order_by(ContactPerson.id)
        ]
    own, merged = (kept.id, "Ana", "chair"), [(gone.id, "Ana", ""), (gone.id, "Bela", "")]
    assert people == [own, *merged, (kept.id, "Bela", "clerk")]


def test_a_region_that_has_gone_from_the_list_is_no_problem_of_an_export(database):
    known = add()
    with writing() as db:
        db.get_one(Stakeholder, known.id).region = "long_gone"
    with reading() as db:
        content = as_csv(rows_of(db))

    assert [(row["state"].value, row["problems"]) for row in read_again(content)[1]] == [("same", [])]


@pytest.mark.database
def test_contact_people_of_a_list_are_taken_in_and_corrected(database):
    add()
    content = (
        "name,category,email,contact_people\n"
        "Women’s Network,,w@org.example,Ana Tona (director) <ana@org.example>; Bela\n"
        "New,cso,,Carl (chair)\n"
    ).encode()

    for expected in (["changed", "new"], ["same", "same"]):
        _sheet, rows = read_again(content)
        assert [row["state"].value for row in rows] == expected
        take(rows, expected[0])

    _sheet, rows = read_again("name,contact_people\nWomen’s Network,bela <bela@org.example>\n".encode())
    assert [one["new"] for one in rows[0]["changes"]] == ["bela <bela@org.example>"]
    with reading() as db:
        people = [
            (one.stakeholder_id, one.name, one.role, one.email)
            for one in db.query(ContactPerson).order_by(ContactPerson.id)
        ]
    assert people == [(1, *ANA), (1, *BELA), (2, "Carl", "chair", "")]

"""The public directory holds whoever said yes, and nothing that a yes was not about."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import DBAPIError

from consult.core.db import reading, violated, writing
from consult.stakeholders.entries import Entry
from consult.stakeholders.known import read_registry
from consult.stakeholders.models import Basis, Consent, Protection, Purpose, Stakeholder, StakeholderKind
from consult.stakeholders.operations import Told, change_stakeholder
from consult.stakeholders.operations_import import begin_import, keep_preview, preview_rows
from consult.stakeholders.operations_leaving import come_back, leave, leave_everywhere
from consult.stakeholders.operations_merging import merge_stakeholders
from consult.stakeholders.queries_directory import PAGE, Wanted, list_public
from consult.stakeholders.sheets import read_sheet
from tests.stakeholders.applying import apply_next
from tests.stakeholders.test_operations import NOON, Dalia, add
from tests.support.believers import believe


def make_public(entry, **changes):
    with writing() as db:
        db.add(
            Consent(
                stakeholder_id=entry.id,
                purpose=Purpose.DIRECTORY,
                basis=Basis.CONSENT,
                how="own_entry",
                by="self",
                at=NOON,
            )
        )
        db.flush()
        found = db.get_one(Stakeholder, entry.id)
        for column, value in ({"protection": Protection.PUBLIC} | changes).items():
            setattr(found, column, value)
    return entry


def names(**wanted):
    with reading() as db:
        return [one.name for one in list_public(db, Wanted(**wanted))[0]]


@pytest.mark.database
def test_nobody_stands_there_who_did_not_say_so(database):
    add(name="Never asked", email="n@x.example")
    make_public(add(name="Yes", email="y@x.example"))
    person = make_public(add(name="Person", email="p@x.example", kind=StakeholderKind.PERSON, groups=()))
    gone = make_public(add(name="Left", email="l@x.example"))
    believe(make_public(add(name="Believer", email="b@x.example", kind=StakeholderKind.PERSON, groups=())).id)
    make_public(add(name="Temple", email="t@x.example", category="religious_group"))
    with writing() as db:
        leave(db, db.get_one(Stakeholder, gone.id), how="link", now=NOON)

    assert names() == ["Person", "Temple", "Yes"]
    assert names(begins="pER") == ["Person"]
    assert names(begins="y@x") == []  # no address is found
    assert names(category="religious_group") == ["Temple"]
    assert person.kind is StakeholderKind.PERSON


@pytest.mark.database
@pytest.mark.parametrize("last", [None, Basis.NONE])
def test_the_database_lets_nobody_be_public_without_a_yes_that_holds(database, last):
    entry = add()
    if last is not None:
        make_public(entry, protection=Protection.STAFF)
        with writing() as db:
            db.add(
                Consent(
                    stakeholder_id=entry.id, purpose=Purpose.DIRECTORY, basis=last, how="letter", by="staff:7", at=NOON
                )
            )

    with pytest.raises(DBAPIError) as refused, writing() as db:
        db.get_one(Stakeholder, entry.id).protection = Protection.PUBLIC

    assert "public_by_consent" in (violated(refused.value) or str(refused.value))


@pytest.mark.database
def test_pages_follow_each_other_by_name_and_leave_nobody_out(database):
    expected = [f"Organisation {n:03}" for n in range(PAGE * 2 + 1)]
    for name in reversed(expected):
        make_public(add(name=name, email=f"{name[-3:]}@x.example"))

    found, after = [], ""
    with reading() as db:
        for _ in range(3):
            entries, after = list_public(db, Wanted(), after=after)
            found += [one.name for one in entries]

    assert (found, after) == (expected, "")


def test_the_page_is_kept_by_caches_and_shows_no_groups_needs_or_addresses(client):
    make_public(
        add(
            name="Women’s Network",
            groups=("women",),
            access_needs="ramp",
            postal_address="Box 5",
            phone="12345",
            note="secret",
        )
    )

    page = client.get("/en/directory/?category=nonsense&region=x&after=gone")
    again = client.get(
        "/en/directory/?category=nonsense&region=x&after=gone", headers={"If-None-Match": page.headers["ETag"]}
    )

    assert page.status_code == 200
    assert "Women’s Network" in page.text
    assert not [
        one for one in ("ramp", "Box 5", "12345", "w@org.example", "secret", "stakeholder:") if one in page.text
    ]
    assert again.status_code == 304
    assert "Set-Cookie" not in page.headers


def directory_acts(entry):
    """(purpose, basis, by) about the directory, after the yes that it began with; and whether they stand there, with the contact."""
    about = (Purpose.DIRECTORY, Purpose.DIRECTORY_CONTACT)
    with reading() as db:
        acts = (
            db.query(Consent).filter_by(stakeholder_id=entry.id).filter(Consent.purpose.in_(about)).order_by(Consent.id)
        )
        found = db.get_one(Stakeholder, entry.id)
        return [(one.purpose, one.basis, one.by) for one in acts][1:], found.protection, found.shows_contact


@pytest.mark.database
@pytest.mark.parametrize("is_merged", [False, True])
def test_who_leaves_leaves_the_directory_and_coming_back_does_not_publish_them_again(database, is_merged):
    entry = make_public(add(name="Yes", email="y@x.example"), shows_contact=True)
    if is_merged:  # the one that leaves is merged into the one that stands there
        other = add(name="Old", email="old@x.example")
        with writing() as db:
            gone, kept = db.get_one(Stakeholder, other.id), db.get_one(Stakeholder, entry.id)
            merge_stakeholders(db, gone, kept, by=Dalia(), now=NOON)
    address = "old@x.example" if is_merged else "y@x.example"

    with writing() as db:
        leave_everywhere(db, address, how="link", now=NOON)
    left = directory_acts(entry)
    with writing() as db:
        leave_everywhere(db, address, how="link", now=NOON)  # a second time nothing is said again
        come_back(db, address, how="link", now=NOON)

    assert left == (
        [(Purpose.DIRECTORY_CONTACT, Basis.NONE, "self"), (Purpose.DIRECTORY, Basis.NONE, "self")], Protection.STAFF, False,
    )  # fmt: skip
    assert directory_acts(entry) == left
    assert names() == []


@pytest.mark.database
@pytest.mark.parametrize(
    ("changes", "shows"),
    [({"email": "new@x.example"}, False), ({"phone": "+677 1"}, False), ({"note": "Called on Monday"}, True)],
)
def test_an_address_or_number_that_staff_write_is_not_published_by_a_yes_to_another(database, changes, shows):
    entry = make_public(add(name="Yes", email="y@x.example"), shows_contact=True)

    with writing() as db:
        found = db.get_one(Stakeholder, entry.id)
        change_stakeholder(db, found, replace(Entry.of(found), **changes), by=Dalia(), now=NOON, told=Told("phone"))

    acts, protection, shown = directory_acts(entry)
    assert (protection, shown) == (Protection.PUBLIC, shows)
    assert acts == ([] if shows else [(Purpose.DIRECTORY_CONTACT, Basis.NONE, "staff:7")])


@pytest.mark.database
def test_an_address_from_a_list_is_not_published_either(database):
    entry = make_public(add(name="Yes", email="y@x.example", phone="+677 5"), shows_contact=True)
    rows = read_sheet(b"name,category,email,phone\nYes,cso,y@x.example,+677 99999\n").rows

    with writing() as db:
        made = begin_import(db, file_name="x.csv", file_key="x", basis=Basis.NONE, by=Dalia(), now=NOON)
        keep_preview(db, made.id, preview_rows(rows, read_registry(db), Basis.NONE))
        assert apply_next(db, made, by=Dalia(), now=NOON)

    assert directory_acts(entry) == ([(Purpose.DIRECTORY_CONTACT, Basis.NONE, "staff:7")], Protection.PUBLIC, False)

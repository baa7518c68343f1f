from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.core.db import reading, violated, writing
from consult.stakeholders import rules
from consult.stakeholders.entries import Entry
from consult.stakeholders.known import read_registry
from consult.stakeholders.models import Basis, Consent, Stakeholder, StakeholderKind
from consult.stakeholders.models_import import RowState
from consult.stakeholders.operations import Told, add_stakeholder, change_stakeholder
from consult.stakeholders.operations_import import begin_import, keep_preview, preview_rows
from consult.stakeholders.operations_leaving import leave
from consult.stakeholders.rules_told import ConsentUntold
from consult.stakeholders.sheets import read_sheet
from tests.stakeholders.applying import apply_next
from tests.support.told import SHEET

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)


class Dalia:
    actor = "staff:7"


def an_entry(**changes):
    return Entry(
        **{
            "kind": StakeholderKind.ORGANISATION,
            "name": "Women’s Network",
            "category": "cso",
            "language": "en",
            "email": "w@org.example",
            "groups": ("women",),
            "basis": Basis.CONSENT,
            **changes,
        }
    )


def add(**changes):
    with writing() as db:
        return add_stakeholder(db, an_entry(**changes), by=Dalia(), now=NOON)


@pytest.mark.database
def test_add_stakeholder_keeps_the_act_of_consent(database):
    added = add()

    with reading() as db:
        rows = db.query(Consent.stakeholder_id, Consent.basis, Consent.how, Consent.by).all()
    assert [tuple(row) for row in rows] == [(added.id, Basis.CONSENT, "form", "staff:7")]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"name": ""}, rules.NameMissing),
        ({"name": "x" * 201}, rules.NameTooLong),
        ({"category": "spies"}, rules.CategoryUnknown),
        ({"language": "tlh"}, rules.LanguageNotOurs),
        ({"email": "not an address"}, rules.AddressWrong),
        ({"email": "=?utf-8?q?=0d=0abcc=3ax?=@b.example"}, rules.AddressWrong),
        ({"email": "a@b.example\nBcc: c@d.example"}, rules.AddressWrong),
        ({"email": ""}, rules.AddressMissing),
        ({"groups": ("giants",)}, rules.GroupUnknown),
        ({"kind": StakeholderKind.PERSON}, rules.GroupsOfAPerson),
        ({"kind": StakeholderKind.PERSON, "groups": (), "category": "religious_group"}, rules.CategoryOfAPerson),
        ({"kind": StakeholderKind.PERSON, "groups": (), "category": "trade_union"}, rules.CategoryOfAPerson),
    ],
)
def test_check_stakeholder_refuses(database, changes, refusal):
    with pytest.raises(refusal):
        add(**changes)

    with reading() as db:
        assert db.query(Stakeholder).count() == 0


def test_check_groups_refuses_groups_of_a_person():
    with pytest.raises(rules.GroupsOfAPerson):
        rules.check_groups(StakeholderKind.PERSON, ["women"])


@pytest.mark.database
@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("UPDATE stakeholder SET kind = 'person'", "ck_stakeholder_groups_of_organisations_only"),
        ("UPDATE stakeholder SET kind = 'person', groups = '', category = 'trade_union'", "no_belief_of_a_person"),
        ("UPDATE stakeholder SET email = ''", "ck_stakeholder_basis_needs_contact"),
        ("UPDATE consent SET basis = 'none'", "consent_only_added_to"),
        ("UPDATE consent SET basis = 'none', wording = ''", "consent_only_added_to"),
        ("UPDATE consent SET wording = 'another text'", "wording_only_emptied"),
        ("DELETE FROM consent", "consent_only_added_to"),
    ],
)
def test_the_database_refuses_too(database, sql, name):
    add()

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(sql))

    assert violated(caught.value) == name


@pytest.mark.database
def test_the_same_name_and_address_twice_is_refused(database):
    add()

    with pytest.raises(rules.AlreadyThere):
        add(name="WOMEN’S network", email="W@org.example")


def test_change_stakeholder_keeps_a_changed_basis_as_an_act_of_its_own(database):
    added = add()

    with writing() as db:
        found = db.get_one(Stakeholder, added.id)
        change_stakeholder(db, found, an_entry(basis=Basis.DUTY), by=Dalia(), now=NOON)

    with reading() as db:
        assert [row.basis for row in db.query(Consent).order_by(Consent.id)] == [Basis.CONSENT, Basis.DUTY]


@pytest.mark.parametrize(
    ("basis", "left", "email", "may"),
    [
        (Basis.CONSENT, False, "w@org.example", True),
        (Basis.DUTY, False, "w@org.example", True),
        (Basis.NONE, False, "w@org.example", False),
        (Basis.DUTY, True, "w@org.example", False),
        (Basis.CONSENT, True, "w@org.example", False),
    ],
)
def test_nobody_is_written_to_without_consent_or_duty_nor_after_leaving(database, basis, left, email, may):
    added = add(basis=basis, email=email)
    with writing() as db:
        found = db.get_one(Stakeholder, added.id)
        if left:
            leave(db, found, now=NOON, how="link")

        assert rules.may_be_written_to(found) is may


def do_import(content, basis=Basis.CONSENT):
    with writing() as db:
        made = begin_import(
            db,
            file_name="l.csv",
            file_key=f"k{datetime.now()}",
            basis=basis,
            told=SHEET,
            by=Dalia(),
            now=NOON,
        )
    with reading() as db:
        rows = preview_rows(read_sheet(content).rows, read_registry(db), basis)
    with writing() as db:
        keep_preview(db, made.id, rows)
        while apply_next(db, made, by=Dalia(), now=NOON):
            pass
    return rows


LIST = """name,kind,category,groups,language,email
Women’s Network,organisation,cso,women,en,w@org.example
Tomasi Veru,person,Academia,,en,t@org.example
,organisation,cso,,en,x@org.example
Youth Forum,organisation,aliens,youth,en,not-an-address
Anna,person,cso,women,en,a@org.example
Women’s Network,organisation,cso,women,en,w@org.example
""".encode()


def test_a_preview_says_row_by_row_what_is_wrong_and_where(database):
    rows = do_import(LIST)

    said = [(row["line"], row["state"], [(p["column"], p["code"]) for p in row["problems"]]) for row in rows]
    assert said == [
        (2, RowState.NEW, []),
        (3, RowState.NEW, []),
        (4, RowState.WRONG, [("name", "NameMissing")]),
        (5, RowState.WRONG, [("category", "CategoryUnknown"), ("email", "AddressWrong")]),
        (6, RowState.WRONG, [("groups", "GroupsOfAPerson")]),
        (7, RowState.WRONG, [("name", "TwiceInList")]),
    ]


def test_the_same_list_again_doubles_nothing(database):
    do_import(LIST)

    again = do_import(LIST)

    assert [row["state"] for row in again if not row["problems"]] == [RowState.SAME, RowState.SAME]
    with reading() as db:
        assert db.query(Stakeholder).count() == 2


def test_a_changed_row_changes_only_what_it_says(database):
    do_import(LIST)

    rows = do_import(b"name,kind,email,note\nTomasi Veru,person,t@org.example,prefers post\n")

    assert [row["state"] for row in rows] == [RowState.CHANGED]
    with reading() as db:
        kept = db.query(Stakeholder).filter_by(email="t@org.example").one()
    assert (kept.category, kept.kind, kept.note) == ("academia", StakeholderKind.PERSON, "prefers post")


def test_a_new_row_without_a_category_is_wrong(database):
    rows = do_import(b"name,email\nNobody Yet,n@org.example\n")

    assert [row["problems"] for row in rows] == [[{"column": "category", "code": "CategoryUnknown", "value": ""}]]


def test_an_import_never_brings_back_someone_who_left(database):
    do_import(LIST)
    with writing() as db:
        leave(db, db.query(Stakeholder).filter_by(email="w@org.example").one(), now=NOON, how="link")

    do_import(LIST.replace(b",w@org.example", b",w@org.example"), basis=Basis.DUTY)

    with reading() as db:
        assert not rules.may_be_written_to(db.query(Stakeholder).filter_by(email="w@org.example").one())


def test_two_organisations_may_share_a_mailbox(database):
    shared = b"name,category,email\nA,cso,info@org.example\nB,cso,info@org.example\n"
    do_import(shared)

    again = do_import(shared)

    assert [row["state"] for row in again] == [RowState.SAME, RowState.SAME]


def test_check_category_keeps_religion_and_union_of_organisations_only():
    rules.check_category(StakeholderKind.ORGANISATION, "religious_group")
    with pytest.raises(rules.CategoryOfAPerson):
        rules.check_category(StakeholderKind.PERSON, "religious_group")


def test_a_list_gives_no_person_a_religion_or_a_union_nor_does_what_holds_for_the_whole_list(database):
    list_ = b"name,kind,category\nAna,person,religious_group\nBela,person,Trade union\nCarl,person,\nTemple,,religious_group\n"
    with reading() as db:
        rows = preview_rows(read_sheet(list_).rows, read_registry(db), Basis.NONE, "trade_union")

    wrong = [(row["line"], [(one["column"], one["code"]) for one in row["problems"]]) for row in rows]
    assert wrong == [(line, [("category", "CategoryOfAPerson")]) for line in (2, 3, 4)] + [(5, [])]


def test_a_list_of_people_who_said_yes_says_how_and_to_which_text(database):
    for wanted in ({"basis": Basis.CONSENT}, {"basis": Basis.NONE, "news": True}):
        for told in (Told("import"), Told("import", "Sheet 3"), Told("letter", " ")):
            with pytest.raises(ConsentUntold), writing() as db:
                begin_import(db, file_name="l", file_key="k", told=told, by=Dalia(), now=NOON, **wanted)


def test_a_row_that_says_yes_to_news_needs_it_too_where_that_is_new(database):
    add(name="Known", email="k@org.example", news=True)
    list_ = b"name,category,email,news\nNew,cso,n@org.example,yes\nKnown,cso,k@org.example,yes\nOther,cso,o@org.example,no\n"

    with reading() as db:
        rows = preview_rows(read_sheet(list_).rows, read_registry(db), Basis.NONE, told=False)

    assert [(row["state"].value, [one["code"] for one in row["problems"]]) for row in rows] == [
        ("wrong", ["ConsentUntold"]), ("same", []), ("new", []),
    ]  # fmt: skip

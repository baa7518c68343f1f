"""Long lists: read and applied in small transactions, whatever stands in the registry already; a second time nothing doubles."""

import csv
import io
from datetime import timedelta

import pytest
import xlsxwriter

from consult.audit.operations import verify
from consult.core.db import reading, writing
from consult.core.files import store
from consult.jobs.models import Task
from consult.jobs.operations import start_task
from consult.jobs.queue import queue
from consult.stakeholders import jobs
from consult.stakeholders.import_entries import PROBLEMS
from consult.stakeholders.known import read_registry
from consult.stakeholders.models import Basis, Consent, Stakeholder
from consult.stakeholders.models_import import IMPORT_ROWS_MAX, ImportRow, ImportState, RowState, StakeholderImport
from consult.stakeholders.operations_applying import HEAVY, STEP, apply_rows, lines_to_apply
from consult.stakeholders.operations_import import begin_import, doom_lists, drop_lists, forget_rows, sweep_imports
from consult.stakeholders.queries import count_rows
from consult.stakeholders.sheets_refusals import ListDropped
from tests.stakeholders.applying import apply_next
from tests.stakeholders.test_operations import NOON, Dalia, add
from tests.support.told import SHEET

HEADER = ("name", "kind", "category", "groups", "language", "email", "note")


def a_list(many, note=""):
    return [HEADER, *((f"Organisation {n}", "organisation", "cso", "women; youth", "en", f"o{n}@org.example", note)
                      for n in range(many))]  # fmt: skip


def as_csv(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def as_xlsx(rows):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
    return content.getvalue()


def upload(content):
    """Upload a list and let the worker read it. Returns the import's id."""
    with writing() as db:
        key = store().keep(content, kind="lists")
        made = begin_import(
            db,
            file_name="list.csv",
            file_key=key,
            basis=Basis.CONSENT,
            told=SHEET,
            by=Dalia(),
            now=NOON,
        )
        task = a_task(db, "stakeholders.read_list", made.id)
    jobs.read_list(task.id)
    return made.id


def apply(import_id):
    with writing() as db:
        db.get_one(StakeholderImport, import_id).state = ImportState.APPLYING
        task = a_task(db, "stakeholders.apply_list", import_id)
    jobs.apply_list(task.id)


def a_task(db, kind, import_id):
    subject = f"stakeholder_import:{import_id}"
    return start_task(db, kind, owner="staff:7", subject=subject, next_url="/", now=NOON)


def rows_of(import_id):
    """How many rows of an import are in each state, those without any left out."""
    with reading() as db:
        return {state: number for state, number in count_rows(db, import_id).items() if number}


def in_the_registry():
    """Entries, different addresses, acts of consent."""
    with reading() as db:
        return (
            db.query(Stakeholder).count(),
            db.query(Stakeholder.email_key).distinct().count(),
            db.query(Consent).count(),
        )


@pytest.mark.database
def test_a_list_of_several_steps_is_added_then_the_same_then_corrected(database):
    many = STEP + 1
    first = upload(as_csv(a_list(many)))
    apply(first)

    again, corrected = upload(as_xlsx(a_list(many))), upload(as_csv(a_list(many, note="prefers post")))
    apply(again)
    apply(corrected)

    assert (rows_of(first), rows_of(again)) == ({RowState.NEW: many}, {RowState.SAME: many})
    assert rows_of(corrected) == {RowState.CHANGED: many}
    assert in_the_registry() == (many, many, 2 * many)  # a text newly agreed to is an act of its own
    with reading() as db:
        assert {one.note for one in db.query(Stakeholder)} == {"prefers post"}
        assert {one.state for one in db.query(StakeholderImport)} == {ImportState.APPLIED}
        assert list(verify(db)) == []


@pytest.mark.database
def test_a_row_that_somebody_added_by_hand_meanwhile_turns_wrong_and_the_others_are_added(database):
    made = upload(as_csv(a_list(3)))
    add(name="ORGANISATION 1", email="o1@org.example")

    apply(made)

    with reading() as db:
        wrong = db.query(ImportRow).filter_by(state=RowState.WRONG).one()
    assert (wrong.line, wrong.problems) == (3, [{"column": "name", "code": "AlreadyThere", "value": ""}])
    assert PROBLEMS["AlreadyThere"].message  # so that the preview says it in words
    assert rows_of(made) == {RowState.NEW: 2, RowState.WRONG: 1}
    assert in_the_registry() == (3, 3, 3)


def test_a_worker_that_died_after_a_step_goes_on_where_it_was(database):
    made = upload(as_csv(a_list(STEP + 1)))
    with writing() as db:
        lines = apply_next(db, db.get_one(StakeholderImport, made), by=Dalia(), now=NOON)

    apply(made)

    names = sorted((f"organisation {n}", n + 2) for n in range(STEP + 1))  # new ones come in by name
    assert lines == [line for _, line in names[:STEP]]
    assert in_the_registry() == (STEP + 1, STEP + 1, STEP + 1)


@pytest.mark.database
def test_corrections_come_first_and_fewer_a_step_and_who_was_forgotten_holds_up_nobody(database):
    apply(upload(as_csv(a_list(3))))
    made = upload(as_csv([*a_list(5, note="prefers post"), ("Zoo", "", "cso", "", "en", "", "")]))
    with writing() as db:
        forget_rows(db, [db.query(Stakeholder).filter_by(name="Organisation 1").one().id])

    with writing() as db:
        lines = lines_to_apply(db, db.get_one(StakeholderImport, made))
        taken = apply_rows(
            db, db.get_one(StakeholderImport, made), lines=[2, 3, 4, 5, 6], most=HEAVY + 1, by=Dalia(), now=NOON
        )

    assert (lines, taken) == ([2, 4, 5, 6, 7], [2, 3])


@pytest.mark.database
def test_each_contact_person_takes_as_long_as_a_correction(database):
    header = ("name", "category", "contact_people")
    made = upload(as_csv([header, ("A", "cso", "Ana; Ben"), ("B", "cso", ""), ("C", "cso", "Ana; Ben")]))

    taken = []
    with writing() as db:
        while lines := apply_next(db, db.get_one(StakeholderImport, made), most=2 * HEAVY + 1, by=Dalia(), now=NOON):
            taken.append(lines)

    assert taken == [[2, 3], [4]]


@pytest.mark.database
def test_progress_counts_what_a_worker_that_died_had_done(database):
    made = upload(as_csv(a_list(5)))
    with writing() as db:
        apply_next(db, db.get_one(StakeholderImport, made), most=2, by=Dalia(), now=NOON)

    apply(made)

    with reading() as db:
        task = db.query(Task).order_by(Task.id.desc()).first()
    assert (task.done, task.total) == (5, 5)


@pytest.mark.full
@pytest.mark.database
@pytest.mark.parametrize("written", [as_csv, as_xlsx])
def test_the_longest_list_is_added_once(database, written):
    content = written(a_list(IMPORT_ROWS_MAX))

    for expected in ({RowState.NEW: IMPORT_ROWS_MAX}, {RowState.SAME: IMPORT_ROWS_MAX}):
        made = upload(content)
        assert rows_of(made) == expected
        apply(made)

    assert in_the_registry() == (IMPORT_ROWS_MAX,) * 3


def test_the_preview_says_what_a_changed_row_would_change_and_what_is_left_out(world):
    desk = world.browser("secretariat")
    content = b"name,category,email,Shoe size\nOrganisation participant,academia,participant@org.example,5\n"

    answer = desk.post(
        "/staff/stakeholders/import/",
        data={"file": (io.BytesIO(content), "l.csv"), "basis": "consent", "told": "sheet", "wording": "Sheet 3"},
    )
    queue().work_off()
    with reading() as db:
        made = db.query(StakeholderImport).order_by(StakeholderImport.id.desc()).first()
    page = desk.get(f"/staff/stakeholders/import/{made.ref}/?state=changed").text

    assert answer.status_code == 303
    assert made.ignored == ["Shoe size"]
    assert "Telephone" in page
    assert "cso" in page.split("<del>")[1].split("</del>")[0]
    assert "academia" in page.split("<ins>")[1].split("</ins>")[0]


def test_a_list_that_nobody_applied_is_removed_after_two_weeks_with_its_file(database):
    abandoned, kept = upload(as_csv(a_list(3))), upload(as_csv(a_list(2)))
    with writing() as db:
        db.get_one(StakeholderImport, kept).created_at = NOON + timedelta(days=1)
        key = db.get_one(StakeholderImport, abandoned).file_key
    later = NOON + timedelta(days=14, hours=1)

    with writing() as db:
        first = sweep_imports(db, now=later)
        second = sweep_imports(db, now=later)

    assert (first, second) == (4, 0)
    with reading() as db:
        assert [one.id for one in db.query(StakeholderImport)] == [kept]
        assert {one.import_id for one in db.query(ImportRow)} == {kept}
    with pytest.raises(FileNotFoundError):
        store().read(key)


def test_a_long_abandoned_list_goes_in_parts(database, monkeypatch):
    monkeypatch.setattr("consult.stakeholders.operations_import.SWEPT", 2)
    upload(as_csv(a_list(5)))
    found = []
    for _ in range(5):
        with writing() as db:
            found.append(sweep_imports(db, now=NOON + timedelta(days=15)))

    assert found == [2, 2, 2, 0, 0]
    with reading() as db:
        assert (db.query(ImportRow).count(), db.query(StakeholderImport).count()) == (0, 0)


@pytest.mark.database
@pytest.mark.parametrize("act", ["read_list", "apply_list"])
def test_a_list_that_is_to_go_is_neither_read_nor_applied(database, act):
    """An entry was protected while it waited, or while it was worked on: its rows would bring them back."""
    with writing() as db:
        key = store().keep(b"name,category\nAnother,cso\n", kind="lists")
        made = begin_import(db, file_name="x.csv", file_key=key, basis=Basis.NONE, by=Dalia(), now=NOON)
        doom_lists(db)
        task = a_task(db, f"stakeholders.{act}", made.id)

    getattr(jobs, act)(task.id)

    with reading() as db:
        assert db.get_one(Task, task.id).problem["en"] == str(ListDropped.message)
        assert db.get_one(StakeholderImport, made.id).state is ImportState.FAILED
        assert (db.query(ImportRow).count(), db.query(Stakeholder).count()) == (0, 0)


def test_a_list_that_goes_while_it_is_read_leaves_nothing(database, monkeypatch):
    with writing() as db:
        key = store().keep(b"name,category\nAnother,cso\n", kind="lists")
        made = begin_import(db, file_name="x.csv", file_key=key, basis=Basis.NONE, by=Dalia(), now=NOON)
        task = a_task(db, "stakeholders.read_list", made.id)

    def meanwhile(db):
        with writing() as another:
            doom_lists(another)
            drop_lists(another, before=NOON)
        return read_registry(db)

    monkeypatch.setattr(jobs.known, "read_registry", meanwhile)
    jobs.read_list(task.id)

    with reading() as db:
        assert db.get_one(Task, task.id).problem["en"] == str(ListDropped.message)
        assert (db.query(StakeholderImport).count(), db.query(ImportRow).count()) == (0, 0)

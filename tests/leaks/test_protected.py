"""Whoever is protected stands nowhere any more: in no row, no file, not in what the disk keeps of deleted rows, on no page."""

import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.consultations.models import Consultation
from consult.consultations.models_declared import Declared, OwnDeclaration
from consult.core import clock
from consult.core.db import Database, bound, reading, violated, writing
from consult.jobs.queue import queue
from consult.mail.keys import address_key
from consult.mailings.timeline import read_timeline
from consult.privacy import jobs_protecting, operations_protecting
from consult.privacy.operations_protecting import protect_entry
from consult.stakeholders.models import ContactPerson, Stakeholder
from consult.stakeholders.models_import import ImportRow, ImportState, StakeholderImport
from tests.custody.fixtures import ANA, NOON, desk  # noqa: F401
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.leaks.protected import EMAIL, OLD_EMAIL, STEMS, plant, traces_in_files, traces_in_rows

# Every table in which something of them stands beforehand: one that is missing here was planted nowhere.
PLANTED = {
    "stakeholder", "stakeholder_term", "contact_person", "stakeholder_import", "stakeholder_import_row", "seat",
    "participation_request", "subscription", "participant", "report_item", "outbox_mail", "journal_reason",
    "smart_group_entry", "smart_group_listed", "suppression", "name_wish", "fresh_link", "outreach_step", "consent",
}  # fmt: skip


@pytest.fixture
def planted(desk, tmp_path):  # noqa: F811
    """All of it, with a log that would tell."""
    handler, root = logging.FileHandler(tmp_path / "site.log"), logging.getLogger()
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.INFO)  # as a site that serves has it
    with clock.at(NOON):
        desk.appoint(ANA)
        entry = plant(desk, desk.open_round(takes_nameless=False), NOON)
        with writing() as db:  # what they said of themselves tells who it is without their name
            db.add(OwnDeclaration(stakeholder_id=entry.id, what=Declared.PARALLEL_REPORT, code="",
                                  consultation_id=db.query(Consultation.id).limit(1).scalar(), at=NOON))  # fmt: skip
        yield entry
    root.removeHandler(handler)
    root.setLevel(level)
    handler.close()
    assert (tmp_path / "site.log").read_text(encoding="utf-8"), "nothing that is done here says a word in the log"


def protect(desk, entry):  # noqa: F811
    with writing() as db:
        found = db.get_one(Stakeholder, entry.id)
        protect_entry(db, found, is_sure=True, next_url="/", by=desk.dalia, now=NOON)
    queue().work_off()


@pytest.mark.database
def test_a_protected_name_is_in_no_row_and_no_file(planted, desk, tmp_path):  # noqa: F811
    before, files = traces_in_rows(), traces_in_files([tmp_path])
    assert {table for table, _ in before} == PLANTED
    assert {stem for _, stem in before} == set(STEMS)
    assert {stem for _, stem in before} == set(STEMS)
    # of the files of PostgreSQL this test sees none: lists, exports and captured mails only
    assert {trace.canary for trace in files} == set(STEMS) - (set() if bound().is_sqlite else {"91827364"})

    protect(desk, planted)

    assert traces_in_rows() == set()
    assert traces_in_files([tmp_path]) == []
    assert not declarations()
    with reading() as db:
        assert [one.name for one in db.query(ContactPerson)] == ["Sana Quill"]


@pytest.mark.database
def test_no_list_of_before_stands_beside_the_code(planted, desk):  # noqa: F811
    """Whoever has the list at home would read the name in its line; and none of before is applied any more."""
    with reading() as db:
        assert "import" in {one.what for one in read_timeline(db, [planted.id])}
    with writing() as db:
        found = db.get_one(Stakeholder, planted.id)
        protect_entry(db, found, is_sure=True, next_url="/", by=desk.dalia, now=NOON)

    with reading() as db:  # before the work that clears the disk
        assert "import" not in {one.what for one in read_timeline(db, [planted.id])}
        assert {one.state for one in db.query(StakeholderImport)} == {ImportState.FAILED}
        assert db.query(ImportRow).count() > 0
    queue().work_off()
    with reading() as db:
        assert (db.query(StakeholderImport).count(), db.query(ImportRow).count()) == (0, 0)


def declarations():
    with reading() as db:
        return db.query(OwnDeclaration).count()


STEPS = [one.__name__ for one in operations_protecting.WIPE]


@pytest.mark.parametrize("step", STEPS)
def test_the_search_finds_what_each_step_takes_away(planted, desk, tmp_path, monkeypatch, step):  # noqa: F811
    """Positive control: without any one step something is found, or the database refuses."""
    left = tuple(one for one in operations_protecting.WIPE if one.__name__ != step)
    monkeypatch.setattr(operations_protecting, "WIPE", left)
    found = refused = None
    try:
        protect(desk, planted)
        found = traces_in_rows() | {(trace.place, trace.canary) for trace in traces_in_files([tmp_path])}
    except DBAPIError as problem:
        refused = violated(problem)

    assert found or refused or declarations()


@pytest.mark.parametrize("act", ["drop_files", "drop_captured", "forget_deleted"])
def test_the_search_finds_what_the_disk_would_keep(planted, desk, tmp_path, monkeypatch, act):  # noqa: F811
    """Positive control: without any one act of the job something is found in a file."""
    where = Database if act == "forget_deleted" else jobs_protecting
    monkeypatch.setattr(where, act, lambda *_args, **_named: True)

    protect(desk, planted)

    assert traces_in_files([tmp_path]) != []


@pytest.mark.database
def test_no_keyed_digest_of_the_address_stands_beside_the_code(planted, desk):  # noqa: F811
    """What stays of a mailbox is what its reader said of a list: it stands beside nothing that leads to the entry."""
    protect(desk, planted)

    found = set()
    with bound().engine.connect() as connection:
        for table in (
            "outbox_mail",
            "bounce",
            "suppression",
            "sign_up_mailbox",
            "leave_link",
            "participant",
            "left_address",
            "subscription",
        ):
            rows = [value for row in connection.execute(text(f'SELECT * FROM "{table}"')) for value in row]
            found |= {table for address in (EMAIL, OLD_EMAIL) if address_key(address) in rows}
    assert found == {"subscription"}

"""Whoever is protected goes on taking part: invited, commenting, answered, exported, copied; and stands nowhere all the same."""

import json
import re
import shutil
from datetime import timedelta

import pytest
from sqlalchemy import text

from consult.accounts.models import SessionKind, Staff, StaffState
from consult.accounts.operations import begin_session
from consult.consultations import doors
from consult.consultations.models import Participant
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.files import store
from consult.jobs.models import Task
from consult.jobs.operations import start_task
from consult.jobs.queue import queue
from consult.mail.captured import list_captured
from consult.mail.connection import mailbox
from consult.mail.delivery import post
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mailings import operations_deliveries
from consult.mailings.jobs import queue_campaign
from consult.mailings.models import CampaignKind
from consult.rounds import operations as rounds
from consult.rounds import queries
from consult.rounds.models import Comment, Consent, Round
from consult.stakeholders.jobs import EXPORT
from consult.stakeholders.known import read_registry
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.models_import import ImportState, StakeholderImport
from consult.stakeholders.operations_import import begin_import, keep_preview, preview_rows
from consult.stakeholders.sheets import read_sheet
from tests.custody.fixtures import ANA, NOON, desk  # noqa: F401
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.leaks.protected import COLLEAGUE, EMAIL, LIST, NAME, PHONE, traces_in, traces_in_files, traces_in_rows
from tests.leaks.test_protected import planted, protect  # noqa: F401
from tests.mailings.test_audiences import write
from tests.mailings.test_campaigns import send
from tests.reports.test_reports import AFTER, answer, publish_report
from tests.reports.test_reports import pages as report_pages
from tests.rounds.test_comments import a_remark
from tests.stakeholders.test_operations import add
from tests.support.told import SHEET

LATER = NOON + timedelta(days=3)  # one ordinary mail a day
UPR = "/staff/consultations/upr"
CALENDAR = (
    "/en/calendar/",
    "/ar/calendar/",
    *(f"/{code}/{path}calendar.ics" for code in ("en", "ar") for path in ("", "consultations/upr/")),
)
SEEN = (
    "/staff/stakeholders/", "/staff/stakeholders/doubles/", "/staff/stakeholders/{ref}/", f"{UPR}/participants/", f"{UPR}/",
    f"{UPR}/comments/", f"{UPR}/answers/?show=all", f"{UPR}/mailings/", "/staff/", "/staff/groups/", "/staff/requests/",
    "/staff/custody/", "/en/directory/", "/en/", "/en/consultations/upr/", "/en/lists/news/", "/en/lists/news/feed.atom",
    "/staff/mailing-lists/news/", *CALENDAR,
)  # fmt: skip


def fetch(desk):  # noqa: F811
    """What waits, as the officer's file; each is handed over."""
    by = desk.people[ANA.fingerprint]
    with writing() as db:
        content = operations_deliveries.fetch_deliveries(db, desk.officer(db, ANA), by=by, now=clock.now())
    with writing() as db:
        for one in db.query(PreparedDelivery).filter_by(state=DeliveryState.HANDED_OUT):
            operations_deliveries.close_delivery(db, one, reached=True, by=by, now=clock.now())
    return content


def comment_by_the_door(round_id, content):
    """Through the personal link that the officer handed over."""
    token = re.search(r"/door/([0-9a-f]{32})", content)[1]
    with writing() as db:
        through, found = doors.find_door(db, token), db.get_one(Round, round_id)
        doors.enter(db, through, now=NOON, lasts=timedelta(hours=1))
        quoted = queries.find_quoted(db, found.version_id, "1", ["en"])
        remark = a_remark(name="", organisation=through.participant.organisation, consent=Consent.WITHOUT_NAME)
        rounds.send_comment(db, found, quoted, remark, participant=through.participant, once="later", now=NOON)


def answer_all(desk):  # noqa: F811
    with writing() as db:
        for table in ("report_item", "frozen_report", "answer_release"):  # which was planted as prepared
            db.execute(text(f"DELETE FROM {table}"))
        refs = [one.ref for one in db.query(Comment)]
        here, round_ = desk.upr(db), db.query(Round).one()
    here.dalia = desk.dalia
    for ref in refs:
        answer(ref, here)
    publish_report(here, round_)


def export(desk):  # noqa: F811
    with writing() as db:
        tasks = [
            start_task(db, EXPORT, owner=desk.dalia.actor, subject=f"export:{kind}", next_url="/", now=clock.now())
            for kind in ("csv", "xlsx")
        ]
    queue().work_off()
    with reading() as db:
        return [store().read(db.get_one(Task, one.id).result_key) for one in tasks]


def browser_of(app, person):
    with writing() as db:
        db.get_one(Staff, person.id).state = StaffState.ACTIVE
        secret = begin_session(db, SessionKind.STAFF, person.actor, now=clock.now(), lasts=timedelta(hours=9))
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = secret, True
    return client


@pytest.mark.database
def test_a_protected_name_stays_out_of_all_that_comes_afterwards(planted, desk, app, tmp_path):  # noqa: F811
    protect(desk, planted)
    with reading() as db:
        entry, round_ = db.get_one(Stakeholder, planted.id), db.query(Round).one()
    add(name="Hill Town", email="hill@org.example", groups=(), news=True)

    with clock.at(LATER):
        campaign = write(CampaignKind.NEWS)
        send(campaign)
        queue_campaign(campaign.id)
        handed = fetch(desk)
        comment_by_the_door(round_.id, handed)
        post().deliver()
    with clock.at(AFTER):
        answer_all(desk)
        answered = fetch(desk)
        queue().work_off()
        post().deliver()
        made = export(desk)
        client = browser_of(app, desk.dalia)
        seen = {path: client.get(path.format(ref=entry.ref)) for path in SEEN}
        report = report_pages(client)

    assert entry.ref in json.loads(handed)["deliveries"]
    assert entry.ref in json.loads(answered)["deliveries"]
    assert {path: one.status_code for path, one in seen.items() if one.status_code != 200} == {}
    assert entry.ref not in seen[f"{UPR}/participants/"].text
    parts = [handed.encode(), answered.encode(), *made, *(one.get_data() for one in seen.values())]
    parts += [one.encode() for one in report.values()]
    assert set().union(*(traces_in(one) for one in parts)) == set()
    assert [one.to for one in list_captured(mailbox(post().settings))].count("hill@org.example") >= 1
    assert traces_in_rows() == set()
    shutil.copytree(tmp_path / "data", tmp_path / "copied")  # as a backup takes it
    assert traces_in_files([tmp_path]) == []


def test_a_list_with_the_name_makes_a_new_entry_and_no_double(planted, desk, app):  # noqa: F811
    protect(desk, planted)
    with writing() as db:
        key = store().keep(LIST.encode(), kind="lists")
        made = begin_import(
            db,
            file_name="again.csv",
            file_key=key,
            basis=Basis.CONSENT,
            told=SHEET,
            by=desk.dalia,
            now=NOON,
        )
        keep_preview(db, made.id, preview_rows(read_sheet(LIST.encode()).rows, read_registry(db), Basis.CONSENT))
        made.state = ImportState.PREVIEW
        ref = made.ref
    client = browser_of(app, desk.dalia)

    shown = client.get(f"/staff/stakeholders/import/{ref}/")

    with reading() as db:
        rows = db.execute(
            text(
                "SELECT state, stakeholder_id FROM stakeholder_import_row WHERE import_id ="
                " (SELECT max(id) FROM stakeholder_import) ORDER BY line"
            )
        ).all()
        entry = db.get_one(Stakeholder, planted.id)
        assert db.query(StakeholderImport).filter_by(ref=ref).one().state is ImportState.PREVIEW
    assert [tuple(row) for row in rows] == [("new", None), ("new", None)]
    assert shown.status_code == 200
    assert entry.ref not in shown.text
    assert entry.ref not in client.get("/staff/stakeholders/doubles/").text


def test_the_timeline_shows_a_code_and_the_list_of_participants_not_even_that(planted, desk, app):  # noqa: F811
    protect(desk, planted)
    with reading() as db:
        entry = db.get_one(Stakeholder, planted.id)
        assert {one.organisation for one in db.query(Participant).filter_by(stakeholder_id=entry.id)} == {entry.ref}
    client = browser_of(app, desk.dalia)

    timeline, listed = client.get(f"/staff/stakeholders/{entry.ref}/"), client.get(f"{UPR}/participants/")

    for page, has_code in ((timeline, True), (listed, False)):
        assert (page.status_code, entry.ref in page.text, traces_in(page.get_data())) == (200, has_code, set())


PLACES = (  # of an entry: whatever is written of it, whoever names somebody there
    ("consult.site.calendar_file._sentence", lambda _entry: f"{'x' * 58} {NAME} asked"),  # folded within the name
    ("consult.site.calendar_file.uid_of", lambda entry, _key: f"{entry.number}-{entry.what}-{EMAIL}"),
    ("consult.site.calendar.Entry.note", property(lambda _entry: f"Asked for by {COLLEAGUE}, {PHONE}")),
)


@pytest.mark.parametrize(("place", "says"), PLACES)
def test_the_search_finds_a_name_in_the_calendar(planted, desk, app, monkeypatch, place, says):  # noqa: F811
    """Positive control: a name that got into an entry is found, on the page or in the folded lines of the files."""
    client = app.test_client()
    with clock.at(AFTER):
        assert {path: traces_in(client.get(path).get_data()) for path in CALENDAR} == {path: set() for path in CALENDAR}
        assert b"UID" in client.get(CALENDAR[-1]).get_data()

        monkeypatch.setattr(place, says)
        monkeypatch.setattr("consult.site.views_calendar._made", {})  # the same entries: it would be the file of before

        found = {path for path in CALENDAR if traces_in(client.get(path).get_data())}
    assert {path for path in CALENDAR if path.endswith(".ics")} <= found

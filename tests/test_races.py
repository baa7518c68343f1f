"""Two clicks at once, through the pages, on both databases: one effect, one mail, and never a fault."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from consult.consultations import doors
from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import bound, reading, writing
from consult.jobs.queue import queue
from consult.mail.bounces import Returned
from consult.mail.keys import bounce_token, header_token
from consult.mail.models import Mail
from consult.mail.operations import claim_this_mail, queue_mail
from consult.mail.operations_bounces import Ingested, ingest_bounce
from consult.mailings.jobs import queue_campaign
from consult.mailings.models import Campaign
from consult.stakeholders.models import Stakeholder
from tests.support.together import together
from tests.support.world import NOON, World, again
from tests.test_hostile_input import FORMS, address, texts
from tests.test_stale_forms import form_of

pytestmark = pytest.mark.database

UPR = "/en/consultations/upr/"
DESK = "/staff/consultations/upr/"
OTHER = "/staff/consultations/other/"
GROWN = {"sqlite": "grown_world", "postgresql": "grown_on_postgresql"}


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A copy of the data of a world, for this test alone, on the database that is asked for."""
    grown: tuple[Any, ...] = request.getfixturevalue(GROWN[request.param])
    shutil.copytree(grown[0] / "data", tmp_path / "data")
    if request.param == "sqlite":
        yield f"sqlite:///{shutil.copyfile(grown[0] / 'consult.db', tmp_path / 'consult.db')}"
        return
    cluster = request.getfixturevalue("cluster")
    name = cluster.create(grown[2])
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def world(request: pytest.FixtureRequest, app: Flask) -> Iterator[World]:
    """A world of the test's own in it."""
    app.config["WTF_CSRF_ENABLED"] = False
    kept = request.getfixturevalue(GROWN["sqlite" if bound().is_sqlite else "postgresql"])[1]
    with clock.at(NOON):
        yield again(kept, app)


def clicks(world: World, *sent: tuple[str, str, dict[str, Any]]) -> list[int]:
    """The statuses of forms sent at once, each (who, address, form) from a browser of its own, in ascending order."""

    def click(who: str, path: str, form: dict[str, Any]) -> int:
        return world.browser(who).post(path, data=form).status_code

    return sorted(together(*(lambda one=one: click(*one) for one in sent)))


def count(query: str, **values: Any) -> int:
    with reading() as db:
        return db.execute(text(f"SELECT count(*) FROM {query}"), values).scalar_one()


COMMENT = {
    "text": "ONCE",
    "name": "Ana",
    "consent": "with_name",
    "category": "",
    "act": "send",
    "once": "the-key",
    "version": "2",
}


@pytest.mark.parametrize("who", ["visitor", "participant"])
def test_a_comment_sent_twice_at_once_is_one_comment_and_both_see_it_sent(world: World, who: str):
    people = count("participant")

    statuses = clicks(world, *[(who, f"{UPR}comment/2/", COMMENT)] * 2)

    assert statuses == [303, 303]
    assert count("comment WHERE text = 'ONCE'") == 1
    assert count("participant") == people + (who == "visitor")


def test_a_comment_kept_twice_at_once_is_kept_once(world: World):
    statuses = clicks(world, *[("participant", f"{UPR}comment/3/", {**COMMENT, "act": "save"})] * 2)

    assert statuses == [303, 303]
    assert count("comment_draft WHERE text = 'ONCE'") == 1


def test_what_was_kept_is_sent_once(world: World):
    before = count("comment")

    statuses = clicks(world, *[("participant", f"{UPR}my-comments/send/", {})] * 2)

    assert statuses == [303, 303]
    assert count("comment") == before + 1
    assert count("comment_draft") == 1  # of someone else


def test_sending_and_throwing_away_at_once_does_one_of_the_two(world: World):
    before = count("comment")

    statuses = clicks(
        world, ("participant", f"{UPR}my-comments/send/", {}), ("participant", f"{UPR}my-comments/2/throw-away/", {})
    )

    assert statuses == [303, 303]
    assert count("comment") in (before, before + 1)
    assert count("comment_draft") == 1


def test_a_comment_is_withdrawn_once(world: World):
    statuses = clicks(world, *[("participant", f"{UPR}my-comments/{world.ids['upr']['own']}/withdraw/", {})] * 2)

    assert statuses == [303, 409]
    assert count("comment WHERE withdrawn_at IS NOT NULL") == 1


def test_a_withdrawal_and_an_answer_at_once_leave_no_word_of_the_comment(world: World):
    own = world.ids["upr"]["own"]

    statuses = clicks(
        world,
        ("participant", f"{UPR}my-comments/{own}/withdraw/", {}),
        ("facilitator", f"{DESK}answers/{own}/answer/", {"outcome": "noted", "reason": "Why"}),
    )

    assert statuses in ([303, 303], [303, 409])
    assert count("comment WHERE ref = :own AND text = '' AND withdrawn_at IS NOT NULL", own=own) == 1


def test_two_answers_at_once_are_both_in_the_history(world: World):
    path = f"{DESK}answers/{world.ids['upr']['own']}/answer/"

    statuses = clicks(
        world,
        ("secretariat", path, {"outcome": "noted", "reason": "FIRST"}),
        ("facilitator", path, {"outcome": "not_accepted", "reason": "SECOND"}),
    )

    with reading() as db:
        kept = db.execute(text("SELECT number, reason FROM disposition WHERE reason IN ('FIRST', 'SECOND')")).all()
        holds = db.execute(text("SELECT holds FROM response ORDER BY id DESC LIMIT 1")).scalar_one()
    assert statuses == [303, 303]
    assert (sorted(number for number, _ in kept), {reason for _, reason in kept}) == ([1, 2], {"FIRST", "SECOND"})
    assert holds == 2


def test_a_report_is_published_once_and_each_gets_one_mail(world: World):
    before = count("report")

    statuses = clicks(world, *[("secretariat", f"{OTHER}report/publish/", {"kind": "final"})] * 2)

    assert statuses == [303, 409]
    assert count("report") == before + 1
    assert count("outbox_mail WHERE cause = (SELECT 'report:' || max(id) FROM report)") == 1


def test_an_answer_while_the_report_is_published_is_in_it_or_refused(world: World):
    statuses = clicks(
        world,
        ("secretariat", f"{OTHER}report/publish/", {"kind": "final"}),
        (
            "secretariat",
            f"{OTHER}answers/{world.ids['other']['comment']}/answer/",
            {"outcome": "accepted", "reason": "LATE"},
        ),
    )

    with reading() as db:
        document = db.execute(text("SELECT content FROM frozen_report ORDER BY id DESC LIMIT 1")).scalar_one()
    assert statuses in ([303, 303], [303, 409])
    assert ("LATE" in str(document)) is (count("disposition WHERE reason = 'LATE'") == 1)


def test_a_campaign_is_asked_for_approved_and_sent_once_and_each_gets_one_mail(world: World):
    before = count("campaign_approval")  # of others of this world
    path = f"{DESK}mailings/{world.ids['upr']['campaign']}/"
    asked = clicks(world, *[("secretariat", f"{path}submit/", {"starts": ""})] * 2)
    queue().work_off()
    page = world.browser("approver").get(path)
    form = form_of(page, f"{path}approve/")

    statuses = clicks(world, *[("approver", f"{path}approve/", form)] * 2)
    with reading() as db:
        campaign = db.query(Campaign.id).filter_by(ref=world.ids["upr"]["campaign"]).scalar()
    together(lambda: queue_campaign(campaign), lambda: queue_campaign(campaign))
    queue().work_off()

    listed = count("campaign_recipient WHERE why_not IS NULL")
    assert (asked, statuses) == ([303, 409], [303, 409])
    assert listed > 0
    assert count("campaign_approval") == before + 1
    by_officer = count("delivery WHERE template = 'campaign'")  # to somebody protected
    assert count("outbox_mail WHERE template = 'campaign'") + by_officer == listed
    assert count("(SELECT DISTINCT person FROM outbox_mail WHERE template = 'campaign') AS p") + by_officer == listed


def test_a_round_is_opened_once(world: World):
    form = {"closes_on": "2027-05-01", "audience": "invited"}

    statuses = clicks(world, *[("secretariat", f"{OTHER}round/open/", form)] * 2)

    assert statuses == [303, 409]
    assert count("round WHERE number = 2") == 2  # one in each consultation


def test_a_round_is_extended_and_each_extension_mailed_once(world: World):
    statuses = clicks(world, *[("approver", f"{DESK}round/extend/", {"closes_on": "2027-05-01"})] * 2)

    assert statuses == [303, 422]
    assert count("outbox_mail WHERE template = 'round_extended'") == 2  # participants of this consultation


def test_a_version_is_published_once(world: World):
    statuses = clicks(world, *[("approver", f"{DESK}draft/publish/", {})] * 2)

    assert statuses == [303, 409]
    assert count("journal_entry WHERE event = 'draft.published' AND CAST(codes AS TEXT) LIKE '%upr%'") == 3


def test_two_acts_on_a_consultation_at_once_count_as_two_revisions(world: World):
    """Pages that caches keep are named by the revision: were one lost, a page from between the two would stay."""
    with reading() as db:
        before = db.execute(text("SELECT revision FROM consultation WHERE slug = 'upr'")).scalar_one()

    statuses = clicks(
        world,
        ("approver", f"{DESK}draft/publish/", {}),
        ("secretariat", f"{DESK}round/extend/", {"closes_on": "2027-05-01"}),
    )

    assert statuses == [303, 303]
    assert count("consultation WHERE slug = 'upr' AND revision = :after", after=before + 2) == 1


def test_a_list_is_applied_once(world: World):
    path = f"/staff/stakeholders/import/{world.ids['']['import']}/apply/"
    before = count("stakeholder")

    statuses = clicks(world, *[("secretariat", path, {})] * 2)
    tasks = count("task WHERE kind = 'stakeholders.apply_list'")
    queue().work_off()

    assert (statuses, tasks) == ([303, 303], 1)
    assert count("stakeholder") == before + 2, "one is new, and one that may be there already"


@pytest.mark.parametrize(
    ("endpoint", "statuses", "rows"),
    [
        ("accounts_staff.add_person", [200, 409], "staff WHERE email = 'n@x.example'"),
        ("stakeholders_staff.add_stakeholder", [303, 409], "stakeholder WHERE email = 'n@org.example'"),
        ("consultations_staff.create_consultation", [303, 409], "consultation WHERE slug = 'new'"),
        (
            "consultations_staff.edit_team",
            [303, 303],
            "team_member JOIN staff ON staff.id = staff_id WHERE name = 'Elsewhere'",
        ),
        ("drafts_staff.correct_upload", [303, 409], "draft_upload WHERE edition = 2"),
        ("responses_staff.redact_comment", [303, 409], "redaction"),
        ("rounds_public.ask_for_link", [200, 200], "outbox_mail WHERE template = 'personal_link'"),
    ],
)
def test_the_same_form_twice_at_once_has_one_effect(world: World, endpoint: str, statuses: list[int], rows: str):
    who, fields = FORMS[endpoint]

    before = count(rows)

    assert clicks(world, *[(who, address(world, endpoint), fields)] * 2) == statuses
    assert count(rows) == before + 1


def test_no_form_sent_twice_at_once_ends_in_a_fault(world: World):
    """One after the other, on what those before left: only that each of the two gets an answer."""
    wrong = {}
    for endpoint, (who, fields) in FORMS.items():
        try:
            statuses = clicks(world, *[(who, address(world, endpoint), texts(fields))] * 2)
        except Exception as problem:
            statuses = [f"{type(problem).__name__} {str(problem)[:150]}"]
        if not all(status in (200, 202, 303, 403, 404, 409, 410, 422) for status in statuses):
            wrong[endpoint] = statuses

    assert wrong == {}


def test_leaving_twice_at_once_is_one_act(world: World):
    path = f"/en/leave/{header_token(world.ids['participant']['leave'])}"
    one_click = ("visitor", path, {"List-Unsubscribe": "One-Click"})

    assert clicks(world, one_click, one_click) == [200, 200]

    assert count("leaving") == 1
    assert count("participant WHERE left_at IS NOT NULL") == 1


def test_leaving_everything_from_two_consultations_at_once_stops_the_mailbox_once(world: World):
    with writing() as db:
        entry = db.query(Stakeholder).filter_by(name="Organisation participant").one()
        elsewhere = db.query(Consultation).filter_by(slug="other").one()
        made = doors.admit_stakeholder(db, elsewhere, entry, now=NOON)
        token = doors.leave_token_of(doors.door_of(db, made))
    paths = [f"/en/leave/{header_token(one)}" for one in (world.ids["participant"]["leave"], token)]

    assert clicks(world, *(("visitor", path, {"scope": "everything", "once": path}) for path in paths)) == [200, 200]

    assert (count("leaving"), count("left_address")) == (2, 1)
    assert count("consent WHERE stakeholder_id = :id AND how = 'link'", id=entry.id) == 1


def test_writing_again_twice_at_once_is_said_once(world: World):
    path = f"/staff/suppressions/{world.ids['']['suppression']}/lift/"

    assert clicks(world, *(("secretariat", path, {"note": note}) for note in ("One", "Two"))) == [303, 409]

    assert count("journal_entry WHERE event = 'mail.suppression_lifted'") == 1


def test_two_reports_at_once_suppress_an_address_once(world: World):
    tokens = []
    with writing() as db:
        for number in (1, 2):
            mail = Mail("test", "stakeholder:9", f"c:{number}", "gone@x.example", "en")
            queued = queue_mail(db, mail, now=NOON)
            claim_this_mail(db, queued.id, lease=timedelta(minutes=5), domain="x.example", now=NOON)
            tokens.append(bounce_token(queued.id))

    def report(token: str) -> Ingested:
        with writing() as db:
            return ingest_bounce(db, Returned((token,), "5.1.1"), now=NOON)

    said = together(*(lambda token=token: report(token) for token in (*tokens, tokens[0])))

    assert set(said) <= {Ingested.SUPPRESSED, Ingested.NOTED}
    assert (count("bounce"), count("suppression WHERE ref <> 'sup'")) == (2, 1)

"""The personal link of a protected person in wrong hands: an officer replaces it, and hands the new one over."""

import re
from datetime import timedelta

import pytest

from consult.audit.models import JournalEntry
from consult.consultations import doors
from consult.consultations.models import Consultation, ConsultationState, Participant
from consult.core import clock
from consult.core.db import reading, writing
from consult.custody import rules as custody
from consult.custody.models import Officer
from consult.mail.models import OutboxMail
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mailings import operations_deliveries
from consult.privacy import operations_links as operations
from consult.privacy import queries_links, rules_protecting
from consult.privacy.operations_protecting import protect_entry
from consult.stakeholders.models import Basis, Stakeholder
from tests.custody.fixtures import ANA, NOON, desk, journal  # noqa: F401
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.stakeholders.test_operations import add
from tests.support.world import PROTECTED, World

PAGE = f"/staff/protected/{PROTECTED}/links/"


@pytest.fixture
def entry(desk, monkeypatch):  # noqa: F811
    """A protected entry that takes part, whose name and address stood here before."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    desk.appoint(ANA)
    desk.open_round(takes_nameless=False)
    made = add(name="River Village", email="river@org.example", groups=())
    with writing() as db:
        known = db.get_one(Stakeholder, made.id)
        doors.door_of(db, doors.admit_stakeholder(db, desk.upr(db), known, now=NOON))
        return protect_entry(db, known, is_sure=True, next_url="/", by=desk.dalia, now=NOON)[0]


def links(entry):
    with reading() as db:
        return queries_links.list_links(db, db.get_one(Stakeholder, entry.id))


def replace(desk, entry, officer=None):  # noqa: F811
    with writing() as db:
        known, one = db.get_one(Stakeholder, entry.id), db.query(Participant).one()
        operations.replace_link(
            db, known, one, officer=officer or db.query(Officer).one(), by=desk.people[ANA.fingerprint], now=NOON
        )


def token():
    with reading() as db:
        return doors.token_of(doors.door_of(db, db.query(Participant).one()))


def prepared():
    with reading() as db:
        return [(one.template, one.state) for one in db.query(PreparedDelivery).order_by(PreparedDelivery.id)]


def fetch(desk):  # noqa: F811
    with writing() as db:
        officer = db.query(Officer).one()
        return operations_deliveries.fetch_deliveries(db, officer, by=desk.people[ANA.fingerprint], now=NOON)


@pytest.mark.database
def test_replace_link_ends_the_old_one_with_its_visits_and_an_officer_hands_the_new_one_over(desk, entry):  # noqa: F811
    with writing() as db:
        old, found = token(), doors.find_door(db, token())
        secret = doors.enter(db, found, now=NOON, lasts=timedelta(days=1))

    replace(desk, entry)

    with reading() as db:
        assert doors.find_door(db, old) is None
        assert doors.find_entered(db, db.query(Consultation).one(), secret, now=NOON) is None
        assert db.query(OutboxMail).filter_by(template="personal_link").count() == 0
    assert prepared() == [("personal_link", DeliveryState.FOR_OFFICER)]
    content = fetch(desk)
    assert token() in content
    assert old not in content
    with reading() as db:
        told = [
            (one.event, one.codes) for one in db.query(JournalEntry).filter(JournalEntry.event.endswith("replaced"))
        ]
    assert told == [("entry.link_replaced", {"stakeholder": entry.ref})]


@pytest.mark.database
def test_a_link_replaced_again_leaves_one_to_hand_over(desk, entry):  # noqa: F811
    replace(desk, entry)
    replace(desk, entry)
    assert prepared() == [("personal_link", DeliveryState.DROPPED), ("personal_link", DeliveryState.FOR_OFFICER)]
    fetch(desk)

    replace(desk, entry)

    assert [state for _template, state in prepared()] == [
        DeliveryState.DROPPED, DeliveryState.DROPPED, DeliveryState.FOR_OFFICER
    ]  # fmt: skip
    assert token() in fetch(desk)


def test_the_link_of_whoever_left_or_gave_no_reason_to_write_ends_and_none_is_prepared(desk, entry):  # noqa: F811
    old = token()
    with writing() as db:
        db.get_one(Stakeholder, entry.id).basis = Basis.NONE

    replace(desk, entry)

    assert [one.hears for one in links(entry)] == [False]
    assert prepared() == []
    with reading() as db:
        assert doors.find_door(db, old) is None


def test_replace_link_is_for_officers_who_serve_and_not_noted_otherwise(desk, entry):  # noqa: F811
    before = token()

    with pytest.raises(custody.NotAnOfficer):
        replace(desk, entry, officer=Officer(appointed_at=None, ended_at=None))

    assert token() == before
    assert journal("%link_replaced") == []


def test_check_replace_link_leaves_the_links_of_others_to_whoever_invites():
    with pytest.raises(rules_protecting.LinkOfOthers):
        rules_protecting.check_replace_link(Stakeholder(protection="staff"))


def test_archived_consultations_have_no_links(desk, entry):  # noqa: F811
    assert [one.slug for one in links(entry)] == ["upr"]
    with writing() as db:
        here = db.query(Consultation).one()
        here.state, here.archived_at = ConsultationState.ARCHIVED, NOON

    assert links(entry) == []


def test_the_officers_page_replaces_a_link_and_says_nothing_of_who_it_is(world: World):
    officer, protected = world.browser("protection_officer"), world.browser("protected_one")
    mine = "/en/consultations/upr/my-entry/"
    assert protected.get(mine).status_code == 200

    listed, page = officer.get("/staff/protected/").text, officer.get(PAGE)
    pressed = officer.post(f"{PAGE}upr/replace/")
    after = officer.get(pressed.headers["Location"])

    assert PAGE in listed
    assert (page.status_code, pressed.status_code, after.status_code) == (200, 303, 200)
    assert len(re.findall("Replace the personal link", page.text)) == 1
    assert "The old link leads nowhere any more." in after.text
    assert "The new one waits" in after.text
    assert "leads nowhere any more" not in officer.get(f"{PAGE}?replaced=elsewhere").text
    assert protected.get(mine).status_code == 403
    with reading() as db:
        assert db.query(PreparedDelivery).filter_by(template="personal_link").count() == 1


def test_the_page_is_of_protected_entries_and_of_where_they_take_part(world: World):
    officer, of_others = world.browser("protection_officer"), world.ids[""]["stakeholder"]

    answers = [officer.get(f"/staff/protected/{of_others}/links/")]
    answers += [officer.post(f"/staff/protected/{ref}/links/{slug}/replace/") for ref, slug in (
        (of_others, "upr"), (PROTECTED, "nowhere")
    )]  # fmt: skip

    assert [one.status_code for one in answers] == [404, 404, 404]
    assert journal("%link_replaced") == []


def test_that_an_officer_did_it_stands_in_the_journal_and_not_on_the_page_of_the_code(world: World):
    world.browser("protection_officer").post(f"{PAGE}upr/replace/")

    page = world.browser("secretariat").get(f"/staff/stakeholders/{PROTECTED}/").text
    assert "Personal link replaced" not in page, "it would say to what they are invited: decision 0028"
    assert len(journal("%link_replaced")) == 1

"""Erasing a protected person at once: by an officer, and by themselves behind their door. Nothing leads to them afterwards."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from consult.audit import record
from consult.audit.models import JournalReason
from consult.consultations import doors
from consult.consultations.models import Participant
from consult.consultations.models_entry import EntryChange
from consult.consultations.rules_entry import CorrectedWhole, check_change_language
from consult.core import clock
from consult.core.db import reading, writing
from consult.custody import rules as custody
from consult.custody.models import Officer, SealedEntry
from consult.custody.rules_sealed import EntryRefused
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mailings.jobs import queue_campaign
from consult.mailings.models_outreach import Outreach, OutreachState
from consult.privacy import operations_erasing as operations
from consult.privacy import rules_protecting as rules
from consult.privacy.operations_protecting import protect_entry
from consult.rounds.models import CommentDraft, Round
from consult.rounds.operations_drafts import save_comment_draft
from consult.stakeholders.models import Basis, Consent, Protection, Purpose, Stakeholder
from consult.stakeholders.rules import LanguageNotOurs
from tests.custody.fixtures import ANA, BEN, NOON, desk, journal  # noqa: F401
from tests.custody.making import entries_file, entry_of
from tests.custody.test_sealed import take
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.mailings.test_campaigns import send, write
from tests.rounds.test_comments import a_remark
from tests.stakeholders.test_operations import add
from tests.support.world import NOON as PRESENT
from tests.support.world import PROTECTED, World, everything

MINE = "/en/consultations/upr/my-entry/"


@pytest.fixture
def entry(desk, monkeypatch):  # noqa: F811
    """A protected entry with all that could lead to it: deliveries, an open letter, a draft, sessions, words of staff."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    desk.appoint(ANA)
    round_ = desk.open_round(takes_nameless=False)
    made, campaign = add(name="River Village", email="", postal_address="12 River Road", news=True, groups=()), write()
    send(campaign)
    queue_campaign(campaign.id)
    with writing() as db:
        kept, _task = protect_entry(
            db, db.get_one(Stakeholder, made.id), is_sure=True, next_url="/", by=desk.dalia, now=NOON
        )
        taking = db.query(Participant).one()
        save_comment_draft(db, db.get_one(Round, round_.id), taking, "1", a_remark(consent=None), now=NOON)
        record(db, "entry.handed_out", by=desk.dalia, reason="She of the lake", stakeholder=kept.ref, why="other")
        db.execute(text("UPDATE outreach SET state = 'to_print'"))  # as if it had been called off too late
    return kept


def session_of(desk):  # noqa: F811
    """Through the door of the one who takes part. Returns the secret, and the door's token."""
    with writing() as db:
        taking = db.query(Participant).one()
        token = doors.token_of(doors.door_of(db, taking))
        return doors.enter(db, doors.find_door(db, token), now=NOON, lasts=timedelta(days=1)), token


def erase(desk, entry, maker=ANA):  # noqa: F811
    with writing() as db:
        found = db.get_one(Stakeholder, entry.id)
        operations.erase_entry(db, found, officer=desk.officer(db, maker), by=desk.people[maker.fingerprint], now=NOON)


@pytest.mark.database
def test_erase_entry_leaves_a_code_and_nothing_that_leads_anywhere(desk, entry):  # noqa: F811
    secret, token = session_of(desk)

    erase(desk, entry)

    with reading() as db:
        after, taking = db.get_one(Stakeholder, entry.id), db.query(Participant).one()
        assert (after.protection, after.basis, after.news, after.left_at) == (
            Protection.PROTECTED,
            Basis.NONE,
            False,
            NOON,
        )
        assert (taking.name, taking.organisation, taking.erased_at, taking.left_at) == ("", "", NOON, NOON)
        assert doors.find_door(db, token) is None
        assert doors.find_entered(db, desk.upr(db), secret, now=NOON) is None
        assert [one.state for one in db.query(PreparedDelivery)] == [DeliveryState.DROPPED]
        assert [one.state for one in db.query(Outreach)] == [OutreachState.LEFT_OUT]
        assert (db.query(CommentDraft).count(), db.query(SealedEntry).count()) == (0, 0)
        assert [one.text for one in db.query(JournalReason)] == [None]
        assert {one.wording for one in db.query(Consent)} == {""}
        acts = [(one.purpose, one.basis) for one in db.query(Consent).filter_by(how="officer").order_by(Consent.id)]
    assert acts == [(Purpose.CONSULTATIONS, Basis.NONE), (Purpose.NEWS, Basis.NONE)]
    assert journal("entry.erased")[0][1].count(entry.ref) == 1


LEFT = {
    "_deliveries": lambda db: db.query(PreparedDelivery).filter_by(state=DeliveryState.FOR_OFFICER).count(),
    "_letters": lambda db: db.query(Outreach).filter_by(state=OutreachState.TO_PRINT).count(),
    "_drafts": lambda db: db.query(CommentDraft).count(),
    "_participants": lambda db: db.query(Participant).filter_by(erased_at=None).count(),
    "_words_of_staff": lambda db: db.query(JournalReason).filter(JournalReason.text.is_not(None)).count(),
}


@pytest.mark.parametrize("step", [one.__name__ for one in operations.AT_ONCE])
def test_each_step_takes_away_what_nothing_else_does(desk, entry, monkeypatch, step):  # noqa: F811
    left = tuple(one for one in operations.AT_ONCE if one.__name__ != step)
    monkeypatch.setattr(operations, "AT_ONCE", left)

    erase(desk, entry)

    with reading() as db:
        assert {name for name, count in LEFT.items() if count(db)} == {step}


def test_erase_entry_said_twice_stands_in_the_journal_once_and_is_an_officers_act(desk, entry):  # noqa: F811
    waiting = desk.hand_in(BEN)

    with pytest.raises(custody.NotAnOfficer), writing() as db:
        operations.erase_entry(
            db, db.get_one(Stakeholder, entry.id), officer=db.get_one(Officer, waiting.id), by=desk.boss, now=NOON
        )
    erase(desk, entry)
    erase(desk, entry)

    assert len(journal("entry.erased")) == 1


def test_check_erase_entry_is_for_protected_ones(desk, entry):  # noqa: F811
    other = add(name="Known to all", groups=())

    with pytest.raises(rules.NotProtected):
        erase(desk, other)
    with pytest.raises(rules.NotProtected):
        rules.check_erase_myself(other, is_sure=True)
    with pytest.raises(rules.NotUnderstood):
        rules.check_erase_myself(entry, is_sure=False)
    rules.check_erase_myself(entry, is_sure=True)


def test_what_was_erased_comes_back_by_no_file(desk):  # noqa: F811
    desk.appoint(ANA)
    content = entries_file(ANA, [entry_of("bcdefghj23", [ANA])])
    take(desk, content)
    with reading() as db:
        made = db.query(Stakeholder).one()

    erase(desk, made)

    for edition in (1, 2):
        with pytest.raises(EntryRefused):
            take(desk, entries_file(ANA, [entry_of("bcdefghj23", [ANA], edition=edition)]))


def protected_of() -> Stakeholder:
    with reading() as db:
        return db.query(Stakeholder).filter_by(ref=PROTECTED).one()


def test_behind_their_door_a_protected_one_erases_themselves_knowingly(world: World):
    browser, before = world.browser("protected_one"), everything()

    asked = browser.get(f"{MINE}erase/")
    unsure = browser.post(f"{MINE}erase/", data={})

    assert (asked.status_code, unsure.status_code, everything() == before) == (200, 422, True)
    assert "It cannot be undone." in asked.text
    done = browser.post(f"{MINE}erase/", data={"is_sure": "y"})
    assert (done.status_code, "You are erased here" in done.text) == (200, True)
    assert browser.get(MINE).status_code == 403
    with reading() as db:
        assert (db.query(SealedEntry).count(), protected_of().left_at) == (0, PRESENT)
        assert db.query(PreparedDelivery).one().state is DeliveryState.DROPPED
        acts = [(one.how, one.by) for one in db.query(Consent).filter_by(stakeholder_id=protected_of().id)]
    assert acts[-1] == ("link", "self")
    assert journal("entry.erased") == []  # their own act
    assert PROTECTED not in world.browser("protection_officer").get("/staff/protected/").text


def test_who_is_not_protected_erases_nothing_so(world: World):
    browser, before = world.browser("participant"), everything()

    codes = [browser.get(f"{MINE}erase/").status_code, browser.post(f"{MINE}erase/", data={"is_sure": "y"}).status_code]

    assert (codes, everything() == before) == ([409, 409], True)


def test_a_protected_one_changes_the_language_alone_and_is_told_who_changes_the_rest(world: World):
    browser, before = world.browser("protected_one"), protected_of()

    page = browser.get(MINE).text
    kept = browser.post(f"{MINE}language/", data={"language": "ar"})

    assert kept.status_code == 303
    assert protected_of().language == "ar" != before.language
    with reading() as db:
        assert [one.field for one in db.query(EntryChange).filter_by(stakeholder_id=before.id)] == ["language"]
    assert "speak to the officer who writes to you" in page
    assert re.search(r"/en/leave/[0-9a-f]+", page)
    after = everything()
    refused = [
        browser.get(f"{MINE}edit/"),
        browser.post(f"{MINE}edit/", data={"name": "Nadia", "language": "en"}),
        browser.get(f"{MINE}contacts/new/"),
        browser.post(f"{MINE}agree/", data={"purpose": "directory", "agrees": "yes"}),
        browser.post(f"{MINE}link/", data={"act": "take"}),
    ]
    assert ([one.status_code for one in refused], everything() == after) == ([409] * 5, True)
    assert browser.post(f"{MINE}language/", data={"language": "tlh"}).status_code == 422


def test_a_protected_one_says_no_to_news_and_not_yes(world: World):
    browser = world.browser("protected_one")
    with writing() as db:
        db.get_one(Stakeholder, protected_of().id).news = True

    offered = "No more news" in browser.get(MINE).text
    said = browser.post(f"{MINE}agree/", data={"purpose": "news", "agrees": "no"})

    assert (offered, said.status_code, protected_of().news) == (True, 303, False)
    assert "No more news" not in browser.get(MINE).text
    assert browser.post(f"{MINE}agree/", data={"purpose": "news", "agrees": "yes"}).status_code == 409


def test_check_change_language_is_for_protected_ones_and_languages_of_ours(world: World):
    with reading() as db:
        known = db.get_one(Stakeholder, world.ids["participant"]["id"])

    check_change_language(protected_of(), "ar")
    with pytest.raises(LanguageNotOurs):
        check_change_language(protected_of(), "tlh")
    with pytest.raises(CorrectedWhole):
        check_change_language(known, "ar")

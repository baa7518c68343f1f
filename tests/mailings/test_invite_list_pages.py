"""The pages of an invitation to a mailing list: the choice, the words and the whole mail for each kind of reader, the reasons."""

import pytest
from lxml import html

from consult.consultations.models import FOR_INVITED, Consultation, Window
from consult.core.db import bound, reading, writing
from consult.core.i18n import use_language
from consult.mailings import audiences, operations_approval, operations_queueing
from consult.mailings.forms import ready_made_words
from consult.mailings.jobs import prepare_campaign
from consult.mailings.models import Campaign, CampaignKind
from tests.drafts.test_operations import NOON
from tests.mailings.test_audiences import UPR
from tests.mailings.test_campaigns import Sender, approve, mails
from tests.mailings.test_invite_list import invite
from tests.mailings.test_lists import make_list, put_on
from tests.mailings.test_pacing import people
from tests.mailings.test_queueing import WHOLE, queue_chunk
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.support.statements import plans_of, statements_of
from tests.support.world import World

TYPED = {f"{part}_{code}": "Words" for part in ("subject", "body") for code in ("en", "ar")}


# All who signed up, all who take part, all of another campaign, all mails that were dropped: by an index, and yet more with each chunk.
WHOLE_LIST = (
    "ix_subscription_state (list_id=? AND state=?)", "ix_participant_consultation_id (consultation_id=?)",
    "_recipient_3 (campaign_id=?)", "_mail_state (state=?)",
)  # fmt: skip


@pytest.fixture
def written(world: World):
    """The desk, and the address of an invitation to the world's list, on which is somebody in no registry."""
    desk = world.browser("secretariat")
    return desk, desk.post(f"{UPR}/new/invitation/", data={**TYPED, "audience": "list:news"}).location


def content(answer):
    return " ".join(html.fromstring(answer.get_data()).text_content().split())


def test_the_form_offers_lists_in_plain_words_and_says_what_becomes_of_them(world: World):
    form = html.fromstring(world.browser("secretariat").get(f"{UPR}/new/invitation/").get_data())
    offered = {
        one.get("value"): form.find(f".//label[@for='{one.get('id')}']").text
        for one in form.iterfind(".//input[@name='audience']")
    }

    assert list(offered)[:2] == ["registry", "participants"]
    assert offered["list:news"] == "Mailing list: News name"
    assert "those who are in the registry get a personal link, the others the public page" in form.text_content()
    with reading() as db:
        upr = db.query(Consultation).filter_by(slug="upr").one()
        assert list(offered) == [key for key, _ in audiences.offered(db, upr, CampaignKind.INVITATION)]


def test_words_and_whole_mails_are_shown_for_each_kind_of_reader(written):
    desk, address = written
    page = html.fromstring(desk.get(address).get_data())
    shown = {
        one.text: content(desk.get(one.get("href")))
        for one in page.iterfind(".//ul/li/a")
        if "preview" in one.get("href")
    }

    assert "Those who are known by an address only get mail of the list" in " ".join(page.text_content().split())
    assert set(shown) == {"Somebody of the registry", "An office, by duty", "Somebody who signed up"}
    signed_up = content(desk.get(f"{address}preview/?language=en&reader=subscribed"))
    assert "Everybody can comment from the page of the consultation" in signed_up
    assert "/door/" not in signed_up
    assert "/door/" in content(desk.get(f"{address}preview/?language=en&reader=registered"))


def test_a_test_is_one_mail_for_each_kind_in_each_language(written):
    desk, address = written
    desk.post(f"{address}test/")

    tests = [(template, language) for template, _, language in mails() if template.endswith("_test")]
    assert sorted(tests) == [("campaign_test", "ar"), ("campaign_test", "en"), ("list_test", "ar"), ("list_test", "en")]


def test_those_who_are_left_out_of_a_round_for_the_invited_are_shown_with_the_reason(written):
    desk, address = written
    with writing() as db:
        upr = db.query(Consultation).filter_by(slug="upr").one()
        db.query(Window).filter_by(consultation_id=upr.id).update({"for_whom": FOR_INVITED})

    page = content(desk.get(f"{address}?list=not"))

    assert "is known by an address only, and the round is for the invited" in page
    assert "Somebody who signed up" in page
    assert "reader@p.example" not in page


def test_the_ready_made_words_hold_for_whoever_has_a_link_and_whoever_has_none(settings):
    for code, says in (("en", "where you can comment"), ("ar", "حيث يمكنكم التعليق"), ("zh", "提出意见")):
        with use_language(code):
            body = ready_made_words(CampaignKind.INVITATION, code)[1]
        assert says in body
        assert "your own comments" not in body


def test_a_chunk_of_a_list_reads_no_table_whole(open_round, monkeypatch):  # noqa: F811
    """Neither while the list is made nor while mails are queued: fifty thousand signed up, and each chunk costs what the first did."""
    monkeypatch.setattr(operations_approval, "CHUNK", 3)
    monkeypatch.setattr(operations_queueing, "CHUNK", 3)
    people(7)
    news = make_list()
    for number in range(7):
        put_on(news, f"n{number}@org.example")
        put_on(news, f"r{number}@p.example")
    _earlier, campaign = invite(news), invite(news)  # what went out before is asked about, too
    with writing() as db:
        about = db.query(Consultation).one()
        found = db.get_one(Campaign, campaign.id)
        operations_approval.submit_campaign(db, about, found, asked_start=None, by=Sender(), now=NOON)
    with statements_of(bound().engine) as preparing:
        prepare_chunk(campaign)
    prepare_campaign(campaign.id)
    approve(campaign)
    queue_chunk(campaign)
    with statements_of(bound().engine) as queueing:
        queue_chunk(campaign)

    for done in (preparing, queueing):
        plans = plans_of(done)
        assert not {(step, sql) for step, sql in plans if WHOLE.search(step)}
        assert not {(step, sql) for step, sql in plans if step.endswith(WHOLE_LIST)}


def prepare_chunk(campaign):
    with writing() as db:
        operations_approval.prepare_campaign(db, campaign.id, now=NOON)

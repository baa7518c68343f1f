"""Campaigns to saved groups and to mailing lists: who is on the list, what they get, and what stays of it."""

from datetime import timedelta

import pytest
from lxml import html
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.consultations.models import Consultation, Participant
from consult.consultations.models_groups import ByHand, GroupRule, SmartGroup
from consult.consultations.operations_groups import add_group, decide_by_hand
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.jobs.queue import queue
from consult.mail.delivery import post
from consult.mail.models import OutboxMail
from consult.mailings import (
    audiences,
    operations,
    operations_approval,
    operations_queueing,
    queries_fitting,
    queries_sending,
    rules,
)
from consult.mailings.models import Audience, Campaign, CampaignKind, CampaignRecipient, Why
from consult.mailings.models_lists import ListMessage, MailingList, Subscription
from consult.mailings.operations import Wording
from consult.mailings.operations_lists import change_list
from consult.mailings.operations_subscriptions import end_subscription
from consult.mailings.queries_sending import Delivery
from consult.stakeholders.models import Stakeholder, StakeholderKind
from tests.drafts.test_operations import NOON
from tests.mailings.test_campaigns import WORDS, Sender, approve, mails, send, submit
from tests.mailings.test_lists import make_list, put_on, said
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import Dalia, add
from tests.support.believers import believe
from tests.support.world import World

UPR = "/staff/consultations/upr/mailings"


def write(kind=CampaignKind.NEWS, **chosen):
    with writing() as db:
        found = db.query(Consultation).one()
        wording = Wording((), (), WORDS, **chosen)
        return operations.write_campaign(db, found, wording, campaign=None, kind=kind, by=Sender(), now=NOON)


def to_list(mailing_list, kind=CampaignKind.NEWS):
    return write(kind, audience=Audience.LIST, mailing_list=mailing_list)


def queue_all(campaign, now=NOON):
    more = True
    while more:
        with writing() as db:
            more = operations_queueing.queue_recipients(db, campaign.id, now=now)


@pytest.mark.database
def test_news_to_a_list_go_to_those_who_signed_up_and_into_its_archive(open_round):  # noqa: F811
    news = make_list()
    on = [put_on(news, f"r{number}@p.example") for number in range(3)]
    add(name="Of the registry", email="reg@org.example", groups=())
    campaign = to_list(news)

    assert send(campaign) == 3
    with writing() as db:
        end_subscription(db, db.get_one(Subscription, on[2].id), by=Dalia(), now=NOON)
    queue_all(campaign)
    queue_all(campaign)  # once more after a crash

    assert [one for one in mails() if one[0] == "list_mail"] == [
        ("list_mail", f"subscription:{one.id}", "en") for one in on[:2]
    ]
    with reading() as db:
        assert {row.why for row in db.query(CampaignRecipient)} == {Why.SUBSCRIBED}
        message = db.query(ListMessage).one()
        assert (message.list_id, message.subject["en"], message.cause) == (
            news.id,
            WORDS["en"][0],
            f"campaign:{campaign.id}",
        )
        counts = queries_sending.count_deliveries(db, db.get_one(Campaign, campaign.id))
        assert {one: count for one, count in counts.items() if count} == {Delivery.WAITS: 2, Delivery.LEFT_OUT: 1}
        assert db.query(Participant).count() == 0, "whoever reads news takes no part"


@pytest.mark.database
def test_a_list_is_archived_only_when_its_mail_goes_out(open_round):  # noqa: F811
    news = make_list()
    put_on(news)
    campaign = to_list(news)
    submit(campaign, starts_at=NOON + timedelta(days=1))
    approve(campaign)
    queue_all(campaign)

    with reading() as db:
        assert db.query(ListMessage).count() == 0
    queue_all(campaign, NOON + timedelta(days=1))
    with reading() as db:
        assert db.query(ListMessage).count() == 1


@pytest.mark.database
def test_one_ordinary_mail_a_day_holds_for_a_list_too(open_round):  # noqa: F811
    news = make_list()
    put_on(news)
    for _ in range(2):
        campaign = to_list(news)
        send(campaign)
        queue_all(campaign)

    with reading() as db:
        due = [at for (at,) in db.query(OutboxMail.next_at).filter_by(template="list_mail").order_by(OutboxMail.id)]
    assert due == [NOON, NOON + timedelta(days=1)]


@pytest.mark.database
def test_an_invitation_to_a_group_goes_to_its_members_and_to_nobody_who_was_taken_out(open_round):  # noqa: F811
    inside, taken = add(), add(name="Taken out", email="t@org.example")
    by_hand = add(name="By hand", email="h@org.example", category="academia", groups=())
    with writing() as db:
        group = add_group(db, "Women", GroupRule(groups=("women",)), by=Dalia(), now=NOON)
        for entry, way in ((taken, ByHand.OUT), (by_hand, ByHand.IN)):
            decide_by_hand(db, group, db.get_one(Stakeholder, entry.id), way, "Said so", by=Dalia(), now=NOON)
    campaign = write(CampaignKind.INVITATION, audience=Audience.GROUP, group=group)

    assert send(campaign) == 2
    queue_all(campaign)

    assert {person for _, person, _ in mails()} == {inside.person_ref, by_hand.person_ref}
    with reading() as db:
        assert {row.why for row in db.query(CampaignRecipient)} == {Why.IN_GROUP}


@pytest.mark.database
def test_a_category_that_says_what_somebody_believes_reaches_organisations_only(open_round):  # noqa: F811
    church = add(name="Church", email="c@org.example", category="religious_group", groups=())
    believe(add(kind=StakeholderKind.PERSON, name="Ana", email="a@p.example", groups=()).id)
    with writing() as db:
        found = db.query(Consultation).one()
        wording = Wording(("religious_group",), (), WORDS)
        campaign = operations.write_campaign(db, found, wording, campaign=None, by=Sender(), now=NOON)

    submit(campaign)

    with reading() as db:
        assert [row.stakeholder_id for row in db.query(CampaignRecipient)] == [church.id]


def test_the_digest_knows_for_whom(open_round):  # noqa: F811
    news, other = make_list(), make_list(slug="other")
    with reading() as db:
        made = Campaign(id=0, kind=CampaignKind.NEWS, audience=Audience.LIST, categories=[], groups=[], list_id=news.id)
        first = operations_approval.digest_of(db, made)
        made.list_id = other.id
        assert operations_approval.digest_of(db, made) != first


@pytest.mark.database
@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ("audience = 'list'", "ck_campaign_list_has_its_list"),
        ("audience = 'group'", "ck_campaign_group_has_its_group"),
    ],
)
def test_an_audience_has_what_it_speaks_of(open_round, change, refused):  # noqa: F811
    write()
    with pytest.raises(DBAPIError) as problem, writing() as db:
        db.execute(text(f"UPDATE campaign SET {change}"))
    assert violated(problem.value) == refused


@pytest.mark.database
def test_a_recipient_is_one_of_three(open_round):  # noqa: F811
    add(news=True)
    submit(write(audience=Audience.REGISTRY))
    with pytest.raises(DBAPIError) as problem, writing() as db:
        db.execute(text("UPDATE campaign SET state = 'writing', digest = NULL"))
        db.execute(text("UPDATE campaign SET state = 'preparing', submission = submission + 1"))
        db.execute(text("UPDATE campaign_recipient SET participant_id = stakeholder_id"))
    assert violated(problem.value) == "ck_campaign_recipient_is_one_of_three"


def test_the_form_offers_groups_and_lists_and_keeps_what_was_chosen(world: World):
    desk, group = world.browser("secretariat"), world.ids[""]["group"]
    begun = html.fromstring(desk.get(f"{UPR}/new/news/?group={group}").get_data())
    offered = {one.get("value"): one.get("checked") is not None for one in begun.iterfind(".//input[@name='audience']")}
    words = {f"{part}_{code}": "Words" for part in ("subject", "body") for code in ("en", "ar")}

    made = desk.post(f"{UPR}/new/news/", data={**words, "audience": "list:news"})
    page = html.fromstring(desk.get(made.location).get_data())
    again = html.fromstring(desk.get(f"{made.location}edit/").get_data())
    wrong = desk.post(f"{UPR}/new/news/", data={**words, "audience": "list:none"})

    assert offered == {"participants": False, "registry": False, f"group:{group}": True, "list:news": False}
    assert "1 address will get this mail." in page.text_content()
    assert "For:" in page.text_content()
    assert "reader@p.example" not in page.text_content(), "a list is no address book"
    assert [
        one.get("value") for one in again.iterfind(".//input[@name='audience']") if one.get("checked") is not None
    ] == ["list:news"]
    assert wrong.status_code == 422


def test_the_mail_of_a_list_names_it_and_lets_its_reader_leave(world: World):
    desk = world.browser("secretariat")
    words = {f"{part}_{code}": "Words" for part in ("subject", "body") for code in ("en", "ar")}
    address = desk.post(f"{UPR}/new/debriefing/", data={**words, "audience": "list:news"}).location
    desk.post(f"{address}submit/", data={"starts": ""})
    queue().work_off()
    approver = world.browser("approver")
    seen = html.fromstring(approver.get(address).get_data()).find(".//input[@name='seen']").get("value")
    approver.post(f"{address}approve/", data={"seen": seen})
    with reading() as db:
        campaign = db.query(Campaign).order_by(Campaign.id.desc()).first()
        assert audiences.key_of(db, campaign) == "list:news"
    with clock.at(NOON):
        queue_all(campaign)
        with reading() as db:
            mail = db.query(OutboxMail).filter_by(template="list_mail").one()
            mail.message_id = "<x@x.example>"
            content = post().letter(mail).content.decode()

    assert "List-Id: <news.lists." in content
    assert "List-Unsubscribe:" in content


def test_a_group_that_a_campaign_speaks_of_is_offered_by_its_name(world: World):
    with reading() as db:
        upr = db.query(Consultation).filter_by(slug="upr").one()
        names = dict(audiences.offered(db, upr, CampaignKind.INVITATION))
        group = db.query(SmartGroup).filter_by(ref=world.ids[""]["group"]).one()
        assert names[f"group:{group.ref}"] == f"Saved group: {group.name}"
        assert next(iter(audiences.offered(db, upr, CampaignKind.REMINDER))) == ("registry", "All who are invited")
        assert audiences.chosen(db, "list:news").mailing_list == db.query(MailingList).one()
        assert queries_fitting.why_chosen(Campaign(kind=CampaignKind.NEWS, audience=Audience.LIST)) is Why.SUBSCRIBED


def test_the_whole_mail_of_a_list_is_that_of_a_list(world: World):
    desk = world.browser("secretariat")
    words = {f"{part}_{code}": "Words" for part in ("subject", "body") for code in ("en", "ar")}
    address = desk.post(f"{UPR}/new/news/", data={**words, "audience": "list:news"}).location

    page = html.fromstring(desk.get(f"{address}preview/?language=en").get_data()).text_content()

    assert "News name" in page
    assert "/door/" not in page
    assert "because you are in the registry" not in page


@pytest.mark.database
def test_a_list_that_was_closed_gets_nothing_and_its_archive_says_nothing(open_round):  # noqa: F811
    news = make_list()
    put_on(news)
    late = to_list(news)
    submit(late)
    campaign = to_list(news)
    send(campaign)
    with writing() as db:
        change_list(db, db.get_one(MailingList, news.id), said(is_open=False), by=Dalia(), now=NOON)
    queue_all(campaign)

    with pytest.raises(rules.ListClosed):
        approve(late)
    with pytest.raises(rules.ListClosed):
        submit(to_list(news))
    with reading() as db:
        assert db.query(ListMessage).count() == 0


def test_check_list_open(database):
    news = make_list()
    rules.check_list_open(news)
    with writing() as db:
        closed = change_list(db, db.get_one(MailingList, news.id), said(is_open=False), by=Dalia(), now=NOON)
        with pytest.raises(rules.ListClosed):
            rules.check_list_open(closed or db.get_one(MailingList, news.id))

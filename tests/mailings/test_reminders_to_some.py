"""Reminders to a group or a mailing list: those of it who are invited and silent, and the others with the reason why not."""

import pytest
from lxml import html

from consult.consultations.models import Consultation, Participant
from consult.consultations.models_groups import ByHand, GroupRule
from consult.consultations.operations_groups import add_group, decide_by_hand, open_choice
from consult.core import clock
from consult.core.db import reading, writing
from consult.jobs.queue import queue
from consult.mailings import audiences, operations, operations_approval, queries, queries_chosen, rules, rules_reach
from consult.mailings.models import Audience, Campaign, CampaignKind, CampaignRecipient, LeftOut, Why, WhyNot
from consult.mailings.models_lists import ListMessage
from consult.mailings.operations import Wording
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.operations_merging import merge_stakeholders
from tests.drafts.test_operations import NOON
from tests.mailings.test_audiences import UPR, queue_all
from tests.mailings.test_campaigns import WORDS, Sender, mails, send, submit
from tests.mailings.test_chosen import visitor
from tests.mailings.test_lists import make_list, put_on
from tests.mailings.test_reminders import invited  # noqa: F401
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import Dalia, add
from tests.support.world import World


def remind(categories=(), **chosen):
    with writing() as db:
        wording = Wording(tuple(categories), (), WORDS, **chosen)
        return operations.write_campaign(
            db, db.query(Consultation).one(), wording, campaign=None, kind=CampaignKind.REMINDER, by=Sender(), now=NOON
        )


def group_of(*entries):
    """A saved group of some, put in by hand."""
    with writing() as db:
        made = add_group(db, "Some", GroupRule(categories=("media",)), by=Dalia(), now=NOON)
        for one in entries:
            decide_by_hand(db, made, db.get_one(Stakeholder, one.id), ByHand.IN, "Said so", by=Dalia(), now=NOON)
        return made


def rows(campaign):
    """Who stands on the fixed list, by name ("" = known by an address only), with why they get none."""
    with reading() as db:
        found = db.query(CampaignRecipient).filter_by(campaign_id=campaign.id).order_by(CampaignRecipient.id)
        names = {one.id: one.name for one in db.query(Stakeholder)}
        return [(names.get(one.stakeholder_id, ""), one.why_not) for one in found]


def live(campaign):
    with reading() as db:
        return queries_chosen.count_chosen(db, db.get_one(Campaign, campaign.id))


def pages(campaign, *, gets):
    found, after = [], 0
    while True:
        with reading() as db:
            page = queries_chosen.list_chosen(db, db.get_one(Campaign, campaign.id), gets=gets, after=after)
        if not page:
            return found
        found, after = found + page, page[-1].id


def reminded(invited):  # noqa: F811
    """The persons of the mails that came after the four of the invitation."""
    return [person for template, person, _ in mails() if template == "campaign"][len(invited) - 1 :]


@pytest.mark.database
def test_a_reminder_to_a_group_goes_to_its_invited_who_are_silent_and_says_why_not_of_the_others(invited):  # noqa: F811
    silent_too = add(name="Silent too", email="too@org.example", groups=())
    with writing() as db:
        here = db.query(Consultation).one()
        db.add(Participant(consultation_id=here.id, ref="too", name="", organisation="", email="", category="",
                           language="en", created_at=NOON, stakeholder_id=silent_too.id, invited_at=NOON))  # fmt: skip
    reminder = remind(audience=Audience.GROUP, group=group_of(*invited.values()))
    why = {
        "Silent": None, "Commented": WhyNot.COMMENTED_ALREADY, "Gone": WhyNot.LEFT, "Unwilling": WhyNot.NO_BASIS,
        "Stranger": WhyNot.NOT_INVITED,
    }  # fmt: skip
    with reading() as db:
        ruled = {
            one.name: rules_reach.why_not_reminded(
                one, has_commented=one.name == "Commented", is_invited=one.name != "Stranger"
            )
            for one in db.query(Stakeholder)
            if one.name in why
        }

    assert ruled == why, "the rule and the query say the same"
    assert live(reminder) == dict.fromkeys(why.values(), 1)
    assert send(reminder) == 1
    queue_all(reminder)
    queue_all(reminder)

    assert dict(rows(reminder)) == why
    assert reminded(invited) == [invited["Silent"].person_ref]
    with reading() as db:
        assert {row.why for row in db.query(CampaignRecipient).filter_by(campaign_id=reminder.id)} == {Why.IN_GROUP}


@pytest.mark.database
def test_a_reminder_to_the_choice_of_the_team_and_to_one_category_of_it(invited):  # noqa: F811
    other = add(name="Academy", email="academy@org.example", category="academia", groups=())
    with writing() as db:
        choice = open_choice(db, db.query(Consultation).one(), now=NOON)
        for one in (invited["Silent"], other):
            decide_by_hand(db, choice, db.get_one(Stakeholder, one.id), ByHand.IN, "Said so", by=Dalia(), now=NOON)

    whole, narrowed = (
        remind(audience=Audience.GROUP, group=choice),
        remind(("academia",), audience=Audience.GROUP, group=choice),
    )

    assert live(whole) == {None: 1, WhyNot.NOT_INVITED: 1}
    assert live(narrowed) == {WhyNot.NOT_INVITED: 1}
    with pytest.raises(rules.NobodyChosen):
        submit(narrowed)


@pytest.mark.database
def test_a_reminder_to_a_list_goes_to_those_whose_mailbox_is_on_it(invited, monkeypatch):  # noqa: F811
    monkeypatch.setattr(operations_approval, "CHUNK", 2)
    monkeypatch.setattr(queries, "PAGE", 2)
    news = make_list()
    for name in ("Commented", "Silent", "Unwilling", "Stranger"):
        put_on(news, f"{name.upper()}@org.example")
    put_on(news, "only@p.example")
    visitor("Visitor", "v@visitor.example")
    put_on(news, "v@visitor.example")
    reminder = remind(audience=Audience.LIST, mailing_list=news)
    reasons = {None: 1, WhyNot.COMMENTED_ALREADY: 1, WhyNot.NO_BASIS: 1, WhyNot.NOT_INVITED: 3}

    for when in ("written", "sent"):
        assert live(reminder) == reasons
        assert [(one.name, one.email) for one in pages(reminder, gets=True)] == [("Silent", "silent@org.example")]
        silent = pages(reminder, gets=False)
        assert sorted(one.why_not for one in silent) == sorted(
            why for why, count in reasons.items() if why for _ in range(count)
        )
        assert {(one.name, one.email) for one in silent} == {("", "")}, "a list is no address book"
        if when == "written":
            assert send(reminder) == 1
    queue_all(reminder)

    assert rows(reminder) == [
        ("Silent", None), ("Commented", WhyNot.COMMENTED_ALREADY), ("Unwilling", WhyNot.NO_BASIS),
        ("Stranger", WhyNot.NOT_INVITED), ("", WhyNot.NOT_INVITED), ("", WhyNot.NOT_INVITED),
    ]  # fmt: skip
    assert reminded(invited) == [invited["Silent"].person_ref]
    with reading() as db:
        assert {row.why for row in db.query(CampaignRecipient).filter_by(campaign_id=reminder.id)} == {Why.SUBSCRIBED}
        assert db.query(ListMessage).count() == 0, "nothing of it is mail of the list"


@pytest.mark.database
def test_a_mailbox_of_a_merged_entry_stands_for_the_one_that_holds_once(invited):  # noqa: F811
    old = add(name="Silent (old)", email="old@org.example", groups=())
    with writing() as db:
        merge_stakeholders(
            db, db.get_one(Stakeholder, old.id), db.get_one(Stakeholder, invited["Silent"].id), by=Dalia(), now=NOON
        )
    news = make_list()
    for address in ("old@org.example", "silent@org.example"):
        put_on(news, address)
    reminder = remind(audience=Audience.LIST, mailing_list=news)

    assert live(reminder) == {None: 1}
    send(reminder)
    queue_all(reminder)

    assert rows(reminder) == [("Silent", None)]
    assert reminded(invited) == [invited["Silent"].person_ref]


@pytest.mark.database
def test_whoever_is_invited_no_more_when_the_turn_comes_is_not_reminded(invited):  # noqa: F811
    reminder = remind(audience=Audience.GROUP, group=group_of(invited["Silent"]))
    send(reminder)
    with writing() as db:
        db.query(Participant).filter_by(stakeholder_id=invited["Silent"].id).one().invited_at = None

    queue_all(reminder)

    with reading() as db:
        row = db.query(CampaignRecipient).filter_by(campaign_id=reminder.id).one()
        assert (row.person, row.left_out) == (None, LeftOut.NOT_INVITED)


@pytest.mark.database
def test_a_category_asks_nothing_of_those_who_are_known_by_an_address_only(invited):  # noqa: F811
    news = make_list()
    for address in ("silent@org.example", "only@p.example"):
        put_on(news, address)
    reminder = remind(("cso",), audience=Audience.LIST, mailing_list=news)

    assert live(reminder) == {None: 1}
    submit(reminder)
    assert rows(reminder) == [("Silent", None)]


def test_the_form_of_a_reminder_offers_all_who_are_invited_first(world: World):
    desk, group = world.browser("secretariat"), world.ids[""]["group"]
    form = html.fromstring(desk.get(f"{UPR}/new/reminder/").get_data())
    offered = {one.get("value"): one.get("checked") is not None for one in form.iterfind(".//input[@name='audience']")}
    typed = {f"{part}_{code}": "Words" for part in ("subject", "body") for code in ("en", "ar")}

    shown = {
        key: html.fromstring(desk.get(desk.post(f"{UPR}/new/reminder/", data={**typed, "audience": key}).location).get_data())
        for key in offered
    }  # fmt: skip

    assert offered == {"registry": True, f"group:{group}": False, "list:news": False}
    assert "All who are invited" in form.text_content()
    assert "All who are invited" in shown["registry"].text_content()
    assert "Mailing list: News name" in shown["list:news"].text_content()
    assert "Somebody who signed up" not in [one.text for one in shown["list:news"].iterfind(".//ul/li/a")]
    with reading() as db:
        upr = db.query(Consultation).filter_by(slug="upr").one()
        names = dict(audiences.offered(db, upr, CampaignKind.REMINDER))
        assert names[f"group:{group}"] in shown[f"group:{group}"].text_content()


def test_the_test_of_a_reminder_to_a_list_is_the_mail_that_its_readers_get(world: World):
    desk = world.browser("secretariat")
    typed = {f"{part}_{code}": "Words" for part in ("subject", "body") for code in ("en", "ar")}
    address = desk.post(f"{UPR}/new/reminder/", data={**typed, "audience": "list:news"}).location
    desk.post(f"{address}test/")

    tests = [template for template, _, _ in mails() if template.endswith("_test")]
    assert tests == ["campaign_test"] * 2
    with clock.at(NOON):
        queue().work_off()
    page = html.fromstring(desk.get(f"{address}preview/?language=en").get_data()).text_content()
    assert "You get this because you are in the registry" in page

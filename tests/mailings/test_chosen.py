"""Who exactly receives a campaign, and why, while it is written and when it is laid before the approver."""

import pytest
from lxml import html

from consult.consultations.models import Consultation, Participant
from consult.consultations.models_groups import ByHand, GroupRule
from consult.consultations.operations_groups import add_group, decide_by_hand
from consult.core.db import reading, writing
from consult.core.i18n import languages
from consult.jobs.queue import queue
from consult.mailings import queries, queries_chosen
from consult.mailings.models import Audience, Campaign, CampaignKind, Why, WhyNot
from consult.stakeholders.models import Stakeholder
from tests.drafts.test_operations import NOON
from tests.mailings.test_audiences import to_list, write
from tests.mailings.test_campaigns import registry, submit
from tests.mailings.test_campaigns import write as invite
from tests.mailings.test_lists import make_list, put_on
from tests.mailings.test_sending_pages import UPR, words
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import Dalia, add


def visitor(name, email):
    with writing() as db:
        here = db.query(Consultation).one()
        one = Participant(consultation_id=here.id, ref=name, name=name, organisation="", email=email, category="",
                          language=languages()[0].code, created_at=NOON, email_confirmed_at=NOON)  # fmt: skip
        db.add(one)
        db.flush()
        return one.id


def listed(campaign, **asked):
    with reading() as db:
        return queries_chosen.list_chosen(db, db.get_one(Campaign, campaign.id), **{"gets": True, **asked})


def pages(campaign):
    """Everybody, a page after the other, as the page's links go."""
    found, after = [], 0
    while page := listed(campaign, after=after):
        found, after = found + page, page[-1].id
    return found


@pytest.mark.database
def test_a_campaign_to_a_list_that_is_being_written_lists_as_many_as_it_counts(open_round, monkeypatch):  # noqa: F811
    monkeypatch.setattr(queries, "PAGE", 2)
    news = make_list()
    for number in range(3):
        put_on(news, f"r{number}@p.example")
    campaign = to_list(news)

    with reading() as db:
        assert queries_chosen.count_chosen(db, db.get_one(Campaign, campaign.id)) == {None: 3}
    assert [(one.email, one.why) for one in pages(campaign)] == [("", Why.SUBSCRIBED)] * 3
    assert listed(campaign, gets=False) == []


@pytest.mark.database
def test_participants_are_listed_with_those_who_are_in_no_registry(open_round, monkeypatch):  # noqa: F811
    monkeypatch.setattr(queries, "PAGE", 2)
    entries = [add(name=f"N{n}", email=f"n{n}@org.example", groups=(), news=True) for n in range(3)]
    with writing() as db:
        here = db.query(Consultation).one()
        db.add_all(
            Participant(consultation_id=here.id, ref=f"e{n}", name="", organisation="", email="", category="",
                        language="en", created_at=NOON, stakeholder_id=one.id) for n, one in enumerate(entries)
        )  # fmt: skip
    for n in range(3):
        visitor(f"V{n}", f"v{n}@visitor.example")
    campaign = write(CampaignKind.DEBRIEFING, audience=Audience.PARTICIPANTS)

    named = ["N0", "N1", "N2", "V0", "V1", "V2"]
    assert [one.name for one in pages(campaign)] == named
    submit(campaign)
    assert [one.name for one in pages(campaign)] == named
    assert {one.why for one in pages(campaign)} == {Why.TAKES_PART}


@pytest.mark.database
def test_those_who_do_not_get_it_are_narrowed_to_one_reason(open_round):  # noqa: F811
    registry()
    campaign = invite()

    for _when in ("written", "submitted"):
        assert [one.name for one in listed(campaign, gets=False, why_not=WhyNot.NO_BASIS)] == ["Said nothing"]
        assert len(listed(campaign, gets=False)) == 3
        if _when == "written":
            submit(campaign)


def test_the_approver_sees_why_each_is_on_the_list(world):
    with writing() as db:
        made = db.query(Campaign).filter_by(ref=world.ids["upr"]["campaign"]).one()
        first = queries_chosen.list_chosen(db, made, gets=True)[0]
        group = add_group(db, "Hand", GroupRule(categories=("media",)), by=Dalia(), now=NOON)
        decide_by_hand(
            db, group, db.get_one(Stakeholder, first.id), ByHand.IN, "Asked to be heard", by=Dalia(), now=NOON
        )
        made.audience, made.group_id = Audience.GROUP, group.id
    client, address = world.browser("secretariat"), f"{UPR}/{world.ids['upr']['campaign']}"
    assert "put into the group by hand: Asked to be heard" in words(client.get(f"{address}/"))
    client.post(f"{address}/submit/", data={"starts": ""})
    queue().work_off()

    page = world.browser("approver").get(f"{address}/")

    assert "put into the group by hand: Asked to be heard" in words(page)


def test_whoever_does_not_get_it_is_narrowed_by_the_links_of_the_reasons(world):
    approver, address = world.browser("approver"), f"{UPR}/{world.ids['upr']['campaign']}"

    page = approver.get(f"{address}/?list=not")

    links = [one.get("href") for one in html.fromstring(page.get_data()).iterfind(".//main//ul//a")]
    narrowed = [one for one in links if "why=" in one]
    assert narrowed
    assert all("Shown:" in words(approver.get(one)) for one in narrowed)

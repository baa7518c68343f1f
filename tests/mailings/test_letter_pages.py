"""The letter as the approver sees it, and letters of which some were not posted."""

import pytest
from lxml import html

from consult.consultations.models import Participant
from consult.core.db import reading, writing
from consult.mailings import operations_outreach as operations
from consult.mailings import rules_outreach
from consult.mailings.models import Campaign
from consult.mailings.models_outreach import Outreach, OutreachState
from consult.stakeholders.models import Stakeholder
from tests.drafts.test_operations import NOON
from tests.mailings.test_letters import TODAY, made, noon, on_paper, sent, states  # noqa: F401
from tests.mailings.test_sending import act
from tests.mailings.test_sending_pages import UPR, words
from tests.rounds.test_comments import consultation, open_round  # noqa: F401

S = OutreachState


@pytest.mark.database
def test_letters_that_were_not_posted_stay_to_be_made(open_round):  # noqa: F811
    for name in ("River", "Hill", "Valley"):
        on_paper(name)
    campaign = sent()
    made(campaign)
    hill, everybody = refs("Hill"), refs("River", "Hill", "Valley")
    with pytest.raises(rules_outreach.OutreachChanged):
        act(operations.mark_posted, campaign, day=TODAY, left=everybody, today=TODAY, now=NOON)

    assert act(operations.mark_posted, campaign, day=TODAY, left=hill, today=TODAY, now=NOON) == 2

    assert [state for _way, state in states(campaign)] == [S.POSTED, S.PRINTED, S.POSTED]
    made(campaign)
    assert act(operations.mark_posted, campaign, day=TODAY, today=TODAY, now=NOON) == 1


def refs(*names):
    with reading() as db:
        rows = db.query(Participant.ref).join(Stakeholder, Stakeholder.id == Participant.stakeholder_id)
        return [ref for (ref,) in rows.filter(Stakeholder.name.in_(names))]


def test_the_secretariat_ticks_what_was_not_posted(world):
    desk, address = world.browser("secretariat"), f"{UPR}/{world.ids['upr']['letters']}/letters"
    with writing() as db:
        made = db.query(Campaign).filter_by(ref=world.ids["upr"]["letters"]).one()
        row = db.query(Outreach).filter_by(campaign_id=made.id, way="letter").first()
        row.state = S.PRINTED
        ref = db.get_one(Participant, row.participant_id).ref

    ticks = html.fromstring(desk.get(f"{address}/").get_data()).findall(".//input[@name='left']")
    assert [one.get("value") for one in ticks] == [ref]
    answer = desk.post(f"{address}/posted/", data={"day": "2027-03-14", "left": ref})

    assert answer.status_code == 409
    assert html.fromstring(answer.get_data()).find(".//input[@name='left']").get("checked") is not None


@pytest.mark.parametrize("reader", ["registered", "office"])
def test_the_whole_letter_is_shown_to_the_approver_in_each_language(world, reader):
    approver, address = world.browser("approver"), f"{UPR}/{world.ids['upr']['letters']}/letters/preview/"

    english, arabic = (approver.get(f"{address}?language={code}&reader={reader}") for code in ("en", "ar"))

    assert "or open this address and type the code" in words(english)
    assert ("If you want no more letters from us" in words(english)) is (reader == "registered")
    assert html.fromstring(arabic.get_data()).find(".//div[@class='entry'][@lang='ar']").get("dir") == "rtl"
    assert approver.get(f"{address}?language=xx").status_code == 404

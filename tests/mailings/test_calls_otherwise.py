"""A call whose number is gone becomes what reaches its reader: the mail, else a letter; or it stays with staff, who see why."""

from datetime import timedelta

import pytest

from consult.consultations.models import Consultation, Participant
from consult.core.db import reading, writing
from consult.mail.models import OutboxMail
from consult.mailings import operations_sending, queries_outreach, rules_outreach
from consult.mailings.models import Campaign
from consult.mailings.models_outreach import OutreachState, OutreachStep, OutreachWay
from consult.mailings.operations_calls import note_wrong_number
from consult.stakeholders.models import Channel, Stakeholder
from consult.stakeholders.operations_leaving import leave
from tests.drafts.test_operations import NOON
from tests.mailings.test_campaigns import Sender
from tests.mailings.test_letters import TODAY, made, noon, reached, sent, states, texts  # noqa: F401
from tests.mailings.test_reaching_again import correct, merge
from tests.mailings.test_sending import act
from tests.rounds.test_comments import CLOSES, consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add
from tests.support.world import World

P, L, S = OutreachWay.PHONE, OutreachWay.LETTER, OutreachState


def by_phone(name="Busy", **changes):
    return add(**{"name": name, "email": "", "phone": "+41 22 1", "channel": Channel.PHONE, "groups": (), **changes})


def wrong(campaign, name="Busy", *, now=NOON, **named):
    with writing() as db:
        found = db.get_one(Campaign, campaign.id)
        dossier = db.get_one(Consultation, found.consultation_id)
        one = reached(db, found, name)
        note_wrong_number(db, dossier, found, one, today=TODAY, by=Sender(), now=now, **named)


def outbox(campaign):
    with reading() as db:
        return [(one.person, one.address) for one in db.query(OutboxMail).filter_by(cause=f"campaign:{campaign.id}")]


def steps():
    with reading() as db:
        return [(one.way, one.state, one.by) for one in db.query(OutreachStep).order_by(OutreachStep.id)]


@pytest.mark.database
def test_whoever_has_e_mail_too_gets_the_mail_once_and_the_page_counts_it(open_round):  # noqa: F811
    entry = by_phone(email="busy@org.example")
    campaign = sent()
    assert (states(campaign), outbox(campaign)) == ([(P, S.TO_SPEAK)], [])

    wrong(campaign, note="a shop")
    with pytest.raises(rules_outreach.OutreachChanged):
        wrong(campaign)

    assert states(campaign) == [(P, S.LEFT_OUT)]
    assert outbox(campaign) == [(entry.person_ref, "busy@org.example")]
    assert steps() == [(P, S.WRONG_NUMBER, Sender.actor), (P, S.LEFT_OUT, None)]
    with reading() as db:
        found = db.get_one(Campaign, campaign.id)
        assert db.query(Participant).one().invited_at is not None
        assert queries_outreach.count_instead(db, found)[P] == {"by_mail": 1}
        assert queries_outreach.count_without_instead(db, found, P) == {}


@pytest.mark.database
def test_whoever_has_a_postal_address_alone_gets_a_letter_with_the_next_file(open_round):  # noqa: F811
    by_phone(postal_address="3 Lane\nHilltown")
    campaign = sent()

    wrong(campaign)

    assert states(campaign) == [(L, S.TO_PRINT)]
    assert steps() == [(P, S.WRONG_NUMBER, Sender.actor), (L, S.TO_PRINT, None)]
    assert "Hilltown" in texts(made(campaign)[0])


def test_an_entry_merged_into_one_without_a_number_gets_its_mail(open_round):  # noqa: F811
    entry = by_phone()
    campaign = sent()
    kept = add(name="Kept", email="kept@org.example", groups=())
    merge(entry, kept)

    wrong(campaign, "Kept")

    assert outbox(campaign) == [(kept.person_ref, "kept@org.example")]
    assert states(campaign) == [(P, S.LEFT_OUT)]


def test_whoever_has_the_mail_anyhow_gets_no_second_one(open_round):  # noqa: F811
    entry, same = by_phone(), add(name="Same", email="same@org.example", groups=())
    campaign = sent()
    merge(entry, same)

    wrong(campaign, "Same")

    assert outbox(campaign) == [(same.person_ref, "same@org.example")]


def test_whoever_nothing_else_reaches_stays_a_wrong_number_until_there_is_something(open_round):  # noqa: F811
    entry = by_phone()
    campaign = sent()
    wrong(campaign)
    assert (states(campaign), outbox(campaign)) == ([(P, S.WRONG_NUMBER)], [])

    correct(entry, email="busy@org.example", email_key="busy@org.example")
    wrong(campaign)

    assert outbox(campaign) == [(entry.person_ref, "busy@org.example")]


@pytest.mark.parametrize("why", ["left", "closed", "paused", "stopped"])
def test_nobody_is_written_to_who_hears_of_it_no_more_or_not_now(open_round, why):  # noqa: F811
    entry = by_phone(email="busy@org.example")
    campaign, now = sent(), NOON
    if why == "left":
        with writing() as db:
            leave(db, db.get_one(Stakeholder, entry.id), how="phone", now=NOON)
    elif why == "closed":
        now = CLOSES + timedelta(hours=1)
    elif why == "paused":
        act(operations_sending.pause_campaign, campaign)
    else:
        act(operations_sending.stop_campaign, campaign, now=NOON)

    wrong(campaign, now=now)

    assert outbox(campaign) == []
    assert [state for _way, state in states(campaign)] == [S.WRONG_NUMBER]


def test_the_page_says_what_a_wrong_number_leads_to_and_then_that_they_get_the_mail(world: World):
    client, here = (
        world.browser("secretariat"),
        f"/staff/consultations/upr/mailings/{world.ids['upr']['letters']}/calls/phone/",
    )
    before = client.get(here).text
    whose = world.ids[""]["by_phone"]

    answer = client.post(f"{here}{whose}/note/", data={"outcome": "wrong_number", "note": "a shop"})

    after = client.get(here).text
    assert answer.status_code == 303
    assert "After a wrong number they get the mail instead, or a letter" in before
    assert "Gets the mail instead" in after
    assert "a shop" in after

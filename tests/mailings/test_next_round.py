"""Invitations to another round: those who take part already, once a round, with the link that they have."""

from datetime import timedelta

import pytest
from lxml import html

from consult.consultations.models import Consultation, Door, Participant
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.texts import Texts
from consult.drafts.models import DraftVersion
from consult.mail.models import OutboxMail
from consult.mailings import operations_sending, queries_fitting, rules
from consult.mailings.models import Audience, Campaign, CampaignKind, CampaignRecipient, LeftOut, Why, WhyNot
from consult.mailings.models_outreach import Outreach, OutreachState
from consult.mailings.rules_rounds import why_not_invited_anew
from consult.rounds import operations as rounds
from consult.rounds.models import Audience as RoundAudience
from consult.rounds.models import Round
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.operations_merging import merge_stakeholders
from tests.drafts.test_operations import NOON
from tests.mailings.test_audiences import UPR, queue_all, write
from tests.mailings.test_campaigns import Sender, send, submit
from tests.mailings.test_chosen import visitor
from tests.mailings.test_reminders import comment_as, made
from tests.mailings.test_reminders_to_some import live, pages
from tests.mailings.test_reminders_to_some import rows as listed
from tests.mailings.test_sending import become
from tests.rounds.test_comments import CLOSES, a_remark, consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import Dalia, add
from tests.support.together import together
from tests.support.world import World

LATER = CLOSES + timedelta(days=30)
ENDS = LATER + timedelta(days=12)
NAMES = ("Silent", "Commented", "Gone", "Both rounds", "Accepted", "Office")


def next_round(dalia, audience=RoundAudience.PUBLIC, *, now=LATER):
    with writing() as db:
        here = db.query(Consultation).one()
        version = db.query(DraftVersion).order_by(DraftVersion.id).first()
        return rounds.open_round(
            db, here, version, closes_at=now + timedelta(days=12), audience=audience, questions=Texts(), by=dalia, now=now
        )  # fmt: skip


def invite(now=LATER, **chosen):
    """An invitation to those who take part, written."""
    return write(CampaignKind.INVITATION, **{"audience": Audience.PARTICIPANTS, **chosen})


def participant(entry):
    with reading() as db:
        return db.query(Participant).filter_by(stakeholder_id=entry.id).one()


@pytest.fixture
def second(open_round, consultation, monkeypatch):  # noqa: F811
    """Six who were invited to the first round, and a visitor; the second is open, in which one has commented and one was accepted."""
    monkeypatch.setattr(clock, "now", lambda: LATER)
    entries = {name: add(name=name, email=f"{name.lower().replace(' ', '.')}@org.example", groups=()) for name in NAMES}
    first = write(CampaignKind.INVITATION, audience=Audience.REGISTRY)
    send(first)
    queue_all(first)
    comment_as(open_round, entries["Commented"])
    visitor("Visitor", "v@visitor.example")
    found = next_round(consultation.dalia)
    with writing() as db:
        who = db.get_one(Participant, participant(entries["Both rounds"]).id)
        rounds.send_comment(db, db.get_one(Round, found.id), None, a_remark(), participant=who, once="r2", now=LATER)
        db.get_one(Participant, participant(entries["Gone"]).id).left_at = LATER
        db.get_one(Participant, participant(entries["Accepted"]).id).invite(LATER, by="request:1")
    return entries


REASONS = {
    "Silent": None, "Commented": None, "Office": None, "Gone": WhyNot.LEFT_HERE, "Both rounds": WhyNot.COMMENTED_ALREADY,
    "Accepted": WhyNot.INVITED_TO_ROUND, "": WhyNot.NO_BASIS,
}  # fmt: skip


@pytest.mark.database
def test_those_who_take_part_are_invited_to_the_next_round_once_with_the_link_they_have(second):
    stranger = add(name="Stranger", email="stranger@org.example", groups=())
    with reading() as db:
        doors = {one.participant_id: (one.generation, one.digest) for one in db.query(Door)}
        first = {one.id: one.invited_at for one in db.query(Participant)}
        ruled = {
            one.name: why_not_invited_anew(
                one, is_invited_to_round=one.name == "Accepted", has_commented=one.name == "Both rounds",
                has_left=one.name == "Gone",
            )
            for one in db.query(Stakeholder) if one.id != stranger.id
        }  # fmt: skip
    campaign = invite()

    assert {**ruled, "": WhyNot.NO_BASIS} == REASONS, "the rule and the query say the same"
    assert live(campaign) == {
        None: 3, **dict.fromkeys([why for why in REASONS.values() if why], 1),
    }  # fmt: skip
    assert send(campaign, now=LATER) == 3
    assert dict(listed(campaign)) == REASONS
    queue_all(campaign, LATER)
    queue_all(campaign, LATER)  # once more after a crash

    with reading() as db:
        sent = db.query(OutboxMail.person).filter_by(cause=f"campaign:{campaign.id}").order_by(OutboxMail.id)
        assert [one for (one,) in sent] == [second[name].person_ref for name in ("Silent", "Commented", "Office")]
        assert {one.participant_id: (one.generation, one.digest) for one in db.query(Door)} == doors
        assert {one.id: one.invited_at for one in db.query(Participant)} == first, "since when they are invited stays"
        assert {row.why for row in db.query(CampaignRecipient).filter_by(campaign_id=campaign.id)} == {Why.TAKES_PART}
    assert live(invite()) == {
        WhyNot.INVITED_TO_ROUND: 4, WhyNot.LEFT_HERE: 1, WhyNot.COMMENTED_ALREADY: 1, WhyNot.NO_BASIS: 1,
    }  # fmt: skip


@pytest.mark.database
def test_whom_the_next_rounds_invitation_did_not_reach_is_tried_again_and_invited_no_second_time(second):
    silent, office = second["Silent"], second["Office"]
    campaign = invite()
    send(campaign, now=LATER)
    queue_all(campaign, LATER)
    become(silent.person_ref, "failed", code=550)
    become(office.person_ref, "sent", code=250)
    invited = {one: participant(one).last_invited_at for one in (silent, office)}

    with writing() as db:
        here, kept = db.query(Consultation).one(), db.get_one(Campaign, campaign.id)
        assert operations_sending.retry_campaign(db, here, kept, by=Sender()) == 1
    queue_all(campaign, LATER + timedelta(hours=2))

    with reading() as db:
        again = db.query(OutboxMail.person).filter_by(cause=f"campaign:{campaign.id}:2").all()
        assert [one for (one,) in again] == [silent.person_ref]
    assert {one: participant(one).last_invited_at for one in (silent, office)} == invited
    assert live(invite())[WhyNot.INVITED_TO_ROUND] == 4, "nor by another"


@pytest.mark.database
def test_whoever_gets_letters_gets_one_for_each_round(consultation, open_round):  # noqa: F811
    paper = add(name="Paper", email="", postal_address="1 Lane", groups=())
    first = write(CampaignKind.INVITATION, audience=Audience.REGISTRY)
    send(first)
    queue_all(first)
    next_round(consultation.dalia)
    second, third = invite(), invite()
    for one in (second, third):
        send(one, now=LATER)
    for one in (second, third):
        queue_all(one, LATER)

    with reading() as db:
        rows = {one.campaign_id: one.state for one in db.query(Outreach)}
    assert rows == {
        first.id: OutreachState.TO_PRINT, second.id: OutreachState.TO_PRINT, third.id: OutreachState.LEFT_OUT,
    }  # fmt: skip
    assert (participant(paper).invited_at, participant(paper).last_invited_at) == (NOON, LATER)


@pytest.mark.database
def test_two_invitations_to_one_round_at_the_same_instant_invite_each_once(second):
    both = invite(), invite()
    for one in both:
        send(one, now=LATER)

    together(*(lambda one=one: queue_all(one, LATER) for one in both))

    with reading() as db:
        mine = db.query(OutboxMail.person).filter(OutboxMail.cause.in_([f"campaign:{one.id}" for one in both])).all()
        assert sorted(mine) == sorted((second[name].person_ref,) for name in ("Silent", "Commented", "Office"))
        left = {row.left_out for row in db.query(CampaignRecipient).filter(CampaignRecipient.left_out.is_not(None))}
        assert left == {LeftOut.INVITED_TO_ROUND}


@pytest.mark.database
def test_what_was_stopped_can_be_sent_anew_and_nobody_loses_the_first_invitation(second):
    campaign = invite()
    send(campaign, now=LATER)
    queue_all(campaign, LATER)
    with writing() as db:
        found = db.get_one(Campaign, campaign.id)
        operations_sending.stop_campaign(db, db.query(Consultation).one(), found, by=Sender(), now=LATER)
    with writing() as db:
        assert operations_sending.settle_mails(db, campaign.id, now=LATER) is False

    assert participant(second["Silent"]).invited_at == NOON
    assert live(invite())[None] == 3


@pytest.mark.database
def test_an_invitation_before_the_opening_is_one_to_the_round_that_opens(consultation, open_round):  # noqa: F811
    """Between two rounds nobody can be invited; what went out before the first opened counts for the first."""
    entry = add(groups=())
    with writing() as db:
        db.add(Participant(consultation_id=consultation.id, ref="early", name="", organisation="", email="", category="",
                           language="en", created_at=NOON, stakeholder_id=entry.id, invited_at=NOON - timedelta(days=3)))  # fmt: skip
    campaign = invite()

    assert live(campaign) == {WhyNot.INVITED_TO_ROUND: 1}
    with pytest.raises(rules.NobodyChosen):
        submit(campaign)
    with pytest.raises(rules.NothingOpen):
        submit(campaign, now=CLOSES)
    next_round(consultation.dalia)
    assert live(campaign) == {None: 1}


@pytest.mark.database
def test_merged_entries_are_one_however_they_were_invited(second):
    with writing() as db:
        merge_stakeholders(
            db, db.get_one(Stakeholder, second["Accepted"].id), db.get_one(Stakeholder, second["Silent"].id),
            by=Dalia(), now=LATER,
        )  # fmt: skip
    campaign = invite()

    assert live(campaign)[None] == 2
    send(campaign, now=LATER)

    assert dict(listed(campaign))["Silent"] is WhyNot.INVITED_TO_ROUND
    assert "Accepted" not in dict(listed(campaign))


@pytest.mark.database
def test_whoever_comments_while_the_mail_waits_does_not_get_it(second):
    campaign = invite()
    send(campaign, now=LATER)
    queue_all(campaign, LATER)
    with writing() as db:
        who = db.get_one(Participant, participant(second["Silent"]).id)
        newest = db.query(Round).order_by(Round.id.desc()).first()
        rounds.send_comment(db, newest, None, a_remark(), participant=who, once="late", now=LATER)
    with reading() as db:
        waiting = {one.person: one for one in db.query(OutboxMail).filter_by(cause=f"campaign:{campaign.id}")}

    assert made(waiting[second["Silent"].person_ref], LATER) is None
    assert "/en/door/" in made(waiting[second["Commented"].person_ref], LATER)


@pytest.mark.database
def test_those_of_the_registry_are_invited_as_before_when_they_never_were(second):
    add(name="Stranger", email="stranger@org.example", groups=())

    assert live(invite(audience=Audience.REGISTRY)) == {
        None: 1, WhyNot.LEFT_HERE: 1, WhyNot.INVITED_ALREADY: 5,
    }  # fmt: skip


@pytest.mark.database
def test_a_visitor_stands_on_the_list_with_the_reason_and_is_seen_there(second):
    campaign = invite()

    assert [(one.name, one.why_not) for one in pages(campaign, gets=False) if one.name == "Visitor"] == [
        ("Visitor", WhyNot.NO_BASIS)
    ]


def test_the_form_of_an_invitation_offers_those_who_take_part(world: World):
    desk = world.browser("secretariat")
    form = html.fromstring(desk.get(f"{UPR}/new/invitation/").get_data())
    typed = {f"{part}_{code}": "Words" for part in ("subject", "body") for code in ("en", "ar")}

    offered = [one.get("value") for one in form.iterfind(".//input[@name='audience']")]
    answer = desk.post(f"{UPR}/new/invitation/", data={**typed, "audience": "participants"})
    page = html.fromstring(desk.get(answer.location).get_data()).text_content()

    assert offered[:2] == ["registry", "participants"]
    assert "Those who take part in this consultation already, for a new round" in page
    with reading() as db:
        newest = db.query(Campaign).order_by(Campaign.id.desc()).first()
        assert (newest.kind, newest.audience) == (CampaignKind.INVITATION, Audience.PARTICIPANTS)
        assert queries_fitting.why_chosen(newest) is Why.TAKES_PART

"""Invitations: who gets the mail and who not and why, what goes out, once."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.consultations.models import Consultation, Participant
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.jobs.queue import queue
from consult.mail.delivery import post
from consult.mail.models import OutboxMail
from consult.mail.operations import claim_mail
from consult.mailings import operations, operations_approval, operations_queueing, queries_chosen, rules, rules_reach
from consult.mailings.abouts import about_of
from consult.mailings.jobs import prepare_campaign, queue_campaign
from consult.mailings.models import Audience, Campaign, CampaignKind, CampaignState, WhyNot
from consult.mailings.operations import Wording
from consult.stakeholders.models import Basis, Stakeholder, StakeholderKind
from consult.stakeholders.operations_leaving import leave
from tests.drafts.test_operations import NOON
from tests.rounds.test_comments import CLOSES, consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import Dalia, add

WORDS = {"en": ("Please comment", "Dear colleagues,\n\nplease read."), "ar": ("نرجو التعليق", "تحية طيبة")}


class Sender(Dalia):
    email = "dalia@mechanism.example"


class Approver(Dalia):
    actor = "staff:2"


def write(categories=(), groups=(), words=WORDS, campaign=None):
    with writing() as db:
        found = db.query(Consultation).one()
        kept = db.get_one(Campaign, campaign.id) if campaign else None
        wording = Wording(tuple(categories), tuple(groups), words)
        return operations.write_campaign(db, found, wording, campaign=kept, by=Sender(), now=NOON)


def submit(campaign, *, starts_at=None, by=None, now=NOON):
    """Ask for approval, and let the worker make the list."""
    with writing() as db:
        found = db.get_one(Campaign, campaign.id)
        about = about_of(db, found)
        operations_approval.submit_campaign(db, about, found, asked_start=starts_at, by=by or Sender(), now=now)
    prepare_campaign(campaign.id)


def approve(campaign, *, seen=None, by=None, now=NOON):
    with writing() as db:
        found = db.get_one(Campaign, campaign.id)
        about = about_of(db, found)
        seen = found.digest or b"" if seen is None else seen
        return operations_approval.approve_campaign(db, about, found, seen=seen, by=by or Approver(), now=now)


def send(campaign, *, starts_at=None, now=NOON):
    """Submitted by one, approved by another. Returns how many get it."""
    submit(campaign, starts_at=starts_at, now=now)
    return approve(campaign, now=now)


def mails():
    with reading() as db:
        rows = db.query(OutboxMail.template, OutboxMail.person, OutboxMail.language).order_by(OutboxMail.id)
        return [tuple(row) for row in rows]


def registry():
    """One for each reason, and two who get the mail."""
    union = {"name": "Rivers Union", "email": "r@org.example", "groups": (), "language": "ar"}
    yes = add(news=True), add(**union, news=True)
    add(name="No address", email="", basis=Basis.NONE, groups=())
    add(name="Said nothing", email="n@org.example", basis=Basis.NONE, groups=())
    gone = add(name="Gone", email="g@org.example", groups=())
    with writing() as db:
        leave(db, db.get_one(Stakeholder, gone.id), how="letter", now=NOON)
    return yes


@pytest.mark.database
def test_the_list_says_who_gets_the_mail_and_who_not_and_why(open_round):  # noqa: F811
    registry()
    campaign = write()

    with reading() as db:
        counts = queries_chosen.count_chosen(db, campaign)
        gets = [one.name for one in queries_chosen.list_chosen(db, campaign, gets=True)]
        not_ = {one.name: one.why_not for one in queries_chosen.list_chosen(db, campaign, gets=False)}
        entries = {one.name: rules_reach.why_not(one, is_invited=False) for one in db.query(Stakeholder)}

    assert counts == {None: 2, WhyNot.NO_ADDRESS: 1, WhyNot.NO_BASIS: 1, WhyNot.LEFT: 1}
    assert gets == ["Women’s Network", "Rivers Union"]
    assert not_ == {"No address": WhyNot.NO_ADDRESS, "Said nothing": WhyNot.NO_BASIS, "Gone": WhyNot.LEFT}
    assert {**dict.fromkeys(gets), **not_} == entries  # the query and the rule say the same


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ({"groups": ("women",)}, ["Women’s Network"]),
        ({"categories": ("cso",)}, ["Women’s Network", "Rivers Union"]),
        ({"categories": ("nhri",)}, []),
        ({"groups": ("wom",)}, []),
    ],
)
def test_the_choice_fits_by_category_and_group(open_round, choice, names):  # noqa: F811
    registry()
    campaign = write(**choice)

    with reading() as db:
        assert [one.name for one in queries_chosen.list_chosen(db, campaign, gets=True)] == names


@pytest.mark.database
def test_each_gets_one_mail_and_a_door_however_often_the_job_runs(open_round):  # noqa: F811
    first, second = registry()
    campaign = write()

    assert send(campaign) == 2
    queue().work_off()
    with writing() as db:
        db.execute(text("UPDATE outbox_mail SET next_at = NULL, state = 'uncertain' WHERE state = 'queued'"))
        assert operations_queueing.queue_recipients(db, campaign.id, now=NOON) is False

    assert [one[:2] for one in mails()] == [("campaign", first.person_ref), ("campaign", second.person_ref)]
    assert [one[2] for one in mails()] == ["en", "ar"]
    with reading() as db:
        assert db.query(Participant).filter(Participant.invited_at.is_not(None)).count() == 2
        assert db.get_one(Campaign, campaign.id).state is CampaignState.SENT
        again = Campaign(consultation_id=campaign.consultation_id, kind=CampaignKind.INVITATION, audience=Audience.REGISTRY,
                         state=CampaignState.WRITING, categories=[], groups=[])  # fmt: skip
        assert queries_chosen.count_chosen(db, again)[WhyNot.INVITED_ALREADY] == 2


def test_who_leaves_after_the_list_was_fixed_gets_nothing(open_round):  # noqa: F811
    first, _ = registry()
    campaign = write()
    send(campaign)
    with writing() as db:
        leave(db, db.get_one(Stakeholder, first.id), how="letter", now=NOON)

    queue().work_off()

    assert first.person_ref not in [person for _, person, _ in mails()]


def test_the_sweep_finds_an_invitation_whose_message_was_lost(open_round):  # noqa: F811
    registry()
    campaign = write()
    send(campaign)
    queue().huey.flush()

    with writing() as db:
        assert operations_queueing.sweep_campaigns(db, now=NOON) == 1
    queue().work_off()

    assert len(mails()) == 2


def test_check_call_for_comments():
    kinds, open_now = CampaignKind, {"is_public": True, "is_open": True, "is_over": False}
    for kind in kinds:
        rules.check_call_for_comments(kind, **open_now)
        with pytest.raises(rules.NotYetPublic):
            rules.check_call_for_comments(kind, **{**open_now, "is_public": False})
    over = {"is_public": True, "is_open": False, "is_over": True}
    for kind in (kinds.INVITATION, kinds.REMINDER):
        with pytest.raises(rules.NothingOpen):
            rules.check_call_for_comments(kind, **over)
    before = {**over, "is_over": False}
    rules.check_call_for_comments(kinds.INVITATION, **before)
    with pytest.raises(rules.NothingOpen):
        rules.check_call_for_comments(kinds.REMINDER, **before)
    rules.check_call_for_comments(kinds.NEWS, **over)
    rules.check_call_for_comments(kinds.DEBRIEFING, **over)


def test_check_somebody_chosen(open_round):  # noqa: F811
    registry()
    rules.check_somebody_chosen(1)
    with pytest.raises(rules.NobodyChosen):
        submit(write(categories=("nhri",)))


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ({"en": ("Please", "Text")}, rules.WordsMissing),
        ({**WORDS, "ar": ("x", "  ")}, rules.WordsMissing),
        ({**WORDS, "en": ("x" * 201, "Text")}, rules.WordsTooLong),
        ({**WORDS, "en": ("x", "y" * 4_001)}, rules.WordsTooLong),
    ],
)
def test_check_words_refuses(open_round, words, refusal):  # noqa: F811
    with pytest.raises(refusal):
        write(words=words)


def test_check_write_campaign_refuses_what_went_out(open_round):  # noqa: F811
    registry()
    campaign = write()
    send(campaign)

    with pytest.raises(rules.CampaignSent):
        write(campaign=campaign)
    with pytest.raises(rules.NotUnderWay):
        submit(campaign)


@pytest.mark.database
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE campaign SET categories = '[\"cso\"]'",
        "UPDATE campaign_text SET body = 'other words'",
        "DELETE FROM campaign_text",
    ],
)
def test_the_database_lets_nobody_change_what_went_out(open_round, sql):  # noqa: F811
    registry()
    send(write())

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(sql))
    assert violated(caught.value) in ("sent_campaign_never_changes", "sent_campaign_text_never_changes")


def test_the_mail_holds_the_words_the_closing_and_a_link_that_enters(open_round, guarded_client):  # noqa: F811
    add(kind=StakeholderKind.PERSON, name="Ana Lefaga", email="ana@p.example", groups=())
    send(write())
    with reading() as db:
        queue_campaign(db.query(Campaign.id).scalar())
    with writing() as db:
        mail = claim_mail(db, lease=timedelta(minutes=5), domain="x.example", now=clock.now())
    content = post().letter(mail).content.decode()

    assert "Please comment" in content
    token = re.search(r"/en/door/([0-9a-f]{32})", content).group(1)
    with clock.at(NOON):
        assert guarded_client.get(f"/en/door/{token}").status_code == 200
    assert CLOSES.strftime("%Y") in content


def test_a_test_goes_to_its_sender_without_a_link(open_round):  # noqa: F811
    registry()
    campaign = write()
    with writing() as db:
        operations.try_campaign(db, db.get_one(Campaign, campaign.id), language="en", by=Sender(), now=NOON)

    with reading() as db:
        assert db.query(OutboxMail.template, OutboxMail.address).all() == [("campaign_test", Sender.email)]
        assert db.query(Participant).count() == 0

"""A campaign on its way: taken back in time, paused, stopped, tried again; and where each of its mails is."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.consultations.models import Consultation
from consult.core.db import reading, violated, writing
from consult.core.refusals import permits
from consult.jobs.queue import queue
from consult.mail import operations_causes
from consult.mail.models import MailState, OutboxMail
from consult.mailings import operations_queueing, operations_sending, queries_chosen, queries_sending, rules
from consult.mailings.models import Campaign, CampaignRecipient, CampaignState, CampaignText, LeftOut, cause_of
from consult.mailings.queries_sending import Delivery
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.operations_leaving import leave
from tests.drafts.test_operations import NOON
from tests.mailings.test_campaigns import Sender, registry, send, write
from tests.rounds.test_comments import CLOSES, consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add

LATER = NOON + timedelta(minutes=10)


def act(operation, campaign, **more):
    with writing() as db:
        found, made = db.query(Consultation).one(), db.get_one(Campaign, campaign.id)
        return operation(db, found, made, by=Sender(), **more)


def go_on(campaign, now):
    with writing() as db:
        operations_queueing.sweep_campaigns(db, now=now)
        while operations_queueing.queue_recipients(db, campaign.id, now=now):
            pass


def settle(campaign):
    with writing() as db:
        while operations_sending.settle_mails(db, campaign.id, now=NOON):
            pass


def state_of(campaign):
    with reading() as db:
        return db.get_one(Campaign, campaign.id).state


def outbox():
    with reading() as db:
        rows = db.query(OutboxMail.person, OutboxMail.cause, OutboxMail.state).order_by(OutboxMail.id)
        return [tuple(row) for row in rows]


def become(person, state, *, code=None):
    """What a relay and a worker would have made of a mail."""
    waits = {"uncertain": "next_at = NULL", "deferred": "next_at = next_at"}
    final = "next_at = NULL, address = NULL, parameters = NULL, finished_at = created_at"
    with writing() as db:
        changed = f"UPDATE outbox_mail SET state = :state, reply_code = :code, {waits.get(state, final)} WHERE person = :person"
        db.execute(text(changed), {"state": state, "code": code, "person": person})


def deliveries(campaign):
    with reading() as db:
        counts = queries_sending.count_deliveries(db, db.get_one(Campaign, campaign.id))
    return {delivery.value: count for delivery, count in counts.items() if count}


@pytest.mark.database
def test_nothing_goes_out_before_its_start_and_until_then_it_can_be_taken_back(open_round):  # noqa: F811
    registry()
    campaign = write()

    send(campaign, starts_at=LATER)
    queue().work_off()
    go_on(campaign, LATER - timedelta(seconds=1))
    assert (state_of(campaign), outbox()) == (CampaignState.WAITING, [])
    act(operations_sending.take_back_campaign, campaign, now=LATER - timedelta(seconds=1))
    go_on(campaign, LATER)

    assert (state_of(campaign), outbox()) == (CampaignState.WRITING, [])
    with reading() as db:
        assert db.query(CampaignRecipient).count() == 0
    write(campaign=campaign)  # and it can be written again
    send(campaign)
    go_on(campaign, NOON)
    assert [state for *_, state in outbox()] == [MailState.QUEUED] * 2


@pytest.mark.database
def test_what_begins_to_go_out_is_not_taken_back(open_round):  # noqa: F811
    registry()
    campaign = write()
    send(campaign, starts_at=LATER)

    with pytest.raises(rules.TakenBackTooLate):
        act(operations_sending.take_back_campaign, campaign, now=LATER)
    go_on(campaign, LATER)
    with pytest.raises(rules.TakenBackTooLate):
        act(operations_sending.take_back_campaign, campaign, now=NOON)

    assert state_of(campaign) is CampaignState.SENT
    assert len(outbox()) == 2


def test_the_start_lies_before_the_closing(open_round):  # noqa: F811
    registry()
    campaign = write()

    with pytest.raises(rules.StartsTooLate):
        send(campaign, starts_at=CLOSES)
    send(campaign, starts_at=CLOSES - timedelta(seconds=1))
    assert state_of(campaign) is CampaignState.WAITING


@pytest.mark.database
def test_a_pause_holds_what_waits_and_going_on_lets_it_go_once(open_round):  # noqa: F811
    first, second = registry()
    campaign = write()
    send(campaign)
    go_on(campaign, NOON)
    become(first.person_ref, "sent")

    act(operations_sending.pause_campaign, campaign)
    settle(campaign)
    with reading() as db:
        held = db.query(OutboxMail.person).filter(OutboxMail.next_at >= operations_causes.HELD).all()
    assert [person for (person,) in held] == [second.person_ref]
    with pytest.raises(rules.NotUnderWay):
        act(operations_sending.pause_campaign, campaign)
    act(operations_sending.resume_campaign, campaign, now=NOON)
    settle(campaign)
    go_on(campaign, NOON)

    with reading() as db:
        assert db.query(OutboxMail).filter(OutboxMail.next_at >= operations_causes.HELD).count() == 0
    assert outbox() == [
        (first.person_ref, cause_of(campaign.id), MailState.SENT),
        (second.person_ref, cause_of(campaign.id), MailState.QUEUED),
    ]
    assert state_of(campaign) is CampaignState.SENT


@pytest.mark.database
def test_what_is_stopped_never_goes_out_and_keeps_no_address(open_round):  # noqa: F811
    first, second = registry()
    campaign = write()
    send(campaign)
    go_on(campaign, NOON)
    become(first.person_ref, "sent")

    act(operations_sending.stop_campaign, campaign, now=NOON)
    settle(campaign)

    assert deliveries(campaign) == {"sent": 1, "left_out": 1}
    with reading() as db:
        assert db.query(OutboxMail.address).filter(OutboxMail.person == second.person_ref).scalar() is None
    for operation in (operations_sending.resume_campaign, operations_sending.stop_campaign):
        with pytest.raises(rules.NotUnderWay):
            act(operation, campaign, now=NOON)


@pytest.mark.database
def test_the_sweep_settles_what_a_lost_message_left(open_round):  # noqa: F811
    """Paused, its message lost: the sweep holds the mails. Gone on with, likewise: it lets them go."""
    registry()
    campaign = write()
    send(campaign)
    go_on(campaign, NOON)

    go = partial(operations_sending.resume_campaign, now=NOON)
    for operation, held in ((operations_sending.pause_campaign, 2), (go, 0)):
        act(operation, campaign)
        queue().huey.flush()
        with writing() as db:
            assert operations_sending.sweep_settling(db, now=NOON) == 1
        settle(campaign)
        with writing() as db:
            assert db.query(OutboxMail).filter(OutboxMail.next_at >= operations_causes.HELD).count() == held
            assert operations_sending.sweep_settling(db, now=NOON) == 0


@pytest.mark.database
def test_another_try_is_for_those_whose_mail_failed_at_their_new_address(open_round):  # noqa: F811
    first, second = registry()
    third = add(name="Third", email="t@org.example", groups=())
    campaign = write()
    send(campaign)
    go_on(campaign, NOON)
    become(first.person_ref, "failed", code=550)
    become(second.person_ref, "sent")
    become(third.person_ref, "uncertain")
    assert deliveries(campaign) == {"failed": 1, "sent": 1, "uncertain": 1}
    with writing() as db:
        db.get_one(Stakeholder, first.id).email = "new@org.example"

    assert act(operations_sending.retry_campaign, campaign) == 1
    go_on(campaign, NOON)

    assert outbox()[3:] == [(first.person_ref, cause_of(campaign.id, 2), MailState.QUEUED)]
    with reading() as db:
        assert db.query(OutboxMail.address).order_by(OutboxMail.id.desc()).first() == ("new@org.example",)
    assert deliveries(campaign) == {"waits": 1, "sent": 1, "uncertain": 1}
    with pytest.raises(rules.NobodyMissed):
        act(operations_sending.retry_campaign, campaign)


@pytest.mark.database
def test_every_recipient_stands_in_exactly_one_delivery(open_round):  # noqa: F811
    people = [add(name=f"P{n}", email=f"p{n}@org.example", groups=()) for n in range(7)]
    campaign = write()
    send(campaign)
    with writing() as db:
        leave(db, db.get_one(Stakeholder, people[6].id), how="letter", now=NOON)
    assert deliveries(campaign) == {"waits": 7}, "before the mails are in the outbox"
    go_on(campaign, NOON)
    for person, state in zip(people, ("sent", "failed", "deferred", "uncertain", "suppressed"), strict=False):
        become(person.person_ref, state, code=450)

    assert deliveries(campaign) == {
        "sent": 1, "failed": 1, "deferred": 1, "uncertain": 1, "left_out": 2, "waits": 1,
    }  # fmt: skip
    with reading() as db:
        made = db.get_one(Campaign, campaign.id)
        listed = {one: queries_sending.list_deliveries(db, made, one) for one in Delivery}
    assert sorted(one.name for some in listed.values() for one in some) == [f"P{n}" for n in range(7)]
    assert [(one.name, one.code) for one in listed[Delivery.FAILED]] == [("P1", "450")]
    assert [(one.name, one.code) for one in listed[Delivery.DEFERRED]] == [("P2", "450")]
    assert [(one.name, one.why) for one in listed[Delivery.LEFT_OUT]] == [("P4", None), ("P6", LeftOut.LEFT)]


@pytest.mark.database
@pytest.mark.parametrize(
    ("state", "change", "refused"),
    [
        ("sending", "starts_at = NULL, sent_at = NULL", "sent_campaign_never_changes"),
        ("sent", "state = 'waiting'", "campaign_never_goes_back"),
        ("stopped", "state = 'sending'", "campaign_never_goes_back"),
        ("paused", "categories = '[]'", "sent_campaign_never_changes"),
        ("writing", "starts_at = created_at", "ck_campaign_sent_has_its_start"),
        ("waiting", "starts_at = '1999-01-01 00:00:00+00:00'", "ck_campaign_starts_when_sent_or_later"),
        ("waiting", "categories = '[]'", "submitted_campaign_never_changes"),
    ],
)  # fmt: skip
def test_the_database_lets_no_campaign_go_back(open_round, state, change, refused):  # noqa: F811
    registry()
    campaign = write(categories=("cso",))
    if state != "writing":
        send(campaign, starts_at=LATER if state == "waiting" else None)
        with writing() as db:
            db.execute(text("UPDATE campaign SET state = :state"), {"state": state})

    with pytest.raises(DBAPIError) as problem, writing() as db:
        db.execute(text(f"UPDATE campaign SET {change} WHERE id = {campaign.id}"))

    assert violated(problem.value) == refused


def test_words_of_what_waits_do_not_change_under_the_list(open_round):  # noqa: F811
    registry()
    campaign = write()
    send(campaign, starts_at=LATER)

    with pytest.raises(rules.CampaignSent):
        write(campaign=campaign)
    with pytest.raises(DBAPIError), writing() as db:
        db.query(CampaignText).update({"body": "other words"})


def test_check_take_back_campaign(open_round):  # noqa: F811
    made = Campaign(state=CampaignState.WAITING, starts_at=LATER)

    rules.check_take_back_campaign(made, now=NOON)
    with pytest.raises(rules.TakenBackTooLate):
        rules.check_take_back_campaign(made, now=LATER)
    made.state = CampaignState.SENDING
    with pytest.raises(rules.TakenBackTooLate):
        rules.check_take_back_campaign(made, now=NOON)


def may(check):
    """The states in which a rule lets an act happen."""
    return {state.value for state in CampaignState if permits(check, Campaign(state=state))}


def test_check_pause_campaign():
    assert may(rules.check_pause_campaign) == {"sending", "sent"}


def test_check_resume_campaign():
    assert may(rules.check_resume_campaign) == {"paused"}


def test_check_stop_campaign():
    assert may(rules.check_stop_campaign) == {"sending", "paused", "sent"}


def test_check_retry_campaign():
    rules.check_retry_campaign(Campaign(state=CampaignState.SENT), missed=1)
    with pytest.raises(rules.NobodyMissed):
        rules.check_retry_campaign(Campaign(state=CampaignState.SENT), missed=0)
    with pytest.raises(rules.NotUnderWay):
        rules.check_retry_campaign(Campaign(state=CampaignState.STOPPED), missed=1)


def test_check_start():
    rules.check_start(NOON, closes_at=None)
    rules.check_start(NOON, closes_at=LATER)
    with pytest.raises(rules.StartsTooLate):
        rules.check_start(LATER, closes_at=LATER)


def test_the_choice_of_the_list_is_still_the_registrys(open_round):  # noqa: F811
    """Taking back leaves nobody marked as invited."""
    registry()
    campaign = write()
    send(campaign, starts_at=LATER)
    act(operations_sending.take_back_campaign, campaign, now=NOON)

    with reading() as db:
        assert queries_chosen.count_chosen(db, db.get_one(Campaign, campaign.id))[None] == 2

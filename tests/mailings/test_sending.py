"""An invitation on its way: taken back in time, paused, stopped, tried again; and where each of its mails is."""

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
from consult.mailings import operations, operations_sending, queries, queries_sending, rules
from consult.mailings.models import Invitation, InvitationRecipient, InvitationState, InvitationText, cause_of
from consult.mailings.queries_sending import Delivery
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.operations import leave
from tests.drafts.test_operations import NOON
from tests.mailings.test_invitations import Sender, registry, write
from tests.rounds.test_comments import CLOSES, consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add

LATER = NOON + timedelta(minutes=10)


def send(invitation, *, starts_at=None, seen=2):
    with writing() as db:
        found, made = db.query(Consultation).one(), db.get_one(Invitation, invitation.id)
        return operations.send_invitation(db, found, made, seen=seen, starts_at=starts_at, by=Sender(), now=NOON)


def act(operation, invitation, **more):
    with writing() as db:
        found, made = db.query(Consultation).one(), db.get_one(Invitation, invitation.id)
        return operation(db, found, made, by=Sender(), **more)


def go_on(invitation, now):
    with writing() as db:
        operations.sweep_invitations(db, now=now)
        while operations.queue_recipients(db, invitation.id, now=now):
            pass


def settle(invitation):
    with writing() as db:
        while operations_sending.settle_mails(db, invitation.id, now=NOON):
            pass


def state_of(invitation):
    with reading() as db:
        return db.get_one(Invitation, invitation.id).state


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


def deliveries(invitation):
    with reading() as db:
        counts = queries_sending.count_deliveries(db, db.get_one(Invitation, invitation.id))
    return {delivery.value: count for delivery, count in counts.items() if count}


@pytest.mark.database
def test_nothing_goes_out_before_its_start_and_until_then_it_can_be_taken_back(open_round):  # noqa: F811
    registry()
    invitation = write()

    send(invitation, starts_at=LATER)
    queue().work_off()
    go_on(invitation, LATER - timedelta(seconds=1))
    assert (state_of(invitation), outbox()) == (InvitationState.WAITING, [])
    act(operations_sending.take_back_invitation, invitation, now=LATER - timedelta(seconds=1))
    go_on(invitation, LATER)

    assert (state_of(invitation), outbox()) == (InvitationState.WRITING, [])
    with reading() as db:
        assert db.query(InvitationRecipient).count() == 0
    write(invitation=invitation)  # and it can be written again
    send(invitation)
    go_on(invitation, NOON)
    assert [state for *_, state in outbox()] == [MailState.QUEUED] * 2


@pytest.mark.database
def test_what_begins_to_go_out_is_not_taken_back(open_round):  # noqa: F811
    registry()
    invitation = write()
    send(invitation, starts_at=LATER)

    with pytest.raises(rules.TakenBackTooLate):
        act(operations_sending.take_back_invitation, invitation, now=LATER)
    go_on(invitation, LATER)
    with pytest.raises(rules.TakenBackTooLate):
        act(operations_sending.take_back_invitation, invitation, now=NOON)

    assert state_of(invitation) is InvitationState.SENT
    assert len(outbox()) == 2


def test_the_start_lies_before_the_closing(open_round):  # noqa: F811
    registry()
    invitation = write()

    with pytest.raises(rules.StartsTooLate):
        send(invitation, starts_at=CLOSES)
    send(invitation, starts_at=CLOSES - timedelta(seconds=1))
    assert state_of(invitation) is InvitationState.WAITING


@pytest.mark.database
def test_a_pause_holds_what_waits_and_going_on_lets_it_go_once(open_round):  # noqa: F811
    first, second = registry()
    invitation = write()
    send(invitation)
    go_on(invitation, NOON)
    become(first.person_ref, "sent")

    act(operations_sending.pause_invitation, invitation)
    settle(invitation)
    with reading() as db:
        held = db.query(OutboxMail.person).filter(OutboxMail.next_at >= operations_causes.HELD).all()
    assert [person for (person,) in held] == [second.person_ref]
    with pytest.raises(rules.NotUnderWay):
        act(operations_sending.pause_invitation, invitation)
    act(operations_sending.resume_invitation, invitation, now=NOON)
    settle(invitation)
    go_on(invitation, NOON)

    with reading() as db:
        assert db.query(OutboxMail).filter(OutboxMail.next_at >= operations_causes.HELD).count() == 0
    assert outbox() == [
        (first.person_ref, cause_of(invitation.id), MailState.SENT),
        (second.person_ref, cause_of(invitation.id), MailState.QUEUED),
    ]
    assert state_of(invitation) is InvitationState.SENT


@pytest.mark.database
def test_what_is_stopped_never_goes_out_and_keeps_no_address(open_round):  # noqa: F811
    first, second = registry()
    invitation = write()
    send(invitation)
    go_on(invitation, NOON)
    become(first.person_ref, "sent")

    act(operations_sending.stop_invitation, invitation, now=NOON)
    settle(invitation)

    assert deliveries(invitation) == {"sent": 1, "left_out": 1}
    with reading() as db:
        assert db.query(OutboxMail.address).filter(OutboxMail.person == second.person_ref).scalar() is None
    for operation in (operations_sending.resume_invitation, operations_sending.stop_invitation):
        with pytest.raises(rules.NotUnderWay):
            act(operation, invitation, now=NOON)


@pytest.mark.database
def test_the_sweep_settles_what_a_lost_message_left(open_round):  # noqa: F811
    """Paused, its message lost: the sweep holds the mails. Gone on with, likewise: it lets them go."""
    registry()
    invitation = write()
    send(invitation)
    go_on(invitation, NOON)

    go = partial(operations_sending.resume_invitation, now=NOON)
    for operation, held in ((operations_sending.pause_invitation, 2), (go, 0)):
        act(operation, invitation)
        queue().huey.flush()
        with writing() as db:
            assert operations_sending.sweep_settling(db, now=NOON) == 1
        settle(invitation)
        with writing() as db:
            assert db.query(OutboxMail).filter(OutboxMail.next_at >= operations_causes.HELD).count() == held
            assert operations_sending.sweep_settling(db, now=NOON) == 0


@pytest.mark.database
def test_another_try_is_for_those_whose_mail_failed_at_their_new_address(open_round):  # noqa: F811
    first, second = registry()
    third = add(name="Third", email="t@org.example", groups=())
    invitation = write()
    send(invitation, seen=3)
    go_on(invitation, NOON)
    become(first.person_ref, "failed", code=550)
    become(second.person_ref, "sent")
    become(third.person_ref, "uncertain")
    assert deliveries(invitation) == {"failed": 1, "sent": 1, "uncertain": 1}
    with writing() as db:
        db.get_one(Stakeholder, first.id).email = "new@org.example"

    assert act(operations_sending.retry_invitation, invitation) == 1
    go_on(invitation, NOON)

    assert outbox()[3:] == [(first.person_ref, cause_of(invitation.id, 2), MailState.QUEUED)]
    with reading() as db:
        assert db.query(OutboxMail.address).order_by(OutboxMail.id.desc()).first() == ("new@org.example",)
    assert deliveries(invitation) == {"waits": 1, "sent": 1, "uncertain": 1}
    with pytest.raises(rules.NobodyMissed):
        act(operations_sending.retry_invitation, invitation)


@pytest.mark.database
def test_every_recipient_stands_in_exactly_one_delivery(open_round):  # noqa: F811
    people = [add(name=f"P{n}", email=f"p{n}@org.example", groups=()) for n in range(7)]
    invitation = write()
    send(invitation, seen=7)
    with writing() as db:
        leave(db, db.get_one(Stakeholder, people[6].id), how="letter", now=NOON)
    assert deliveries(invitation) == {"waits": 7}, "before the mails are in the outbox"
    go_on(invitation, NOON)
    for person, state in zip(people, ("sent", "failed", "deferred", "uncertain", "suppressed"), strict=False):
        become(person.person_ref, state, code=450)

    assert deliveries(invitation) == {
        "sent": 1, "failed": 1, "deferred": 1, "uncertain": 1, "left_out": 2, "waits": 1,
    }  # fmt: skip
    with reading() as db:
        made = db.get_one(Invitation, invitation.id)
        listed = {one: queries_sending.list_deliveries(db, made, one) for one in Delivery}
    assert sorted(one.name for some in listed.values() for one in some) == [f"P{n}" for n in range(7)]
    assert [(one.name, one.reply_code) for one in listed[Delivery.FAILED]] == [("P1", 450)]


@pytest.mark.database
@pytest.mark.parametrize(
    ("state", "change", "refused"),
    [
        ("sending", "starts_at = NULL, sent_at = NULL", "sent_invitation_never_changes"),
        ("sent", "state = 'waiting'", "invitation_never_goes_back"),
        ("stopped", "state = 'sending'", "invitation_never_goes_back"),
        ("paused", "categories = '[]'", "sent_invitation_never_changes"),
        ("writing", "starts_at = created_at", "ck_invitation_sent_has_its_start"),
        ("writing", "state = 'waiting', starts_at = created_at, sent_at = '9000-01-01 00:00:00+00:00'",
         "ck_invitation_starts_when_sent_or_later"),
    ],
)  # fmt: skip
def test_the_database_lets_no_invitation_go_back(open_round, state, change, refused):  # noqa: F811
    registry()
    invitation = write(categories=("cso",))
    if state != "writing":
        with writing() as db:
            begun = "UPDATE invitation SET state = :state, sent_at = created_at, starts_at = created_at"
            db.execute(text(begun), {"state": state})

    with pytest.raises(DBAPIError) as problem, writing() as db:
        db.execute(text(f"UPDATE invitation SET {change} WHERE id = {invitation.id}"))

    assert violated(problem.value) == refused


def test_words_of_what_waits_do_not_change_under_the_list(open_round):  # noqa: F811
    registry()
    invitation = write()
    send(invitation, starts_at=LATER)

    with pytest.raises(rules.InvitationSent):
        write(invitation=invitation)
    with pytest.raises(DBAPIError), writing() as db:
        db.query(InvitationText).update({"body": "other words"})


def test_check_take_back_invitation(open_round):  # noqa: F811
    made = Invitation(state=InvitationState.WAITING, starts_at=LATER)

    rules.check_take_back_invitation(made, now=NOON)
    with pytest.raises(rules.TakenBackTooLate):
        rules.check_take_back_invitation(made, now=LATER)
    made.state = InvitationState.SENDING
    with pytest.raises(rules.TakenBackTooLate):
        rules.check_take_back_invitation(made, now=NOON)


def may(check):
    """The states in which a rule lets an act happen."""
    return {state.value for state in InvitationState if permits(check, Invitation(state=state))}


def test_check_pause_invitation():
    assert may(rules.check_pause_invitation) == {"sending", "sent"}


def test_check_resume_invitation():
    assert may(rules.check_resume_invitation) == {"paused"}


def test_check_stop_invitation():
    assert may(rules.check_stop_invitation) == {"sending", "paused", "sent"}


def test_check_retry_invitation():
    rules.check_retry_invitation(Invitation(state=InvitationState.SENT), missed=1)
    with pytest.raises(rules.NobodyMissed):
        rules.check_retry_invitation(Invitation(state=InvitationState.SENT), missed=0)
    with pytest.raises(rules.NotUnderWay):
        rules.check_retry_invitation(Invitation(state=InvitationState.STOPPED), missed=1)


def test_check_start():
    rules.check_start(NOON, closes_at=None)
    rules.check_start(NOON, closes_at=LATER)
    with pytest.raises(rules.StartsTooLate):
        rules.check_start(LATER, closes_at=LATER)


def test_the_choice_of_the_list_is_still_the_registrys(open_round):  # noqa: F811
    """Taking back leaves nobody marked as invited."""
    registry()
    invitation = write()
    send(invitation, starts_at=LATER)
    act(operations_sending.take_back_invitation, invitation, now=NOON)

    with reading() as db:
        assert queries.count_chosen(db, db.get_one(Invitation, invitation.id))[None] == 2

"""One ordinary mail a day: between workers that queue in the same instant, and for what was paused meanwhile."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from consult.consultations.doors_many import admit_stakeholders, make_doors
from consult.consultations.models import Consultation, Door, Participant
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.mail.models import MailState, OutboxMail
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mail.operations_causes import HELD
from consult.mailings import operations, operations_sending
from consult.mailings.models import Campaign, CampaignApproval, CampaignKind, CampaignRecipient, CampaignState
from consult.mailings.operations import Wording
from consult.mailings.queries_turns import last_ordinary
from consult.mailings.rules_reach import ORDINARY
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.operations_merging import merge_stakeholders
from tests.drafts.test_operations import NOON
from tests.mailings.test_audiences import queue_all
from tests.mailings.test_campaigns import WORDS, Approver, Sender, approve, send, submit
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add
from tests.support.together import together

DAY = timedelta(days=1)


def people(number):
    for n in range(number):
        add(name=f"Network {n}", email=f"n{n}@org.example", groups=(), news=True)


def news(kind=CampaignKind.NEWS):
    with writing() as db:
        dossier = db.query(Consultation).one()
        return operations.write_campaign(
            db, dossier, Wording((), (), WORDS), campaign=None, kind=kind, by=Sender(), now=NOON
        )


def turns():
    """When the mails of each person go, by person."""
    found = {}
    with reading() as db:
        for person, at in db.execute(select(OutboxMail.person, OutboxMail.next_at)):
            found.setdefault(person, []).append(at)
    return {person: sorted(at) for person, at in found.items()}


def act(what, campaign, **values):
    with writing() as db:
        dossier, found = db.query(Consultation).one(), db.get_one(Campaign, campaign.id)
        getattr(operations_sending, f"{what}_campaign")(db, dossier, found, by=Sender(), **values)


def settle(campaign, now):
    with writing() as db:
        assert operations_sending.settle_mails(db, campaign.id, now=now) is False


@pytest.mark.database
def test_two_campaigns_queued_in_the_same_instant_keep_a_day_between_them(open_round):  # noqa: F811
    people(120)
    both = news(), news(CampaignKind.DEBRIEFING)
    for one in both:
        send(one)

    together(*(lambda one=one: queue_all(one) for one in both))

    assert len(turns()) == 120
    assert {tuple(at) for at in turns().values()} == {(NOON, NOON + DAY)}


@pytest.mark.database
@pytest.mark.parametrize("is_settled", [True, False])
def test_what_was_stopped_before_it_went_out_took_nobodys_day(open_round, is_settled):  # noqa: F811
    people(5)
    stopped = news()
    send(stopped)
    queue_all(stopped)
    for number, state in enumerate(("sent", "uncertain", "failed", "claimed")):
        become(number, state)
    act("stop", stopped, now=NOON)
    if is_settled:
        settle(stopped, NOON)

    send(other := news(CampaignKind.DEBRIEFING))
    queue_all(other)

    with reading() as db:
        rows = db.execute(
            select(Stakeholder.name, OutboxMail.next_at)
            .join(OutboxMail, OutboxMail.address == Stakeholder.email)
            .where(OutboxMail.cause == f"campaign:{other.id}")
        )
        assert dict(tuple(row) for row in rows) == {
            "Network 0": NOON + DAY, "Network 1": NOON + DAY, "Network 2": NOON, "Network 3": NOON + DAY, "Network 4": NOON,
        }  # fmt: skip


@pytest.mark.database
def test_what_an_officer_had_to_hand_over_and_was_dropped_took_nobodys_day(open_round):  # noqa: F811
    people(1)
    stopped, other = news(), news(CampaignKind.DEBRIEFING)
    with writing() as db:
        person = db.query(Stakeholder).one().person_ref
    found = []
    send(stopped)
    queue_all(stopped)
    for state in (DeliveryState.FOR_OFFICER, DeliveryState.DROPPED):
        with writing() as db:
            db.query(OutboxMail).delete()
            db.query(PreparedDelivery).delete()
            db.add(PreparedDelivery(ref="r", template="campaign", person=person, cause=f"campaign:{stopped.id}",
                                    language="en", parameters={} if state is DeliveryState.FOR_OFFICER else None, state=state,
                                    not_before=NOON, created_at=NOON,
                                    finished_at=NOON if state is DeliveryState.DROPPED else None))  # fmt: skip
            db.flush()
            entry = db.query(Stakeholder.id).scalar()
            found.append(last_ordinary(db, other, CampaignRecipient.stakeholder_id, [entry], ORDINARY))

    assert found == [{entry: NOON}, {}]


def become(number, state):
    """What a worker made of the mail to one of the people."""
    with writing() as db:
        mail = db.query(OutboxMail).filter_by(address=f"n{number}@org.example").one()
        mail.state, mail.next_at = MailState(state), None
        mail.lease_until = NOON + DAY if mail.state is MailState.CLAIMED else None
        if mail.state in (MailState.SENT, MailState.FAILED):
            mail.finished_at, mail.address, mail.parameters = NOON, None, None


@pytest.mark.database
def test_invitations_queued_in_the_same_instant_invite_each_once_with_one_door(open_round):  # noqa: F811
    people(120)
    both = news(CampaignKind.INVITATION), news(CampaignKind.INVITATION)
    for one in both:
        send(one)

    together(*(lambda one=one: queue_all(one) for one in both))

    assert {len(at) for at in turns().values()} == {1}
    with reading() as db:
        assert db.query(Participant).count() == db.query(Door).count() == 120


@pytest.mark.database
def test_doors_made_by_two_at_once_are_one_each(open_round):  # noqa: F811
    people(60)
    with writing() as db:
        dossier, entries = db.query(Consultation).one(), db.query(Stakeholder).all()
        known = list(admit_stakeholders(db, dossier, entries, invited_by=None, now=NOON).values())
        db.execute(text("DELETE FROM door"))

    def make():
        with writing() as db:
            make_doors(db, known)

    together(make, make)

    with reading() as db:
        doors = db.query(Door).all()
    assert len(doors) == 60
    assert None not in {one.digest for one in doors} | {one.leave_digest for one in doors}


@pytest.mark.database
def test_what_was_paused_waits_for_its_day_when_it_is_let_go_on(open_round):  # noqa: F811
    people(2)
    first = news()
    send(first)
    queue_all(first)
    act("pause", first)
    settle(first, NOON)
    second = news(CampaignKind.DEBRIEFING)
    later = NOON + 2 * DAY
    with clock.at(later):
        send(second, now=later)
    queue_all(second, later)
    hour = later + timedelta(hours=1)

    act("resume", first, now=hour)
    settle(first, hour)

    assert {tuple(at) for at in turns().values()} == {(later, later + DAY)}
    with reading() as db:
        due = set(db.scalars(select(CampaignRecipient.due_at).where(CampaignRecipient.campaign_id == first.id)))
    assert due == {later + DAY}, "so that the next one keeps its distance to this"


def merge(gone, kept):
    with writing() as db:
        entries = (db.query(Stakeholder).filter_by(name=name).one() for name in (gone, kept))
        merge_stakeholders(db, *entries, by=Sender(), now=NOON)


@pytest.mark.database
def test_whoever_got_a_mail_under_an_entry_that_was_merged_waits_their_day_too(open_round):  # noqa: F811
    people(1)
    first = news()
    send(first)
    queue_all(first)
    add(name="Network", email="network@org.example", groups=(), news=True)
    merge("Network 0", "Network")
    second = news(CampaignKind.DEBRIEFING)
    send(second)

    queue_all(second, NOON + timedelta(hours=1))

    with reading() as db:
        second_mail = db.query(OutboxMail).order_by(OutboxMail.id.desc()).first()
    assert second_mail.next_at == NOON + DAY


@pytest.mark.database
def test_both_mails_of_entries_that_are_one_by_now_wait_when_they_are_let_go_on(open_round):  # noqa: F811
    people(2)
    first = news()
    send(first)
    queue_all(first)
    act("pause", first)
    settle(first, NOON)
    merge("Network 0", "Network 1")
    second, later = news(CampaignKind.DEBRIEFING), NOON + 2 * DAY
    with clock.at(later):
        send(second, now=later)
    queue_all(second, later)
    hour = later + timedelta(hours=1)

    act("resume", first, now=hour)
    settle(first, hour)

    with reading() as db:
        due = list(db.scalars(select(CampaignRecipient.due_at).where(CampaignRecipient.campaign_id == first.id)))
    assert due == [later + DAY] * 2


@pytest.mark.database
def test_what_was_paused_goes_at_once_where_nothing_came_between(open_round):  # noqa: F811
    people(2)
    first = news()
    send(first)
    queue_all(first)
    act("pause", first)
    settle(first, NOON)
    assert {tuple(at) for at in turns().values()} == {(HELD,)}
    hour = NOON + timedelta(hours=1)

    act("resume", first, now=hour)
    settle(first, hour)

    assert {tuple(at) for at in turns().values()} == {(hour,)}


# An approval is of one submission


@pytest.mark.database
def test_an_approval_of_before_a_taking_back_lets_nothing_out(open_round):  # noqa: F811
    people(1)
    campaign = news()
    start = NOON + timedelta(hours=1)
    submit(campaign, starts_at=start)
    approve(campaign)
    with reading() as db:
        before = db.get_one(Campaign, campaign.id).digest
    act("take_back", campaign, now=NOON)
    submit(campaign, starts_at=start)
    with reading() as db:
        found = db.get_one(Campaign, campaign.id)
        assert (found.state, found.submission) == (CampaignState.SUBMITTED, 2)
        assert found.digest != before, "nothing changed, and yet it is asked for anew"

    with pytest.raises(DBAPIError) as problem, writing() as db:
        db.execute(text("UPDATE campaign SET state = 'sending', sent_at = created_at, starts_at = created_at"))
    assert violated(problem.value) == "campaign_needs_approval"


@pytest.mark.database
@pytest.mark.parametrize("number", ["submission", "submission - 1"])
def test_the_database_gives_no_number_of_a_submission_twice(open_round, number):  # noqa: F811
    """Whoever writes past the application cannot bring back the words, the number and with them the approval of before."""
    people(1)
    campaign = news()
    submit(campaign, starts_at=NOON + timedelta(hours=1))
    approve(campaign)
    act("take_back", campaign, now=NOON)

    with pytest.raises(DBAPIError) as problem, writing() as db:
        db.execute(text(f"UPDATE campaign SET state = 'preparing', submission = {number}"))
    assert violated(problem.value) == "submissions_count_up"


@pytest.mark.database
def test_an_approval_says_of_which_submission_it_is(open_round):  # noqa: F811
    people(1)
    campaign = news()
    send(campaign)

    with reading() as db:
        made = db.query(CampaignApproval).one()
        assert (made.submission, made.approved_by) == (1, Approver.actor)

"""A campaign whose mails do not arrive is paused by itself: whoever sent it sees why, and goes on or stops it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from consult.audit.models import JournalEntry
from consult.core.db import reading, writing
from consult.jobs.queue import queue
from consult.mail import operations as outbox_operations
from consult.mail.limits import Limits
from consult.mail.models import MailState, OutboxMail
from consult.mail.operations_causes import HELD
from consult.mail.outcome import Outcome
from consult.mail.queries_halts import list_standing
from consult.mailings import operations_sending
from consult.mailings.models import CampaignState
from tests.drafts.test_operations import NOON
from tests.mailings.test_campaigns import write
from tests.mailings.test_sending import act, go_on, send, settle, state_of
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add

REFUSED = Outcome(MailState.FAILED, 550, "no")
SENT = Outcome(MailState.SENT, 250, "ok")
LIMITS = Limits(window=4, percent=50)


def under_way(number=12):
    for one in range(number):
        add(name=f"Network {one}", email=f"n{one}@d{one}.example", groups=())
    campaign = write()
    send(campaign)
    go_on(campaign, NOON)
    return campaign


def work(outcome, *, at=NOON):
    """Let mails come to an outcome until none is left to claim. Returns how many did."""
    went = 0
    while True:
        with writing() as db:
            mail = outbox_operations.claim_mail(
                db, lease=timedelta(minutes=5), domain="example.org", now=at, limits=LIMITS
            )
            if mail is None:
                return went
            outbox_operations.note_outcome(db, mail, outcome, now=at, limits=LIMITS)
        went, at = went + 1, at + timedelta(seconds=1)


def held():
    with reading() as db:
        return db.query(OutboxMail).filter(OutboxMail.next_at >= HELD).count()


def events():
    with reading() as db:
        entries = db.scalars(select(JournalEntry).order_by(JournalEntry.number))
        return [(one.event, one.actor) for one in entries if "halt" in one.event or "resumed" in one.event]


@pytest.mark.database
def test_it_is_paused_by_the_job_that_the_halt_wakes_and_journalled_as_the_systems_act(open_round):  # noqa: F811
    campaign = under_way()

    went = work(REFUSED)
    assert (went, state_of(campaign), held()) == (4, CampaignState.SENT, 8)
    queue().work_off()

    assert (state_of(campaign), held()) == (CampaignState.PAUSED, 8)
    assert events() == [("mail.halted", "system"), ("campaign.halted", "system")]


@pytest.mark.database
def test_a_lost_message_is_made_good_by_the_sweep_and_nothing_is_let_go_before(open_round):  # noqa: F811
    campaign = under_way()
    work(REFUSED)
    queue().huey.flush()

    settle(campaign)  # a message of before, which finds it under way
    assert held() == 8
    with writing() as db:
        assert operations_sending.pause_halted(db, now=NOON) == 1
    with writing() as db:
        assert operations_sending.pause_halted(db, now=NOON) == 0

    assert state_of(campaign) is CampaignState.PAUSED


@pytest.mark.database
def test_going_on_gives_it_another_chance_with_a_count_of_its_own(open_round):  # noqa: F811
    campaign = under_way()
    work(REFUSED)
    queue().work_off()
    later = NOON + timedelta(minutes=5)

    act(operations_sending.resume_campaign, campaign, now=later)
    queue().huey.flush()
    go_on(campaign, later)
    settle_at(campaign, later)
    went = work(SENT, at=later + timedelta(seconds=1))

    assert (went, held(), state_of(campaign)) == (8, 0, CampaignState.SENT)
    assert events()[-1] == ("campaign.resumed", "staff:7")
    with reading() as db:
        assert list_standing(db) == []


@pytest.mark.database
def test_one_that_goes_wrong_again_halts_again(open_round):  # noqa: F811
    campaign = under_way()
    work(REFUSED)
    later = NOON + timedelta(minutes=5)
    with writing() as db:
        operations_sending.pause_halted(db, now=NOON)
    act(operations_sending.resume_campaign, campaign, now=later)
    settle_at(campaign, later)

    assert work(REFUSED, at=later + timedelta(seconds=1)) == 4
    with writing() as db:
        assert [(halt.bad, halt.of_last) for halt in list_standing(db)] == [(4, 4)]


@pytest.mark.database
def test_stopping_it_ends_the_halt(open_round):  # noqa: F811
    campaign = under_way()
    work(REFUSED)
    with writing() as db:
        operations_sending.pause_halted(db, now=NOON)

    act(operations_sending.stop_campaign, campaign, now=NOON)
    settle(campaign)

    assert (state_of(campaign), held()) == (CampaignState.STOPPED, 0)
    with reading() as db:
        assert list_standing(db) == []


def settle_at(campaign, now):
    with writing() as db:
        while operations_sending.settle_mails(db, campaign.id, now=now):
            pass

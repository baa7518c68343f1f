"""Mails of a campaign that are read ahead: the same mails as one by one, claimed one by one, to the same people."""

import random
import time
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from consult.consultations.models import Window
from consult.core import clock
from consult.core.db import reading, writing
from consult.mail import operations
from consult.mail.delivery import Post
from consult.mail.keys import domain_key
from consult.mail.messages import NotWanted
from consult.mail.models import Halt, Mail, MailState, OutboxMail, Pace
from consult.mailings.jobs import queue_campaign
from consult.mailings.mails import CAMPAIGN
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.operations_leaving import leave
from consult.worker import MAILS
from tests.drafts.test_operations import NOON
from tests.mail.workers import all_decided, arrived, counts, kill, settings_file, until, working
from tests.mailings.reading_ahead import LANGUAGES, LEASE, ahead_of, claim, plain
from tests.mailings.test_campaigns import send, write
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add


def queued(number):
    """A campaign whose mails wait."""
    for n in range(number):
        add(name=f"Network {n}", email=f"n{n}@org.example", groups=(), language=LANGUAGES[n % 3])
    campaign = write()
    send(campaign)
    with clock.at(NOON):
        queue_campaign(campaign.id)
    return campaign


def due_now():
    """The same for workers, who go by the real clock."""
    now = clock.now()
    with writing() as db:
        db.execute(update(Window).values(opens_at=now - timedelta(days=1), closes_at=now + timedelta(days=1)))
        db.execute(update(OutboxMail).values(next_at=now))


def states():
    with reading() as db:
        return Counter(db.scalars(select(OutboxMail.state)))


@pytest.mark.database
def test_each_is_claimed_by_itself_as_the_ordinary_way_does(open_round, settings):  # noqa: F811
    queued(3)
    ahead = ahead_of(settings)

    mail = claim(ahead)

    assert states() == {MailState.CLAIMED: 1, MailState.QUEUED: 2}
    with reading() as db:
        row = db.get_one(OutboxMail, mail.id)
        assert (row.attempts, row.lease_until, row.message_id) == (1, NOON + LEASE, mail.message_id)
        assert None not in (row.bounce_digest, row.address_key)
        assert row.next_at is None


@pytest.mark.database
def test_two_that_read_the_same_ahead_claim_each_mail_once(open_round, settings):  # noqa: F811
    queued(6)
    one, other = ahead_of(settings), ahead_of(settings)

    claimed = [claim(who) for who in (one, other) * 6]

    ids = [mail.id for mail in claimed if mail]
    assert len(ids) == len(set(ids)) == 6


def test_the_letter_is_that_of_the_ordinary_way(open_round, settings):  # noqa: F811
    queued(3)
    ahead, post = ahead_of(settings), Post(settings, MAILS)

    with clock.at(NOON):
        for _ in range(3):
            mail = claim(ahead)
            with reading() as db:
                ordinary = post.letter(db.get_one(OutboxMail, mail.id)).content
            assert plain(ahead.letter(mail, now=NOON).content) == plain(ordinary)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE participant SET left_at = '2026-11-01' WHERE stakeholder_id = 1",
        "UPDATE stakeholder SET basis = 'none' WHERE id = 1",
        "UPDATE stakeholder SET left_at = '2026-11-01' WHERE id = 1",
        "UPDATE campaign SET state = 'stopped'",
        "UPDATE consultation SET state = 'archived', archived_at = '2026-11-01'",
        "UPDATE \"window\" SET opens_at = '2026-10-01', closes_at = '2026-10-02'",
    ],
)
def test_who_is_not_to_be_written_to_gets_no_letter_either_way(open_round, settings, sql):  # noqa: F811
    queued(1)
    with writing() as db:
        db.execute(text(sql))
    ahead = ahead_of(settings)
    mail = claim(ahead)

    with clock.at(NOON):
        assert ahead.letter(mail, now=NOON) is None, "it is made by itself, where its loader says why"
        with reading() as db, pytest.raises(NotWanted):
            CAMPAIGN.load(db, dict(mail.parameters))


def test_who_left_from_the_same_mailbox_gets_no_letter(open_round, settings):  # noqa: F811
    queued(2)
    other = add(name="Other", email="N0@org.example", groups=())
    with writing() as db:
        leave(db, db.get_one(Stakeholder, other.id), how="letter", now=NOON)
    ahead = ahead_of(settings)

    wanted = []
    for _ in range(2):
        mail = claim(ahead)
        wanted.append((mail.address, mail.values is not None))

    assert wanted == [("n0@org.example", False), ("n1@org.example", True)]


def test_mail_to_an_office_by_duty_offers_no_leaving(open_round, settings):  # noqa: F811
    queued(1)
    with writing() as db:
        db.execute(text("UPDATE stakeholder SET basis = :duty"), {"duty": Basis.DUTY.value})
    mail = claim(ahead := ahead_of(settings))

    assert b"List-Unsubscribe" not in ahead.letter(mail, now=NOON).content


def test_a_single_mail_a_halt_and_a_domain_that_says_later_are_left_to_the_ordinary_way(open_round, settings):  # noqa: F811
    campaign = queued(2)
    with writing() as db:
        ahead = ahead_of(settings)
        operations.queue_mail(db, Mail("test", "staff:1", "test:1", "a@b.example", "en"), now=NOON)
    assert claim(ahead) is None
    assert not ahead.has_some()
    with writing() as db:
        db.execute(text("UPDATE outbox_mail SET next_at = '9999-01-01' WHERE priority = 0"))
        halt = Halt(cause=f"campaign:{campaign.id}", at=NOON, bad=10, of_last=20)
        db.add(halt)
    assert claim(ahead_of(settings)) is None
    with writing() as db:
        db.execute(text("DELETE FROM mail_halt"))
        later = NOON + timedelta(minutes=1)
        db.add(
            Pace(key=domain_key("n@org.example"), free_at=later, single_until=NOON, campaign_until=NOON, deferrals=10)
        )
    assert claim(ahead_of(settings)) is None
    assert states()[MailState.CLAIMED] == 0


@pytest.mark.database
def test_a_campaign_whose_worker_is_killed_reaches_nobody_twice(database, settings, sink, tmp_path, open_round):  # noqa: F811
    file = settings_file(settings, sink.port, tmp_path, own='base_url = "https://consult.example.org"')
    queued(240)
    due_now()
    kills = 0
    for goal in (40, 90, 140):
        with working(file) as worker:
            until(lambda goal=goal: arrived(sink) >= goal, f"{goal} mails")
            kill(worker)
            kills += 1
    with working(file):
        until(all_decided, "the rest")

    _each_once(sink, 240, kills)


@pytest.mark.full
@pytest.mark.database
@pytest.mark.parametrize("workers", [1, 2])
def test_ten_kills_in_a_campaign_lose_no_mail_and_double_none(database, settings, sink, tmp_path, open_round, workers):  # noqa: F811
    dsn = settings.database_url.replace("+psycopg", "")
    own = f'queue_url = "{dsn}"\n' if dsn.startswith("postgresql") else ""
    file = settings_file(settings, sink.port, tmp_path, own=own)
    number, dice, kills = 2_000, random.Random(workers), 0
    queued(number)
    due_now()

    for _ in range(10):
        before = arrived(sink)
        with ExitStack() as stack:
            running = [stack.enter_context(working(file)) for _ in range(workers)]
            until(lambda before=before: arrived(sink) > before or all_decided(), "the first mail")
            time.sleep(dice.uniform(0, 0.3))
            for worker in running:
                kill(worker)
                kills += 1
    with ExitStack() as stack:
        for _ in range(workers):
            stack.enter_context(working(file))
        until(all_decided, "the rest")

    _each_once(sink, number, kills)


def _each_once(sink, number, kills):
    found, received = counts(), Counter(mail.recipients[0] for mail in sink.received())
    assert found[MailState.SENT] + found[MailState.UNCERTAIN] == number
    assert found[MailState.UNCERTAIN] <= kills
    assert [address for address, times in received.items() if times > 1] == []
    with reading() as db:
        sent = set(db.scalars(select(OutboxMail.person).where(OutboxMail.state == MailState.SENT)))
        known = dict(db.execute(select(Stakeholder.id, Stakeholder.email)).all())
    assert {known[int(person.removeprefix("stakeholder:"))] for person in sent} <= set(received)

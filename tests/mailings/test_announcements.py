"""News for participants: one mail a person and cause, however many they are and whatever happens to the worker."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError

from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.core.db import reading, violated, writing
from consult.jobs.queue import queue
from consult.mail.models import OutboxMail
from consult.mailings.jobs import queue_announcement
from consult.mailings.models import Announcement
from consult.mailings.operations_announcements import CHUNK, announce, sweep_announcements
from consult.rounds.mails import ROUND_EXTENDED
from consult.rounds.models import Round
from consult.rounds.operations import extend_round
from tests.consultations.test_doors import admit
from tests.drafts.test_operations import NOON, consultation  # noqa: F401
from tests.rounds.test_comments import CLOSES, open_round  # noqa: F401

MANY = 2 * CHUNK + 1


def take_part(consultation, many):  # noqa: F811
    """So many who gave an address and confirmed it."""
    one = {"consultation_id": consultation.id, "name": "Ana", "organisation": "", "category": "", "language": "en",
           "created_at": NOON, "email_confirmed_at": NOON}  # fmt: skip
    with writing() as db:
        address = "p{}@people.example".format
        rows = [{**one, "ref": f"p{n}", "email": address(n), "email_key": address(n)} for n in range(many)]
        db.execute(insert(Participant), rows)


def tell(consultation, cause="test:1"):  # noqa: F811
    with writing() as db:
        return announce(db, consultation.id, ROUND_EXTENDED.name, cause, doors.with_address(consultation.id), now=NOON)


def mails():
    """How many mails there are, and how many people they go to."""
    with reading() as db:
        return tuple(
            db.execute(select(func.count(), func.count(OutboxMail.person.distinct())).select_from(OutboxMail)).one()
        )


@pytest.mark.database
def test_the_first_chunk_goes_with_its_cause_and_the_rest_by_the_worker(open_round, consultation):  # noqa: F811
    take_part(consultation, MANY)

    made = tell(consultation)
    at_once = mails()
    queue_announcement(made.id)

    assert at_once == (CHUNK, CHUNK)
    assert mails() == (MANY, MANY)
    with reading() as db:
        assert db.get_one(Announcement, made.id).finished_at is not None
    queue_announcement(made.id)
    assert mails() == (MANY, MANY)


def test_an_exact_chunk_ends_too(open_round, consultation):  # noqa: F811
    take_part(consultation, CHUNK)

    queue_announcement(tell(consultation).id)

    assert mails() == (CHUNK, CHUNK)
    with writing() as db:
        assert sweep_announcements(db, now=NOON) == 0


def test_the_sweep_finds_an_announcement_whose_message_was_lost(open_round, consultation):  # noqa: F811
    take_part(consultation, MANY)
    made = tell(consultation)
    queue().huey.flush()

    with writing() as db:
        assert sweep_announcements(db, now=NOON) == 1

    assert queue().huey.pending_count() > 0
    queue_announcement(made.id)
    with writing() as db:
        assert sweep_announcements(db, now=NOON) == 0


def test_who_leaves_before_their_turn_gets_nothing(open_round, consultation):  # noqa: F811
    take_part(consultation, MANY)
    made = tell(consultation)
    with writing() as db:
        last = db.scalars(select(Participant).order_by(Participant.id.desc()).limit(1)).one()
        last.email = ""

    queue_announcement(made.id)

    assert mails() == (MANY - 1, MANY - 1)


@pytest.mark.database
def test_a_cause_is_announced_once(open_round, consultation):  # noqa: F811
    tell(consultation)

    with pytest.raises(DBAPIError) as caught:
        tell(consultation)

    assert violated(caught.value) == "uq_announcement_cause"


def test_more_time_is_announced_to_all(open_round, consultation):  # noqa: F811
    admit()
    take_part(consultation, MANY)
    with writing() as db:
        found, round_ = db.get_one(Consultation, consultation.id), db.get_one(Round, open_round.id)
        extend_round(db, found, round_, closes_at=CLOSES + timedelta(days=1), by=consultation.dalia, now=NOON)
    with reading() as db:
        made = db.scalars(select(Announcement.id)).one()

    queue_announcement(made)

    assert mails() == (MANY + 1, MANY + 1)

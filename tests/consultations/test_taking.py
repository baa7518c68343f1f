"""Tens of thousands taken over into a choice: by the worker, in steps, each once, also where one dies amid them."""

import pytest

from consult.audit.models import JournalEntry
from consult.consultations import jobs_taking, operations_taking
from consult.consultations.models import Consultation, ConsultationState
from consult.consultations.models_groups import ByHand, SmartGroup, SmartGroupEntry
from consult.consultations.operations_groups import decide_by_hand, open_choice
from consult.consultations.operations_taking import begin_take_over, count_proposed
from consult.consultations.rules_groups import NothingProposed
from consult.core import clock
from consult.core.db import reading, writing
from consult.jobs.models import Task, TaskState
from consult.jobs.queue import queue
from consult.stakeholders.models import Stakeholder
from tests.consultations.test_missing import a_consultation, a_group, always
from tests.stakeholders.test_operations import NOON, Dalia, add
from tests.support.world import NOON as PRESENT

pytestmark = pytest.mark.database
MANY = 5


@pytest.fixture
def upr(database, monkeypatch):
    """A consultation for which five are proposed, and steps of two."""
    monkeypatch.setattr(jobs_taking, "STEP", 2)
    for number in range(MANY):
        add(name=f"Network {number}", email=f"n{number}@org.example")
    made = a_consultation()
    always(group=a_group())
    return made


def begin(upr):
    with writing() as db:
        about = db.get_one(Consultation, upr.id)
        return begin_take_over(db, about, by=Dalia(), next_url="/", now=clock.now())


def chosen():
    with reading() as db:
        return db.query(SmartGroupEntry).filter_by(way=ByHand.IN).count()


def task_of(task):
    with reading() as db:
        found = db.get_one(Task, task.id)
        return found.state, found.done, found.total


def journalled():
    with reading() as db:
        return [one.codes["count"] for one in db.query(JournalEntry).filter_by(event="choice.taken_over")]


def test_all_are_taken_over_in_steps_and_it_is_said_once(upr):
    task = begin(upr)
    assert chosen() == 0

    queue().work_off()

    assert (chosen(), task_of(task), journalled()) == (MANY, (TaskState.DONE, MANY, MANY), [MANY])
    with reading() as db:
        about = db.get_one(Consultation, upr.id)
        assert count_proposed(db, about) == 0
        assert db.query(SmartGroup).filter_by(consultation_id=upr.id).one().taken_over_at is not None


def test_where_nobody_is_always_invited_nothing_begins(database):
    with pytest.raises(NothingProposed):
        begin(a_consultation())


def test_pressed_twice_it_is_one_task(upr):
    assert begin(upr).id == begin(upr).id

    queue().work_off()

    assert (chosen(), journalled()) == (MANY, [MANY])


def test_a_worker_that_dies_amid_the_steps_goes_on_and_counts_each_once(upr, monkeypatch):
    task = begin(upr)
    taken, left = operations_taking.take_part_over, [1]

    def dies(*arguments, **named):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return taken(*arguments, **named)

    monkeypatch.setattr(operations_taking, "take_part_over", dies)
    with pytest.raises(KeyboardInterrupt):
        jobs_taking.take_over(task.id)
    assert (chosen(), journalled()) == (2, [])
    monkeypatch.setattr(operations_taking, "take_part_over", taken)
    with writing() as db:
        db.get_one(Task, task.id).lease_until = NOON.replace(year=2000)  # long over

    jobs_taking.take_over(task.id)

    assert (chosen(), task_of(task), journalled()) == (MANY, (TaskState.DONE, MANY, MANY), [MANY])


def test_who_is_taken_out_meanwhile_stays_out(upr, monkeypatch):
    task = begin(upr)
    taken = operations_taking.take_part_over

    def meanwhile(db, consultation, part, **named):
        choice = open_choice(db, consultation, now=NOON)
        decide_by_hand(db, choice, db.get_one(Stakeholder, part[0]), ByHand.OUT, "On leave", by=Dalia(), now=NOON)
        monkeypatch.setattr(operations_taking, "take_part_over", taken)
        return taken(db, consultation, part, **named)

    monkeypatch.setattr(operations_taking, "take_part_over", meanwhile)
    jobs_taking.take_over(task.id)

    assert (chosen(), journalled()) == (MANY - 1, [MANY - 1])


def test_a_consultation_that_is_archived_meanwhile_takes_nobody_over(upr):
    task = begin(upr)
    with writing() as db:
        about = db.get_one(Consultation, upr.id)
        about.state, about.archived_at = ConsultationState.ARCHIVED, NOON

    queue().work_off()

    assert (chosen(), task_of(task)[0], journalled()) == (0, TaskState.FAILED, [])


def test_the_page_takes_few_over_at_once_and_many_by_the_worker(world, monkeypatch):
    from consult.consultations.models_groups import GroupRule
    from consult.consultations.operations_groups import add_group, invite_always

    by = world.staff["secretariat"]
    with writing() as db:
        made = add_group(db, "Everybody", GroupRule(), by=by, now=PRESENT)
        invite_always(db, [], group=made, by=by, now=PRESENT)
        number = count_proposed(db, db.query(Consultation).filter_by(slug="upr").one())
    assert number > 1
    page, desk = "/staff/consultations/upr/always-invited/", world.browser("secretariat")

    monkeypatch.setattr(operations_taking, "AT_ONCE", number - 1)
    answer = desk.post(page)
    assert (answer.status_code, "/tasks/" in answer.headers["Location"]) == (303, True)
    queue().work_off()
    with reading() as db:
        assert count_proposed(db, db.query(Consultation).filter_by(slug="upr").one()) == 0
    again = desk.post(page)  # nobody is proposed any more, which it does not say: it may be of protected ones
    assert (again.status_code, "/tasks/" in again.headers["Location"]) == (303, False)

"""A long report is prepared in steps and published by one row: all of it or nothing, whatever happens in between."""

import os
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import bound, reading, violated, writing
from consult.jobs.models import Task, TaskState
from consult.jobs.queue import queue
from consult.mail.models import OutboxMail
from consult.reports import jobs, operations, queries, rules
from consult.reports import operations_freezing as freezing
from consult.reports.models import FrozenReport, Report, ReportItem, ReportKind
from consult.responses import operations as answers
from consult.responses.models import Answer, AnswerRelease, Outcome, RedactionCategory, Response
from consult.responses.operations_translations import translate_answer
from consult.rounds.models import Comment, Round
from tests.drafts.test_operations import TWO, consultation, publish, upload  # noqa: F401
from tests.reports.test_reports import AFTER, PAGE, answer, publish_report
from tests.rounds.test_comments import open_round, send  # noqa: F401
from tests.support.together import together

MANY = 7


@pytest.fixture
def asked(open_round, consultation, monkeypatch):  # noqa: F811
    """Some comments, answered and screened; steps of two, so that there are several."""
    monkeypatch.setattr(freezing, "STEP", 2)
    refs = [send(open_round, once=str(n), text=f"SAID-{n}", name=f"NAME-{n}").ref for n in range(MANY)]
    for ref in refs:
        answer(ref, consultation, Outcome.NOTED, "Thank you.")
    return refs


def begin(consultation, round_, kind=ReportKind.FINAL, answers_by=None):  # noqa: F811
    with writing() as db:
        made, found = db.get_one(Consultation, consultation.id), db.get_one(Round, round_.id)
        return operations.begin_publishing(
            db, made, found, kind=kind, answers_by=answers_by, next_url="/", by=consultation.dalia, now=AFTER
        )


def work(task):
    with clock.at(AFTER):
        jobs.publish_report(task.id)
    with reading() as db:
        return db.get_one(Task, task.id)


def standing():
    """(reports, published answers, items, mails): what is there now."""
    with reading() as db:
        return tuple(
            db.scalar(query)
            for query in (
                select(func.count(Report.id)),
                select(func.count(Response.id)).where(Response.published_at.is_not(None)),
                select(func.count(ReportItem.id)),
                select(func.count(OutboxMail.id)).where(OutboxMail.template == "answers_published"),
            )
        )


def test_check_unchanged_refuses_another_revision_and_a_part():
    rules.check_unchanged("1:1", "1:1", is_complete=True)

    for changed in ({"now": "1:2", "is_complete": True}, {"now": "1:1", "is_complete": False}):
        with pytest.raises(rules.ChangedMeanwhile):
            rules.check_unchanged("1:1", **changed)


@pytest.mark.database
def test_a_long_report_is_the_same_as_one_published_at_once(asked, open_round, consultation, client):  # noqa: F811
    with reading() as db:
        made, round_ = db.get_one(Consultation, consultation.id), db.get_one(Round, open_round.id)
        at_once = freezing.compose(db, made, round_)

    task = begin(consultation, open_round)
    before = standing(), client.get(f"{PAGE}/").status_code
    done = work(task)

    assert before == ((0, 0, 0, 0), 404)
    assert done.state is TaskState.DONE
    assert (done.done, done.total) == (8, 9)
    assert standing()[:3] == (1, MANY, MANY)
    with reading() as db:
        report = queries.newest_report(db, consultation.id)
        assert (report.digest, report.document) == (at_once.digest, at_once.made.document)
        items = queries.list_items(db, report.id)
        kept = [(items[place].personal, items[place].author_category) for place in range(MANY)]
        assert kept == at_once.made.personal
    assert "SAID-3" in client.get(f"{PAGE}/").text


@pytest.mark.database
def test_nothing_is_seen_of_what_is_being_prepared(asked, open_round, consultation, client):  # noqa: F811
    task = begin(consultation, open_round)
    with clock.at(AFTER):
        jobs._prepare(task.id, _frozen_of(task))

    assert standing() == (0, 0, MANY, 0)
    for ending in ("/", ".csv", ".json", ".docx"):
        assert client.get(PAGE + ending).status_code == 404
    assert "SAID-1" not in client.get("/en/consultations/upr/paragraphs/1/").text
    with reading() as db:
        assert not queries.has_report(db, consultation.id)
        assert not queries.has_final(db, open_round.id)


def _frozen_of(task):
    return int(task.subject.removeprefix("frozen_report:"))


def _withdraw(db, consultation, ref):  # noqa: F811
    operations.withdraw_comment(db, db.query(Comment).filter_by(ref=ref).one(), now=AFTER)


def _answer(db, consultation, ref):  # noqa: F811
    made, comment = db.get_one(Consultation, consultation.id), db.query(Comment).filter_by(ref=ref).one()
    answers.answer_comment(db, made, comment, Answer(Outcome.ACCEPTED, "", "en"), by=consultation.dalia, now=AFTER)


def _black_out(db, consultation, ref):  # noqa: F811
    made, comment = db.get_one(Consultation, consultation.id), db.query(Comment).filter_by(ref=ref).one()
    category = RedactionCategory.OTHER_PERSONAL
    answers.redact_comment(db, made, comment, comment.text, category, by=consultation.dalia, now=AFTER)
    answers.mark_screened(db, made, comment, by=consultation.dalia, now=AFTER)


def _translate(db, consultation, ref):  # noqa: F811
    made, comment = db.get_one(Consultation, consultation.id), db.query(Comment).filter_by(ref=ref).one()
    translate_answer(db, made, comment, {"ar": "شكرا"}, by=consultation.dalia, now=AFTER)


CHANGES = {"withdrawn": _withdraw, "answered anew": _answer, "blacked out": _black_out, "translated": _translate}


@pytest.mark.database
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_changed_between_preparing_and_publishing_is_caught(change, asked, open_round, consultation):  # noqa: F811
    task = begin(consultation, open_round)
    with clock.at(AFTER):
        frozen = jobs._prepare(task.id, _frozen_of(task))
    with writing() as db:
        CHANGES[change](db, consultation, asked[0])

    with pytest.raises(rules.ChangedMeanwhile), writing() as db:
        made, round_ = db.get_one(Consultation, consultation.id), db.get_one(Round, open_round.id)
        frozen = db.get_one(FrozenReport, frozen.id)
        operations.publish_frozen(db, made, round_, frozen, by=consultation.dalia, now=AFTER)

    assert standing()[:2] == (0, 0)
    publish_report(consultation, open_round)
    assert standing()[1] == (MANY - 1 if change == "withdrawn" else MANY)


def test_a_new_version_in_between_is_caught(asked, open_round, consultation):  # noqa: F811
    task = begin(consultation, open_round)
    with clock.at(AFTER):
        frozen = jobs._prepare(task.id, _frozen_of(task))
    queue().huey.flush()  # reading the upload would work the report off too
    version, _ = upload(consultation, TWO)
    publish(consultation, version)

    with pytest.raises(rules.ChangedMeanwhile), writing() as db:
        made, round_ = db.get_one(Consultation, consultation.id), db.get_one(Round, open_round.id)
        operations.publish_frozen(
            db, made, round_, db.get_one(FrozenReport, frozen.id), by=consultation.dalia, now=AFTER
        )


def test_a_refusal_ends_the_task_in_words_and_leaves_nothing(asked, open_round, consultation):  # noqa: F811
    first, second = begin(consultation, open_round), begin(consultation, open_round)
    work(first)

    done = work(second)

    assert done.state is TaskState.FAILED
    assert "stays as it is" in done.problem.shown().text
    assert standing()[:3] == (1, MANY, MANY)
    with reading() as db:
        assert db.scalar(select(func.count(FrozenReport.id))) == 1


def test_a_comment_that_left_is_not_published_with_the_next_attempt(asked, open_round, consultation):  # noqa: F811
    """What joined the release in an attempt that failed, and was then taken back, does not slip in."""
    task = begin(consultation, open_round)
    with clock.at(AFTER):
        jobs._prepare(task.id, _frozen_of(task))
    with writing() as db:
        made, comment = db.get_one(Consultation, consultation.id), db.query(Comment).filter_by(ref=asked[0]).one()
        answers.undo_answer(db, made, comment, by=consultation.dalia, now=AFTER)

    publish_report(consultation, open_round, ReportKind.INTERIM, AFTER.date() + timedelta(days=9))

    assert standing()[1] == MANY - 1
    with reading() as db:
        assert db.query(Response).filter(Response.published_at.is_(None)).count() == 1


@pytest.mark.database
def test_an_interim_report_and_the_final_one_publish_each_answer_once(asked, open_round, consultation):  # noqa: F811
    late = send(open_round, once="late", text="SAID-LATE").ref
    with writing() as db:
        made, comment = db.get_one(Consultation, consultation.id), db.query(Comment).filter_by(ref=late).one()
        answers.mark_screened(db, made, comment, by=consultation.dalia, now=AFTER)
    work(begin(consultation, open_round, ReportKind.INTERIM, AFTER.date() + timedelta(days=9)))
    answer(late, consultation, Outcome.NOTED, "Thank you.")

    done = work(begin(consultation, open_round))

    assert done.state is TaskState.DONE
    with reading() as db:
        sizes = [(one.answers, one.items) for one in db.query(FrozenReport).order_by(FrozenReport.id)]
        assert sizes == [(MANY, MANY), (1, MANY + 1)]
        assert db.query(AnswerRelease).filter(AnswerRelease.published_at.is_(None)).count() == 0


@pytest.mark.database
def test_two_who_publish_at_once_publish_once(asked, open_round, consultation):  # noqa: F811
    tasks = [begin(consultation, open_round) for _ in range(2)]

    states = sorted(task.state.value for task in together(*(lambda task=task: work(task) for task in tasks)))

    assert states == ["done", "failed"]
    assert standing()[:3] == (1, MANY, MANY)


@pytest.mark.database
def test_a_withdrawal_and_a_publication_at_once_leave_a_tombstone_or_no_report(asked, open_round, consultation):  # noqa: F811
    task = begin(consultation, open_round)

    def withdraw():
        with writing() as db:
            _withdraw(db, consultation, asked[0])

    done, _nothing = together(lambda: work(task), withdraw)

    with reading() as db:
        assert all("SAID-0" not in str(item.personal) for item in db.query(ReportItem))
        reports = db.scalar(select(func.count(Report.id)))
    assert reports == (1 if done.state is TaskState.DONE else 0)


@pytest.mark.database
@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("UPDATE response SET release_id = :release WHERE release_id IS NULL", "nothing_joins_a_published_release"),
        ("INSERT INTO response (comment_id, holds, release_id) SELECT id, 1, :release FROM comment WHERE text = 'SAID-LATE'",
         "nothing_new_in_a_published_release"),
        ("UPDATE answer_release SET published_at = NULL", "published_release_stays"),
    ],
)  # fmt: skip
def test_the_database_lets_nothing_join_what_is_published(sql, name, asked, open_round, consultation):  # noqa: F811
    publish_report(consultation, open_round)
    late = send(open_round, once="late", text="SAID-LATE").ref
    if sql.startswith("UPDATE response"):
        with writing() as db:
            made, comment = db.get_one(Consultation, consultation.id), db.query(Comment).filter_by(ref=late).one()
            answers.answer_comment(
                db, made, comment, Answer(Outcome.ACCEPTED, "", "en"), by=consultation.dalia, now=AFTER
            )

    with pytest.raises(DBAPIError) as caught, writing() as db:
        release = db.scalar(select(AnswerRelease.id))
        db.execute(text(sql), {"release": release} if ":release" in sql else {})

    assert violated(caught.value) == name


def test_the_sweep_forgets_what_was_never_published_and_nothing_else(asked, open_round, consultation):  # noqa: F811
    task = begin(consultation, open_round)
    with clock.at(AFTER):
        jobs._prepare(task.id, _frozen_of(task))
    publish_report(consultation, open_round)

    def sweep(now):
        swept = []
        while not swept or swept[-1]:
            with writing() as db:
                swept.append(freezing.sweep_frozen(db, now=now))
        return sum(swept)

    assert sweep(AFTER + timedelta(hours=1)) == 0
    assert sweep(AFTER + timedelta(days=2)) == MANY
    assert standing()[:3] == (1, MANY, MANY)


# A worker that begins anew for each line that it is sent, as a process of its own: only the program is loaded once.
KILLED = """
    import os, signal, sys
    from consult.core import clock, settings
    from consult.tables import import_all
    import consult
    from consult.reports import jobs, operations, operations_freezing as freezing
    from datetime import datetime
    from sqlalchemy import event
    from consult.core.db import bound

    import_all()
    freezing.STEP = 2

    def work(task, left):
        def count(*_):
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        consult.start(settings.load({{"data_folder": {data!r}, "database_url": {url!r}, "secret_key": "k" * 40}}, environ={{}}))
        event.listen(bound().engine, {when!r}, count)
        with clock.at(datetime.fromisoformat({now!r})):
            jobs.publish_report(task)

    for line in sys.stdin:
        if (child := os.fork()) == 0:
            work(*map(int, line.split()))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.mark.database
@pytest.mark.parametrize("when", ["after_cursor_execute", "commit"])
def test_a_worker_killed_at_any_instant_leaves_nothing_or_all(when, asked, open_round, consultation, tmp_path):  # noqa: F811
    """Killed at its first statement, a few later, and so on to its last; after each the next attempt may begin anew."""
    code = textwrap.dedent(KILLED).format(
        data=str(tmp_path / "worker"), url=bound().url, now=AFTER.isoformat(), when=when
    )
    command, pipe, after = [sys.executable, "-c", code], subprocess.PIPE, 1
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1, cwd=os.getcwd()) as workers:
        while True:
            task = begin(consultation, open_round)
            print(task.id, after, file=workers.stdin)
            ended = int(workers.stdout.readline())
            reports, published, _, _ = standing()
            assert (reports, published) in ((0, 0), (1, MANY))
            if reports:
                break
            assert ended == -signal.SIGKILL
            after += 17 if when == "after_cursor_execute" else 5
        workers.stdin.close()
    assert after > 1

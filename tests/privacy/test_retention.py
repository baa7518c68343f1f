"""Retention: each kind goes when its term is over and not before, in small steps that nothing interrupts for good."""

import json
import time
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
from click.testing import CliRunner
from sqlalchemy import event, insert, text
from sqlalchemy.exc import DBAPIError

from consult import worker
from consult.audit.models import JournalEntry
from consult.audit.operations import verify
from consult.cli import main
from consult.consultations import doors
from consult.consultations.models import Consultation, ConsultationState, Door, Participant
from consult.core import clock
from consult.core.db import bound, reading, violated, writing
from consult.core.settings import SettingWrong, load
from consult.jobs.queue import queue
from consult.mail.keys import address_key
from consult.mail.models import Bounce, BounceKind, BounceSource, MailState, OutboxMail, Suppression, SuppressionReason
from consult.mail.operations import queue_mail
from consult.mailings.models import Leaving, LeavingScope, LeavingWay
from consult.mailings.operations_leaving import leave_mails, undo_leaving
from consult.privacy import erasing, jobs, operations
from consult.privacy.kinds import KINDS, kind
from consult.privacy.models import RetentionRun
from consult.reports.document import who
from consult.reports.models import FrozenReport, Report, ReportItem
from consult.responses.models import Grounds
from consult.rounds.models import Comment, CommentDraft, Consent, Round
from consult.stakeholders.models import Basis, LeftAddress, Stakeholder
from tests.mail.test_outbox import a_mail
from tests.mail.test_suppression import sent
from tests.reports.test_reports import answer, publish_report
from tests.rounds.test_comments import consultation, open_round, send  # noqa: F401
from tests.stakeholders.test_operations import add
from tests.support.together import together

NOW = datetime(2028, 9, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def run(now=NOW, night=None):
    """A whole run, as the worker does it."""
    with clock.at(now):
        with writing() as db:
            run_id = operations.begin_run(db, night=night, now=now)
        jobs.keep_retention(run_id)
    with reading() as db:
        return db.get_one(RetentionRun, run_id)


def over(code):
    """The instant before which a kind goes."""
    return NOW - kind(code).term


# One row of each kind of the nightly job whose term began at an instant. Returns its id.


def a_final_mail(db, at, number):
    mail = sent(db, number=number, address=f"ana{number}@org.example", now=at)
    return mail.id


def a_bounce(db, at, number):
    mail = sent(db, number=number, address=f"ana{number}@org.example", now=NOW)
    made = Bounce(
        mail_id=mail.id,
        address_key=mail.address_key,
        kind=BounceKind.SOFT,
        status="4.2.2",
        source=BounceSource.SMTP,
        at=at,
    )
    db.add(made)
    db.flush()
    return made.id


def a_suppression(db, at, number):
    made = Suppression(
        ref=f"s{number}",
        address_key=address_key(f"a{number}@x.example"),
        reason=SuppressionReason.HARD_BOUNCE,
        status="5.1.1",
        source=BounceSource.SMTP,
        at=at,
        lifted_at=at,
        lifted_by="staff:1",
        note="They called.",
    )
    db.add(made)
    db.flush()
    return made.id


def a_consultation(db, number, archived_at=None):
    made = Consultation(
        slug=f"c{number}",
        title={},
        kind="upr_national_report",
        cycle="",
        languages=["en"],
        time_zone="UTC",
        state=ConsultationState.ARCHIVED if archived_at else ConsultationState.OPEN,
        what_it_is={},
        what_we_ask={},
        other_ways={},
        created_at=NOW - timedelta(days=4000),
        archived_at=archived_at,
    )
    db.add(made)
    db.flush()
    return made


def a_participant(db, number, *, archived_at=None, **changes):
    found = a_consultation(db, number, archived_at)
    made = Participant(
        **{
            "ref": f"p{number}",
            "consultation_id": found.id,
            "name": f"Ana {number}",
            "organisation": "Network",
            "category": "cso",
            "email": f"ana{number}@org.example",
            "email_confirmed_at": NOW,
            "language": "en",
            "created_at": NOW,
            **changes,
        }
    )
    db.add(made)
    db.flush()
    return made


def a_leaving(db, at, number):
    made = Leaving(
        participant_id=a_participant(db, number).id, scope=LeavingScope.CONSULTATION, way=LeavingWay.MAIL, at=at
    )
    db.add(made)
    db.flush()
    return made.id


def an_entry_that_left(db, at, number):
    made = Stakeholder(
        ref=f"e{number}",
        kind="organisation",
        name="Network",
        name_key="network",
        category="cso",
        language="en",
        email=f"ana{number}@org.example",
        email_key=f"ana{number}@org.example",
        basis=Basis.CONSENT,
        left_at=at,
        note="Telephone 123",
        created_at=at,
        updated_at=at,
    )
    db.add(made)
    db.flush()
    return made.id


MAKE = {
    "mail_traces": a_final_mail,
    "bounces": a_bounce,
    "lifted_suppressions": a_suppression,
    "leavings": a_leaving,
    "unconfirmed_addresses": lambda db, at, number: (
        a_participant(db, number, created_at=at, email_confirmed_at=None).id
    ),
    "visitors": lambda db, at, number: a_participant(db, number, archived_at=at).id,
    "left_entries": an_entry_that_left,
}


def gone(code, row_id):
    """Whether a row of a kind went: is deleted, or has nothing left of what is to go."""
    with reading() as db:
        row = db.get(erasing.ERASINGS[code].model, row_id)
        if row is None or code in ("bounces", "lifted_suppressions", "leavings"):
            return row is None
        parts = {
            "mail_traces": ("message_id", "bounce_digest", "address_key", "reply_text"),
            "unconfirmed_addresses": ("email",),
            "visitors": ("email", "name", "organisation"),
            "left_entries": ("email", "note"),
        }[code]
        values = {bool(getattr(row, name)) for name in parts}
        assert len(values) == 1, "all of it, or nothing"
        return values == {False}


def test_every_kind_of_the_nightly_job_is_tried():
    assert set(MAKE) == set(erasing.ERASINGS)


@pytest.mark.database
@pytest.mark.parametrize("code", MAKE)
def test_a_kind_goes_when_its_term_is_over_and_not_before(database, code):
    with writing() as db:
        inside = MAKE[code](db, over(code) + HOUR, 1)
        outside = MAKE[code](db, over(code) - HOUR, 2)
    with reading() as db:
        announced = operations.count_due(db, now=NOW)

    done = run()

    assert (gone(code, inside), gone(code, outside)) == (False, True)
    assert announced[code] == done.counts[code] == 1
    assert (done.failed, done.finished_at) == ([], NOW)
    assert run().counts[code] == 0, "a second run finds nothing"


@pytest.mark.database
def test_the_journal_says_how_many_of_each_kind_and_names_nobody(database):
    with writing() as db:
        for number in range(3):
            an_entry_that_left(db, over("left_entries") - HOUR, number)

    run()

    with reading() as db:
        (entry,) = db.query(JournalEntry).filter_by(event="retention.finished")
        assert (entry.actor, entry.codes["left_entries"], entry.codes["bounces"]) == ("system", 3, 0)
        assert set(entry.codes) == {"run", "failed", *erasing.ERASINGS}
        assert list(verify(db)) == []


@pytest.mark.database
def test_a_wiped_mail_is_still_the_same_mail_and_its_traces_never_come_back(database):
    with writing() as db:
        mail_id = a_final_mail(db, over("mail_traces") - HOUR, 1)
        token = db.get_one(OutboxMail, mail_id)
    run()

    with writing() as db:
        again = queue_mail(db, a_mail(1, cause="c:1"), now=NOW)
        assert (again.id, again.state) == (token.id, MailState.SENT)
    for sql in (
        "UPDATE outbox_mail SET reply_text = 'x'",
        "UPDATE outbox_mail SET state = 'failed'",
        "UPDATE outbox_mail SET reply_code = 1",
    ):
        with pytest.raises(DBAPIError) as refused, writing() as db:
            db.execute(text(sql))
        assert violated(refused.value) in ("traces_of_a_final_mail_only_wiped", "final_mail_stays_final")


@pytest.mark.database
def test_the_traces_of_a_final_mail_go_all_together_or_not_at_all(database):
    with writing() as db:
        a_final_mail(db, NOW, 1)

    for sql in ("UPDATE outbox_mail SET reply_text = NULL", "UPDATE outbox_mail SET message_id = 'other'"):
        with pytest.raises(DBAPIError) as refused, writing() as db:
            db.execute(text(sql))
        assert violated(refused.value) == "traces_of_a_final_mail_only_wiped"


@pytest.mark.database
def test_what_waits_or_is_uncertain_and_what_is_suppressed_now_does_not_age(database):
    long_ago = NOW - timedelta(days=4000)
    with writing() as db:
        queue_mail(db, a_mail(1), now=long_ago)
        made = a_suppression(db, long_ago, 1)
        db.execute(text("DELETE FROM suppression"))
        db.add(
            Suppression(
                ref="stands",
                address_key=b"k" * 32,
                reason=SuppressionReason.HARD_BOUNCE,
                status="5.1.1",
                source=BounceSource.SMTP,
                at=long_ago,
            )
        )
        a_participant(db, 1, archived_at=None, created_at=long_ago, email_confirmed_at=long_ago)

    done = run()

    assert made and set(done.counts.values()) == {0}
    with reading() as db:
        assert db.query(OutboxMail).one().address == "p1@example.org"
        assert db.query(Participant).one().email == "ana1@org.example"


@pytest.mark.database
def test_an_entry_that_left_is_never_written_to_again_whoever_brings_its_address(database):
    with writing() as db:
        for number in (1, 2):  # of one name: both lose what tells them apart
            an_entry_that_left(db, over("left_entries") - HOUR, number)

    run()

    with reading() as db:
        assert [(one.name, one.email, one.basis, one.note) for one in db.query(Stakeholder)] == [
            ("Network", "", Basis.NONE, "")
        ] * 2
        assert {one.key for one in db.query(LeftAddress)} == {address_key(f"ana{n}@org.example") for n in (1, 2)}
    brought = add(name="Somebody else", email="Ana1@org.example")
    assert brought.left_at == over("left_entries") - HOUR


@pytest.mark.database
@pytest.mark.parametrize("mistake", [False, True])
def test_an_old_mail_still_stops_all_mail_to_an_erased_address(database, mistake):
    with writing() as db:
        made = a_participant(db, 1, created_at=over("unconfirmed_addresses") - HOUR, email_confirmed_at=None)
        doors.make_door(db, made)
    run()

    with writing() as db:
        leaver = doors.Entered(db.query(Door).one(), db.query(Participant).one(), db.query(Consultation).one())
        leave_mails(db, leaver, LeavingScope.EVERYTHING, way=LeavingWay.PAGE, once="key", now=NOW)
        if mistake:
            undo_leaving(db, leaver, "key", now=NOW)

    assert (add(email="ana1@org.example").left_at is None) == mistake


@pytest.mark.database
def test_five_comments_of_one_address_stay_one_persons_when_it_is_erased(database):
    with writing() as db:
        made = a_participant(db, 1, created_at=over("unconfirmed_addresses") - HOUR, email_confirmed_at=None)
        later = a_participant(db, 2, name="Another name", email="ANA1@org.example")
        before = who(made) == who(later)
    run()

    with reading() as db:
        rows = db.query(Participant).all()
        assert sorted(bool(one.email) for one in rows) == [False, True]
        assert before
        assert len({who(one) for one in rows}) == 1


def published(everything_about):
    """What nobody may change: the report, its items, and the comments."""
    with reading() as db:
        rows = [*db.query(Report), *db.query(FrozenReport), *db.query(ReportItem), *db.query(Comment)]
        return [{column.name: getattr(row, column.key) for column in row.__table__.columns} for row in rows]


def archive(now):
    with writing() as db:
        found = db.query(Consultation).one()
        found.state, found.archived_at = ConsultationState.ARCHIVED, now


@pytest.mark.database
def test_nothing_published_changes_and_who_is_named_by_consent_stays_named(
    open_round,  # noqa: F811
    consultation,  # noqa: F811
    client,
):
    kept = {}
    for consent in Consent:
        made = send(
            open_round,
            once=consent,
            name=f"N {consent}",
            organisation=f"O {consent}",
            consent=consent,
            email="a@x.example",
        )
        kept[made.participant_id] = consent
        answer(made.ref, consultation)
    withheld = send(open_round, once="withheld", name="Withheld", organisation="Withheld")
    answer(withheld.ref, consultation, withhold=next(iter(Grounds)))
    publish_report(consultation, open_round)
    archive(over("visitors") - HOUR)
    before = (
        published(client),
        client.get("/en/consultations/upr/response/").text,
        client.get("/en/consultations/upr/response.json").text,
    )

    done = run()

    assert done.counts["visitors"] == len(kept) + 1
    assert before == (
        published(client),
        client.get("/en/consultations/upr/response/").text,
        client.get("/en/consultations/upr/response.json").text,
    )
    with reading() as db:
        left = {one.id: (one.name, one.organisation, one.email) for one in db.query(Participant)}
    named = {
        Consent.WITH_NAME: ("N with_name", "O with_name", ""),
        Consent.ORGANISATION_ONLY: ("", "O organisation_only", ""),
    }
    assert left == {
        **{one: named.get(consent, ("", "", "")) for one, consent in kept.items()},
        withheld.participant_id: ("", "", ""),
    }


@pytest.mark.database
def test_what_was_erased_of_a_participant_never_comes_back(database):
    with writing() as db:
        a_participant(db, 1, archived_at=over("visitors") - HOUR)
    run()

    for sql in ("SET name = 'Ana'", "SET email = 'a@x.example'", "SET erased_at = NULL", "SET organisation = 'x'"):
        with pytest.raises(DBAPIError) as refused, writing() as db:
            db.execute(text(f"UPDATE participant {sql}"))
        assert violated(refused.value) == "erased_participant_stays_erased"


# The run itself: killed, twice at once, once a night, a fault in one kind.


def fill_outbox(count):
    """Mails that have been over for long, as their rows are when they went out."""
    at = over("mail_traces") - HOUR
    rows = [
        {
            "template": "test",
            "person": f"stakeholder:{n}",
            "cause": "invitation:1",
            "language": "en",
            "state": "sent",
            "priority": 10,
            "attempts": 1,
            "message_id": f"<{n}@x.example>",
            "bounce_digest": n.to_bytes(32, "big"),
            "address_key": n.to_bytes(32, "big"),
            "reply_code": 250,
            "reply_text": "ok",
            "created_at": at,
            "attempted_at": at,
            "finished_at": at,
        }
        for n in range(count)
    ]
    with writing() as db:
        db.execute(insert(OutboxMail), rows)


def left_over():
    with reading() as db:
        return db.query(OutboxMail).filter(OutboxMail.address_key.is_not(None)).count()


class Killed(BaseException):
    """As a power cut: nothing catches it."""


@pytest.mark.database
def test_a_run_that_is_killed_is_found_and_goes_on_where_it_stood(database, monkeypatch):
    fill_outbox(3 * operations.STEP)
    steps, take = [], operations.take_step

    def dies(db, run_id, step, *, now):
        steps.append(step)
        done = take(db, run_id, step, now=now)
        if len(steps) == 2:
            raise Killed  # before its transaction is kept
        return done

    monkeypatch.setattr(operations, "take_step", dies)
    night = NOW.date()
    with pytest.raises(Killed):
        run(night=night)
    monkeypatch.undo()
    standing = left_over()

    found = []
    for later in (timedelta(seconds=30), timedelta(minutes=2)):
        with clock.at(NOW + later):
            with writing() as db:
                found.append(operations.sweep_retention(db, now=clock.now()))
            queue().work_off()

    assert standing == 2 * operations.STEP
    assert found == [0, 1], "while it may still be at work nobody is woken"
    with reading() as db:
        (ended,) = db.query(RetentionRun)
    assert (left_over(), ended.counts["mail_traces"], ended.night) == (0, 3 * operations.STEP, night)


@pytest.mark.database
def test_two_workers_share_a_run_and_count_each_row_once(database):
    fill_outbox(3 * operations.STEP)
    with clock.at(NOW):
        with writing() as db:
            run_id = operations.begin_run(db, night=None, now=NOW)
        together(lambda: jobs.keep_retention(run_id), lambda: jobs.keep_retention(run_id))

    with reading() as db:
        ended = db.get_one(RetentionRun, run_id)
        assert db.query(JournalEntry).filter_by(event="retention.finished").count() == 1
    assert (left_over(), ended.counts["mail_traces"]) == (0, 3 * operations.STEP)


@pytest.mark.database
def test_a_night_has_one_run_however_many_workers_sweep(database):
    def sweep():
        with writing() as db:
            return operations.sweep_retention(db, now=NOW)

    def at(now):
        with writing() as db:
            return operations.sweep_retention(db, now=now)

    midnight = datetime(2028, 9, 1, tzinfo=UTC)
    early = at(midnight + timedelta(hours=2, minutes=59))
    found = together(sweep, sweep, sweep)
    with clock.at(NOW):
        queue().work_off()

    assert (early, sorted(found)) == (0, [0, 0, 1])
    assert at(NOW + timedelta(hours=11)) == 0
    assert at(midnight + timedelta(days=1, hours=3)) == 1
    with reading() as db:
        assert [one.night.day for one in db.query(RetentionRun).order_by(RetentionRun.id)] == [1, 2]


def test_a_fault_in_one_kind_does_not_keep_the_others(database):
    with writing() as db:
        a_leaving(db, over("leavings") - HOUR, 1)
        bounce = a_bounce(db, over("bounces") - HOUR, 2)
        db.execute(text("CREATE TRIGGER stuck BEFORE DELETE ON bounce BEGIN SELECT RAISE(ABORT, 'stuck'); END"))

    done = run()

    assert (done.failed, done.counts["bounces"], done.counts["leavings"]) == (["bounces"], 0, 1)
    assert not gone("bounces", bounce)


@pytest.mark.database
def test_no_step_over_50000_mails_holds_the_database_for_200_ms(database):
    fill_outbox(50_000)
    began, writers, lasted = {}, set(), []

    def begin(connection, *_):
        began[id(connection)] = time.perf_counter()

    def wrote(connection, _cursor, statement, *_rest):
        if not statement.startswith(("SELECT", "PRAGMA")):
            writers.add(id(connection))

    def commit(connection):
        if id(connection) in writers:
            writers.remove(id(connection))
            lasted.append(time.perf_counter() - began[id(connection)])

    listeners = (("begin", begin), ("before_cursor_execute", wrote), ("commit", commit))
    for name, listener in listeners:
        event.listen(bound().engine, name, listener)
    try:
        done = run()
    finally:
        for name, listener in listeners:
            event.remove(bound().engine, name, listener)

    assert done.counts["mail_traces"] == 50_000
    assert len(lasted) >= 100, "each step was timed"
    # The machine may stop any one of them for a moment; that the work itself is small shows in nearly all.
    assert sorted(lasted)[int(len(lasted) * 0.95)] < 0.2, (median(lasted), max(lasted))


# Kinds that a sweep deletes already: no second deletion, and the term that the table names is the sweep's.


def sweep_with(code, now):
    with clock.at(now), writing() as db:
        return kind(code).sweep(db, now=now)


def test_every_sweep_of_the_table_is_one_of_the_workers():
    assert {one.sweep for one in KINDS if one.sweep} <= set(worker.SWEEPS)
    swept = {one.code for one in KINDS if one.sweep}
    assert {one.code for one in KINDS if one.term is not None} == {*erasing.ERASINGS, *swept} - {"sessions"}
    assert not {one.code for one in KINDS if one.sweep} & set(erasing.ERASINGS), "nothing is deleted twice"


ROWS = {
    "sign_in_attempts": "INSERT INTO sign_in_attempt (id, name_key, at) VALUES (1, x'00', :at)",
    "sessions": "INSERT INTO session (id, digest, kind, holder, created_at, expires_at) VALUES (1, x'00', 'staff', 'staff:1', :at, :at)",
    "known_devices": "INSERT INTO known_device (id, digest, staff_id, expires_at) VALUES (1, x'00', 1, :device)",
    "password_links": "INSERT INTO password_link (id, digest, staff_id, expires_at) VALUES (1, x'00', 1, :at)",
    "imports": "INSERT INTO stakeholder_import (id, ref, file_name, file_key, state, basis, owner, created_at)"
    " VALUES (1, 'i', 'f', 'lists/f', 'preview', 'consent', 'staff:1', :at)",
    "results": "INSERT INTO task (id, ref, kind, state, owner, subject, next_url, done, total, tries, created_at, finished_at, expires_at)"
    " VALUES (1, 't', 'x', 'done', 'staff:1', 'x:1', '/', 0, 0, 0, :at, :at, :task)",
}


@pytest.mark.parametrize("code", ROWS)
def test_a_sweep_keeps_to_the_term_that_the_table_names(database, code):
    term = kind(code).term or timedelta(0)
    with bound().engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO staff (id, ref, name, email, email_key, language, state, created_at)"
                " VALUES (1, 'r', 'D', 'd', 'd', 'en', 'active', '2027-01-01 00:00:00')"
            )
        )
        at = NOW.replace(tzinfo=None)
        values = {"at": at, "device": at + timedelta(days=180), "task": at + timedelta(days=7)}
        used = {name: value for name, value in values.items() if f":{name}" in ROWS[code]}
        connection.execute(text(ROWS[code]), used)

    assert sweep_with(code, NOW + term - timedelta(seconds=1)) == 0
    assert sweep_with(code, NOW + term + timedelta(seconds=1)) == 1


def test_unsent_comments_go_by_their_own_sweep_when_the_table_says(open_round):  # noqa: F811
    closes = open_round.closes_at
    with writing() as db:
        found = db.get_one(Round, open_round.id)
        made = Participant(
            ref="p",
            consultation_id=found.consultation_id,
            name="Ana",
            organisation="",
            category="",
            email="",
            language="en",
            created_at=closes,
        )
        db.add(made)
        db.flush()
        db.add(
            CommentDraft(
                participant_id=made.id,
                round_id=found.id,
                paragraph_ref="1",
                language="en",
                text="UNSENT",
                suggestion="",
                evidence="",
                once="k",
                saved_at=closes,
            )
        )
    term = kind("comment_drafts").term

    assert sweep_with("comment_drafts", closes + term - HOUR) == 0
    assert sweep_with("comment_drafts", closes + term + HOUR) == 1


def test_captured_mails_go_when_their_file_is_old(database, settings):
    folder = settings.data / "mail"
    folder.mkdir(parents=True)
    for name in ("00000001.eml", "00000002.new", "keep.txt"):
        (folder / name).write_text("x")
    written = datetime.fromtimestamp((folder / "00000001.eml").stat().st_mtime, UTC)

    assert sweep_with("captured_mails", written + kind("captured_mails").term - HOUR) == 0
    assert sweep_with("captured_mails", written + kind("captured_mails").term + HOUR) == 2
    assert [one.name for one in folder.iterdir()] == ["keep.txt"]


# By hand, and the settings.


def test_the_command_counts_first_and_then_does_it(database, settings, monkeypatch):
    with writing() as db:
        row = a_bounce(db, datetime.now(UTC) - timedelta(days=400), 1)
    for name in ("data_folder", "database_url", "secret_key"):
        monkeypatch.setenv(f"CONSULT_{name.upper()}", getattr(settings, name))

    dry = CliRunner().invoke(main, ["privacy", "retention", "--dry-run", "--json"])
    assert not gone("bounces", row)
    done = CliRunner().invoke(main, ["privacy", "retention"])

    assert json.loads(dry.stdout)["counts"]["bounces"] == 1
    assert (dry.exit_code, done.exit_code) == (0, 0)
    assert "bounces: 1\n" in done.stdout
    assert gone("bounces", row)


@pytest.mark.parametrize(
    ("name", "value"), [("retention_mail_days", 30), ("retention_mail_days", 366), ("retention_hour", 24)]
)
def test_a_term_outside_of_its_limits_stops_the_start(tmp_path, name, value):
    with pytest.raises(SettingWrong, match=name):
        load({"data_folder": str(tmp_path), name: value}, environ={})


def test_a_term_that_the_operator_set_holds(settings, database):
    from consult.core.settings import Settings
    from consult.privacy.terms import use_terms

    changed = {field: getattr(settings, field) for field in Settings.__dataclass_fields__}
    use_terms(Settings(**{**changed, "retention_mail_days": 40}))

    with writing() as db:
        inside, outside = a_bounce(db, NOW - timedelta(days=39), 1), a_bounce(db, NOW - timedelta(days=41), 2)
    run()

    assert (gone("bounces", inside), gone("bounces", outside)) == (False, True)
    use_terms(settings)

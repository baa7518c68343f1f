"""Which mails count against an address, when it gets nothing more, and that a person can say: write again."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from consult.audit.models import JournalEntry, JournalReason
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.core.ids import digest
from consult.mail import operations, rules
from consult.mail.bounces import Returned
from consult.mail.delivery import Post
from consult.mail.keys import address_key, bounce_token
from consult.mail.messages import MailTemplate
from consult.mail.models import Bounce, BounceKind, BounceSource, MailState, OutboxMail, Suppression, SuppressionReason
from consult.mail.operations_bounces import Ingested, ingest_bounce, lift_suppression, note_bounce
from consult.mail.operations_suppressions import lift_by_reader, sweep_suppressions
from consult.mail.outcome import Outcome, of_answer
from consult.mail.queries_suppressions import standing, suppressions_of
from consult.worker import MAILS
from tests.mail.test_connection import towards
from tests.mail.test_outbox import NOON, Someone, a_mail
from tests.support.world import everything

ADDRESS = "ana@org.example"
BOUNCES = "bounces@mechanism.example"
NEWS = MailTemplate("test", MAILS["test"].subject)  # as mail to people is: not to staff


def sent(db, number=1, address=ADDRESS, now=NOON):
    """A mail that went out to an address."""
    operations.queue_mail(db, a_mail(number, address=address, cause=f"c:{number}"), now=now)
    mail = operations.claim_mail(db, lease=timedelta(minutes=5), domain="example.org", now=now)
    operations.note_outcome(db, mail, Outcome(MailState.SENT, 250, "ok"), now=now)
    return db.get_one(OutboxMail, mail.id, populate_existing=True)


def came_back(db, mail, status="5.1.1", now=NOON):
    return ingest_bounce(db, Returned((bounce_token(mail.id),), status), now=now)


def is_suppressed(db, address=ADDRESS):
    return standing(db, address_key(address)) is not None


# Codes


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        (("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"), BounceKind.HARD),
        (("4.1.1", "4.2.1", "5.2.2", "4.2.2", "5.0.0", "4.0.0", "4.4.7", "5.4.4", "4.4.1"), BounceKind.SOFT),
        (("5.7.1", "5.7.26", "5.1.7", "5.1.8", "5.2.3", "5.3.4", "5.5.2", "5.6.0", "4.7.0", "2.1.5", "", "x", "5.1", "5.1.1.1"), None),
    ],
)  # fmt: skip
def test_weigh_bounce_blames_an_address_only_for_what_the_code_says_of_it(statuses, kind):
    assert {rules.weigh_bounce(status) for status in statuses} == {kind}


@pytest.mark.parametrize(
    ("code", "answer", "status"),
    [
        (550, b"5.1.1 no such user", "5.1.1"), (550, b"no such user", "5.0.0"), (450, b"4.2.1 busy", "4.2.1"),
        (550, b"4.2.1 odd", "5.0.0"), (550, b"5.1.1.9 odd", "5.0.0"), (550, b"x 5.1.1", "5.0.0"), (421, b"\xff", "4.0.0"),
    ],
)  # fmt: skip
def test_an_answer_to_rcpt_has_its_code_and_others_have_none(code, answer, status):
    assert of_answer(code, answer, about_recipient=True, at_recipient=True).status == status
    assert of_answer(code, answer, about_recipient=True).status == ""


# Counting


@pytest.mark.database
def test_a_report_of_spam_stands_over_what_came_back_and_nothing_that_comes_back_over_it(database):
    with writing() as db:
        first, second, third = sent(db, 1), sent(db, 2), sent(db, 3)
        report = Returned((bounce_token(second.id),), "", is_complaint=True)
        said = [came_back(db, first), ingest_bounce(db, report, now=NOON), came_back(db, third)]
        said.append(ingest_bounce(db, report, now=NOON))
        assert not lift_by_reader(db, ADDRESS, "a link", now=NOON)

    assert said == [Ingested.SUPPRESSED, Ingested.NOTED, Ingested.NOTED, Ingested.NOTED]
    with reading() as db:
        found = standing(db, address_key(ADDRESS))
        entries = db.query(JournalEntry).filter_by(event="mail.address_suppressed").order_by(JournalEntry.number)
        told = [entry.codes for entry in entries]
    assert (found.reason, found.status) == (SuppressionReason.COMPLAINT, "abuse")
    assert told == [{"suppression": found.ref, "status": status} for status in ("5.1.1", "abuse")]


@pytest.mark.database
def test_a_mail_for_which_there_is_no_mailbox_suppresses_its_address_at_once(db):
    mail = sent(db)

    assert came_back(db, mail) is Ingested.SUPPRESSED

    (bounce,) = db.query(Bounce)
    (found,) = db.query(Suppression)
    assert (bounce.mail_id, bounce.kind, bounce.status) == (mail.id, BounceKind.HARD, "5.1.1")
    assert (found.reason, found.status, found.source, found.at) == (
        SuppressionReason.HARD_BOUNCE, "5.1.1", BounceSource.REPORT, NOON,
    )  # fmt: skip
    assert found.address_key == address_key(ADDRESS.upper())
    assert is_suppressed(db)
    assert not is_suppressed(db, "other@org.example")


@pytest.mark.database
def test_three_soft_ones_within_the_window_suppress_and_two_do_not(db):
    mails = [sent(db, number) for number in (1, 2, 3)]

    said = [came_back(db, mail, "4.2.2", now=NOON + timedelta(days=day)) for day, mail in enumerate(mails)]

    assert said == [Ingested.NOTED, Ingested.NOTED, Ingested.SUPPRESSED]
    assert db.query(Suppression).one().reason is SuppressionReason.SOFT_BOUNCES


@pytest.mark.database
def test_soft_ones_of_long_ago_and_the_same_mail_twice_count_no_more(db):
    mails = [sent(db, number) for number in (1, 2, 3)]
    came_back(db, mails[0], "4.2.2")
    for mail in (mails[1], mails[1], mails[2]):
        came_back(db, mail, "4.2.2", now=NOON + timedelta(days=31))

    assert not is_suppressed(db)
    assert db.query(Bounce).count() == 3


@pytest.mark.database
def test_the_same_report_again_changes_nothing_and_a_final_word_after_a_soft_one_counts(db):
    mail = sent(db)
    came_back(db, mail, "4.4.7")
    assert not is_suppressed(db)

    assert came_back(db, mail) is Ingested.SUPPRESSED
    assert came_back(db, mail) is Ingested.NOTED
    assert came_back(db, mail, "4.4.7") is Ingested.NOTED

    assert (db.query(Bounce).count(), db.query(Bounce).one().status, db.query(Suppression).count()) == (1, "5.1.1", 1)


@pytest.mark.parametrize(
    "tokens", [(), ("0" * 32,), ("x",), (bounce_token(1)[::-1],)], ids=["none", "forged", "odd", "turned"]
)
def test_a_bounce_without_a_token_of_ours_suppresses_nobody(db, tokens):
    sent(db)

    said = ingest_bounce(db, Returned(tokens, "5.1.1", frozenset({ADDRESS})), now=NOON)

    assert said is Ingested.NOT_OURS
    assert (db.query(Bounce).count(), db.query(Suppression).count()) == (0, 0)


def test_a_report_suppresses_the_address_we_wrote_to_and_no_other_that_it_names(db):
    mail = sent(db)

    ingest_bounce(db, Returned((bounce_token(mail.id),), "5.1.1", frozenset({"minister@org.example"})), now=NOON)

    assert is_suppressed(db)
    assert not is_suppressed(db, "minister@org.example")


def test_a_guess_is_final_only_where_it_names_our_recipient(db):
    first, second = sent(db), sent(db, 2, "ben@org.example")

    said = [
        ingest_bounce(db, Returned((bounce_token(mail.id),), "", frozenset({"Ana@ORG.example"})), now=NOON)
        for mail in (first, second)
    ]

    assert said == [Ingested.SUPPRESSED, Ingested.NOTED]
    assert not is_suppressed(db, "ben@org.example")


@pytest.mark.parametrize("status", ["5.7.1", "5.3.4", ""])
def test_what_speaks_of_us_or_of_nothing_is_not_even_noted(db, status):
    assert came_back(db, sent(db), status) is Ingested.NO_BOUNCE
    assert db.query(Bounce).count() == 0


def test_a_mail_of_before_there_were_tokens_speaks_for_nobody(db):
    mail = sent(db)
    mail.address_key = None

    assert not note_bounce(db, mail, "5.1.1", source=BounceSource.REPORT, now=NOON)


# On the way out


def office(settings, sink, **changed):
    return Post(towards(settings, sink.port, mail_sender="consult@mechanism.example", **changed), {"test": NEWS})


def queue_news(number=1, **changed):
    with writing() as db:
        operations.queue_mail(db, a_mail(number, address=ADDRESS, cause=f"n:{number}", **changed), now=NOON)


def states():
    with reading() as db:
        return [(one.state, one.reply_text) for one in db.query(OutboxMail).order_by(OutboxMail.id)]


def test_each_mail_comes_back_to_an_address_of_its_own(settings, database, sink):
    queue_news(1), queue_news(2)

    with clock.at(NOON):
        office(settings, sink, bounce_address=BOUNCES).deliver()

    senders = [one.sender for one in sink.received()]
    with reading() as db:
        mails = db.query(OutboxMail).order_by(OutboxMail.id).all()
    assert senders == [f"bounces+{bounce_token(mail.id)}@mechanism.example" for mail in mails]
    assert [mail.bounce_digest for mail in mails] == [digest(bounce_token(mail.id)) for mail in mails]
    assert len({str(one.message["From"]) for one in sink.received()}) == 1
    assert all(bounce_token(mail.id) not in str(everything()) for mail in mails)
    assert all(len(one.partition("@")[0]) <= 64 for one in senders)  # RFC 5321 4.5.3.1.1


def test_without_a_bounce_address_mail_comes_back_to_the_sender(settings, database, sink):
    queue_news()

    with clock.at(NOON):
        office(settings, sink).deliver()

    assert [one.sender for one in sink.received()] == ["consult@mechanism.example"]


def test_a_refused_recipient_counts_at_once_and_the_next_mail_is_not_even_tried(settings, database, sink):
    sink.set_mode("refuse")  # 550 5.1.1
    queue_news(1)
    with clock.at(NOON):
        office(settings, sink).deliver()
    sink.set_mode("accept")
    queue_news(2)

    with clock.at(NOON):
        office(settings, sink).deliver()

    assert sink.received() == []
    assert states() == [
        (MailState.FAILED, "5.1.1 no such mailbox"), (MailState.SUPPRESSED, "mail to this address came back: 5.1.1"),
    ]  # fmt: skip
    with reading() as db:
        assert db.query(Suppression).one().source is BounceSource.SMTP
        wiped = db.query(OutboxMail).order_by(OutboxMail.id.desc()).first()
        assert (wiped.address, wiped.parameters) == (None, None)


def test_a_recipient_who_is_busy_is_tried_again_and_blamed_for_nothing(settings, database, sink):
    sink.set_mode("refuse_later")
    queue_news()

    with clock.at(NOON):
        office(settings, sink).deliver()

    assert states()[0][0] is MailState.DEFERRED
    with reading() as db:
        assert db.query(Bounce).count() == 0


def test_a_mail_put_off_until_it_is_given_up_is_a_soft_one(settings, database, sink):
    sink.set_mode("refuse_later")  # 450 4.2.1
    queue_news()

    with clock.at(NOON + timedelta(days=6)):
        office(settings, sink).deliver()

    with reading() as db:
        assert (db.query(Bounce).one().kind, db.query(Bounce).one().status) == (BounceKind.SOFT, "4.2.1")
    assert states()[0][0] is MailState.FAILED


def test_mail_to_staff_goes_out_all_the_same(settings, database, sink):
    with writing() as db:
        came_back(db, sent(db))
    queue_news(9)

    with clock.at(NOON):
        Post(towards(settings, sink.port), MAILS).deliver()

    assert len(sink.received()) == 1


# Writing again


def test_lift_suppression_lets_mail_go_there_again_and_is_journalled(database):
    with writing() as db:
        came_back(db, sent(db))
    with writing() as db:
        lift_suppression(db, db.query(Suppression).one(), " They told us: the server is back. ", by=Someone(), now=NOON)

    with reading() as db:
        found = db.query(Suppression).one()
        events = [one.event for one in db.query(JournalEntry).order_by(JournalEntry.number)]
        entry = db.query(JournalEntry).filter_by(event="mail.suppression_lifted").one()
        reason = db.query(JournalReason).filter_by(number=entry.number).one()
        assert not is_suppressed(db)
    assert (found.lifted_at, found.lifted_by, found.note) == (NOON, "staff:7", "They told us: the server is back.")
    assert events == ["mail.address_suppressed", "mail.suppression_lifted"]
    assert (entry.codes, entry.actor, reason.text) == ({"suppression": found.ref}, "staff:7", found.note)


@pytest.mark.database
def test_what_no_server_said_for_good_is_tried_again_after_three_months_and_a_final_word_never(database):
    for_good, later = "lost@org.example", NOON + timedelta(days=90)
    with writing() as db:
        for number in (1, 2, 3):
            came_back(db, sent(db, number), "4.2.2")
        came_back(db, sent(db, 4, for_good))

    with writing() as db:
        early = sweep_suppressions(db, now=later - timedelta(seconds=1))
    with writing() as db:
        found = [sweep_suppressions(db, now=later), sweep_suppressions(db, now=later)]

    assert (early, found) == (0, [1, 0])
    with reading() as db:
        assert (is_suppressed(db), is_suppressed(db, for_good)) == (False, True)
        lifted = db.query(Suppression).filter(Suppression.lifted_at.is_not(None)).one()
        assert (lifted.lifted_at, lifted.lifted_by, lifted.note) == (later, "system", "three months are over")
        entry = db.query(JournalEntry).filter_by(event="mail.suppressions_lifted").one()
        assert (entry.codes["kind"], entry.codes["count"]) == ("soft_bounces", 1)


@pytest.mark.database
def test_what_came_back_before_the_lifting_counts_no_more_and_what_comes_after_does(db):
    mails = [sent(db, number) for number in range(1, 8)]
    for mail in mails[:3]:
        came_back(db, mail, "4.2.2")
    lift_suppression(db, db.query(Suppression).one(), "Our own fault.", by=Someone(), now=NOON + timedelta(hours=1))

    said = [came_back(db, mail, "4.2.2", now=NOON + timedelta(hours=2)) for mail in mails[3:6]]

    assert said == [Ingested.NOTED, Ingested.NOTED, Ingested.SUPPRESSED]
    assert db.query(Suppression).count() == 2


@pytest.mark.parametrize(
    ("note", "refusal"), [(" \n", rules.NoteMissing), ("x" * 501, rules.NoteTooLong)], ids=["blank", "long"]
)
def test_check_lift_suppression_needs_a_note(db, note, refusal):
    came_back(db, sent(db))

    with pytest.raises(refusal):
        lift_suppression(db, db.query(Suppression).one(), note, by=Someone(), now=NOON)

    assert is_suppressed(db)


def test_check_lift_suppression_refuses_a_second_time(db):
    came_back(db, sent(db))
    found = db.query(Suppression).one()
    lift_suppression(db, found, "Right.", by=Someone(), now=NOON)

    with pytest.raises(rules.LiftedAlready):
        lift_suppression(db, found, "Again.", by=Someone(), now=NOON)


# The database itself


@pytest.mark.database
def test_one_address_is_suppressed_once_at_a_time(db):
    came_back(db, sent(db))
    found = db.query(Suppression).one()

    with pytest.raises(IntegrityError):
        db.execute(
            text(
                "INSERT INTO suppression (ref, address_key, reason, status, source, at)"
                " VALUES ('x', :key, 'hard_bounce', '5.1.1', 'smtp', :now)"
            ),
            {"key": found.address_key, "now": NOON},
        )


@pytest.mark.database
def test_nobody_lifts_without_a_note_nor_changes_a_lifted_one_but_for_a_tombstone(db):
    came_back(db, sent(db))
    with pytest.raises(IntegrityError) as problem, db.begin_nested():
        db.execute(text("UPDATE suppression SET lifted_at = :now, lifted_by = 'staff:7'"), {"now": NOON})
    assert violated(problem.value) == "ck_suppression_lifted_by_somebody_with_a_note"
    lift_suppression(db, db.query(Suppression).one(), "Right.", by=Someone(), now=NOON)

    with pytest.raises(DBAPIError) as problem, db.begin_nested():
        db.execute(text("UPDATE suppression SET lifted_at = NULL, lifted_by = NULL, note = NULL"))
    assert violated(problem.value) == "lifted_suppression_stays_lifted"
    db.execute(text("UPDATE suppression SET note = ''"))


@pytest.mark.database
def test_no_table_of_bounces_holds_an_address(db):
    mail = sent(db)
    came_back(db, mail)
    rows = [
        row for name in ("bounce", "suppression", "outbox_mail") for row in db.execute(text(f"SELECT * FROM {name}"))
    ]

    assert ADDRESS not in str(rows)
    assert b"ana" not in b"".join(bytes(value) for row in rows for value in row if isinstance(value, bytes))


def test_suppressions_of_finds_people_by_whatever_case_they_are_written_in(db):
    came_back(db, sent(db))

    assert set(suppressions_of(db, ["ANA@org.example", "ana@org.example", "ben@org.example", ""])) == {
        "ANA@org.example", "ana@org.example",
    }  # fmt: skip

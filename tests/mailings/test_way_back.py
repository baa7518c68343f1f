"""A mailbox that works again: its reader asks and confirms, or staff lift with a note; and a reader who called a mail spam."""

from datetime import timedelta

import pytest

from consult.audit.models import JournalEntry
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.ids import digest
from consult.mail import rules
from consult.mail.delivery import Post
from consult.mail.keys import address_key, bounce_token
from consult.mail.limits import Limits
from consult.mail.models import Bounce, BounceKind, BounceSource, Halt, OutboxMail, Suppression, SuppressionReason
from consult.mail.operations_bounces import Ingested, ingest_bounce, note_bounce
from consult.mail.operations_suppressions import lift_suppressions
from consult.mailings.models import Campaign
from consult.mailings.queries_missed import list_missed
from consult.mailings.queries_sending import Delivery
from consult.worker import MAILS
from tests.drafts.test_operations import NOON
from tests.mail.test_bounces import TO, TOKEN, read
from tests.mail.test_connection import towards
from tests.mailings.test_aftermath import LATER, sent_to, standing, taken
from tests.mailings.test_lists import addresses, ask, confirm, make_list, put_on
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import Dalia

HARD, SOFT = SuppressionReason.HARD_BOUNCE, SuppressionReason.SOFT_BOUNCES
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def close(address, reason=SuppressionReason.HARD_BOUNCE, *, ref="closed", at=NOON):
    with writing() as db:
        db.add(Suppression(ref=ref, address_key=address_key(address), reason=reason, status="5.1.1",
                           source=BounceSource.REPORT, at=at))  # fmt: skip


def deliver(settings, sink, at):
    """How many mails went out until now."""
    office = Post(towards(settings, sink.port, mail_sender="consult@mechanism.example"), MAILS)
    with clock.at(at):
        office.deliver()
    return len(sink.received())


def standing_notes():
    with reading() as db:
        return [(one.lifted_by, one.note) for one in db.query(Suppression)]


@pytest.mark.parametrize("is_on", [False, True])
def test_whoever_signs_up_again_gets_the_link_once_a_day_and_comes_back_by_it(database, settings, sink, is_on):
    news = make_list()
    if is_on:
        put_on(news)
    before = deliver(settings, sink, NOON)
    close("ana@p.example")
    got = []
    for at in (NOON + HOUR, NOON + 3 * HOUR, NOON + 2 * DAY):
        asked = ask(news, now=at)
        got.append(deliver(settings, sink, at))
    assert [one - before for one in got] == [1, 1, 2], "of the second one nothing went out"

    confirm(asked, now=NOON + 2 * DAY)

    assert addresses(news) == ["ana@p.example"]
    assert standing_notes() == [("self", f"sign-up confirmed: {asked.ref}")]


def test_of_several_that_waited_for_the_relay_one_a_day_goes_where_mail_came_back(database, settings, sink):
    news = make_list()
    close("ana@p.example")
    nobody_listens = Post(towards(settings, 1, mail_sender="consult@mechanism.example"), MAILS)
    for hour in (1, 2, 3):
        ask(news, now=NOON + HOUR * hour)
        with clock.at(NOON + HOUR * hour):
            nobody_listens.deliver()

    assert deliver(settings, sink, NOON + 9 * HOUR) == 1


def test_nothing_that_waited_for_the_relay_goes_to_whoever_called_a_mail_spam(database, settings, sink):
    news = make_list()
    ask(news, now=NOON + HOUR)
    with clock.at(NOON + HOUR):
        Post(towards(settings, 1, mail_sender="consult@mechanism.example"), MAILS).deliver()
    close("ana@p.example", SuppressionReason.COMPLAINT)

    assert deliver(settings, sink, NOON + 3 * HOUR) == 0


@pytest.mark.parametrize("since", [None, SuppressionReason.COMPLAINT])
def test_the_one_that_may_go_goes_on_where_the_relay_puts_it_off_but_not_once_called_spam(
    database, settings, sink, since
):
    news = make_list()
    close("ana@p.example")
    ask(news, now=NOON + HOUR)
    sink.set_mode("refuse_later")
    deliver(settings, sink, NOON + HOUR)
    sink.set_mode("accept")
    if since is not None:
        with writing() as db:
            db.query(Suppression).one().reason = since

    assert deliver(settings, sink, NOON + 3 * HOUR) == (0 if since else 1)


def test_a_link_of_before_lifts_nothing(database, settings, sink):
    asked = ask(make_list())
    close("ana@p.example", at=NOON + DAY)

    confirm(asked, now=NOON + 2 * DAY)

    assert standing_notes() == [(None, None)]


def test_a_link_lifts_nothing_while_the_mail_that_was_let_through_waits(database, settings, sink):
    news = make_list()
    close("ana@p.example")
    asked = ask(news, now=NOON + HOUR)
    sink.set_mode("refuse_later")
    deliver(settings, sink, NOON + HOUR)

    confirm(asked, now=NOON + 2 * HOUR)

    with reading() as db:
        assert db.query(Suppression).one().tried_at is not None
    assert standing_notes() == [(None, None)]


def test_a_link_of_before_lifts_nothing_either_where_the_one_that_was_let_through_came_back_as_well(
    database, settings, sink
):
    news = make_list()
    close("ana@p.example")
    asked = ask(news, now=NOON + HOUR)
    assert deliver(settings, sink, NOON + HOUR) == 1
    with writing() as db:
        mail = db.query(OutboxMail).filter_by(template="list_confirmation").one()
        note_bounce(db, mail, "5.1.1", source=BounceSource.REPORT, now=NOON + 2 * HOUR)

    confirm(asked, now=NOON + 3 * HOUR)

    assert standing_notes() == [(None, None)]


def test_signing_up_sends_nothing_to_whoever_called_a_mail_spam(database, settings, sink):
    news = make_list()
    close("ana@p.example", SuppressionReason.COMPLAINT)

    ask(news, now=NOON + HOUR)

    assert deliver(settings, sink, NOON + HOUR) == 0


def a_complaint(to="fbl@consult.example.org", kind="abuse", about=TO):
    return f"""From: feedback@provider.example
To: {to}
Subject: FW: x
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is an abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Provider/1.0
Version: 1
Original-Mail-From: <{about}>

--B
Content-Type: message/rfc822

From: x@y.example
Subject: x

Hello

--B--
""".encode()


def test_a_report_of_spam_says_which_mail_and_nothing_without_a_token():
    assert (read(a_complaint()).tokens, read(a_complaint()).is_complaint) == ((TOKEN,), True)
    assert read(a_complaint(to=TO, about="")).tokens == (TOKEN,)
    assert read(a_complaint(about="someone@else.example")).tokens == ()
    assert not read(a_complaint(kind="not-spam")).is_complaint


@pytest.mark.database
def test_a_mail_called_spam_is_the_last_one_there_and_counts_for_the_breaker(open_round):  # noqa: F811
    campaign, (ana, ben, _chi) = sent_to("Ana", "Ben", "Chi")
    with writing() as db:
        for mail in db.query(OutboxMail).filter(OutboxMail.person.in_([ana.person_ref, ben.person_ref])):
            mail.attempted_at, mail.bounce_digest = NOON, digest(bounce_token(mail.id))
        token = bounce_token(db.query(OutboxMail.id).filter_by(person=ana.person_ref).scalar())
    taken(ana), taken(ben)

    with writing() as db:
        report = read(a_complaint(about=TO.replace(TOKEN, token)))
        said = ingest_bounce(db, report, now=LATER, limits=Limits(window=2, percent=50))

    assert said is Ingested.SUPPRESSED
    with reading() as db:
        (back,) = db.query(Bounce)
        (found,) = db.query(Suppression)
        assert (back.kind, back.status, found.reason) == (BounceKind.COMPLAINT, "abuse", SuppressionReason.COMPLAINT)
        assert list_missed(db, db.get_one(Campaign, campaign.id)) == []
        assert db.query(Halt).count() == 1
    assert standing(campaign)["Ana"][:2] == (Delivery.LEFT, "")


@pytest.mark.database
def test_after_a_fault_of_our_own_many_are_written_to_again_of_one_kind_and_span(database):
    for number, (reason, at) in enumerate(
        ((HARD, NOON), (HARD, NOON + HOUR), (HARD, NOON + DAY), (SOFT, NOON), (SuppressionReason.COMPLAINT, NOON))
    ):
        close(f"a{number}@p.example", reason, ref=f"ref{number}", at=at)

    with writing() as db:
        assert lift_suppressions(db, HARD, NOON, NOON + 2 * HOUR, "our relay", by=Dalia(), now=NOON + 2 * DAY) == 2

    with reading() as db:
        rows = {one.ref: one.note for one in db.query(Suppression)}
        entry = db.query(JournalEntry).filter_by(event="mail.suppressions_lifted").one()
    assert rows == {"ref0": "our relay", "ref1": "our relay", "ref2": None, "ref3": None, "ref4": None}
    assert (entry.actor, entry.codes["count"]) == ("staff:7", 2)


@pytest.mark.parametrize(
    ("count", "since", "until", "note", "refusal"),
    [
        (1, None, NOON, "x", rules.SpanWrong), (1, NOON, None, "x", rules.SpanWrong), (1, NOON, NOON, "x", rules.SpanWrong),
        (1, NOON, LATER, " ", rules.NoteMissing), (1, NOON, LATER, "x" * 501, rules.NoteTooLong),
        (0, NOON, LATER, "x", rules.NobodySuppressed),
    ],
)  # fmt: skip
def test_check_lift_suppressions(count, since, until, note, refusal):
    rules.check_lift_suppressions(1, NOON, LATER, "x")
    with pytest.raises(refusal):
        rules.check_lift_suppressions(count, since, until, note)

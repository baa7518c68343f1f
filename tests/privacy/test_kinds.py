"""Each kind goes when its term is over and not before; who left is not written to, and nothing else is lost."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.accounts.models import Role
from consult.accounts.operations import add_staff
from consult.audit.models import JournalEntry
from consult.audit.operations import verify
from consult.consultations import doors
from consult.consultations.models import Consultation, Door, Participant
from consult.core.db import reading, violated, writing
from consult.custody.models import Officer, SealedEntry
from consult.custody.operations import appoint_officer, hand_in_card
from consult.custody.sealing import Identity, seal_identity
from consult.mail.keys import address_key
from consult.mail.models import BounceSource, MailState, OutboxMail, Suppression, SuppressionReason
from consult.mail.operations import queue_mail
from consult.mailings.models_leaving import LeavingScope, LeavingWay
from consult.mailings.operations_leaving import leave_mails, undo_leaving
from consult.privacy import erasing, operations
from consult.reports.document import who
from consult.stakeholders.entries import Entry
from consult.stakeholders.models import Basis, ContactPerson, LeftAddress, Stakeholder, StakeholderTerm
from consult.stakeholders.operations_terms import keep_terms
from tests.custody.making import an_officer
from tests.mail.test_outbox import a_mail
from tests.privacy.making import (
    HOUR,
    MAKE,
    NOW,
    a_final_mail,
    a_participant,
    an_entry_that_left,
    gone,
    over,
    run,
)
from tests.rounds.test_comments import consultation, open_round, send  # noqa: F401
from tests.stakeholders.test_operations import add


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
    for sql, name in (
        ("UPDATE outbox_mail SET reply_text = 'x'", "traces_of_a_final_mail_only_wiped"),
        ("UPDATE outbox_mail SET state = 'failed'", "final_mail_stays_final"),
        ("UPDATE outbox_mail SET reply_code = 1", "final_mail_stays_final"),
    ):
        with pytest.raises(DBAPIError) as refused, writing() as db:
            db.execute(text(sql))
        assert violated(refused.value) == name


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

    assert set(done.counts.values()) == {0}
    with reading() as db:
        assert db.query(OutboxMail).one().address == "p1@example.org"
        assert db.query(Participant).one().email == "ana1@org.example"


@pytest.mark.database
def test_an_entry_that_left_is_never_written_to_again_whoever_brings_its_address(database):
    with writing() as db:
        for number in (1, 2):  # of one name: both lose what tells them apart
            entry_id = an_entry_that_left(db, over("left_entries") - HOUR, number)
            keep_terms(db, {entry_id: Entry.of(db.get_one(Stakeholder, entry_id))})
            db.add(ContactPerson(stakeholder_id=entry_id, number=1, name="Ana", email="ana@x.example", language="en"))

    run()

    with reading() as db:
        assert [(one.name, one.email, one.basis, one.note) for one in db.query(Stakeholder)] == [
            ("Network", "", Basis.NONE, "")
        ] * 2
        assert {(one.phone, one.phone_key, one.postal_address, one.access_needs) for one in db.query(Stakeholder)} == {
            ("", "", "", "")
        }
        assert {term for (term,) in db.query(StakeholderTerm.term)} == {"network"}
        assert db.query(ContactPerson).count() == 0
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


@pytest.mark.database
def test_of_a_protected_entry_that_left_the_sealed_copies_go_with_the_same_term(database):
    with writing() as db:
        kept, gone = (
            a_sealed_entry(db, left_at, number) for number, left_at in ((1, None), (2, over("left_entries") - HOUR))
        )

    run()

    with reading() as db:
        assert [one.stakeholder_id for one in db.query(SealedEntry)] == [kept]
        assert {one.id for one in db.query(Stakeholder)} == {kept, gone}


def a_sealed_entry(db, left_at, number):
    ref = f"abcdefgh2{number + 1}"
    made = Stakeholder(
        ref=ref, kind="person", name=ref, name_key=ref, double_key=ref, category="cso", language="en", basis=Basis.NONE,
        protection="protected", left_at=left_at, created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    ana = an_officer()
    person = add_staff(
        db,
        name="Ana",
        email=f"ana{number}@nhri.example",
        language="en",
        roles=[Role.PROTECTION_OFFICER],
        by=None,
        now=NOW,
    )
    officer = db.query(Officer).first() or hand_in_card(
        db, ana.card, by=person, roles=[Role.PROTECTION_OFFICER], now=NOW
    )
    if not officer.serves:
        appoint_officer(db, officer, ana.fingerprint, by=person, now=NOW)
    db.add(made)
    db.flush()
    copy = seal_identity(Identity("Nadia"), ref, [officer])[officer.id]
    db.add(SealedEntry(stakeholder_id=made.id, officer_id=officer.id, edition=1, sealed=copy))
    db.flush()
    return made.id

"""Rows of each kind of the nightly job, a run over them, and whether they went."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from consult.consultations.models import Consultation, ConsultationState, Participant
from consult.core import clock
from consult.core.db import reading, writing
from consult.mail.keys import address_key
from consult.mail.models import Bounce, BounceKind, BounceSource, OutboxMail, Suppression, SuppressionReason
from consult.mailings.models_leaving import Leaving, LeavingScope, LeavingWay
from consult.privacy import erasing, jobs, operations
from consult.privacy.kinds import kind
from consult.privacy.models import RetentionRun
from consult.stakeholders.models import Basis, Stakeholder
from tests.mail.test_suppression import sent
from tests.rounds.test_comments import consultation, open_round, send  # noqa: F401

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
        double_key="network",
        category="cso",
        language="en",
        phone="+677 12345",
        phone_key="67712345",
        postal_address="Box 3",
        access_needs="Large print",
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


def fill_outbox(count, now=NOW):
    """Mails that have been over for long, as their rows are when they went out."""
    at = now - kind("mail_traces").term - HOUR
    rows = [
        {
            "template": "test",
            "person": f"stakeholder:{n}",
            "cause": "campaign:1",
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

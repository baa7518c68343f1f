"""Who takes part as an entry that was merged into another, once both are protected and parted."""

from datetime import timedelta

import pytest

from consult.consultations import doors
from consult.consultations.models import Participant
from consult.core import clock
from consult.core.db import reading, writing
from consult.custody.models import Officer
from consult.mail.models import MailState, OutboxMail
from consult.mail.models_delivery import PreparedDelivery
from consult.mailings import operations_deliveries
from consult.mailings.jobs import queue_campaign
from consult.privacy.operations_protecting import protect_entry
from consult.responses.models import Outcome
from consult.rounds.models import Consent
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.operations_merging import merge_stakeholders
from tests.custody.fixtures import ANA, NOON, desk  # noqa: F401
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.mailings.test_campaigns import send, write
from tests.reports.test_reports import answer, publish_report
from tests.rounds.test_entered import enter
from tests.stakeholders.test_operations import add

BEFORE = NOON - timedelta(days=1)


@pytest.fixture
def round_(desk, monkeypatch):  # noqa: F811
    monkeypatch.setattr(clock, "now", lambda: NOON)
    desk.appoint(ANA)
    return desk.open_round(takes_nameless=False)


def two(email="ben@org.example", **changes):
    """The entry that will be merged, which has mail, and the one it is merged into."""
    kept = {"name": "Ben", "email": email, "postal_address": "1 Road", "groups": ()}
    return add(name="Ana", email="ana@org.example", groups=()), add(**(kept | changes))


def admit(desk, entry, **changes):  # noqa: F811
    with writing() as db:
        whose = doors.admit_stakeholder(db, desk.upr(db), db.get_one(Stakeholder, entry.id), now=BEFORE)
        for name, value in changes.items():
            setattr(whose, name, value)
    return whose


def merge(desk, gone, kept):  # noqa: F811
    with writing() as db:
        found = [db.get_one(Stakeholder, one.id) for one in (gone, kept)]
        merge_stakeholders(db, *found, by=desk.dalia, now=NOON)


def protect(desk, entry):  # noqa: F811
    with writing() as db:
        protect_entry(db, db.get_one(Stakeholder, entry.id), is_sure=True, next_url="/", by=desk.dalia, now=NOON)


def fetch(desk):  # noqa: F811
    with writing() as db:
        officer = db.query(Officer).one()
        return operations_deliveries.fetch_deliveries(db, officer, by=desk.people[ANA.fingerprint], now=NOON)


def own(entry):
    with reading() as db:
        return db.query(Participant).filter_by(stakeholder_id=entry.id).one()


def prepared():
    with reading() as db:
        return [one.person for one in db.query(PreparedDelivery)]


@pytest.mark.database
@pytest.mark.parametrize("email", ["ben@org.example", ""])  # by mail, and by letter
def test_what_waits_reaches_the_kept_entry_though_the_merged_one_took_part(desk, round_, email):  # noqa: F811
    ana, ben = two(email)
    admit(desk, ana)
    merge(desk, ana, ben)
    campaign = write()
    send(campaign)
    queue_campaign(campaign.id)

    protect(desk, ben)

    assert prepared() == [ben.person_ref]
    assert "please read" in fetch(desk)
    assert own(ben).invited_at == own(ana).invited_at == NOON
    with reading() as db:
        assert doors.mail_address(db, own(ben)) is not None  # what comes later reaches them too
        assert doors.mail_address(db, own(ana)) is None


def test_answers_reach_the_kept_entry_though_the_merged_one_said_it(desk, round_, consultation):  # noqa: F811
    ana, ben = two("")
    whose = admit(desk, ana)
    merge(desk, ana, ben)
    answer(enter(round_, whose, consent=Consent.NOT_PUBLISHED).ref, consultation, Outcome.NOTED, "Thank you.")
    publish_report(consultation, round_)

    protect(desk, ben)

    assert prepared() == [ben.person_ref]
    assert "answers" in fetch(desk)


@pytest.mark.parametrize("is_sent", [True, False])
def test_a_mail_to_the_one_merged_waits_for_the_kept_entry_unless_they_have_had_it(desk, round_, is_sent):  # noqa: F811
    ana, ben = two()
    campaign = write()
    send(campaign)
    queue_campaign(campaign.id)
    with writing() as db:
        to_ben = db.query(OutboxMail).filter_by(person=ben.person_ref).one()
        if is_sent:
            to_ben.state, to_ben.next_at, to_ben.finished_at = MailState.SENT, None, NOON
            to_ben.address = to_ben.parameters = None
        else:
            db.delete(to_ben)
    merge(desk, ana, ben)

    protect(desk, ben)

    assert prepared() == ([] if is_sent else [ben.person_ref])


def test_part_participants_leaves_what_either_left(desk, round_):  # noqa: F811
    ana, ben = two()
    admit(desk, ana, left_at=BEFORE)
    admit(desk, ben)
    merge(desk, ana, ben)

    protect(desk, ben)

    assert own(ben).left_at == BEFORE
    with reading() as db:
        assert doors.mail_address(db, own(ben)) is None

"""Mail to protected people: on the list by code, handed over by an officer, and nothing in the outbox."""

import json
import re
from datetime import timedelta

import pytest

from consult.consultations import doors
from consult.consultations.models import Door, Participant
from consult.core.db import reading, writing
from consult.core.ids import digest
from consult.custody.rules_sealed import NoneChosen
from consult.mail import rules as mail_rules
from consult.mail.models import Mail, OutboxMail
from consult.mail.models_delivery import BY_OFFICER, DeliveryState, PreparedDelivery
from consult.mail.operations_delivery import drop_deliveries, end_delivery, prepare_deliveries
from consult.mailings import operations_deliveries, operations_sending, queries_outreach, queries_sending
from consult.mailings.jobs import queue_campaign, settle_mails
from consult.mailings.models import Campaign
from consult.mailings.models_outreach import Outreach, OutreachWay
from consult.mailings.queries_sending import Delivery
from consult.privacy.operations_protecting import protect_entry
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.operations_leaving import leave
from tests.custody.fixtures import ANA, NOON, desk  # noqa: F401
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.mailings.test_campaigns import mails, send, write
from tests.stakeholders.test_operations import add


@pytest.fixture
def sent(desk):  # noqa: F811
    """An invitation to two, of whom one is protected. Gives the campaign and the protected entry."""
    desk.appoint(ANA)
    desk.open_round(takes_nameless=False)
    entry, _other = add(), add(name="Rivers Union", email="r@org.example", groups=())
    with writing() as db:
        protect_entry(db, db.get_one(Stakeholder, entry.id), is_sure=True, next_url="/", by=desk.dalia, now=NOON)
    campaign = write()
    assert send(campaign) == 2
    queue_campaign(campaign.id)  # and no mail goes out yet
    with reading() as db:
        return db.get_one(Campaign, campaign.id), db.get_one(Stakeholder, entry.id)


def fetch(desk):  # noqa: F811
    with writing() as db:
        by = desk.people[ANA.fingerprint]
        return operations_deliveries.fetch_deliveries(db, desk.officer(db, ANA), by=by, now=NOON)


def delivery():
    with reading() as db:
        return db.query(PreparedDelivery).one()


def counts(campaign):
    with reading() as db:
        found = queries_sending.count_deliveries(db, campaign)
    return {one: number for one, number in found.items() if number}


@pytest.mark.database
def test_a_protected_recipient_gets_no_mail_and_a_delivery_by_code(sent, desk):  # noqa: F811
    campaign, entry = sent

    assert [one[1] for one in mails()] == [f"stakeholder:{entry.id + 1}"]
    assert counts(campaign) == {Delivery.WAITS: 1, Delivery.FOR_OFFICER: 1}
    assert (delivery().person, delivery().state) == (entry.person_ref, DeliveryState.FOR_OFFICER)
    file = json.loads(fetch(desk))
    (letter,) = file["deliveries"][entry.ref]
    assert (letter["subject"], "please read" in letter["text"]) == ("A message for you", True)
    token = re.search(r"/door/([0-9a-f]{32})", letter["text"])[1]
    with reading() as db:
        taking = db.query(Participant).filter_by(stakeholder_id=entry.id).one()
        assert doors.find_door(db, token).participant.id == taking.id
        assert db.query(Door).filter_by(digest=digest(token)).count() == 1
    assert [one["ref"] for one in file["entries"]] == [entry.ref]
    assert counts(campaign) == {Delivery.WAITS: 1, Delivery.HANDED_OUT: 1}


def test_check_settle_delivery_asks_to_fetch_first_and_settles_once(sent, desk):  # noqa: F811
    campaign, _entry = sent
    by = desk.people[ANA.fingerprint]

    with pytest.raises(mail_rules.DeliveryNotFetched), writing() as db:
        operations_deliveries.close_delivery(db, db.query(PreparedDelivery).one(), reached=True, by=by, now=NOON)
    fetch(desk)
    fetch(desk)  # again, for a file that was lost
    with writing() as db:
        operations_deliveries.close_delivery(db, db.query(PreparedDelivery).one(), reached=False, by=by, now=NOON)

    assert counts(campaign) == {Delivery.WAITS: 1, Delivery.NOT_REACHED: 1}
    assert delivery().parameters is None
    with pytest.raises(NoneChosen):
        fetch(desk)


def test_check_delivery_refuses_what_is_over(sent, desk):  # noqa: F811
    mail_rules.check_delivery(delivery())
    with writing() as db:
        drop_deliveries(db, people=[delivery().person], now=NOON)

    with pytest.raises(mail_rules.DeliveryOver):
        mail_rules.check_delivery(delivery())


def test_who_left_or_whose_campaign_stopped_gets_nothing_handed_over(sent, desk):  # noqa: F811
    campaign, entry = sent
    with writing() as db:
        leave(db, db.get_one(Stakeholder, entry.id), how="officer", now=NOON)
    with writing() as db:  # as the page does it: what is over stays over
        by = desk.people[ANA.fingerprint]
        with pytest.raises(NoneChosen):
            operations_deliveries.fetch_deliveries(db, desk.officer(db, ANA), by=by, now=NOON)

    assert counts(campaign) == {Delivery.WAITS: 1, Delivery.LEFT_OUT: 1}


def test_a_stopped_campaign_is_handed_over_to_nobody(sent, desk):  # noqa: F811
    campaign, _entry = sent
    with writing() as db:
        found = db.get_one(Campaign, campaign.id)
        operations_sending.stop_campaign(db, desk.upr(db), found, by=desk.dalia, now=NOON)
    settle_mails(campaign.id)

    assert counts(campaign) == {Delivery.LEFT_OUT: 2}
    assert delivery().state is DeliveryState.DROPPED


def test_what_waited_for_somebody_who_is_protected_then_is_handed_over(desk):  # noqa: F811
    desk.appoint(ANA)
    desk.open_round(takes_nameless=False)
    entry = add()
    campaign = write()
    send(campaign)
    queue_campaign(campaign.id)
    with writing() as db:
        protect_entry(db, db.get_one(Stakeholder, entry.id), is_sure=True, next_url="/", by=desk.dalia, now=NOON)

    assert counts(campaign) == {Delivery.FOR_OFFICER: 1}
    with reading() as db:
        assert [one.address for one in db.query(OutboxMail)] == [None]
    assert list(json.loads(fetch(desk))["deliveries"])


@pytest.mark.database
def test_what_nobody_settled_keeps_no_newer_message_from_the_officer(sent, desk, monkeypatch):  # noqa: F811
    _campaign, entry = sent
    fetch(desk)
    with writing() as db:
        prepare_deliveries(db, [Mail("answers_published", entry.person_ref, "x:1", BY_OFFICER, "en", {})], now=NOON)
    monkeypatch.setattr(operations_deliveries, "AT_ONCE", 1)

    with reading() as db:
        listed = operations_deliveries.list_to_deliver(db, now=NOON)
    assert [(one.delivery.cause, one.entry.ref) for one in listed] == [("x:1", entry.ref)]


def test_what_waits_is_handed_over_in_the_language_chosen_since(sent, desk):  # noqa: F811
    _campaign, entry = sent
    with writing() as db:
        db.get_one(Stakeholder, entry.id).language = "ar"

    (letter,) = json.loads(fetch(desk))["deliveries"][entry.ref]

    assert letter["language"] == "ar"


def test_what_waited_for_its_day_waits_for_it_with_the_officer_too(desk):  # noqa: F811
    desk.appoint(ANA)
    desk.open_round(takes_nameless=False)
    entry = add()
    campaign = write()
    send(campaign)
    queue_campaign(campaign.id)
    with writing() as db:
        db.query(OutboxMail).update({"next_at": NOON + timedelta(days=1)})
    with writing() as db:
        protect_entry(db, db.get_one(Stakeholder, entry.id), is_sure=True, next_url="/", by=desk.dalia, now=NOON)

    assert delivery().not_before == NOON + timedelta(days=1)
    with reading() as db:
        assert operations_deliveries.list_to_deliver(db, now=NOON) == []


@pytest.mark.database
@pytest.mark.parametrize("is_forgotten", [False, True])
def test_what_an_officer_has_when_a_campaign_stops_they_have(sent, desk, is_forgotten):  # noqa: F811
    """It says afterwards whether it was handed over; of whoever is forgotten nothing goes on."""
    fetch(desk)
    one = delivery()

    with writing() as db:
        drop_deliveries(
            db, causes=() if is_forgotten else [one.cause], people=[one.person] if is_forgotten else (), now=NOON
        )

    assert delivery().state is (DeliveryState.DROPPED if is_forgotten else DeliveryState.HANDED_OUT)


@pytest.mark.database
def test_whoever_is_protected_since_their_letter_was_begun_is_counted_as_the_officer_says(desk):  # noqa: F811
    desk.appoint(ANA)
    desk.open_round(takes_nameless=False)
    entry = add(email="", postal_address="12 River Road", groups=())
    campaign = write()
    send(campaign)
    queue_campaign(campaign.id)
    with writing() as db:
        protect_entry(db, db.get_one(Stakeholder, entry.id), is_sure=True, next_url="/", by=desk.dalia, now=NOON)

    def count():
        with reading() as db:
            return queries_outreach.count_instead(db, db.get_one(Campaign, campaign.id))[OutreachWay.LETTER]

    assert count() == {DeliveryState.FOR_OFFICER: 1}
    with reading() as db:
        found = db.get_one(Campaign, campaign.id)
        place = db.query(Outreach).one().recipient_id
        assert queries_outreach.list_reached(db, campaign.id, OutreachWay.LETTER) == []  # a code stands in no list
        assert queries_outreach.instead_of(db, found, [place]) == {place: DeliveryState.FOR_OFFICER}
        assert queries_outreach.count_without_instead(db, found, OutreachWay.LETTER) == {}
    with writing() as db:
        end_delivery(db.query(PreparedDelivery).one(), DeliveryState.DELIVERED, now=NOON)
    assert count() == {DeliveryState.DELIVERED: 1}

"""What a campaign's page says of mails that came back later, and of readers who left since."""

from datetime import timedelta

import pytest

from consult.consultations import doors
from consult.consultations.models import Participant
from consult.core.db import reading, writing
from consult.mail.keys import address_key
from consult.mail.models import BounceSource, MailState, OutboxMail
from consult.mail.operations_bounces import note_bounce
from consult.mailings.models import Campaign, CampaignKind, LeavingScope, LeavingWay
from consult.mailings.models_lists import ListLeavingScope, Subscription
from consult.mailings.operations_leaving import leave_mails, undo_leaving
from consult.mailings.operations_lists_leaving import leave_list
from consult.mailings.queries_aftermath import Aftermath, read_aftermath
from tests.drafts.test_operations import NOON
from tests.mailings.test_audiences import to_list
from tests.mailings.test_campaigns import send, write
from tests.mailings.test_lists import make_list, put_on
from tests.mailings.test_sending import go_on
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add

LATER = NOON + timedelta(hours=1)


def of(campaign):
    with reading() as db:
        return read_aftermath(db, db.get_one(Campaign, campaign.id))


def sent_to(*names):
    """An invitation in the outbox for these. Returns it and the entries."""
    entries = [add(name=name, email=f"{name.casefold()}@org.example", groups=()) for name in names]
    campaign = write()
    send(campaign)
    go_on(campaign, NOON)
    return campaign, entries


def taken(entry, state=MailState.SENT):
    """What a relay made of the mail to an entry."""
    with writing() as db:
        mail = db.query(OutboxMail).filter_by(person=entry.person_ref).one()
        mail.state, mail.finished_at, mail.next_at = state, NOON, None
        mail.address_key = address_key(entry.email)
        mail.address = mail.parameters = None


def come_back(entry, source=BounceSource.REPORT):
    with writing() as db:
        note_bounce(
            db, db.query(OutboxMail).filter_by(person=entry.person_ref).one(), "5.1.1", source=source, now=LATER
        )


def leave(entry, scope=LeavingScope.CONSULTATION, *, once="", now=LATER):
    with writing() as db:
        leave_mails(
            db, leaver(db, entry), scope, way=LeavingWay.PAGE if once else LeavingWay.ONE_CLICK, once=once, now=now
        )


def leaver(db, entry):
    participant = db.query(Participant).filter_by(stakeholder_id=entry.id).one()
    return doors.find_leaver(db, doors.leave_token_of(doors.door_of(db, participant)))


@pytest.mark.database
def test_mails_that_came_back_after_they_were_taken_are_counted_once(open_round):  # noqa: F811
    campaign, (ana, ben, chi) = sent_to("Ana", "Ben", "Chi")
    assert of(campaign) == Aftermath(0, 0)

    taken(ana), taken(ben)
    taken(chi, MailState.FAILED)
    come_back(ana), come_back(ana)
    come_back(chi, BounceSource.SMTP)  # refused when it was sent: it stands among the refused ones

    assert of(campaign) == Aftermath(came_back=1, left=0)


@pytest.mark.database
def test_readers_who_left_since_are_counted_once_and_not_when_they_took_it_back(open_round):  # noqa: F811
    campaign, (ana, ben, chi) = sent_to("Ana", "Ben", "Chi")

    leave(ana)
    leave(ana, LeavingScope.EVERYTHING, now=LATER + timedelta(minutes=1))
    leave(ben, once="key")
    leave(chi, now=NOON - timedelta(days=1))  # before it went out
    assert of(campaign) == Aftermath(came_back=0, left=2)
    with writing() as db:
        undo_leaving(db, leaver(db, ben), "key", now=LATER)

    assert of(campaign) == Aftermath(came_back=0, left=1)


@pytest.mark.database
def test_readers_of_a_list_who_left_by_its_link_are_counted(open_round):  # noqa: F811
    news = make_list()
    on = put_on(news)
    put_on(news, "other@p.example")
    campaign = to_list(news, CampaignKind.NEWS)
    send(campaign)
    go_on(campaign, NOON)

    with writing() as db:
        found = db.get_one(Subscription, on.id)
        leave_list(db, found, ListLeavingScope.LIST, way=LeavingWay.ONE_CLICK, now=LATER)

    assert of(campaign) == Aftermath(came_back=0, left=1)


def test_what_was_not_sent_has_no_aftermath(open_round):  # noqa: F811
    add()

    assert of(write()) == Aftermath(0, 0)

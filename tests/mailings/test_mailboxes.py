"""One mailbox gets a campaign once, and one ordinary mail a day, whoever reads it: an entry, a visitor, a reader of a list."""

from datetime import timedelta

import pytest

from consult.consultations.models import Consultation, Participant
from consult.core.db import reading, writing
from consult.mail.models import OutboxMail
from consult.mailings import operations_approval, operations_queueing
from consult.mailings.models import Audience, CampaignKind, CampaignRecipient, LeftOut, WhyNot
from tests.drafts.test_operations import NOON
from tests.mailings.test_audiences import queue_all, to_list, write
from tests.mailings.test_campaigns import send, submit
from tests.mailings.test_chosen import visitor
from tests.mailings.test_lists import make_list, put_on
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add

DAY = timedelta(days=1)


@pytest.fixture
def by_one(monkeypatch):
    monkeypatch.setattr(operations_approval, "CHUNK", 1)
    monkeypatch.setattr(operations_queueing, "CHUNK", 1)


def taking_part(entry):
    with writing() as db:
        here = db.query(Consultation).one()
        db.add(Participant(consultation_id=here.id, ref="entry", name="", organisation="", email="", category="",
                           language="en", created_at=NOON, stakeholder_id=entry.id))  # fmt: skip


def rows(campaign):
    with reading() as db:
        found = db.query(CampaignRecipient).filter_by(campaign_id=campaign.id).order_by(CampaignRecipient.id)
        return [(one.why_not, one.left_out) for one in found]


def outbox():
    with reading() as db:
        return [(one.address.casefold(), one.next_at) for one in db.query(OutboxMail).order_by(OutboxMail.id)]


@pytest.mark.database
def test_a_mailbox_is_on_the_list_once_between_an_entry_and_visitors_in_whatever_chunk(open_round, by_one):  # noqa: F811
    taking_part(add(email="one@org.example", groups=(), news=True))
    visitor("V1", "One@org.example")
    visitor("V2", "two@visitor.example")
    visitor("V3", "TWO@visitor.example")
    campaign = write(CampaignKind.DEBRIEFING, audience=Audience.PARTICIPANTS)

    submit(campaign)

    assert [why for why, _ in rows(campaign)] == [None, WhyNot.SAME_MAILBOX, None, WhyNot.SAME_MAILBOX]


@pytest.mark.database
def test_a_mailbox_that_became_the_same_since_gets_the_mail_once(open_round, by_one):  # noqa: F811
    taking_part(add(email="one@org.example", groups=(), news=True))
    second, third = visitor("V1", "one@visitor.example"), visitor("V2", "two@visitor.example")
    campaign = write(CampaignKind.DEBRIEFING, audience=Audience.PARTICIPANTS)
    send(campaign)
    with writing() as db:
        db.get_one(Participant, second).email = "ONE@org.example"
        db.get_one(Participant, third).email = "one@org.example"

    queue_all(campaign)

    assert [address for address, _ in outbox()] == ["one@org.example"]
    assert rows(campaign) == [(None, None), (None, LeftOut.SAME_MAILBOX), (None, LeftOut.SAME_MAILBOX)]


@pytest.mark.database
def test_a_mailbox_gets_one_ordinary_mail_a_day_as_an_entry_a_visitor_and_a_reader(open_round):  # noqa: F811
    taking_part(add(email="one@org.example", groups=(), news=True))
    visitor("V1", "v@visitor.example")
    news = make_list()
    for address in ("One@org.example", "V@visitor.example", "r@p.example"):
        put_on(news, address)
    first = write(CampaignKind.DEBRIEFING, audience=Audience.PARTICIPANTS)
    send(first)
    queue_all(first)
    second = to_list(news, CampaignKind.DEBRIEFING)
    send(second)
    queue_all(second)

    of_lists = dict(outbox()[-3:])
    assert of_lists == {"one@org.example": NOON + DAY, "v@visitor.example": NOON + DAY, "r@p.example": NOON}

"""What a campaign's recipients show of mails that came back later, of readers who left since, and why some got none."""

from datetime import timedelta

import pytest

from consult.consultations import doors
from consult.consultations.models import Participant
from consult.core.db import reading, writing
from consult.mail.delivery import post
from consult.mail.keys import address_key
from consult.mail.models import BounceSource, MailState, OutboxMail, Suppression, SuppressionReason
from consult.mail.operations_bounces import lift_suppression, note_bounce
from consult.mailings.models import Campaign, CampaignKind, LeftOut
from consult.mailings.models_leaving import LeavingScope, LeavingWay
from consult.mailings.models_lists import ListLeavingScope, Subscription
from consult.mailings.operations_leaving import leave_mails, undo_leaving
from consult.mailings.operations_lists_leaving import leave_list
from consult.mailings.queries_history import list_histories
from consult.mailings.queries_sending import Delivery, count_deliveries, list_deliveries
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.operations_merging import merge_stakeholders
from tests.drafts.test_operations import NOON
from tests.mailings.test_audiences import to_list
from tests.mailings.test_campaigns import Sender, send, write
from tests.mailings.test_lists import make_list, put_on
from tests.mailings.test_pacing import news
from tests.mailings.test_sending import go_on
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add

LATER = NOON + timedelta(hours=1)


def of(campaign):
    """How many mails came back, and how many of their readers left."""
    with reading() as db:
        counts = count_deliveries(db, db.get_one(Campaign, campaign.id))
        return counts[Delivery.CAME_BACK], counts[Delivery.LEFT]


def standing(campaign):
    """Each recipient by name: what became of the mail, with which code, why and when."""
    with reading() as db:
        rows = list_deliveries(db, db.get_one(Campaign, campaign.id))
    return {one.name: (one.delivery, one.code, one.why, one.at) for one in rows}


def history(campaign, name):
    with reading() as db:
        made = db.get_one(Campaign, campaign.id)
        one = next(one for one in list_deliveries(db, made) if one.name == name)
        return [(event.what, event.code, event.note) for event in list_histories(db, made, [one.id])[one.id]]


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
    assert of(campaign) == (0, 0)

    taken(ana), taken(ben)
    taken(chi, MailState.FAILED)
    come_back(ana), come_back(ana)
    come_back(chi, BounceSource.SMTP)  # refused when it was sent: it stands among the refused ones

    assert of(campaign) == (1, 0)


@pytest.mark.database
def test_readers_who_left_since_are_counted_once_and_not_when_they_took_it_back(open_round):  # noqa: F811
    campaign, (ana, ben, chi) = sent_to("Ana", "Ben", "Chi")

    taken(ana), taken(ben), taken(chi)
    leave(ana)
    leave(ana, LeavingScope.EVERYTHING, now=LATER + timedelta(minutes=1))
    leave(ben, once="key")
    leave(chi, now=NOON - timedelta(days=1))  # before it went out
    assert of(campaign) == (0, 2)
    with writing() as db:
        undo_leaving(db, leaver(db, ben), "key", now=LATER)

    assert of(campaign) == (0, 1)


@pytest.mark.database
def test_readers_of_a_list_who_left_by_its_link_are_counted(open_round):  # noqa: F811
    news = make_list()
    on = put_on(news)
    put_on(news, "other@p.example")
    campaign = to_list(news, CampaignKind.NEWS)
    send(campaign)
    go_on(campaign, NOON)

    with writing() as db:
        for mail in db.query(OutboxMail).filter(OutboxMail.template == "list_mail"):
            mail.state, mail.finished_at, mail.next_at, mail.address, mail.parameters = (
                MailState.SENT,
                NOON,
                None,
                None,
                None,
            )
        found = db.get_one(Subscription, on.id)
        leave_list(db, found, ListLeavingScope.LIST, way=LeavingWay.ONE_CLICK, now=LATER)

    assert of(campaign) == (0, 1)


@pytest.mark.database
@pytest.mark.parametrize("goes", ["ana", "ben"])
def test_whoever_left_under_one_of_two_that_were_merged_left_under_both(open_round, goes):  # noqa: F811
    campaign, (ana, ben, _chi) = sent_to("Ana", "Ben", "Chi")
    taken(ana), taken(ben)
    merged(ana, ben)

    leave({"ana": ana, "ben": ben}[goes])

    assert {name: found[0] for name, found in standing(campaign).items()} == {
        "Ana": Delivery.LEFT, "Ben": Delivery.LEFT, "Chi": Delivery.WAITS,
    }  # fmt: skip
    assert [what for what, *_ in history(campaign, "Ana")] == ["queued", Delivery.SENT, Delivery.LEFT]


@pytest.mark.database
def test_whoever_was_merged_before_the_mail_was_made_and_leaves_by_it_left(open_round):  # noqa: F811
    ana, ben = (add(name=name, email=f"{name.casefold()}@org.example", groups=()) for name in ("Ana", "Ben"))
    campaign = write()
    send(campaign)
    merged(ana, ben)
    go_on(campaign, NOON)
    taken(ben)

    leave(ben)

    assert {name: found[0] for name, found in standing(campaign).items()} == {
        "Ana": Delivery.LEFT, "Ben": Delivery.LEFT_OUT,
    }  # fmt: skip


@pytest.mark.database
def test_an_office_that_ends_its_news_did_not_leave_its_official_mail(open_round):  # noqa: F811
    campaign, (ana, _ben) = sent_to("Ana", "Ben")
    become_office(ana)
    taken(ana)

    leave(ana)

    assert standing(campaign)["Ana"][0] is Delivery.SENT
    assert of(campaign) == (0, 0)


@pytest.mark.database
def test_an_office_that_ends_its_news_left_those(open_round):  # noqa: F811
    ana = add(name="Ana", email="ana@org.example", groups=(), news=True)
    become_office(ana)
    campaign = news()
    send(campaign)
    go_on(campaign, NOON)
    taken(ana)

    leave(ana)

    assert standing(campaign)["Ana"][0] is Delivery.LEFT


@pytest.mark.database
def test_another_at_the_mailbox_of_an_office_that_leaves_by_its_link_left(open_round):  # noqa: F811
    campaign, (ana, ben) = sent_to("Ana", "Ben")
    become_office(ana)
    taken(ana), taken(ben)
    with writing() as db:
        found = db.get_one(Stakeholder, ben.id)
        found.email, found.email_key = ana.email, ana.email

    leave(ben)

    assert {name: found[0] for name, found in standing(campaign).items()} == {
        "Ana": Delivery.SENT, "Ben": Delivery.LEFT,
    }  # fmt: skip


def become_office(entry):
    with writing() as db:
        db.get_one(Stakeholder, entry.id).basis = Basis.DUTY


def merged(gone, kept):
    with writing() as db:
        merge_stakeholders(
            db, db.get_one(Stakeholder, gone.id), db.get_one(Stakeholder, kept.id), by=Sender(), now=NOON
        )


def test_what_was_not_sent_has_no_aftermath(open_round):  # noqa: F811
    add()

    assert of(write()) == (0, 0)


@pytest.mark.database
def test_each_recipient_is_in_one_state_with_its_reason_and_its_instant(open_round):  # noqa: F811
    campaign, people = sent_to("Ana", "Ben", "Chi", "Dan", "Eli")
    ana, ben, chi, dan, _eli = people
    taken(ana), taken(ben)
    come_back(ana)
    leave(ben), leave(chi)
    not_made(chi)
    suppress(dan)
    not_made(dan)

    assert standing(campaign) == {
        "Ana": (Delivery.CAME_BACK, "5.1.1", None, LATER),
        "Ben": (Delivery.LEFT, "", None, LATER),
        "Chi": (Delivery.LEFT_OUT, "", LeftOut.LEFT_HERE, LATER),
        "Dan": (Delivery.SUPPRESSED, "5.1.1", LeftOut.CAME_BACK, LATER),
        "Eli": (Delivery.WAITS, "", None, NOON),
    }


@pytest.mark.database
def test_the_history_of_a_recipient_goes_from_the_queue_to_the_lifting(open_round):  # noqa: F811
    campaign, (ana,) = sent_to("Ana")
    taken(ana)
    come_back(ana)
    with writing() as db:
        found = db.query(Suppression).one()
        lift_suppression(db, found, "they say it works", by=Sender(), now=LATER + timedelta(hours=1))

    assert history(campaign, "Ana") == [
        ("queued", "", ""), ("sent", "", ""), ("came_back", "5.1.1", ""), ("address_suppressed", "5.1.1", ""),
        ("lifted", "", "they say it works"),
    ]  # fmt: skip


@pytest.mark.database
def test_of_two_that_were_merged_the_history_of_the_mail_is_theirs_who_got_it(open_round):  # noqa: F811
    ana = add(name="Ana", email="ana@org.example", groups=())
    ben = add(name="Ben", email="ben@org.example", groups=())
    campaign = write()
    send(campaign)
    with writing() as db:
        merge_stakeholders(db, db.get_one(Stakeholder, ana.id), db.get_one(Stakeholder, ben.id), by=Sender(), now=NOON)
    go_on(campaign, NOON)

    assert [what for what, *_ in history(campaign, "Ana")] == ["queued"]
    assert [what for what, *_ in history(campaign, "Ben")] == [Delivery.LEFT_OUT]
    with reading() as db:
        made = db.get_one(Campaign, campaign.id)
        places = {one.name: one.id for one in list_deliveries(db, made)}
        assert [one.what for one in list_histories(db, made, [places["Ben"]])[places["Ben"]]] == [Delivery.LEFT_OUT]


@pytest.mark.database
def test_every_recipient_has_a_history_though_nothing_happened_yet(open_round):  # noqa: F811
    add(name="Ana", email="ana@org.example", groups=())
    campaign = write()
    send(campaign, starts_at=LATER)

    assert history(campaign, "Ana") == []


def not_made(entry):
    """What a worker makes of the mail when it asks for its words: it is written down as there."""
    with writing() as db:
        mail = db.query(OutboxMail).filter_by(person=entry.person_ref).one()
        mail.message_id = "<x@m.example>"
    outcome = post()._attempt(None, mail)
    with writing() as db:
        kept = db.get_one(OutboxMail, mail.id)
        kept.state, kept.reply_text, kept.finished_at, kept.next_at = outcome.state, outcome.text, LATER, None
        kept.address = kept.parameters = None


def suppress(entry):
    with writing() as db:
        db.add(Suppression(ref=entry.name, address_key=address_key(entry.email), reason=SuppressionReason.HARD_BOUNCE,
                           status="5.1.1", source=BounceSource.REPORT, at=NOON))  # fmt: skip

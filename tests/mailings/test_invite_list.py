"""Invitations to a mailing list: entries with their personal link, the others with the public page; nobody new in the registry."""

from datetime import timedelta

import pytest

from consult.consultations.models import FOR_INVITED, Consultation, Participant, Window
from consult.core import clock
from consult.core.db import reading, writing
from consult.mail.models import OutboxMail
from consult.mailings import operations, operations_approval, operations_sending, queries, queries_sending, rules
from consult.mailings.models import Audience, Campaign, CampaignKind, CampaignRecipient, LeftOut, Why, WhyNot
from consult.mailings.models_leaving import LeavingWay
from consult.mailings.models_lists import ListLeavingScope, ListMessage, MailingList, Subscription
from consult.mailings.operations import Wording
from consult.mailings.operations_lists import change_list
from consult.mailings.operations_lists_leaving import leave_list
from consult.mailings.queries_by_list import invited_by_list
from consult.mailings.queries_left_out import why_unwanted_of_list
from consult.mailings.queries_sending import Delivery
from consult.mailings.rules_rounds import check_invite_list, why_not_by_address
from consult.privacy.operations_protecting import protect_entry
from consult.rounds import operations as rounds
from consult.rounds.models import Audience as RoundAudience
from consult.rounds.models import Round
from consult.stakeholders.models import Basis, Channel, Stakeholder
from consult.stakeholders.operations_leaving import leave
from consult.stakeholders.operations_merging import merge_stakeholders
from tests.custody.fixtures import ANA, desk  # noqa: F401
from tests.drafts.test_operations import NOON, consultation  # noqa: F401
from tests.mailings.test_audiences import queue_all, write
from tests.mailings.test_campaigns import WORDS, Sender, send, submit
from tests.mailings.test_chosen import visitor
from tests.mailings.test_lists import ask, confirm, make_list, put_on, said
from tests.mailings.test_next_round import LATER, next_round
from tests.mailings.test_reminders import made
from tests.mailings.test_reminders_to_some import live, pages, rows
from tests.mailings.test_sending import become
from tests.rounds.test_comments import CLOSES, a_remark, open_round  # noqa: F401
from tests.stakeholders.test_operations import Dalia, add
from tests.support.together import together

DAY = timedelta(days=1)


def invite(mailing_list, **chosen):
    return write(CampaignKind.INVITATION, audience=Audience.LIST, mailing_list=mailing_list, **chosen)


def outbox(campaign):
    """What goes out of a campaign: (template, mailbox, language), in order."""
    with reading() as db:
        found = db.query(OutboxMail).filter(OutboxMail.cause.startswith(f"campaign:{campaign.id}"))
        return [(one.template, one.address.casefold(), one.language) for one in found.order_by(OutboxMail.id)]


def waiting(campaign):
    with reading() as db:
        return {one.address.casefold(): one for one in db.query(OutboxMail).filter_by(cause=f"campaign:{campaign.id}")}


def left_out(campaign):
    with reading() as db:
        found = db.query(CampaignRecipient).filter_by(campaign_id=campaign.id, why_not=None)
        return [one.left_out for one in found.order_by(CampaignRecipient.id)]


@pytest.fixture
def mixed(open_round):  # noqa: F811
    """A list of thirteen mailboxes: of entries of every sort, of visitors, and of people nobody knows."""
    news = make_list()
    add(name="Union", email="union@org.example", language="ar", groups=())
    add(name="Office", email="office@org.example", basis=Basis.DUTY, groups=())
    add(name="Silent", email="silent@org.example", basis=Basis.NONE, groups=())
    add(name="Paper", email="paper@org.example", postal_address="1 Lane", channel=Channel.POST, groups=())
    add(name="First", email="shared@org.example", basis=Basis.NONE, groups=())
    add(name="Second", email="shared@org.example", groups=())
    add(name="Third", email="shared@org.example", groups=())
    gone = add(name="Gone", email="gone@org.example", groups=())
    add(name="Not on it", email="else@org.example", groups=())
    with writing() as db:
        leave(db, db.get_one(Stakeholder, gone.id), how="letter", now=NOON)
    here = visitor("Left", "left@visitor.example")
    spoke = visitor("Spoke", "spoke@visitor.example")
    with writing() as db:
        db.get_one(Participant, here).left_at = NOON
        who = db.get_one(Participant, spoke)
        rounds.send_comment(db, db.get_one(Round, open_round.id), None, a_remark(), participant=who, once="v", now=NOON)
    boxes = ("Union", "office", "silent", "paper", "shared", "gone")
    for name in boxes:
        put_on(news, f"{name}@org.example", now=NOON + timedelta(minutes=1))
    for address in ("left@visitor.example", "Spoke@visitor.example", "one@p.example"):
        put_on(news, address)
    confirm(ask(news, "two@p.example", language="ar"))
    wants_none = put_on(news, "none@p.example")
    with writing() as db:
        found, here = db.get_one(Subscription, wants_none.id), db.query(Consultation).one()
        leave_list(db, found, ListLeavingScope.CONSULTATION, way=LeavingWay.ONE_CLICK, consultation=here, now=NOON)
    return news


REASONS = {
    "Union": None, "Office": None, "Silent": WhyNot.NO_BASIS, "Paper": WhyNot.BY_LETTER, "First": WhyNot.NO_BASIS,
    "Second": None, "Third": WhyNot.SAME_MAILBOX, "Gone": WhyNot.LEFT,
}  # fmt: skip
BY_ADDRESS = [WhyNot.LEFT_HERE, WhyNot.COMMENTED_ALREADY, None, None]


@pytest.mark.database
def test_a_list_is_invited_as_entries_and_by_the_address_and_everybody_has_a_reason(mixed, monkeypatch):
    monkeypatch.setattr(operations_approval, "CHUNK", 3)
    monkeypatch.setattr(queries, "PAGE", 2)
    with reading() as db:
        before = {one.id for one in db.query(Stakeholder)}
    campaign = invite(mixed)

    counts = live(campaign)
    assert {why: counts[why] for why in counts if why is not None} == {
        WhyNot.NO_BASIS: 2, WhyNot.BY_LETTER: 1, WhyNot.LEFT: 1, WhyNot.LEFT_HERE: 1, WhyNot.COMMENTED_ALREADY: 1,
    }  # fmt: skip
    assert counts[None] == 6, "of one mailbox only the fixed list knows"
    assert [one.name for one in pages(campaign, gets=True)] == ["Union", "Office", "Second", "Third", "", ""]
    assert {(one.name, one.email) for one in pages(campaign, gets=False)} == {("", "")}
    assert send(campaign) == 5
    queue_all(campaign)
    queue_all(campaign)

    found = rows(campaign)
    assert {name: why for name, why in found if name} == REASONS
    assert [why for name, why in found if not name] == BY_ADDRESS
    assert outbox(campaign) == [
        ("campaign", "union@org.example", "ar"), ("campaign", "office@org.example", "en"),
        ("campaign", "shared@org.example", "en"), ("list_mail", "one@p.example", "en"), ("list_mail", "two@p.example", "ar"),
    ]  # fmt: skip
    with reading() as db:
        assert {one.id for one in db.query(Stakeholder)} == before, "no new person in the registry"
        invited = db.query(Participant).filter(Participant.invited_at.is_not(None))
        assert {one.stakeholder_id is not None for one in invited} == {True}
        assert invited.count() == 4, "three by mail, one by letter; nobody by the address takes part"
        assert {one.why for one in db.query(CampaignRecipient)} == {Why.SUBSCRIBED}
        message = db.query(ListMessage).one()
        assert message.cause == f"campaign:{campaign.id}"
        done = queries_sending.count_deliveries(db, db.get_one(Campaign, campaign.id))
        assert {one: count for one, count in done.items() if count} == {Delivery.WAITS: 5}


@pytest.mark.database
def test_the_mail_by_the_address_leads_to_the_public_page_and_leaves_the_list(mixed):
    campaign = invite(mixed)
    send(campaign)
    queue_all(campaign)
    mails = waiting(campaign)

    of_entry, by_address = (" ".join(made(mails[one], NOON).split()) for one in ("union@org.example", "one@p.example"))

    assert "/door/" in of_entry
    assert "List-Id: <news.lists." not in of_entry
    assert "/door/" not in by_address
    assert "/en/consultations/upr/" in by_address
    assert "Everybody can comment from the page of the consultation" in by_address
    assert "Comments are taken until" in by_address
    assert "List-Id: <news.lists." in by_address
    assert "this mailbox said yes to the list" in by_address
    assert "List-Unsubscribe:" in by_address


@pytest.mark.database
@pytest.mark.parametrize("audience", [RoundAudience.REGISTERED, RoundAudience.INVITED])
def test_what_the_round_takes_decides_who_is_invited_by_the_address(consultation, open_round, audience):  # noqa: F811
    news = make_list()
    add(email="one@org.example", groups=())
    for address in ("one@org.example", "only@p.example"):
        put_on(news, address)
    if audience is RoundAudience.REGISTERED:
        next_round(consultation.dalia, audience)
    else:
        with writing() as db:  # the draft of this one is public, and a round for the invited needs another
            db.query(Window).update({"for_whom": FOR_INVITED})
    now = LATER if audience is RoundAudience.REGISTERED else NOON
    campaign = invite(news)
    excluded = {WhyNot.FOR_INVITED: 1} if audience is RoundAudience.INVITED else {}

    assert live(campaign) == {None: 2 - len(excluded), **excluded}
    send(campaign, now=now)
    queue_all(campaign, now)

    assert [why for _name, why in rows(campaign)] == [None, WhyNot.FOR_INVITED if excluded else None]
    if excluded:
        with reading() as db:
            assert db.query(ListMessage).count() == 0, "nothing went to the list"
    else:
        by_address = " ".join(made(waiting(campaign)["only@p.example"], now).split())
        assert "have yours mailed, or ask to take part" in by_address


@pytest.mark.database
def test_nobody_is_invited_twice_to_one_round_by_whatever_list(mixed, consultation):  # noqa: F811
    other = make_list(slug="other")
    for address in ("ONE@p.example", "union@org.example", "new@p.example"):
        put_on(other, address)
    first, second = invite(mixed), invite(other)
    for one in (first, second):
        send(one)

    together(*(lambda one=one: queue_all(one) for one in (first, second)))

    boxes = [mailbox for _, mailbox, _ in outbox(first) + outbox(second)]
    assert sorted(boxes) == sorted({*boxes})
    assert set(left_out(first)) | set(left_out(second)) == {None, LeftOut.INVITED_TO_ROUND}
    assert live(invite(other)) == {WhyNot.INVITED_TO_ROUND: 3}
    next_round(consultation.dalia)
    assert live(invite(other)) == {None: 3}


@pytest.mark.database
def test_whoever_was_invited_by_the_address_and_is_entered_since_gets_no_second(mixed):
    first = invite(mixed)
    send(first)
    queue_all(first)
    add(name="One", email="one@p.example", groups=())
    add(name="Else", email="new@p.example", groups=())
    put_on(mixed, "new@p.example")

    again = invite(mixed)
    submit(again)

    assert dict(rows(again))["One"] is WhyNot.INVITED_TO_ROUND
    assert dict(rows(again))["Else"] is None
    with reading() as db:
        assert invited_by_list(db, db.get_one(Campaign, again.id), ["ONE@p.example", "x@p.example"]) == {
            "one@p.example"
        }
        assert invited_by_list(db, db.get_one(Campaign, again.id), []) == set()


@pytest.fixture
def two(open_round):  # noqa: F811
    """A list of an entry and of somebody known by the address only, who commented as a visitor before: the list, and the two."""
    news = make_list()
    entry = add(name="Entry", email="one@org.example", groups=())
    put_on(news, "one@org.example")
    return news, entry, put_on(news, "only@p.example"), visitor("Visitor", "only@p.example")


def happen(what, two, open_round):  # noqa: F811
    news, entry, on, here = two
    with writing() as db:
        found = db.get_one(Subscription, on.id)
        if what == "left list":
            leave_list(db, found, ListLeavingScope.LIST, way=LeavingWay.ONE_CLICK, now=NOON)
        elif what == "left here":
            db.get_one(Participant, here).left_at = NOON
        elif what == "commented":
            who, kept = db.get_one(Participant, here), db.get_one(Round, open_round.id)
            rounds.send_comment(db, kept, None, a_remark(), participant=who, once="v", now=NOON)
        elif what == "for invited":
            db.query(Window).update({"for_whom": FOR_INVITED})
        elif what == "same mailbox":
            db.get_one(Stakeholder, entry.id).email = "ONLY@p.example"
        elif what == "closed list":
            change_list(db, db.get_one(MailingList, news.id), said(is_open=False), by=Dalia(), now=NOON)


SINCE = {
    "nothing": None, "left list": LeftOut.LEFT_LIST, "left here": LeftOut.LEFT_HERE, "commented": LeftOut.COMMENTED_ALREADY,
    "for invited": LeftOut.FOR_INVITED, "same mailbox": LeftOut.SAME_MAILBOX,
}  # fmt: skip


@pytest.mark.database
@pytest.mark.parametrize("what", SINCE)
def test_what_happened_since_is_asked_when_the_turn_comes(two, open_round, what):  # noqa: F811
    campaign = invite(two[0])
    send(campaign)
    happen(what, two, open_round)

    queue_all(campaign)

    assert left_out(campaign) == [None, SINCE[what]]


MADE = {
    "nothing": None, "left list": LeftOut.LEFT_LIST, "left here": LeftOut.LEFT_HERE, "commented": LeftOut.COMMENTED_ALREADY,
    "for invited": LeftOut.FOR_INVITED, "too late": LeftOut.TOO_LATE, "stopped": LeftOut.STOPPED,
    "closed list": LeftOut.LEFT_LIST,
}  # fmt: skip


@pytest.mark.database
@pytest.mark.parametrize("what", MADE)
def test_what_happened_since_is_asked_again_when_the_mail_is_made(two, open_round, what):  # noqa: F811
    campaign = invite(two[0])
    send(campaign)
    queue_all(campaign)
    mail = waiting(campaign)["only@p.example"]
    happen(what, two, open_round)
    if what == "stopped":
        with writing() as db:
            here, kept = db.query(Consultation).one(), db.get_one(Campaign, campaign.id)
            operations_sending.stop_campaign(db, here, kept, by=Sender(), now=NOON)
    now = CLOSES if what == "too late" else NOON

    assert (made(mail, now) is None) == (what != "nothing")
    if what != "nothing":
        with clock.at(now), reading() as db:
            assert why_unwanted_of_list(db, campaign.id, two[2].id) is MADE[what]


@pytest.mark.database
def test_whom_it_did_not_reach_is_tried_again_and_what_was_stopped_invited_nobody(two):
    campaign = invite(two[0])
    send(campaign)
    queue_all(campaign)
    for person in (two[1].person_ref, two[2].person_ref):
        become(person, "failed", code=550)
    with writing() as db:
        here, kept = db.query(Consultation).one(), db.get_one(Campaign, campaign.id)
        assert operations_sending.retry_campaign(db, here, kept, by=Sender()) == 2
    queue_all(campaign)

    with reading() as db:
        again = db.query(OutboxMail).filter_by(cause=f"campaign:{campaign.id}:2").order_by(OutboxMail.id)
        assert [(one.template, one.address) for one in again] == [
            ("campaign", "one@org.example"), ("list_mail", "only@p.example"),
        ]  # fmt: skip
    with writing() as db:
        here, kept = db.query(Consultation).one(), db.get_one(Campaign, campaign.id)
        operations_sending.stop_campaign(db, here, kept, by=Sender(), now=NOON)
    with writing() as db:
        operations_sending.settle_mails(db, campaign.id, now=NOON)
    assert live(invite(two[0])) == {None: 2}


@pytest.mark.database
def test_categories_leave_out_whoever_is_known_by_the_address_only(two):
    with writing() as db:
        wording = Wording(("cso",), (), WORDS, audience=Audience.LIST, mailing_list=two[0])
        campaign = operations.write_campaign(
            db, db.query(Consultation).one(), wording, campaign=None, by=Sender(), now=NOON
        )

    assert live(campaign) == {None: 1}
    send(campaign)
    assert rows(campaign) == [("Entry", None)]


@pytest.mark.database
def test_merged_entries_are_invited_as_the_one_that_holds(two):
    news, entry, _on, _here = two
    old = add(name="Old", email="old@org.example", groups=())
    put_on(news, "old@org.example")
    with writing() as db:
        merge_stakeholders(db, db.get_one(Stakeholder, old.id), db.get_one(Stakeholder, entry.id), by=Dalia(), now=NOON)
    campaign = invite(news)

    assert live(campaign) == {None: 2}
    send(campaign)
    queue_all(campaign)

    assert [mailbox for _, mailbox, _ in outbox(campaign)] == ["one@org.example", "only@p.example"]


@pytest.mark.database
def test_of_a_protected_entry_nobody_learns_the_mailbox_by_a_list(desk):  # noqa: F811
    desk.appoint(ANA)
    desk.open_round(takes_nameless=False)
    news, entry = make_list(), add(name="Quenby Circle", email="quenby@org.example", groups=())
    with writing() as db:
        protect_entry(db, db.get_one(Stakeholder, entry.id), is_sure=True, next_url="/", by=desk.dalia, now=NOON)
    put_on(news, "quenby@org.example")
    campaign = invite(news)

    send(campaign)
    queue_all(campaign)

    assert rows(campaign) == [("", None)], "a reader of the list, like anybody whose entry we do not know"
    assert outbox(campaign) == [("list_mail", "quenby@org.example", "en")]
    with reading() as db:
        assert db.query(Participant).count() == 0


@pytest.mark.database
def test_check_invite_list(open_round):  # noqa: F811
    """Before a round is open nobody knows for whom it will be."""
    news = make_list()
    put_on(news)
    campaign = invite(news)
    with reading() as db:
        window = db.query(Window).one()
        check_invite_list(campaign, window, now=NOON)
        for none_open in (None, window):
            with pytest.raises(rules.NothingOpen):
                check_invite_list(campaign, none_open, now=NOON - DAY)
        check_invite_list(Campaign(kind=CampaignKind.NEWS, audience=Audience.LIST), None, now=NOON)
    with writing() as db:
        db.query(Window).delete()
    with pytest.raises(rules.NothingOpen):
        submit(campaign)


def test_why_not_by_address_says_the_first_reason():
    said_nothing = {"is_for_invited": False, "is_invited_to_round": False, "has_commented": False, "has_left": False}
    order = {
        "has_left": WhyNot.LEFT_HERE, "is_for_invited": WhyNot.FOR_INVITED, "is_invited_to_round": WhyNot.INVITED_TO_ROUND,
        "has_commented": WhyNot.COMMENTED_ALREADY,
    }  # fmt: skip
    assert why_not_by_address(**said_nothing) is None
    for place, (name, why) in enumerate(order.items()):
        rest = dict.fromkeys(list(order)[place:], True)
        assert (why_not_by_address(**{**said_nothing, **rest}), name) == (why, name)

"""The own news of a mailing list, which is about no consultation: written, approved, sent, paused, tried again and left."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from consult.audit.models import JournalEntry
from consult.consultations.models import Consultation, Participant
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.mail.delivery import Post, post
from consult.mail.keys import header_token
from consult.mail.models import Halt, MailState, OutboxMail, Suppression
from consult.mail.operations_bounces import lift_suppression
from consult.mailings import (
    abouts,
    list_links,
    operations,
    operations_sending,
    queries,
    queries_chosen,
    queries_sending,
    rules,
)
from consult.mailings.jobs import settle_mails
from consult.mailings.mails_lists import LIST_MAIL, LIST_TEST, previewed_list_mail
from consult.mailings.models import Audience, Campaign, CampaignKind, CampaignRecipient, CampaignState, Why
from consult.mailings.models_leaving import LeavingWay
from consult.mailings.models_lists import ListLeavingScope, ListMessage, MailingList, Subscription
from consult.mailings.operations import Wording
from consult.mailings.operations_lists import change_list
from consult.mailings.operations_lists_leaving import leave_list
from consult.mailings.queries_sending import Delivery
from consult.worker import MAILS
from tests.drafts.test_operations import NOON
from tests.mail.test_connection import towards
from tests.mailings.test_audiences import queue_all, to_list
from tests.mailings.test_campaigns import Approver, Sender, approve, send, submit
from tests.mailings.test_leaving import HTTPS
from tests.mailings.test_lists import Dalia, make_list, put_on, said
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.support.together import together

DAY = timedelta(days=1)
WORDS = {
    "en": ("A new secretary", "The mechanism has one."),
    "ar": ("أمينة جديدة", "عُيّنت."),
    "zh": ("新任秘书", "已任命。"),
}


def write(news, *, words=WORDS, campaign=None, kind=CampaignKind.NEWS, audience=Audience.LIST, readers=None):
    with writing() as db:
        own = db.get_one(MailingList, news.id)
        kept = db.get_one(Campaign, campaign.id) if campaign else None
        wording = Wording((), (), words, audience, None, readers or own)
        return operations.write_campaign(db, own, wording, campaign=kept, kind=kind, by=Sender(), now=NOON)


def act(what, campaign, **values):
    with writing() as db:
        found = db.get_one(Campaign, campaign.id)
        getattr(operations_sending, f"{what}_campaign")(db, abouts.about_of(db, found), found, by=Sender(), **values)


def now_of(campaign):
    with reading() as db:
        return db.get_one(Campaign, campaign.id)


def turns():
    with reading() as db:
        rows = db.query(OutboxMail.person, OutboxMail.next_at).filter_by(template=LIST_MAIL.name)
        return sorted((person, at) for person, at in rows.order_by(OutboxMail.id))


@pytest.mark.database
def test_the_own_news_of_a_list_go_to_all_who_signed_up_and_into_its_archive(database):
    news, other = make_list(), make_list(slug="other")
    on = [put_on(news, f"r{number}@p.example") for number in range(3)]
    put_on(other, "o@p.example")
    campaign = write(news)

    assert send(campaign) == 3
    queue_all(campaign)
    queue_all(campaign)  # once more after a crash

    assert turns() == sorted((f"subscription:{one.id}", NOON) for one in on)
    with reading() as db:
        assert {row.why for row in db.query(CampaignRecipient)} == {Why.SUBSCRIBED}
        (message,) = db.query(ListMessage)
        assert (message.list_id, dict(message.subject)) == (news.id, {code: said for code, (said, _) in WORDS.items()})
        assert (now_of(campaign).state, db.query(Participant).count()) == (CampaignState.SENT, 0)
        acts = [(one.event, one.codes) for one in db.query(JournalEntry) if one.event.startswith("campaign.")]
    codes = {"list": "news", "campaign": campaign.ref, "kind": "news"}
    assert acts == [
        ("campaign.written", codes),
        ("campaign.submitted", codes),
        ("campaign.approved", {**codes, "count": 3}),
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"kind": CampaignKind.INVITATION},
        {"kind": CampaignKind.REMINDER},
        {"kind": CampaignKind.DEBRIEFING},
        {"audience": Audience.REGISTRY},
    ],
)
def test_check_own_news_nothing_else_is_written_without_a_consultation(database, other):
    news = make_list()

    with pytest.raises(rules.NewsOfTheListOnly):
        write(news, **other)

    with reading() as db:
        assert db.query(Campaign).count() == 0


def test_a_list_writes_to_no_other_list(database):
    news, other = make_list(), make_list(slug="other")

    with pytest.raises(rules.NewsOfTheListOnly):
        write(news, readers=other)


@pytest.mark.database
@pytest.mark.parametrize(
    "change", ["kind = 'invitation'", "kind = 'debriefing'", "audience = 'registry', list_id = NULL"]
)
def test_the_database_keeps_no_campaign_about_nothing_but_news_of_a_list(database, change):
    campaign = write(make_list())

    with pytest.raises(IntegrityError) as problem, writing() as db:
        db.execute(text(f"UPDATE campaign SET {change} WHERE id = :id"), {"id": campaign.id})

    assert "about_none_is_news_of_a_list" in violated(problem.value)


@pytest.mark.database
def test_a_campaign_of_a_consultation_does_not_lose_it(open_round):  # noqa: F811
    from tests.mailings.test_campaigns import write as invite

    campaign = invite()

    with pytest.raises(IntegrityError) as problem, writing() as db:
        db.execute(text("UPDATE campaign SET consultation_id = NULL WHERE id = :id"), {"id": campaign.id})

    assert "about_none_is_news_of_a_list" in violated(problem.value)


@pytest.mark.database
def test_what_waits_for_approval_is_given_to_no_consultation_and_no_other_list(open_round):  # noqa: F811
    news, other = make_list(), make_list(slug="other")
    put_on(news)
    campaign = write(news)
    submit(campaign)
    with reading() as db:
        dossier = db.query(Consultation).one().id

    for change, value in (("consultation_id", dossier), ("list_id", other.id)):
        with pytest.raises(DBAPIError) as problem, writing() as db:
            db.execute(text(f"UPDATE campaign SET {change} = :to WHERE id = :id"), {"to": value, "id": campaign.id})
        assert "submitted_campaign_never_changes" in violated(problem.value)


@pytest.mark.database
def test_nobody_approves_their_own_news_of_a_list_not_even_past_the_application(database):
    news = make_list()
    put_on(news)
    campaign = write(news)
    submit(campaign)

    with pytest.raises(rules.ApprovedByComposer):
        approve(campaign, by=Sender())
    with pytest.raises(DBAPIError) as problem, writing() as db:
        db.execute(text("UPDATE campaign SET state = 'sending', sent_at = :at, starts_at = :at"), {"at": NOON})

    assert "campaign_needs_approval" in violated(problem.value)
    with pytest.raises(rules.CampaignChanged):
        approve(campaign, seen=b"\x00" * 32)


def test_everybody_on_the_list_can_read_its_news(database):
    news = make_list()

    with pytest.raises(rules.WordsMissing) as problem:
        write(news, words={code: WORDS[code] for code in ("en", "ar")})

    assert "zh" in str(problem.value)
    with reading() as db:
        assert abouts.languages_of(db, db.get_one(MailingList, news.id)) == ["en", "ar", "zh"]


def test_a_list_without_words_in_a_language_of_the_site_takes_all_of_the_site(database):
    assert abouts.languages_of_list({"ar": "أخبار", "en": "News", "sm": "Tala"}) == ["en", "ar"]
    assert abouts.languages_of_list({"sm": "Tala"}) == ["en", "ar", "zh"]


def test_a_closed_list_sends_no_news(database):
    news = make_list()
    put_on(news)
    late, campaign = write(news), write(news)
    submit(late)
    with writing() as db:
        change_list(db, db.get_one(MailingList, news.id), said(is_open=False), by=Dalia(), now=NOON)

    with pytest.raises(rules.ListClosed):
        approve(late)
    with pytest.raises(rules.ListClosed):
        submit(campaign)


def test_news_for_nobody_are_not_submitted(database):
    with pytest.raises(rules.NobodyChosen):
        submit(write(make_list()))


@pytest.mark.database
def test_one_ordinary_mail_a_day_for_each_list_by_itself(open_round):  # noqa: F811
    news, other = make_list(), make_list(slug="other")
    on, there = put_on(news), put_on(other)
    for campaign in (write(news), write(news), write(other), to_list(news)):
        send(campaign)
        queue_all(campaign)

    mine = f"subscription:{on.id}"
    assert turns() == sorted([(mine, NOON), (mine, NOON), (mine, NOON + DAY), (f"subscription:{there.id}", NOON)])
    with reading() as db:
        late = db.query(OutboxMail.cause).filter_by(next_at=NOON + DAY).one()
    assert late.cause == "campaign:2", "what is about a consultation is counted by that consultation"


@pytest.mark.database
def test_two_news_queued_in_the_same_instant_keep_a_day_between_them(database):
    news = make_list()
    for number in range(60):
        put_on(news, f"r{number}@p.example")
    both = write(news), write(news)
    for one in both:
        send(one)

    together(*(lambda one=one: queue_all(one) for one in both))

    assert [at for _, at in turns()].count(NOON) == 60
    assert [at for _, at in turns()].count(NOON + DAY) == 60


@pytest.mark.database
def test_news_are_taken_back_paused_gone_on_with_and_stopped(database):
    news = make_list()
    put_on(news)
    campaign = write(news)
    submit(campaign, starts_at=NOON + DAY)
    approve(campaign)
    act("take_back", campaign, now=NOON)
    assert (now_of(campaign).state, now_of(campaign).digest) == (CampaignState.WRITING, None)

    send(campaign)
    queue_all(campaign)
    act("pause", campaign)
    settle_mails(campaign.id)
    held = turns()
    act("resume", campaign, now=NOON)
    with clock.at(NOON):
        settle_mails(campaign.id)
    queue_all(campaign)
    assert held != turns()
    assert turns()[0][1] == NOON
    act("stop", campaign, now=NOON)
    settle_mails(campaign.id)

    with reading() as db:
        assert db.query(OutboxMail).filter_by(template=LIST_MAIL.name).one().state is MailState.SUPPRESSED
        about = [one.codes["list"] for one in db.query(JournalEntry) if one.event.startswith("campaign.")]
    assert set(about) == {"news"}


def test_news_that_halted_by_themselves_are_paused(database):
    news = make_list()
    put_on(news)
    campaign = write(news)
    send(campaign)
    queue_all(campaign)
    with writing() as db:
        db.add(Halt(cause=f"campaign:{campaign.id}", at=NOON, bad=30, of_last=100))

    with writing() as db:
        assert operations_sending.pause_halted(db, now=NOON) == 1

    with reading() as db:
        (halted,) = (one.codes for one in db.query(JournalEntry) if one.event == "campaign.halted")
    assert (halted["list"], now_of(campaign).state) == ("news", CampaignState.PAUSED)


def test_whom_the_relay_refused_is_tried_again_and_nobody_else(database, settings, sink):
    news = make_list()
    put_on(news, "a@p.example")
    put_on(news, "b@never.example")
    with writing() as db:
        db.query(OutboxMail).delete()  # the mails that asked for their yes
    campaign = write(news)
    send(campaign)
    queue_all(campaign)
    with clock.at(NOON):
        Post(towards(settings, sink.port, base_url=HTTPS, mail_sender="consult@mechanism.example"), MAILS).deliver()
    with reading() as db:
        counts = queries_sending.count_deliveries(db, now_of(campaign))
    assert {one: count for one, count in counts.items() if count} == {Delivery.SENT: 1, Delivery.FAILED: 1}

    with writing() as db:  # the relay said no for good: somebody has to say that it may go there again
        lift_suppression(db, db.query(Suppression).one(), "Told us by telephone", by=Dalia(), now=NOON)
    act("retry", campaign)
    queue_all(campaign)

    with reading() as db:
        leave = list_links.leave_token_of(db.query(Subscription).filter_by(address="a@p.example").one())
        again = db.query(OutboxMail.address).filter_by(cause=f"campaign:{campaign.id}:2").all()
        mail = sink.received()[0].message
    assert [row.address for row in again] == ["b@never.example"]
    assert mail["List-Id"].endswith("news.lists.mechanism.example>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"<{HTTPS}/en/leave/{header_token(leave)}>" in mail["List-Unsubscribe"]
    assert "/consultations/" not in mail.get_body("plain").get_content()


@pytest.mark.database
def test_whoever_left_while_the_news_waited_gets_none_and_is_counted_later(database):
    news = make_list()
    on = [put_on(news, f"r{number}@p.example") for number in range(2)]
    campaign = write(news)
    submit(campaign)
    _leave(on[0])
    approve(campaign)
    queue_all(campaign)
    assert [person for person, _ in turns()] == [f"subscription:{on[1].id}"]

    with clock.at(NOON):
        post().deliver()
    _leave(on[1])

    with reading() as db:
        counts = queries_sending.count_deliveries(db, now_of(campaign))
    assert (counts[Delivery.LEFT_OUT], counts[Delivery.LEFT]) == (1, 1)


def _leave(subscription):
    with writing() as db:
        found = db.get_one(Subscription, subscription.id)
        leave_list(db, found, ListLeavingScope.LIST, way=LeavingWay.ONE_CLICK, now=NOON)


def test_the_preview_and_the_test_to_oneself_read_like_the_mail(database):
    news = make_list(archive_is_public=False)
    campaign = write(news)
    with writing() as db:
        for language in WORDS:
            operations.try_campaign(db, db.get_one(Campaign, campaign.id), language=language, by=Sender(), now=NOON)

    with reading() as db:
        tests = db.query(OutboxMail.template, OutboxMail.language, OutboxMail.address).order_by(OutboxMail.id).all()
        renderer, values = post().renderer, previewed_list_mail(db, campaign.id)
        preview = renderer.render(LIST_MAIL, values)
        test = renderer.render(LIST_TEST, LIST_TEST.load(db, {"campaign": campaign.id}))

    assert [tuple(row) for row in tests] == [(LIST_TEST.name, language, Sender.email) for language in WORDS]
    assert (preview.subject, test.subject) == ("A new secretary", "Test: A new secretary")
    assert "/leave/…" in preview.text
    assert "/leave/" not in test.text
    assert "The mechanism has one." in test.text
    assert "this mailbox said yes to the list" in test.text


def test_news_wait_for_whoever_composed_none_of_them(database):
    news = make_list()
    put_on(news)
    submit(write(news))
    write(news)

    with reading() as db:
        assert queries.count_news_to_approve(db, by=Approver.actor) == {news.id: 1}
        assert queries.count_news_to_approve(db, by=Sender.actor) == {}


def test_what_is_about_a_consultation_is_not_the_list_s_and_the_other_way_round(open_round):  # noqa: F811
    news = make_list()
    of_dossier, own = to_list(news), write(news)

    with reading() as db:
        dossier, mailing_list = db.query(Consultation).one(), db.get_one(MailingList, news.id)
        assert [one.ref for one in queries.list_campaigns(db, dossier)] == [of_dossier.ref]
        assert [one.ref for one in queries.list_campaigns(db, mailing_list)] == [own.ref]
        assert queries.find_campaign(db, dossier, own.ref) is None
        assert queries.find_campaign(db, mailing_list, of_dossier.ref) is None


def test_who_is_on_the_list_is_shown_as_a_language_before_the_list_is_fixed_and_after(database):
    news = make_list()
    for number in range(3):
        put_on(news, f"r{number}@p.example")
    campaign = write(news)

    def shown():
        with reading() as db:
            found = db.get_one(Campaign, campaign.id)
            (first, *others), none = (
                queries_chosen.list_chosen(db, found, gets=True),
                queries_chosen.list_chosen(db, found, gets=False),
            )
            after = queries_chosen.list_chosen(db, found, gets=True, after=first.id)
            return [one[1:] for one in (first, *others)], [one.id for one in others] == [one.id for one in after], none

    as_it_would_be = shown()
    submit(campaign)

    assert as_it_would_be == shown() == ([("", "", "en", None, Why.SUBSCRIBED, None)] * 3, True, [])

"""Leaving a list: three choices, one click, undo for whoever pressed; and what is sent to a list and shown of it."""

from datetime import timedelta
from xml.etree import ElementTree as Xml

import pytest

from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.texts import Texts
from consult.mail.delivery import Post
from consult.mail.keys import header_token
from consult.mail.models import Mail
from consult.mail.operations import queue_mail
from consult.mailings import list_links, queries_lists
from consult.mailings.models import Campaign, CampaignState
from consult.mailings.models_leaving import LeavingScope, LeavingWay
from consult.mailings.models_lists import (
    ListLeaving,
    ListLeavingScope,
    ListMessage,
    MailingList,
    Subscription,
    SubscriptionAct,
    SubscriptionState,
    SubscriptionStep,
)
from consult.mailings.operations import Wording, write_campaign
from consult.mailings.operations_leaving import leave_mails
from consult.mailings.operations_lists import change_list, publish_message
from consult.mailings.operations_lists_leaving import leave_list, undo_list_leaving
from consult.mailings.operations_subscriptions import end_subscription, sweep_subscriptions
from consult.mailings.rules_lists import ListUndoOver, check_undo_list_leaving
from consult.stakeholders.models import LeftAddress, Stakeholder
from consult.worker import MAILS
from tests.drafts.test_operations import NOON
from tests.mail.test_connection import towards
from tests.mailings.test_campaigns import send as send_campaign
from tests.mailings.test_leaving import FORM, HTTPS, ONE_CLICK, admit, press
from tests.mailings.test_lists import (
    HOUR,
    IN_ALL,
    Dalia,
    addresses,
    ask,
    confirm,
    make_list,
    now_of,
    put_on,
    said,
    violates,
)
from tests.rounds.test_comments import CLOSES, consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add
from tests.support.forms import submit
from tests.support.together import together
from tests.support.world import everything

WORDS = {"en": ("A new consultation", "It begins.\n\nRead it."), "ar": ("مشاورة جديدة", "تبدأ الآن.")}


def leave_page(subscription, about=""):
    return f"/en/leave/{header_token(list_links.leave_token_of(subscription))}{about}"


def left(subscription, scope=ListLeavingScope.LIST, *, once="key", now=NOON + HOUR, about=None):
    with writing() as db:
        return leave_list(
            db, db.get_one(Subscription, subscription.id), scope, way=LeavingWay.PAGE, consultation=about, once=once, now=now
        )  # fmt: skip


def undone(subscription, *, once="key", now=NOON + 2 * HOUR):
    with writing() as db:
        return undo_list_leaving(db, db.get_one(Subscription, subscription.id), once, now=now)


# What the link does


@pytest.mark.parametrize("about", ["", "?about=upr", "?about=none", "?about=%00", "?List-Unsubscribe=One-Click"])
def test_a_look_at_the_link_changes_nothing_and_names_nobody(client, open_round, about):  # noqa: F811
    on = put_on(make_list())
    before = everything()

    with clock.at(NOON):
        page = client.get(leave_page(on, about))
        client.head(leave_page(on, about))

    assert page.status_code == (404 if "%00" in about else 200)
    assert "ana@p.example" not in page.text
    assert ("Mail about this consultation" in page.text) == (about == "?about=upr")
    assert everything() == before


@pytest.mark.parametrize("about", ["", "?about=upr"])
def test_one_click_leaves_the_list_and_nothing_else(guarded_client, open_round, about):  # noqa: F811
    news, other = make_list(), make_list(slug="other")
    on = put_on(news)
    put_on(other)

    with clock.at(NOON + HOUR):
        headers = {**FORM, "Sec-Fetch-Site": "cross-site"}
        answer = guarded_client.post(leave_page(on, about), data=ONE_CLICK, headers=headers)

    assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
    assert (addresses(news), addresses(other)) == ([], ["ana@p.example"])
    with reading() as db:
        act = db.query(SubscriptionAct).order_by(SubscriptionAct.id.desc()).first()
        assert (act.step, act.by, act.at) == (SubscriptionStep.ENDED, "self", NOON + HOUR)
        assert db.query(LeftAddress).count() == 0


def test_any_other_form_needs_its_token(guarded_client, database):
    news = make_list()
    on = put_on(news)

    for body in (b"scope=list", b"scope=everything&once=x", ONE_CLICK + b"&scope=everything"):
        assert guarded_client.post(leave_page(on), data=body, headers=FORM).status_code == 400
    assert addresses(news) == ["ana@p.example"]


def test_the_page_stops_this_list_and_whoever_pressed_can_undo_it(guarded_client, database):
    news = make_list()
    on = put_on(news)
    token = list_links.leave_token_of(on)

    with clock.at(NOON + HOUR):
        page = submit(guarded_client, f"/en/leave/{header_token(token)}")
        gone = addresses(news)
        once = page.text.split('name="once" value="')[1].split('"')[0]
        form_token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        back = guarded_client.post(
            f"/en/leave/{token}/undo/", data={"once": once, "csrf_token": form_token}, headers={"Sec-Fetch-Site": "same-origin"}
        )  # fmt: skip

    assert (page.status_code, back.status_code) == (200, 200)
    assert (gone, addresses(news)) == ([], ["ana@p.example"])


def test_everything_stops_all_lists_and_every_entry_of_the_mailbox(client, open_round):  # noqa: F811
    participant, _token = admit(email="Ana@p.example")
    news, other = make_list(), make_list(slug="other")
    on = put_on(news)
    put_on(other)

    with clock.at(NOON + HOUR):
        page = client.post(leave_page(on), data={"scope": "everything", "once": "key"})

    assert page.status_code == 200
    assert (addresses(news), addresses(other)) == ([], [])
    with reading() as db:
        assert db.get_one(Stakeholder, participant.stakeholder_id).left_at == NOON + HOUR
        assert db.query(LeftAddress).count() == 1

    undone(on)

    assert (addresses(news), addresses(other)) == (["ana@p.example"], ["ana@p.example"])
    with reading() as db:
        assert db.get_one(Stakeholder, participant.stakeholder_id).left_at is None


def test_leaving_everything_by_the_link_of_a_consultation_stops_lists_too_and_undo_brings_them_back(client, open_round):  # noqa: F811
    _participant, token = admit(email="ana@p.example")
    news, early = make_list(), make_list(slug="early")
    put_on(news)
    left(put_on(early, now=NOON - HOUR), now=NOON - HOUR)

    press(client, token, scope="everything", once="key")
    gone = addresses(news)
    with clock.at(NOON):
        client.post(f"/en/leave/{token}/undo/", data={"once": "key"})

    assert (gone, addresses(news), addresses(early)) == ([], ["ana@p.example"], [])


def test_leaving_everything_again_after_a_later_yes_stops_that_too(client, open_round):  # noqa: F811
    """Both links are in the mailbox: neither may find that it has been pressed before and do nothing."""
    _participant, token = admit(email="ana@p.example")
    press(client, token, scope="everything")
    news = make_list()
    on = put_on(news, now=NOON + timedelta(days=8))
    back = addresses(news)

    with clock.at(NOON + timedelta(days=9)):
        client.post(f"/en/leave/{header_token(token)}", data={"scope": "everything", "once": "another"})
    gone = addresses(news)
    confirm(ask(news, now=NOON + timedelta(days=20)), now=NOON + timedelta(days=20))
    again = addresses(news)
    left(on, ListLeavingScope.EVERYTHING, once="third", now=NOON + timedelta(days=21))

    assert (back, gone, again, addresses(news)) == (["ana@p.example"], [], ["ana@p.example"], [])


def test_one_consultation_stops_list_mail_about_it_and_mail_to_participants(client, open_round):  # noqa: F811
    participant, _token = admit(email="ana@p.example")
    news = make_list()
    on = put_on(news)

    with clock.at(NOON + HOUR):
        page = client.post(leave_page(on, "?about=upr"), data={"scope": "consultation", "once": "key"})

    about = open_round.consultation_id
    with reading() as db:
        of_it = db.execute(queries_lists.subscribers(news.id, consultation_id=about)).all()
        assert db.get_one(Participant, participant.id).left_at == NOON + HOUR
    assert (page.status_code, of_it, addresses(news)) == (200, [], ["ana@p.example"])

    undone(on)

    with reading() as db:
        assert len(db.execute(queries_lists.subscribers(news.id, consultation_id=about)).all()) == 1
        assert db.get_one(Participant, participant.id).left_at is None


@pytest.mark.parametrize("scope", ["consultation", "", "nothing", "LIST"])
def test_a_choice_that_the_page_does_not_offer_is_none(client, database, scope):
    news = make_list()
    on = put_on(news)

    assert client.post(leave_page(on), data={"scope": scope, "once": "x"}).status_code == 422
    assert addresses(news) == ["ana@p.example"]


def test_check_undo_list_leaving_lets_only_who_pressed_within_a_day(database):
    news = make_list()
    on = put_on(news)
    left(on)

    for once, now in (("", NOON + HOUR), ("another", NOON + HOUR), ("key", NOON + timedelta(days=2))):
        with pytest.raises(ListUndoOver):
            undone(on, once=once, now=now)
    assert addresses(news) == []
    with pytest.raises(ListUndoOver):
        check_undo_list_leaving(None, now=NOON)


def test_undo_after_signing_up_anew_confirms_nothing(database):
    news = make_list()
    on = put_on(news)
    left(on)
    ask(news, now=NOON + HOUR)

    with pytest.raises(ListUndoOver):
        undone(on)
    assert now_of(on).state is SubscriptionState.ASKED


def test_the_address_goes_a_day_after_leaving_and_the_link_still_stops_everything(database):
    news = make_list()
    on = put_on(news)
    left(on)
    for hours, kept in ((24, "ana@p.example"), (26, None)):
        with writing() as db:
            sweep_subscriptions(db, now=NOON + timedelta(hours=hours))
        assert now_of(on).address == kept

    left(on, ListLeavingScope.EVERYTHING, once="later", now=NOON + timedelta(days=3))

    with reading() as db:
        assert [one.key for one in db.query(LeftAddress)] == [now_of(on).key]
    undone(on, once="later", now=NOON + timedelta(days=3))
    with reading() as db:
        assert db.query(LeftAddress).count() == 0


@pytest.mark.database
def test_pressing_twice_at_once_leaves_once(database):
    news = make_list()
    on = put_on(news)

    together(lambda: left(on), lambda: left(on))

    assert addresses(news) == []
    with reading() as db:
        assert db.query(ListLeaving).count() == 1
        assert db.query(SubscriptionAct).filter_by(step=SubscriptionStep.ENDED).count() == 1


@pytest.mark.database
@pytest.mark.parametrize("scope", [ListLeavingScope.EVERYTHING, ListLeavingScope.LIST])
def test_leaving_from_several_lists_at_once_waits_and_does_not_lock_up(database, scope):
    lists = [make_list(slug=f"list-{n}") for n in range(3)]
    on = [put_on(one, now=NOON + n * HOUR) for n, one in enumerate(lists)]

    together(*(lambda one=one: left(one, scope) for one in on))

    assert [addresses(one) for one in lists] == [[], [], []]
    with reading() as db:
        assert db.query(SubscriptionAct).filter_by(step=SubscriptionStep.ENDED).count() == 3


@pytest.mark.database
def test_both_links_of_one_mailbox_at_once_do_not_lock_up(open_round):  # noqa: F811
    participant, token = admit(email="ana@p.example")
    news = make_list()
    on = put_on(news)
    with reading() as db:
        about = db.get_one(Consultation, open_round.consultation_id)

    def by_door():
        with writing() as db:
            leave_mails(db, doors.find_leaver(db, token), LeavingScope.EVERYTHING, way=LeavingWay.ONE_CLICK, now=NOON)

    together(by_door, lambda: left(on, ListLeavingScope.CONSULTATION, about=about))

    assert addresses(news) == []
    with reading() as db:
        assert db.get_one(Participant, participant.id).left_at is not None


# What is sent to a list


def campaign_to(slug="upr", words=None):
    with writing() as db:
        found = db.query(Consultation).filter_by(slug=slug).one()
        words = words or dict.fromkeys(found.languages, ("A new consultation", "It begins.\nRead it."))
        return write_campaign(db, found, Wording((), (), words), campaign=None, by=Dalia(), now=NOON)


def queue_list_mail(campaign, subscription, language="en"):
    with writing() as db:
        parameters = {"campaign": campaign.id, "subscription": subscription.id}
        cause = f"campaign:{campaign.id}"
        mail = Mail("list_mail", subscription.person_ref, cause, "ana@p.example", language, parameters)
        queue_mail(db, mail, now=NOON)


def deliver(settings, sink):
    with clock.at(NOON + HOUR):
        Post(towards(settings, sink.port, base_url=HTTPS, mail_sender="consult@mechanism.example"), MAILS).deliver()
    return [one for one in sink.received() if "confirm" not in str(one.message["Subject"])]


def test_a_mail_of_a_list_says_how_to_leave_it_and_where_the_archive_is(open_round, settings, sink):  # noqa: F811
    on = put_on(make_list())
    queue_list_mail(campaign_to(), on)

    got = deliver(settings, sink)[-1]

    token = list_links.leave_token_of(on)
    message, leave = got.message, f"{HTTPS}/en/leave/{token}"
    assert str(message["List-Id"]) == "<news.lists.mechanism.example>"
    assert str(message["List-Unsubscribe"]) == f"<{HTTPS}/en/leave/{header_token(token)}>"
    assert str(message["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert str(message["List-Archive"]) == f"<{HTTPS}/en/lists/news/archive/>"
    assert str(message["Subject"]) == "A new consultation"
    for part in ("plain", "html"):
        content = message.get_body((part,)).get_content()
        assert (f"{leave}?about=upr" in content, header_token(token) in content) == (True, False)
        assert f"{HTTPS}/en/consultations/upr/" in content


def test_a_list_without_a_public_archive_names_none(open_round, settings, sink):  # noqa: F811
    queue_list_mail(campaign_to(), put_on(make_list(archive_is_public=False)))

    got = deliver(settings, sink)[-1]

    assert got.message["List-Archive"] is None
    assert b"/archive/" not in got.raw


@pytest.mark.parametrize("why", ["left", "about", "stopped", "ended", "closed"])
def test_whoever_left_while_the_mail_waited_gets_none(open_round, settings, sink, why):  # noqa: F811
    on = put_on(make_list())
    campaign = campaign_to()
    queue_list_mail(campaign, on)
    if why == "stopped":
        add(name="Somebody", email="some@org.example", groups=())
        send_campaign(campaign)
    with writing() as db:
        found = db.query(Consultation).one()
        if why == "stopped":
            db.get_one(Campaign, campaign.id).state = CampaignState.STOPPED
        if why == "closed":
            change_list(db, db.query(MailingList).one(), said(is_open=False), by=Dalia(), now=NOON)
        if why == "ended":
            end_subscription(db, db.get_one(Subscription, on.id), by=Dalia(), now=NOON)
    if why == "left":
        left(on)
    if why == "about":
        left(on, ListLeavingScope.CONSULTATION, about=found)

    got = deliver(settings, sink)

    assert [one for one in got if "A new consultation" in str(one.message["Subject"])] == []


def test_words_fall_back_to_the_language_of_the_consultation(open_round, settings, sink):  # noqa: F811
    on = put_on(make_list(), now=NOON)
    queue_list_mail(campaign_to(), on, language="zh")

    got = deliver(settings, sink)[-1]

    assert str(got.message["Subject"]) == "A new consultation"
    assert 'lang="en" dir="ltr"' in got.message.get_body(("html",)).get_content()


# The archive and the feed


def publish(mailing_list, cause="campaign:1", words=WORDS, now=NOON):
    with writing() as db:
        return publish_message(db, db.get_one(MailingList, mailing_list.id), words, cause=cause, now=now)


@pytest.mark.database
def test_a_cause_is_published_once_and_never_changes(database):
    news = make_list()

    made = together(lambda: publish(news), lambda: publish(news), lambda: publish(news, "campaign:2"))

    with reading() as db:
        assert sorted(one.number for one in db.query(ListMessage)) == [1, 2]
    assert made[0].id == made[1].id
    for statement in ("UPDATE list_message SET number = 9", "DELETE FROM list_message"):
        assert violates(statement, database=database) == "list_message_never_changes"


def test_the_archive_shows_what_was_sent_in_the_language_of_the_page(client, database):
    news = make_list()
    for number in range(1, 23):
        publish(news, f"campaign:{number}", now=NOON + timedelta(days=number))

    first, older = client.get("/en/lists/news/archive/"), client.get("/en/lists/news/archive/?before=3")
    message, in_chinese = client.get("/ar/lists/news/archive/2/"), client.get("/zh/lists/news/archive/2/")
    again = client.get("/en/lists/news/archive/", headers={"If-None-Match": first.headers["ETag"]})

    assert first.text.count("/archive/") - first.text.count("?before=3") >= 20
    assert "?before=3" in first.text
    assert ("/archive/2/" in older.text, "/archive/3/" in older.text) == (True, False)
    assert "مشاورة جديدة" in message.text
    assert '<bdi lang="en" dir="ltr">A new consultation</bdi>' in in_chinese.text
    assert first.headers["Cache-Control"].startswith("public")
    assert again.status_code == 304


def test_the_feed_is_atom_with_the_same_in_it_and_nobody(client, database):
    news = make_list(name=Texts(dict.fromkeys(IN_ALL, "News <&> more")))
    put_on(news)
    publish(news, words={"en": ("1 < 2 & 3", "<b>Text</b>\x0b")})

    answer = client.get("/ar/lists/news/feed.atom")
    tree, n = Xml.fromstring(answer.data), "{http://www.w3.org/2005/Atom}"

    assert answer.mimetype == "application/atom+xml"
    assert answer.headers["Cache-Control"].startswith("public")
    assert tree.find(f"{n}title").text == "News <&> more"
    assert tree.find(f"{n}updated").text == NOON.isoformat()
    entry = tree.find(f"{n}entry")
    assert entry.find(f"{n}title").text == "1 < 2 & 3"
    assert entry.find(f"{n}content").text == "<b>Text</b>"
    assert entry.find(f"{n}id").text.endswith("/ar/lists/news/archive/1/")
    assert entry.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    assert b"ana@" not in answer.data


def test_an_archive_that_is_not_public_is_not_there(client, database):
    publish(make_list(archive_is_public=False))

    for end in ("archive/", "archive/1/", "feed.atom"):
        assert client.get(f"/en/lists/news/{end}").status_code == 404
    assert client.get("/en/lists/news/").status_code == 200


def test_a_list_that_is_by_request_and_has_no_archive_has_no_page(client, database):
    make_list(takes_sign_up=False, archive_is_public=False)

    assert client.get("/en/lists/news/").status_code == 404
    assert client.post("/en/lists/news/", data={"address": "a@p.example", "language": "en"}).status_code == 404
    assert "/en/lists/" not in client.get("/en/").text


def test_the_home_page_leads_to_lists_when_there_is_one(client, database):
    before = client.get("/en/")
    make_list()
    after = client.get("/en/", headers={"If-None-Match": before.headers["ETag"]})

    assert "/en/lists/" not in before.text
    assert (after.status_code, 'href="/en/lists/"' in after.text) == (200, True)
    assert said().slug in client.get("/en/lists/").text


@pytest.mark.database
def test_the_database_holds_a_leaving_to_what_it_says(database):
    on = put_on(make_list())
    left(on)

    for what, name in (
        ("once = NULL", "list_leaving_only_undone"),
        ("scope = 'everything'", "list_leaving_only_undone"),
    ):
        assert violates(f"UPDATE list_leaving SET {what}", database=database) == name
    insert = (
        "INSERT INTO list_leaving (subscription_id, key, scope, consultation_id, way, once, at)"
        " SELECT subscription_id, key, {}, NULL, {}, {}, at FROM list_leaving"
    )
    assert (
        violates(insert.format("'consultation'", "'one_click'", "NULL"), database=database)
        == "ck_list_leaving_says_which_consultation"
    )
    assert (
        violates(insert.format("'list'", "'page'", "NULL"), database=database)
        == "ck_list_leaving_only_a_page_has_its_key"
    )

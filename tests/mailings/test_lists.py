"""Lists with public sign-up: nobody is on one but by their own yes, and nothing tells who is."""

import hashlib
import re
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import html
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.core.files import shipped
from consult.core.i18n import read_catalogue
from consult.core.texts import Texts
from consult.mail.keys import address_key
from consult.mail.models import BounceSource, MailState, OutboxMail, Suppression, SuppressionReason
from consult.mailings import list_links, queries_lists, rules_lists
from consult.mailings.models_lists import (
    PROMISE,
    ListWords,
    MailingList,
    SignUpMailbox,
    SignUpWay,
    Subscription,
    SubscriptionAct,
    SubscriptionState,
    SubscriptionStep,
)
from consult.mailings.operations_lists import ListSaid, change_list, create_list
from consult.mailings.operations_subscriptions import (
    add_subscriber,
    confirm_subscription,
    end_subscription,
    sign_up,
    sweep_subscriptions,
)
from consult.mailings.rules_lists import CONFIRM_LASTS, ConfirmOver
from consult.stakeholders.models import LeftAddress
from consult.stakeholders.operations_leaving import leave_everywhere
from tests.drafts.test_operations import NOON
from tests.support.forms import submit
from tests.support.together import together
from tests.support.world import everything

IN_ALL = ("en", "ar", "zh")
PAGE = "/en/lists/news/"
HOUR = timedelta(hours=1)


class Dalia:
    actor = "staff:1"


def said(**changes):
    """What the form of a list says."""
    words = {part: Texts(dict.fromkeys(IN_ALL, part)) for part in ("name", "what_it_is", "how_often")}
    return ListSaid(**{"slug": "news", "takes_sign_up": True, "archive_is_public": True, **words, **changes})


def make_list(**changes):
    with writing() as db:
        return create_list(db, said(**changes), by=Dalia(), now=NOON)


def ask(mailing_list, address="ana@p.example", language="en", *, now=NOON):
    with writing() as db:
        sign_up(db, db.get_one(MailingList, mailing_list.id), address, language, now=now)
        return queries_lists.find_by_address(db, mailing_list.id, address)


def confirm(subscription, *, now=NOON):
    with writing() as db:
        found = db.get_one(Subscription, subscription.id)
        words = db.get_one(MailingList, found.list_id).revision
        return confirm_subscription(db, found, words=words, now=now)


def put_on(mailing_list, address="ana@p.example", *, now=NOON):
    return confirm(ask(mailing_list, address, now=now), now=now)


def addresses(mailing_list):
    with reading() as db:
        return [row.address for row in db.execute(queries_lists.subscribers(mailing_list.id))]


def mails():
    with reading() as db:
        return [one.address for one in db.query(OutboxMail).order_by(OutboxMail.id)]


def now_of(subscription):
    with reading() as db:
        return db.get(Subscription, subscription.id)


def violates(statement, *, database, **named):
    with pytest.raises(DBAPIError) as problem, database.engine.begin() as connection:
        connection.execute(text(statement), named)
    return violated(problem.value)


# Who is on a list


@pytest.mark.database
def test_nobody_is_on_a_list_before_their_own_yes(database):
    news = make_list()

    asked = ask(news)
    before = addresses(news)
    confirm(asked, now=NOON + HOUR)

    assert (before, addresses(news)) == ([], ["ana@p.example"])
    with reading() as db:
        acts = [(a.step, a.how, a.wording, a.by, a.at) for a in db.query(SubscriptionAct).order_by(SubscriptionAct.id)]
    assert acts == [
        (SubscriptionStep.ASKED, "page", f"1/en/{PROMISE}", "self", NOON),
        (SubscriptionStep.CONFIRMED, "link", f"1/en/{PROMISE}", "self", NOON + HOUR),
    ]


def test_the_words_somebody_said_yes_to_are_kept_when_the_list_says_something_else(database):
    news = make_list()
    put_on(news)

    with writing() as db:
        other = said(how_often=Texts(dict.fromkeys(IN_ALL, "daily")))
        change_list(db, db.get_one(MailingList, news.id), other, by=Dalia(), now=NOON)

    with reading() as db:
        assert [one.how_often["en"] for one in db.query(ListWords).order_by(ListWords.number)] == ["how_often", "daily"]
        assert db.query(Subscription).one().words == 1


def test_a_list_that_is_saved_without_a_change_keeps_its_words(database):
    news = make_list()

    with writing() as db:
        change_list(db, db.get_one(MailingList, news.id), said(), by=Dalia(), now=NOON)

    with reading() as db:
        assert db.get_one(MailingList, news.id).revision == 1


SENTENCE = (
    "We keep your address for this list only, show it to nobody, and delete it a day after you leave."
    " What stays is a code that cannot be turned back into an address."
)


def test_the_promise_has_another_number_when_it_has_other_words():
    """Change both together, in every language: acts of consent name the number."""
    words = [
        read_catalogue(shipped("consult") / "translations" / code / "LC_MESSAGES" / "messages.po").gettext(SENTENCE)
        for code in IN_ALL
    ]
    for page in ("show_list", "show_confirmation"):
        assert SENTENCE in (shipped("templates") / "mailings" / f"{page}.html").read_text("utf-8")

    assert {PROMISE: hashlib.sha256("|".join(words).encode()).hexdigest()[:12]} == {"promise-1": "40707f0a413d"}


def test_whoever_left_everything_gets_no_list_mail_and_whoever_said_yes_later_does(database):
    news, other = make_list(), make_list(slug="other")
    put_on(news)
    put_on(other)

    with writing() as db:
        leave_everywhere(db, "ANA@p.example", now=NOON + HOUR, how="link")
    gone = addresses(news), addresses(other)
    with writing() as db:
        end_subscription(db, db.query(Subscription).filter_by(list_id=news.id).one(), by=Dalia(), now=NOON + HOUR)
    put_on(news, now=NOON + timedelta(days=8))

    assert gone == ([], [])
    assert (addresses(news), addresses(other)) == (["ana@p.example"], [])
    with reading() as db:  # a yes to one list is a yes to nothing else
        assert db.query(LeftAddress).count() == 1


def test_a_mailbox_from_which_mail_came_back_gets_none(database):
    news = make_list()
    put_on(news)
    with writing() as db:
        db.add(Suppression(
            ref="sup", address_key=address_key("ana@p.example"), reason=SuppressionReason.HARD_BOUNCE, status="5.1.1",
            source=BounceSource.REPORT, at=NOON,
        ))  # fmt: skip

    assert addresses(news) == []


@pytest.mark.database
def test_two_who_sign_up_or_confirm_at_once_are_on_the_list_once(database):
    news = make_list()

    together(lambda: ask(news), lambda: ask(news))
    asked = ask(news, now=NOON + 2 * HOUR)
    together(lambda: confirm(asked), lambda: confirm(asked))

    assert addresses(news) == ["ana@p.example"]
    assert len(mails()) == 3
    with reading() as db:
        assert db.query(SubscriptionAct).filter_by(step=SubscriptionStep.CONFIRMED).count() == 1


@pytest.mark.database
def test_signing_up_again_at_the_moment_of_the_yes_takes_nothing_back(database):
    news = make_list()
    asked = ask(news)

    together(lambda: confirm(asked), lambda: ask(news, language="ar"))

    assert now_of(asked).state is SubscriptionState.CONFIRMED


@pytest.mark.database
def test_floods_of_one_mailbox_from_many_at_once_stay_within_three_an_hour(database):
    lists = [make_list(slug=f"list-{n}") for n in range(4)]

    together(*(lambda one=one: ask(one) for one in lists))
    ask(lists[0], "Ana@P.example", now=NOON + timedelta(minutes=59))
    within = len(mails())
    ask(lists[0], now=NOON + HOUR)

    assert (within, len(mails())) == (3, 4)


def test_a_mailbox_that_left_everything_is_asked_once_a_week(database):
    news = make_list()
    with writing() as db:
        leave_everywhere(db, "ana@p.example", now=NOON, how="link")

    for hours in (1, 3, 100):
        ask(news, now=NOON + timedelta(hours=hours))
    early = len(mails())
    ask(news, now=NOON + timedelta(days=7, hours=1))

    assert (early, len(mails())) == (1, 2)


def test_whoever_is_on_the_list_is_not_changed_by_somebody_who_types_their_address(database):
    news = make_list()
    on = put_on(news)
    before = everything()["subscription"]

    ask(news, language="ar", now=NOON + HOUR)

    assert everything()["subscription"] == before
    assert now_of(on).language == "en"


def test_a_list_that_is_closed_or_takes_no_sign_up_takes_none(database):
    for changes in ({"is_open": False, "slug": "a"}, {"takes_sign_up": False, "slug": "b"}):
        made = make_list(**changes)
        with pytest.raises(rules_lists.SignUpClosed):
            ask(made)
    assert mails() == []


def test_somebody_who_asked_by_letter_confirms_all_the_same(database):
    news = make_list(takes_sign_up=False)

    with writing() as db:
        found = db.get_one(MailingList, news.id)
        asked = add_subscriber(db, found, "a@p.example", "ar", how=SignUpWay.LETTER, by=Dalia(), now=NOON)
    before = addresses(news)
    confirm(asked)

    assert (before, addresses(news), mails()) == ([], ["a@p.example"], ["a@p.example"])
    with reading() as db:
        first = db.query(SubscriptionAct).order_by(SubscriptionAct.id).first()
        assert (first.step, first.how, first.by) == (SubscriptionStep.ASKED, "letter", "staff:1")


def test_staff_are_told_that_no_more_mail_goes_there_now(database):
    news = make_list()
    for _turn in range(3):
        ask(news)

    with pytest.raises(rules_lists.MailedEnough), writing() as db:
        found = db.get_one(MailingList, news.id)
        add_subscriber(db, found, "ana@p.example", "en", how=SignUpWay.PHONE, by=Dalia(), now=NOON)


def test_ending_leaves_a_tombstone_that_only_their_own_yes_wakes(database):
    news = make_list()
    on = put_on(news)

    with writing() as db:
        end_subscription(db, db.get_one(Subscription, on.id), by=Dalia(), now=NOON)
    gone = now_of(on)
    ask(news, now=NOON + HOUR)
    before = addresses(news)
    confirm(on, now=NOON + HOUR)

    assert (gone.state, gone.address, gone.key) == (SubscriptionState.ENDED, None, address_key("ana@p.example"))
    assert (before, addresses(news)) == ([], ["ana@p.example"])


# The link that confirms


def test_a_link_is_over_after_seven_days_and_when_it_was_used_and_left(database):
    news = make_list()
    old, left = ask(news, "old@p.example"), put_on(news, "left@p.example")
    with writing() as db:
        token = list_links.confirm_token_of(left)
        end_subscription(db, db.get_one(Subscription, left.id), by=Dalia(), now=NOON)

    with pytest.raises(ConfirmOver):
        confirm(old, now=NOON + CONFIRM_LASTS + timedelta(seconds=1))
    with pytest.raises(ConfirmOver):
        confirm(left)
    ask(news, "left@p.example", now=NOON + HOUR)
    with reading() as db:
        assert list_links.find_to_confirm(db, token) is None


def test_a_link_of_a_sign_up_that_was_deleted_confirms_none_that_has_its_id(database):
    """SQLite gives the id of the last row, once deleted, to the next."""
    news = make_list()
    first = ask(news, "first@p.example")
    token = list_links.confirm_token_of(first)
    with writing() as db:
        sweep_subscriptions(db, now=NOON + timedelta(days=8))
    second = ask(news, "second@p.example", now=NOON + timedelta(days=8))

    with reading() as db:
        assert (second.id, list_links.find_to_confirm(db, token)) == (first.id, None)


@pytest.mark.database
def test_what_nobody_confirmed_is_deleted_after_seven_days_and_what_ended_loses_its_address(database):
    news = make_list()
    on = put_on(news, "on@p.example")
    back = put_on(news, "back@p.example")
    with writing() as db:
        end_subscription(db, db.get_one(Subscription, back.id), by=Dalia(), now=NOON)
    ask(news, "back@p.example", now=NOON + HOUR)
    ask(news, "asked@p.example", now=NOON + HOUR)

    with writing() as db:
        early = sweep_subscriptions(db, now=NOON + CONFIRM_LASTS + timedelta(minutes=1))
    with writing() as db:
        sweep_subscriptions(db, now=NOON + CONFIRM_LASTS + 2 * HOUR)

    assert early == 1  # a mailbox that nothing was mailed to for a week
    with reading() as db:
        left = {one.id: (one.state, one.address) for one in db.query(Subscription)}
        assert left == {on.id: (SubscriptionState.CONFIRMED, "on@p.example"), back.id: (SubscriptionState.ENDED, None)}
        assert db.query(SignUpMailbox).count() == 0


# The page


def test_the_page_is_kept_for_everybody_and_uses_no_session(guarded_client, database):
    make_list()

    page = guarded_client.get(PAGE)
    again = guarded_client.get(PAGE, headers={"If-None-Match": page.headers["ETag"]})

    assert page.headers["Cache-Control"].startswith("public")
    assert "Set-Cookie" not in page.headers
    assert again.status_code == 304


def answers(client, address):
    """All that somebody can see of an answer: words and headers, but for what is of the moment."""
    answer = client.post(PAGE, data={"address": address, "language": "en"}, headers={"Sec-Fetch-Site": "same-origin"})
    return answer.status_code, answer.text, sorted(answer.headers.items())


def test_the_answer_is_the_same_whatever_we_know_of_the_address(guarded_client, database):
    news = make_list()
    put_on(news, "on@p.example")
    ask(news, "asked@p.example")
    with writing() as db:
        leave_everywhere(db, "gone@p.example", now=NOON, how="link")
        end_subscription(db, queries_lists.find_by_address(db, news.id, put_on_address(db, news)), by=Dalia(), now=NOON)
        db.add(Suppression(
            ref="sup", address_key=address_key("bounced@p.example"), reason=SuppressionReason.HARD_BOUNCE,
            status="5.1.1", source=BounceSource.REPORT, at=NOON,
        ))  # fmt: skip

    with clock.at(NOON + HOUR):
        seen = {
            str(answers(guarded_client, f"{who}@p.example"))
            for who in ("new", "on", "asked", "gone", "gone", "left", "bounced", *["flooded"] * 5)
        }

    assert len(seen) == 1
    assert "200" in seen.pop()[:5]


def put_on_address(db, news):
    found = db.get_one(MailingList, news.id)
    sign_up(db, found, "left@p.example", "en", now=NOON)
    left = queries_lists.find_by_address(db, news.id, "left@p.example")
    confirm_subscription(db, left, words=1, now=NOON)
    return left.address


def test_the_same_statements_are_asked_whatever_we_know_of_the_address(client, database):
    from sqlalchemy import event

    news = make_list()
    put_on(news, "on@p.example")
    with writing() as db:
        leave_everywhere(db, "gone@p.example", now=NOON, how="link")
    counts = {}
    answers(client, "first@p.example")
    for who in ("new", "on", "gone"):
        seen = []
        listener = lambda *args, seen=seen: seen.append(args[2])  # noqa: E731
        event.listen(database.engine, "before_cursor_execute", listener)
        with clock.at(NOON + HOUR):
            answers(client, f"{who}@p.example")
        event.remove(database.engine, "before_cursor_execute", listener)
        counts[who] = len(seen)

    assert counts["new"] - counts["on"] <= 2, counts  # one row more is written
    assert counts["new"] == counts["gone"], counts


def test_a_form_from_another_site_signs_nobody_up(guarded_client, database):
    make_list()

    refused = guarded_client.post(
        PAGE, data={"address": "a@p.example", "language": "en"}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert (refused.status_code, mails()) == (403, [])


WILD = ["no address", "a@b@c.example", "a b@p.example", "@p.example", "a@", "a@p.example\nBcc: x@p.example", "x" * 300 + "@p.example",
        "a@p.example, b@p.example", "<a@p.example>", "Ana <a@p.example>", "a\u0000@p.example"]  # fmt: skip


@pytest.mark.parametrize("address", WILD)
def test_what_is_no_address_is_said_and_kept_in_the_field(client, database, address):
    make_list()

    page = client.post(PAGE, data={"address": address, "language": "en"})

    if page.status_code == 200:  # what can be meant was meant: one address, and no other
        assert mails() == ["a@p.example"]
        return
    assert (page.status_code, mails()) == (422, [])
    assert html.fromstring(page.get_data()).xpath("//*[@role='alert']")


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    address=st.one_of(
        st.text(max_size=80), st.emails(), st.from_regex(r"[^@]{1,20}@[^@]{1,20}\.[a-z]{2,4}", fullmatch=True)
    )
)
def test_whatever_is_typed_one_mailbox_at_most_is_mailed_and_no_line_gets_into_it(client, database, address):
    with reading() as db:
        there = db.query(MailingList).count()
    if not there:
        make_list()
    before = len(mails())

    page = client.post(PAGE, data={"address": address.encode("utf-8", "replace"), "language": "en"})

    assert page.status_code in (200, 422)
    new = mails()[before:]
    assert len(new) <= 1
    assert not any(re.search(r"[\r\n\x00]", one) for one in new)


def test_no_word_of_a_list_can_begin_a_header(database, settings, sink):
    from consult.mail.delivery import Post
    from consult.worker import MAILS
    from tests.mail.test_connection import towards

    make_list(name=Texts(dict.fromkeys(IN_ALL, "News\r\nBcc: all@x.example\r\n\r\nBody")))
    with reading() as db:
        ask(db.query(MailingList).one())

    with clock.at(NOON):
        Post(towards(settings, sink.port, mail_sender="consult@mechanism.example"), MAILS).deliver()

    (got,) = sink.received()
    assert got.message["Bcc"] is None
    assert "News Bcc: all@x.example Body" in str(got.message["Subject"])
    assert got.recipients == ("ana@p.example",)


# The pages of the link that confirms


def link(subscription, kind="confirm"):
    make = list_links.confirm_token_of if kind == "confirm" else list_links.leave_token_of
    return f"/en/{kind}/{make(subscription)}"


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_scanner_that_looks_at_the_link_confirms_nothing(client, database, method):
    news = make_list()
    asked, before = ask(news), None
    before = everything()

    with clock.at(NOON):
        statuses = {getattr(client, method)(link(asked)).status_code for _turn in range(3)}

    assert (statuses, everything() == before, addresses(news)) == ({200}, True, [])


def test_pressing_twice_says_the_same_and_changes_nothing_more(client, database):
    news = make_list()
    asked = ask(news)

    with clock.at(NOON):
        first = client.post(link(asked), data={"words": "1"})
        before = everything()
        second = client.post(link(asked), data={"words": "1"})

    assert (first.status_code, second.status_code) == (200, 200)
    assert everything() == before
    assert addresses(news) == ["ana@p.example"]


def test_the_yes_needs_the_form_of_our_page(guarded_client, database):
    news = make_list()
    asked = ask(news)

    with clock.at(NOON):
        refused = guarded_client.post(link(asked))
        one_click = guarded_client.post(link(asked), data={"List-Unsubscribe": "One-Click"})

    assert (refused.status_code, one_click.status_code, addresses(news)) == (400, 400, [])


def test_tokens_lead_only_to_their_own_page(client, database):
    news = make_list()
    asked = ask(news)
    confirm_token, leave_token = list_links.confirm_token_of(asked), list_links.leave_token_of(asked)
    before = everything()

    with clock.at(NOON):
        answered = [
            client.open(f"/en/{page}/{token}{end}", method=method).status_code
            for page, token, end in (
                ("confirm", leave_token, ""), ("leave", confirm_token, ""), ("door", confirm_token, ""),
                ("door", leave_token, ""), ("leave", confirm_token, "/undo/"),
            )
            for method in ("GET", "POST")
        ]  # fmt: skip

    assert set(answered) == {404, 405}
    assert everything() == before


@pytest.mark.parametrize(("when", "status"), [(CONFIRM_LASTS + HOUR, 410), (HOUR, 200)])
def test_a_link_that_is_too_old_says_so(client, database, when, status):
    news = make_list()
    asked = ask(news)

    with clock.at(NOON + when):
        assert [client.get(link(asked)).status_code, client.post(link(asked), data={"words": "1"}).status_code] == [
            status,
            status,
        ]
    assert bool(addresses(news)) == (status == 200)


@pytest.mark.parametrize("words", ["1", "", "x", "-1", "9" * 30, "2\x00"])
def test_check_words_shown_refuses_a_yes_to_what_the_list_said_before(client, database, words):
    news = make_list()
    asked = ask(news)
    with writing() as db:
        other = said(how_often=Texts(dict.fromkeys(IN_ALL, "daily")))
        change_list(db, db.get_one(MailingList, news.id), other, by=Dalia(), now=NOON)
    before = everything()

    with clock.at(NOON):
        page = client.post(link(asked), data={"words": words})

    assert (page.status_code, "daily" in page.text, everything() == before) == (409, True, True)
    with clock.at(NOON):
        assert submit(client, link(asked)).status_code == 200
    with reading() as db:
        acts = [one.wording for one in db.query(SubscriptionAct).order_by(SubscriptionAct.id)]
    assert acts == [f"1/en/{PROMISE}", f"2/en/{PROMISE}"]


def test_nobody_joins_a_list_that_was_closed_meanwhile(client, database):
    news = make_list()
    asked = ask(news)
    with writing() as db:
        change_list(db, db.get_one(MailingList, news.id), said(is_open=False), by=Dalia(), now=NOON)

    with clock.at(NOON):
        assert [client.get(link(asked)).status_code, client.post(link(asked)).status_code] == [409, 409]
    assert addresses(news) == []


# What can never be true


@pytest.mark.database
def test_the_database_refuses_what_must_never_be(database):
    news = make_list()
    on, asked = put_on(news), ask(news, "asked@p.example")

    def set_(what, one=on):
        return violates(f"UPDATE subscription SET {what} WHERE id = {one.id}", database=database)

    assert set_("address = NULL, email_key = NULL") == "ck_subscription_whom_we_write_has_address"
    assert set_("confirmed_at = NULL") == "ck_subscription_confirmed_has_instant"
    assert set_("ended_at = asked_at") == "ck_subscription_confirmed_has_not_ended"
    assert set_("state = 'ended'") == "ck_subscription_ended_has_instant"
    assert set_("confirm_digest = NULL", asked) == "ck_subscription_asked_has_its_link"
    assert set_("state = 'somewhere'") == "ck_subscription_subscription_state_known"
    assert set_("ref = 'other'") == "subscription_stays_with_its_mailbox"
    assert violates("UPDATE subscription_act SET wording = 'x'", database=database) == "subscription_act_only_added_to"
    assert violates("DELETE FROM subscription_act", database=database) == "subscription_act_only_added_to"
    assert violates("UPDATE list_words SET at = at, number = 9", database=database) == "list_words_only_added_to"
    assert (
        violates("UPDATE mailing_list SET slug = 'a b'", database=database) == "ck_mailing_list_slug_stands_in_a_header"
    )
    assert violates("UPDATE mailing_list SET slug = ''", database=database) == "ck_mailing_list_slug_not_empty"
    assert violates("UPDATE mailing_list SET revision = 0", database=database) == "ck_mailing_list_has_its_words"
    assert now_of(on).state is SubscriptionState.CONFIRMED


@pytest.mark.database
def test_one_mailbox_is_on_a_list_once_at_the_database_too(database):
    news = make_list()
    on = put_on(news)
    columns = [
        c.name for c in Subscription.__table__.columns if c.name not in ("id", "ref", "confirm_digest", "leave_digest")
    ]
    names = ", ".join(columns)

    again = violates(
        f"INSERT INTO subscription (ref, {names}) SELECT 'again', {names} FROM subscription WHERE id = {on.id}",
        database=database,
    )

    assert again == "uq_subscription_once"


# Rules


def test_check_list_slug():
    for slug in ("", "A", "a b", "-a", "a-", "a--b", "a.b", "a\nb", "x" * 41, "ä"):
        with pytest.raises(rules_lists.ListSlugWrong):
            rules_lists.check_list_slug(slug)
    rules_lists.check_list_slug("un-news-2")


def test_check_list_words_needs_each_language_of_the_site(database):
    words = Texts(en="a", ar="a")
    with pytest.raises(rules_lists.ListNameMissing):
        rules_lists.check_list_words(words, words, words)
    long = Texts(dict.fromkeys(IN_ALL, "x" * 101))
    with pytest.raises(rules_lists.ListWordsTooLong):
        rules_lists.check_list_words(long, long, long)


def test_check_sign_up_in_a_language_of_the_site(database):
    news = make_list()
    with pytest.raises(rules_lists.ListLanguageUnknown):
        rules_lists.check_sign_up(news, "xx", by_staff=True)


def test_check_mail_sign_up():
    three = [NOON, NOON, NOON]
    rules_lists.check_mail_sign_up(three[:2], has_left=False, now=NOON)
    rules_lists.check_mail_sign_up(three, has_left=False, now=NOON + HOUR)
    for mailed, has_left in ((three, False), (three[:1], True)):
        with pytest.raises(rules_lists.MailedEnough):
            rules_lists.check_mail_sign_up(mailed, has_left=has_left, now=NOON)


def test_check_confirm_subscription(database):
    news = make_list()
    rules_lists.check_confirm_subscription(ask(news), news, now=NOON)


def test_check_end_subscription_refuses_what_has_ended(database):
    on = put_on(make_list())
    with writing() as db:
        end_subscription(db, db.get_one(Subscription, on.id), by=Dalia(), now=NOON)
    with pytest.raises(rules_lists.NotOnList):
        rules_lists.check_end_subscription(now_of(on))


def test_a_second_list_of_the_same_address_is_refused(database):
    make_list()
    with pytest.raises(rules_lists.ListSlugTaken):
        make_list()


def test_the_mail_that_asks_is_not_made_when_there_is_nothing_to_ask_any_more(database, settings, sink):
    from consult.mail.delivery import Post
    from consult.worker import MAILS
    from tests.mail.test_connection import towards

    news = make_list()
    ask(news, "late@p.example", now=NOON - timedelta(days=8))
    ended = ask(news, "ended@p.example")
    with writing() as db:
        end_subscription(db, db.get_one(Subscription, ended.id), by=Dalia(), now=NOON)

    with clock.at(NOON):
        Post(towards(settings, sink.port), MAILS).deliver()

    assert sink.received() == []
    with reading() as db:
        assert {one.state for one in db.query(OutboxMail)} == {MailState.SUPPRESSED}

"""Leaving with the link of a mail's body, which anybody may have by now: the mailbox itself is asked, and its answer acts, once."""

import re
from datetime import timedelta

import pytest
from lxml import html
from sqlalchemy import text

from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.core import clock
from consult.core.db import reading, writing
from consult.mail.keys import address_key, header_token, read_leave_token
from consult.mail.models import MailState, OutboxMail, Suppression, SuppressionReason
from consult.mailings import list_links
from consult.mailings import operations_leave_links as operations
from consult.mailings import queries_leave_links as queries
from consult.mailings import rules_leave_links as rules
from consult.mailings.mails_leave_links import LEAVE_LINK, leave_link_token
from consult.mailings.models_leave_links import LeaveAct, LeaveLink
from consult.mailings.models_leaving import Leaving, LeavingScope, LeavingWay
from consult.mailings.models_lists import ListLeaving, Subscription
from consult.mailings.operations_leaving import leave_mails, resume_mail
from consult.mailings.queries_leave_links import Reader
from consult.stakeholders.entries import Entry
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.operations import correct_entry
from consult.stakeholders.operations_leaving import leave_everywhere
from consult.worker import MAILS
from tests.drafts.test_operations import NOON
from tests.mailings.test_leaving import (
    FORM,
    HTTPS,
    ONE_CLICK,
    admit,
    deliver,
    extend,
    listed,
    may_get,
    one_click,
    press,
    undo,
)
from tests.mailings.test_lists import addresses, make_list, put_on, violates
from tests.rounds.test_comments import consultation, open_round, send  # noqa: F401
from tests.stakeholders.test_operations import add
from tests.support.forms import submit
from tests.support.together import together
from tests.support.world import everything

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def ask(client, token, now=NOON, **fields):
    """Press the button of the page at the address that stands in a mail's body."""
    with clock.at(now):
        return submit(client, f"/en/leave/{token}", fields)


def ask_for(participant, act=LeaveAct.CONSULTATION, *, now=NOON):
    with writing() as db:
        found = db.get_one(Participant, participant.id)
        reader = Reader(found, None, db.get_one(Consultation, found.consultation_id))
        operations.ask_to_leave(db, reader, act, now=now)


def links():
    """(template, address) of what went to mailboxes so that their readers confirm."""
    with reading() as db:
        query = db.query(OutboxMail).filter_by(template=LEAVE_LINK.name).order_by(OutboxMail.id)
        return [one.address for one in query]


def mailed():
    """The path of the newest link, as its mail has it."""
    with reading() as db:
        return f"/en/leave/confirm/{leave_link_token(db.query(LeaveLink).one())}"


def use(client, path=None, now=NOON + MINUTE):
    with clock.at(now):
        return submit(client, path or mailed())


def status(client, path, now=NOON + MINUTE):
    with clock.at(now):
        return client.get(path).status_code


# Two addresses, one of which acts


def test_what_stands_in_a_body_does_not_make_what_stands_in_a_header(database):
    first, second = "0" * 32, "1" * 32

    assert read_leave_token(header_token(first)) == (first, True)
    assert read_leave_token(first) == (first, False)
    for forged in (
        first + header_token(second)[32:],
        first + "0" * 16,
        first + header_token(first)[32:-1],
        first + "٣" * 16,
    ):
        assert read_leave_token(forged) == (forged, False)


def test_a_forged_second_part_leads_nowhere(open_round, guarded_client):  # noqa: F811
    participant, token = admit()
    _other, other = admit(name="Other", email="o@org.example")

    forged = token + header_token(other)[32:]

    assert status(guarded_client, f"/en/leave/{forged}") == 404
    assert guarded_client.post(f"/en/leave/{forged}", data=ONE_CLICK, headers=FORM).status_code == 404
    assert may_get(participant)
    assert links() == []


@pytest.mark.parametrize("scope", ["consultation", "everything"])
def test_the_link_of_a_body_stops_nothing_and_mails_the_mailbox_itself(open_round, guarded_client, scope):  # noqa: F811
    participant, token = admit(email="w@org.example")

    page = ask(guarded_client, token, scope=scope)

    assert (page.status_code, "Nothing has changed yet" in page.text) == (202, True)
    assert ("w@org.example" in page.text, "Undo" in page.text) == (False, False)
    assert (may_get(participant), links()) == (True, ["w@org.example"])
    with reading() as db:
        assert db.query(Leaving).count() == 0


def test_both_pages_say_what_their_button_does(open_round, guarded_client):  # noqa: F811
    _participant, token = admit()

    body, header = (guarded_client.get(f"/en/leave/{one}").text for one in (token, header_token(token)))

    assert ("Mail me the link" in body, "stops them at once" in body, "Stop this mail" in body) == (True, True, False)
    assert ("Mail me the link" in header, "Stop this mail" in header) == (False, True)
    for page in (body, header):
        assert page.count('type="radio"') == 2


def test_one_click_at_the_address_of_a_body_says_that_nothing_has_stopped(open_round, guarded_client):  # noqa: F811
    """Where mail programs send it for mails of before, whose header had no address of its own."""
    participant, token = admit()

    with clock.at(NOON):
        answer = guarded_client.post(f"/en/leave/{token}", data=ONE_CLICK, headers=FORM)

    assert (answer.status_code, "Set-Cookie" in answer.headers) == (202, False)
    assert may_get(participant)
    assert len(links()) == 1


def test_the_header_s_address_acts_at_once_by_one_click_and_by_its_page(open_round, guarded_client):  # noqa: F811
    first, token = admit()
    second, other = admit(name="Other", email="o@org.example")

    one_click(guarded_client, token)
    page = press(guarded_client, other, scope="everything")

    assert (may_get(first), may_get(second), "Undo" in page.text) == (False, False, True)
    assert links() == []


# The mail


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_mail_holds_its_own_link_and_nothing_else_that_leads_anywhere(
    open_round, settings, sink, guarded_client, language  # noqa: F811
):  # fmt: skip
    participant, token = admit(language=language, name="Women’s Network")
    with reading() as db:
        door = doors.token_of(doors.door_of(db, db.get_one(Participant, participant.id)))
    ask(guarded_client, token)

    (got,) = deliver(settings, sink)

    assert [name for name in got.message if name.startswith("List-")] == []
    for part in ("plain", "html"):
        body = got.message.get_body((part,)).get_content()
        found = set(re.findall(r"https://[^\s\"<>]+", body))
        assert found == {HTTPS + mailed().replace("/en/", f"/{language}/")}
        assert (door in body, token in body, "Women’s Network" in body) == (False, False, False)
    assert ('dir="rtl"' in got.message.get_body(("html",)).get_content()) == (language == "ar")


def test_it_goes_out_on_a_day_that_had_its_ordinary_mail(open_round, settings, sink, guarded_client):  # noqa: F811
    _participant, token = admit()
    with clock.at(NOON):
        extend()
    ask(guarded_client, token)

    assert len(deliver(settings, sink)) == 2


@pytest.mark.parametrize("scope", ["consultation", "everything"])
def test_a_mailbox_that_left_everything_gets_none_and_the_page_says_the_same(open_round, guarded_client, scope):  # noqa: F811
    _reached, token = admit()
    _gone, other = admit(name="Gone", email="gone@org.example")
    with writing() as db:
        leave_everywhere(db, "gone@org.example", now=NOON, how="link")

    pages = [ask(guarded_client, one, scope=scope) for one in (token, other)]

    assert [page.status_code for page in pages] == [202, 202]
    assert same(pages[0]) == same(pages[1])
    assert len(links()) == 1


def test_who_left_one_consultation_is_asked_about_everything_and_not_about_that_one_again(open_round, guarded_client):  # noqa: F811
    participant, token = admit()
    one_click(guarded_client, token)

    ask(guarded_client, token)
    before = len(links())
    ask(guarded_client, token, scope="everything")
    use(guarded_client)

    assert (before, len(links())) == (0, 1)
    with reading() as db:
        assert db.get_one(Stakeholder, participant.stakeholder_id).left_at is not None


def same(page):
    """A page without the links to itself in other languages, which hold the token that was asked for."""
    return re.sub(r"[0-9a-f]{32,}", "", page.text)


def test_where_mail_came_back_none_is_sent_and_the_page_says_the_same(open_round, settings, sink, guarded_client):  # noqa: F811
    _reached, token = admit()
    _bounced, other = admit(name="Bounced", email="b@org.example")
    with writing() as db:
        key = address_key("b@org.example")
        db.add(
            Suppression(
                ref="x", address_key=key, reason=SuppressionReason.HARD_BOUNCE, status="5.1.1", source="smtp", at=NOON
            )
        )

    pages = [ask(guarded_client, one) for one in (token, other)]
    got = deliver(settings, sink)

    assert same(pages[0]) == same(pages[1])
    assert [one.recipients[0] for one in got] == [add_address(token)]
    with reading() as db:
        assert {one.state for one in db.query(OutboxMail)} == {MailState.SENT, MailState.SUPPRESSED}


def add_address(token):
    with reading() as db:
        return doors.address_given(db, doors.find_leaver(db, token).participant)


def test_an_address_that_was_erased_gets_none_and_nobody_can_close_it_for_good(open_round, guarded_client):  # noqa: F811
    comment = send(open_round, name="Ana", email="ana@p.example")
    with writing() as db:
        participant = db.get_one(Participant, comment.participant_id)
        token = doors.leave_token_of(doors.door_of(db, participant))
        participant.address_key, participant.email = address_key("ana@p.example"), ""
    before = len(links())

    page = ask(guarded_client, token, scope="everything")

    assert (page.status_code, len(links())) == (202, before)
    with reading() as db:
        assert db.query(Leaving).count() == 0


def test_a_second_is_mailed_after_ten_minutes_and_not_before(open_round, guarded_client):  # noqa: F811
    _participant, token = admit()

    for minutes in (0, 1, 9, 11):
        ask(guarded_client, token, now=NOON + minutes * MINUTE)

    assert len(links()) == 2


def test_pause_after_links_that_nobody_used_grows_to_a_day():
    minutes = [rules.pause_after(unused) / MINUTE for unused in range(12)]

    assert minutes == [10, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440]


def test_whoever_has_a_forwarded_mail_fills_nobody_s_mailbox_and_a_used_link_begins_anew(open_round, guarded_client):  # noqa: F811
    participant, _token = admit()
    for tens in range(6 * 24):  # every ten minutes, a whole day
        ask_for(participant, now=NOON + tens * 10 * MINUTE)
    assert len(links()) == 8

    assert use(guarded_client, now=NOON + DAY - MINUTE).status_code == 200
    with writing() as db:
        resume_mail(db, db.get_one(Participant, participant.id), now=NOON + DAY)
        assert db.query(LeaveLink).one().unused == 0
    ask_for(participant, now=NOON + DAY + MINUTE)
    assert len(links()) == 9


def test_ten_minutes_are_counted_by_mailbox(open_round, guarded_client):  # noqa: F811
    _first, token = admit(name="First", email="w@org.example")
    _second, other = admit(name="Second", email="W@org.example")
    on = put_on(make_list(), "w@org.example")

    ask(guarded_client, token)
    ask(guarded_client, other)
    ask(guarded_client, list_links.leave_token_of(on))

    assert len(links()) == 1


@pytest.mark.database
def test_two_who_ask_at_once_are_one_mail(open_round):  # noqa: F811
    participant, _token = admit()

    together(lambda: ask_for(participant), lambda: ask_for(participant, LeaveAct.EVERYTHING))

    assert len(links()) == 1


# The link


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_scanner_that_looks_at_the_link_stops_nothing(open_round, client, method):  # noqa: F811
    participant, _token = admit()
    ask_for(participant, LeaveAct.EVERYTHING)
    path, before = mailed(), everything()

    with clock.at(NOON):
        answers = [getattr(client, method)(path + end) for end in ("", "?List-Unsubscribe=One-Click") * 3]

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["Cache-Control"] for answer in answers} == {"private, no-store"}
    assert everything() == before
    assert may_get(participant)


def test_one_click_is_not_taken_at_the_link(open_round, guarded_client):  # noqa: F811
    participant, _token = admit()
    ask_for(participant)

    assert guarded_client.post(mailed(), data=ONE_CLICK, headers=FORM).status_code == 400
    assert may_get(participant)


@pytest.mark.parametrize("scope", ["consultation", "everything"])
def test_the_button_behind_the_link_stops_it_and_whoever_pressed_can_undo_it(open_round, guarded_client, scope):  # noqa: F811
    participant, token = admit()
    ask(guarded_client, token, scope=scope)

    page = use(guarded_client)
    gone = may_get(participant)
    back = undo(guarded_client, page, now=NOON + 2 * MINUTE)

    assert (page.status_code, gone, back.status_code) == (200, False, 200)
    assert may_get(participant)
    with reading() as db:
        act = db.query(Leaving).one()
        assert (act.scope.value, act.way, act.undone_at) == (scope, LeavingWay.PAGE, NOON + 2 * MINUTE)


def test_a_link_for_one_consultation_leaves_no_other_mail(open_round, guarded_client):  # noqa: F811
    participant, _token = admit()
    ask_for(participant)

    use(guarded_client)

    with reading() as db:
        assert db.get_one(Stakeholder, participant.stakeholder_id).left_at is None
        assert db.query(Leaving).one().scope is LeavingScope.CONSULTATION


def test_a_link_works_once_and_not_after_coming_back(open_round, guarded_client):  # noqa: F811
    participant, token = admit()
    ask(guarded_client, token)
    path = mailed()
    (form,) = [one for one in html.fromstring(get(guarded_client, path)).forms if one.method == "POST"]
    pressed = dict(form.form_values())
    with clock.at(NOON + MINUTE):
        twice = [guarded_client.post(path, data=pressed) for _ in range(2)]
        other = guarded_client.post(path, data={**pressed, "once": "another form"})
    with writing() as db:
        resume_mail(db, db.get_one(Participant, participant.id), now=NOON + 2 * MINUTE)
    with clock.at(NOON + 3 * MINUTE):
        again = [guarded_client.post(path, data=pressed), guarded_client.get(path)]

    assert [one.status_code for one in (*twice, other, *again)] == [200, 200, 410, 410, 410]
    assert ["Undo" in one.text for one in twice] == [True, True]
    assert may_get(participant)


def get(client, path, now=NOON + MINUTE):
    with clock.at(now):
        return client.get(path).get_data()


def test_check_use_leave_link_holds_for_a_day(open_round, guarded_client):  # noqa: F811
    participant, _token = admit()
    ask_for(participant)
    path = mailed()

    assert status(guarded_client, path, NOON + DAY - timedelta(seconds=1)) == 200
    assert status(guarded_client, path, NOON + DAY) == 410
    with clock.at(NOON + DAY):
        assert guarded_client.post(path, data={"once": "x"}).status_code in (400, 410)
    with pytest.raises(rules.LeaveLinkOver):
        leave_by(path, now=NOON + DAY)
    assert may_get(participant)


def leave_by(path, *, once="key", now=NOON + MINUTE):
    with writing() as db:
        return operations.leave_by_link(db, path.rpartition("/")[2], once=once, now=now)


@pytest.mark.parametrize(("unused", "minutes"), [(0, 10), (1, 10), (2, 20), (4, 80), (40, 1440)])
def test_check_mailbox_rests_longer_after_each_that_nobody_used(unused, minutes):
    known = LeaveLink(generation=5, unused=unused, made_at=NOON)

    with pytest.raises(rules.LeaveLinkMailed):
        rules.check_mailbox_rests(known, now=NOON + minutes * MINUTE - timedelta(seconds=1))
    rules.check_mailbox_rests(known, now=NOON + minutes * MINUTE)
    rules.check_mailbox_rests(LeaveLink(generation=0, unused=0, made_at=NOON), now=NOON)


def test_check_mail_leave_link_lets_a_new_one_take_the_place_of_the_old(open_round, guarded_client):  # noqa: F811
    participant, _token = admit()
    ask_for(participant, LeaveAct.EVERYTHING)
    old = mailed()
    ask_for(participant, now=NOON + 11 * MINUTE)

    assert status(guarded_client, old, NOON + 12 * MINUTE) == 410
    assert status(guarded_client, mailed(), NOON + 12 * MINUTE) == 200
    with reading() as db, pytest.raises(rules.LeaveLinkMailed):
        rules.check_mail_leave_link(db.query(LeaveLink).one(), is_reached=True, now=NOON + 20 * MINUTE)
    with pytest.raises(rules.NothingToStop):
        rules.check_mail_leave_link(LeaveLink(unused=0), is_reached=False, now=NOON)


def test_a_token_is_of_its_act_and_of_no_other_kind_of_link(open_round, guarded_client):  # noqa: F811
    participant, token = admit()
    ask_for(participant)
    with reading() as db:
        link, door = db.query(LeaveLink).one(), doors.door_of(db, db.get_one(Participant, participant.id))
        own, entrance = leave_link_token(link), doors.token_of(door)
        link.act = LeaveAct.EVERYTHING
        other = leave_link_token(link)
        db.rollback()

    assert other != own
    for path in (f"confirm/{other}", f"confirm/{token}", f"confirm/{header_token(token)}", f"confirm/{entrance}"):
        assert status(guarded_client, f"/en/leave/{path}") == 410
    for path in (f"leave/{own}", f"leave/{header_token(own)}", f"door/{own}"):
        assert status(guarded_client, f"/en/{path}") == 404
    for act in ("move", "arrive", "take", "forget"):
        assert status(guarded_client, f"/en/my-data/{act}/{own}") == 410


@pytest.mark.database
def test_two_who_press_at_once_are_one_act(open_round):  # noqa: F811
    participant, _token = admit()
    ask_for(participant, LeaveAct.EVERYTHING)
    path = mailed()

    def press_once(once):
        try:
            return leave_by(path, once=once)
        except rules.LeaveLinkOver:
            return None

    results = together(lambda: press_once("one"), lambda: press_once("other"))

    assert sum(one is not None for one in results) == 1
    assert (may_get(participant), listed(participant)) == (False, set())
    with reading() as db:
        assert db.query(Leaving).count() == 1


@pytest.mark.database
def test_a_link_that_is_replaced_while_somebody_presses_it_does_not_do_what_the_new_one_is_for(open_round):  # noqa: F811
    participant, _token = admit()
    ask_for(participant)
    path, later = mailed(), NOON + 11 * MINUTE

    def press_old():
        try:
            return leave_by(path, now=later)
        except rules.LeaveLinkOver:
            return None

    together(press_old, lambda: ask_for(participant, LeaveAct.EVERYTHING, now=later))

    with reading() as db:
        assert {one.scope for one in db.query(Leaving)} <= {LeavingScope.CONSULTATION}
        assert db.get_one(Stakeholder, participant.stakeholder_id).left_at is None


@pytest.mark.database
def test_a_link_that_was_read_before_it_was_replaced_stops_nothing(open_round):  # noqa: F811
    participant, _token = admit()
    ask_for(participant)
    path, later = mailed(), NOON + 11 * MINUTE

    with pytest.raises(rules.LeaveLinkOver), writing() as db:
        old = queries.find_leave_link(db, path.rpartition("/")[2])
        found = db.get_one(Participant, participant.id)
        reader = Reader(found, None, db.get_one(Consultation, found.consultation_id))
        operations.ask_to_leave(db, reader, LeaveAct.EVERYTHING, now=later)
        assert old is not None
        operations.leave_by_link(db, path.rpartition("/")[2], once="key", now=later)
    assert may_get(participant)


def test_a_link_dies_with_the_address_that_it_went_to(open_round, guarded_client):  # noqa: F811
    participant, _token = admit(email="old@org.example")
    ask_for(participant, LeaveAct.EVERYTHING)
    with writing() as db:
        entry = db.get_one(Stakeholder, participant.stakeholder_id)
        moved = {**vars_of(Entry.of(entry)), "email": "new@org.example"}
        correct_entry(db, entry, Entry(**moved), now=NOON)

    assert status(guarded_client, mailed()) == 410
    with pytest.raises(rules.LeaveLinkOver):
        leave_by(mailed())
    assert may_get(participant)


def vars_of(entry):
    return {name: getattr(entry, name) for name in entry.__dataclass_fields__}


def test_what_was_asked_is_not_mailed_when_it_is_over_by_then(open_round, settings, sink, guarded_client):  # noqa: F811
    participant, token = admit()
    ask(guarded_client, token)
    one_click(guarded_client, token)

    assert deliver(settings, sink) == []
    assert not may_get(participant)


# Whom nobody can ask by mail


def test_an_entry_without_a_mailbox_leaves_at_once(open_round, guarded_client):  # noqa: F811
    """Protected entries, and whoever came with the code of a letter: there is no mailbox of ours that could confirm."""
    participant, token = admit(email="", postal_address="1 River Road", channel="post")

    page = ask(guarded_client, token, scope="everything")

    assert (page.status_code, "The mail is stopped" in page.text) == (200, True)
    assert links() == []
    with reading() as db:
        assert db.get_one(Stakeholder, participant.stakeholder_id).left_at is not None


def test_an_office_is_asked_too_and_its_link_ends_news_only(open_round, guarded_client):  # noqa: F811
    participant, token = admit(email="office@gov.example", basis=Basis.DUTY, news=True)

    asked = ask(guarded_client, token, scope="everything")
    before = news_of(participant)
    page = get(guarded_client, mailed()).decode()
    use(guarded_client)

    assert (asked.status_code, before, news_of(participant)) == (202, True, False)
    assert "News, and all mailing lists" in page
    assert may_get(participant)


def news_of(participant):
    with reading() as db:
        return db.get_one(Stakeholder, participant.stakeholder_id).news


# Lists


def ask_list(client, subscription, about="", now=NOON, **fields):
    with clock.at(now):
        return submit(client, f"/en/leave/{list_links.leave_token_of(subscription)}{about}", fields)


@pytest.mark.parametrize("scope", ["list", "consultation", "everything"])
def test_a_list_s_link_asks_the_mailbox_and_its_answer_can_be_undone(open_round, guarded_client, scope):  # noqa: F811
    news = make_list()
    on = put_on(news)

    asked = ask_list(guarded_client, on, "?about=upr", scope=scope)
    before = addresses(news)
    page = use(guarded_client)
    with reading() as db:
        act = db.query(ListLeaving).one()
    back = undo(guarded_client, page, now=NOON + 2 * MINUTE)

    assert (asked.status_code, before, links()) == (202, ["ana@p.example"], ["ana@p.example"])
    assert (page.status_code, back.status_code) == (200, 200)
    assert (act.scope.value, act.consultation_id) == (
        scope,
        open_round.consultation_id if scope == "consultation" else None,
    )
    assert addresses(news) == ["ana@p.example"]


def test_a_list_s_header_address_acts_at_once(open_round, guarded_client):  # noqa: F811
    news = make_list()
    token = list_links.leave_token_of(put_on(news))

    by_body = guarded_client.post(f"/en/leave/{token}", data=ONE_CLICK, headers=FORM).status_code
    still = addresses(news)
    by_header = guarded_client.post(f"/en/leave/{header_token(token)}", data=ONE_CLICK, headers=FORM).status_code

    assert (by_body, still, by_header, addresses(news)) == (202, ["ana@p.example"], 200, [])


def test_whoever_signed_up_after_leaving_everything_can_leave_that_list(open_round, guarded_client):  # noqa: F811
    with writing() as db:
        leave_everywhere(db, "ana@p.example", now=NOON - DAY, how="link")
    news = make_list()
    on = put_on(news)

    ask_list(guarded_client, on)
    use(guarded_client)

    assert addresses(news) == []


def test_a_list_that_was_left_and_joined_again_is_not_left_by_the_old_form(database, guarded_client):
    news = make_list()
    on = put_on(news)
    ask_list(guarded_client, on)
    path = mailed()
    leave_by(path)
    put_on(news, now=NOON + 5 * MINUTE)

    with pytest.raises(rules.LeaveLinkOver):
        leave_by(path, now=NOON + 6 * MINUTE)
    assert addresses(news) == ["ana@p.example"]


@pytest.mark.database
def test_the_act_of_a_list_on_both_databases(open_round):  # noqa: F811
    news = make_list()
    on = put_on(news)
    with writing() as db:
        found = db.query(Consultation).one()
        reader = Reader(None, db.get_one(Subscription, on.id), found)
        operations.ask_to_leave(db, reader, LeaveAct.CONSULTATION, now=NOON)

    left = leave_by(mailed())

    assert (left.act.scope.value, left.act.consultation_id) == ("consultation", open_round.consultation_id)
    assert addresses(news) == ["ana@p.example"]


# What stays


@pytest.mark.database
def test_sweep_leave_links_forgets_after_a_week(open_round):  # noqa: F811
    participant, _token = admit()
    ask_for(participant)
    with writing() as db:
        early = operations.sweep_leave_links(db, now=NOON + 7 * DAY)
        late = operations.sweep_leave_links(db, now=NOON + 7 * DAY + MINUTE)

    assert (early, late) == (0, 1)


def test_neither_the_token_nor_the_address_is_kept(open_round):  # noqa: F811
    participant, _token = admit(email="kept@org.example")
    ask_for(participant)
    token = mailed().rpartition("/")[2]

    with reading() as db:
        row = str([dict(one) for one in db.execute(text("SELECT * FROM leave_link")).mappings()])
        mail = db.query(OutboxMail).one()
    assert (token in row, "kept@org.example" in row) == (False, False)
    assert token not in str((mail.parameters, mail.cause))


WHOLE = {
    "act": "'consultation'",
    "participant_id": ":p",
    "subscription_id": "NULL",
    "consultation_id": "NULL",
    "used_at": "NULL",
}


@pytest.mark.database
@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"participant_id": "NULL"}, "of_a_door_or_a_list"),
        ({"act": "'list'"}, "list_by_its_own_mail"),
        ({"act": "'news'", "participant_id": "NULL", "subscription_id": ":s"}, "entry_by_its_door"),
        ({"participant_id": "NULL", "subscription_id": ":s"}, "list_says_which_consultation"),
        ({"used_at": ":now"}, "used_by_a_form"),
    ],
)
def test_the_database_refuses_a_link_that_can_never_be(open_round, database, changed, name):  # noqa: F811
    participant, _token = admit()
    on = put_on(make_list())
    row = {**WHOLE, **changed}
    names, values = ", ".join(row), ", ".join(row.values())
    words = f"INSERT INTO leave_link (key, generation, unused, made_at, {names}) VALUES (:key, 1, 1, :now, {values})"

    given = {"p": participant.id, "s": on.id, "now": NOON, "key": b"x" * 32}
    given = {one: value for one, value in given.items() if f":{one}" in words}
    assert violates(words, database=database, **given) == f"ck_leave_link_{name}"


def test_leaving_by_staff_and_by_mail_program_makes_no_link(open_round):  # noqa: F811
    _participant, token = admit()
    with writing() as db:
        leave_mails(db, doors.find_leaver(db, token), LeavingScope.EVERYTHING, way=LeavingWay.STAFF, now=NOON)
    assert add(name="Else", email="e@org.example", groups=()).id
    assert links() == []
    assert LEAVE_LINK.name in MAILS

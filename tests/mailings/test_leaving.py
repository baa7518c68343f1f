"""Leaving: what the link of a mail lets its holder do, what nothing else does, and that whoever left is never written to."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from lxml import html
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from consult.consultations import doors
from consult.consultations.leaving import _LEFT, is_left
from consult.consultations.models import Consultation, Door, Participant
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.core.ids import digest
from consult.mail.delivery import Post
from consult.mail.keys import header_token
from consult.mail.models import MailState, OutboxMail
from consult.mailings import operations_leaving, queries_chosen, queries_fitting, rules_leaving, rules_reach
from consult.mailings.jobs import queue_campaign
from consult.mailings.models import CampaignKind, WhyNot
from consult.mailings.models_leaving import Leaving, LeavingScope, LeavingWay
from consult.mailings.operations import Wording, write_campaign
from consult.mailings.operations_leaving import sweep_leave_digests
from consult.rounds import operations as rounds
from consult.rounds.models import Round
from consult.stakeholders.models import Basis, Consent, LeftAddress, Stakeholder
from consult.stakeholders.operations import Told, add_stakeholders, change_stakeholder
from consult.stakeholders.operations_leaving import leave_everywhere
from consult.stakeholders.operations_merging import merge_stakeholders
from consult.worker import MAILS
from tests.drafts.test_operations import NOON
from tests.mail.test_connection import towards
from tests.mailings.test_campaigns import send as send_campaign
from tests.rounds.test_comments import CLOSES, consultation, open_round, send  # noqa: F401
from tests.stakeholders.test_operations import add, an_entry
from tests.support.forms import submit
from tests.support.world import everything

ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HTTPS = "https://consult.example.org"


def admit(slug="upr", **changes):
    """A participant from the registry, and the token with which they leave."""
    entry = add(**changes)
    with writing() as db:
        found = db.query(Consultation).filter_by(slug=slug).one()
        participant = doors.admit_stakeholder(db, found, db.get_one(Stakeholder, entry.id), now=NOON)
        participant.invited_at = NOON
        return participant, doors.leave_token_of(doors.door_of(db, participant))


def may_get(participant):
    with reading() as db:
        return doors.mail_address(db, db.get_one(Participant, participant.id)) is not None


def listed(participant):
    with reading() as db:
        return {one.participant_id for one in doors.list_addresses(db, participant.consultation_id)}


def extend(days=1):
    """News for every participant: more time."""
    with writing() as db:
        round_ = db.query(Round).one()
        found = db.get_one(Consultation, round_.consultation_id)
        rounds.extend_round(db, found, round_, closes_at=round_.closes_at + timedelta(days=days), by=Dalia(), now=NOON)


class Dalia:
    actor = "staff:1"


def one_click(client, token, **named):
    """What a mail program sends to the address of a mail's header: the body, and nothing that a browser knows of us."""
    return client.post(
        f"/en/leave/{header_token(token)}", data=ONE_CLICK, headers={**FORM, **named.pop("headers", {})}, **named
    )


def mails():
    with reading() as db:
        return [(one.template, one.state) for one in db.query(OutboxMail).order_by(OutboxMail.id)]


def deliver(settings, sink, **changed):
    office = Post(
        towards(settings, sink.port, base_url=HTTPS, mail_sender="consult@mechanism.example", **changed), MAILS
    )
    with clock.at(NOON):
        office.deliver()
    return sink.received()


# What a mail says


def test_a_mail_that_is_no_duty_says_how_to_leave(open_round, settings, sink):  # noqa: F811
    _participant, token = admit(language="ar")
    with clock.at(NOON):
        extend()

    (got,) = deliver(settings, sink, leave_address="leave@mechanism.example")

    message, whole = got.message, header_token(token)
    assert str(message["List-Id"]) == "<upr.mechanism.example>"
    assert str(message["List-Unsubscribe"]) == (f"<{HTTPS}/ar/leave/{whole}>, <mailto:leave+{whole}@mechanism.example>")
    assert str(message["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    for part in ("plain", "html"):
        body = message.get_body((part,)).get_content()
        assert (f"{HTTPS}/ar/leave/{token}" in body, whole in body) == (True, False)


def test_without_a_mailbox_for_it_there_is_no_way_by_mail(open_round, settings, sink):  # noqa: F811
    _participant, token = admit()
    with clock.at(NOON):
        extend()

    (got,) = deliver(settings, sink)

    assert str(got.message["List-Unsubscribe"]) == f"<{HTTPS}/en/leave/{header_token(token)}>"


def test_one_click_is_promised_over_https_only(open_round, settings, sink):  # noqa: F811
    admit()
    with clock.at(NOON):
        extend()
        Post(towards(settings, sink.port), MAILS).deliver()

    (got,) = sink.received()
    assert (got.message["List-Unsubscribe-Post"], got.message["List-Unsubscribe"] is None) == (None, False)


def test_headers_for_leaving_are_whole_however_long_the_address_of_the_site(open_round, settings, sink):  # noqa: F811
    _participant, token = admit()
    site = "https://consultations." + "a-long-name-of-a-ministry." * 5 + "example.org"
    with clock.at(NOON):
        extend()
        Post(towards(settings, sink.port, base_url=site, leave_address="leave@mechanism.example"), MAILS).deliver()

    (got,) = sink.received()
    assert (
        f"List-Unsubscribe: <{site}/en/leave/{header_token(token)}>,\r\n <mailto:leave+{header_token(token)}@".encode()
        in got.raw
    )
    assert str(message_from_bytes(got.raw, policy=policy.default)["List-Unsubscribe"]).count("<") == 2


def test_official_mail_offers_no_leaving(open_round, settings, sink):  # noqa: F811
    admit(basis=Basis.DUTY)
    with clock.at(NOON):
        extend()

    (got,) = deliver(settings, sink)

    assert [name for name in got.message if name.startswith("List-")] == []
    assert b"/leave/" not in got.raw


# What the link does


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_scanner_that_looks_at_everything_changes_nothing(open_round, client, method):  # noqa: F811
    participant, token = admit()
    before = everything()

    answers = [getattr(client, method)(f"/en/leave/{token}{end}") for end in ("", "?List-Unsubscribe=One-Click") * 5]

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["Cache-Control"] for answer in answers} == {"private, no-store"}
    assert everything() == before
    assert may_get(participant)


def test_the_page_names_nobody(open_round, client):  # noqa: F811
    _participant, token = admit(name="Women’s Network", email="w@org.example")

    page = client.get(f"/en/leave/{token}").text

    assert ("Women’s Network" in page, "w@org.example" in page) == (False, False)


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"}, {"User-Agent": "a mail program"}],
    ids=["plain", "from another site", "named"],
)
def test_one_click_leaves_the_consultation_without_token_cookie_or_referer(open_round, guarded_client, headers):  # noqa: F811
    participant, token = admit()

    with clock.at(NOON):
        answer = one_click(guarded_client, token, headers=headers, base_url="https://localhost")

    assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
    assert not may_get(participant)
    with reading() as db:
        (act,) = db.query(Leaving).all()
        assert (act.scope, act.way, act.at) == (LeavingScope.CONSULTATION, LeavingWay.ONE_CLICK, NOON)
        assert db.get_one(Stakeholder, participant.stakeholder_id).left_at is None


def test_one_click_as_parts_of_a_form_leaves_too(open_round, guarded_client):  # noqa: F811
    participant, token = admit()
    body = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'

    answer = guarded_client.post(
        f"/en/leave/{header_token(token)}", data=body, content_type="multipart/form-data; boundary=x"
    )

    assert (answer.status_code, may_get(participant)) == (200, False)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"scope=everything", b"List-Unsubscribe=One-Click&scope=everything", b"List-Unsubscribe=one-click",
        b"List-Unsubscribe=One-Click&List-Unsubscribe=One-Click", b"list-unsubscribe=One-Click", b"\xff\x00=%ff",
    ],
)  # fmt: skip
def test_any_other_form_needs_its_token(open_round, guarded_client, body):  # noqa: F811
    participant, token = admit()
    before = everything()

    answer = guarded_client.post(f"/en/leave/{header_token(token)}", data=body, headers=FORM)

    assert answer.status_code == 400
    assert everything() == before
    assert may_get(participant)


def test_one_click_is_taken_at_no_other_form(open_round, guarded_client):  # noqa: F811
    _participant, token = admit()

    answers = [
        guarded_client.post(path, data=ONE_CLICK, headers=FORM).status_code
        for path in (
            f"/en/leave/{token}/undo/",
            f"/en/door/{token}",
            "/staff/sign-in/",
            "/en/consultations/upr/my-link/",
        )
    ]

    assert answers == [400, 400, 400, 422]


def test_the_page_stops_what_was_chosen_and_says_what_may_still_come(open_round, guarded_client):  # noqa: F811
    participant, token = admit()

    with clock.at(NOON):
        page = submit(guarded_client, f"/en/leave/{header_token(token)}")

    assert page.status_code == 200
    assert "Mail about other consultations may still come." in page.text
    assert "That includes the answers to what you wrote yourself" in page.text
    assert not may_get(participant)


def test_leaving_everything_holds_for_the_mailbox_wherever_it_stands(open_round, guarded_client):  # noqa: F811
    participant, token = admit(email="Office@org.example")
    other = add(name="Another entry", email="office@org.example", groups=())

    with clock.at(NOON):
        submit(guarded_client, f"/en/leave/{header_token(token)}", {"scope": "everything"})
    later = add(name="A third one", email="OFFICE@org.example", groups=())

    with reading() as db:
        left = {one.name: one.left_at for one in db.query(Stakeholder)}
        assert set(left.values()) == {NOON}, left
        assert db.query(LeftAddress).count() == 1
        assert len(left) == 3
        assert db.query(Consent).filter_by(how="link", by="self", stakeholder_id=other.id).one().basis is Basis.NONE
        assert b"office" not in db.query(LeftAddress).one().key
        assert db.get_one(Stakeholder, later.id).left_at == NOON
    assert not may_get(participant)


def test_an_entry_corrected_to_an_address_that_left_has_left_too(open_round, client):  # noqa: F811
    _participant, token = admit(email="office@org.example")
    press(client, token, scope="everything")
    other = add(name="Another entry", email="o@org.example", groups=())

    with writing() as db:
        found = db.get_one(Stakeholder, other.id)
        change_stakeholder(
            db, found, an_entry(name="Another entry", email="Office@org.example", groups=()), by=Dalia(), now=NOON
        )

    with reading() as db:
        assert db.get_one(Stakeholder, other.id).left_at == NOON


@pytest.mark.database
def test_a_list_brings_nobody_back(db):
    leave_everywhere(db, "office@org.example", now=NOON, how="link")
    rows = {1: an_entry(name="A", email="OFFICE@org.example"), 2: an_entry(name="B", email="b@org.example")}

    assert add_stakeholders(db, rows, by=Dalia(), now=NOON, told=Told("import")) == {}

    assert {one.name: one.left_at for one in db.query(Stakeholder)} == {"A": NOON, "B": None}


@pytest.mark.database
@pytest.mark.parametrize("scope", LeavingScope)
@pytest.mark.parametrize("merged_first", [True, False])
def test_whoever_left_stays_gone_through_a_merging_and_comes_back_as_one(open_round, scope, merged_first):  # noqa: F811
    old, token = admit(name="Old name", email="old@org.example")
    new, new_token = admit(name="New name", email="new@org.example")

    def merge():
        with writing() as session:
            pair = [session.get_one(Stakeholder, one.stakeholder_id) for one in (old, new)]
            merge_stakeholders(session, *pair, by=Dalia(), now=NOON)

    if merged_first:
        merge()
    with writing() as session:
        operations_leaving.leave_mails(
            session, doors.find_leaver(session, token), scope, way=LeavingWay.ONE_CLICK, now=NOON
        )
    if not merged_first:
        merge()
    gone = [may_get(old), may_get(new)]
    with writing() as session:
        typed = is_left(session, "new@org.example", open_round.consultation_id)
        operations_leaving.resume_mail(session, doors.find_leaver(session, new_token).participant, now=NOON)

    assert (gone, typed) == ([False, False], True)
    assert [may_get(old), may_get(new)] == [True, True]


def test_an_address_given_on_a_page_after_leaving_gets_nothing(open_round, guarded_client):  # noqa: F811
    """Anybody can type it."""
    first = send(open_round, name="Ana", email="ana@p.example")
    with writing() as db:
        participant = db.get_one(Participant, first.participant_id)
        token = doors.leave_token_of(doors.door_of(db, participant))
    with clock.at(NOON):
        submit(guarded_client, f"/en/leave/{header_token(token)}", {"scope": "everything"})
    before = len(mails())

    again = send(open_round, name="Ben", email="ANA@p.example", once="another")

    assert len(mails()) == before
    with reading() as db:
        assert doors.mail_address(db, db.get_one(Participant, again.participant_id)) is None
        assert is_left(db, "ana@P.example", participant.consultation_id)


def test_who_left_a_consultation_stays_left_under_another_name_of_the_mailbox(open_round, guarded_client):  # noqa: F811
    """A visitor's address that is in the registry too: one mailbox, one wish."""
    comment = send(open_round, name="Ana", email="w@org.example")
    entry, _token = admit(name="Network", email="W@org.example")
    with writing() as db:
        visitor = db.get_one(Participant, comment.participant_id)
        visitor.email_confirmed_at = NOON
        token = doors.leave_token_of(doors.door_of(db, visitor))
    assert listed(entry) == {entry.id, visitor.id}

    one_click(guarded_client, token)
    late = send(open_round, name="Ben", email="w@org.example", once="another")

    assert (may_get(entry), may_get(visitor)) == (False, False)
    assert listed(entry) == set()
    with reading() as db:
        assert doors.mail_address(db, db.get_one(Participant, late.participant_id)) is None


def test_a_mail_that_waits_when_somebody_leaves_is_not_sent(open_round, settings, sink, guarded_client):  # noqa: F811
    _stays, _ = admit(name="Stays", email="s@org.example")
    _goes, token = admit(name="Goes", email="g@org.example")
    with clock.at(NOON):
        extend()

    one_click(guarded_client, token)
    got = deliver(settings, sink)

    assert [one.recipients for one in got] == [("s@org.example",)]
    assert sorted(state for _, state in mails()) == [MailState.SENT, MailState.SUPPRESSED]


def test_news_after_leaving_is_not_even_queued(open_round, guarded_client):  # noqa: F811
    _goes, token = admit()
    one_click(guarded_client, token)

    with clock.at(NOON):
        extend()

    assert mails() == []


def test_other_consultations_are_not_touched(open_round, guarded_client):  # noqa: F811
    participant, token = admit()
    with writing() as db:
        first = db.query(Consultation).one()
        columns = {
            c.name: getattr(first, c.name) for c in Consultation.__table__.columns if c.name not in ("id", "slug")
        }
        second = Consultation(slug="other", **columns)
        db.add(second)
        db.flush()
        entry = db.get_one(Stakeholder, participant.stakeholder_id)
        elsewhere = doors.admit_stakeholder(db, second, entry, now=NOON)

    one_click(guarded_client, token)

    assert (may_get(participant), may_get(elsewhere)) == (False, True)


@pytest.mark.database
def test_invitations_and_reminders_name_those_who_left_this_consultation(open_round):  # noqa: F811
    """Also one who is not invited yet, where a visitor with the same mailbox left: query and rule agree."""
    gone, token = admit(name="Gone", email="g@org.example")
    admit(name="Stays", email="s@org.example")
    add(name="Same mailbox", email="v@org.example", groups=())
    visitor = send(open_round, name="Vai", email="v@org.example")
    with writing() as db:
        found = db.get_one(Participant, visitor.participant_id)
        for mark in (token, doors.leave_token_of(doors.door_of(db, found))):
            leaver = doors.find_leaver(db, mark)
            operations_leaving.leave_mails(db, leaver, LeavingScope.CONSULTATION, way=LeavingWay.ONE_CLICK, now=NOON)
    campaign, reminder = write(), write(kind=CampaignKind.REMINDER)

    with reading() as db:
        invited = {one.name: one.why_not for one in queries_chosen.list_chosen(db, campaign, gets=False)}
        reminded = {one.name: one.why_not for one in queries_chosen.list_chosen(db, reminder, gets=False)}
        left = {one.name: is_left(db, one.email, gone.consultation_id) for one in db.query(Stakeholder)}
        by_rule = {
            one.name: rules_reach.why_not(one, is_invited=one.name != "Same mailbox", has_left=left[one.name])
            for one in db.query(Stakeholder)
        }

    assert invited == by_rule
    assert invited == {
        "Gone": WhyNot.LEFT_HERE, "Stays": WhyNot.INVITED_ALREADY, "Same mailbox": WhyNot.LEFT_HERE,
    }  # fmt: skip
    assert reminded == {"Gone": WhyNot.LEFT_HERE}


def write(kind=CampaignKind.INVITATION):
    with writing() as db:
        words = Wording((), (), dict.fromkeys(("en", "ar"), ("Subject", "Words")))
        found = db.query(Consultation).one()
        return write_campaign(db, found, words, campaign=None, kind=kind, by=Dalia(), now=NOON)


def test_whoever_leaves_between_the_list_and_their_turn_gets_no_invitation(open_round, client):  # noqa: F811
    """A visitor's link, and the entry of the registry with the same mailbox that is on the list."""
    add(name="Same mailbox", email="v@org.example", groups=())
    visitor = send(open_round, name="Vai", email="v@org.example")
    campaign = write()
    with writing() as db:
        found = db.get_one(Participant, visitor.participant_id)
        token = doors.leave_token_of(doors.door_of(db, found))
    send_campaign(campaign)

    one_click(client, token)
    with clock.at(NOON):
        queue_campaign(campaign.id)

    assert [template for template, _ in mails()] == ["personal_link"]


def test_who_left_is_found_once_a_list_and_not_once_a_row(open_round):  # noqa: F811
    """Asked row by row, 50,000 entries would each go through the participants of the consultation: minutes."""
    campaign = write()
    with reading() as db:
        query = queries_fitting.fitting(db, campaign).compile(db.get_bind(), compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in db.execute(text(f"EXPLAIN QUERY PLAN {query}"))]

        single = _LEFT.params(email="x", key=b"x", consultation=1).compile()
        one = [row[3] for row in db.execute(text(f"EXPLAIN QUERY PLAN {single}"), single.params)]

    assert sum(step.startswith("LIST SUBQUERY") for step in plan) == 3
    assert [step for step in plan if step.startswith("CORRELATED LIST")] == []
    assert [step for step in one if "ix_participant_consultation_id" in step or step.startswith("SCAN p")] == []


# Undoing


def press(client, token, **fields):
    """Leave by the page of a mail's header, which acts at once."""
    with clock.at(NOON):
        page = submit(client, f"/en/leave/{header_token(token)}", fields)
    return page


@pytest.mark.parametrize("scope", ["consultation", "everything"])
def test_whoever_pressed_can_undo_it_at_once(open_round, guarded_client, scope):  # noqa: F811
    participant, token = admit()
    page = press(guarded_client, token, scope=scope)

    undone = undo(guarded_client, page)

    assert undone.status_code == 200
    assert may_get(participant)
    with reading() as db:
        assert db.get_one(Stakeholder, participant.stakeholder_id).left_at is None
        assert db.query(LeftAddress).count() == 0
        assert db.query(Leaving).one().undone_at == NOON


def undo(client, page, now=NOON, **changed):
    (form,) = html.fromstring(page.get_data()).forms
    with clock.at(now):
        return client.post(form.action, data={**dict(form.form_values()), **changed})


def test_nobody_else_can_bring_back_whoever_left(open_round, guarded_client, app):  # noqa: F811
    """Whoever has the forwarded mail has the link, and a form of their own."""
    participant, token = admit()
    press(guarded_client, token)
    stranger = app.test_client()

    page = press(stranger, token)
    forged = submit(stranger, f"/en/leave/{header_token(token)}", {"once": "guessed"})

    assert "Undo" not in page.text
    assert "Undo" not in forged.text
    assert not may_get(participant)
    with reading() as db:
        assert db.query(Leaving).count() == 1


def test_after_one_click_the_link_brings_nobody_back(open_round, guarded_client):  # noqa: F811
    participant, token = admit()
    one_click(guarded_client, token)

    page = press(guarded_client, token)

    assert "Undo" not in page.text
    assert not may_get(participant)


def test_undo_leaving_lasts_a_day(open_round, guarded_client):  # noqa: F811
    participant, token = admit()
    page = press(guarded_client, token)

    late = undo(guarded_client, page, now=NOON + timedelta(days=1, seconds=1))

    assert (late.status_code, may_get(participant)) == (410, False)


def test_undo_leaving_happens_once(open_round, guarded_client):  # noqa: F811
    participant, token = admit()
    page = press(guarded_client, token)
    undo(guarded_client, page)
    one_click(guarded_client, token)

    again = undo(guarded_client, page)

    assert (again.status_code, may_get(participant)) == (410, False)


def test_pressing_twice_leaves_once_and_can_still_be_undone(open_round, guarded_client):  # noqa: F811
    participant, token = admit()
    (form,) = html.fromstring(guarded_client.get(f"/en/leave/{header_token(token)}").get_data()).forms
    with clock.at(NOON):
        pages = [guarded_client.post(form.action, data=dict(form.form_values())) for _ in range(2)]

    assert undo(guarded_client, pages[1]).status_code == 200
    assert may_get(participant)
    with clock.at(NOON):  # the form once more, from the history
        assert guarded_client.post(form.action, data=dict(form.form_values())).status_code == 200
    assert not may_get(participant)


def test_undoing_everything_keeps_what_was_left_before(open_round, guarded_client):  # noqa: F811
    participant, token = admit()
    with clock.at(NOON - timedelta(days=5)):
        one_click(guarded_client, token)
    page = press(guarded_client, token, scope="everything")

    undo(guarded_client, page)

    with reading() as db:
        assert db.get_one(Stakeholder, participant.stakeholder_id).left_at is None
    assert not may_get(participant)


@pytest.mark.parametrize("scope", ["consultation", "everything"])
def test_resume_mail_is_for_whoever_comes_through_the_door(open_round, guarded_client, scope):  # noqa: F811
    participant, token = admit()
    press(guarded_client, token, scope=scope)
    with reading() as db:
        door = doors.token_of(doors.door_of(db, participant))
    with clock.at(NOON):
        submit(guarded_client, f"/en/door/{door}")
        page = guarded_client.get(MINE)
        index = [form.action for form in html.fromstring(page.get_data()).forms].index(RESUME)
        again = submit(guarded_client, MINE, index=index)
        after = guarded_client.get(MINE)

    assert (again.status_code, "Get mail again" in after.text) == (303, False)
    assert may_get(participant)
    with reading() as db:
        assert db.query(Leaving).one().undone_at == NOON
    one_click(guarded_client, token)
    assert not may_get(participant)


MINE, RESUME = "/en/consultations/upr/my-comments/", "/en/consultations/upr/my-mail/"


def test_check_resume_mail_refuses_whoever_only_typed_the_address(open_round, client):  # noqa: F811
    """A visitor who comments is entered at once; the address they gave may be that of somebody who left."""
    gone, token = admit(email="w@org.example")
    client.post(f"/en/leave/{header_token(token)}", data={"scope": "everything"})
    form = {
        "text": "x", "suggestion": "", "evidence": "", "name": "Ana", "organisation": "", "category": "", "consent": "with_name",
        "email": "w@org.example", "act": "send", "once": "k", "version": "1",
    }  # fmt: skip
    with clock.at(NOON):
        assert client.post("/en/consultations/upr/comment/1/", data=form).status_code == 303
        page, refused = client.get(MINE), client.post(RESUME)

    assert (page.status_code, "Get mail again" in page.text, refused.status_code) == (200, False, 403)
    assert not may_get(gone)


def test_leaving_again_holds_although_another_of_the_mailbox_took_theirs_back(open_round, guarded_client):  # noqa: F811
    first, token = admit(name="First", email="w@org.example")
    second, other = admit(name="Second", email="w@org.example")
    page = press(guarded_client, token, scope="everything")
    press(guarded_client, other, scope="everything")
    undo(guarded_client, page)
    assert may_get(first)

    press(guarded_client, other, scope="everything")

    assert (may_get(first), may_get(second)) == (False, False)


# Tokens


def test_a_door_is_no_way_to_leave_and_a_leave_link_no_door(open_round, guarded_client):  # noqa: F811
    participant, token = admit()
    with reading() as db:
        door = doors.token_of(doors.door_of(db, participant))

    answers = [one_click(guarded_client, door).status_code, guarded_client.get(f"/en/door/{token}").status_code]

    assert answers == [404, 404]
    assert may_get(participant)


@pytest.mark.parametrize("token", ["0" * 32, "x", "%00", "a" * 5_000, "..%2f..", "٣" * 32])
def test_a_token_that_was_never_made_leads_nowhere(open_round, guarded_client, token):  # noqa: F811
    admit()
    before = everything()

    assert guarded_client.get(f"/en/leave/{token}").status_code == 404
    assert one_click(guarded_client, token).status_code == 404
    assert everything() == before


def test_a_replaced_link_lets_nobody_leave_with_the_old_one(open_round, guarded_client):  # noqa: F811
    participant, old = admit()
    with writing() as db:
        doors.replace_door(db, db.get_one(Participant, participant.id))
    with reading() as db:
        new = doors.leave_token_of(doors.door_of(db, participant))

    assert one_click(guarded_client, old).status_code == 404
    assert may_get(participant)
    assert one_click(guarded_client, new).status_code == 200
    assert not may_get(participant)


def test_the_database_keeps_the_digest_alone(open_round, database):  # noqa: F811
    participant, token = admit()

    with reading() as db:
        door = db.query(Door).filter_by(participant_id=participant.id).one()
        assert door.leave_digest == digest(token)
        assert door.leave_digest != door.digest
    assert token not in str(everything())


def test_doors_of_before_get_their_digest_from_the_first_sweep(open_round, guarded_client):  # noqa: F811
    participant, token = admit()
    with writing() as db:
        db.execute(text("UPDATE door SET leave_digest = NULL"))
    assert one_click(guarded_client, token).status_code == 404

    with writing() as db:
        assert sweep_leave_digests(db, now=NOON) == 1

    assert one_click(guarded_client, token).status_code == 200
    assert not may_get(participant)


# The rule, and what the database holds


def test_check_undo_leaving_asks_for_an_act_of_one_s_own():
    with pytest.raises(rules_leaving.UndoOver):
        rules_leaving.check_undo_leaving(None, now=NOON)


@pytest.mark.database
def test_a_leaving_by_mail_has_no_key_and_one_by_page_has(db):
    with pytest.raises(IntegrityError) as problem:
        db.execute(
            text("INSERT INTO leaving (participant_id, scope, way, at) VALUES (1, 'consultation', 'page', :now)"),
            {"now": NOON},
        )

    assert violated(problem.value) == "ck_leaving_only_a_page_has_its_key"


@pytest.mark.database
def test_leaving_everywhere_twice_is_one_row(db):
    leave_everywhere(db, "a@x.example", now=NOON, how="link")
    leave_everywhere(db, "A@X.example", now=NOON + timedelta(days=1), how="link")

    assert [one.at for one in db.query(LeftAddress)] == [NOON]


@pytest.mark.database
def test_leave_mails_and_undo_leaving_on_both_databases(open_round):  # noqa: F811
    participant, token = admit()
    with writing() as db:
        leaver = doors.find_leaver(db, token)
        operations_leaving.leave_mails(db, leaver, LeavingScope.EVERYTHING, way=LeavingWay.PAGE, once="key", now=NOON)
    assert (may_get(participant), listed(participant)) == (False, set())
    with writing() as db:
        operations_leaving.undo_leaving(db, doors.find_leaver(db, token), "key", now=NOON)
    assert (may_get(participant), listed(participant)) == (True, {participant.id})

"""Asking to take part: what anybody can do with the form and its link, what staff decide, what the observer reads."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from consult.accounts.models import SessionKind
from consult.accounts.operations import begin_session
from consult.consultations import rules_requests as rules
from consult.consultations.models import Consultation, Participant
from consult.consultations.models_requests import ParticipationRequest, RefusalReason, RequestState
from consult.consultations.operations_requests import Promise, sweep_requests
from consult.core import clock
from consult.core.db import reading, writing
from consult.jobs.queue import queue
from consult.mail.captured import list_captured
from consult.mail.connection import mailbox
from consult.mail.delivery import post
from consult.mail.models import MailState, OutboxMail
from consult.stakeholders.models import Basis, Channel, Consent, Stakeholder, StakeholderKind
from consult.stakeholders.operations_leaving import leave_everywhere
from consult.stakeholders.rules import CategoryUnknown
from tests.support.world import NOON, World, everything

ASK = "/en/take-part/"
STAFF = "/staff/requests/"
FORM = {
    "kind": "organisation", "name": "Kids of the River", "category": "cso", "groups": ["children", "youth"], "region": "amery",
    "language": "ar", "also_languages": ["en"], "channel": "email", "email": "kids@river.example", "postal_address": "",
    "phone": "", "access_needs": "An interpreter", "why": "We work with children.", "once": "the key of the form",
}  # fmt: skip
PROMISE = Promise(10, frozenset({6, 7}), "UTC")
WEEKEND = frozenset({6, 7})


class Dalia:
    actor = "staff:7"


def ask(world: World, *, slug: str = "", **changes):
    path = f"/en/consultations/{slug}/take-part/" if slug else ASK
    return world.browser("visitor").post(path, data={**FORM, **changes})


def find(asked):
    with reading() as db:
        return db.get_one(ParticipationRequest, asked.id)


THERE = 3  # requests of the world: one waits and is late, one was refused, one is not confirmed


def requests():
    with reading() as db:
        return db.query(ParticipationRequest).order_by(ParticipationRequest.id).offset(THERE).all()


def mails(world: World):
    queue().work_off()
    return [
        ((one.to,), one.subject, one.text) for one in list_captured(mailbox(world.app.extensions["consult settings"]))
    ]


def clear(world: World) -> None:
    for path in mailbox(world.app.extensions["consult settings"]).glob("*"):
        path.unlink()


@pytest.fixture
def site(world: World):
    post().deliver()
    clear(world)
    return world


def link_of(world: World) -> str:
    return re.search(r"/\w+/take-part/confirm/[0-9a-f]{32}", mails(world)[0][2])[0]


def confirmed(world: World, **changes) -> ParticipationRequest:
    assert ask(world, **changes).status_code == 200
    assert world.browser("visitor").post(link_of(world)).status_code == 200
    clear(world)
    return requests()[-1]


def decide(world: World, asked: ParticipationRequest, act: str, **form):
    return world.browser("secretariat").post(f"{STAFF}{asked.ref}/{act}/", data=form)


# The form


def test_asking_keeps_what_was_said_and_nobody_sees_it_before_the_address_is_confirmed(site):
    page = ask(site)

    (asked,) = requests()
    assert (page.status_code, "Check your e-mail" in page.text) == (200, True)
    assert (asked.state, asked.name, asked.groups, asked.language, asked.also_languages, asked.wording) == (
        RequestState.UNCONFIRMED, "Kids of the River", ",children,youth,", "ar", ",en,", "take-part-1",
    )  # fmt: skip
    assert "Kids of the River" not in site.browser("secretariat").get(STAFF).text
    assert site.browser("secretariat").get(f"{STAFF}{asked.ref}/").status_code == 404
    (mail,) = mails(site)
    assert mail[0] == ("kids@river.example",)
    assert [words in mail[2] for words in ("Kids", "children")] == [
        False,
        False,
    ]  # a stranger's words go to no stranger


def test_the_page_says_that_no_papers_are_asked_and_by_when(site):
    page = site.browser("visitor").get(ASK).text

    assert "You need no legal registration, no consultative status and no papers." in page
    assert "We decide within 10 working days: what is asked today by 26 March 2027." in page
    names = set(re.findall(r'name="(\w+)"', page))
    assert names == {*FORM, "viewport"} or names - {"viewport", "csrf_token"} == set(FORM)


def test_check_ask_to_take_part_takes_a_person_with_a_telephone_alone(site):
    page = ask(
        site,
        kind="person",
        groups=[],
        email="",
        channel="phone",
        phone="+685 12345",
        region="",
        why="",
        access_needs="",
    )

    (asked,) = requests()
    assert asked.ref in page.text
    assert "You hear from us by 26 March 2027" in page.text
    assert (asked.state, asked.due_on) == (RequestState.WAITING, date(2027, 3, 26))
    assert mails(site) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": "person"}, rules.GroupsAsPerson),
        ({"category": ""}, CategoryUnknown),
        ({"email": ""}, rules.NoWayToAnswer),
        ({"channel": "post"}, rules.WayMissing),
        ({"channel": "phone"}, rules.WayMissing),
    ],
)
def test_check_ask_to_take_part_refuses_and_keeps_what_was_typed(site, changes, says):
    page = ask(site, **changes)

    assert (page.status_code, requests()) == (422, [])
    assert str(says.message) in page.text
    assert "Kids of the River" in page.text


def test_the_same_form_sent_twice_asks_once(site):
    first, second = ask(site), ask(site)

    assert (first.data, len(requests()), len(mails(site))) == (second.data, 1, 1)


def test_from_the_page_of_a_consultation_it_is_remembered(site):
    assert "/en/consultations/upr/take-part/" in site.browser("visitor").get("/en/consultations/upr/").text

    ask(site, slug="upr")

    with reading() as db:
        assert db.get_one(Consultation, requests()[0].consultation_id).slug == "upr"
    assert ask(site, slug="nowhere").status_code == 404


def test_the_answer_is_the_same_for_an_address_that_is_known_one_that_left_and_one_too_many(site):
    with writing() as db:
        leave_everywhere(db, "gone@org.example", now=NOON, how="link")
    unknown, known, gone = (
        ask(site, once=who, email=f"{who}@org.example").data for who in ("nobody", "participant", "gone")
    )
    many = [ask(site, once=f"k{n}", email="Nobody@org.example").data for n in range(5)]

    assert {known, gone, *many} == {unknown}
    asked = [to for to, _subject, _text in mails(site)]
    assert sorted(to[0].lower() for to in asked) == ["nobody@org.example"] * 3 + ["participant@org.example"]
    assert len(requests()) == 4


def test_an_hour_later_a_link_is_mailed_again(site):
    for n in range(4):
        ask(site, once=f"k{n}")
    with clock.at(NOON + timedelta(minutes=61)):
        ask(site, once="later")

    assert len(requests()) == 4


@pytest.mark.parametrize("field", ["name", "email", "why", "phone", "postal_address"])
def test_no_header_can_be_put_into_a_mail(site, field):
    ask(site, **{field: "kids@river.example\r\nBcc: victim@org.example"})

    for to, subject, _text in mails(site):
        assert to == ("kids@river.example",)
        assert "victim" not in subject


@given(
    name=st.text(max_size=300), why=st.text(max_size=600), email=st.text(max_size=80), phone=st.text(max_size=80),
    region=st.text(max_size=30), language=st.sampled_from(["en", "ar", "xx", ""]), kind=st.text(max_size=15),
    groups=st.lists(st.text(max_size=12), max_size=3),
)  # fmt: skip
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_is_kept_or_refused_and_never_a_fault(site, **typed):
    with reading() as db:
        before = db.query(ParticipationRequest).count()

    page = ask(site, once=repr(typed), **{name: value for name, value in typed.items() if value})

    assert page.status_code in (200, 422)
    with reading() as db:
        assert db.query(ParticipationRequest).count() - before in (0, 1)


# The link


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_scanner_that_looks_at_everything_confirms_nothing(site, method):
    ask(site)
    link = link_of(site)
    before = everything()

    answers = [getattr(site.browser("visitor"), method)(link) for _ in range(5)]

    assert {(one.status_code, one.headers["Cache-Control"]) for one in answers} == {(200, "private, no-store")}
    assert everything() == before


def test_the_link_names_nobody_and_confirms_once(site):
    ask(site)
    link = link_of(site).replace("/ar/", "/en/")
    visitor = site.browser("visitor")

    shown, done = visitor.get(link), visitor.post(link)
    before = everything()
    again = visitor.post(link)

    for page in (shown, done, again):
        assert [words in page.text for words in ("Kids", "river.example")] == [False, False]
    assert "26 March 2027" in done.text
    assert (again.status_code, everything() == before) == (200, True)
    assert requests()[0].confirmed_at == NOON


def test_after_seven_days_the_link_does_nothing_and_the_request_is_deleted(site):
    ask(site)
    link = link_of(site)
    later = NOON + timedelta(days=7)

    with clock.at(later - timedelta(seconds=1)), writing() as db:
        sweep_requests(db, now=clock.now())
    with clock.at(later):
        page = site.browser("visitor").post(link)
        assert (page.status_code, requests()[0].state) == (410, RequestState.UNCONFIRMED)
        with writing() as db:
            assert sweep_requests(db, now=later) == 2  # the one of the world too
        assert site.browser("visitor").get(link).status_code == 404
    assert requests() == []


def test_tokens_of_other_kinds_confirm_nothing_and_this_one_opens_nothing_else(site):
    ask(site)
    token = link_of(site).rpartition("/")[2]
    others = [site.ids["participant"]["token"], site.ids["participant"]["leave"], "0" * 32, "x"]
    before = everything()
    visitor = site.browser("visitor")

    confirms = [visitor.post(f"/en/take-part/confirm/{one}").status_code for one in others]
    opens = [visitor.post(path).status_code for path in (f"/en/door/{token}", f"/en/leave/{token}")]

    assert (set(confirms), set(opens), everything() == before) == ({404}, {404}, True)


# The decision


def test_accepting_makes_an_entry_with_its_act_of_consent(site):
    asked = confirmed(site, slug="upr")

    answer = decide(site, asked, "accept", entry="new")

    with reading() as db:
        entry = db.query(Stakeholder).filter_by(name="Kids of the River").one()
        act = db.query(Consent).filter_by(stakeholder_id=entry.id).one()
        takes_part = db.query(Participant).filter_by(stakeholder_id=entry.id).one()
    assert answer.headers["Location"] == f"/staff/stakeholders/{entry.ref}/"
    assert (entry.basis, entry.email, entry.groups, entry.language, entry.channel, entry.access_needs) == (
        Basis.CONSENT, "kids@river.example", ",children,youth,", "ar", Channel.EMAIL, "An interpreter",
    )  # fmt: skip
    assert (act.basis, act.how, act.wording, act.at) == (Basis.CONSENT, "request", "take-part-1", NOON)
    assert (requests()[0].state, requests()[0].stakeholder_id, requests()[0].joined) == (
        RequestState.ACCEPTED,
        entry.id,
        False,
    )
    (mail,) = mails(site)
    door = re.search(r"/ar/door/[0-9a-f]{32}", mail[2])[0]
    assert site.browser("visitor").post(door).status_code == 303
    assert takes_part.invited_at == NOON  # a yes is an invitation
    page = site.browser("secretariat").get(answer.headers["Location"]).text
    assert "By the form for taking part" in page
    assert "Request to take part accepted" in page


def test_without_a_consultation_there_is_no_door_in_the_mail(site):
    decide(site, confirmed(site), "accept", entry="new")

    (mail,) = mails(site)
    assert "/door/" not in mail[2]


def test_entries_that_look_the_same_stand_beside_it_and_joining_fills_only_what_is_empty(site):
    asked = confirmed(site, name="ORGANISATION Participant", slug="upr", postal_address="1 River Road", channel="post")
    ref = site.ids["participant"]["stakeholder"]
    page = site.browser("secretariat").get(f"{STAFF}{asked.ref}/").text
    assert "Same" not in page
    assert "Organisation participant" in page
    assert site.ids["participant_b"]["stakeholder"] not in page

    answer = decide(site, asked, "accept", entry=ref)

    with reading() as db:
        entry = db.query(Stakeholder).filter_by(ref=ref).one()
        acts = db.query(Consent.how, Consent.wording).filter_by(stakeholder_id=entry.id).all()
    assert answer.status_code == 303
    assert (entry.name, entry.email, entry.postal_address, entry.language, entry.groups) == (
        "Organisation participant", "participant@org.example", "1 River Road", "en", ",women,",
    )  # fmt: skip
    assert ("request", "take-part-1") in [tuple(act) for act in acts]
    assert requests()[0].joined
    (mail,) = mails(site)
    assert (mail[0], "/door/" in mail[2]) == (
        ("kids@river.example",),
        False,
    )  # the link is for the address of the entry only


def test_check_join_request_takes_none_but_those_that_are_shown(site):
    asked = confirmed(site)

    answers = [
        decide(site, asked, "accept", entry=ref).status_code
        for ref in (site.ids["participant"]["stakeholder"], site.ids[""]["merged"], "nobody", "", asked.ref)
    ]

    assert set(answers) == {422}
    assert requests()[0].state is RequestState.WAITING


def test_check_join_request_refuses_another_kind_and_a_merged_one():
    asked = ParticipationRequest(kind=StakeholderKind.PERSON)

    with pytest.raises(rules.EntryOfAnotherKind):
        rules.check_join_request(asked, Stakeholder(kind=StakeholderKind.ORGANISATION))
    with pytest.raises(rules.EntryOfAnotherKind):
        rules.check_join_request(asked, Stakeholder(kind=StakeholderKind.PERSON, merged_into=3))


def test_an_entry_with_this_name_and_address_is_said_and_nothing_is_decided(site):
    asked = confirmed(site, name="Organisation participant", email="participant@org.example")

    answer = decide(site, asked, "accept", entry="new")

    assert (answer.status_code, requests()[0].state) == (409, RequestState.WAITING)
    assert "There is an entry with this name and address already." in answer.text


def test_refusing_says_why_and_where_to_complain(site):
    asked = confirmed(site, slug="upr")

    answer = decide(site, asked, "refuse", reason="not_about_this", words="We do not\nsell tickets.")

    assert answer.status_code == 303
    assert (requests()[0].reason, requests()[0].decided_by) == (
        RefusalReason.NOT_ABOUT_THIS,
        site.staff["secretariat"].actor,
    )
    (mail,) = mails(site)
    assert mail[0] == ("kids@river.example",)
    for words in ("sell tickets.", "/ar/consultations/upr/terms/", "/ar/take-part/"):
        assert words in mail[2]
    with reading() as db:
        assert db.query(Stakeholder).filter_by(name="Kids of the River").count() == 0


@pytest.mark.parametrize(
    "form", [{}, {"reason": "other"}, {"reason": "other", "words": " \n"}, {"reason": "no_papers", "words": "x"}]
)
def test_check_refuse_request_needs_a_reason_and_words(site, form):
    asked = confirmed(site)

    answer = decide(site, asked, "refuse", **form)

    assert (answer.status_code, requests()[0].state) == (422, RequestState.WAITING)
    with pytest.raises(rules.RefusalWithoutWords):
        rules.check_refuse_request(" ")


@pytest.mark.parametrize("state", list(RequestState))
def test_check_decide_request_takes_what_waits_only(state):
    asked = ParticipationRequest(state=state)

    if state is RequestState.WAITING:
        rules.check_decide_request(asked)
    else:
        with pytest.raises((rules.RequestDecided, rules.RequestNotConfirmed)):
            rules.check_decide_request(asked)


def test_a_second_decision_is_refused_and_says_so(site):
    asked = confirmed(site)
    decide(site, asked, "accept", entry="new")
    before = everything()

    answers = [decide(site, asked, "accept", entry="new"), decide(site, asked, "refuse", reason="other", words="No")]

    assert [one.status_code for one in answers] == [409, 409]
    assert everything() == before


def test_a_year_after_the_decision_its_personal_part_is_emptied_and_the_decision_stays(site):
    asked = confirmed(site)
    decide(site, asked, "refuse", reason="other", words="Because of Mareko Tull")
    later = NOON + rules.KEPT_FOR

    with clock.at(later), writing() as db:
        assert sweep_requests(db, now=later) == THERE  # it, and of the world the one refused and the one not confirmed
        assert sweep_requests(db, now=later) == 0

    left = find(asked)
    assert (left.name, left.email, left.email_key, left.why, left.words, left.access_needs) == ("",) * 6
    assert (left.state, left.reason, left.category, left.erased_at) == (
        RequestState.REFUSED,
        RefusalReason.OTHER,
        "cso",
        later,
    )
    for who, path in (
        ("nhri_observer", f"{STAFF}refusals/"),
        ("secretariat", STAFF),
        ("secretariat", f"{STAFF}{left.ref}/"),
    ):
        page = site.browser(who).get(path)
        assert (page.status_code, "Mareko" in page.text) == (200, False)


# Who sees what


def test_the_observer_reads_every_refusal_with_its_reason_and_no_name_of_a_person(site):
    refused = confirmed(site)
    decide(site, refused, "refuse", reason="not_theirs", words="The real ones called.")
    person = confirmed(site, once="2", kind="person", groups=[], name="Mareko Tull", email="m@t.example")
    decide(site, person, "refuse", reason="other", words="Some other words.")
    decide(site, confirmed(site, once="3", name="Taken", email="t@t.example"), "accept", entry="new")

    page = site.browser("nhri_observer").get(f"{STAFF}refusals/").text

    for words in (
        "Kids of the River",
        "The real ones called.",
        "Some other words.",
        "In the last twelve months 5 asked",
    ):
        assert words in page
    assert [words in page for words in ("Mareko", "river.example", "t.example", "Taken")] == [False] * 4
    assert site.browser("nhri_observer").get(STAFF).status_code == 403


def test_today_and_the_list_say_what_is_due_and_what_is_overdue(site):
    confirmed(site)
    secretary = site.browser("secretariat")

    assert "2 requests to take part wait for a decision" in secretary.get("/staff/").text
    with clock.at(datetime(2027, 3, 26, 9, tzinfo=UTC)):
        secretary = site.browser("secretariat")
        pages = [_again(site, path) for path in ("/staff/", STAFF)]
    assert "1 due today" in pages[0]
    assert "Due today" in pages[1]
    with clock.at(datetime(2027, 3, 27, 9, tzinfo=UTC)):
        pages = [_again(site, path) for path in ("/staff/", STAFF)]
    assert "2 overdue" in pages[0]
    assert "Overdue" in pages[1]
    assert "for a decision" not in site.browser("facilitator").get("/staff/").text


def _again(world: World, path: str) -> str:
    """A staff page days later, in a fresh session."""
    with writing() as db:
        by = world.staff["secretariat"]
        secret = begin_session(db, SessionKind.STAFF, by.actor, now=clock.now(), lasts=timedelta(hours=1))
    client = world.app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = secret, True
    return client.get(path).text


def test_another_s_reference_and_what_is_not_confirmed_lead_nowhere(site):
    ask(site)
    hidden = requests()[0]

    answers = [
        site.browser("secretariat")
        .post(f"{STAFF}{ref}/{act}/", data={"entry": "new", "reason": "other", "words": "x"})
        .status_code
        for ref in (hidden.ref, "nobody", site.ids["participant"]["stakeholder"])
        for act in ("accept", "refuse")
    ]

    assert set(answers) == {404}


def test_whoever_left_gets_no_mail_about_the_decision(site):
    asked = confirmed(site)
    with writing() as db:
        leave_everywhere(db, "kids@river.example", now=NOON, how="link")

    decide(site, asked, "accept", entry="new")

    assert mails(site) == []
    with reading() as db:
        assert db.query(OutboxMail).filter_by(template="request_accepted").one().state is MailState.SUPPRESSED
        assert db.query(Stakeholder).filter_by(name="Kids of the River").one().left_at is not None

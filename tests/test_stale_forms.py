"""A form that grew old: its token is missing, wrong or of another session. What was typed comes back, with a fresh token.

Source: DESIGN invariant 12.
"""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from consult.core.old_forms import KEEPS_WORDS
from consult.rounds.models import Audience
from tests.site.test_archive import publish_report_of_other
from tests.support.world import CLOSES, NOON, PROTECTED, World, everything, open_round

OLD = "What you typed is still here: send it once more."
TYPED = "Typed for an hour <b>& not</b> lost"
BASES = ("http://localhost", "https://localhost")
COMMENT = "/en/consultations/upr/comment/3/"
ENTRY = {"kind": "organisation", "category": "cso", "language": "en", "basis": "none"}

SEAT = {"person": "bela@org.example", "since": "2027-03-01", "appointed_by": TYPED}

LIST = {
    f"{part}_{code}": TYPED if part == "what_it_is" else "News"
    for part in ("name", "what_it_is", "how_often") for code in ("en", "ar", "zh")
}  # fmt: skip
NEWS = {
    f"{part}_{code}": TYPED if part == "body" else "S" for part in ("subject", "body") for code in ("en", "ar", "zh")
}

# Each view that keeps words: who sends it, to which address, the form without its token, and the words to be found again.
FORMS = {
    "rounds_public.take_comment": (
        "visitor", COMMENT, {"text": TYPED, "name": "Ana", "consent": "with_name", "act": "send", "once": "k", "version": "2"},
    ),
    "rounds_public.ask_for_link": ("visitor", "/en/consultations/upr/my-link/", {"email": "participant@org.example"}),
    "requests_public.ask_to_take_part": (
        "visitor", "/en/consultations/upr/take-part/",
        {"kind": "person", "name": "N", "category": "cso", "language": "en", "channel": "post", "postal_address": TYPED, "why": TYPED,
         "once": "k"},
    ),
    "requests_staff.refuse_request": ("secretariat", "/staff/requests/{request}/refuse/", {"reason": "other", "words": TYPED}),
    "entry_public.change_entry": (
        "participant", "/en/consultations/upr/my-entry/edit/",
        {"name": "Organisation participant", "language": "en", "postal_address": TYPED, "access_needs": TYPED},
    ),
    "entry_public.keep_own_contact": (
        "participant", "/en/consultations/upr/my-entry/contacts/1/", {"name": TYPED, "email": "", "language": "en"},
    ),
    "own_entry.change_entry": (
        "opened", "/en/my-entry/edit/",
        {"name": "Organisation participant", "language": "en", "postal_address": TYPED, "access_needs": TYPED},
    ),
    "own_entry.keep_own_contact": (
        "opened", "/en/my-entry/contacts/1/", {"name": TYPED, "email": "", "language": "en"},
    ),
    "behalf_staff.hand_out_copy": ("secretariat", "/staff/asked/entry/{stakeholder}/copy/", {"way": "letter", "asked_on": "2027-03-01",
        "checked": "known", "note": TYPED, "kind": "json"}),
    "behalf_staff.note_wish": ("secretariat", "/staff/asked/entry/{no_office}/forget/", {"way": "letter", "asked_on": "2027-03-01",
        "checked": "known", "note": TYPED}),
    "fresh_public.ask_to_move": ("visitor", "/en/my-data/move/{move}", {"email": "moved@org.example"}),
    "sealed_staff.hand_out": ("protection_officer", "/staff/protected/hand-out/", {"entry": PROTECTED, "why": "other", "words": TYPED}),
    "responses_staff.answer_comment": ("facilitator", "answers/{comment}/answer/", {"outcome": "noted", "reason": TYPED}),
    "responses_staff.redact_comment": (
        "facilitator", "answers/{comment}/redact/", {"passage": "Mareko Tull", "category": "third_person_name"},
    ),
    "responses_staff.settle_objection": ("facilitator", "answers/{objected}/objection/", {"reply": TYPED}),
    "responses_staff.translate_answer": ("translator", "answers/{reasoned}/translate/", {"in_ar": TYPED}),
    "rounds_public.object_to_screening": (
        "participant", "/en/consultations/upr/my-comments/{kept_back}/screening/", {"text": TYPED},
    ),
    "site_staff.name_site": ("administrator", "/staff/site/name/", {
        f"{part}_{code}": TYPED if part == "privacy" else "Office" for part in ("name", "privacy") for code in ("en", "ar", "zh")
    }),
    "responses_staff.withhold_comment": ("facilitator", "answers/{comment}/withhold/", {"grounds": "threats"}),
    "entered_staff.enter_comment": (
        "secretariat", "on-behalf/{by_letter}/",
        {"channel": "letter", "arrived_on": "2027-03-14", "text": TYPED, "language": "en", "consent": "not_published", "once": "k"},
    ),
    "answer_letters_staff.note_answers": (
        "secretariat", "report/letters/{answer_call}/note/", {"outcome": "reached", "day": "", "note": TYPED},
    ),
    "letters_staff.return_letter": ("secretariat", "mailings/{letters_of}/letters/{by_letter}/returned/", {"note": TYPED}),
    "speaking_staff.note_call": (
        "secretariat", "mailings/{letters_of}/calls/phone/{by_phone}/note/", {"outcome": "reached", "day": "", "note": TYPED},
    ),
    "mailings_staff.begin_campaign": (
        "secretariat", "mailings/new/news/",
        {"subject_en": "S", "body_en": TYPED, "subject_ar": "S", "body_ar": "B", "audience": "participants"},
    ),
    "mailings_staff.write_campaign": (
        "secretariat", "mailings/{campaign}/edit/",
        {"subject_en": "S", "body_en": TYPED, "subject_ar": "S", "body_ar": "B"},
    ),
    "news_staff.begin_campaign": ("secretariat", "/staff/mailing-lists/news/mailings/new/news/", NEWS),
    "news_staff.write_campaign": ("secretariat", "/staff/mailing-lists/news/mailings/{own_news}/edit/", NEWS),
    "groups_staff.add_group": ("secretariat", "/staff/groups/new/", {"name": TYPED, "categories": "cso"}),
    "groups_staff.change_group": ("secretariat", "/staff/groups/{group}/edit/", {"name": TYPED, "categories": "cso"}),
    "groups_staff.put_in": ("secretariat", "/staff/groups/{group}/in/", {"who": "bela@org.example", "reason": TYPED}),
    "groups_staff.take_out": ("secretariat", "/staff/groups/{group}/out/theDouble/", {"reason": TYPED}),
    "consultations_staff.edit_terms": ("secretariat", "terms/", {"who_writes_en": TYPED}),
    "consultations_staff.edit_consultation": (
        "secretariat", "edit/",
        {"slug": "upr", "kind": "upr_national_report", "languages": "en", "source": "en", "time_zone": "UTC", "title_en": TYPED},
    ),
    "consultations_staff.create_consultation": (
        "secretariat", "/staff/consultations/new/",
        {"slug": "new", "kind": "upr_national_report", "languages": "en", "source": "en", "time_zone": "UTC", "title_en": TYPED},
    ),
    "consultations_staff.edit_team": ("secretariat", "team/", {"email": "elsewhere@x.example"}),
    "stakeholders_staff.add_stakeholder": ("secretariat", "/staff/stakeholders/new/", {**ENTRY, "name": "N", "note": TYPED}),
    "stakeholders_staff.change_stakeholder": (
        "secretariat", "/staff/stakeholders/{stakeholder}/edit/", {**ENTRY, "name": "N", "note": TYPED},
    ),
    "contacts_staff.add_contact": (
        "secretariat", "/staff/stakeholders/{stakeholder}/contacts/new/", {"name": TYPED, "email": "", "language": "en"},
    ),
    "contacts_staff.change_contact": (
        "secretariat", "/staff/stakeholders/{stakeholder}/contacts/1/", {"name": TYPED, "email": "", "language": "en"},
    ),
    "seats_staff.appoint_seat": ("secretariat", "/staff/stakeholders/{stakeholder}/seats/new/", {**SEAT, "role": "member"}),
    "seats_staff.hand_over": ("secretariat", "/staff/stakeholders/{stakeholder}/seats/1/hand-over/", SEAT),
    "seats_staff.end_seat": (
        "secretariat", "/staff/stakeholders/{stakeholder}/seats/1/end/", {"until": "2027-03-01"},
    ),
    "paper_staff.note_directory": (
        "secretariat", "/staff/stakeholders/{stakeholder}/directory/",
        {"said": "stands", "given_on": "2027-02-01", "how": "letter", "wording": TYPED},
    ),
    "lists_staff.add_subscriber": (
        "secretariat", "/staff/mailing-lists/news/add/", {"address": "new@p.example", "language": "ar", "how": "letter"},
    ),
    "lists_staff.create_list": ("secretariat", "/staff/mailing-lists/new/", {**LIST, "slug": "new-list"}),
    "lists_staff.change_list": ("secretariat", "/staff/mailing-lists/news/edit/", {**LIST, "is_open": "y"}),
    "suppressions_staff.lift_suppression": ("secretariat", "/staff/suppressions/{suppression}/lift/", {"note": TYPED}),
    "suppressions_staff.lift_suppressions": (
        "secretariat", "/staff/suppressions/lift-many/",
        {"reason": "hard_bounce", "since": "2000-01-01 00:00", "until": "2099-01-01 00:00", "note": TYPED},
    ),
    "rounds_staff.open_round": (
        "approver", "/staff/consultations/other/round/open/",
        {"closes_on": "2027-05-01", "audience": "public", "questions_en": TYPED},
    ),
    "site_staff.archive_consultation": (
        "secretariat", "/staff/consultations/other/archive/", {"sent_on": "2027-03-01"},
    ),
    "rounds_staff.extend_round": ("approver", "round/extend/", {"closes_on": "2027-05-01"}),
    "reports_staff.publish_report": (
        "secretariat", "/staff/consultations/other/report/publish/", {"kind": "final", "answers_by": ""},
    ),
    "accounts_staff.add_person": (
        "administrator", "/staff/people/new/", {"name": TYPED, "email": "n@x.example", "language": "en", "roles": "logistics"},
    ),
}  # fmt: skip
SHOWN = {
    "words",
    "why",
    "postal_address",
    "access_needs",
    "in",
    "text",
    "reply",
    "privacy",
    "email",
    "reason",
    "passage",
    "note",
    "closes_on",
    "name",
    "sent_on",
    "person",
    "since",
    "until",
    "appointed_by",
    "address",
    "what_it_is",
    "how_often",
    "slug",
    "who",
}  # and what begins with one of a language


@pytest.fixture
def guarded(world: World) -> Iterator[World]:
    """The world with form tokens asked for, as in use."""
    world.app.config["WTF_CSRF_ENABLED"] = True
    yield world
    world.app.config["WTF_CSRF_ENABLED"] = False


def address(world: World, path: str) -> str:
    ids = {**world.ids[""], **world.ids["upr"], "letters_of": world.ids["upr"]["letters"]}
    ids["no_office"] = world.ids["participant_b"]["stakeholder"]
    return path.format(**ids) if path.startswith("/") else f"/staff/consultations/upr/{path.format(**ids)}"


def sent(client: FlaskClient, path: str, fields: dict, base: str = BASES[0]) -> TestResponse:
    return client.post(path, data=fields, base_url=base, headers={"Sec-Fetch-Site": "same-origin"})


def form_of(page: TestResponse, path: str) -> dict[str, str]:
    """What a page's form for an address holds: it may leave the address out, and then sends to the page's own."""
    forms = html.fromstring(page.get_data()).forms
    found = [one for one in forms if one.method == "POST" and (one.get("action") or path) == path]
    # a browser drops the line end after <textarea>, lxml does not
    return {name: value.removeprefix("\n") for name, value in found[0].form_values()}


def test_every_view_that_keeps_words_is_tried_here(world: World):
    views = world.app.view_functions

    assert {endpoint for endpoint, view in views.items() if hasattr(view, KEEPS_WORDS)} == set(FORMS)


@pytest.mark.parametrize("endpoint", sorted(FORMS))
def test_what_was_typed_comes_back_and_can_be_sent_and_nothing_was_written(guarded: World, endpoint: str):
    who, path, fields = FORMS[endpoint]
    if endpoint in ("rounds_staff.open_round", "reports_staff.publish_report"):
        who = "secretariat"
    if endpoint == "site_staff.archive_consultation":
        publish_report_of_other(guarded)  # before that, people are owed their answers
    path, client, before = address(guarded, path), guarded.browser(who), everything()

    page = sent(client, path, {**fields, "csrf_token": "old"})

    assert (page.status_code, OLD in page.text) == (422, True)
    assert everything() == before
    again = form_of(page, path)
    assert again["csrf_token"] not in ("", "old")
    words = {name: value for name, value in fields.items() if name.removesuffix("_en").removesuffix("_ar") in SHOWN}
    assert {name: again[name] for name in words} == words
    assert sent(client, path, {**fields, **again, "act": fields.get("act", "")}).status_code in (200, 303)
    assert everything() != before


TOKENS = {
    "missing": lambda token: {},
    "empty": lambda token: {"csrf_token": ""},
    "wrong": lambda token: {"csrf_token": token[:-3] + "xyz"},
    "of an older secret": lambda token: {"csrf_token": "ImFiYyI.ZZZZZZ.abcdefghijklmnopqrstuvwxyz0"},
    "not ASCII": lambda token: {"csrf_token": "الرمز\u202e"},
    "twice": lambda token: {"csrf_token": ["old", token]},
}


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("how", sorted(TOKENS))
def test_a_comment_with_a_bad_token_is_shown_again_in_full(guarded: World, how: str, base: str):
    client = guarded.browser("visitor")
    form = form_of(client.get(COMMENT, base_url=base), COMMENT)
    typed = {**form, "text": TYPED, "evidence": "E", "name": "Ana", "consent": "without_name", "act": "check"}
    token = typed.pop("csrf_token")

    page = sent(client, COMMENT, {**typed, **TOKENS[how](token)}, base)

    again = form_of(page, COMMENT)
    assert (page.status_code, OLD in page.text, "<b>" in page.text.split("<form")[1]) == (422, True, False)
    assert {**again, "act": "check", "csrf_token": ""} == {**typed, "csrf_token": ""}
    check = sent(client, COMMENT, {**again, "act": "check"}, base)
    assert sent(client, COMMENT, {**form_of(check, COMMENT), "act": "send"}, base).status_code == 303


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("act", ["check", "change", "save", "send"])
def test_whatever_button_was_pressed_the_comment_survives_a_lost_session(guarded: World, act: str, base: str):
    """The browser was closed in between: the token is one of ours, but nobody's any more."""
    client = guarded.browser("participant")
    form = form_of(client.get(COMMENT, base_url=base), COMMENT)
    client.delete_cookie("consult")
    before = everything()

    page = sent(client, COMMENT, {**form, "text": TYPED, "consent": "with_name", "act": act}, base)

    assert page.status_code == (200 if act == "change" else 422)
    assert form_of(page, COMMENT)["text"] == TYPED
    assert everything() == before
    again = {**form_of(page, COMMENT), "act": "send"}
    assert sent(client, COMMENT, again, base).status_code == 303


@pytest.mark.parametrize("base", BASES)
def test_a_session_that_ended_while_someone_of_the_staff_wrote_loses_no_word(guarded: World, base: str):
    path, before = address(guarded, "answers/{comment}/answer/"), everything()
    client = guarded.browser("visitor")

    page = sent(client, path, {"outcome": "noted", "reason": TYPED}, base)

    assert (page.status_code, "What you wrote, so that you can copy it" in page.text) == (403, True)
    assert "Typed for an hour &lt;b&gt;&amp; not&lt;/b&gt; lost" in page.text
    assert html.fromstring(page.get_data()).forms[0].action == "/staff/sign-in/"
    assert everything() == before


def test_a_link_that_was_lost_while_someone_wrote_for_the_invited_loses_no_word(guarded: World):
    """Their draft is not public: without the visit that their link began, there is no form to show."""
    open_round(guarded, "other", now=NOON, closes_at=CLOSES, audience=Audience.INVITED)
    form = {"text": TYPED, "consent": "with_name", "act": "send", "version": "4"}

    page = sent(guarded.browser("visitor"), COMMENT.replace("/upr/", "/other/"), form)

    assert page.status_code == 403
    assert "Typed for an hour &lt;b&gt;&amp; not&lt;/b&gt; lost" in page.text


def test_the_words_come_back_in_the_pages_language(guarded: World):
    client = guarded.browser("visitor")

    page = sent(client, COMMENT.replace("/en/", "/ar/"), FORMS["rounds_public.take_comment"][2])

    assert "ما كتبتموه ما زال هنا" in page.text
    assert "token" not in re.sub("<[^>]*>", "", page.text)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_sent_from_elsewhere_is_refused_even_with_its_token(guarded: World, site: str, base: str):
    client = guarded.browser("visitor")
    form = form_of(client.get(COMMENT, base_url=base), COMMENT)
    typed = {**form, "text": TYPED, "name": "Ana", "consent": "with_name", "act": "send"}
    before = everything()

    refused = client.post(COMMENT, data=typed, base_url=base, headers={"Sec-Fetch-Site": site})

    assert refused.status_code == 403
    assert TYPED not in refused.text
    assert everything() == before


@pytest.mark.parametrize("base", BASES)
def test_a_form_without_words_is_still_refused_without_its_token(guarded: World, base: str):
    client, before = guarded.browser("administrator"), everything()
    ref = guarded.ids[""]["person"]

    refused = sent(client, f"/staff/people/{ref}/disable/", {}, base)
    password = sent(client, "/staff/sign-in/", {"email": "a@x.example", "password": "SECRET-WORDS"}, base)

    assert (refused.status_code, password.status_code) == (400, 400)
    assert "SECRET-WORDS" not in password.text
    assert everything() == before


@pytest.mark.parametrize("body", ['{"text": 5, "name": ["x"]}', "[1, 2]", '"x"', "null", "{", ""])
def test_json_is_no_form(world: World, body: str):
    client, before = world.browser("secretariat"), everything()

    for who, path, _fields in FORMS.values():
        answer = world.browser(who).post(address(world, path), data=body, content_type="application/json")
        assert answer.status_code in (200, 303, 400, 403, 409, 422), path
    assert client.get("/staff/").status_code == 200
    assert everything()["comment"] == before["comment"]

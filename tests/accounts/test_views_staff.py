"""Every staff page: locked by default, by role, by token; and signing in and out through the pages."""

from datetime import UTC, datetime, timedelta

import pytest

from consult.accounts import guards, operations, rules
from consult.accounts.models import Role
from consult.core.db import writing
from consult.core.old_forms import KEEPS_WORDS
from tests.support.forms import submit
from tests.support.second_factor import give_app, go_on

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)
PASSWORD = "four odd words here"
SIGN_IN = "/staff/sign-in/"


@pytest.fixture
def person(database):
    return add_person(list(set(Role) - {Role.PROTECTION_OFFICER}))


def add_person(roles, email="dalia@x.example"):
    with writing() as db:
        made = operations.add_staff(db, name="Dalia", email=email, language="en", roles=roles, by=None, now=NOON)
        secret = operations.make_password_link(db, made, by=None, now=datetime.now(UTC))
        operations.set_password_by_link(db, secret, PASSWORD, now=datetime.now(UTC))
        if rules.NEED_SECOND_FACTOR.intersection(roles):
            give_app(db, made, now=NOON)
    return made


def sign_in(client, email="dalia@x.example", password=PASSWORD, page=SIGN_IN, base="http://localhost"):
    return go_on(client, submit(client, page, {"email": email, "password": password}, base=base), base=base)


def staff_rules(app):
    return [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/staff/")]


def address(rule):
    values = {name: "upr" if name == "slug" else "en" if name == "language" else "abc" for name in rule.arguments}
    built = rule.rule
    for name, value in values.items():
        built = built.replace(f"<{name}>", value).replace(f"<int:{name}>", "7")
    return built


def test_every_staff_page_has_a_lock(app):
    for rule in staff_rules(app):
        view = app.view_functions[rule.endpoint]
        locked = getattr(view, guards.GUARD, None) or rule.endpoint.startswith("jobs_staff.")
        assert locked, f"{rule.rule} has no lock"


def test_open_staff_pages_are_few(app):
    found = {
        rule.endpoint
        for rule in staff_rules(app)
        if getattr(app.view_functions[rule.endpoint], guards.GUARD, "") == guards.OPEN
    }

    before_anyone_works_here = {
        f"site_set_up.{step}" for step in ("choose_languages", "name_site", "test_mail", "add_administrator")
    }
    second_step = {"second_factor_staff.pass_second_factor", "passkeys_staff.pass_with_passkey"}
    published = {"custody_staff.open_custodian"}  # the same bytes for everyone
    expected = {"accounts_staff.sign_in", "accounts_staff.set_password"} | second_step | before_anyone_works_here
    assert found == expected | published


def test_a_stranger_reaches_no_staff_page(app, client):
    for rule in staff_rules(app):
        if getattr(app.view_functions[rule.endpoint], guards.GUARD, "") == guards.OPEN:
            continue
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            answer = client.open(address(rule), method=method)
            assert answer.status_code in (303, 401, 302), f"{method} {rule.rule}"
            assert "/staff/sign-in/" in answer.headers.get("Location", "/staff/sign-in/")


@pytest.mark.parametrize("role", list(Role))
def test_each_role_reaches_what_the_table_allows_and_nothing_else(app, client, database, role):
    add_person([role])
    sign_in(client)

    for rule in staff_rules(app):
        act = getattr(app.view_functions[rule.endpoint], guards.GUARD, None)
        if not isinstance(act, rules.Act) or rule.endpoint == "accounts_staff.sign_out":
            continue
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            answer = client.open(address(rule), method=method)
            if act is rules.Act.HOLD_KEYS and role is Role.PROTECTION_OFFICER and answer.status_code == 403:
                assert "You are not appointed" in answer.text  # the role alone opens nothing: custody's rule
            elif act in rules.MAY[role]:
                assert answer.status_code in (200, 303, 404, 409, 422), (
                    f"{role} {method} {rule.rule} {answer.status_code}"
                )
            else:
                assert answer.status_code == 403, f"{role} {method} {rule.rule} {answer.status_code}"


@pytest.mark.parametrize("base", ["http://localhost", "https://localhost"])
def test_every_post_needs_its_token(app, guarded_client, person, base):
    sign_in(guarded_client, base=base)

    for rule in staff_rules(app):
        if "POST" in rule.methods:
            answer = guarded_client.post(address(rule), base_url=base)
            # the forms of text look for what they belong to first, and say it themselves: tests/test_stale_forms.py
            view = app.view_functions[rule.endpoint]
            refusals = (404, 422) if hasattr(view, KEEPS_WORDS) else (400,)
            if getattr(view, guards.GUARD, None) is rules.Act.HOLD_KEYS and hasattr(view, KEEPS_WORDS):
                refusals = (403,)  # officers hold no other role, so this person is none
            assert answer.status_code in refusals, f"{rule.rule} {answer.status_code}"


@pytest.mark.parametrize("base", ["http://localhost", "https://localhost"])
def test_one_signs_in_and_out_through_the_pages(guarded_client, person, base):
    answer = sign_in(guarded_client, page="/staff/sign-in/?next=/staff/account/", base=base)
    inside = guarded_client.get("/staff/account/", base_url=base)
    submit(guarded_client, "/staff/account/", {}, index=0, base=base)
    outside = guarded_client.get("/staff/account/", base_url=base)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/account/")
    assert inside.status_code == 200
    assert outside.status_code == 303


def test_a_wrong_password_keeps_the_address_and_says_what_to_do(guarded_client, person):
    answer = sign_in(guarded_client, password="wrong")

    assert answer.status_code == 422
    assert 'value="dalia@x.example"' in answer.text
    assert "Check both and try again." in answer.text
    assert "<title>Error:" in answer.text


def test_signing_in_never_leads_to_another_site(guarded_client, person):
    answer = sign_in(guarded_client, page="/staff/sign-in/?next=https://evil.example/")

    assert answer.headers["Location"].startswith("/staff/")


def test_cookies_are_closed_to_scripts_and_other_sites(guarded_client, person):
    answer = sign_in(guarded_client)

    for cookie in answer.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


def test_a_copied_session_ends_with_signing_out(guarded_client, app, person):
    sign_in(guarded_client)
    stolen = guarded_client.get_cookie("consult").value
    submit(guarded_client, "/staff/account/", {}, index=0)

    thief = app.test_client()
    thief.set_cookie("consult", stolen)

    assert thief.get("/staff/account/").status_code == 303


def test_staff_pages_speak_the_language_of_the_person(guarded_client, database):
    made = add_person([Role.SECRETARIAT])
    sign_in(guarded_client)

    submit(guarded_client, "/staff/account/", {"language": "ar"}, index=1)

    shown = guarded_client.get("/staff/account/").text
    assert made.id
    assert '<html lang="ar" dir="rtl">' in shown


def test_a_link_to_set_a_password_is_shown_once(guarded_client, person):
    sign_in(guarded_client)

    answer = submit(
        guarded_client,
        "/staff/people/new/",
        {"name": "Ana", "email": "ana@x.example", "roles": ["translator"]},
        index=1,
    )

    assert answer.status_code == 200
    assert "/staff/password/" in answer.text


def test_an_administrator_cannot_make_an_officer_of_someone_with_roles(guarded_client, person):
    sign_in(guarded_client)

    answer = submit(
        guarded_client,
        "/staff/people/new/",
        {"name": "Ana", "email": "ana@x.example", "roles": ["protection_officer", "translator"]},
        index=1,
    )

    assert answer.status_code == 422
    assert "holds no other role" in answer.text


def test_sessions_live_as_long_as_the_setting_says(settings):
    assert timedelta(hours=settings.session_hours) == timedelta(hours=12)

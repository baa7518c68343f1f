"""The second step through the pages: asked for after the password, led to where it is missing, and always one's own."""

import re
from datetime import timedelta

import pyotp
import pytest
from click.testing import CliRunner
from lxml import html
from sqlalchemy import text

import consult
from consult import cli
from consult.accounts import codes, operations, rules
from consult.accounts.models import AuthenticatorOffer, Passkey, Role, SessionKind, SignInAttempt, Staff
from consult.accounts.queries_second_factor import has_second_factor
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.settings import load
from consult.mail.models import OutboxMail
from tests.accounts.test_views_staff import PASSWORD, add_person
from tests.support.forms import submit
from tests.support.second_factor import OWN_PAGE, SECRET, STEP_PAGE, code_at, give_app
from tests.support.world import NOON, everything

SIGN_IN = "/staff/sign-in/"
FACTOR_TABLES = ("authenticator", "authenticator_offer", "passkey", "passkey_challenge", "recovery_code")
# Every page that changes something after the password, with the rest of its form.
CHANGES = {
    f"{OWN_PAGE}app/": {},
    f"{OWN_PAGE}app/remove/": {},
    f"{OWN_PAGE}recovery-codes/": {},
    f"{OWN_PAGE}passkeys/new/": {"name": "Phone"},
    f"{OWN_PAGE}passkeys/mine/remove/": {},
}


@pytest.fixture(autouse=True)
def noon():
    with clock.at(NOON):
        yield


def dalia(*roles, app=True, email="dalia@x.example"):
    """Someone with a password, an app and a passkey called "mine"."""
    with writing() as db:
        made = operations.add_staff(
            db, name="Dalia", email=email, language="en", roles=roles or [Role.SECRETARIAT], by=None, now=NOON
        )
        operations.set_password_by_link(
            db, operations.make_password_link(db, made, by=None, now=NOON), PASSWORD, now=NOON
        )
        if app:
            give_app(db, made, now=NOON)
            db.add(
                Passkey(
                    ref="mine" if email.startswith("dalia") else "theirs", staff_id=made.id, name="Phone",
                    credential_id=email.encode(), public_key=b"x", sign_count=0, added_at=NOON,
                )
            )  # fmt: skip
    return made


def sign_in(client, page=SIGN_IN, email="dalia@x.example", base="http://localhost"):
    return submit(client, page, {"email": email, "password": PASSWORD}, index=-1, base=base)


def enter(client, *, code=None, **named):
    asked = sign_in(client, **named)
    return submit(
        client,
        asked.location,
        {"code": code or code_at(clock.now())},
        index=-1,
        base=named.get("base", "http://localhost"),
    )


def factor_rows():
    return {name: rows for name, rows in everything().items() if name in FACTOR_TABLES}


def rows_of(person):
    with reading() as db:
        of = "SELECT * FROM {} WHERE staff_id = :id"
        return [db.execute(text(of.format(name)), {"id": person.id}).all() for name in FACTOR_TABLES]


@pytest.mark.parametrize("base", ["http://localhost", "https://localhost"])
def test_the_code_is_asked_for_after_the_password_and_leads_where_one_was_going(guarded_client, database, base):
    dalia()

    asked = sign_in(guarded_client, f"{SIGN_IN}?next=/staff/stakeholders/", base=base)
    outside = guarded_client.get("/staff/stakeholders/", base_url=base)
    wrong = submit(guarded_client, asked.location, {"code": "000000"}, index=-1, base=base)
    right = submit(guarded_client, asked.location, {"code": code_at(NOON)}, index=-1, base=base)

    assert asked.location == f"{STEP_PAGE}?next=/staff/stakeholders/"
    assert outside.location.startswith(SIGN_IN)
    assert (wrong.status_code, "This code is not right" in wrong.text) == (422, True)
    assert (right.status_code, right.location) == (303, "/staff/stakeholders/")
    assert guarded_client.get("/staff/stakeholders/", base_url=base).status_code == 200


@pytest.mark.parametrize("typed", ["{0}{1} {2}", "-{0}-{1}-{2}", "\u200f{0}\u00a0{1}{2}"])
@pytest.mark.parametrize("zero", ["0", "\u0660", "\u06f0", "\uff10"])
def test_the_code_is_taken_as_people_type_it(guarded_client, database, typed, zero):
    dalia()
    code = "".join(chr(ord(zero) + int(figure)) for figure in code_at(NOON))

    assert enter(guarded_client, code=typed.format(code[:2], code[2:4], code[4:])).status_code == 303
    assert guarded_client.get("/staff/").status_code == 200


def test_the_second_step_is_nowhere_without_the_password(guarded_client, database):
    dalia()

    assert guarded_client.get(STEP_PAGE).location.startswith(SIGN_IN)


def test_the_password_counts_for_ten_minutes(guarded_client, database):
    dalia()
    asked = sign_in(guarded_client)

    with clock.at(NOON + timedelta(minutes=9)):
        assert guarded_client.get(asked.location).status_code == 200
    with clock.at(NOON + timedelta(minutes=11)):
        assert guarded_client.get(asked.location).location.startswith(SIGN_IN)


def test_a_known_device_is_asked_all_the_same_and_waits_all_the_same(guarded_client, database):
    dalia()
    enter(guarded_client)
    assert guarded_client.get_cookie("known_device", path="/staff/") is not None

    asked = sign_in(guarded_client)
    for _ in range(5):
        submit(guarded_client, asked.location, {"code": "000000"}, index=-1)
    waits = submit(guarded_client, asked.location, {"code": code_at(NOON, steps=1)}, index=-1)

    assert asked.location == STEP_PAGE
    assert waits.status_code == 429


def test_a_browser_is_known_only_after_the_second_step(guarded_client, database):
    dalia()
    sign_in(guarded_client)

    assert guarded_client.get_cookie("known_device", path="/staff/") is None


def test_a_new_password_by_a_link_does_not_skip_the_second_step(guarded_client, database):
    """An administrator can make the link; another administrator's account must not be theirs by it."""
    other = dalia(Role.ADMINISTRATOR)
    with writing() as db:
        link = operations.make_password_link(db, db.get_one(Staff, other.id), by=None, now=NOON)

    submit(guarded_client, f"/staff/password/{link}/", {"password": PASSWORD})

    assert sign_in(guarded_client).location == STEP_PAGE
    assert guarded_client.get("/staff/").location.startswith(SIGN_IN)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.PROTECTION_OFFICER])
def test_who_needs_one_is_led_to_set_one_up_and_can_then_go_on(guarded_client, database, role):
    person = dalia(role, app=False)
    sign_in(guarded_client)

    assert guarded_client.get("/staff/").location == OWN_PAGE
    page = guarded_client.get(OWN_PAGE)
    assert "Your role needs it" in page.text
    assert '<nav aria-label="Main"' not in page.text or "/staff/people/" not in page.text
    recovery = set_up(guarded_client, person)

    assert len(recovery) == 10
    assert guarded_client.get("/staff/").status_code == 200


def set_up(client, person):
    """Set up an app through the pages, scanning nothing: the secret is read from the page. Returns the recovery codes."""
    begun = submit(client, f"{OWN_PAGE}app/", {"password": PASSWORD}, index=1)
    page = html.fromstring(client.get(begun.location).get_data())
    shown = page.xpath("//p[@class='quoted']/bdi")[0].text_content().replace(" ", "")
    picture = client.get(page.xpath("//main//img")[0].get("src"))
    assert (picture.status_code, picture.mimetype) == (200, "image/png")
    assert picture.headers["Cache-Control"] == "private, no-store"
    done = submit(client, begun.location, {"code": pyotp.TOTP(shown).at(NOON)}, index=1)
    assert done.status_code == 200
    return [one.text_content().replace(" ", "") for one in html.fromstring(done.get_data()).xpath("//ol/li")]


def test_what_somebody_typed_is_not_lost_when_their_role_comes_to_need_it(guarded_client, database):
    person = dalia(app=False)
    sign_in(guarded_client)
    page = guarded_client.get("/staff/stakeholders/new/")
    with writing() as db:
        db.execute(text(f"INSERT INTO staff_role (staff_id, role) VALUES ({person.id}, 'administrator')"))

    form = dict(html.fromstring(page.get_data()).forms[1].form_values())
    refused = guarded_client.post("/staff/stakeholders/new/", data={**form, "note": "Typed for an hour"})

    assert refused.status_code == 403
    assert "Set it up first" in refused.text
    assert "Typed for an hour" in refused.text


def test_a_recovery_code_leads_to_where_one_sees_how_many_are_left(guarded_client, database):
    person = dalia(app=False)
    sign_in(guarded_client)
    first = set_up(guarded_client, person)[0]
    submit(guarded_client, OWN_PAGE, {}, index=0)

    passed = enter(guarded_client, code=first)

    assert passed.location == OWN_PAGE
    assert "9 codes are left." in guarded_client.get(OWN_PAGE).text
    with reading() as db:
        assert db.query(OutboxMail).filter_by(template="account_changed").count() == 2


@pytest.mark.parametrize("page", sorted(CHANGES))
def test_every_change_asks_for_the_password_again_and_a_wrong_one_counts(guarded_client, database, page):
    dalia()
    enter(guarded_client)
    before = factor_rows()

    for password, status in (("", 422), ("not the password", 422)):
        refused = submit(guarded_client, page, {**CHANGES[page], "password": password}, index=1)
        assert refused.status_code == status

    assert factor_rows() == before
    with reading() as db:
        assert db.query(SignInAttempt).count() == 1
    assert submit(guarded_client, page, {**CHANGES[page], "password": PASSWORD}, index=1).status_code in (200, 303)
    assert factor_rows() != before


@pytest.mark.parametrize(
    "page", [page for page in sorted(CHANGES) if page not in (f"{OWN_PAGE}app/", f"{OWN_PAGE}passkeys/new/")]
)
def test_a_change_ends_the_other_sessions_and_is_mailed_without_saying_what(guarded_client, app, database, page):
    dalia()
    other = app.test_client()
    enter(other)
    enter(guarded_client, code=code_at(NOON, steps=1))

    submit(guarded_client, page, {**CHANGES[page], "password": PASSWORD}, index=1)

    assert other.get("/staff/").status_code == 303
    assert guarded_client.get("/staff/").status_code == 200
    with reading() as db:
        mail = db.query(OutboxMail).filter_by(template="account_changed").one()
    assert (mail.address, mail.parameters) == ("dalia@x.example", {})


def test_nobody_sees_adds_or_removes_anything_of_another_by_any_address(guarded_client, app, database):
    """Also with another's references, and as an administrator. What one does there, one does to oneself."""
    theirs = dalia(email="omar@x.example")
    dalia(Role.ADMINISTRATOR)
    enter(guarded_client)
    app.config["WTF_CSRF_ENABLED"] = False
    before = rows_of(theirs)

    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith(("second_factor_staff.", "passkeys_staff.")) or "reset" in rule.endpoint:
            continue
        for path in (rule.rule.replace("<ref>", "theirs"), rule.rule.replace("<ref>", theirs.ref)):
            for method in sorted({"GET", "POST"} & rule.methods):
                sent = {
                    "password": PASSWORD,
                    "name": "Phone",
                    "person": theirs.ref,
                    "staff_id": theirs.id,
                    "ref": "theirs",
                }
                answer = guarded_client.open(path, method=method, data=sent if method == "POST" else None)
                assert b"omar@x.example" not in answer.get_data()
                if "<ref>" in rule.rule:
                    assert answer.status_code == 404

    assert rows_of(theirs) == before
    assert sum(len(rows) for rows in before) == 2


def test_a_secret_is_shown_only_in_the_session_that_asked_for_it(guarded_client, app, database):
    dalia()
    other = app.test_client()
    enter(other)
    enter(guarded_client, code=code_at(NOON, steps=1))

    begun = submit(guarded_client, f"{OWN_PAGE}app/", {"password": PASSWORD}, index=1)

    assert guarded_client.get(begun.location).status_code == 200
    assert other.get(begun.location).location == f"{OWN_PAGE}app/"
    assert other.get(f"{OWN_PAGE}app/picture.png").status_code == 404


def test_an_administrator_resets_with_their_password_and_officers_are_told_how_it_is_done(guarded_client, database):
    lost = dalia(email="omar@x.example")
    officer = add_person([Role.PROTECTION_OFFICER], email="po@x.example")
    own = dalia(Role.ADMINISTRATOR)
    enter(guarded_client)

    page = f"/staff/people/{lost.ref}/second-factor/"
    wrong = submit(guarded_client, page, {"password": "not it"}, index=1)
    with reading() as db:
        assert has_second_factor(db, lost.id)
    done = submit(guarded_client, page, {"password": PASSWORD}, index=1)
    shown = guarded_client.get(f"/staff/people/{officer.ref}/second-factor/")

    assert (wrong.status_code, done.status_code) == (422, 303)
    assert "are asked whether they are there" in shown.text
    assert "Change your own second step" in guarded_client.get(f"/staff/people/{own.ref}/second-factor/").text
    with reading() as db:
        assert [has_second_factor(db, one.id) for one in (lost, officer, own)] == [False, True, True]


def test_an_officers_reset_is_refused_also_when_the_form_is_sent_by_hand(client, database):
    officer = add_person([Role.PROTECTION_OFFICER], email="po@x.example")
    dalia(Role.ADMINISTRATOR)
    enter(client)

    refused = client.post(f"/staff/people/{officer.ref}/second-factor/", data={"password": PASSWORD})

    assert refused.status_code == 409
    with reading() as db:
        assert has_second_factor(db, officer.id)


def test_on_the_server_an_administrators_is_reset_and_an_officers_is_not(database, settings):
    admin = dalia(Role.ADMINISTRATOR)
    add_person([Role.PROTECTION_OFFICER], email="po@x.example")
    environ = {
        "CONSULT_DATA_FOLDER": settings.data_folder,
        "CONSULT_DATABASE_URL": settings.database_url,
        "CONSULT_SECRET_KEY": settings.secret_key,
    }

    def reset(email):
        return CliRunner().invoke(cli.main, ["accounts", "reset-second-factor", email], env=environ)

    done, officer, nobody = reset("dalia@x.example"), reset("po@x.example"), reset("x@x.example")

    assert (done.exit_code, officer.exit_code, nobody.exit_code) == (0, 1, 1)
    assert "are asked whether they are there" in officer.output
    with reading() as db:
        assert not has_second_factor(db, admin.id)
        row = db.execute(text("SELECT actor, event FROM journal_entry WHERE event = 'staff.second_factor_reset'")).one()
    assert tuple(row) == ("system", "staff.second_factor_reset")


def test_only_the_two_pages_that_speak_with_passkeys_may_run_a_script(guarded_client, app, database):
    dalia()
    asked = sign_in(guarded_client)
    step = guarded_client.get(asked.location)
    submit(guarded_client, asked.location, {"code": code_at(NOON)}, index=-1)
    new = submit(guarded_client, f"{OWN_PAGE}passkeys/new/", {"name": "Key", "password": PASSWORD}, index=1)
    key = guarded_client.get(new.location)

    for page in (step, key):
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert re.findall(r"script-src [^;]*", policy) == ["script-src 'self'"]
        assert len(re.findall("<script", page.text)) == 1
    for path in (SIGN_IN, OWN_PAGE, f"{OWN_PAGE}app/", f"{OWN_PAGE}passkeys/new/", "/staff/account/", "/en/"):
        assert "script-src" not in guarded_client.get(path).headers["Content-Security-Policy"]


def test_a_walk_through_session_counts_in_a_demonstration_only(app, database, tmp_path, settings):
    person = dalia(Role.ADMINISTRATOR, app=False)
    with writing() as db:
        secret = operations.begin_session(
            db, SessionKind.WALK_THROUGH, person.actor, now=NOON, lasts=timedelta(hours=1)
        )
    own = {
        "mode": "production", "mail_host": "mail.example", "data_folder": settings.data_folder,
        "database_url": settings.database_url, "secret_key": settings.secret_key,
    }  # fmt: skip
    in_use = consult.create_app(load(own, environ={}))
    statuses = []
    for one in (app, in_use):
        client = one.test_client()
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = secret, True
        statuses.append(client.get("/staff/people/").status_code)

    assert statuses == [200, 303]


def test_the_mail_says_that_something_changed_and_not_what(database, settings):
    from consult.accounts.mails import ACCOUNT_CHANGED
    from consult.core.i18n import use_language
    from consult.mail.messages import Renderer

    for language in ("en", "ar", "zh"):
        with use_language(language):
            mail = Renderer(settings).render(ACCOUNT_CHANGED, {})
        words = f"{mail.subject} {mail.text} {mail.html}".casefold()
        assert "/staff/account/" in words
        for word in (
            "passkey",
            "authenticator",
            "recovery",
            "code",
            "مفتاح",
            "رمز",
            "通行密钥",
            "恢复代码",
            SECRET.casefold(),
        ):
            assert word not in words


def test_the_offer_is_of_a_fresh_secret_each_time(guarded_client, database):
    dalia()
    enter(guarded_client)
    seen = set()
    for _ in range(2):
        submit(guarded_client, f"{OWN_PAGE}app/", {"password": PASSWORD}, index=1)
        with reading() as db:
            offer = db.query(AuthenticatorOffer).one()
            seen.add(codes.unseal(offer.sealed_secret, db.get_one(Staff, offer.staff_id).actor))

    assert len(seen) == 2
    assert timedelta(minutes=15) == rules.OFFER_LASTS

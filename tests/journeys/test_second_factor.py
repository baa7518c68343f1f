"""The second step as people take it: with an app and without JavaScript, and with a passkey; in English and Arabic; and axe."""

from datetime import UTC, datetime

import pyotp
import pytest

import consult
from consult.accounts.models import Role, Staff
from consult.accounts.operations import add_staff, make_password_link, set_password_by_link
from consult.core import db as core_db
from consult.core.db import reading, writing
from consult.core.settings import load
from tests.journeys.conftest import EMAIL, PASSWORD
from tests.support.browser import axe, visitor
from tests.support.hands import LOOKS
from tests.support.server import free_port, serving

OWN = "/staff/account/second-factor/"
KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def address(tmp_path, database_url):
    """A site that is reached by name, as passkeys want it, with an administrator who has no second factor yet."""
    port = free_port()
    variables = {
        "CONSULT_DATA_FOLDER": str(tmp_path / "data"),
        "CONSULT_DATABASE_URL": database_url,
        "CONSULT_SECRET_KEY": "only for tests " * 4,
        "CONSULT_BASE_URL": f"http://localhost:{port}",
    }
    database, now = consult.start(load(environ=variables)), datetime.now(UTC)
    with writing() as db:
        roles = [Role.ADMINISTRATOR]
        person = add_staff(db, name="Teuila Marsh", email=EMAIL, language="en", roles=roles, by=None, now=now)
        set_password_by_link(db, make_password_link(db, person, by=None, now=now), PASSWORD, now=now)
    with serving("wsgi:app", folder=tmp_path, environment=variables, port=port):
        yield f"http://localhost:{port}"
    core_db.bind(None)
    database.close()


def speak(language):
    with writing() as db:
        db.query(Staff).one().language = language


def press(page, button):
    """Press a button, and wait for where it leads: or axe could begin on the page before."""
    with page.expect_navigation():
        page.click(button)


def sign_in(page, address):
    page.goto(f"{address}/staff/sign-in/")
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    press(page, "main button")


def is_fault(said):
    """What the browser complains of, such as a script that the page's policy forbids; there is no icon, and it asks for one."""
    return said.type == "error" and "/favicon.ico" not in said.location["url"]


def sign_out(page):
    press(page, "form.out button")


def begin_app(page, password=PASSWORD):
    """From the overview to the page with the secret. Returns the app."""
    page.click(f"a[href='{OWN}app/']")
    page.fill("#password", password)
    page.click("main button")
    page.wait_for_load_state("load")
    return pyotp.TOTP(page.locator(".quoted bdi").inner_text().replace(" ", ""))


def in_figures_of(language, code):
    return code.translate({ord("0") + n: 0x0660 + n for n in range(10)}) if language == "ar" else code


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ar"])
def test_an_app_is_set_up_and_used_without_javascript(address, browser, language):
    speak(language)
    with visitor(browser, javascript=False, language=language, width=360) as context:
        page = context.new_page()
        sign_in(page, address)
        assert page.url == f"{address}{OWN}"
        page.goto(f"{address}/staff/people/")
        assert page.url == f"{address}{OWN}"
        app = begin_app(page)
        assert page.locator("main img").evaluate("image => image.naturalWidth") > 100
        now = datetime.now(UTC)
        page.fill("#code", "000000")
        page.click("main button")
        assert page.locator(".errors").count() == 1
        page.fill("#code", in_figures_of(language, app.at(now)))
        page.click("main button")
        written = [one.inner_text() for one in page.locator("ol.quoted bdi").all()]
        assert len(set(written)) == 10
        page.click("main a.button")
        assert page.url == f"{address}/staff/"
        sign_out(page)

        sign_in(page, address)
        assert page.url == f"{address}/staff/second-factor/"
        assert page.locator("form[data-passkey]:visible").count() == 0
        page.fill("#code", in_figures_of(language, app.at(now, counter_offset=1)))
        page.click("main button")
        assert page.url == f"{address}/staff/account/"
        sign_out(page)

        sign_in(page, address)
        page.fill("#code", in_figures_of(language, written[0]))
        page.click("main button")
        assert page.url == f"{address}{OWN}"


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_passkey_is_made_and_signs_in_and_one_that_is_not_unlocked_does_not(address, browser, language):
    speak(language)
    with visitor(browser, language=language) as context:
        page = context.new_page()
        wrong = []
        page.on("console", lambda said: wrong.append(f"{said.text} {said.location}") if is_fault(said) else None)
        keys = context.new_cdp_session(page)
        keys.send("WebAuthn.enable")
        key = keys.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"]
        sign_in(page, address)
        page.click(f"a[href='{OWN}passkeys/new/']")
        page.fill("#name", "My phone")
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.wait_for_selector("form[data-passkey]:visible")
        assert page.locator("[data-without]").count() == 0
        page.click("form[data-passkey] button")
        page.wait_for_selector("ol.quoted")
        page.goto(f"{address}{OWN}")
        assert "My phone" in page.locator("main").inner_text()
        sign_out(page)

        sign_in(page, address)
        keys.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
        page.click("form[data-passkey] button")
        page.wait_for_function("document.querySelector('[data-failed]').textContent !== ''")
        assert page.url == f"{address}/staff/second-factor/"
        keys.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})
        page.click("form[data-passkey] button")
        page.wait_for_url(f"{address}/staff/account/")
        assert page.goto(f"{address}/staff/people/").status == 200
    assert wrong == []
    with reading() as db:
        assert db.query(Staff).one().language == language


@pytest.mark.browser
@pytest.mark.parametrize(("width", "language", "dark"), LOOKS)
def test_axe_finds_nothing_on_the_pages_of_the_second_step(address, browser, width, language, dark):
    speak(language)
    found = []
    with visitor(browser, width=width, language=language, dark=dark) as context:
        page = context.new_page()

        def look():
            found.extend((page.url, one["rule"], one["where"][:2]) for one in axe(page))

        keys = context.new_cdp_session(page)
        keys.send("WebAuthn.enable")
        keys.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
        sign_in(page, address)
        look()
        app, now = begin_app(page), datetime.now(UTC)
        look()
        page.fill("#code", app.at(now))
        press(page, "main button")
        look()
        page.goto(f"{address}{OWN}passkeys/new/")
        look()
        page.fill("#name", "Phone")
        page.fill("#password", PASSWORD)
        press(page, "main button")
        look()
        page.click("form[data-passkey] button")
        page.wait_for_url(f"{address}{OWN}")
        look()
        for link in page.locator(f"a[href^='{OWN}']").all():
            with context.expect_page() as opened:
                link.click(modifiers=["ControlOrMeta"])
            page, before = opened.value, page
            page.wait_for_url(f"{address}{OWN}**")  # it opens empty
            look()
            page.close()
            page = before
        sign_out(page)
        sign_in(page, address)
        look()
        page.fill("#code", "1")
        press(page, "main form:not([data-passkey]) button")
        look()

    assert found == []

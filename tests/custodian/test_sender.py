"""From which mailbox an officer writes: one that tells nothing, kept sealed, and unknown to the site."""

import json

import pytest

from tests.custodian.driving import PASSPHRASE
from tests.custodian.test_entries import ANA, DELIVERY, LOOKS, copy, handed, look, looked_at, officer_at, open_file  # noqa: F401
from tests.custodian.test_sessions import found_in, in_firefox
from tests.support.officers import key_file

pytestmark = pytest.mark.browser

MAILBOX = {"name": "A. Veru", "email": "a.veru@harbour-library.example", "return_address": "Box 7\nKettle Bay"}
PROBLEMS = """([sender, about]) => Custodian.problemsOfSender(sender, about)"""
ABOUT = {"host": "consult.maravel.example", "institution": "Ombudsman of Maravel"}
TELLING = {
    "a word": ({"name": "UPR desk"}, "name", "sender.telling", "upr"),
    "two words": ({"name": "Human-Rights Maravel"}, "name", "sender.telling", "human rights"),
    "capitals": ({"name": "PROTECTION"}, "name", "sender.telling", "protection"),
    "what the site is called": ({"name": "Maravel post"}, "name", "sender.telling", "maravel"),
    "the officer's institution": ({"name": "The Ombudsman of Maravel"}, "name", "sender.telling", "maravel"),
    "Arabic": ({"name": "مكتب الحماية"}, "name", "sender.telling", "حماية"),
    "Chinese": ({"name": "人权办公室"}, "name", "sender.telling", "人权"),
    "before the @": ({"email": "upr-desk@library.example"}, "email", "sender.telling", "upr"),
    "run together": ({"email": "humanrights@library.example"}, "email", "sender.telling", "humanright"),
    "after the @": ({"email": "a.veru@protection.example"}, "email", "sender.telling", "protection"),
    "a ministry": ({"name": "Post of the Ministry"}, "name", "sender.telling", "ministry"),
    "several of them": ({"name": "Witnesses"}, "name", "sender.telling", "witnesses"),
    "on the envelope": ({"return_address": "Protection desk\nBox 7"}, "return_address", "sender.telling", "protection"),
}
WRONG = {
    "no name": ({"name": ""}, "name", "sender.name_missing"),
    "no address": ({"email": ""}, "email", "sender.email_wrong"),
    "no @": ({"email": "a.veru"}, "email", "sender.email_wrong"),
    "two": ({"email": "a@x.example, b@x.example"}, "email", "sender.email_wrong"),
    "a name beside it": ({"email": "A <a@x.example>"}, "email", "sender.email_wrong"),
    "no domain": ({"email": "a@localhost"}, "email", "sender.email_wrong"),
    "of the site": ({"email": "a@consult.maravel.example"}, "email", "sender.of_the_site"),
    "above it": ({"email": "a@Maravel.example"}, "email", "sender.of_the_site"),
    "below it": ({"email": "a@mail.consult.maravel.example"}, "email", "sender.of_the_site"),
}


@pytest.mark.parametrize(("changes", "field", "code", "word"), TELLING.values(), ids=TELLING)
def test_a_sender_that_tells_what_it_is_about_is_refused(desk, changes, field, code, word):
    assert desk.evaluate(PROBLEMS, [MAILBOX | changes, ABOUT]) == [[field, code, {"word": word}]]


@pytest.mark.parametrize(("changes", "field", "code"), WRONG.values(), ids=WRONG)
def test_a_sender_that_is_no_mailbox_or_the_sites_is_refused(desk, changes, field, code):
    ((found_field, found_code, _),) = desk.evaluate(PROBLEMS, [MAILBOX | changes, ABOUT])

    assert (found_field, found_code) == (field, code)


@pytest.mark.parametrize("name", ["A. Veru", "Grace Consultini", "سارة محمود", "王芳"])
def test_names_of_people_are_taken(desk, name):
    assert desk.evaluate(PROBLEMS, [MAILBOX | {"name": name, "return_address": ""}, ABOUT]) == []


@pytest.mark.parametrize(
    "email", ["veru@xn--mgba3a4f16a.example", "veru@notmaravel.example", "veru@maravel.example.org"]
)
def test_mailboxes_elsewhere_are_taken(desk, email):
    assert desk.evaluate(PROBLEMS, [MAILBOX | {"email": email}, ABOUT]) == []


def test_a_short_part_of_the_sites_name_tells_nothing(desk):
    assert desk.evaluate(PROBLEMS, [MAILBOX | {"name": "Go Gov"}, ABOUT | {"host": "go.gov.example"}]) == []


def at_a_message(at, reach="email"):
    open_file(at, handed(copy(reach=reach), deliveries=DELIVERY))
    at.press_row("Nadia Qamar")
    at.at("deliver.title")


@pytest.mark.parametrize(
    ("institution", "name"), [("监察专员公署", "王芳，监察专员公署处"), ("ديوان المظالم", "لديوان المظالم")]
)
def test_the_officers_institution_tells_in_any_script(desk, institution, name):
    found = desk.evaluate(PROBLEMS, [MAILBOX | {"name": name}, ABOUT | {"institution": institution}])

    assert found == [["name", "sender.telling", {"word": institution}]]


def test_the_country_may_stand_on_an_envelope(desk):
    assert desk.evaluate(PROBLEMS, [MAILBOX | {"return_address": "12 Ministry Road\nMaravel"}, ABOUT]) == []


def say_sender(at, **changes):
    for name, value in (MAILBOX | changes).items():
        at.fill(f"sender-{name}", value)
    at.press("sender.keep")


def test_a_message_asks_for_the_sender_once_and_shows_it_from_then_on(officer_at):  # noqa: F811
    at_a_message(officer_at)
    assert officer_at.says("sender.none") in officer_at.words(".until")

    officer_at.press("sender.choose")
    say_sender(officer_at, email="protection@consult.example")
    officer_at.shows(".errors", officer_at.says("sender.of_the_site", host="consult.example"))
    assert officer_at.value("sender-name") == "A. Veru"  # what was typed stays
    officer_at.fill("sender-email", MAILBOX["email"])
    officer_at.press("sender.keep")

    officer_at.at("deliver.title")
    assert "A. Veru <a.veru@harbour-library.example>" in officer_at.words(".quoted")[0]
    officer_at.page.reload()
    officer_at.open_keys(key_file(ANA, PASSPHRASE))
    at_a_message(officer_at)
    assert "A. Veru <a.veru@harbour-library.example>" in officer_at.words(".quoted")[0]


def test_no_mailbox_is_asked_for_where_no_mail_may_go(officer_at):  # noqa: F811
    at_a_message(officer_at, reach="no_email")

    assert officer_at.says("sender.none") not in officer_at.words(".until")


def test_a_letter_bears_the_return_address_and_no_name_of_the_sender(officer_at):  # noqa: F811
    at_a_message(officer_at)
    officer_at.press("sender.choose")
    say_sender(officer_at)
    officer_at.at("deliver.title")
    officer_at.press("deliver.letter")
    officer_at.page.emulate_media(media="print")

    printed = officer_at.page.locator("body").inner_text()

    assert "Box 7" in printed
    assert ("Veru" in printed, "Consult" in printed) == (False, False)


def test_the_site_is_told_nothing_of_the_sender(officer_at):  # noqa: F811
    at_a_message(officer_at)
    officer_at.press("sender.choose")
    say_sender(officer_at)
    officer_at.at("deliver.title")
    officer_at.press("entries.back")
    officer_at.press("entries.copies_do")
    officer_at.press("entries.make")
    made = officer_at.save("entries.save")

    plain = {name for name in json.loads(made) if name != "sealed"}
    assert plain == {"format", "version", "signed"}
    assert not any(word in made for word in ("Veru", "harbour", "Box 7"))


def test_the_sender_lies_open_nowhere_in_firefox(folder, tmp_path):
    profile = tmp_path / "profile"
    profile.mkdir()
    with in_firefox(folder, profile, ANA) as at:
        at_a_message(at)
        at.press("sender.choose")
        say_sender(at, name="Quicksilver", email="cinnabar@library.example")
        at.at("deliver.title")
        at.firefox.kill()

    for plain in ("Quicksilver", "cinnabar", "Kettle Bay"):
        assert not found_in(profile, plain.encode()), plain
        assert not found_in(profile, plain.encode("utf-16-le")), plain


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_the_page_passes_axe_and_fits_its_screen(browser, folder, language, width):
    with looked_at(browser, folder, language, width) as at:
        at_a_message(at)
        look(at, width)
        at.press("sender.choose")
        look(at, width)
        say_sender(at, name="UPR desk", email="")
        look(at, width)


def test_a_sender_that_tells_something_since_is_asked_for_anew(officer_at):  # noqa: F811
    at_a_message(officer_at)
    officer_at.press("sender.choose")
    say_sender(officer_at)
    officer_at.at("deliver.title")
    officer_at.press("entries.back")
    officer_at.press("to_menu")

    open_file(officer_at, handed(copy(reach="email"), deliveries=DELIVERY, host="desk.harbour-library.example"))
    officer_at.press_row("Nadia Qamar")
    officer_at.at("deliver.title")

    assert officer_at.says("sender.none") in officer_at.words(".until")

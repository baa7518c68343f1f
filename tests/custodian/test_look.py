"""How the custodian file looks and is used: by keyboard, on a phone, in the dark, from right to left, on paper; axe finds nothing."""

import re

import pytest
from playwright.sync_api import expect

from tests.custodian.conftest import a_desk
from tests.custodian.driving import PASSPHRASE, AtTheDesk
from tests.support.browser import axe
from tests.support.officers import Dossier, Letter, an_officer, key_file
from tests.support.server import ROOT
from tests.support.tools import require
from tests.test_look import BORDER, PHYSICAL, TEXT, contrast

CSS = re.sub(r"/\*.*?\*/", "", (ROOT / "custodian" / "src" / "style.css").read_text("utf-8"), flags=re.DOTALL)
TITLES = {"en": "Universal periodic review, fourth cycle", "ar": "الاستعراض الدوري الشامل", "zh": "普遍定期审议"}


def test_the_style_has_no_physical_property_and_loads_nothing():
    without_queries = re.sub(r"@media[^{]*\{", "{", CSS).replace("@page { size: A4; margin: 22mm 20mm; }", "")

    assert [found[0] for found in PHYSICAL.finditer(without_queries)] == []
    assert not re.search(r"url\(|@import|@font-face|text-align\s*:\s*(left|right)", CSS)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_its_ground(theme):
    light = re.search(r":root \{(.*?)\n\}", CSS, re.DOTALL)[1]
    dark = re.search(r"prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}", CSS, re.DOTALL)[1]
    colour = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light + (dark if theme == "dark" else "")))
    pairs = [(text, ground) for text in ("ink", "muted", "link", "error") for ground in ("paper", "ground")]
    pairs += [("on-brand", "brand")]
    pairs += [(name, f"{name}-tint") for name in ("accepted", "inpart", "noted", "refused", "guarded", "waiting")]

    assert [(one, two) for one, two in pairs if contrast(colour[one], colour[two]) < TEXT] == []
    assert contrast(colour["border"], colour["paper"]) >= BORDER


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "width", "dark"),
    [("en", 1280, False), ("ar", 360, True), pytest.param("zh", 360, False, marks=pytest.mark.full)],
)
def test_every_page_passes_axe_and_fits_its_screen(browser, folder, language, width, dark):
    require("axe")
    officers = [an_officer(), an_officer("Ben Osei", "University of Maravel", in_ministry=True)]
    with a_desk(browser, language=language, width=width, dark=dark) as page:
        at = AtTheDesk(page, folder, language)
        seen = []
        for _ in pages_in_turn(at, officers):
            seen.append(page.locator("h1").inner_text())
            assert axe(page) == [], seen[-1]
            assert page.evaluate("document.documentElement.scrollWidth") <= width, seen[-1]
            assert page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")
            assert page.evaluate("document.activeElement.closest('.errors, h1, form') !== null"), seen[-1]
        assert len(set(seen)) >= 18


def pages_in_turn(at, officers):
    """Leads through the pages and stops at each."""
    yield
    at.press("start.make")
    at.press("go_on")
    yield  # with what is missing
    at.fill("name-field", "Ana")
    at.fill("institution", "NHRI")
    at.pick("ministry", "yes")
    at.press("go_on")
    yield
    at.fill("passphrase", PASSPHRASE)
    at.fill("again", PASSPHRASE)
    at.press("pass.make")
    at.at("made.title")
    yield
    at.page.reload()
    at.press("start.open")
    yield
    at.give("key-file", key_file(officers[0], PASSPHRASE))
    at.press("go_on")
    yield
    at.fill("passphrase", PASSPHRASE)
    at.press("unlock.open")
    at.at("menu.title")
    yield
    for key, title in (("menu.own_show", "own.title"), ("menu.appoint_do", "appoint.title")):
        at.press(key)
        at.at(title)
        yield
        at.press("back")
        at.at("menu.title")
    yield from consultation_pages(at, Dossier(officers))
    yield from desk_pages(at, Dossier(officers))


def consultation_pages(at, dossier):
    at.press("menu.pair_make")
    yield
    at.give("call-file", dossier.call())
    at.press("go_on")
    at.give("card-files", dossier.officers[1].card)
    at.press("cards.add_do")
    yield
    at.compare_card(1, dossier.officers[1].fingerprint)
    at.press("cards.done")
    yield
    digits = at.digits().split(" ")
    at.press("sheet.have")
    yield
    for field in at.ids("input[id^=group-]"):
        at.fill(field, digits[int(field.removeprefix("group-"))])
    at.press("go_on")
    yield
    at.press("to_menu")


def desk_pages(at, dossier):
    letters = [Letter() for _ in range(3)]
    bodies = [dossier.body(letter, text=f"Sergeant K. came at night, {at_}.") for at_, letter in enumerate(letters)]
    bodies.append(dossier.body(letters[2], "withdrawal"))
    batch = dossier.batch(1, bodies, odd=[{"id": "AAAA", "sealed": "AgEA"}])
    at.press("menu.desk_open")
    yield
    at.give("desk-file", dossier.desk_file([batch, "junk"]))
    at.press("go_on")
    at.shows("h1", TITLES[at.language])
    yield
    at.press("overview.doubts_show", count=1)
    yield
    at.press("back")
    at.press("overview.next")
    yield
    at.pick("choice", "verbatim")
    at.press("item.list")
    at.press("overview.result")
    yield
    at.press("result.make")
    at.refused("refused.group_too_small", ready=1, least=5)
    yield
    at.press("back")
    at.press("officers.show")
    yield
    for key in ("erase.do", "share.do"):
        at.press(key)
        yield
        at.press("back")
    at.press("stop.do", key=1)
    yield
    at.press("stop.sign")
    yield


@pytest.mark.browser
def test_keys_are_made_by_keyboard_alone(desk, folder):
    at = AtTheDesk(desk, folder)

    def to(text):
        for _ in range(20):
            desk.keyboard.press("Tab")
            if desk.evaluate("document.activeElement.innerText || document.activeElement.id") == text:
                return
        raise AssertionError(f"no way to {text}")

    to(at.says("start.make"))
    desk.keyboard.press("Enter")
    to("name-field")
    desk.keyboard.type("Ana")
    to("institution")
    desk.keyboard.type("NHRI")
    to("ministry")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    at.at("pass.title")
    to("passphrase")
    desk.keyboard.type(PASSPHRASE)
    to("again")
    desk.keyboard.type(PASSPHRASE)
    desk.keyboard.press("Enter")
    at.at("made.title")
    to(at.says("made.key_save"))
    with desk.expect_download():
        desk.keyboard.press("Space")


@pytest.mark.browser
def test_another_language_keeps_what_was_typed(desk, folder):
    at = AtTheDesk(desk, folder)
    at.press("start.make")
    at.fill("name-field", "Ana")
    at.pick("ministry", "yes")

    desk.get_by_role("button", name="中文").click()

    at.texts, at.language = AtTheDesk(desk, folder, "zh").texts, "zh"
    at.at("make.title")
    assert at.value("name-field") == "Ana"
    expect(desk.locator("input[value=yes]")).to_be_checked()


@pytest.mark.browser
def test_paper_gets_the_sheet_and_nothing_else(desk, folder):
    at = AtTheDesk(desk, folder)
    at.open_keys(key_file(an_officer(), PASSPHRASE))
    at.press("menu.own_show")
    desk.emulate_media(media="print")

    shown = desk.locator("body").inner_text()

    assert at.digits() in re.sub(r"\s+", " ", shown)
    for key in ("foot", "print", "back", "made.card_save"):
        assert at.says(key) not in shown

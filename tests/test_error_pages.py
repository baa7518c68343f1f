"""A page that says what is wrong: its title begins so, the list comes first, and each line of it lands on its field."""

import pytest
from lxml import html

from consult.core import clock, i18n
from tests.support import pages
from tests.support.browser import axe
from tests.support.world import NOON
from tests.test_access import LAST, MAY, ids_of, path_of, rules_of

CONTROLS = {"input", "select", "textarea", "button"}


def forms_refused(world, language):
    """Every page of ours that answers a form sent empty with what is wrong in it: path and tree."""
    pages.speak(world, language)
    found = []
    with clock.at(NOON):
        for rule in rules_of(world):
            if "POST" not in rule.methods or rule.endpoint in LAST or rule.endpoint.startswith("site_set_up"):
                continue
            may = MAY[rule.endpoint]
            who = next((one for one in ("secretariat", "administrator", "visitor") if one in may), "participant")
            if rule.endpoint == "rounds_public.take_comment":
                who = "participant"  # the form with the fewest fields filled for one
            slug = "other" if rule.endpoint == "rounds_staff.open_round" else "upr"  # where one can be opened
            path = path_of(world, rule, {**ids_of(world, rule.endpoint, slug), "lang": language})
            answer = world.browser(who).post(path, data={})
            if answer.status_code in (409, 422) and answer.mimetype == "text/html":
                tree = html.fromstring(answer.data)
                found += [(path, tree)] if tree.xpath("//form//*[contains(@class, 'why')]") else []
    return found


@pytest.mark.parametrize("language", ["en", "ar", "zh"])
def test_a_form_says_what_is_wrong_first_and_at_the_field_in_the_same_words(world, language):
    pages.fill(world)
    with i18n.use_language(language):
        error = i18n._("Error:")
    found = forms_refused(world, language)

    assert len(found) > 15
    for path, tree in found:
        assert tree.xpath("//title")[0].text.startswith(error), path
        first = tree.xpath("//main/*")[0]
        assert first.get("class") == "errors", path
        links = first.xpath(".//a")
        assert len(links) == len(tree.xpath("//form//*[contains(@class, 'why')]")), path
        for link in links:
            place = link.get("href").removeprefix("#")
            field = tree.xpath(f"//*[@id='{place}']")
            assert [one.tag in CONTROLS and one.get("type") != "hidden" for one in field] == [True], (path, place)
            why = tree.xpath(f"//*[@id='{place}-why']")
            assert [one.text for one in why] == [link.text], (path, place)
            holder = field[0] if field[0].get("aria-describedby") else field[0].xpath("ancestor::fieldset")[0]
            assert f"{place}-why" in holder.get("aria-describedby"), (path, place)
            assert holder.get("aria-invalid") == "true", (path, place)


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_link_in_the_list_puts_one_into_the_field(world, browser, language):
    pages.speak(world, language)
    clients = {"secretariat": world.browser("secretariat")}
    with pages.shown(browser, clients, width=360, language=language, dark=False) as (page, note):
        note["who"] = "secretariat"
        page.goto("http://localhost/staff/consultations/new/")
        page.click("main form button")
        links = page.locator(".errors a")
        assert links.count() >= 2
        for number in range(links.count()):
            links.nth(number).click()
            wanted = links.nth(number).get_attribute("href").removeprefix("#")
            page.keyboard.press("Tab")
            page.keyboard.press("Shift+Tab")
            assert page.evaluate("document.activeElement.id") == wanted
        problems = axe(page)

    assert problems == []


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
def test_what_is_chosen_looks_otherwise_than_what_is_not(world, browser, dark):
    clients = {"visitor": world.browser("visitor"), "secretariat": world.browser("secretariat")}
    with pages.shown(browser, clients, width=1280, language="en", dark=dark) as (page, note):
        page.goto("http://localhost/en/consultations/upr/comment/1/")
        radio = page.locator("input[type=radio]").first
        before = radio.screenshot()
        radio.check()
        page.evaluate("document.activeElement.blur()")
        chosen = radio.screenshot()
        note["who"] = "secretariat"
        page.goto("http://localhost/staff/consultations/new/")
        box = page.locator("input[type=checkbox]").first
        empty = box.screenshot()
        box.check()
        page.evaluate("document.activeElement.blur()")
        ticked = box.screenshot()

    assert before != chosen
    assert empty != ticked

"""Every page that there is, in axe and in the hand: two languages, two widths, light and dark. No GET address is left out."""

import pytest

from consult.core import clock, i18n
from tests.support import pages
from tests.support.hands import LOOKS, walked_by_keyboard, wrong_on
from tests.support.pages import NO_PAGE, SEEN_BY, SET_UP, Visit
from tests.support.world import NOON


@pytest.fixture
def filled(world):
    pages.fill(world)
    return world


def test_no_address_is_left_out(world):
    asked = {rule.endpoint for rule in world.app.url_map.iter_rules() if "GET" in rule.methods}

    assert set().union(*SEEN_BY.values(), SET_UP, NO_PAGE) == asked
    assert sum(map(len, SEEN_BY.values())) + len(SET_UP) + len(NO_PAGE) == len(asked), "each stands in one part"


@pytest.mark.browser
@pytest.mark.parametrize(("width", "language", "dark"), LOOKS)
def test_every_page_is_right_for_everyone(filled, browser, width, language, dark):
    pages.speak(filled, language)
    every = pages.visits(filled, language)
    clients = {who: filled.browser(who) for who in {one.who for one in every}}
    wrong = []
    with pages.shown(browser, clients, width=width, language=language, dark=dark) as (page, note):
        for who, path in every:
            note["who"] = who
            page.goto(f"http://localhost{path}")
            assert page.locator("html").get_attribute("lang") == language, path
            assert page.locator("html").evaluate("one => getComputedStyle(one).direction") == i18n.direction_of(
                language
            )
            wrong += wrong_on(page, path)
            if width > 360:  # the order is that of the page, whatever its width
                wrong += walked_by_keyboard(page, path)

    assert len(every) > 75
    assert wrong == [], "\n".join(map(str, wrong))


def test_every_page_is_there(filled):
    every = pages.visits(filled, "en")
    clients = {who: filled.browser(who) for who in {one.who for one in every}}
    refused = {
        Visit("secretariat", "/staff/people/"): 403, Visit("secretariat", "/staff/consultations/nowhere/"): 404,
        Visit("visitor", "/en/nowhere/"): 404, Visit("visitor", "/en/door/nothing"): 404,
        Visit("visitor", "/en/consultations/upr/my-comments/"): 403,
    }  # fmt: skip

    with clock.at(NOON):
        statuses = {one: clients[one.who].get(one.path).status_code for one in every}

    assert {one: status for one, status in statuses.items() if status != 200} == refused

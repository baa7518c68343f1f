"""Every page that there is, in axe and in the hand: two languages, two widths, light and dark. No GET address is left out."""

import pytest

from consult.core import clock, i18n
from tests.support import pages
from tests.support.hands import LOOKS, walked_by_keyboard, wrong_on
from tests.support.pages import NO_PAGE, SEEN_BY, SET_UP, Visit
from tests.support.world import NOON
from tests.test_access import ids_of, path_of, rules_of


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


# Forms that refuse what is empty: the page on which each stands, who fills it in, and which of the page's forms it is.
EMPTY = [
    ("accounts_staff.sign_in", "visitor", "form"), ("accounts_staff.set_password", "visitor", "form"),
    ("rounds_public.ask_for_link", "visitor", "form"), ("rounds_public.write_comment", "visitor", "form"),
    ("rounds_public.object_to_screening", "participant", "form"), ("accounts_staff.change_password", "logistics", "form"),
    ("accounts_staff.add_person", "administrator", "form"), ("consultations_staff.create_consultation", "secretariat", "form"),
    ("consultations_staff.edit_team", "secretariat", "form:has([name=email])"),
    ("lists_public.show_list", "visitor", "form"), ("lists_staff.create_list", "secretariat", "form"),
    ("lists_staff.add_subscriber", "secretariat", "form"), ("lists_staff.find_subscription", "secretariat", "form"),
    ("stakeholders_staff.add_stakeholder", "secretariat", "form"), ("stakeholders_staff.import_list", "secretariat", "form"),
    ("drafts_staff.show_draft", "secretariat", "form[enctype]"), ("custody_staff.show_custody", "protection_officer", "form[enctype]"),
    ("sealed_staff.list_protected", "protection_officer", "form[enctype]"),
    ("sealed_staff.list_protected", "protection_officer", "form[action*='hand-out']"),
    ("responses_staff.show_comment", "secretariat", "form[action$='/answer/']"),
    ("responses_staff.show_comment", "secretariat", "form[action$='/redact/']"),
    ("second_factor_staff.make_recovery_codes", "logistics", "form"), ("passkeys_staff.begin_passkey", "logistics", "form"),
    ("second_factor_staff.pass_second_factor", "half", "form:has([name=code])"),
    ("requests_public.ask_to_take_part", "visitor", "form"), ("requests_staff.show_request", "secretariat", "form[action$='/refuse/']"),
    ("entry_public.change_entry", "participant", "form"), ("entry_public.keep_own_contact", "participant", "form"),
    ("fresh_public.ask_to_move", "visitor", "form"), ("own_public.ask_page", "visitor", "form"),
    ("behalf_staff.hand_out_copy", "secretariat", "form"), ("behalf_staff.note_wish", "secretariat", "form"),
]  # fmt: skip
PRESS = """form => {
    const typed = 'textarea, input:not([type=hidden], [type=radio], [type=checkbox], [type=file])';
    for (const one of form.querySelectorAll(typed)) one.value = '';
    for (const one of form.querySelectorAll('input:checked')) one.checked = false;
    form.requestSubmit(form.querySelector('button[value=check]') ?? form.querySelector('button'));
}"""


@pytest.mark.browser
@pytest.mark.parametrize(("width", "language", "dark"), LOOKS)
def test_every_form_that_refuses_is_right_for_everyone(filled, browser, width, language, dark):
    pages.speak(filled, language)
    rules = {rule.endpoint: rule for rule in rules_of(filled) if "GET" in rule.methods}
    clients = {who: filled.browser(who) for who in {who for _, who, _ in EMPTY}}
    wrong = []
    with pages.shown(browser, clients, width=width, language=language, dark=dark) as (page, note):
        for endpoint, note["who"], form in EMPTY:
            path = path_of(filled, rules[endpoint], {**ids_of(filled, endpoint), "lang": language})
            page.goto(f"http://localhost{path}")
            with page.expect_navigation() as moved:
                page.locator(f"main {form}[method=post]").first.evaluate(PRESS)
            assert moved.value.status in (401, 409, 422), path
            wrong += wrong_on(page, f"{path} refused")

    assert wrong == [], "\n".join(map(str, wrong))


def test_every_page_is_there(filled):
    every = pages.visits(filled, "en")
    clients = {who: filled.browser(who) for who in {one.who for one in every}}
    refused = {
        Visit("secretariat", "/staff/people/"): 403, Visit("secretariat", "/staff/consultations/nowhere/"): 404,
        Visit("visitor", "/en/nowhere/"): 404, Visit("visitor", "/en/door/nothing"): 404,
        Visit("visitor", "/en/consultations/upr/my-comments/"): 403, Visit("visitor", "/en/leave/nothing"): 404,
        Visit("visitor", "/en/confirm/nothing"): 404, Visit("visitor", "/en/my-entry/"): 403,
        Visit("visitor", "/en/seat/nothing"): 410, Visit("visitor", "/en/leave/confirm/nothing"): 410,
        Visit("visitor", "/en/take-part/confirm/nothing"): 404, Visit("visitor", "/en/my-data/move/nothing"): 410,
    }  # fmt: skip

    with clock.at(NOON):
        statuses = {one: clients[one.who].get(one.path).status_code for one in every}

    assert {one: status for one, status in statuses.items() if status != 200} == refused

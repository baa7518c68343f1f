"""The pages of set-up, on an empty installation, in axe and in the hand."""

import pytest

from consult.core.db import writing
from consult.site import operations
from consult.site.identity import beginning
from tests.support import pages
from tests.support.hands import LOOKS, walked_by_keyboard, wrong_on
from tests.support.pages import SET_UP


@pytest.mark.browser
@pytest.mark.parametrize(("width", "language", "dark"), LOOKS)
def test_every_page_of_set_up_is_right_for_everyone(app, settings, browser, width, language, dark):
    with writing() as db:
        secret = operations.offer_set_up(db, beginning(settings))
    paths = [f"/staff/set-up/{secret}/{step}" for step in ("", "name/", "mail/", "administrator/")]
    adapter = app.url_map.bind("localhost")
    assert {adapter.match(path, method="GET")[0] for path in paths} == SET_UP
    wrong = []
    with pages.shown(browser, {"visitor": app.test_client()}, width=width, language=language, dark=dark) as (
        page,
        _note,
    ):
        for path in paths:
            assert page.goto(f"http://localhost{path}").status == 200
            wrong += wrong_on(page, path) + walked_by_keyboard(page, path)

    assert wrong == [], "\n".join(map(str, wrong))

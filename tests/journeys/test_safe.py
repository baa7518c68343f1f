"""A comment without a name, as somebody makes it: without JavaScript, by keyboard alone, in English and from right to left.

The officer's question comes by the signed exchange; the browser is Debian's chromium, the server real gunicorn processes.
"""

import re
from datetime import timedelta

import pytest

from consult.core import clock, crypto, exchange
from consult.safe import ticking
from consult.safe.receipts import thread_of
from consult.safe.self_check import served, trial_settings
from consult.safe.trial import set_up_trial
from tests.support.browser import axe, visitor
from tests.support.catalogues import read as catalogue

ENGLISH = {
    "continue": "I have read this, continue",
    "comment": "Comment on paragraph %(ref)s",
    "check": "Check before you send",
    "send": "I have written it down, send",
    "sent": "We have your comment",
    "return": "Return with your code",
    "go": "Continue",
    "reply": "Send my reply",
    "replied": "We have your reply",
    "back": "Back to my comment",
    "withdraw": "Withdraw my comment",
    "sure": "Withdraw your comment?",
    "withdrawn": "Your comment is withdrawn",
    "leave": "Leave this site now",
    "mistake": "There is a mistake in the code",
}


@pytest.fixture(scope="module")
def safe_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("safe")
    settings = trial_settings(folder)
    trial = set_up_trial(settings, "upr")
    with served(settings, folder / "log"):
        yield trial, f"http://{settings.clearnet_bind}"


def words_in(language):
    """What the pages say, from the catalogue of the language."""
    have = catalogue(language)
    return {key: have.get(english).string.replace("%(ref)s", "2") for key, english in ENGLISH.items()}


def reach(page, words):
    """Tab until what has the focus says these words."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and words in (focused.inner_text() or ""):
            return
    raise AssertionError(f"the keyboard does not reach {words}")


def press(page, words):
    """Reach and press."""
    reach(page, words)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def write(page, control, words):
    """Tab to the first control of a kind and write."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.locator(f"{control}:focus").count():
            page.keyboard.type(words)
            return
    raise AssertionError(f"the keyboard does not reach {control}")


def heading(page):
    return page.locator("h1").inner_text()


def ask_back(trial, code, text):
    """A protection officer's question, by the exchange."""
    house = trial.house
    thread = thread_of(code, house.secret.salt)
    messages = [{"number": 1, "kind": "question", "language": "en", "text": text}]
    number = trial.numbers.get("cells/upr", 0) + 1
    cell = trial.cell("upr", thread.pair[0], number=number, messages=messages)
    trial.put(exchange.CELLS, "upr", {"cells": [[crypto.b64(thread.lookup), crypto.b64(cell)]]})
    ticking.keep_house(house, now=clock.now())


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_whole_visit_by_keyboard_without_javascript(browser, safe_site, language):
    trial, address = safe_site
    words = words_in(language)
    with visitor(browser, javascript=False, width=360, language=language) as context:
        page = context.new_page()
        page.goto(f"{address}/{language}/upr/")
        assert page.locator("a").first.inner_text() == words["leave"]
        press(page, words["continue"])
        press(page, words["comment"])
        write(page, "textarea", "My cousin Anlo Ferrit saw it on 12 January near the bridge.")
        press(page, words["check"])
        assert page.locator("mark").all_inner_texts() == ["My cousin Anlo Ferrit", "12 January"]
        code = "".join(page.locator(".code span").all_inner_texts())
        assert page.locator(".code").evaluate("one => getComputedStyle(one).direction") == "ltr"
        press(page, words["send"])
        assert heading(page) == words["sent"]
        assert "".join(page.locator(".code span").all_inner_texts()) == code
        page.reload()  # the browser sends the form again: the same page
        assert "".join(page.locator(".code span").all_inner_texts()) == code

        ask_back(trial, code, "Was it the same in other weeks?")
        press(page, words["return"])
        for wrong in (code[:-1], code[:7] + str((int(code[7]) + 1) % 10) + code[8:]):
            write(page, "#code", wrong)
            press(page, words["go"])
            assert heading(page) == words["mistake"]
            page.goto(f"{address}/{language}/return/")
        write(page, "#code", crypto.grouped(code))
        press(page, words["go"])
        assert "Was it the same in other weeks?" in page.content()
        write(page, "textarea", "Yes, twice.")
        press(page, words["reply"])
        assert heading(page) == words["replied"]
        press(page, words["back"])
        press(page, words["withdraw"])
        assert heading(page) == words["sure"]
        press(page, words["withdraw"])
        assert heading(page) == words["withdrawn"]
        press(page, words["leave"])
        assert context.cookies() == []
        assert trial.settings.leave_to in page.content()


@pytest.mark.browser
def test_what_was_sent_in_the_browser_reaches_the_officer(browser, safe_site):
    trial, address = safe_site
    with visitor(browser, javascript=False) as context:
        page = context.new_page()
        page.goto(f"{address}/en/upr/comment/3/")
        page.fill("#text", "The road at Marr was sold.")
        page.click("button.button")
        page.click("button.button >> nth=1")
        assert heading(page) == "We have your comment"
    ticking.keep_house(trial.house, now=clock.now() + timedelta(days=1))

    (path,) = (trial.settings.data / "out").glob("batch-*")
    _, bodies = trial.open_batch(path)
    assert [body["ref"] for body in bodies if body.get("text") == "The road at Marr was sold."] == ["3"]


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width", "dark"), [("en", 1280, False), ("ar", 360, True)])
def test_axe_finds_nothing(browser, safe_site, language, width, dark):
    _, address = safe_site
    with visitor(browser, width=width, language=language, dark=dark) as context:
        page = context.new_page()
        for path in ("/", "/upr/", "/upr/paragraphs/", "/upr/comment/2/", "/return/", "/threatened/", "/leave/"):
            page.goto(f"{address}/{language}{path}")
            assert (path, axe(page)) == (path, [])
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        page.goto(f"{address}/{language}/upr/comment/2/")
        page.fill("#text", "I saw it on 12 January.")
        page.click("button.button")
        assert axe(page) == []
        code = "".join(page.locator(".code span").all_inner_texts())
        page.click("button.button >> nth=1")
        assert axe(page) == []
        page.goto(f"{address}/{language}/return/")
        page.fill("#code", code)
        page.click("button.button")
        assert axe(page) == []
        assert re.search("[؀-ۿ]" if language == "ar" else "[a-z]", heading(page))

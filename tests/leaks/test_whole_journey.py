"""Everything together: main and safe as processes of their own, an officer in the custodian file with the network off, a
defender without JavaScript. From the first key to the proof that a comment was counted. Only files go between the two sides.
"""

import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from consult.core import crypto, exchange
from tests.custodian.conftest import a_desk
from tests.custodian.driving import AtTheDesk
from tests.leaks.fixtures import PASSWORD, prepare_main, set_up_safe
from tests.support.browser import visitor
from tests.support.second_factor import code_at
from tests.support.two_sides import (
    SAFE_WEB,
    SLUG,
    WEB,
    WORKER,
    heading_of,
    two_sides,
    until,
    withdraw_nameless,
    write_nameless,
)

pytestmark = pytest.mark.browser

SECRET = "My cousin Anlo Ferrit saw it on 12 January: the second paragraph leaves out the bridge."
QUESTION = "Did others see it too?"
FOLLOW_UP = "Yes, two of them. They are afraid."
OTHERS = ("The hall at Marr is shut.", "No doctor comes to Tavo.", "The school has no roof.", "The well was sold.")
REASON = "The bridge now stands in the paragraph."
DESK, TEAM = f"/staff/custody/consultations/{SLUG}/", f"/staff/consultations/{SLUG}"


@contextmanager
def signed_in(browser, sides, name):
    """Somebody of main's, signed in with password and app."""
    with visitor(browser, javascript=False) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{sides.main_address}/staff/sign-in/")
        page.fill("#email", name)
        page.fill("#password", PASSWORD)
        page.click("main button")
        assert page.url.endswith("/staff/second-factor/")
        page.fill("#code", code_at(sides.now()))
        page.click("main button")
        expect(page).to_have_url(re.compile("/staff/(account/)?$"))
        yield page


def press(page, words):
    page.get_by_role("button", name=words, exact=True).first.click()
    page.wait_for_load_state("load")


def saved(page, words, *, kind="button"):
    """The text of the file that a button or link gives."""
    with page.expect_download() as waiting:
        page.get_by_role(kind, name=words, exact=True).first.click()
    return waiting.value.path().read_text("utf-8")


def given(page, field, text, words):
    """Hand a file in."""
    page.set_input_files(field, {"name": "file", "mimeType": "application/octet-stream", "buffer": text.encode()})
    press(page, words)
    assert page.locator(".errors, .refused").count() == 0, page.locator("main").inner_text()


class AtBoth:
    """The officer: the custodian file on a computer without a network, and main's pages on another; files go by hand."""

    def __init__(self, sides, at, page):
        self.sides, self.at, self.page = sides, at, page
        self.results = 0
        self.half = self.card = self.fingerprint = ""

    def hand_in_card(self):
        _key, self.card, self.fingerprint = self.at.make_keys()
        self.page.goto(f"{self.sides.main_address}/staff/custody/")
        given(self.page, "input[name=file]", self.card, "Hand in my card")

    def make_consultation_key(self):
        """Call, opening, sealed half tried and confirmed, recovery sheet put away."""
        page, at = self.page, self.at
        page.goto(f"{self.sides.main_address}{DESK}")
        call = saved(page, "Fetch the call", kind="link")
        at.press("menu.pair_make")
        at.give("call-file", call)
        at.press("go_on")
        at.at("cards.title")
        assert at.fact("call.consultation") == SLUG
        at.press("cards.done")
        at.at("sheet.title")
        digits = at.digits().split(" ")
        at.press("sheet.have")
        at.at("check.title")
        for field in at.ids("input[id^=group-]"):
            at.fill(field, digits[int(field.removeprefix("group-"))])
        at.press("go_on")
        at.at("opening.title")
        given(page, "#opening", at.save("opening.save"), "Hand in an opening file")
        at.press("to_menu")
        self.half = saved(page, "Fetch my sealed half")
        at.press("menu.copy_try")
        at.give("copy", self.half)
        at.press("go_on")
        at.at("try.opens")
        at.press("to_menu")
        page.goto(f"{self.sides.main_address}{DESK}")
        press(page, "I have it, and it opens")
        press(page, "The recovery sheet is printed and put away")
        assert list((self.sides.data("main") / "halves").iterdir()) == []

    def open_desk(self):
        """The newest desk file, down to the list of comments."""
        self.page.goto(f"{self.sides.main_address}{DESK}")
        desk, at = saved(self.page, "Fetch the desk file"), self.at
        at.press("menu.desk_open")
        at.give("desk-file", desk)
        at.press("go_on")
        at.at("copy.title")
        at.give("copies", self.half)
        at.press("recovery.open")
        title, going_on = "Draft national report", at.says("saved.title")
        expect(at.page.locator("h1", has_text=re.compile(f"^({title}|{going_on})$"))).to_be_visible(timeout=90_000)
        if at.page.locator("h1").inner_text() == going_on:
            at.press("saved.go_on")
        assert at.page.locator(".errors").count() == 0

    def open_item(self, words, ref="2"):
        self.at.press_row(words)
        self.at.at("paragraph", ref=ref)

    def hand_in_result(self, *ticked):
        """Make the result, hand it in, and wait until main has carried it out."""
        at, page, self.results = self.at, self.page, self.results + 1
        at.press("overview.result")
        for box in ticked:
            at.page.locator(f"#{box}").check()
        at.press("result.make")
        at.at("result.made_title")
        result = at.save("result.save")
        at.press("item.list")
        at.press("to_menu")
        page.goto(f"{self.sides.main_address}{DESK}")
        given(page, "#result", result, "Hand in the result")
        until(lambda: is_done(page), "the result is carried out")
        self.sides.wait_until_laid(exchange.CELLS, self.results)
        self.sides.tick()


def is_done(task_page):
    """Whether the worker is through; fails where it refused."""
    task_page.reload()
    words = task_page.locator("main").inner_text()
    assert "could not" not in words.lower(), words
    return task_page.locator(f"main a[href='{DESK}']").count() > 0


def write_in_the_browser(page, sides):
    """From main's public page to safe: before you start, comment, check, code, sent. Returns the code."""
    page.goto(f"{sides.main_address}/en/consultations/{SLUG}/")
    asked = []
    page.on("request", lambda request: asked.append(request.headers.get("referer")))
    page.locator(f"a[href^='{sides.safe_address}']").first.click()
    assert page.url.startswith(sides.safe_address)
    assert asked[0] is None, "the link tells safe where somebody came from"
    page.get_by_text("I have read this, continue").click()
    page.get_by_role("link", name="Comment on paragraph 2").click()
    page.fill("textarea >> nth=0", SECRET)
    page.locator("input[value=verbatim]").check()
    press(page, "Check before you send")
    assert page.locator("mark").all_inner_texts() == ["My cousin Anlo Ferrit", "12 January"]
    code = "".join(page.locator(".code span").all_inner_texts())
    press(page, "I have written it down, send")
    assert page.locator("h1").inner_text() == "We have your comment"
    return code


def come_back(page, sides, typed):
    page.goto(f"{sides.safe_address}/en/return/")
    page.fill("#code", typed)
    press(page, "Continue")
    return page.locator("h1").inner_text()


def answer_all(page, sides):
    """The team screens and answers everything that is in its queue. Returns how many there were."""
    count = 0
    page.goto(f"{sides.main_address}{TEAM}/answers/next/")
    while "/answers/?" not in page.url:
        count += 1
        page.check("#is_screened")
        page.locator("input[value=accepted_in_part]").check()
        page.fill("#reason", REASON)
        page.locator("form[action$='/answer/'] button").click()
        page.wait_for_load_state("load")
    return count


def open_round(page, sides, officer):
    """The secretariat opens the round with the switch."""
    page.goto(f"{sides.main_address}{TEAM}/round/")
    page.fill("#closes_on", (sides.now() + timedelta(days=8)).date().isoformat())
    page.locator("input[value=public]").check()
    page.check("#takes_nameless")
    page.locator("form[action$='/round/open/'] button").click()
    page.goto(f"{sides.main_address}{TEAM}/without-a-name/")
    assert officer.fingerprint in page.locator("main").inner_text()


def test_from_the_first_key_to_the_proof_that_a_comment_was_counted(tmp_path, sqlite_template, browser):
    desk_files = tmp_path / "officer"
    desk_files.mkdir()
    with two_sides(tmp_path / "sides") as sides:
        prepare_main(sides, sqlite_template)
        sides.start(WEB, WORKER)
        with (
            signed_in(browser, sides, "ana@nhri.example") as ana,
            signed_in(browser, sides, "dalia@x.example") as dalia,
            a_desk(browser) as desk,
            visitor(browser, javascript=False, width=360) as pocket,
        ):
            officer, phone = AtBoth(sides, AtTheDesk(desk, desk_files), ana), pocket.new_page()
            phone.set_default_timeout(60_000)
            begin(browser, sides, officer, dalia)
            code = write_in_the_browser(phone, sides)
            others = [write_nameless(sides, text) for text in OTHERS]
            ask_and_answer(sides, officer, phone, code)
            release_five(sides, officer, dalia, phone, code)
            close_and_settle(sides, officer, dalia, others)
            publish_and_prove(sides, officer, dalia, phone, code, others)
        assert sides.command("main", "audit", "verify") == "The journal is whole.\n"


def begin(browser, sides, officer, dalia):
    """Card, appointment, safe's setting up, the key, the round; safe hears of it."""
    officer.hand_in_card()
    with signed_in(browser, sides, "boss@x.example") as boss:
        boss.goto(f"{sides.main_address}/staff/custody/")
        boss.fill("#fingerprint-1", officer.fingerprint)
        press(boss, "Appoint")
        assert boss.locator("#fingerprint-1").count() == 0
    set_up_safe(sides, [officer.card])
    sides.end()
    sides.start(WEB, WORKER, SAFE_WEB)
    officer.make_consultation_key()
    open_round(dalia, sides, officer)
    sides.wait_until_told(state="open")
    sides.tick()


def ask_and_answer(sides, officer, phone, code):
    """The first batch, a question; the code is typed from paper in other digits; the answer goes with the second."""
    sides.exchange_day(1)
    officer.open_desk()
    assert officer.at.fact("overview.comments") == "5"
    officer.open_item("Anlo Ferrit")
    assert "[…]" in officer.at.value("public-text")
    officer.at.fill("question", QUESTION)
    officer.at.press("item.list")
    officer.hand_in_result()

    arabic = crypto.grouped(code).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert come_back(phone, sides, f" {arabic} ") == "The officers have your comment"
    assert QUESTION in phone.locator("main").inner_text()
    phone.fill("textarea", FOLLOW_UP)
    press(phone, "Send my reply")
    assert phone.locator("h1").inner_text() == "We have your reply"


def release_five(sides, officer, dalia, phone, code):
    """What followed is read; five public versions go to the team."""
    sides.exchange_day(2)
    officer.open_desk()
    officer.open_item("Anlo Ferrit")
    assert FOLLOW_UP in officer.at.page.locator("main").inner_text()
    officer.at.fill("public-text", "The second paragraph leaves out the bridge.")
    officer.at.pick("choice", "verbatim")
    officer.at.press("item.list")
    for text in OTHERS:
        officer.open_item(text)
        officer.at.fill("public-text", text)
        officer.at.pick("choice", "verbatim")
        officer.at.press("item.list")
    officer.hand_in_result()
    dalia.goto(f"{sides.main_address}{TEAM}/answers/")
    queue = dalia.locator("main").inner_text()
    assert all(text in queue for text in (*OTHERS, "The second paragraph leaves out the bridge."))
    assert "Anlo" not in queue
    assert come_back(phone, sides, code) == "Your comment was passed on"


def close_and_settle(sides, officer, dalia, others):
    """Closing, the announcement, a withdrawal in time, the last run."""
    sides.pass_time(timedelta(days=9))
    sides.wait_until_told(state="closed")
    sides.tick()
    sides.wait_until_told(received=3)
    officer.open_desk()
    officer.hand_in_result("closing")
    dalia.goto(f"{sides.main_address}{TEAM}/without-a-name/")
    dalia.fill("#until", (sides.now() + timedelta(days=4)).date().isoformat())
    press(dalia, "Announce this day")
    assert "Announced: until" in dalia.locator("main").inner_text()
    sides.wait_until_told(withdrawals_closed=False, published=False)
    assert withdraw_nameless(sides, others[2]) == "Your comment is withdrawn"
    sides.pass_time(timedelta(days=6))
    sides.wait_until_told(withdrawals_closed=True)
    dalia.goto(f"{sides.main_address}{TEAM}/report/")
    assert dalia.locator("button[value=final]").count() == 0, "the report waits for the last run"
    sides.tick()
    sides.wait_until_told(received=4)
    officer.open_desk()
    officer.hand_in_result("closing")


def publish_and_prove(sides, officer, dalia, phone, code, others):
    """The report, the answer on safe, a withdrawal too late to leave no trace, the proof."""
    assert answer_all(dalia, sides) == 4
    dalia.goto(f"{sides.main_address}{TEAM}/report/")
    dalia.click("button[value=final]")
    report = f"{sides.main_address}/en/consultations/{SLUG}/response/"
    phone.goto(report)
    shown = phone.locator("main").inner_text()
    assert (shown.count(REASON), OTHERS[2] in shown, OTHERS[3] in shown) == (4, False, True)
    sides.wait_until_laid(exchange.ANSWERS)
    sides.tick()
    assert come_back(phone, sides, code) == "Your comment was answered"
    assert REASON in phone.locator("main").inner_text()

    assert withdraw_nameless(sides, others[3]) == "Your comment is withdrawn"
    sides.exchange_day(5)
    officer.open_desk()
    officer.hand_in_result("final")
    phone.goto(report)
    phone.reload()  # a public page may be kept for a minute
    shown = phone.locator("main").inner_text()
    assert OTHERS[3] not in shown
    assert "withdrawn" in shown.lower()

    root = until(lambda: sides.told()["final_root"], "main tells the final root")
    sides.tick()
    assert come_back(phone, sides, code) == "Your comment was answered"
    proof = phone.locator("details pre").text_content()
    said = sides.command("safe", "safe", "verify-inclusion", "--root", root, given=proof)
    assert "It holds. Outcome: used." in said
    assert heading_of(sides, others[0]) == "Your comment was answered"
    assert heading_of(sides, others[3]) == "Your comment is withdrawn"

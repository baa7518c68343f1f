"""From one desk file to the next: what was decided comes back, what was unfinished is kept, nothing lies open in between."""

import json
import os
import signal
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from consult.core import crypto
from consult.core.crypto import b64, unb64
from tests.custodian.conftest import FILE, a_desk
from tests.custodian.driving import PASSPHRASE, AtFirefox, AtTheDesk
from tests.support.browser import ARGUMENTS, TIMEOUT
from tests.support.firefox import running_firefox
from tests.support.officers import Dossier, Letter, an_officer, key_file, recovery_digits
from tests.support.tools import require

pytestmark = pytest.mark.browser

WORDS = [f"{word} wells are dry." for word in ("Amber", "Bronze", "Copper", "Dun", "Ebony")]


@pytest.fixture
def dossier():
    return Dossier([an_officer(), an_officer("Ben Osei", "University of Maravel")])


def at_the_desk(page, folder, officer):
    officer_at = AtTheDesk(page, folder)
    officer_at.open_keys(key_file(officer, PASSPHRASE))
    return officer_at


def result_of(officer_at, dossier, number=1, *, closing=False):
    officer_at.press("overview.result")
    if closing:
        officer_at.page.locator("#closing").check()
    officer_at.press("result.make")
    officer_at.at("result.made_title")
    result = dossier.read_result(officer_at.save("result.save"), number)
    officer_at.press("item.list")
    return result


def a_first_result(browser, folder, dossier, batch):
    """All five may be paraphrased, and the writer of the first is thanked."""
    with a_desk(browser) as page:
        officer_at = at_the_desk(page, folder, dossier.officers[0])
        officer_at.open_desk(dossier.desk_file([batch]), dossier.title)
        for text in WORDS:
            officer_at.decide(text, "paraphrase", public=f"So: {text}")
        officer_at.open_item("Amber")
        officer_at.fill("reply", "Thank you.")
        officer_at.press("item.list")
        return result_of(officer_at, dossier)


def test_decisions_come_back_sealed_and_a_second_batch_joins_them(browser, folder, dossier):
    """Safeguard of the maker's fingerprint: `signerPage` in `goToDesk` (src/pages_desk.js)."""
    people = {text: Letter() for text in WORDS}
    first = dossier.batch(1, [dossier.body(letter, text=text) for text, letter in people.items()])
    one = a_first_result(browser, folder, dossier, first)
    assert {each["use"] for each in one["release"]} == {"paraphrase"}

    amber, bronze = people[WORDS[0]], people[WORDS[1]]
    second = dossier.batch(
        2,
        [
            dossier.body(amber, "follow_up", text="Since June, in fact."),
            dossier.body(bronze, "withdrawal"),
            dossier.body(Letter(), text="A late voice."),
            dossier.decoy("follow_up"),
            dossier.decoy("withdrawal"),
        ],
    )
    taken = {"state": one["state"], "numbers": {"result": 1, "cells": 1}}
    with a_desk(browser) as page:  # another machine, and another officer
        officer_at = at_the_desk(page, folder, dossier.officers[1])
        officer_at.choose_desk_file(dossier.desk_file([first, second], **taken))
        officer_at.at("signer.title")
        officer_at.fill("paper", dossier.officers[1].fingerprint)
        officer_at.press("cards.compare")
        officer_at.refused("signer.differ")
        officer_at.fill("paper", dossier.officers[0].fingerprint)
        officer_at.press("cards.compare")
        expect(page.locator("h1")).to_have_text(dossier.title)
        assert (officer_at.fact("overview.comments"), officer_at.fact("overview.undecided")) == ("5", "1")
        assert page.get_by_text("Bronze").count() == 0, "what was withdrawn is shown no more"
        officer_at.open_item("Amber")
        expect(page.get_by_text("Since June, in fact.")).to_be_visible()
        expect(page.get_by_text("So: Amber wells are dry.")).to_be_visible()
        expect(page.get_by_text("Thank you.")).to_be_visible()
        assert page.locator("#choice").count() == 0, "what was released cannot be changed"
        officer_at.fill("question", "Since which June?")
        officer_at.press("item.list")
        two = result_of(officer_at, dossier, 2)

    refs = {each["text"]: each["ref"] for each in one["release"]}
    assert (two["release"], two["withdrawn"]) == ([], [refs["So: Bronze wells are dry."]])
    cells = dossier.read_cells(two["cells"], 2)
    told = dossier.read_cell(cells[amber.receipt], amber, 2)
    assert [(each["number"], each["kind"], each["text"]) for each in told["messages"]] == [
        (1, "reply", "Thank you."),
        (2, "question", "Since which June?"),
    ]
    assert told["comment"] == refs["So: Amber wells are dry."]
    gone = dossier.read_cell(cells[bronze.receipt], bronze, 2)
    assert (gone["state"], gone["messages"]) == ("withdrawn", [])


def test_a_group_under_five_stays_while_the_round_is_open_and_goes_when_it_closed(browser, folder, dossier):
    """Safeguard: `GROUP_LEAST` in `checkResult` (src/result.js)."""
    batch = dossier.batch(1, [dossier.body(Letter(), text=text) for text in WORDS[:2]])
    with a_desk(browser) as page:
        officer_at = at_the_desk(page, folder, dossier.officers[0])
        officer_at.open_desk(dossier.desk_file([batch]), dossier.title)
        officer_at.decide("Amber", "verbatim")
        officer_at.press("overview.result")
        officer_at.press("result.make")
        officer_at.refused("refused.group_too_small", ready=1, least=5)
        officer_at.press("back")
        officer_at.press("to_menu")

        officer_at.open_desk_again(dossier.desk_file([batch], manifest=dossier.manifest(state="closed")), dossier.title)
        officer_at.press("overview.result")
        officer_at.press("result.make")
        officer_at.refused("refused.group_too_small", ready=1, least=5)  # the officer has to say that this is all
        officer_at.press("back")
        result = result_of(officer_at, dossier, closing=True)

    assert (len(result["release"]), result["closing"]) == (1, True)


def test_the_last_result_seals_to_everyone_what_became_of_their_comment(browser, folder, dossier):
    people = {text: Letter() for text in WORDS}
    bodies = [dossier.body(letter, text=text) for text, letter in people.items()]
    bodies.append(dossier.body(people[WORDS[2]], "withdrawal"))
    batch = dossier.batch(1, bodies)
    closed = dossier.manifest(state="closed")
    with a_desk(browser) as page:
        officer_at = at_the_desk(page, folder, dossier.officers[0])
        officer_at.open_desk(dossier.desk_file([batch], manifest=closed), dossier.title)
        for text in (WORDS[0], WORDS[1]):
            officer_at.decide(text, "verbatim", public=text)
        officer_at.decide(WORDS[3], "confidential")
        one = result_of(officer_at, dossier, closing=True)
        refs = {each["text"]: each["ref"] for each in one["release"]}
        outcomes = {refs[WORDS[0]]: "accepted_in_part", refs[WORDS[1]]: "noted"}
        told = [{"ref": ref, "outcome": outcome, "reason": {}, "published": True} for ref, outcome in outcomes.items()]
        answers = dossier.signed("answers", 1, {"answers": told}, dossier.main[1])
        taken = {"state": one["state"], "numbers": {"result": 1, "cells": 1}, "manifest": closed}
        officer_at.press("to_menu")

        officer_at.open_desk_again(dossier.desk_file([batch], **taken), dossier.title)
        officer_at.press("overview.result")
        assert page.locator("#final").count() == 0, "nothing is answered yet"
        officer_at.press("back")
        officer_at.press("to_menu")
        officer_at.open_desk_again(dossier.desk_file([batch], answers=answers, **taken), dossier.title)
        officer_at.press("overview.result")
        page.locator("#final").check()
        officer_at.press("result.make")
        officer_at.at("result.made_title")
        two = dossier.read_result(officer_at.save("result.save"), 2)
        officer_at.press("item.list")
        again = {"state": two["state"], "numbers": {"result": 2, "cells": 2}, "manifest": closed}
        officer_at.press("to_menu")
        officer_at.open_desk_again(dossier.desk_file([batch], answers=answers, **again), dossier.title)
        three = result_of(officer_at, dossier, 3)

    assert three["final"] == two["final"], "the tree is made once"
    became = ["used", "answered", "withdrawn", "kept confidential", "kept confidential"]
    check_outcomes(dossier, two, dict(zip(WORDS, became, strict=True)), people)


def check_outcomes(dossier, result, became, people):
    """Each cell holds the leaf of the outcome, and the way from it to the root."""
    root = unb64(result["final"]["root"], 32)
    cells = dossier.read_cells(result["cells"], 2)
    for text, outcome in became.items():
        letter = people[text]
        told = dossier.read_cell(cells[letter.receipt], letter, 2)
        leaf = crypto.leaf_of(letter.inclusion + outcome.encode())
        assert unb64(told["leaf"]) == leaf, outcome
        assert crypto.is_in_tree(leaf, told["place"], [unb64(each, 32) for each in told["path"]], root)
        assert len(told["path"]) == 8


def test_the_work_outlives_a_browser_killed_in_the_middle_and_nothing_lies_open_on_the_disk(
    browser, folder, tmp_path, dossier
):
    """Safeguard: `sealForMe` in `keep` (src/store.js)."""
    profile = tmp_path / "profile"
    batch = dossier.batch(1, [dossier.body(Letter(), text=text) for text in WORDS])
    desk_file = dossier.desk_file([batch])

    context = launch(browser, profile)
    officer_at = at_the_desk(opened(context), folder, dossier.officers[0])
    officer_at.open_desk(desk_file, dossier.title)
    officer_at.open_item("Copper")
    officer_at.fill("public-text", "A well called Quicksilver is dry.")
    officer_at.pick("choice", "internal")
    officer_at.fill("question", "Is it Quicksilver?")
    expect(officer_at.page.locator("#saved")).to_have_text(officer_at.says("kept.here"))
    officer_at.page.evaluate(PLANT, PLANTED)
    kill(profile)

    assert found_in(profile, PLANTED.encode()), "what lay in the browser's storage in plain words would be found"
    for plain in (
        "Quicksilver",
        "Copper",
        "wells are",
        "upr-4",
        "safe.example",
        "kf3installation",
        dossier.officers[0].fingerprint,
    ):
        assert not found_in(profile, plain.encode()), plain
        assert not found_in(profile, plain.encode("utf-16-le")), plain

    context = launch(browser, profile)
    officer_at = at_the_desk(opened(context), folder, dossier.officers[0])
    officer_at.choose_desk_file(desk_file)
    officer_at.at("saved.title")
    officer_at.press("saved.go_on")
    officer_at.open_item("Copper")
    assert officer_at.page.locator("#public-text").input_value() == "A well called Quicksilver is dry."
    assert officer_at.page.locator("#question").input_value() == "Is it Quicksilver?"
    assert officer_at.page.locator("input[value=internal]").is_checked()
    context.close()


def test_the_work_outlives_firefox_killed_in_the_middle_and_nothing_lies_open_on_the_disk(folder, tmp_path, dossier):
    """The same safeguard; and Firefox writes what was typed into its own store of open tabs, unless a box forbids it."""
    profile = tmp_path / "profile"
    profile.mkdir()
    batch = dossier.batch(1, [dossier.body(Letter(), text=text) for text in WORDS])
    desk_file = dossier.desk_file([batch])

    with in_firefox(folder, profile, dossier.officers[0]) as officer_at:
        officer_at.open_desk(desk_file, dossier.title)
        officer_at.open_item("Copper")
        officer_at.fill("public-text", "A well called Quicksilver is dry.")
        officer_at.fill("question", "Is it Quicksilver?")
        officer_at.shows("#saved", officer_at.says("kept.here"))
        officer_at.firefox.script(PLANT_BOX)
        officer_at.fill("open", PLANTED)
        officer_at.firefox.until(
            lambda: found_in(profile / "sessionstore-backups", PLANTED.encode()), "the planted words"
        )
        officer_at.firefox.kill()

    for plain in ("Quicksilver", "Copper", "wells are", dossier.officers[0].fingerprint):
        assert not found_in(profile, plain.encode()), plain
        assert not found_in(profile, plain.encode("utf-16-le")), plain

    with in_firefox(folder, profile, dossier.officers[0]) as officer_at:
        officer_at.choose_desk_file(desk_file)
        officer_at.at("saved.title")
        officer_at.press("saved.go_on")
        officer_at.open_item("Copper")
        assert officer_at.value("public-text") == "A well called Quicksilver is dry."
        assert officer_at.value("question") == "Is it Quicksilver?"


# A box that does not forbid the browser to keep what is typed in it: what it keeps would be seen.
PLANT_BOX = """
  const box = document.body.appendChild(document.createElement("textarea"));
  box.id = "open";
"""


# Firefox keeps its open tabs for after a crash, as it does at home and not where programs drive it.
AS_AT_HOME = {
    "remote.prefs.recommended": False,
    "browser.sessionstore.resume_from_crash": True,
    "browser.sessionstore.interval": 500,
}


@contextmanager
def in_firefox(folder, profile, officer):
    with running_firefox(folder, profile=profile, preferences=AS_AT_HOME, loopback=True) as firefox:
        firefox.ask("WebDriver:Navigate", url=FILE.as_uri())
        officer_at = AtFirefox(firefox, folder)
        officer_at.open_keys(key_file(officer, PASSPHRASE))
        yield officer_at


PLANTED = "Planted in plain words"
PLANT = """(words) => new Promise((done) => {
  const opening = indexedDB.open("consult", 1);
  opening.onsuccess = () => {
    const writing = opening.result.transaction("kept", "readwrite", {durability: "strict"});
    writing.objectStore("kept").put(words, "planted");
    writing.oncomplete = () => done(opening.result.close());
  };
})"""


def launch(browser, profile):
    """A browser of its own, which keeps its storage in this folder."""
    context = browser.browser_type.launch_persistent_context(
        str(profile),
        executable_path=require("chromium"),
        args=ARGUMENTS,
        offline=True,
        accept_downloads=True,
        locale="en",
    )
    context.set_default_timeout(TIMEOUT)
    return context


def opened(context):
    page = context.new_page()
    page.goto(FILE.as_uri())
    page.wait_for_selector("h1")
    return page


def kill(profile):
    """Ends every process of the browser that runs on this profile, at once and without a word."""
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                if f"--user-data-dir={profile}".encode() in (path / "cmdline").read_bytes():
                    os.kill(int(path.name), signal.SIGKILL)
            except (OSError, ProcessLookupError):
                continue


def found_in(folder, needle):
    return any(needle in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_work_in_a_file_is_taken_up_elsewhere_and_opens_to_its_officer_only(browser, folder, dossier):
    batch = dossier.batch(1, [dossier.body(Letter(), text=text) for text in WORDS])
    with a_desk(browser) as page:
        officer_at = at_the_desk(page, folder, dossier.officers[0])
        officer_at.open_desk(dossier.desk_file([batch]), dossier.title)
        officer_at.decide("Dun", "verbatim", public="A dun well.")
        with page.expect_download() as waiting:
            officer_at.press("work.save")
        work = Path(waiting.value.path()).read_text("utf-8")
    assert "A dun well" not in work

    with a_desk(browser) as page:
        officer_at = at_the_desk(page, folder, dossier.officers[0])
        officer_at.open_desk(dossier.desk_file([batch]), dossier.title)
        officer_at.press("work.load")
        officer_at.give("work-file", work)
        officer_at.press("work.take")
        officer_at.open_item("Dun")
        assert page.locator("#public-text").input_value() == "A dun well."

    with a_desk(browser) as page:
        officer_at = at_the_desk(page, folder, dossier.officers[1])
        officer_at.choose_desk_file(dossier.desk_file([batch], opening=dossier.opening(by=dossier.officers[1])))
        expect(page.locator("h1")).to_have_text(dossier.title)
        officer_at.press("work.load")
        officer_at.give("work-file", work)
        officer_at.press("work.take")
        officer_at.refused("refused.work_foreign")


def own_copy(dossier, officer):
    """The opening file with one officer's half alone, as the site gives it out."""
    made = json.loads(dossier.opening_file())
    return json.dumps(made | {"halves": [half for half in made["halves"] if half["officer"] == officer.fingerprint]})


def test_each_brings_their_own_copy_once_the_site_keeps_no_halves(browser, folder, dossier):
    me, other = dossier.officers
    batch = dossier.batch(1, [dossier.body(Letter(), text=WORDS[0])])
    with a_desk(browser) as page:
        officer_at = at_the_desk(page, folder, me)
        officer_at.press("menu.copy_try")
        officer_at.give("copy", own_copy(dossier, other))
        officer_at.press("go_on")
        officer_at.refused("refused.copy_closed")
        officer_at.give("copy", own_copy(dossier, me))
        officer_at.press("go_on")
        officer_at.at("try.opens")
        assert officer_at.fact("sheet.key") == "1"
        officer_at.press("to_menu")

        officer_at.choose_desk_file(dossier.desk_file([batch], halves=[]))
        officer_at.at("copy.title")
        officer_at.give("copies", own_copy(dossier, other))
        officer_at.press("recovery.open")
        officer_at.refused("copy.not_this", keys=1)
        officer_at.give("copies", "{}")
        officer_at.press("recovery.open")
        officer_at.refused("refused.not_a_copy")
        officer_at.give("copies", own_copy(dossier, me))
        officer_at.press("recovery.open")
        expect(page.locator("h1")).to_have_text(dossier.title)
        assert officer_at.fact("overview.comments") == "1"


def test_the_recovery_sheet_opens_what_no_half_does(browser, folder, dossier):
    newcomer = an_officer("Cora Lind", "Ombudsman of Maravel")
    batch = dossier.batch(1, [dossier.body(Letter(), text=WORDS[0])])
    with a_desk(browser) as page:
        officer_at = at_the_desk(page, folder, newcomer)
        officer_at.choose_desk_file(dossier.desk_file([batch]))
        officer_at.fill("paper", dossier.officers[0].fingerprint)
        officer_at.press("cards.compare")
        officer_at.press("copy.lost")
        officer_at.at("recovery.title")
        digits = recovery_digits(dossier.seed)
        for typed, said, values in (
            (digits[:-1], "recovery.count", {"count": 79}),
            (str((int(digits[0]) + 1) % 10) + digits[1:], "recovery.mistyped", {}),
            (recovery_digits(bytes(32)), "recovery.other", {}),
        ):
            officer_at.fill("digits", typed)
            officer_at.press("recovery.open")
            officer_at.refused(said, **values)
        officer_at.fill("digits", digits.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")))
        officer_at.press("recovery.open")
        expect(page.locator("h1")).to_have_text(dossier.title)
        officer_at.open_item("Amber")


def test_work_begun_before_another_officers_result_is_taken_up_around_it(browser, folder, dossier):
    people = {text: Letter() for text in WORDS}
    batch = dossier.batch(1, [dossier.body(letter, text=text) for text, letter in people.items()])
    closed = dossier.manifest(state="closed")
    with a_desk(browser) as page:
        mine = at_the_desk(page, folder, dossier.officers[0])
        mine.open_desk(dossier.desk_file([batch], manifest=closed), dossier.title)
        mine.decide("Amber", "verbatim", public="My amber.")
        mine.decide("Bronze", "verbatim", public="My bronze.")
        with a_desk(browser) as other_page:
            theirs = at_the_desk(other_page, folder, dossier.officers[1])
            own = dossier.opening(by=dossier.officers[1])
            theirs.open_desk(dossier.desk_file([batch], opening=own, manifest=closed), dossier.title)
            theirs.decide("Amber", "verbatim", public="Their amber.")
            one = result_of(theirs, dossier, closing=True)
        mine.press("to_menu")
        taken = {"state": one["state"], "numbers": {"result": 1, "cells": 1}, "manifest": closed}
        mine.choose_desk_file(dossier.desk_file([batch], **taken))
        mine.at("saved.title")
        mine.press("saved.go_on")
        two = result_of(mine, dossier, 2, closing=True)

    assert [each["text"] for each in one["release"]] == ["Their amber."]
    assert [each["text"] for each in two["release"]] == ["My bronze."]
    decisions = dossier.read_state(unb64(two["state"]))["decisions"]
    assert decisions[b64(people[WORDS[0]].pair[0])]["public"]["text"] == "Their amber."

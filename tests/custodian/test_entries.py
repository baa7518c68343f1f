"""Protected entries, from the custodian file to the site and back: made, handed out, corrected, copied to a newcomer, delivered."""

import json
import os
from contextlib import contextmanager
from pathlib import Path

import pytest

from consult.core import crypto
from consult.core.crypto import b64, unb64
from consult.core.db import reading, writing
from consult.custody.operations_sealed import hand_out, take_entries
from consult.custody.queries_sealed import sealed_for
from consult.custody.rules_sealed import Reason
from consult.custody.sealed_files import entry_file
from consult.custody.sides import here
from consult.stakeholders.models import SENSITIVE_CATEGORIES, Stakeholder
from consult.vocabularies import tables
from tests.custodian.conftest import a_desk
from tests.custodian.driving import PASSPHRASE, AtTheDesk
from tests.custodian.test_sessions import PLANT_BOX, PLANTED, found_in, in_firefox
from tests.custody.fixtures import NOON, consultation, journal, rows  # noqa: F401
from tests.custody.fixtures import desk as registry  # noqa: F401
from tests.support.browser import axe
from tests.support.officers import an_officer, key_file
from tests.support.tools import require

pytestmark = pytest.mark.browser
LOOKS = [("en", 1280), ("ar", 360)]
REF = "abcdefgh23"
ANA, BEN = an_officer(), an_officer("Ben Osei", "University of Maravel")
HERE = "kf3installation"
CATEGORIES = [{"code": "cso", "names": {"en": "Civil society", "ar": "المجتمع المدني", "zh": "民间社会"}}]
LANGUAGES = [{"code": "en", "name": "English"}, {"code": "ar", "name": "العربية"}]
NADIA = {
    "name": "Nadia Qamar", "email": "nadia@x.example", "phone": "+0 12 34", "postal_address": "1 Bridge Row\nKettle Bay",
    "reach": "no_email", "people": "", "access_needs": "Sign language", "note": "Ask for \u202eher brother",
}  # fmt: skip


def copy(by=ANA, /, to=ANA, **changes):
    """A sealed copy signed by an officer; by None as the site makes it."""
    if by is None:
        told = json.dumps({"entry": REF, "by": "", **NADIA, **changes}).encode()
    else:
        content = {"installation": HERE, "entry": REF, "edition": 1, **NADIA, **changes}
        told = crypto.sign("entry", content, by.signing[1]).encode()
    return b64(crypto.seal(crypto.pad(told, crypto.PADDED[:1]), to.box[0]))


def handed(*copies, deliveries=None, cards=(ANA,), **changes):
    """A file as the site hands it out."""
    plain = {
        "edition": 1,
        "stand": "s1",
        "kind": "person",
        "category": "cso",
        "language": "en",
        "basis": "consent",
        "left": False,
    }
    entries = [{**plain, "ref": REF, "sealed": one} if isinstance(one, str) else {**plain, **one} for one in copies]
    return json.dumps(
        {
            "format": "consult-entries-out", "version": 1, "installation": HERE, "host": "consult.example", "officer": ANA.fingerprint,
            "cards": [one.card for one in cards], "earlier": [BEN.card], "waiting": [], "appointments": [],
            "categories": CATEGORIES, "languages": LANGUAGES, "entries": entries, "deliveries": deliveries or {}, **changes,
        }
    )  # fmt: skip


DELIVERY = {
    REF: [
        {
            "id": "d1",
            "language": "en",
            "subject": "A message for you",
            "text": "Dear reader,\nhttps://consult.example/en/door/x",
        }
    ]
}


@pytest.fixture
def officer_at(desk, folder):
    at = AtTheDesk(desk, folder)
    at.open_keys(key_file(ANA, PASSPHRASE))
    return at


def open_file(at, text):
    at.press("menu.entries_open")
    at.give("entries-file", text)
    at.press("go_on")


def make_nadia(at):
    at.press("entries.new")
    at.fill("entry-name", "Nadia Qamar")
    at.fill("entry-note", "Her brother knows.")
    at.pick("entry-reach", "no_email")
    at.pick("entry-how", "meeting")
    at.fill("entry-agreed", "Leaflet 2027")
    at.press("entry.keep")
    at.at("entries.title")


@pytest.mark.database
def test_a_person_is_offered_no_category_of_what_they_believe_or_organise_for(officer_at, registry):  # noqa: F811
    registry.appoint(ANA)
    open_file(officer_at, fetch(registry))
    officer_at.press("entries.new")

    offered = {}
    for kind in ("organisation", "person"):
        officer_at.pick("entry-kind", kind)
        offered[kind] = officer_at.words("#entry-category option")

    left_out = {tables.categories()[code].name("en") for code in SENSITIVE_CATEGORIES}
    assert set(offered["organisation"]) - set(offered["person"]) == left_out
    assert len(offered["person"]) > 3


@pytest.mark.database
def test_an_entry_goes_to_the_site_and_back_is_corrected_and_copied_to_a_newcomer(officer_at, registry):  # noqa: F811
    """The whole way, with the site that is in use in this process."""
    registry.appoint(ANA)
    open_file(officer_at, fetch(registry))
    make_nadia(officer_at)
    made = hand_in(registry, officer_at)
    assert ("Nadia" in made, "Leaflet" in made) == (False, False)
    assert rows("SELECT 'how', how FROM consent WHERE wording = ''")[0] == ("how", "meeting")
    officer_at.press("to_menu")

    open_file(officer_at, fetch(registry, Reason.WRITE))
    officer_at.press_row("Nadia Qamar")
    officer_at.at("entry.title")
    assert (officer_at.fact("entry.note"), officer_at.fact("entry.reach")) == (
        "Her brother knows.",
        officer_at.says("reach.no_email"),
    )
    officer_at.press("entry.correct")
    officer_at.fill("entry-phone", "+0 55")
    officer_at.press("entry.keep")
    hand_in(registry, officer_at)
    officer_at.press("to_menu")

    registry.join(BEN, ANA)
    open_file(officer_at, fetch(registry, Reason.COPIES))
    officer_at.press("entries.copies_do")
    officer_at.press("entries.make")
    officer_at.refused("entries.compare_all")
    officer_at.compare_card(1, BEN.fingerprint)
    hand_in(registry, officer_at, begun=True)

    with reading() as db:
        entry = db.query(Stakeholder).filter_by(protection="protected").one()
        sealed = sealed_for(db, [entry.id], registry.officer(db, BEN))[entry.id].sealed
    told = crypto.verify(crypto.unpad(crypto.unseal(sealed, *BEN.box)).decode(), "entry", [ANA.signing[0]])[0]
    assert (told["name"], told["phone"], told["edition"], told["entry"]) == ("Nadia Qamar", "+0 55", 3, entry.ref)
    events = ["taken_in", "handed_out", "corrected", "handed_out", "corrected"]
    assert [event for event, _ in journal("entry.%")] == [f"entry.{each}" for each in events]


def fetch(site, reason=None):
    """What the site hands out: all protected entries with a reason, or the officers' cards."""
    with writing() as db:
        officer = site.officer(db, ANA)
        entries = db.query(Stakeholder).filter_by(protection="protected").all() if reason else []
        if reason:
            hand_out(db, entries, officer, reason, by=site.people[ANA.fingerprint], now=NOON)
        return entry_file(db, officer, entries)


def hand_in(site, at, *, begun=False):
    """The file for the site, taken in there. Returns it; the list of entries is shown then."""
    if not begun:
        at.press("entries.upload")
    at.press("entries.make")
    at.at("entries.made_title")
    made = at.save("entries.save")
    with writing() as db:
        officer, by = site.officer(db, ANA), site.people[ANA.fingerprint]
        take_entries(db, here().installation, made, officer=officer, by=by, now=NOON)
    at.press("entries.back")
    return made


def test_what_was_delivered_is_marked_and_never_by_email_is_said(officer_at):
    open_file(officer_at, handed(copy(), deliveries=DELIVERY))
    officer_at.page.locator(
        "section", has=officer_at.page.get_by_role("heading", name=officer_at.says("entries.deliver"))
    ).locator("button").first.click()
    officer_at.at("deliver.title")
    assert officer_at.says("deliver.no_email") in " ".join(officer_at.words(".until"))
    assert "https://consult.example/en/door/x" in " ".join(officer_at.words(".quoted"))
    officer_at.press("deliver.letter")
    officer_at.page.emulate_media(media="print")
    printed = officer_at.page.locator("body").inner_text()
    assert "1 Bridge Row" in printed
    assert "Consult" not in printed
    officer_at.page.emulate_media(media="screen")
    officer_at.press("back")
    officer_at.press("deliver.mark")
    officer_at.at("entries.title")
    officer_at.press("to_menu")

    open_file(officer_at, handed(copy(), deliveries=DELIVERY))  # another day: what was brought is not asked for again
    officer_at.at("entries.title")
    assert officer_at.page.get_by_role("heading", name=officer_at.says("entries.deliver")).count() == 0
    officer_at.press_row("Nadia Qamar")
    assert officer_at.words(".tag.accepted") == [officer_at.says("deliver.done")]


@pytest.mark.parametrize(("told", "is_said"), [({"left": True}, True), ({"basis": "none"}, False)])
def test_only_who_left_is_not_to_be_written_to(officer_at, told, is_said):
    """Whoever said yes to news alone is written to: the site hands out nothing that is not wanted."""
    open_file(officer_at, handed({"ref": REF, "sealed": copy(), **told}, deliveries=DELIVERY))
    officer_at.page.locator(
        "section", has=officer_at.page.get_by_role("heading", name=officer_at.says("entries.deliver"))
    ).locator("button").first.click()
    officer_at.at("deliver.title")

    assert (officer_at.says("deliver.not") in " ".join(officer_at.words(".until"))) is is_said


def test_hidden_signs_are_written_out_and_who_wrote_is_said(officer_at):
    open_file(officer_at, handed(copy(BEN)))
    officer_at.press_row("Nadia Qamar")

    assert "[U+202E]" in officer_at.fact("entry.note")
    assert officer_at.says("by.unknown") in officer_at.fact("entry.by")
    officer_at.press("entries.back")
    officer_at.press("to_menu")
    open_file(officer_at, handed(copy(None)))
    officer_at.press_row("Nadia Qamar")
    assert officer_at.fact("entry.by") == officer_at.says("by.site")


STRANGER = an_officer("Nobody")
DOUBTED = {
    "sealed to another": copy(to=BEN),
    "signed by nobody known": copy(STRANGER),
    "of another entry": copy(entry="bcdefghj34"),
    "of another site": copy(installation="another"),
    "of another edition": copy(edition=2),
    "by the site for another entry": copy(None, entry="bcdefghj34"),
    "in an officer's name, unsigned": copy(None, by=ANA.fingerprint),
    "no text": copy(name=7),
    "too short": b64(crypto.seal(b"short", ANA.box[0])),
    "no bytes": "%%%",
}


def test_a_copy_that_cannot_be_believed_shows_nothing(officer_at):
    open_file(officer_at, handed(*DOUBTED.values()))
    officer_at.at("entries.title")

    assert officer_at.words(".rows .until") == [officer_at.says("entry.unreadable")] * len(DOUBTED)
    assert "Nadia" not in officer_at.page.locator("main").inner_text()


def test_a_file_that_is_none_or_another_officers_is_refused(officer_at):
    strange = {"sealed": copy(), "ref": "<img src=x>"}
    wrong = [
        handed(version=2),
        handed(earlier=None),
        handed(strange),
        handed(entries=[7]),
        handed(format="consult-entries"),
    ]
    wrong += [handed(deliveries={"bcdefghj34": []}), handed(copy(), deliveries={REF: {}}), handed(entries=None)]
    for text in ("", "{}", "[]", *wrong):
        officer_at.press("menu.entries_open")
        officer_at.give("entries-file", text)
        officer_at.press("go_on")
        officer_at.refused("refused.not_entries")
        officer_at.press("back")
    open_file(officer_at, handed(copy(), officer=BEN.fingerprint))
    officer_at.refused("refused.entries_of_another")


def test_an_older_edition_is_refused_after_a_newer_one(officer_at):
    open_file(officer_at, handed({"ref": REF, "edition": 2, "sealed": copy(edition=2)}))
    officer_at.at("entries.title")
    officer_at.press("to_menu")

    open_file(officer_at, handed(copy()))
    officer_at.at("entries.title")

    assert officer_at.words(".rows .until") == [officer_at.says("entry.old")]


def test_what_is_too_long_or_missing_is_said_and_kept(officer_at):
    open_file(officer_at, handed())
    officer_at.press("entries.new")
    officer_at.press("entry.keep")
    officer_at.refused("entry.name_missing")
    officer_at.fill("entry-name", "N")
    officer_at.press("entry.keep")
    officer_at.refused("entry.how_missing")
    officer_at.pick("entry-how", "phone")
    officer_at.fill("entry-note", "ن" * 2_100)
    officer_at.press("entry.keep")
    officer_at.shows(".errors", "too long to be sealed")
    assert officer_at.value("entry-note") == "ن" * 2_100
    officer_at.press("entries.back")
    officer_at.press("entries.upload")
    officer_at.press("entries.make")
    officer_at.shows(".errors", "too long to be sealed")


def test_unfinished_work_is_there_again_and_goes_on_from_what_others_corrected(officer_at):
    open_file(officer_at, handed(copy()))
    officer_at.press_row("Nadia Qamar")
    officer_at.press("entry.correct")
    officer_at.fill("entry-note", "Half a sen")
    officer_at.press("entries.back")
    officer_at.press("to_menu")

    open_file(officer_at, handed({"ref": REF, "edition": 4, "sealed": copy(edition=4, phone="+0 99")}))
    officer_at.press("entries.upload")
    officer_at.press("entries.make")
    made = json.loads(officer_at.save("entries.save"))

    (entry,) = crypto.verify(made["signed"], "entries", [ANA.signing[0]])[0]["entries"]
    assert (entry["ref"], entry["edition"]) == (REF, 5)
    sealed = crypto.unseal(unb64(made["sealed"][0][ANA.fingerprint]), *ANA.box)
    told = crypto.verify(crypto.unpad(sealed).decode(), "entry", [ANA.signing[0]])[0]
    assert (told["phone"], told["note"], told["edition"]) == ("+0 99", "Half a sen", 5)


def test_copies_that_were_not_handed_in_do_not_undo_what_others_corrected(officer_at):
    open_file(officer_at, handed(copy()))
    officer_at.press("entries.copies_do")
    officer_at.press("entries.back")
    officer_at.press("to_menu")

    open_file(officer_at, handed({"ref": REF, "edition": 2, "sealed": copy(edition=2, phone="+0 99")}))
    officer_at.at("entries.title")

    assert officer_at.page.get_by_role("heading", name=officer_at.says("entries.changed")).count() == 0


def test_what_is_typed_of_an_entry_outlives_firefox_killed_and_lies_open_nowhere(folder, tmp_path):
    """Firefox would write what is typed, and which of a list was chosen, into its own store of open tabs, unless a box forbids it."""
    profile = tmp_path / "profile"
    profile.mkdir()
    with in_firefox(folder, profile, ANA) as at:
        open_file(at, handed())
        at.press("entries.new")
        at.fill("entry-name", "Quicksilver")
        at.fill("entry-people", "Cinnabar Ray")
        at.pick("entry-reach", "no_email")
        at.shows("#saved", at.says("kept.here"))
        at.firefox.script(PLANT_BOX)
        at.fill("open", PLANTED)
        at.firefox.until(lambda: found_in(profile / "sessionstore-backups", PLANTED.encode()), "the planted words")
        at.firefox.kill()

    for plain in ("Quicksilver", "Cinnabar", HERE):
        assert not found_in(profile, plain.encode()), plain
        assert not found_in(profile, plain.encode("utf-16-le")), plain

    with in_firefox(folder, profile, ANA) as at:
        open_file(at, handed())
        at.press_row("Quicksilver")
        assert (at.value("entry-name"), at.value("entry-people")) == ("Quicksilver", "Cinnabar Ray")


@contextmanager
def looked_at(browser, folder, language, width):
    """The officer with their keys open, whose pages axe walks."""
    require("axe")
    with a_desk(browser, language=language, width=width) as page:
        at = AtTheDesk(page, folder, language)
        at.open_keys(key_file(ANA, PASSPHRASE))
        yield at


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_the_pages_pass_axe_and_fit_their_screen(browser, folder, language, width):
    with looked_at(browser, folder, language, width) as at:
        at.press("menu.entries_open")
        look(at, width)
        at.give(
            "entries-file", handed(copy(), {"ref": "bcdefghj34", "sealed": "x"}, deliveries=DELIVERY, cards=(ANA, BEN))
        )
        at.press("go_on")
        at.at("entries.title")
        look(at, width)
        at.press_row("Nadia Qamar")
        at.at("deliver.title")
        look(at, width)
        at.press("deliver.letter")
        look(at, width)
        at.press("back")
        at.press("entries.back")
        at.press("entries.new")
        look(at, width)
        at.press("entry.keep")
        look(at, width)
        at.fill("entry-name", "Nadia")
        at.pick("entry-how", "phone")
        at.press("entry.keep")
        at.press("entries.upload")
        look(at, width)


def look(at, width):
    title = at.page.locator("h1").inner_text()
    if folder := os.environ.get("PICTURES"):
        at.page.screenshot(
            path=f"{folder}/{at.language}-{width}-{len(list(Path(folder).iterdir()))}.png", full_page=True
        )
    assert axe(at.page) == [], title
    assert at.page.evaluate("document.documentElement.scrollWidth") <= width, title

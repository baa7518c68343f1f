"""Keys and people: a stop, a further key, a newcomer, and the word that something is erased; each a signed file that Python reads."""

import json

import pytest
from playwright.sync_api import expect

from consult.core import crypto
from consult.core.crypto import unb64
from tests.support.officers import Letter, an_officer, recovery_digits

pytestmark = pytest.mark.browser


def head(dossier, number, consultation=None):
    return {
        "installation": dossier.between.installation,
        "host": dossier.between.host,
        "consultation": dossier.consultation if consultation is None else consultation,
        "number": number,
    }


def signed_by(dossier, text, purpose):
    return crypto.verify(text, purpose, [dossier.officers[0].signing[0]])[0]


def test_one_officer_stops_a_key_and_a_further_one_follows(officer_at, dossier):
    batch = dossier.batch(4, [dossier.body(Letter())])
    officer_at.open_desk(dossier.desk_file([batch]), dossier.title)
    officer_at.press("officers.show")
    officer_at.press("stop.do", key=1)
    officer_at.press("stop.sign")
    stop = officer_at.save("signed.save")
    assert signed_by(dossier, stop, "stop") == head(dossier, 1) | {"key": 1, "last_release": 5}
    officer_at.press("to_menu")

    officer_at.open_desk(dossier.desk_file([batch], manifest=dossier.manifest(stops=[stop])), dossier.title)
    officer_at.press("officers.show")
    officer_at.press("further.do")
    officer_at.compare_card(1, dossier.officers[1].fingerprint)
    officer_at.press("cards.done")
    digits = officer_at.digits().split(" ")
    officer_at.press("sheet.have")
    for field in officer_at.ids("input[id^=group-]"):
        officer_at.fill(field, digits[int(field.removeprefix("group-"))])
    officer_at.press("go_on")
    made = json.loads(officer_at.save("opening.save"))

    opening = signed_by(dossier, made["opening"], "opening")
    assert opening["number"] == 2
    assert [(key["number"], key["last_release"]) for key in opening["keys"]] == [(1, 5), (2, None)]
    mine = {half["key"]: half for half in made["halves"] if half["officer"] == dossier.officers[0].fingerprint}
    seeds = {key: crypto.unseal(unb64(half["sealed"]), *dossier.officers[0].box) for key, half in mine.items()}
    assert seeds[1] == dossier.seed
    assert recovery_digits(seeds[2]).split(" ") == digits
    assert unb64(opening["keys"][1]["public"]) == crypto.box_pair(seeds[2])[0]


def test_a_newcomer_gets_halves_of_what_there_is(officer_at, dossier):
    newcomer = an_officer("Cora Lind")
    officer_at.open_desk(dossier.desk_file([]), dossier.title)
    officer_at.press("officers.show")
    officer_at.press("share.do")
    officer_at.give("card-file", newcomer.card)
    officer_at.fill("paper", newcomer.fingerprint)
    officer_at.press("go_on")

    made = json.loads(officer_at.save("opening.save"))

    opening = signed_by(dossier, made["opening"], "opening")
    before = signed_by(dossier, dossier.opening(), "opening")
    assert (opening["number"], opening["keys"]) == (2, before["keys"])
    assert opening["officers"] == [*before["officers"], newcomer.fingerprint]
    (half,) = (half for half in made["halves"] if half["officer"] == newcomer.fingerprint)
    assert crypto.unseal(unb64(half["sealed"]), *newcomer.box) == dossier.seed


def test_an_officer_who_has_left_stays_named_and_one_who_came_since_gets_the_next_key(officer_at, dossier):
    gone, newcomer = dossier.officers[1], an_officer("Cora Lind")
    stop = crypto.sign("stop", head(dossier, 1) | {"key": 1, "last_release": 3}, dossier.officers[0].signing[1])
    cards = [dossier.officers[0].card, newcomer.card]
    desk_file = dossier.desk_file([], manifest=dossier.manifest(stops=[stop], cards=cards))
    officer_at.open_desk(desk_file, dossier.title)
    officer_at.press("officers.show")
    officer_at.press("further.do")
    officer_at.compare_card(1, newcomer.fingerprint)
    officer_at.press("cards.done")
    digits = officer_at.digits().split(" ")
    officer_at.press("sheet.have")
    for field in officer_at.ids("input[id^=group-]"):
        officer_at.fill(field, digits[int(field.removeprefix("group-"))])
    officer_at.press("go_on")

    made = json.loads(officer_at.save("opening.save"))

    opening = signed_by(dossier, made["opening"], "opening")
    fingerprints = [officer.fingerprint for officer in (dossier.officers[0], gone, newcomer)]
    assert opening["officers"] == fingerprints
    assert {(half["officer"], half["key"]) for half in made["halves"]} == {
        (each.fingerprint, key) for each in (dossier.officers[0], newcomer) for key in (1, 2)
    }


def test_erasing_says_what_to_delete_and_signs_only_what_was_confirmed(officer_at, dossier):
    officer_at.open_desk(dossier.desk_file([dossier.batch(1, [dossier.body(Letter())])]), dossier.title)
    officer_at.decide("It is not so here", "confidential")
    officer_at.press("officers.show")
    officer_at.press("erase.do")
    for each in ("opening", "desk", "work", "sheet", "trash", "copies"):
        expect(officer_at.page.get_by_text(officer_at.says(f"erase.{each}"))).to_be_visible()
    officer_at.press("erase.sign")
    officer_at.refused("erase.choose")
    officer_at.pick("key", "1")
    officer_at.press("erase.sign")
    officer_at.refused("erase.confirm")
    officer_at.page.locator("#gone").check()
    officer_at.press("erase.sign")

    erased = signed_by(dossier, officer_at.save("signed.save"), "erased")

    assert erased == head(dossier, 1) | {"key": 1}
    officer_at.press("to_menu")
    officer_at.open_desk(dossier.desk_file([dossier.batch(1, [])]), dossier.title)  # no saved work is offered any more

"""What is forged, cut short, old or in doubt: refused with a sentence, or shown and kept aside, never believed and never dropped."""

import json
import secrets

import pytest
from playwright.sync_api import expect

from consult.core import crypto
from consult.core.crypto import b64, unb64
from tests.custodian.driving import PASSPHRASE, AtTheDesk
from tests.support.officers import Dossier, Letter, an_officer, key_file

pytestmark = pytest.mark.browser

FOREIGN = crypto.sign_pair(secrets.token_bytes(32))


def forged_desks(dossier):
    """What each forged desk file is refused with."""
    whole = dossier.desk_file([])
    stranger = an_officer("Ana Tui", "Ombudsman of Maravel")  # the name proves nothing
    false_cards = dossier.manifest(cards=[stranger.card, *(officer.card for officer in dossier.officers)])
    other_safe = Dossier(dossier.officers, seed=dossier.seed, main=dossier.main)
    opening = crypto.verify(dossier.opening(), "opening", [dossier.officers[0].signing[0]])[0]
    state = crypto.sign("state", {"number": 1}, FOREIGN[1]).encode()
    sealed_state = b64(crypto.seal(crypto.pad(state), dossier.pair[0]))
    old = dossier.signed("state", 1, {"base": 1, "decisions": {}, "leaves": None}, dossier.officers[1].signing[1])
    old_state = b64(crypto.seal(crypto.pad(old.encode()), dossier.pair[0]))
    return {
        "cut short": (whole[: len(whole) // 2], "not_a_desk_file"),
        "a key file": (key_file(dossier.officers[0], "x"), "not_a_desk_file"),
        "without its numbers": (dossier.desk_file([], numbers=None), "desk_file_damaged"),
        "a foreign manifest": (
            dossier.desk_file([], manifest=dossier.signed("manifest", 1, {}, FOREIGN[1])),
            "manifest_foreign",
        ),
        "a foreign signature on the opening": (
            dossier.desk_file([], opening=crypto.sign("opening", opening, FOREIGN[1])),
            "opening_foreign",
        ),
        "an opening by a stranger whose card main adds": (
            dossier.desk_file([], manifest=false_cards, opening=dossier.opening(by=stranger)),
            "opening_foreign",
        ),
        "an opening of another consultation": (
            dossier.desk_file(
                [], opening=Dossier(dossier.officers, "cat-2", safe=dossier.safe, main=dossier.main).opening()
            ),
            "opening_foreign",
        ),
        "another safe in its place": (other_safe.desk_file([], opening=dossier.opening()), "sides_changed"),
        "a state by a stranger": (
            dossier.desk_file([], state=sealed_state, numbers={"result": 1, "cells": 1}),
            "state_foreign",
        ),
        "an old state": (dossier.desk_file([], state=old_state, numbers={"result": 2, "cells": 2}), "state_old"),
        "no state where there was one": (dossier.desk_file([], numbers={"result": 1, "cells": 1}), "state_missing"),
        "a state that does not open": (
            dossier.desk_file([], state=b64(b"\1\1" + bytes(90)), numbers={"result": 1, "cells": 1}),
            "state_locked",
        ),
    }


def test_a_forged_desk_file_is_refused_with_a_sentence_and_opens_nothing(officer_at, dossier):
    """Safeguards: the conditions of `readOpening` (src/desk.js) and of `openState` (src/threads.js), each by its own file."""
    officer_at.press("menu.desk_open")
    for what, (text, code) in forged_desks(dossier).items():
        officer_at.give("desk-file", text)
        officer_at.press("go_on")
        expect(officer_at.page.locator(".errors"), what).to_contain_text(officer_at.says(f"refused.{code}"))
        officer_at.at("desk.title")

    officer_at.give("desk-file", dossier.desk_file([]))
    officer_at.press("go_on")
    expect(officer_at.page.locator("h1")).to_have_text(dossier.title)


def test_an_older_desk_file_than_the_last_is_refused(officer_at, dossier):
    """Safeguard: `desk_old` in `goToDesk` (src/pages_desk.js)."""
    state = dossier.signed("state", 3, {"base": 3, "decisions": {}, "leaves": None}, dossier.officers[1].signing[1])
    sealed = b64(crypto.seal(crypto.pad(state.encode()), dossier.pair[0]))
    officer_at.open_desk(dossier.desk_file([], state=sealed, numbers={"result": 3, "cells": 3}), dossier.title)
    officer_at.press("to_menu")

    officer_at.choose_desk_file(dossier.desk_file([]))

    officer_at.refused("refused.desk_old")


def test_a_batch_that_is_not_from_safe_is_named_and_the_others_are_opened(officer_at, dossier):
    """Safeguard: `publics.find(…)` in `verify` (src/formats.js)."""
    bodies = [dossier.body(Letter(), text="A real voice.")]
    false = dossier.batch(2, [dossier.body(Letter(), text="A false voice.")], by=FOREIGN[1])
    good = dossier.batch(1, bodies)
    few = dossier.signed("batch", 4, {"key": 1, "decoys": "", "root": "", "items": []}, dossier.safe[1])
    again = dossier.batch(1, [dossier.body(Letter(), text="A second first.")])

    officer_at.open_desk(dossier.desk_file([false, good, good[:5_000], few, again]), dossier.title)

    said = officer_at.says("warn.batches", places="1, 3, 4, 5")
    expect(officer_at.page.get_by_text(said)).to_be_visible()
    assert officer_at.fact("overview.comments") == "1"
    expect(officer_at.page.get_by_text("A real voice.")).to_be_visible()


def test_what_is_in_doubt_is_shown_with_its_hidden_signs_and_gets_a_blank_cell_at_most(officer_at, dossier):
    """Safeguards: the two bytes in `unseal` (src/formats.js), `body.item === item.id` in `readBody` (src/desk.js)."""
    letter = Letter()
    body = dossier.body(letter, text="A real voice.")
    sealed = unb64(dossier.item(body)["sealed"])
    other_place = dossier.body(Letter(), consultation="cat-2")
    stray = dossier.body(Letter(), "follow_up", text="Where \u202eis it?")
    sealed_elsewhere = dossier.body(Letter(), kind="letter")
    moved = dossier.item(dossier.body(Letter(), text="Moved."))
    odd = [
        {"id": b64(secrets.token_bytes(16)), "sealed": b64(b"\x02" + sealed[1:])},  # a format to come
        {"id": b64(secrets.token_bytes(16)), "sealed": b64(sealed[:1] + b"\x02" + sealed[2:])},  # a suite to come
        {"id": b64(secrets.token_bytes(16)), "sealed": b64(sealed[:-1] + bytes([sealed[-1] ^ 1]))},
        {"id": b64(secrets.token_bytes(16)), "sealed": "not base64!"},
        {"id": b64(secrets.token_bytes(16)), "sealed": moved["sealed"]},
        {"id": b64(secrets.token_bytes(16))},
    ]
    batch = dossier.batch(1, [body, other_place, stray, sealed_elsewhere, dossier.body(letter, text="Twice.")], odd=odd)

    officer_at.open_desk(dossier.desk_file([batch]), dossier.title)

    assert officer_at.fact("overview.comments") == "1"
    officer_at.press("overview.doubts_show", count=10)
    shown = officer_at.page.locator("main").inner_text()
    for code, count in (("sealed", 5), ("body", 2), ("stray", 1), ("letter", 1), ("twice", 1)):
        assert shown.count(officer_at.says(f"doubt.{code}", batch=1)) == count, code
    officer_at.page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    expect(officer_at.page.get_by_text("[U+202E]")).to_be_visible()
    officer_at.press("back")
    officer_at.press("overview.result")
    officer_at.press("result.make")
    cells = dossier.read_cells(dossier.read_result(officer_at.save("result.save"))["cells"])
    assert unb64(other_place["receipt"]) in cells
    assert unb64(stray["receipt"]) in cells


def test_without_the_decoy_key_everything_is_shown(officer_at, dossier):
    batch = crypto.verify(dossier.batch(1, []), "batch", [dossier.safe[0]])[0]
    broken = dossier.signed("batch", 1, batch | {"decoys": b64(secrets.token_bytes(90))}, dossier.safe[1])

    officer_at.open_desk(dossier.desk_file([broken]), dossier.title)

    assert officer_at.fact("overview.comments") == "64"
    officer_at.press("overview.doubts_show", count=1)
    expect(officer_at.page.get_by_text(officer_at.says("doubt.decoy_key", batch=1))).to_be_visible()


def test_decoys_of_every_kind_are_told_from_people(officer_at, dossier):
    """Safeguard: `isDecoy` (src/desk.js)."""
    decoys = [dossier.decoy(kind) for kind in ("comment", "follow_up", "withdrawal") for _ in range(8)]

    officer_at.open_desk(dossier.desk_file([dossier.batch(1, decoys)]), dossier.title)

    assert (officer_at.fact("overview.comments"), officer_at.fact("overview.undecided")) == ("0", "0")
    assert officer_at.page.get_by_text(officer_at.says("overview.doubts")).count() == 0


def test_hidden_signs_are_written_out_and_never_released(officer_at, dossier):
    """Safeguard: `cleaned` (src/marks.js), `visible` (src/pages_item.js)."""
    text = "Ask \u202eevil\u202c \u200bhere\u0007 <b>bold</b> =HYPERLINK(1)"
    officer_at.open_desk(
        dossier.desk_file(
            [dossier.batch(1, [dossier.body(Letter(), text=text)])], manifest=dossier.manifest(state="closed")
        ),
        dossier.title,
    )
    officer_at.open_item("Ask")
    shown = officer_at.page.locator("blockquote").last.inner_text()
    assert shown == "Ask [U+202E]evil[U+202C] [U+200B]here[U+0007] <b>bold</b> =HYPERLINK(1)"
    officer_at.fill("public-text", "Ask \u202eevil\u2069 <b>here</b>")
    officer_at.pick("choice", "verbatim")
    officer_at.press("item.list")
    officer_at.press("overview.result")
    officer_at.page.locator("#closing").check()
    officer_at.press("result.make")
    result = dossier.read_result(officer_at.save("result.save"))

    assert result["release"][0]["text"] == "Ask evil <b>here</b>"


def test_a_message_that_does_not_fit_the_cell_is_refused_before_anything_is_sealed(officer_at, dossier):
    batch = dossier.batch(1, [dossier.body(Letter(), text="A real voice.")])
    officer_at.open_desk(dossier.desk_file([batch]), dossier.title)
    officer_at.open_item("A real voice")
    left = int(officer_at.page.locator("p.number").last.inner_text().split()[-1])
    officer_at.fill("reply", "桥" * left)
    expect(officer_at.page.locator("p.number.error")).to_be_visible()
    officer_at.press("item.list")
    officer_at.press("overview.result")

    officer_at.press("result.make")

    officer_at.refused("refused.message_too_long", ref="47")


def test_keys_and_cards_that_were_changed_are_refused(desk, folder, dossier):
    """Safeguard: the fingerprint in `openKeyFile` (src/officers.js), among others."""
    at = AtTheDesk(desk, folder)
    good = json.loads(key_file(dossier.officers[0], PASSPHRASE))
    at.press("start.open")
    for changed in (
        {"card": good["card"].replace("Ana", "Eve")},
        {"version": 2},
        {"kdf": good["kdf"] | {"memory": 2**40}},
        {"kdf": good["kdf"] | {"name": "none"}},
        {"sealed": good["sealed"][:-4]},
    ):
        at.give("key-file", json.dumps(good | changed))
        at.press("go_on")
        at.refused("refused.not_a_key_file")
    at.give("key-file", json.dumps(good | {"card": dossier.officers[1].card}))  # another's card on one's own key
    at.press("go_on")
    at.fill("passphrase", PASSPHRASE)
    at.press("unlock.open")
    at.refused("refused.not_a_key_file")
    at.press("back")
    at.give("key-file", json.dumps(good))
    at.press("go_on")
    at.fill("passphrase", "another passphrase of six odd words")
    at.press("unlock.open")
    at.refused("unlock.wrong")
    at.fill("passphrase", PASSPHRASE)
    at.press("unlock.open")
    at.at("menu.title")
    at.press("menu.pair_make")
    at.give("call-file", "{}")
    at.press("go_on")
    at.refused("refused.not_a_call")
    at.give("call-file", dossier.call())
    at.press("go_on")
    at.give("card-files", dossier.officers[1].card.replace("Osei", "Evil"))
    at.press("cards.add_do")
    at.refused("refused.not_a_card")

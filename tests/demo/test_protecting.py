"""The protected entries of the demonstration: nothing of them lies open, and the officer of the walk-through opens them."""

import pytest
from flask import url_for

from consult.core import crypto
from consult.core.crypto import Unreadable
from consult.core.db import reading
from consult.custody.models import SealedEntry
from consult.demo.content_files import scripted_registry
from consult.demo.once import KEY_FILE
from consult.demo.protecting import find_open
from consult.demo.walking import kept
from tests.support.officers import open_key_file


def officer(ran):
    walking = kept(ran.folder)
    return open_key_file((ran.folder / "officer" / KEY_FILE).read_text("utf-8"), walking.passphrase)


def opened(db, whose):
    """What the officer reads in all copies that are sealed to them."""
    found = []
    for (sealed,) in db.query(SealedEntry.sealed).order_by(SealedEntry.stakeholder_id):
        try:
            signed = crypto.unpad(crypto.unseal(sealed, *whose.box)).decode()
        except Unreadable:
            continue
        found.append(crypto.verify(signed, "entry", [whose.signing[0]])[0])
    return found


def test_the_officer_of_the_walk_through_opens_who_the_two_are(ran):
    with reading() as db:
        told = opened(db, officer(ran))

    names = {one["told"]["name"] for one in scripted_registry()["protected"]}
    assert {one["name"] for one in told} == names
    assert all(officer(ran).fingerprint in one["officers"] for one in told)


@pytest.mark.parametrize("part", ["name", "phone", "note"])
def test_a_protected_person_who_can_be_read_anywhere_is_found(ran, part):
    assert find_open(ran.folder) == []

    leak = ran.folder / "leak.txt"
    leak.write_text(f"seen: {scripted_registry()['protected'][0]['told'][part]}", "utf-8")
    try:
        assert find_open(ran.folder) == [f"{part} of protected entry 1 stands in leak.txt"]
    finally:
        leak.unlink()


def test_one_message_waits_for_the_officer_by_code(ran, ran_app):
    walking, someone = kept(ran.folder), ran_app.test_client()
    number = next(at for at, door in enumerate(walking.doors) if door.name == walking.officer_name)
    ran_app.config["WTF_CSRF_ENABLED"] = False
    someone.post(f"/en/walk-through/enter/{number}/")
    with ran_app.test_request_context():
        page = someone.get(url_for("deliveries_staff.list_deliveries"))

    assert page.status_code == 200
    assert page.text.count("Not fetched yet") == 1
    assert scripted_registry()["protected"][0]["told"]["name"] not in page.text

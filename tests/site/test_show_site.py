"""What an administrator sees of how mail goes out, and what is missing for people to answer it."""

import dataclasses

SENDER, PEOPLE = "consult@mechanism.example", "secretariat@mechanism.example"
HINT = "No address for answers is set"


def shown(world, monkeypatch, **own):
    desk = world.browser("administrator")
    known = desk.application.extensions["consult settings"]
    there = dataclasses.replace(known, mail_host="relay.example", mail_sender=SENDER, **own)
    monkeypatch.setitem(desk.application.extensions, "consult settings", there)
    return desk.get("/staff/site/").text


def test_where_no_address_for_answers_is_set_the_administrator_is_told_where_they_go(world, monkeypatch):
    page = shown(world, monkeypatch)

    assert page.count(SENDER) == 3, "sender, answers, and mail that comes back"
    assert HINT in page
    assert "by page only" in page


def test_where_it_is_set_nothing_is_missing(world, monkeypatch):
    page = shown(world, monkeypatch, mail_reply_to=PEOPLE, leave_address="leave@mechanism.example")

    assert (HINT in page, PEOPLE in page, "leave@mechanism.example" in page) == (False, True, True)

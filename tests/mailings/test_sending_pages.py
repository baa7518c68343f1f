"""The page of an invitation on its way, as the secretariat uses it."""

from dataclasses import replace

import pytest
from lxml import html

from consult.core.db import reading, writing
from consult.jobs.queue import queue
from consult.mail.models import Halt
from consult.mailings.models import Invitation, InvitationState, cause_of
from consult.mailings.operations_sending import pause_halted
from tests.support.world import NOON

UPR = "/staff/consultations/upr/invitations"


@pytest.fixture
def desk(world):
    """(the secretariat's browser, the address of an invitation that is written for one)."""
    return world.browser("secretariat"), f"{UPR}/{world.ids['upr']['invitation']}"


def words(answer):
    return " ".join(" ".join(html.fromstring(answer.get_data()).find(".//main").itertext()).split())


def buttons(answer):
    return [
        " ".join(one.text_content().split()) for one in html.fromstring(answer.get_data()).iterfind(".//main//button")
    ]


def state(world):
    with reading() as db:
        return db.query(Invitation.state).filter_by(ref=world.ids["upr"]["invitation"]).scalar()


def seen(client, address):
    field = html.fromstring(client.get(f"{address}/").get_data()).find(".//input[@name='seen']")
    return field.get("value")


def test_an_invitation_for_later_waits_and_is_taken_back(world, desk):
    client, address = desk

    sent = client.post(f"{address}/send/", data={"seen": seen(client, address), "starts": "٢٠٢٧-٠٣-٢٠ ٠٩:٠٠"})
    waiting = client.get(f"{address}/")
    assert sent.status_code == 303
    assert "on Saturday 20 March 2027, 09:00 (UTC). Until then you can take it back." in words(waiting)
    assert buttons(waiting) == ["Take it back"]
    assert "Goes out on Saturday 20 March 2027" in words(client.get(f"{UPR}/"))

    assert client.post(f"{address}/take-back/").status_code == 303
    assert state(world) is InvitationState.WRITING
    again = client.post(f"{address}/take-back/")
    assert again.status_code == 409
    assert "The mails have begun to go out." in words(again)


def test_an_invitation_can_be_taken_back_for_as_long_as_the_setting_says(world, desk):
    client, address = desk
    settings = world.app.extensions["consult settings"]
    world.app.extensions["consult settings"] = replace(settings, undo_minutes=10)
    try:
        client.post(f"{address}/send/", data={"seen": seen(client, address), "starts": ""})
    finally:
        world.app.extensions["consult settings"] = settings

    assert state(world) is InvitationState.WAITING
    assert "12:10" in words(client.get(f"{address}/"))


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("tomorrow", 422, "Write day and time like 2027-03-14 09:00"),
        ("2027-13-01 09:00", 422, "Write day and time like 2027-03-14 09:00"),
        ("9999-12-31 23:59", 422, "Write day and time like 2027-03-14 09:00"),
        ("2027-03-26 12:00", 422, "The round closes before that."),
    ],
)
def test_a_start_that_cannot_be_is_refused_and_kept(world, desk, typed, status, said):
    client, address = desk

    answer = client.post(f"{address}/send/", data={"seen": seen(client, address), "starts": typed})

    assert answer.status_code == status
    assert said in words(answer)
    assert typed in answer.get_data(as_text=True)
    assert state(world) is InvitationState.WRITING


def test_what_went_out_shows_where_each_mail_is_and_offers_what_can_be_done(world, desk):
    client, address = desk
    client.post(f"{address}/send/", data={"seen": seen(client, address), "starts": "2027-03-01 09:00"})  # past = now

    page = client.get(f"{address}/?delivery=waits")
    assert "Waits for its turn 1" in words(page)
    assert buttons(page) == ["Pause", "Stop it for good"]
    client.post(f"{address}/pause/")
    page = client.get(f"{address}/")
    assert "It is paused." in words(page)
    assert buttons(page) == ["Go on sending", "Stop it for good"]
    client.post(f"{address}/resume/")
    queue().work_off()

    page = client.get(f"{address}/?delivery=sent")
    assert "The mail server took it 1" in words(page)
    assert buttons(page) == []
    assert client.post(f"{address}/retry/").status_code == 409


def test_one_that_halted_says_why_and_goes_on_with_a_button(world, desk):
    client, address = desk
    client.post(f"{address}/send/", data={"seen": seen(client, address), "starts": "2027-03-01 09:00"})
    with writing() as db:
        made = db.query(Invitation).filter_by(ref=world.ids["upr"]["invitation"]).one()
        db.add(Halt(cause=cause_of(made.id), at=NOON, bad=14, of_last=20))
        pause_halted(db, now=NOON)

    page = client.get(f"{address}/")
    assert "It is paused. We paused this: 14 of the last 20 mails were refused, put off or came back." in words(page)
    assert buttons(page) == ["Go on sending", "Stop it for good"]
    assert client.post(f"{address}/resume/").status_code == 303

    page = client.get(f"{address}/")
    assert "We paused this" not in words(page)
    assert "Pause" in buttons(page)

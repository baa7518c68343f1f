"""The page of a campaign on its way, as the secretariat uses it."""

from dataclasses import replace

import pytest
from lxml import html

from consult.core import i18n
from consult.core.db import reading, writing
from consult.jobs.queue import queue
from consult.mail.models import Halt
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mail.operations_delivery import end_delivery
from consult.mailings.models import Campaign, CampaignState, CampaignText, LeftOut, WhyNot, cause_of
from consult.mailings.operations_sending import pause_halted
from consult.mailings.views_recipients import LEFT_OUT
from consult.mailings.views_staff import REASONS
from tests.support.world import NOON

UPR = "/staff/consultations/upr/mailings"


@pytest.fixture
def desk(world):
    """(the secretariat's browser, the address of a campaign that is written for one)."""
    return world.browser("secretariat"), f"{UPR}/{world.ids['upr']['campaign']}"


def words(answer):
    return " ".join(" ".join(html.fromstring(answer.get_data()).find(".//main").itertext()).split())


def buttons(answer):
    return [
        " ".join(one.text_content().split()) for one in html.fromstring(answer.get_data()).iterfind(".//main//button")
    ]


def state(world):
    with reading() as db:
        return db.query(Campaign.state).filter_by(ref=world.ids["upr"]["campaign"]).scalar()


def seen(world, address):
    field = html.fromstring(world.browser("approver").get(f"{address}/").get_data()).find(".//input[@name='seen']")
    return field.get("value")


def send(world, address, starts=""):
    """Asked for by the secretariat, approved by the approver. Returns both answers."""
    asked = world.browser("secretariat").post(f"{address}/submit/", data={"starts": starts})
    queue().work_off()
    given = world.browser("approver").post(f"{address}/approve/", data={"seen": seen(world, address)})
    return asked, given


def test_an_invitation_for_later_waits_and_is_taken_back(world, desk):
    client, address = desk

    answers = send(world, address, "٢٠٢٧-٠٣-٢٠ ٠٩:٠٠")
    waiting = client.get(f"{address}/")
    assert [one.status_code for one in answers] == [303, 303]
    assert "on Saturday 20 March 2027, 09:00 (UTC). Until then you can take it back." in words(waiting)
    assert buttons(waiting) == ["Take it back", "Send a test to me"]
    assert "Goes out on Saturday 20 March 2027" in words(client.get(f"{UPR}/"))

    assert client.post(f"{address}/take-back/").status_code == 303
    assert state(world) is CampaignState.WRITING
    again = client.post(f"{address}/take-back/")
    assert again.status_code == 409
    assert "The mails have begun to go out." in words(again)


def test_what_is_asked_for_is_shown_to_the_approver_and_not_approved_by_its_composer(world, desk):
    client, address = desk
    client.post(f"{address}/submit/", data={"starts": "2027-03-20 09:00"})
    queue().work_off()
    approver = world.browser("approver")

    own, theirs = client.get(f"{address}/"), approver.get(f"{address}/")
    assert "Somebody else on the team approves it" in words(own)
    assert buttons(theirs) == ["Approve it for 2 addresses", "Give it back", "Send a test to me"]
    assert "on Saturday 20 March 2027, 09:00 (UTC) at the earliest" in words(theirs)
    assert "is invited already" in words(approver.get(f"{address}/?list=not"))
    assert "1 mailing waits for your approval" in words(approver.get("/staff/"))
    assert "waits for your approval" not in words(client.get("/staff/"))
    refused = client.post(f"{address}/approve/", data={"seen": seen(world, address)})
    assert (refused.status_code, "Somebody else on the team approves it." in words(refused)) == (403, True)
    for other in ("", "00" * 32, "x"):
        assert approver.post(f"{address}/approve/", data={"seen": other}).status_code == 409
    assert approver.post(f"{address}/edit/", data={}).status_code == 403

    empty = approver.post(f"{address}/return/", data={"note": " "})
    assert (empty.status_code, "Say what should change." in words(empty)) == (422, True)
    assert approver.post(f"{address}/return/", data={"note": "Name the closing day."}).status_code == 303
    assert "It was given back: Name the closing day." in words(client.get(f"{address}/"))


@pytest.mark.parametrize("reader", ["registered", "office", "other"])
def test_the_whole_mail_is_shown_in_each_language_to_each_kind_of_recipient(world, desk, reader):
    client, address = desk

    pages = {code: client.get(f"{address}/preview/?language={code}&reader={reader}") for code in ("en", "ar")}
    as_html = client.get(f"{address}/preview/?language=ar&reader={reader}&as=html")

    english = words(pages["en"])
    assert "Subject" in english
    assert ("To get no more of these mails:" in english) is (reader != "office")
    assert ("because you take part in this consultation" in english) is (reader == "other")
    assert html.fromstring(as_html.get_data()).get("dir") == "rtl"
    assert "sandbox" in as_html.headers["Content-Security-Policy"]
    assert "unsafe" not in as_html.headers["Content-Security-Policy"]
    assert client.get(f"{address}/preview/?language=xx").status_code == 404


def test_an_invitation_can_be_taken_back_for_as_long_as_the_setting_says(world, desk):
    client, address = desk
    settings = world.app.extensions["consult settings"]
    world.app.extensions["consult settings"] = replace(settings, undo_minutes=10)
    try:
        send(world, address)
    finally:
        world.app.extensions["consult settings"] = settings

    assert state(world) is CampaignState.WAITING
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

    answer = client.post(f"{address}/submit/", data={"starts": typed})

    assert answer.status_code == status
    assert said in words(answer)
    assert typed in answer.get_data(as_text=True)
    assert state(world) is CampaignState.WRITING


def test_what_went_out_shows_where_each_mail_is_and_offers_what_can_be_done(world, desk):
    client, address = desk
    send(world, address, "2027-03-01 09:00")  # past = at once

    page = client.get(f"{address}/?delivery=waits")
    assert "Waits for its turn 2" in words(page)
    assert "Approved on" in words(page)
    assert buttons(page)[:-1] == ["Pause", "Stop it for good"]
    assert buttons(world.browser("approver").get(f"{address}/")) == ["Send a test to me"]
    client.post(f"{address}/pause/")
    page = client.get(f"{address}/")
    assert "It is paused." in words(page)
    assert buttons(page)[:-1] == ["Go on sending", "Stop it for good"]
    client.post(f"{address}/resume/")
    queue().work_off()

    page = client.get(f"{address}/?delivery=sent")
    assert "The mail server took it 1" in words(page)
    assert buttons(page) == ["Pause", "Stop it for good", "Send a test to me"], "one is to be handed over"
    with writing() as db:
        delivery = db.query(PreparedDelivery).filter_by(template="campaign").one()
        end_delivery(delivery, DeliveryState.DELIVERED, now=NOON)
    page = client.get(f"{address}/?delivery=sent")
    assert buttons(page) == ["Send a test to me"], "nothing is left to pause"
    assert client.post(f"{address}/retry/").status_code == 409


def test_one_that_halted_says_why_and_goes_on_with_a_button(world, desk):
    client, address = desk
    send(world, address, "2027-03-01 09:00")
    with writing() as db:
        made = db.query(Campaign).filter_by(ref=world.ids["upr"]["campaign"]).one()
        db.add(Halt(cause=cause_of(made.id), at=NOON, bad=14, of_last=20))
        pause_halted(db, now=NOON)

    page = client.get(f"{address}/")
    assert "It is paused." in words(page)
    assert "We paused this: 14 of the last 20 mails were refused, put off or came back." in words(page)
    assert buttons(page)[:-1] == ["Go on sending", "Stop it for good"]
    assert client.post(f"{address}/resume/").status_code == 303

    page = client.get(f"{address}/")
    assert "We paused this" not in words(page)
    assert "Pause" in buttons(page)


def test_mailings_of_a_kind_are_told_apart_by_their_subjects_and_languages_called_by_name(world, desk):
    client, address = desk

    assert "(UTC) Subject " in words(client.get(f"{UPR}/"))
    page = client.get(f"{address}/")
    rows = html.fromstring(page.get_data()).findall(".//main//ul[@class='dots']/li")
    named = {one.text_content().split(":")[0] for one in rows}
    with reading() as db:
        codes = db.query(CampaignText.language).join(Campaign).filter(Campaign.ref == world.ids["upr"]["campaign"])
        assert named == {i18n.name_of(code) for (code,) in codes}
    assert "English" in named


def test_each_recipient_stands_in_one_row_that_is_found_by_name_by_address_and_by_what_became_of_it(world, desk):
    client, address = desk
    send(world, address)
    queue().work_off()
    everybody = client.get(f"{address}/recipients/")
    names = _names(everybody)
    assert len(names) == 1, "whoever is protected is counted, and stands in no list"
    assert "2 addresses" in words(everybody)
    assert "In line to be sent" in words(everybody)

    assert _names(client.get(f"{address}/recipients/?find={names[0].upper()}")) == names[:1]
    assert _names(client.get(f"{address}/recipients/?find=nobody%25_")) == []
    sent, by_hand = (_names(client.get(f"{address}/recipients/?delivery={one}")) for one in ("sent", "for_officer"))
    assert (sent, by_hand) == (names, [])


def test_every_reason_has_its_words_before_a_campaign_goes_out_and_after():
    assert (set(REASONS), set(LEFT_OUT)) == (set(WhyNot), set(LeftOut))


def _names(page):
    return [one.text_content() for one in html.fromstring(page.get_data()).iterfind(".//main//h2[@class='by']")]

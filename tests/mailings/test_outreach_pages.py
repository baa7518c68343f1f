"""What pages say of people without e-mail: a campaign of letters and calls, and the entry of whoever was written to or called."""

import csv
import io

import pytest
from python_calamine import load_workbook
from sqlalchemy import text

from consult.consultations.models import Participant
from consult.consultations.models_groups import SmartGroup
from consult.core.db import reading, writing
from consult.mail.models import Mail
from consult.mail.models_delivery import BY_OFFICER
from consult.mail.operations_delivery import prepare_deliveries
from consult.mailings.models import Audience, Campaign, CampaignRecipient, CampaignState, cause_of
from consult.mailings.models_outreach import Contact, DeadContact, Outreach, OutreachState, OutreachStep, OutreachWay
from consult.mailings.rules_outreach import ListByGroup, check_download_calls
from consult.mailings.timeline import read_timeline
from consult.stakeholders.models import Stakeholder
from tests.support.world import NOON, World

DESK = "/staff/consultations/upr/mailings"


def test_a_campaign_of_letters_and_calls_only_says_so_and_counts_no_addresses(world: World):
    desk, ref = world.browser("secretariat"), world.ids["upr"]["letters"]

    page, listed = desk.get(f"{DESK}/{ref}/").text, desk.get(f"{DESK}/").text

    assert "Begun on" in page
    assert "1 letter · 1 call." in page
    assert "to 0 addresses" not in page
    assert "1 letter · 1 call</span>" in listed


def test_an_entry_says_that_its_address_does_not_work_and_what_was_posted_and_said(world: World):
    desk, ref = world.browser("secretariat"), world.ids["participant_b"]["stakeholder"]
    with writing() as db:
        entry = db.query(Stakeholder).filter_by(ref=ref).one()
        entry.postal_address, entry.phone = "12 River Road", "+41 22 1"
        recipient = db.query(OutreachStep).filter_by(way=OutreachWay.LETTER).first().recipient_id
        for state in (OutreachState.POSTED, OutreachState.RETURNED):
            db.add(
                OutreachStep(
                    recipient_id=recipient, way=OutreachWay.LETTER, state=state, by="staff:1", at=NOON, note=""
                )
            )
        db.flush()
        db.add_all(DeadContact(stakeholder_id=entry.id, what=one, at=NOON) for one in Contact)

    page = desk.get(f"/staff/stakeholders/{ref}/").text

    for words in ("A letter came back:", "Wrong number:", "Letter: Posted ·", "Letter: Came back ·"):
        assert words in page
    with reading() as db:
        found = [one.says["state"] for one in read_timeline(db, [entry.id]) if one.what == "outreach"]
    assert sorted(found) == [OutreachState.POSTED, OutreachState.RETURNED], "what was only printed is no news"


def test_whoever_asked_for_no_more_is_on_the_list_of_calls_without_number_and_form(world: World):
    desk, ref = world.browser("secretariat"), world.ids["upr"]["letters"]
    whose = world.ids["participant"]["ref"]
    with writing() as db:
        found = db.query(Stakeholder).join(Participant, Participant.stakeholder_id == Stakeholder.id)
        entry = found.filter(Participant.ref == whose).one()
        entry.phone, entry.news = "+41 22 917 0000", True
    address = f"{DESK}/{ref}/calls/phone/"
    before = desk.get(address).text
    assert "+41 22 917 0000" in before
    assert f"/{whose}/note/" in before
    assert "Asked for no more" not in before

    with writing() as db:
        db.query(Participant).filter_by(ref=whose).one().left_at = NOON

    page = desk.get(address).text
    assert "Asked for no more" in page
    assert "+41 22 917 0000" not in page
    assert f"/{whose}/note/" not in page


@pytest.mark.parametrize("by", ["the choice", "a saved group"])
def test_what_was_chosen_by_the_groups_people_represent_is_no_file(world: World, by: str):
    desk, ref = world.browser("secretariat"), world.ids["upr"]["letters"]
    address = f"{DESK}/{ref}/calls/phone/"
    sheets = [f"{address}list.{kind}" for kind in ("csv", "xlsx")]
    assert [desk.get(one).status_code for one in sheets] == [200, 200]
    with writing() as db:
        db.execute(text("DROP TRIGGER sent_campaign_never_changes_update"))  # as if it had been chosen so
        campaign = db.query(Campaign).filter_by(ref=ref).one()
        if by == "the choice":
            campaign.groups = ["women"]
        else:
            saved = db.query(SmartGroup).filter(SmartGroup.consultation_id.is_(None)).first()
            saved.rule = {**saved.rule, "groups": ["women"]}
            campaign.audience, campaign.group_id = Audience.GROUP, saved.id

    page = desk.get(address).text

    assert ("List to print" in page, "list.csv" in page, "list.xlsx" in page) == (True, False, False)
    assert [desk.get(one).status_code for one in sheets] == [409, 409]


def test_check_download_calls_refuses_what_was_chosen_by_groups():
    with pytest.raises(ListByGroup):
        check_download_calls(by_groups=True)
    check_download_calls(by_groups=False)


def test_a_campaign_with_letters_and_calls_left_can_be_paused_and_stopped_and_its_pages_say_so(world: World):
    desk, ref = world.browser("secretariat"), world.ids["upr"]["letters"]
    page = desk.get(f"{DESK}/{ref}/").text
    for act in ("pause", "stop"):
        assert f"/{ref}/{act}/" in page
    calls, listed = desk.get(f"{DESK}/{ref}/calls/phone/").text, ("List to print", "list.xlsx", "list.csv")
    for words in listed:
        assert words in calls

    with writing() as db:
        db.query(Campaign).filter_by(ref=ref).one().state = CampaignState.STOPPED

    calls, letters = desk.get(f"{DESK}/{ref}/calls/phone/").text, desk.get(f"{DESK}/{ref}/letters/").text
    for words in listed:
        assert words not in calls
    for page in (calls, letters):
        assert page.count("Left out when the turn came") == 2, "in the counts, and at the row"
    assert "/returned/" in desk.get(f"{DESK}/{ref}/letters/?state=left_out").text, "the count leads to its rows"


def test_whoever_an_officer_reaches_in_place_of_a_letter_is_not_called_left_out(world: World):
    desk, ref = world.browser("secretariat"), world.ids["upr"]["letters"]
    with writing() as db:
        campaign = db.query(Campaign).filter_by(ref=ref).one()
        row = db.query(Outreach).filter_by(campaign_id=campaign.id, way=OutreachWay.LETTER).one()
        row.state = OutreachState.LEFT_OUT
        entry = db.query(Stakeholder).filter_by(ref=world.ids["participant_b"]["stakeholder"]).one()
        told = Mail("campaign", entry.person_ref, cause_of(campaign.id), BY_OFFICER, "en", {})
        prepare_deliveries(db, [told], now=NOON)

    page = desk.get(f"{DESK}/{ref}/").text

    letters = desk.get(f"{DESK}/{ref}/letters/").text
    with writing() as db:
        row = db.query(Outreach).filter_by(campaign_id=campaign.id, way=OutreachWay.PHONE).one()
        row.state = OutreachState.LEFT_OUT
        entry = db.query(Stakeholder).filter_by(ref=world.ids["participant"]["stakeholder"]).one()
        prepare_deliveries(
            db, [Mail("campaign", entry.person_ref, cause_of(campaign.id), BY_OFFICER, "en", {})], now=NOON
        )
    calls = desk.get(f"{DESK}/{ref}/calls/phone/").text

    assert "With the protection officers, to be handed over: 1" in page
    assert "With the protection officers, to be handed over: 1" in calls
    for shown, times in ((page, 1), (letters, 2), (calls, 2)):  # how many, and beside the one
        assert shown.count("With the protection officers, to be handed over") == times
        assert "Left out when the turn came" not in shown
    assert "No postal address any more" not in letters


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_cell_of_the_sheet_of_calls_is_a_formula(world: World, kind):
    desk, ref = world.browser("secretariat"), world.ids["upr"]["letters"]
    with writing() as db:
        entry = db.query(Stakeholder).join(CampaignRecipient, CampaignRecipient.stakeholder_id == Stakeholder.id)
        entry = entry.join(Outreach, Outreach.recipient_id == CampaignRecipient.id)
        entry.filter(
            Outreach.way == OutreachWay.PHONE
        ).one().name = "＝HYPERLINK(1)"  # full width is read like the other

    sheet = desk.get(f"{DESK}/{ref}/calls/phone/list.{kind}").data

    rows = list(csv.reader(sheet.decode("utf-8-sig").splitlines())) if kind == "csv" else cells_of(sheet)
    assert [row[0] for row in rows[1:]] == ["'＝HYPERLINK(1)"]


def cells_of(sheet: bytes) -> list[list[object]]:
    return load_workbook(io.BytesIO(sheet)).get_sheet_by_index(0).to_python()

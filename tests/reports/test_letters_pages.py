"""Pages of answers by letter and telephone: whom they name, what is said to whom, and what a form keeps."""

from datetime import timedelta

from lxml import html

from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import reading, writing
from consult.mail.models import Mail
from consult.mail.models_delivery import BY_OFFICER
from consult.mail.operations_delivery import prepare_deliveries
from consult.mailings.models_outreach import OutreachState, OutreachWay
from consult.reports.models_letters import AnswerLetter
from consult.reports.queries_letters import find_answered
from consult.rounds.models import Comment
from consult.rounds.operations import withdraw_comment
from consult.stakeholders.models import Stakeholder
from tests.support.forms import submit
from tests.support.world import NOON, World

BASE = "/staff/consultations/upr/report/letters/"
HAND = "With the protection officers, to be handed over"


def row(way):
    with reading() as db:
        return db.query(AnswerLetter).filter_by(way=way).one()


def test_the_secretariat_finds_who_waits_from_today_and_from_the_report(world: World):
    desk = world.browser("secretariat")

    for address in ("/staff/", "/staff/consultations/upr/report/"):
        page = desk.get(address).text
        assert "2 people without e-mail wait for their answers" in page
        assert f'href="{BASE}"' in page
    assert BASE not in world.browser("approver").get("/staff/consultations/upr/report/").text


def test_whom_to_call_and_what_to_say_stands_on_the_page_and_on_paper(world: World):
    desk = world.browser("secretariat")

    page, paper = desk.get(BASE).text, desk.get(f"{BASE}calls/").text

    for shown in (page, paper):
        assert "Our answer: Noted" in shown
        assert "Thank you." in shown
        assert "Organisation participant" in shown
    assert "Organisation participant_b" in page
    assert "Organisation participant_b" not in paper  # gets a letter


def test_what_came_of_a_call_is_kept_with_who_noted_it_and_what_is_wrong_keeps_what_was_typed(world: World):
    desk, call = world.browser("secretariat"), row(OutreachWay.PHONE)

    with clock.at(NOON):
        forms = html.fromstring(desk.get(BASE).text).forms
        (at,) = [place for place, one in enumerate(forms) if one.action.endswith(f"/{call.id}/note/")]
        wrong = submit(desk, BASE, {"outcome": "not_reached", "day": "yesterday", "note": "rang twice"}, index=at)
        kept = submit(desk, BASE, {"outcome": "reached", "day": "", "note": "spoke to the clerk"}, index=at)
        page = desk.get(BASE).text

    assert (wrong.status_code, kept.status_code) == (422, 303)
    assert "rang twice" in wrong.text
    assert "spoke to the clerk" in page
    assert "<bdi>Secretariat</bdi>" in page
    assert row(OutreachWay.PHONE).state is OutreachState.REACHED
    assert "1 person without e-mail waits" in desk.get("/staff/").text


def test_a_letter_of_another_consultation_is_not_found(world: World):
    call = row(OutreachWay.PHONE)
    with reading() as db:
        here, other = (db.query(Consultation).filter_by(slug=slug).one().id for slug in ("upr", "other"))
        assert find_answered(db, here, call.id).letter.id == call.id
        assert find_answered(db, other, call.id) is None


def test_whoever_is_protected_since_is_not_called_left_out(world: World):
    letter = row(OutreachWay.LETTER)
    with writing() as db:
        found = db.get_one(AnswerLetter, letter.id)
        found.state = OutreachState.LEFT_OUT
        entry = db.query(Stakeholder).filter_by(ref=world.ids["participant_b"]["stakeholder"]).one()
        told = Mail("answers_published", entry.person_ref, f"report:{found.frozen_id}", BY_OFFICER, "en", {})
        prepare_deliveries(db, [told], now=NOON)

    page = world.browser("secretariat").get(BASE).text

    assert page.count(HAND) == 2  # how many, and beside the one
    assert "Left out when the turn came" not in page


def test_a_file_is_handed_out_until_a_comment_that_may_stand_in_it_is_withdrawn(world: World):
    desk, page = world.browser("secretariat"), f"{BASE}files/{world.ids['']['answer_letters']}/"
    ready = [desk.get(address).status_code for address in (page, f"{page}file/")]
    with writing() as db:
        asked = db.query(AnswerLetter).filter_by(way=OutreachWay.PHONE).one()  # a letter instead of a call
        asked.way, asked.state = OutreachWay.LETTER, OutreachState.PRINTED
        for comment in db.query(Comment).filter_by(participant_id=asked.participant_id, withdrawn_at=None):
            withdraw_comment(db, comment, now=NOON + timedelta(minutes=1))

    refused = [desk.get(address) for address in (page, f"{page}file/")]

    assert (ready, [one.status_code for one in refused]) == ([200, 200], [409, 409])
    assert all("Have it made again" in one.text for one in refused)

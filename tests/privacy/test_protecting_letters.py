"""Letters, calls and the public directory, of somebody who is protected while a campaign goes out."""

import pytest
from sqlalchemy.exc import DBAPIError

from consult.consultations import codes, doors
from consult.consultations.models import Participant
from consult.consultations.models_codes import DoorCode
from consult.consultations.operations_consent import choose_purpose
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.custody.models import Officer
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mailings import jobs_letters, operations_deliveries
from consult.mailings import operations_outreach as outreach
from consult.mailings.jobs import queue_campaign
from consult.mailings.models import Campaign
from consult.mailings.models_outreach import DeadContact, Outreach, OutreachState, OutreachStep, OutreachWay
from consult.mailings.queries_outreach import find_reached, list_reached
from consult.mailings.rules_outreach import OfficerNotes, check_note_outreach
from consult.privacy.operations_protecting import protect_entry
from consult.reports import operations_letters as answers
from consult.reports.models_letters import AnswerLetter, AnswerLetterStep
from consult.reports.queries_letters import count_answered, count_instead, count_open, instead_of, list_answered
from consult.responses.models import Outcome
from consult.rounds.models import Channel, Consent, Round
from consult.rounds.operations_entered import Arrival, enter_comment
from consult.rounds.queries import find_quoted
from consult.rounds.rules import NameIsProtected
from consult.stakeholders import models as registry
from consult.stakeholders.models import Protection, Purpose, Stakeholder
from consult.stakeholders.operations_leaving import leave
from tests.custody.fixtures import ANA, NOON, desk  # noqa: F401
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.mailings.test_campaigns import mails, send, write
from tests.reports.test_reports import answer, publish_report
from tests.rounds.test_comments import a_remark
from tests.rounds.test_entered import enter
from tests.stakeholders.test_operations import add


@pytest.fixture
def round_(desk, monkeypatch):  # noqa: F811
    monkeypatch.setattr(clock, "now", lambda: NOON)
    desk.appoint(ANA)
    return desk.open_round(takes_nameless=False)


def on_paper(**changes):
    return add(name="River Village", email="", postal_address="12 River Road", phone="+677 12345", groups=(), **changes)


def protect(desk, entry):  # noqa: F811
    with writing() as db:
        found = db.get_one(Stakeholder, entry.id)
        return protect_entry(db, found, is_sure=True, next_url="/", by=desk.dalia, now=NOON)[0]


def fetch(desk):  # noqa: F811
    with writing() as db:
        officer = db.query(Officer).one()
        return operations_deliveries.fetch_deliveries(db, officer, by=desk.people[ANA.fingerprint], now=NOON)


def states():
    with reading() as db:
        return [one.state for one in db.query(Outreach)]


@pytest.mark.database
def test_a_letter_that_was_not_posted_is_handed_over_by_an_officer_and_its_code_leads_nowhere(desk, round_):  # noqa: F811
    entry, campaign = on_paper(), write()
    send(campaign)
    queue_campaign(campaign.id)
    with writing() as db:
        task = outreach.ask_letters(db, db.get_one(Campaign, campaign.id), "docx", by=desk.dalia, now=NOON)
    jobs_letters.make_letters(task.id)
    with reading() as db:
        (reached,) = list_reached(db, campaign.id, OutreachWay.LETTER)
        code = codes.read_code(codes.code_of(reached.door))
        assert codes.find_by_code(db, code) is not None

    after = protect(desk, entry)

    with reading() as db:
        assert codes.find_by_code(db, code) is None
        assert db.query(DoorCode).count() == 0
        assert [one.person for one in db.query(PreparedDelivery)] == [after.person_ref]
    assert (states(), mails()) == ([OutreachState.LEFT_OUT], [])
    assert "please read" in fetch(desk)


@pytest.mark.database
def test_who_is_protected_after_the_list_was_fixed_is_neither_written_nor_called(desk, round_):  # noqa: F811
    entry, campaign = on_paper(), write()
    send(campaign)
    after = protect(desk, entry)

    queue_campaign(campaign.id)

    with reading() as db:
        taking = db.query(Participant).one()
        assert (taking.organisation, taking.stakeholder_id) == (after.ref, entry.id)
    assert (states(), mails()) == ([OutreachState.LEFT_OUT], [])
    assert "please read" in fetch(desk)


@pytest.mark.database
def test_notes_of_calls_and_dead_numbers_go_also_where_somebody_else_spoke_of_them(desk, round_):  # noqa: F811
    entry = on_paper(channel=registry.Channel.PHONE)
    other = add(name="Hill Town", email="", phone="+677 222", channel=registry.Channel.PHONE, groups=())
    campaign = write()
    send(campaign)
    queue_campaign(campaign.id)
    for one, said in ((entry, OutreachState.WRONG_NUMBER), (other, OutreachState.REACHED)):
        with writing() as db:
            (found,) = (row for row in list_reached(db, campaign.id, OutreachWay.PHONE) if row.entry.id == one.id)
            outreach.note_call(
                db, desk.upr(db), db.get_one(Campaign, campaign.id), found, said, note="Ask RIVER VILLAGE again",
                today=NOON.date(), by=desk.dalia, now=NOON,
            )  # fmt: skip

    protect(desk, entry)

    with reading() as db:
        assert [one.note for one in db.query(OutreachStep)] == ["", ""]
        assert db.query(DeadContact).count() == 0
    assert states() == [OutreachState.WRONG_NUMBER, OutreachState.REACHED]  # what was, stays a fact


@pytest.mark.database
def test_protect_entry_takes_it_out_of_the_directory_with_an_act_of_each(desk, round_):  # noqa: F811
    entry = add(groups=())
    for purpose in (Purpose.NEWS, Purpose.DIRECTORY, Purpose.DIRECTORY_CONTACT):
        with writing() as db:
            choose_purpose(db, db.get_one(Stakeholder, entry.id), purpose, agrees=True, now=NOON)

    after = protect(desk, entry)

    assert (after.protection, after.shows_contact, after.news) == (Protection.PROTECTED, False, True)
    with reading() as db:
        acts = [
            (one.purpose, one.basis, one.by)
            for one in db.query(registry.Consent).filter_by(how="protected").order_by(registry.Consent.id)
        ]
    none, by = registry.Basis.NONE, desk.dalia.actor
    assert acts == [(Purpose.DIRECTORY_CONTACT, none, by), (Purpose.DIRECTORY, none, by)]


def test_enter_comment_takes_no_name_of_a_protected_one(desk, round_):  # noqa: F811
    entry = on_paper()
    with writing() as db:
        doors.admit_stakeholder(db, desk.upr(db), db.get_one(Stakeholder, entry.id), now=NOON)
    protect(desk, entry)

    with pytest.raises(NameIsProtected), writing() as db:
        found = db.get_one(Round, round_.id)
        enter_comment(
            db, desk.upr(db), found, find_quoted(db, found.version_id, "1", ["en"]), a_remark(consent=Consent.WITH_NAME),
            Arrival(Channel.LETTER, NOON.date(), None), participant=db.query(Participant).one(), once="k", by=desk.dalia,
            now=NOON,
        )  # fmt: skip


@pytest.mark.parametrize("way", ["letter", "phone"])
def test_answers_that_were_not_delivered_are_handed_over_by_an_officer(desk, round_, consultation, way):  # noqa: F811
    entry = on_paper(**({"channel": registry.Channel.PHONE} if way == "phone" else {}))
    with writing() as db:
        whose = doors.admit_stakeholder(db, desk.upr(db), db.get_one(Stakeholder, entry.id), now=NOON)
    ref = enter(round_, whose, consent=Consent.NOT_PUBLISHED).ref
    answer(ref, consultation, Outcome.NOTED, "Thank you.")
    publish_report(consultation, round_)
    number = consultation.id
    with reading() as db:
        assert count_open(db, [number]) == {number: 1}

    after = protect(desk, entry)

    with reading() as db:
        (one,) = list_answered(db, number)
        delivery = db.query(PreparedDelivery).one()
        assert (one.letter.state, one.entry.name) == (OutreachState.LEFT_OUT, after.ref)
        assert (delivery.person, delivery.cause) == (after.person_ref, f"report:{one.letter.frozen_id}")
        assert instead_of(db, [one.letter.id]) == {one.letter.id: DeliveryState.FOR_OFFICER}
        assert (count_answered(db, number), count_instead(db, number)) == ({}, {DeliveryState.FOR_OFFICER: 1})
        assert count_open(db, [number]) == {}
    assert "answers" in fetch(desk)


def test_somebody_of_another_name_keeps_theirs(desk, round_):  # noqa: F811
    entry = on_paper()
    with writing() as db:
        found = db.get_one(Round, round_.id)
        enter_comment(
            db, desk.upr(db), found, find_quoted(db, found.version_id, "1", ["en"]),
            a_remark(name="", organisation="River Village School"), Arrival(Channel.LETTER, NOON.date(), None), participant=None,
            once="k", by=desk.dalia, now=NOON,
        )  # fmt: skip

    protect(desk, entry)

    with reading() as db:
        assert [one.organisation for one in db.query(Participant)] == ["River Village School"]


def answered_by_letter(desk, round_, consultation, entry):  # noqa: F811
    """Their comment, answered in a report that is published: a letter to them is in line."""
    with writing() as db:
        whose = doors.admit_stakeholder(db, desk.upr(db), db.get_one(Stakeholder, entry.id), now=NOON)
    answer(enter(round_, whose, consent=Consent.NOT_PUBLISHED).ref, consultation, Outcome.NOTED, "Thank you.")
    publish_report(consultation, round_)


def note_answers(desk, said, **more):  # noqa: F811
    with writing() as db:
        (one,) = list_answered(db, desk.upr(db).id)
        if said == "letter":
            return answers.note_wants_answer_letter(db, desk.upr(db), one, by=desk.dalia, now=NOON)
        answers.note_answers(db, desk.upr(db), one, said, today=NOON.date(), by=desk.dalia, now=NOON, **more)


def post_answers(desk):  # noqa: F811
    with writing() as db:
        dossier = desk.upr(db)
        ids = [one.letter.id for one in list_answered(db, dossier.id)]
        answers.mark_answers_printed(db, dossier, ids, by=desk.dalia, now=NOON)
        answers.mark_answers_posted(db, dossier, NOON.date(), today=NOON.date(), by=desk.dalia, now=NOON)


@pytest.mark.parametrize("way", ["letter", "phone"])
def test_nothing_is_noted_of_answers_beside_the_code_of_a_protected_entry(desk, round_, consultation, way):  # noqa: F811
    entry = on_paper(**({"channel": registry.Channel.PHONE} if way == "phone" else {}))
    answered_by_letter(desk, round_, consultation, entry)
    if way == "phone":
        note_answers(desk, OutreachState.REACHED)
    else:
        post_answers(desk)
    protect(desk, entry)

    said = [OutreachState.WRONG_NUMBER, "letter"] if way == "phone" else [OutreachState.RETURNED]
    for one in said:
        with pytest.raises(OfficerNotes):
            note_answers(desk, one, **({} if one == "letter" else {"note": "River Village moved to 12 River Road"}))

    with reading() as db:
        assert {one.note for one in db.query(AnswerLetterStep)} == {""}
        assert db.query(DeadContact).count() == 0


@pytest.mark.parametrize("way", ["letter", "phone"])
def test_nothing_is_noted_of_letters_and_calls_beside_the_code_of_a_protected_entry(desk, round_, way):  # noqa: F811
    entry, campaign = on_paper(**({"channel": registry.Channel.PHONE} if way == "phone" else {})), write()
    send(campaign)
    queue_campaign(campaign.id)
    acts = {
        "letter": [lambda *a: outreach.return_letter(*a, note="River Village moved", by=desk.dalia, now=NOON)],
        "phone": [
            lambda *a: outreach.note_call(
                *a, OutreachState.WRONG_NUMBER, note="River Village", today=NOON.date(), by=desk.dalia, now=NOON
            ),
            lambda *a: outreach.note_wants_letter(*a, by=desk.dalia, now=NOON),
        ],
    }[way]  # fmt: skip
    with writing() as db:
        (one,) = list_reached(db, campaign.id, OutreachWay(way))
        one.outreach.state = OutreachState.PRINTED if way == "letter" else OutreachState.REACHED
    protect(desk, entry)

    for act in acts:
        with pytest.raises(OfficerNotes), writing() as db:
            one = find_reached(db, campaign.id, db.query(Participant).one().ref)
            act(db, desk.upr(db), db.get_one(Campaign, campaign.id), one)

    with reading() as db:
        assert {one.note for one in db.query(OutreachStep)} <= {""}
        assert db.query(DeadContact).count() == 0


def test_check_note_outreach_lets_staff_note_of_everybody_else():
    check_note_outreach(None)
    check_note_outreach(Stakeholder(protection=Protection.STAFF))
    with pytest.raises(OfficerNotes):
        check_note_outreach(Stakeholder(protection=Protection.PROTECTED))


@pytest.mark.database
def test_the_database_takes_no_word_beside_the_code_of_a_protected_entry(desk, round_, consultation):  # noqa: F811
    entry, campaign = on_paper(), write()
    send(campaign)
    queue_campaign(campaign.id)
    answered_by_letter(desk, round_, consultation, entry)
    protect(desk, entry)
    with reading() as db:
        number, letter = db.query(Outreach.recipient_id).scalar(), db.query(AnswerLetter.id).scalar()
    common = {"way": OutreachWay.LETTER, "state": OutreachState.RETURNED, "by": "staff:7", "at": NOON}
    made = {
        "no_note_of_a_protected_entry": lambda note: OutreachStep(recipient_id=number, note=note, **common),
        "no_note_of_answers_to_a_protected_entry": lambda note: AnswerLetterStep(letter_id=letter, note=note, **common),
        "no_dead_contact_of_a_protected_entry": lambda _: DeadContact(stakeholder_id=entry.id, what="phone", at=NOON),
    }

    for name, row in made.items():
        with pytest.raises(DBAPIError) as refused, writing() as db:
            db.add(row("River Village"))
        assert name in (violated(refused.value) or str(refused.value))
    with writing() as db:  # that something happened stays a fact
        db.add_all([row("") for name, row in made.items() if "note" in name])


@pytest.mark.parametrize("how", ["everything", "here", "no consent"])
def test_nothing_is_handed_over_to_whoever_had_left_before_they_were_protected(desk, round_, consultation, how):  # noqa: F811
    entry, campaign = on_paper(), write()
    send(campaign)
    queue_campaign(campaign.id)
    answered_by_letter(desk, round_, consultation, entry)
    with writing() as db:
        found = db.get_one(Stakeholder, entry.id)
        if how == "everything":
            leave(db, found, how="phone", now=NOON)
        elif how == "here":
            db.query(Participant).one().left_at = NOON
        else:
            found.basis = registry.Basis.NONE
    assert states() == [OutreachState.TO_PRINT]

    protect(desk, entry)

    with reading() as db:
        (letter,) = list_answered(db, consultation.id)
        assert letter.letter.state is OutreachState.LEFT_OUT
        assert db.query(PreparedDelivery).count() == 0
    assert states() == [OutreachState.LEFT_OUT]

"""What a seat brings to whoever follows: along the chain of those who held it, and from invitations under way meanwhile."""

from datetime import UTC, date, datetime, timedelta

import pytest

from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.core import clock, days
from consult.core.db import reading, writing
from consult.mail.models import OutboxMail
from consult.mailings import operations_sending
from consult.mailings.abouts import about_of
from consult.mailings.models import Campaign, CampaignState, WhyNot
from consult.mailings.operations_queueing import queue_recipients
from consult.mailings.operations_succession import appoint_seat, hand_over, pass_on, sweep_seats
from consult.mailings.queries_chosen import list_chosen
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.models_seats import Seat, SeatRole, SeatState
from consult.stakeholders.operations import change_stakeholder
from consult.stakeholders.operations_merging import merge_stakeholders
from consult.stakeholders.operations_seats import Appointment, end_seat
from consult.stakeholders.queries_seats import find_seat
from consult.stakeholders.rules_seats import TermWrong
from tests.mailings.test_campaigns import Approver, Sender, approve, submit, write
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import NOON, an_entry
from tests.stakeholders.test_registry import PERSON, TODAY, a_ministry, a_person

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FOCAL, ALTERNATE, SIGNATORY = SeatRole.FOCAL_POINT, SeatRole.ALTERNATE, SeatRole.SIGNATORY
MINISTRY = "Ministry of Justice"


@pytest.fixture
def office(open_round):  # noqa: F811
    """A ministry whose focal point is Ana since nine days ago, and others who hold nothing; nobody is invited."""
    a_ministry(email="", basis=Basis.NONE)
    for name in ("Ana", "Ming", "Chi", "Bela"):
        a_person(name)
    appoint("Ana", TODAY - 9 * DAY, at=NOON - 9 * DAY)


def whom(db, name):
    return db.query(Stakeholder).filter_by(name=name).one()


def seat_of(db, number):
    return find_seat(db, whom(db, MINISTRY).id, number)


def appoint(name, since, *, until=None, at=NOON, role=FOCAL):
    with writing() as db:
        made = Appointment(whom(db, name), since, "", until)
        appoint_seat(db, whom(db, MINISTRY), role, made, by=Sender(), now=at)


def give(number, to, since, *, at=NOON):
    with writing() as db:
        made = Appointment(whom(db, to), since, "")
        hand_over(db, whom(db, MINISTRY), seat_of(db, number), made, by=Sender(), now=at)


def end(number, until, *, at=NOON):
    with writing() as db:
        end_seat(db, whom(db, MINISTRY), seat_of(db, number), until, by=Sender(), now=at)


def sweep(at):
    with writing() as db:
        return sweep_seats(db, now=at)


def invite(name, *, at):
    with writing() as db:
        who = doors.admit_stakeholder(db, db.query(Consultation).one(), whom(db, name), now=at)
        who.invited_at = at


def invited():
    """Whoever is invited to the consultation."""
    with reading() as db:
        rows = db.query(Stakeholder.name).join(Participant, Participant.stakeholder_id == Stakeholder.id)
        return {row.name for row in rows.where(Participant.invited_at.is_not(None))}


def mailed(*templates):
    """To whom mails of these kinds are on their way, in order."""
    with reading() as db:
        names = {one.person_ref: one.name for one in db.query(Stakeholder)}
        rows = db.query(OutboxMail.person).where(OutboxMail.template.in_(templates)).order_by(OutboxMail.id)
        return [names[row.person] for row in rows]


def consenting(name):
    with writing() as db:
        entry = an_entry(**{**PERSON, "name": name, "email": f"{name.lower()}@gov.example", "basis": Basis.CONSENT})
        change_stakeholder(db, whom(db, name), entry, by=Sender(), now=NOON - 12 * DAY)


def go_out(campaign, *, at):
    with writing() as db:
        while queue_recipients(db, campaign.id, now=at):
            pass


# The chain of those who held it


@pytest.mark.database
def test_who_is_appointed_after_a_successor_was_called_off_follows_whoever_held_the_seat(office):
    invite("Ana", at=NOON - DAY)
    give(1, "Chi", TODAY + 2 * DAY)
    end(2, TODAY + 2 * DAY)

    sweep(NOON + 2 * DAY)
    appoint("Ming", TODAY + 2 * DAY, at=NOON + 2 * DAY)

    assert (invited(), mailed("seat_taken_over")) == ({"Ana", "Ming"}, ["Ming"])


def test_a_seat_that_was_called_off_for_a_later_day_hides_nobody_who_held_it(office):
    appoint("Chi", TODAY + 5 * DAY, role=SIGNATORY)  # before anybody held it
    end(2, TODAY + 5 * DAY)
    appoint("Bela", TODAY - 3 * DAY, until=TODAY + DAY, role=SIGNATORY)
    invite("Bela", at=NOON - DAY)
    sweep(NOON + DAY)

    appoint("Ming", TODAY + 6 * DAY, at=NOON + 6 * DAY, role=SIGNATORY)

    assert (invited(), mailed("seat_taken_over")) == ({"Bela", "Ming"}, ["Ming"])


@pytest.mark.database
def test_handing_over_a_seat_that_never_began_passes_on_to_the_one_before(office):
    invite("Ana", at=NOON - DAY)
    give(1, "Chi", TODAY + 2 * DAY)
    give(2, "Ming", TODAY + 2 * DAY)

    sweep(NOON + 2 * DAY)

    assert (invited(), mailed("seat_taken_over")) == ({"Ana", "Ming"}, ["Ming"])


def test_a_seat_passed_whole_while_no_worker_ran_passes_on_to_the_one_before(office):
    invite("Ana", at=NOON - DAY)
    give(1, "Chi", TODAY + 2 * DAY)
    give(2, "Ming", TODAY + 4 * DAY)

    sweep(NOON + 6 * DAY)

    assert (invited(), mailed("seat_taken_over")) == ({"Ana", "Ming"}, ["Ming"])


@pytest.mark.database
def test_who_was_invited_before_by_their_own_consent_passes_on_what_came_with_the_seat(office):
    invite("Ana", at=NOON - DAY)
    invite("Ming", at=NOON - 20 * DAY)
    give(1, "Ming", TODAY)

    give(2, "Chi", TODAY + DAY)
    sweep(NOON + DAY)

    assert (invited(), mailed("seat_taken_over")) == ({"Ana", "Ming", "Chi"}, ["Ming", "Chi"])


def test_what_somebody_was_invited_to_before_their_seat_comes_with_nothing(office):
    invite("Ming", at=NOON - 20 * DAY)
    give(1, "Ming", TODAY)
    give(2, "Chi", TODAY + DAY)
    sweep(NOON + DAY)

    assert (invited(), mailed("seat_taken_over")) == ({"Ming"}, [])


@pytest.mark.database
@pytest.mark.parametrize("hours", [-1, 1])
def test_what_somebody_is_invited_to_once_their_seat_was_over_comes_with_nothing(office, hours):
    end(1, TODAY)
    invite("Ana", at=NOON + hours * HOUR)

    appoint("Ming", TODAY + DAY, at=NOON + DAY)
    sweep(NOON + DAY)

    assert ("Ming" in invited()) is (hours < 0)


def test_an_end_noted_late_lets_pass_what_the_office_was_invited_to_until_then(office):
    invite("Ana", at=NOON - DAY)

    give(1, "Ming", TODAY - 5 * DAY)

    assert invited() == {"Ana", "Ming"}


def test_the_chain_of_several_hand_overs_in_one_day_ends_with_whoever_holds_it(office):
    invite("Ana", at=NOON - 3 * HOUR)
    give(1, "Ming", TODAY, at=NOON - 2 * HOUR)
    give(2, "Chi", TODAY, at=NOON - HOUR)
    give(3, "Bela", TODAY, at=NOON)

    assert (invited(), mailed("seat_taken_over")) == ({"Ana", "Ming", "Chi", "Bela"}, ["Ming", "Chi", "Bela"])
    with reading() as db:
        assert [whom(db, name).basis for name in ("Ana", "Ming", "Chi", "Bela")] == [*[Basis.NONE] * 3, Basis.DUTY]


def test_a_hand_over_by_mistake_is_undone_by_handing_it_back(office):
    invite("Ana", at=NOON - HOUR)
    give(1, "Ming", TODAY)
    give(2, "Ana", TODAY)

    with reading() as db:
        states = [seat_of(db, number).state.value for number in (1, 2, 3)]
        assert (states, whom(db, "Ana").basis, whom(db, "Ming").basis) == (
            ["over", "over", "held"], Basis.DUTY, Basis.NONE,
        )  # fmt: skip
    give(3, "Chi", TODAY + DAY)
    sweep(NOON + DAY)
    assert "Chi" in invited()


def test_a_seat_begins_and_brings_with_it_at_midnight_where_the_mechanism_works(office):
    days.use_zone("Pacific/Apia")  # thirteen hours ahead in March
    try:
        give(1, "Ming", date(2027, 3, 17))
        midnight = datetime(2027, 3, 16, 11, 0, tzinfo=UTC)
        sweep(midnight - timedelta(seconds=1))
        assert mailed("seat_taken_over") == []
        invite("Ana", at=midnight + timedelta(seconds=5))  # before the worker looked at the day
        sweep(midnight + timedelta(seconds=40))
    finally:
        days.use_zone("UTC")

    assert (invited(), mailed("seat_taken_over")) == ({"Ana", "Ming"}, ["Ming"])


def test_seats_of_before_the_end_was_kept_count_to_the_end_of_their_last_day(office, database):
    invite("Ana", at=NOON - HOUR)
    end(1, TODAY)
    with database.engine.begin() as connection:
        triggers = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        guards = [one for one in triggers if one.name == "ended_seat_never_changes_update"]
        for name, sql in guards:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
            connection.exec_driver_sql("UPDATE seat SET over_at = NULL")
            connection.exec_driver_sql(sql)

    appoint("Ming", TODAY + DAY, at=NOON + DAY)

    assert (len(guards), invited()) == (1, {"Ana", "Ming"})


# Invitations that are under way


@pytest.mark.database
@pytest.mark.parametrize("approved_first", [True, False])
def test_an_invitation_meant_for_the_predecessor_reaches_the_successor_once(office, approved_first):
    campaign = write(categories=("media",))
    submit(campaign, starts_at=NOON + 2 * HOUR)
    for step in (approve, give)[:: 1 if approved_first else -1]:
        step(campaign) if step is approve else give(1, "Ming", TODAY, at=NOON + HOUR)

    for at in (NOON + 3 * HOUR, NOON + 4 * HOUR):
        go_out(campaign, at=at)
        sweep(at)

    assert (invited(), mailed("campaign", "seat_taken_over")) == ({"Ming"}, ["Ming"])
    with writing() as db:
        assert pass_on(db, db.get_one(Campaign, campaign.id), now=NOON + 5 * HOUR) == 0


def test_what_a_successor_was_passed_on_stands_in_the_mail_they_get(office):
    campaign = write(categories=("media",))
    submit(campaign, starts_at=NOON + 2 * HOUR)
    approve(campaign)
    give(1, "Ming", TODAY, at=NOON + HOUR)

    go_out(campaign, at=NOON + 3 * HOUR)

    with reading() as db:
        (mail,) = db.query(OutboxMail).filter_by(template="seat_taken_over")
        ming = db.query(Participant).filter_by(stakeholder_id=whom(db, "Ming").id).one()
    assert (mail.address, mail.parameters["participants"]) == ("ming@gov.example", [ming.id])


@pytest.mark.database
def test_a_seat_vacant_when_the_invitation_went_out_brings_it_to_whoever_fills_it(office):
    campaign = write(categories=("media",))
    submit(campaign, starts_at=NOON + 2 * HOUR)
    approve(campaign)
    end(1, TODAY, at=NOON + HOUR)
    go_out(campaign, at=NOON + 3 * HOUR)
    assert invited() == set()

    appoint("Ming", TODAY, at=NOON + 4 * HOUR)

    assert (invited(), mailed("campaign", "seat_taken_over")) == ({"Ming"}, ["Ming"])


def test_letters_and_calls_that_were_meant_for_the_predecessor_bring_it_likewise(office):
    with writing() as db:
        ana = whom(db, "Ana")
        ana.email, ana.email_key, ana.postal_address = "", "", "12 River Road\nRiverton"
    campaign = write(categories=("media",))
    submit(campaign, starts_at=NOON + 2 * HOUR)
    approve(campaign)
    give(1, "Ming", TODAY, at=NOON + HOUR)

    go_out(campaign, at=NOON + 3 * HOUR)

    assert (invited(), mailed("seat_taken_over")) == ({"Ming"}, ["Ming"])


def test_who_keeps_a_reason_of_their_own_gets_the_invitation_and_so_does_the_successor(office):
    consenting("Ana")
    campaign = write(categories=("media",))
    submit(campaign, starts_at=NOON + 2 * HOUR)
    approve(campaign)
    give(1, "Ming", TODAY, at=NOON + HOUR)

    go_out(campaign, at=NOON + 3 * HOUR)

    assert (mailed("campaign"), mailed("seat_taken_over")) == (["Ana"], ["Ming"])


def test_a_successor_who_is_on_the_list_by_their_own_consent_gets_the_invitation_alone(office):
    consenting("Ming")
    campaign = write(categories=("media",))
    submit(campaign, starts_at=NOON + 2 * HOUR)
    approve(campaign)
    give(1, "Ming", TODAY, at=NOON + HOUR)

    go_out(campaign, at=NOON + 3 * HOUR)

    assert mailed("campaign", "seat_taken_over") == ["Ming"]


def test_the_seat_goes_through_hands_while_an_invitation_is_under_way(office):
    campaign = write(categories=("media",))
    submit(campaign, starts_at=NOON + 2 * HOUR)
    approve(campaign)
    give(1, "Ming", TODAY, at=NOON + HOUR)
    give(2, "Chi", TODAY, at=NOON + HOUR)

    go_out(campaign, at=NOON + 3 * HOUR)
    give(3, "Bela", TODAY + DAY, at=NOON + 4 * HOUR)
    sweep(NOON + DAY)

    assert (invited(), mailed("seat_taken_over")) == ({"Chi", "Bela"}, ["Chi", "Bela"])


def test_a_successor_named_in_place_of_another_ahead_gets_an_invitation_under_way_likewise(office):
    give(1, "Chi", TODAY, at=NOON - 3 * DAY)
    give(2, "Ming", TODAY, at=NOON - 2 * DAY)
    campaign = write(categories=("media",))
    submit(campaign, starts_at=NOON + 2 * HOUR)
    approve(campaign)
    sweep(NOON + HOUR)

    go_out(campaign, at=NOON + 3 * HOUR)

    assert (invited(), mailed("seat_taken_over")) == ({"Ming"}, ["Ming"])


def test_an_invitation_that_was_stopped_first_reaches_no_successor(office):
    campaign = write(categories=("media",))
    submit(campaign, starts_at=NOON + 2 * HOUR)
    approve(campaign)
    give(1, "Ming", TODAY, at=NOON + HOUR)
    with writing() as db:
        kept = db.get_one(Campaign, campaign.id)
        kept.state = CampaignState.SENDING
        db.flush()
        operations_sending.stop_campaign(db, about_of(db, kept), kept, by=Approver(), now=NOON + HOUR)

    go_out(campaign, at=NOON + 3 * HOUR)
    give(2, "Chi", TODAY, at=NOON + 4 * HOUR)

    assert (invited(), mailed("seat_taken_over")) == (set(), [])


def test_whoever_took_the_seat_before_the_invitation_was_written_stands_on_its_list_or_was_not_chosen(office):
    consenting("Ana")
    give(1, "Ming", TODAY, at=NOON - 2 * HOUR)
    with clock.at(NOON):
        campaign = write(categories=("media",))
    with writing() as db:  # not chosen: of another category
        whom(db, "Ming").category = "ministry"
    submit(campaign, starts_at=NOON + 2 * HOUR)
    approve(campaign)

    go_out(campaign, at=NOON + 3 * HOUR)

    assert (mailed("campaign"), mailed("seat_taken_over")) == (["Ana"], [])


def test_an_alternate_who_hands_over_passes_on_an_invitation_under_way_likewise(office):
    appoint("Bela", TODAY - 3 * DAY, at=NOON - 3 * DAY, role=ALTERNATE)
    campaign = write(categories=("media",))
    submit(campaign, starts_at=NOON + 2 * HOUR)
    approve(campaign)
    give(2, "Chi", TODAY, at=NOON + HOUR)

    go_out(campaign, at=NOON + 3 * HOUR)

    assert (mailed("campaign"), mailed("seat_taken_over")) == (["Ana"], ["Chi"])


def test_a_predecessor_who_was_merged_passes_on_an_invitation_under_way_likewise(office):
    twin = a_person("Ana Two", email="ana2@gov.example")
    campaign = write(categories=("media",))
    submit(campaign, starts_at=NOON + 2 * HOUR)
    approve(campaign)
    with writing() as db:
        merge_stakeholders(db, whom(db, "Ana"), db.get_one(Stakeholder, twin.id), by=Sender(), now=NOON)
    give(1, "Ming", TODAY, at=NOON + HOUR)

    go_out(campaign, at=NOON + 3 * HOUR)

    assert (invited(), mailed("seat_taken_over")) == ({"Ming"}, ["Ming"])


# Whom no mail reaches


@pytest.mark.database
def test_a_successor_whom_no_mail_reaches_takes_part_and_can_still_be_invited_by_letter(office):
    invite("Ana", at=NOON - DAY)
    a_person("Paper", email="", postal_address="Box 5", basis=Basis.CONSENT)

    give(1, "Paper", TODAY)
    campaign = write(groups=())
    submit(campaign)

    assert invited() == {"Ana"}
    assert mailed("seat_taken_over") == []
    with reading() as db:
        found = {one.name: one.why_not for one in list_chosen(db, db.get_one(Campaign, campaign.id), gets=False)}
    assert found["Paper"] is WhyNot.BY_LETTER


def test_a_hand_over_for_no_day_at_all_is_refused_and_the_seat_stays_held(office):
    with writing() as db:
        made = Appointment(whom(db, "Ming"), TODAY, "", TODAY)
        with pytest.raises(TermWrong), db.begin_nested():
            hand_over(db, whom(db, MINISTRY), seat_of(db, 1), made, by=Sender(), now=NOON)

    with reading() as db:
        assert [one.state for one in db.query(Seat)] == [SeatState.HELD]

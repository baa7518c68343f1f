"""A seat is handed over while consultations go on: the successor takes its place, by one mail of their own, and nothing else passes."""

import re
from datetime import timedelta

import pytest

from consult.audit.models import JournalEntry
from consult.consultations import doors
from consult.consultations.models import Consultation, ConsultationState, Participant
from consult.core import clock
from consult.core.db import reading, writing
from consult.jobs.queue import queue
from consult.mail.captured import list_captured
from consult.mail.connection import mailbox
from consult.mail.delivery import post
from consult.mail.models import MailState, OutboxMail
from consult.mailings import queries_chosen
from consult.mailings.models import Audience, Campaign, CampaignKind, CampaignState
from consult.mailings.operations_succession import sweep_seats
from consult.mailings.timeline import read_timeline
from consult.rounds.briefing import read_briefing
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.models_seats import Seat
from consult.stakeholders.operations_leaving import leave
from tests.support.world import NOON, World

REGISTRY = "/staff/stakeholders"
TODAY = NOON.date()
DAY = timedelta(days=1)
NAMES = {"alma": "Alma Veru", "bela": "Bela Tona"}


def add(desk, name: str, email: str, kind: str = "person", category: str = "ministry", **more: str) -> str:
    form = {
        "kind": kind,
        "name": name,
        "category": category,
        "language": "en",
        "email": email,
        "basis": "none",
        "told": "letter",
        "wording": "Leaflet 1",
        **more,
    }
    assert desk.post(f"{REGISTRY}/new/", data=form).status_code == 303
    return ref_of(name)


def ref_of(name: str) -> str:
    with reading() as db:
        return db.query(Stakeholder.ref).filter_by(name=name).scalar()


def entry(name: str) -> Stakeholder:
    with reading() as db:
        return db.query(Stakeholder).filter_by(name=name).one()


@pytest.fixture
def desk(world: World):
    """A ministry whose focal point was invited to `upr`, which is open, and Bela, who is nobody yet."""
    desk = world.browser("secretariat")
    add(desk, "Ministry", "", kind="organisation")
    add(desk, "Ana", "ana@gov.example")
    add(desk, "Ming", "ming@gov.example", language="zh")
    form = {"role": "focal_point", "person": "ana@gov.example", "since": (TODAY - 9 * DAY).isoformat()}
    assert desk.post(f"{REGISTRY}/{ref_of('Ministry')}/seats/new/", data=form).status_code == 303
    invite("Ana", "upr")
    post().deliver()
    clear(world)
    return desk


def invite(name: str, slug: str, at=NOON - DAY) -> int:
    with writing() as db:
        consultation = db.query(Consultation).filter_by(slug=slug).one()
        who = doors.admit_stakeholder(db, consultation, db.query(Stakeholder).filter_by(name=name).one(), now=at)
        who.invited_at = at
        doors.door_of(db, who)
        return who.id


def hand_over(desk, to: str = "ming@gov.example", since=TODAY, number: int = 1, status: int = 303):
    form = {"person": to, "since": since.isoformat(), "appointed_by": "The minister"}
    answer = desk.post(f"{REGISTRY}/{ref_of('Ministry')}/seats/{number}/hand-over/", data=form)
    assert answer.status_code == status
    return answer


def clear(world: World) -> None:
    for path in mailbox(world.app.extensions["consult settings"]).glob("*"):
        path.unlink()


def mails(world: World):
    queue().work_off()
    return list_captured(mailbox(world.app.extensions["consult settings"]))


def taking_part(name: str, slug: str = "upr") -> Participant | None:
    with reading() as db:
        here = db.query(Consultation.id).filter_by(slug=slug).scalar()
        return db.query(Participant).filter_by(stakeholder_id=entry(name).id, consultation_id=here).one_or_none()


def reached(slug: str = "upr") -> set[str]:
    """To whom what happens in a consultation goes: more time, answers published."""
    with reading() as db:
        here = db.query(Consultation.id).filter_by(slug=slug).scalar()
        return {one.address for one in doors.list_addresses(db, here)} & {"ana@gov.example", "ming@gov.example"}


def reminded() -> list[str]:
    with reading() as db:
        here = db.query(Consultation.id).filter_by(slug="upr").scalar()
        asked = Campaign(consultation_id=here, kind=CampaignKind.REMINDER, state=CampaignState.WRITING,
                         audience=Audience.REGISTRY, categories=["ministry"], groups=[])  # fmt: skip
        return [one.name for one in queries_chosen.list_chosen(db, asked, gets=True)]


def test_the_successor_takes_the_seats_place_and_is_mailed_a_link_of_their_own_at_once(world, desk):
    hand_over(desk)

    (mail,) = mails(world)
    token = re.search(r"/zh/door/([0-9a-f]{32})", mail.text)[1]
    with reading() as db:
        found = doors.find_door(db, token)
    assert (mail.to, "Ministry" in mail.subject, "/leave/" in mail.text, found.consultation.slug) == (
        "ming@gov.example", True, False, "upr",
    )  # fmt: skip
    assert found.participant.id == taking_part("Ming").id != taking_part("Ana").id
    assert taking_part("Ming").invited_at is not None
    with reading() as db:
        theirs = db.query(Seat.id).filter_by(holder_id=entry("Ming").id).scalar()
    assert taking_part("Ming").invited_by == f"seat:{theirs}"
    assert (reached(), reminded()) == ({"ming@gov.example"}, ["Ming"])
    with writing() as db:
        again = db.query(OutboxMail).filter_by(template="seat_taken_over").count()
        assert (sweep_seats(db, now=NOON), again) == (0, 1)


def test_consent_does_not_pass_and_the_predecessor_keeps_what_they_said(world, desk):
    before = taking_part("Ana")
    invite("Ana", "other", at=NOON - 20 * DAY)  # before the seat was theirs: by their own consent

    hand_over(desk)

    ana, ming = entry("Ana"), entry("Ming")
    assert (ana.basis, ming.basis, ming.news) == (Basis.NONE, Basis.DUTY, False)
    assert taking_part("Ming", "other") is None
    with writing() as db:
        token = doors.token_of(doors.door_of(db, db.get_one(Participant, before.id)))
    assert world.browser("visitor").post(f"/en/door/{token}").status_code == 303
    assert taking_part("Ana").invited_at == before.invited_at


def test_journal_timeline_and_briefing_name_what_was_taken_over(world, desk):
    page = hand_over(desk)

    briefing = desk.get(page.location).text
    with reading() as db:
        events = [
            (one.event, one.codes["stakeholder"], one.codes["consultation"])
            for one in db.query(JournalEntry).order_by(JournalEntry.number)
            if "consultation" in one.codes and one.event in ("seat.taken_over", "stakeholder.invited")
        ]
        told = [one.what for one in read_timeline(db, [entry("Ming").id])]
    assert events == [("seat.taken_over", ref_of("Ministry"), "upr"), ("stakeholder.invited", ref_of("Ming"), "upr")]
    assert "Taken over with the seat" in briefing
    assert briefing.count("Draft upr") >= 2
    assert "stakeholder.invited" in told
    for name in ("Ministry", "Ming"):
        assert "Draft upr" in desk.get(f"{REGISTRY}/{ref_of(name)}/").text


def test_the_page_says_before_what_the_successor_takes_over(desk):
    page = desk.get(f"{REGISTRY}/{ref_of('Ministry')}/seats/1/hand-over/").text

    assert "With the seat the successor takes part in what goes on" in page
    assert "Draft upr" in page
    assert "Draft other" not in page


def test_a_hand_over_ahead_does_all_of_this_on_its_day(world, desk):
    page = hand_over(desk, since=TODAY + 2 * DAY)

    assert (mails(world), reached(), taking_part("Ming")) == ([], {"ana@gov.example"}, None)
    assert "one mail tells them so" in desk.get(page.location).text
    with clock.at(NOON + 2 * DAY):
        with writing() as db:
            sweep_seats(db, now=NOON + 2 * DAY)
        queue().work_off()
    with reading() as db:
        (mail,) = db.query(OutboxMail).filter_by(template="seat_taken_over")
    assert (mail.person, mail.state, reached()) == (entry("Ming").person_ref, MailState.SENT, {"ming@gov.example"})


def test_who_fills_a_vacant_seat_follows_whoever_held_it_last(world, desk):
    ministry = f"{REGISTRY}/{ref_of('Ministry')}/seats/"
    desk.post(f"{ministry}1/end/", data={"until": (TODAY - DAY).isoformat()})
    assert reached() == set()

    form = {"role": "focal_point", "person": "ming@gov.example", "since": TODAY.isoformat()}
    assert desk.post(f"{ministry}new/", data=form).status_code == 303

    assert [len(mails(world)), reached(), reminded()] == [1, {"ming@gov.example"}, ["Ming"]]


def test_nothing_that_is_archived_is_taken_over_and_the_mail_leads_to_the_briefing_alone(world, desk):
    with writing() as db:
        found = db.query(Consultation).filter_by(slug="upr").one()
        found.state, found.archived_at = ConsultationState.ARCHIVED, NOON

    hand_over(desk)

    (mail,) = mails(world)
    assert (mail.subject, "/door/" in mail.text, taking_part("Ming")) == ("您的交接简报：Ministry", False, None)


def test_a_successor_who_left_everything_gets_no_mail_and_the_pages_say_so(world, desk):
    with writing() as db:
        leave(db, db.query(Stakeholder).filter_by(name="Ming").one(), now=NOON, how="letter")

    page = hand_over(desk)

    assert mails(world) == []
    assert "they asked for no mail at all" in desk.get(page.location).text
    assert "they asked for no mail at all" in desk.get(f"{REGISTRY}/{ref_of('Ministry')}/").text


def test_a_seat_handed_on_before_its_mail_was_made_tells_the_first_nothing(world, desk):
    add(desk, "Chi", "chi@gov.example")
    hand_over(desk)
    hand_over(desk, to="chi@gov.example", number=2)

    assert {one.to for one in mails(world)} == {"chi@gov.example"}


def test_the_briefing_of_a_seat_of_before_names_who_held_it_last(world, desk):
    hand_over(desk)
    with reading() as db:
        institution = db.query(Stakeholder).filter_by(name="Ministry").one()
        found = read_briefing(db, institution, 2, now=NOON)

    assert (found["former"].holder, [one.says_no for one in found["taken"].rows]) == ("Ana", [False])
    with reading() as db:
        assert read_briefing(db, institution, 99, now=NOON) is None

"""What an accepted request leads to: taking part as one who is invited, in a round for the invited and in reminders."""

import io

import pytest
from docx import Document
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.audit.models import JournalEntry
from consult.consultations import codes, doors
from consult.consultations.models import Consultation, Participant
from consult.consultations.models_requests import ParticipationRequest, RefusalReason, RequestState
from consult.core.db import reading, violated, writing
from consult.mail.connection import mailbox
from consult.mail.delivery import post
from consult.mailings import queries_chosen
from consult.mailings.models import Audience as CampaignAudience
from consult.mailings.models import Campaign, CampaignKind, CampaignState
from consult.rounds.models import Audience
from consult.stakeholders.models import Channel, Stakeholder, StakeholderKind
from tests.consultations.test_requests import FORM, STAFF, ask, confirmed, decide, requests
from tests.support.world import CLOSES, NOON, World, open_round

COMMENT = "/en/consultations/other/comment/1/"


@pytest.fixture
def site(world: World):
    post().deliver()
    for path in mailbox(world.app.extensions["consult settings"]).glob("*"):
        path.unlink()
    return world


def taking_part(name: str = "Kids of the River") -> Participant:
    with reading() as db:
        entry = db.query(Stakeholder).filter_by(name=name, merged_into=None).one()
        return db.query(Participant).filter_by(stakeholder_id=entry.id).one()


def entered(site: World, who: Participant):
    """The browser of somebody who came through their own door."""
    with reading() as db:
        token = doors.token_of(doors.door_of(db, db.get_one(Participant, who.id)))
    client = site.browser("visitor")
    assert client.post(f"/en/door/{token}").status_code == 303
    return client


def reminded(slug: str) -> list[str]:
    with reading() as db:
        here = db.query(Consultation.id).filter_by(slug=slug).scalar()
        asked = Campaign(consultation_id=here, kind=CampaignKind.REMINDER, state=CampaignState.WRITING,
                         audience=CampaignAudience.REGISTRY, categories=[], groups=[])  # fmt: skip
        return [one.name for one in queries_chosen.list_chosen(db, asked, gets=True)]


def test_whoever_was_accepted_reads_and_comments_in_a_round_for_the_invited(site):
    open_round(site, "other", now=NOON, closes_at=CLOSES, audience=Audience.INVITED)
    decide(site, confirmed(site, slug="other"), "accept", entry="new")
    who = taking_part()
    client = entered(site, who)

    draft, form = client.get("/en/consultations/other/draft/"), client.get(COMMENT)
    remark = {"text": "We read it.", "consent": "with_name", "act": "send", "version": "4"}
    sent = client.post(COMMENT, data=remark)

    assert (draft.status_code, form.status_code, sent.status_code) == (200, 200, 303)
    with reading() as db:
        asked = db.query(ParticipationRequest).filter_by(name=FORM["name"]).one()
        assert (who.invited_at, asked.decided_by) == (asked.decided_at, site.staff["secretariat"].actor)


def test_whoever_was_accepted_is_reminded(site):
    decide(site, confirmed(site, slug="upr"), "accept", entry="new")

    assert "Kids of the River" in reminded("upr")


def test_accepting_leaves_the_day_on_which_somebody_was_invited_before(site):
    with writing() as db:
        entry = db.query(Stakeholder).filter_by(name="Organisation participant").one()
        before = db.query(Participant.invited_at).filter_by(stakeholder_id=entry.id).scalar()
        ref = entry.ref
    asked = confirmed(site, slug="upr", name="Organisation participant", email="participant@org.example")

    assert decide(site, asked, "accept", entry=ref).status_code == 303

    who = taking_part("Organisation participant")
    assert who.invited_at == before < NOON
    assert who.invited_by.startswith("request:"), "and no invitation that did not arrive takes it back"


def test_who_takes_part_uninvited_and_asks_is_invited_by_the_yes(site):
    with writing() as db:
        entry = db.query(Stakeholder).filter_by(name="Organisation participant").one()
        db.execute(text("UPDATE participant SET invited_at = NULL WHERE stakeholder_id = :id"), {"id": entry.id})
        ref = entry.ref
    asked = confirmed(site, slug="upr", name="Organisation participant", email="participant@org.example")

    decide(site, asked, "accept", entry=ref)

    assert taking_part("Organisation participant").invited_at is not None


# Those who gave no e-mail address


def by_post(site: World, act: str = "accept", **changes):
    """Somebody who gave a postal address and a number only, and what the decision answered; their request's reference."""
    given = {
        "email": "",
        "channel": "post",
        "postal_address": "Box 5\nPort Amery",
        "phone": "+685 12345",
        "once": "post",
    }
    assert ask(site, slug="upr", **{**given, **changes}).status_code == 200
    asked = requests()[-1]
    form = {"entry": "new"} if act == "accept" else {"reason": "other", "words": "Not about this."}
    return asked.ref, decide(site, asked, act, **form)


def today(site: World) -> str:
    return site.browser("secretariat").get("/staff/").text


@pytest.mark.parametrize("act", ["accept", "refuse"])
def test_a_decision_that_no_mail_tells_waits_on_today_until_somebody_told_it(site, act):
    ref, decided = by_post(site, act)
    desk = site.browser("secretariat")

    page, waits, listed = desk.get(decided.location), today(site), desk.get(STAFF).text
    told = desk.post(f"{STAFF}{ref}/told/")
    after = desk.get(f"{STAFF}{ref}/").text

    assert decided.location == f"{STAFF}{ref}/"
    for words in ("Tell them", "Port Amery", "+685 12345", "by 26 March 2027"):
        assert words in page.text, words
    assert "1 decision to tell by letter or telephone" in waits
    assert "to be told by letter or telephone" in listed
    assert (told.status_code, "Told on 14 March 2027" in after, "Secretariat" in after) == (303, True, True)
    assert "to tell by letter" not in today(site)
    assert desk.post(f"{STAFF}{ref}/told/").status_code == 409
    with reading() as db:
        asked = db.query(ParticipationRequest).filter_by(ref=ref).one()
        assert (asked.told_at is not None, asked.told_by) == (True, site.staff["secretariat"].actor)
        assert [one.actor for one in db.query(JournalEntry).filter_by(event="request.told")] == [asked.told_by]


def test_check_note_told_is_for_decisions_that_no_mail_tells(site):
    asked = confirmed(site, slug="upr")
    before = site.browser("secretariat").post(f"{STAFF}{asked.ref}/told/").status_code
    answer = decide(site, asked, "accept", entry="new")

    after = site.browser("secretariat").post(f"{STAFF}{asked.ref}/told/").status_code

    assert (before, after, "/staff/stakeholders/" in answer.location) == (409, 409, True)
    assert "to tell by letter" not in today(site)


def test_the_letter_of_an_accepted_one_has_the_code_that_leads_to_their_door(site):
    ref, _decided = by_post(site)
    desk = site.browser("secretariat")

    letter = desk.post(f"{STAFF}{ref}/letter/")

    words = "\n".join(Document(io.BytesIO(letter.get_data())).element.body.itertext())
    with reading() as db:
        who = taking_part()
        code = codes.code_of(doors.door_of(db, db.get_one(Participant, who.id)))
        found = codes.find_by_code(db, codes.read_code(code))
    assert (letter.status_code, found.participant.id, code in words, "Port Amery" in words) == (200, who.id, True, True)
    desk.post(f"{STAFF}{ref}/told/")
    assert desk.post(f"{STAFF}{ref}/letter/").status_code == 409


def test_no_letter_with_a_code_for_who_was_refused_or_gave_no_address(site):
    refused, _page = by_post(site, "refuse")
    called, _page = by_post(site, name="By Phone", channel="phone", postal_address="", once="phone")
    desk = site.browser("secretariat")

    assert [desk.post(f"{STAFF}{ref}/letter/").status_code for ref in (refused, called)] == [409, 409]
    assert "Letter with their code" not in desk.get(f"{STAFF}{refused}/").text


@pytest.mark.database
@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("UPDATE participation_request SET told_at = NULL, told_by = NULL", "told_once"),
        ("UPDATE participation_request SET told_by = 'staff:9'", "told_once"),
        (
            "UPDATE participation_request SET told_by = NULL",
            ("told_once", "ck_participation_request_told_after_decision"),
        ),
    ],
)
def test_the_database_keeps_who_told_whom(database, sql, name):
    with writing() as db:
        db.add(
            ParticipationRequest(
                ref="r", once=b"1" * 32, kind=StakeholderKind.PERSON, category="cso", groups="", region="", language="en",
                also_languages="", channel=Channel.PHONE, wording="take-part-1", name="Ana", email="", email_key="",
                postal_address="", phone="123", access_needs="", why="", state=RequestState.REFUSED, created_at=NOON,
                confirmed_at=NOON, due_on=NOON.date(), decided_at=NOON, decided_by="staff:1", reason=RefusalReason.OTHER,
                words="No", told_at=NOON, told_by="staff:1",
            )
        )  # fmt: skip

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(sql))

    assert violated(caught.value) in name

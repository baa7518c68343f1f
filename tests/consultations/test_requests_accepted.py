"""What an accepted request leads to: taking part as one who is invited, in a round for the invited and in reminders."""

import pytest
from sqlalchemy import text

from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.consultations.models_requests import ParticipationRequest
from consult.core.db import reading, writing
from consult.mail.connection import mailbox
from consult.mail.delivery import post
from consult.mailings import queries
from consult.mailings.models import Audience as CampaignAudience
from consult.mailings.models import Campaign, CampaignKind, CampaignState
from consult.rounds.models import Audience
from consult.stakeholders.models import Stakeholder
from tests.consultations.test_requests import FORM, confirmed, decide
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
        return [one.name for one in queries.list_chosen(db, asked, gets=True)]


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

    assert taking_part("Organisation participant").invited_at == before < NOON


def test_who_takes_part_uninvited_and_asks_is_invited_by_the_yes(site):
    with writing() as db:
        entry = db.query(Stakeholder).filter_by(name="Organisation participant").one()
        db.execute(text("UPDATE participant SET invited_at = NULL WHERE stakeholder_id = :id"), {"id": entry.id})
        ref = entry.ref
    asked = confirmed(site, slug="upr", name="Organisation participant", email="participant@org.example")

    decide(site, asked, "accept", entry=ref)

    assert taking_part("Organisation participant").invited_at is not None

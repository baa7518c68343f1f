"""News are for those who said yes to them; official mail is for offices and for those who agreed to it."""

from datetime import timedelta

import pytest

from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.ready import noting
from consult.mail.delivery import Post
from consult.mail.models import OutboxMail
from consult.mailings import operations, queries_chosen, rules_reach
from consult.mailings.jobs import queue_campaign
from consult.mailings.mails import CAMPAIGN, Reader, previewed
from consult.mailings.models import Audience, Campaign, CampaignKind, WhyNot
from consult.mailings.operations import Wording
from consult.mailings.queries_mails import read_readers
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.operations_leaving import leave
from consult.worker import MAILS
from tests.mailings.test_campaigns import NOON, WORDS, Sender, approve, mails, submit
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.rounds.test_comments import send as comment
from tests.stakeholders.test_operations import add

KINDS = list(CampaignKind)


def people():
    add(name="Both", email="both@x.example", news=True, groups=())
    add(name="Office", email="office@x.example", basis=Basis.DUTY, groups=())
    add(name="Official mail only", email="mail@x.example", groups=())
    add(name="News only", email="news@x.example", basis=Basis.NONE, news=True, groups=())
    gone = add(name="Gone", email="gone@x.example", basis=Basis.DUTY, news=True, groups=())
    with writing() as db:
        leave(db, db.get_one(Stakeholder, gone.id), how="link", now=NOON)


def written(kind):
    with writing() as db:
        found = db.query(Consultation).one()
        return operations.write_campaign(
            db, found, Wording((), (), WORDS), campaign=None, kind=kind, by=Sender(), now=NOON
        )


@pytest.mark.database
@pytest.mark.parametrize("kind", [CampaignKind.NEWS, CampaignKind.DEBRIEFING, CampaignKind.INVITATION])
def test_why_no_news_and_why_not_say_what_the_query_says(open_round, kind):  # noqa: F811
    people()
    campaign = written(kind)

    with reading() as db:
        found = {
            one.name: one.why_not
            for gets in (True, False)
            for one in queries_chosen.list_chosen(db, campaign, gets=gets)
        }
        entries = list(db.query(Stakeholder))
        if kind is CampaignKind.NEWS:
            ruled = {one.name: rules_reach.why_no_news(one) for one in entries}
        else:
            ruled = {one.name: rules_reach.why_not(one, is_invited=False) for one in entries}

    assert found == ruled
    if kind is CampaignKind.NEWS:
        reasons = {"Both": None, "Office": WhyNot.NO_NEWS, "Official mail only": WhyNot.NO_NEWS, "News only": None}
    else:
        reasons = {"Both": None, "Office": None, "Official mail only": None, "News only": WhyNot.NO_BASIS}
    assert found == reasons | {"Gone": WhyNot.LEFT}


def test_whoever_said_no_to_news_while_they_waited_gets_none(open_round):  # noqa: F811
    people()
    campaign = written(CampaignKind.NEWS)
    submit(campaign)
    with writing() as db:
        db.query(Stakeholder).filter_by(name="Both").one().news = False
    approve(campaign)
    queue_campaign(campaign.id)

    with reading() as db:
        news_only = db.query(Stakeholder).filter_by(name="News only").one().person_ref
    assert [person for _, person, _ in mails()] == [news_only]


@pytest.mark.parametrize("kind", [CampaignKind.NEWS, CampaignKind.DEBRIEFING])
def test_news_to_an_office_that_said_yes_to_them_offer_to_leave_and_official_mail_does_not(
    open_round, settings, kind  # noqa: F811
):  # fmt: skip
    add(name="Office", email="office@x.example", basis=Basis.DUTY, news=True, groups=())
    campaign = written(kind)
    submit(campaign)
    approve(campaign)
    queue_campaign(campaign.id)
    post, is_news = Post(settings, MAILS), kind is CampaignKind.NEWS

    with clock.at(NOON), reading() as db:
        post.ahead.read(db, now=NOON)
    with clock.at(NOON), noting() as notes:
        mail = post.ahead.claim_next(notes, lease=timedelta(minutes=5), now=NOON)
        ahead = post.ahead.letter(mail, now=NOON).content
    with clock.at(NOON), reading() as db:
        ordinary = post.letter(db.get_one(OutboxMail, mail.id)).content
        preview = post.renderer.render(CAMPAIGN, previewed(db, db.get_one(Campaign, campaign.id), Reader.OFFICE))

    assert (b"List-Unsubscribe" in ahead) is (b"List-Unsubscribe" in ordinary) is is_news
    assert ("To get no more of these mails:" in preview.text) is is_news


@pytest.mark.database
def test_whoever_only_commented_gets_no_news_and_hears_what_came_of_it(open_round):  # noqa: F811
    add(name="Both", email="both@x.example", news=True, groups=())
    visitor = comment(open_round, name="Ana", email="ana@p.example")
    with writing() as db:
        db.get_one(Participant, visitor.participant_id).email_confirmed_at = NOON
        doors.admit_stakeholder(db, db.query(Consultation).one(), db.query(Stakeholder).one(), now=NOON)
    for kind, reached in ((CampaignKind.NEWS, 1), (CampaignKind.DEBRIEFING, 2)):
        with writing() as db:
            wording = Wording((), (), WORDS, Audience.PARTICIPANTS)
            campaign = operations.write_campaign(
                db, db.query(Consultation).one(), wording, campaign=None, kind=kind, by=Sender(), now=NOON
            )
            counts = queries_chosen.count_chosen(db, campaign)
            assert (counts[None], counts.get(WhyNot.NO_NEWS, 0)) == (reached, 2 - reached)
            taking = db.get_one(Participant, visitor.participant_id)
            doors.door_of(db, taking)
            readers = read_readers(db, campaign.consultation_id, [taking.id], news=kind is CampaignKind.NEWS)
            assert set(readers) == ({taking.id} if reached == 2 else set())
        submit(campaign)
        assert approve(campaign) == reached
        queue_campaign(campaign.id)

    own = [person for template, person, _ in mails() if template == "campaign" and person.startswith("participant:")]
    assert own == [f"participant:{visitor.participant_id}"]

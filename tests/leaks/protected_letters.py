"""The same somebody in letters and calls, in the public directory, and as the author of what staff entered for them."""

import io
from zipfile import ZipFile

from consult.consultations.models import Consultation
from consult.consultations.operations_consent import choose_purpose
from consult.core.db import reading, writing
from consult.core.files import store
from consult.jobs.models import Task
from consult.mailings import jobs_letters, operations_outreach, queries_outreach
from consult.mailings.jobs import queue_campaign
from consult.mailings.models import Campaign, CampaignKind
from consult.mailings.models_outreach import Outreach, OutreachState, OutreachWay
from consult.rounds import queries
from consult.rounds.models import Channel, Round
from consult.rounds.operations_entered import Arrival, enter_comment
from consult.stakeholders.models import Purpose, Stakeholder
from tests.mailings.test_audiences import write
from tests.mailings.test_campaigns import send


def plant_letters(desk, words, now):
    """A letter that waits in a file that was made, and one that came back, with a note of why."""
    for kind in (CampaignKind.NEWS, CampaignKind.INVITATION):
        campaign = write(kind)
        send(campaign)
        queue_campaign(campaign.id)
        with writing() as db:
            here = db.get_one(Campaign, campaign.id)
            task = operations_outreach.ask_letters(db, here, "docx", by=desk.dalia, now=now)
        jobs_letters.make_letters(task.id)
        if kind is CampaignKind.INVITATION:
            _come_back(desk, here, words, now)
    with reading() as db:
        made = store().read(db.get_one(Task, task.id).result_key)
    assert "WEXCOMBE" in ZipFile(io.BytesIO(made)).read("word/document.xml").decode().upper()


def _come_back(desk, campaign, words, now):
    with writing() as db:
        found, dossier = db.get_one(Campaign, campaign.id), db.query(Consultation).one()
        operations_outreach.mark_posted(db, dossier, found, now.date(), today=now.date(), by=desk.dalia, now=now)
        (one,) = queries_outreach.list_reached(db, found.id, OutreachWay.LETTER, (OutreachState.POSTED,))
        operations_outreach.return_letter(db, dossier, found, one, note=words, by=desk.dalia, now=now)


def plant_in_directory(entry, now):
    """In the directory, with the address, by a yes of their own to either; and news."""
    for purpose in (Purpose.NEWS, Purpose.DIRECTORY, Purpose.DIRECTORY_CONTACT):
        with writing() as db:
            choose_purpose(db, db.get_one(Stakeholder, entry.id), purpose, agrees=True, now=now)


def plant_entered(desk, round_, remark, now):
    """A letter with a comment, of somebody whom staff did not find in the registry, under their name in capitals."""
    with writing() as db:
        found = db.get_one(Round, round_.id)
        quoted = queries.find_quoted(db, found.version_id, "1", ["en"])
        arrival = Arrival(Channel.LETTER, now.date(), None)
        enter_comment(
            db, desk.upr(db), found, quoted, remark, arrival, participant=None, once="entered", by=desk.dalia, now=now
        )


def outreach():
    """How letters stand, oldest first."""
    with reading() as db:
        return [one.state for one in db.query(Outreach).order_by(Outreach.recipient_id)]

"""Two entries that were merged are one author: they cannot make up the five who share a category."""

from consult.consultations.models import Participant
from consult.core.db import reading, writing
from consult.reports.document import who
from consult.reports.queries import list_settled
from consult.rounds.models import Round
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.operations_merging import merge_stakeholders
from consult.stakeholders.queries import find_stakeholder
from tests.support.world import NOON, World


def test_authors_that_were_merged_are_one(world: World):
    with writing() as db:
        kept, gone = (find_stakeholder(db, world.ids[name]["stakeholder"]) for name in ("participant_b", "participant"))
        merge_stakeholders(db, gone, kept, by=world.staff["secretariat"], now=NOON)

    with reading() as db:
        rounds = [one.id for one in db.query(Round).filter_by(consultation_id=world.rounds["upr"].consultation_id)]
        settled = [one for round_id in rounds for one in list_settled(db, round_id) if one.author is not None]
        other = db.query(Participant).join(Stakeholder).filter(Stakeholder.id == gone.id).one()
    authors = {who(one.author) for one in settled if one.author.stakeholder_id in (kept.id, gone.id)}

    assert settled
    assert authors == {kept.id}
    assert other.stakeholder_id == gone.id  # nothing was moved

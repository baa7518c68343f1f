"""From an approved list to the outbox: what a chunk reads does not grow with those who are through already."""

import re

from consult.core.db import bound, writing
from consult.mailings import operations_queueing
from tests.drafts.test_operations import NOON
from tests.mailings.test_campaigns import approve, submit, write
from tests.mailings.test_pacing import people
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.support.statements import plans_of, statements_of

GROWING = "stakeholder|participant|door|campaign_recipient|outbox_mail|left_address"
WHOLE = re.compile(rf"^SCAN ({GROWING})|ix_participant_consultation_id|ix_campaign_recipient_campaign_id|^SCAN \w+_1\b")


def test_a_chunk_reads_no_table_whole_and_no_consultation_whole(open_round, monkeypatch):  # noqa: F811
    """Read whole, the participants cost each chunk more than the one before: 50,000 people took minutes on PostgreSQL."""
    monkeypatch.setattr(operations_queueing, "CHUNK", 3)
    people(7)
    campaign = write()
    submit(campaign)
    approve(campaign)
    queue_chunk(campaign)

    with statements_of(bound().engine) as done:
        queue_chunk(campaign)

    assert not {(step, sql) for step, sql in plans_of(done) if WHOLE.search(step)}


def queue_chunk(campaign):
    with writing() as db:
        operations_queueing.queue_recipients(db, campaign.id, now=NOON)

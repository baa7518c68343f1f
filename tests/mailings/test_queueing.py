"""From an approved list to the outbox: what a chunk reads does not grow with those who are through already."""

import re

import pytest
from sqlalchemy import String, func, insert, literal, select, text

from consult.core.db import bound, writing
from consult.mailings import operations_approval, operations_queueing
from consult.stakeholders.models import Stakeholder
from tests.drafts.test_operations import NOON
from tests.mailings.test_campaigns import approve, submit, write
from tests.mailings.test_pacing import people
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.support.statements import plans_of, statements_of

FEW, MANY = 50, 10_000
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


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_chunk_reads_no_registry_whole_on_postgresql_either(open_round, monkeypatch):  # noqa: F811
    """What PostgreSQL expects to be asked for each of a long list it answers for the whole registry beforehand, chunk after chunk."""
    monkeypatch.setattr(operations_queueing, "CHUNK", FEW)
    monkeypatch.setattr(operations_approval, "CHUNK", FEW)
    people(1)
    crowd()
    campaign = write()
    with statements_of(bound().engine) as listing:
        submit(campaign)
    approve(campaign)
    with bound().engine.begin() as connection:
        connection.execute(text("ANALYZE"))

    with statements_of(bound().engine) as queueing:
        queue_chunk(campaign)

    first = next(one for one in listing if one[0].startswith("SELECT stakeholder.id, CASE"))
    turn = next(one for one in queueing if one[0].startswith("SELECT campaign_recipient.id, campaign_recipient.tries"))
    for plan in (plan_of(*first), plan_of(*turn)):
        assert "Index" in plan
        assert "Seq Scan on stakeholder" not in plan
    assert "ix_campaign_recipient_next" in plan_of(*turn)


def crowd():
    """Ten thousand entries like the one there is, as rows."""
    s = Stakeholder.__table__
    number = func.generate_series(1, MANY).table_valued("n", joins_implicitly=True).render_derived()
    own = {
        "ref": "r",
        "name": "Network x",
        "name_key": "network x",
        "email": "m@org.example",
        "email_key": "m@org.example",
    }
    columns = [one for one in s.c if one.name != "id"]
    values = [literal(own[one.name]) + number.c.n.cast(String) if one.name in own else one for one in columns]
    with writing() as db:
        db.execute(insert(s).from_select(columns, select(*values).select_from(s, number)))
        db.execute(text("ANALYZE"))


def plan_of(sql, values):
    with bound().engine.connect() as connection:
        return "\n".join(connection.exec_driver_sql(f"EXPLAIN {sql}", values).scalars())


def queue_chunk(campaign):
    with writing() as db:
        operations_queueing.queue_recipients(db, campaign.id, now=NOON)

"""No list of staff has a line for a protected entry: not even its code; where many are, a number."""

import pytest
from sqlalchemy import select

from consult.consultations import queries_missing
from consult.consultations.models import Consultation, Participant
from consult.consultations.models_groups import ByHand, GroupRule, SmartGroupListed
from consult.consultations.operations_groups import add_group, decide_by_hand
from consult.consultations.queries_groups import find_group, list_members, list_taken_out
from consult.consultations.queries_missing import Missing, Share, list_not_invited
from consult.consultations.queries_protected import FROM, count_among, count_taking_part, told
from consult.core.db import bound, reading, writing
from consult.mailings.models import Campaign
from consult.mailings.queries_chosen import count_chosen, list_chosen
from consult.mailings.queries_sending import Delivery, count_deliveries, list_deliveries
from consult.privacy.operations_protecting import protect_entry
from consult.rounds.queries import list_participants
from consult.stakeholders.export import COLUMNS, count_rows, rows_of
from consult.stakeholders.models import Stakeholder
from tests.custody.fixtures import ANA, NOON, desk  # noqa: F401
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.mailings.test_campaigns import send, write
from tests.mailings.test_deliveries import queue_campaign
from tests.stakeholders.test_operations import Dalia, add
from tests.support.statements import statements_of


def protected(desk, number):  # noqa: F811
    made = [add(name=f"N{one}", email=f"n{one}@org.example") for one in range(number)]
    for one in made:
        with writing() as db:
            protect_entry(db, db.get_one(Stakeholder, one.id), is_sure=True, next_url="/", by=desk.dalia, now=NOON)
    return made


@pytest.fixture
def round_(desk):  # noqa: F811
    desk.appoint(ANA)
    return desk.open_round(takes_nameless=False)


@pytest.mark.database
def test_an_export_holds_no_line_for_them(desk):  # noqa: F811
    desk.appoint(ANA)
    add(name="Rivers Union", email="r@org.example")
    protected(desk, 1)

    with reading() as db:
        assert [row[COLUMNS.index("name")] for row in rows_of(db)] == ["Rivers Union"]
        assert count_rows(db) == 1


@pytest.mark.database
@pytest.mark.parametrize(("number", "shown"), [(1, 0), (FROM, FROM)])
def test_groups_and_whoever_is_not_invited_name_none_and_tell_of_many(round_, desk, number, shown):  # noqa: F811
    add(name="Rivers Union", email="r@org.example")
    protected(desk, number)

    with writing() as db:
        group = add_group(db, "Cso", GroupRule(categories=("cso",)), by=Dalia(), now=NOON)
        found = list_members(db, find_group(db, group.ref))
        assert ([one.name for one in found.people], found.number, found.protected) == (["Rivers Union"], 1, shown)
        upr = db.query(Consultation).one()
        assert [one.name for one in list_not_invited(db, upr.id, Missing())[0]] == ["Rivers Union"]
        assert queries_missing.count_by_category(db, upr.id, ["cso"]) == [Share("cso", 1, 0, 0)]


def test_whoever_was_taken_out_by_hand_before_stands_there_no_more(round_, desk):  # noqa: F811
    entry = add()
    with writing() as db:
        group = add_group(db, "Cso", GroupRule(categories=("cso",)), by=Dalia(), now=NOON)
        decide_by_hand(db, group, db.get_one(Stakeholder, entry.id), ByHand.OUT, "asked", by=Dalia(), now=NOON)
        assert len(list_taken_out(db, group)) == 1

    with writing() as db:
        protect_entry(db, db.get_one(Stakeholder, entry.id), is_sure=True, next_url="/", by=desk.dalia, now=NOON)

    with reading() as db:
        assert list_taken_out(db, group) == []


@pytest.mark.database
def test_participants_and_campaigns_name_none_and_count_them(round_, desk):  # noqa: F811
    add(name="Rivers Union", email="r@org.example")
    protected(desk, FROM)
    campaign = write()
    with reading() as db:
        assert [one.name for one in list_chosen(db, campaign, gets=True)] == ["Rivers Union"]
        assert count_chosen(db, campaign)[None] == FROM + 1
    send(campaign)
    queue_campaign(campaign.id)

    with reading() as db:
        campaign = db.get_one(Campaign, campaign.id)
        assert [one.name for one in list_chosen(db, campaign, gets=True)] == ["Rivers Union"]
        assert count_deliveries(db, campaign)[Delivery.FOR_OFFICER] == FROM
        assert list_deliveries(db, campaign, Delivery.FOR_OFFICER) == []
        upr = db.query(Consultation).one()
        assert db.query(Participant).count() == FROM + 1
        assert [one.organisation for one in list_participants(db, upr.id)] == ["Rivers Union"]
        assert count_taking_part(db, upr.id) == FROM


def test_few_are_not_told_of_and_many_by_fives():
    numbers = (0, 1, FROM - 1, FROM, 2 * FROM - 1, 2 * FROM)

    assert [told(number) for number in numbers] == [0, 0, 0, FROM, FROM, 2 * FROM]


def test_protected_ones_among_many_are_looked_up_from_their_own_index_and_the_many_are_not_gone_through(database):
    kept = SmartGroupListed
    listed = select(kept.stakeholder_id).where(kept.group_id == 1, kept.edition == 1)

    with reading() as db, statements_of(bound().engine) as done:
        assert count_among(db, listed) == 0
        sql, values = done[-1]
        steps = [row[3] for row in db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]

    assert "ix_stakeholder_protected" in steps[0]
    assert [one for one in steps if one.startswith("SCAN") and "ix_stakeholder_protected" not in one] == []

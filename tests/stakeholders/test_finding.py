"""How entries of the registry are found where several things are asked for at once: by the rarest of them."""

import pytest

from consult.core.db import bound, reading
from consult.stakeholders import queries_finding as finding
from consult.stakeholders.models import Channel
from consult.stakeholders.queries_finding import Filters, list_stakeholders
from tests.stakeholders.test_operations import add
from tests.support.statements import statements_of

COMMON = 8


@pytest.fixture
def registry(database, monkeypatch):
    """Eight of a category, of whom the last two by name get letters; more than three of anything is many."""
    for number in range(COMMON):
        by_post = {"channel": Channel.POST, "postal_address": "1 Lane"} if number >= COMMON - 2 else {}
        add(name=f"N{number} Forum", email=f"n{number}@org.example", **by_post)
    monkeypatch.setattr(finding, "FEW", 3)


@pytest.mark.database
@pytest.mark.parametrize("common", [{"category": "cso"}, {"words": "forum"}, {"category": "cso", "words": "forum"}])
def test_what_is_rare_is_found_at_once_among_what_is_common(registry, common):
    with reading() as db:
        found = list_stakeholders(db, Filters(channel="post", **common), most=3)

    assert ([one.name for one in found.entries], found.more) == (["N6 Forum", "N7 Forum"], None)


def test_no_statement_leaves_it_to_the_database_by_which_of_two_columns_it_looks(registry):
    with statements_of(bound().engine) as done, reading() as db:
        list_stakeholders(db, Filters(category="cso", channel="post"))
        list_stakeholders(db, Filters(category="cso", channel="email"))

    assert [sql for sql, _ in done if "stakeholder.category = ?" in sql and "stakeholder.channel = ?" in sql] == []
    assert any("stakeholder.channel = ?" in sql for sql, _ in done)


@pytest.mark.database
def test_of_two_that_are_common_a_page_may_be_short_and_leads_further_until_all_are_found(database, monkeypatch):
    for number in range(COMMON):
        by_post = {"channel": Channel.POST, "postal_address": "1 Lane"} if number % 2 else {}
        add(name=f"N{number} Forum", email=f"n{number}@org.example", **by_post)
    monkeypatch.setattr(finding, "FEW", 3)

    names, after = [], None
    while True:
        with reading() as db:
            found = list_stakeholders(db, Filters(category="cso", channel="post"), after=after, most=3)
        names += [one.name for one in found.entries]
        after = found.more
        if after is None:
            break

    assert names == ["N1 Forum", "N3 Forum", "N5 Forum", "N7 Forum"]

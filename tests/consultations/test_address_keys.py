"""Whoever gave an address is found by it however its letters are written, on either database: SQLite's lower() knows ASCII only."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from consult.consultations import doors
from consult.consultations.leaving import is_left, left_among
from consult.consultations.models import Consultation, Participant
from consult.core.db import reading, violated, writing
from consult.mailings.models import Campaign
from consult.mailings.models_lists import Subscription
from consult.mailings.operations_leaving import take_part_with
from consult.mailings.queries_by_list import of_mailboxes
from consult.mailings.queries_mailboxes import readers_of
from consult.privacy.operations_own import erase_visitors, visitors_of
from consult.privacy.sought import sought_of
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.rules import AddressWrong, checked_address
from tests.mailings.test_audiences import to_list
from tests.mailings.test_chosen import visitor
from tests.mailings.test_lists import make_list, put_on
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add
from tests.support.world import NOON

TYPED, OTHER = "ÜMIT.Ş@org.example", "ümit.ş@org.example"


@pytest.mark.database
def test_who_left_from_an_address_has_left_in_whatever_letters_it_is_typed(open_round):  # noqa: F811
    gone = visitor("Ana", TYPED)
    with writing() as db:
        db.get_one(Participant, gone).left_at = NOON
    visitor("Ben", OTHER)

    with reading() as db:
        here = db.query(Consultation).one()
        assert is_left(db, OTHER, here.id)
        assert left_among(db, [OTHER], here.id) == {OTHER}
        assert doors.list_addresses(db, here.id) == []


@pytest.mark.database
def test_who_gave_an_address_is_found_by_it(open_round):  # noqa: F811
    one = visitor("Ana", TYPED)

    with writing() as db:
        here = db.query(Consultation).one()
        assert [found.id for found in doors.list_by_address(db, here, OTHER)] == [one]
        assert [found.id for found in take_part_with(db, here.id, OTHER)] == [one]
        assert [boxes for _whose, boxes in readers_of(db, Campaign(consultation_id=here.id), [OTHER])] == [{one: OTHER}]
        assert db.scalars(select(Participant.id).where(visitors_of(OTHER))).all() == [one]


@pytest.mark.database
def test_being_forgotten_finds_what_the_same_reader_wrote_in_other_letters(open_round):  # noqa: F811
    visitor("Ana", TYPED)

    with writing() as db:
        erase_visitors(db, visitors_of(OTHER), OTHER, now=NOON)

    with reading() as db:
        found = db.query(Participant).one()
        assert (found.name, found.email, found.email_key, found.erased_at) == ("", "", "", NOON)


@pytest.mark.database
def test_an_entry_and_a_subscriber_of_one_mailbox_are_one_reader(open_round):  # noqa: F811
    entry, news = add(email=OTHER), make_list()
    put_on(news, TYPED)

    with reading() as db:
        assert db.scalars(select(Stakeholder.id).where(of_mailboxes(to_list(news)))).all() == [entry.id]
        assert OTHER in sought_of(db, [db.get_one(Stakeholder, entry.id)]).addresses


@pytest.mark.database
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE participant SET email_key = ''",
        "UPDATE participant SET email = ''",
        "INSERT INTO participant (ref, consultation_id, name, organisation, category, email, language, created_at)"
        " SELECT 'x', consultation_id, '', '', '', 'a@b.example', 'en', created_at FROM participant",
        "UPDATE subscription SET email_key = NULL",
        "UPDATE subscription SET address = NULL",
    ],
)
def test_no_address_stands_without_its_key(open_round, sql):  # noqa: F811
    visitor("Ana", TYPED)
    put_on(make_list(), TYPED)

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(sql))

    assert str(violated(caught.value)).endswith("address_has_its_key")
    with reading() as db:
        assert db.scalars(select(Subscription.email_key)).all() == [OTHER]


def test_an_address_that_no_key_could_hold_is_none():
    address = "ΐ" * 30 + "@" + ".".join(["ΐ" * 40] * 2) + ".example"

    with pytest.raises(AddressWrong):
        checked_address(address)

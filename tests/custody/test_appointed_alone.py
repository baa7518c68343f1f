"""Earlier versions let the administrator appoint alone, though there were protected entries: it stays on the card for good."""

import pytest
from sqlalchemy import text

from consult.audit import record
from consult.core.db import reading, writing
from consult.custody import queries_sealed
from consult.custody.models import Officer
from tests.custody.fixtures import ANA, BEN, CIA, desk  # noqa: F401
from tests.custody.making import entries_file, entry_of
from tests.custody.test_sealed import take
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.support.world import NEWCOMER, World

SAYS = "Appointed by the administrator alone"


def alone() -> set[str]:
    with reading() as db:
        refs = queries_sealed.appointed_alone(db)
        return {one.fingerprint for one in db.query(Officer).filter(Officer.ref.in_(refs))}


def appoint_as_before(db, fingerprint, *, by) -> None:
    """What an earlier version did, and its database let happen."""
    made = db.query(Officer).filter_by(fingerprint=fingerprint).one()
    trigger = "DROP TRIGGER officer_appointed_by_rule" + (" ON officer" if db.bind.dialect.name != "sqlite" else "")
    db.execute(text(trigger))
    how = "UPDATE officer SET appointed_at = handed_in_at, appointed_how = 'administrator' WHERE id = :id"
    db.execute(text(how), {"id": made.id})
    record(db, "officer.appointed", by=by, card=made.ref, how="administrator")


@pytest.mark.database
def test_whoever_was_appointed_so_is_named(desk):  # noqa: F811
    desk.appoint(ANA)
    desk.appoint(BEN)
    take(desk, entries_file(ANA, [entry_of("bcdefghj23", [ANA, BEN])]))
    desk.hand_in(CIA)
    assert alone() == set()

    with writing() as db:
        appoint_as_before(db, CIA.fingerprint, by=desk.boss)

    assert alone() == {CIA.fingerprint}


def test_it_stands_on_the_page_for_everybody_who_reads_it(world: World):
    before = world.browser("secretariat").get("/staff/custody/").text
    with writing() as db:
        appoint_as_before(db, NEWCOMER.fingerprint, by=world.staff["administrator"])

    assert (SAYS in before, SAYS in world.browser("secretariat").get("/staff/custody/").text) == (False, True)

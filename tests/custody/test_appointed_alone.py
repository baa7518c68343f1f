"""The administrator alone appoints, though there are protected entries: everybody sees it, and the officers are told."""

import pytest
from sqlalchemy import text

from consult.core.db import reading, writing
from consult.custody import operations, queries_sealed
from consult.custody.models import Officer
from consult.mail.captured import list_captured
from consult.mail.connection import mailbox
from consult.mail.delivery import post
from consult.mail.models import OutboxMail
from tests.custody.fixtures import ANA, BEN, CIA, NOON, desk  # noqa: F401
from tests.custody.making import entries_file, entry_of
from tests.custody.test_sealed import take
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.support.world import NEWCOMER, World

SAYS = "Appointed by the administrator alone"


def told() -> list[str]:
    with reading() as db:
        return [
            one.person for one in db.query(OutboxMail).filter_by(template="officer_appointed").order_by(OutboxMail.id)
        ]


def alone() -> set[str]:
    with reading() as db:
        refs = queries_sealed.appointed_alone(db)
        return {one.fingerprint for one in db.query(Officer).filter(Officer.ref.in_(refs))}


@pytest.mark.database
def test_appoint_officer_tells_those_who_serve_once_an_entry_was_protected(desk):  # noqa: F811
    desk.appoint(ANA)
    desk.appoint(BEN)
    assert (told(), alone()) == ([], set())
    take(desk, entries_file(ANA, [entry_of("bcdefghj23", [ANA, BEN])]))
    assert (told(), alone()) == ([], set())

    desk.appoint(CIA)

    assert told() == [desk.people[one.fingerprint].actor for one in (ANA, BEN)]
    assert alone() == {CIA.fingerprint}


def test_it_stands_on_the_page_for_everybody_who_reads_it_and_in_a_mail(world: World):
    post().deliver()
    with writing() as db:  # before any round took comments without a name
        db.execute(text("DROP TRIGGER use_of_a_key_is_kept_update"))
        db.execute(text("UPDATE consultation_key SET used_at = NULL"))
    before = world.browser("secretariat").get("/staff/custody/").text
    with writing() as db:
        made = db.query(Officer).filter_by(fingerprint=NEWCOMER.fingerprint).one()
        operations.appoint_officer(db, made, NEWCOMER.fingerprint, by=world.staff["administrator"], now=NOON)

    post().deliver()

    assert (SAYS in before, SAYS in world.browser("secretariat").get("/staff/custody/").text) == (False, True)
    found = [
        one
        for one in list_captured(mailbox(world.app.extensions["consult settings"]))
        if NEWCOMER.fingerprint in one.text
    ]
    assert [one.to for one in found] == [world.staff["protection_officer"].email]

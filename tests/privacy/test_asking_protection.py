"""Asking to be protected: officers are told, without a name, and nothing else is kept."""

import pytest

from consult.audit.models import JournalEntry
from consult.core.db import reading, writing
from consult.custody.models import Officer
from consult.mail.delivery import post
from consult.mail.messages import NotWanted
from consult.mail.models import OutboxMail
from consult.privacy import rules_protecting as rules
from consult.privacy.asking_protection import PROTECTION_ASKED, ask_protection
from consult.privacy.operations_protecting import protect_entry
from consult.stakeholders.models import Stakeholder
from tests.custody.fixtures import ANA, NOON, desk  # noqa: F401
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.stakeholders.test_operations import add
from tests.support.world import World


def asked():
    with reading() as db:
        return db.query(OutboxMail).filter_by(template="protection_asked").order_by(OutboxMail.id).all()


@pytest.mark.database
def test_the_officers_who_serve_are_told_once_a_day_without_a_name(desk):  # noqa: F811
    desk.appoint(ANA)
    entry = add()
    with reading() as db:
        before = db.query(JournalEntry).count()
    for _ in range(2):
        with writing() as db:
            ask_protection(db, db.get_one(Stakeholder, entry.id), now=NOON)

    (mail,) = asked()
    with reading() as db:
        assert mail.person == desk.people[ANA.fingerprint].actor
        rendered = post().renderer.render(PROTECTION_ASKED, PROTECTION_ASKED.load(db, mail.parameters))
        assert db.query(JournalEntry).count() == before
    for part in (rendered.subject, rendered.text, rendered.html):
        assert not any(word in part for word in ("Women", "w@org.example"))
    assert f"/staff/stakeholders/{entry.ref}/protect/" in rendered.text


def test_check_ask_protection_needs_somebody_to_ask_and_somebody_to_protect(desk):  # noqa: F811
    entry = add()
    with pytest.raises(rules.NobodyToAsk), writing() as db:
        ask_protection(db, db.get_one(Stakeholder, entry.id), now=NOON)
    desk.appoint(ANA)
    with writing() as db:
        ask_protection(db, db.get_one(Stakeholder, entry.id), now=NOON)
        protect_entry(db, db.get_one(Stakeholder, entry.id), is_sure=True, next_url="/", by=desk.dalia, now=NOON)
    with pytest.raises(rules.ProtectedAlready), writing() as db:
        ask_protection(db, db.get_one(Stakeholder, entry.id), now=NOON)

    with reading() as db, pytest.raises(NotWanted):
        PROTECTION_ASKED.load(db, {"stakeholder": entry.id})


def test_whoever_has_an_entry_asks_on_its_page_and_reads_what_staff_saw(world: World):
    mine = world.browser("participant")
    address = "/en/consultations/upr/my-entry/protection/"

    assert f'href="{address}"' in mine.get("/en/consultations/upr/my-entry/").text
    page = mine.get(address).text
    assert "until now the secretariat could read your entry" in page
    assert asked() == []
    done = mine.post(address)

    assert done.status_code == 303
    assert "The protection officers are told" in mine.get(done.headers["Location"]).text
    with reading() as db:
        assert (
            len(asked())
            == db.query(Officer).filter(Officer.appointed_at.is_not(None), Officer.ended_at.is_(None)).count()
        )


def test_the_pages_for_whoever_is_not_in_the_registry_say_where_to_turn(world: World):
    visitor = world.browser("visitor")

    assert "known to protection officers only" in visitor.get("/en/take-part/").text
    assert "protection officer" in visitor.get("/en/threatened/").text

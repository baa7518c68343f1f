"""Protecting an entry that is there: what is sealed, what goes, what stays, and who may."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.audit.models import JournalEntry
from consult.consultations import doors
from consult.consultations.models import Participant
from consult.core import crypto
from consult.core.db import reading, violated, writing
from consult.custody.models import SealedEntry
from consult.custody.rules import OfficersMissing
from consult.jobs.queue import queue
from consult.privacy import operations_protecting, rules_protecting
from consult.rounds.models import Comment, Consent
from consult.rounds.rules import NameIsProtected, check_consent
from consult.stakeholders.entries import Entry
from consult.stakeholders.models import Basis, Protection, Stakeholder, StakeholderKind, StakeholderTerm
from consult.stakeholders.models_doubles import NamesAlike, NameToCompare
from consult.stakeholders.models_seats import Seat
from consult.stakeholders.operations import add_stakeholder
from consult.stakeholders.operations_comparing import sweep_comparing
from consult.stakeholders.operations_merging import merge_stakeholders
from consult.stakeholders.operations_terms import await_comparing
from consult.stakeholders.phones import phone_key
from consult.stakeholders.queries_doubles import list_doubles
from consult.stakeholders.rules import EntryProtected, check_change_stakeholder
from tests.support.world import DOUBLE, NOON, OFFICER, everything
from tests.test_access import STAFF, asks

SURE = {"is_sure": "y"}


def entry_of(world, who="participant_b"):
    with reading() as db:
        return db.get_one(Stakeholder, db.get_one(Participant, world.ids[who]["id"]).stakeholder_id)


def protect(world, entry, who="secretariat"):
    answer = world.browser(who).post(f"/staff/stakeholders/{entry.ref}/protect/", data=SURE)
    with reading() as db:
        return answer, db.get_one(Stakeholder, entry.id)


def opened(entry):
    """What the officer reads."""
    with reading() as db:
        copy = db.query(SealedEntry).filter_by(stakeholder_id=entry.id).one()
    return json.loads(crypto.unpad(crypto.unseal(copy.sealed, *OFFICER.box)))


def test_protect_entry_seals_who_it_is_and_leaves_a_new_code(world):
    before = entry_of(world)

    answer, after = protect(world, before)

    assert answer.status_code == 303
    assert after.protection is Protection.PROTECTED
    assert after.name == after.ref != before.ref
    assert (after.email, after.groups, after.basis, after.category) == ("", "", Basis.CONSENT, "cso")
    told = opened(after)
    assert (told["name"], told["email"], told["entry"]) == (before.name, before.email, after.ref)
    with reading() as db:
        terms = db.query(StakeholderTerm.term).filter_by(stakeholder_id=after.id).all()
        taking = db.query(Participant).filter_by(stakeholder_id=after.id).one()
        comment = db.query(Comment).filter_by(participant_id=taking.id).first()
    assert [one[0] for one in terms] == [after.ref]
    assert (taking.name, taking.organisation, taking.email) == ("", after.ref, "")
    assert comment.consent not in (Consent.WITH_NAME, Consent.ORGANISATION_ONLY)
    assert world.browser("visitor").get(f"/en/door/{world.ids['participant_b']['token']}").status_code == 404
    assert world.browser("secretariat").get(f"/staff/stakeholders/{before.ref}/").status_code == 404
    assert after.ref in world.browser("secretariat").get(f"/staff/stakeholders/{after.ref}/").text


def alike_to(entry):
    with reading() as db:
        pairs = (
            db.query(NamesAlike).filter((NamesAlike.first_id == entry.id) | (NamesAlike.second_id == entry.id)).count()
        )
        return pairs, db.query(NameToCompare).filter_by(stakeholder_id=entry.id).count()


def test_protect_entry_forgets_to_whom_the_name_is_alike_and_the_worker_compares_it_no_more(world):
    before = entry_of(world)
    with writing() as db:
        twin = add_stakeholder(
            db,
            Entry(before.kind, before.name, "cso", "en", email="t@x.example"),
            by=world.staff["secretariat"],
            now=NOON,
        )
        db.merge(NameToCompare(stakeholder_id=before.id))
        db.add(NamesAlike(first_id=before.id, second_id=twin.id, likeness=99))
    assert alike_to(before) == (1, 1)

    _, after = protect(world, before)

    assert alike_to(after) == (0, 0)
    with writing() as db:
        sweep_comparing(db, now=NOON)
        await_comparing(db)
    queue().work_off()
    assert alike_to(after) == (0, 0)
    with reading() as db:
        assert all(after.id not in one[:2] for one in list_doubles(db)[0])


def test_check_protect_entry_asks_for_a_tick_an_officer_and_no_seat(world):
    before, entry, seated = everything(), entry_of(world), entry_of(world, "participant")
    with reading() as db:
        seated = (
            db.query(Stakeholder).join(Seat, Seat.institution_id == Stakeholder.id).filter(Seat.until.is_(None)).first()
        )
    page = f"/staff/stakeholders/{entry.ref}/protect/"

    unsure = world.browser("secretariat").post(page, data={})
    answer, _ = protect(world, seated)

    assert (unsure.status_code, str(rules_protecting.NotUnderstood.message) in unsure.text) == (422, True)
    assert (answer.status_code, str(rules_protecting.SeatHeld.message) in answer.text) == (409, True)
    assert everything() == before
    protect(world, entry)
    with reading() as db:
        again = db.get_one(Stakeholder, entry.id)
    with pytest.raises(rules_protecting.ProtectedAlready):
        rules_protecting.check_protect_entry(again, holds_seat=False, is_sure=True)
    with writing() as db:
        db.execute(text("DROP TRIGGER last_officer_stays"))  # before anything was in use there may be none
        db.execute(text("UPDATE officer SET ended_at = appointed_at"))
    with pytest.raises(OfficersMissing), writing() as db:
        operations_protecting.protect_entry(
            db, db.get_one(Stakeholder, entry_of(world, "participant_other").id), is_sure=True, next_url="/",
            by=world.staff["secretariat"], now=NOON,
        )  # fmt: skip


def test_protect_entry_takes_those_that_were_merged_along_and_writes_to_one_only(world):
    kept, gone = entry_of(world), entry_of(world, "participant_other")
    with writing() as db:
        merge_stakeholders(
            db,
            db.get_one(Stakeholder, gone.id),
            db.get_one(Stakeholder, kept.id),
            by=world.staff["secretariat"],
            now=NOON,
        )

    answer, _ = protect(world, gone)  # either leads to both

    with reading() as db:
        both = [db.get_one(Stakeholder, one.id) for one in (kept, gone)]
    assert answer.status_code == 303
    assert [(one.protection, one.merged_into, one.basis) for one in both] == [
        (Protection.PROTECTED, None, Basis.CONSENT), (Protection.PROTECTED, None, Basis.NONE),
    ]  # fmt: skip
    assert [opened(one)["name"] for one in both] == [kept.name, gone.name]


def test_protect_entry_is_for_officers_too_and_stands_in_the_journal_by_its_new_code(world):
    answer, entry = protect(world, entry_of(world), who="protection_officer")

    assert answer.status_code == 303
    with reading() as db:
        acts = db.query(JournalEntry.codes).filter_by(event="entry.protected").all()
    assert {"stakeholder": entry.ref} in [one[0] for one in acts]
    assert all(set(one[0]) == {"stakeholder"} for one in acts)
    assert queue().work_off() >= 1
    assert world.browser("protection_officer").get(answer.location).status_code == 200


def test_a_protected_entry_is_neither_corrected_nor_merged_nor_seated(world):
    _, entry = protect(world, entry_of(world))
    browser, before = world.browser("secretariat"), everything()

    codes = {
        browser.post(f"/staff/stakeholders/{path}", data=form).status_code
        for path, form in (
            (
                f"{entry.ref}/edit/",
                {"name": "Known again", "kind": "organisation", "category": "cso", "language": "en", "basis": "none"},
            ),
            (f"{entry.ref}/contacts/new/", {"name": "Somebody", "language": "en"}),
            (f"doubles/{entry.ref}/{DOUBLE}/", {"keep": DOUBLE}),
        )
    }

    assert (codes, everything() == before) == ({409}, True)
    for page in ("edit/", "contacts/new/"):
        assert browser.get(f"/staff/stakeholders/{entry.ref}/{page}").location == f"/staff/stakeholders/{entry.ref}/"
    with pytest.raises(EntryProtected):
        check_change_stakeholder(entry)


@pytest.mark.parametrize(
    ("sql", "guard"),
    [
        ("UPDATE participant SET name = 'Known' WHERE stakeholder_id = :entry", "protected_takes_part_by_code"),
        (
            "UPDATE participant SET email = 'a@b.example', email_key = 'a@b.example' WHERE stakeholder_id = :entry",
            "protected_takes_part_by_code",
        ),
        ("UPDATE comment SET consent = 'with_name' WHERE consent <> 'with_name'", "consent_only_falls"),
        (
            "INSERT INTO comment (ref, round_id, version_id, paragraph_ref, quoted_text, language, text, suggestion, evidence, consent,"
            " channel, participant_id, received_at, once) SELECT 'n', round_id, version_id, '1', 'q', 'en', 't', '', '', 'with_name',"
            " 'site', participant_id, received_at, x'00' FROM comment WHERE participant_id = (SELECT id FROM participant"
            " WHERE stakeholder_id = :entry) LIMIT 1",
            "no_name_of_a_protected",
        ),
    ],
)
def test_the_database_keeps_a_protected_one_unnamed(world, sql, guard):
    _, entry = protect(world, entry_of(world))

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(sql), {"entry": entry.id})
    assert violated(caught.value) == guard


def test_a_protected_one_comments_by_a_new_link_and_never_with_a_name(world):
    _, entry = protect(world, entry_of(world))
    with writing() as db:
        taking = db.query(Participant).filter_by(stakeholder_id=entry.id).one()
        token = doors.token_of(doors.door_of(db, taking))
    browser = world.browser("visitor")
    door = browser.get(f"/en/door/{token}")

    assert browser.post(f"/en/door/{token}").status_code == 303
    page = "/en/consultations/upr/comment/3/"
    form = browser.get(page)
    sent = {"text": "Said by code", "once": "k", "version": "2", "act": "send"}
    named = browser.post(page, data={**sent, "consent": "with_name"})
    unnamed = browser.post(page, data={**sent, "consent": "without_name"})

    assert (door.status_code, entry.ref in door.text, "Continue with my personal link" in door.text) == (
        200,
        False,
        True,
    )
    assert ('value="with_name"' in form.text, 'value="without_name"' in form.text) == (False, True)
    assert (named.status_code, unnamed.status_code) == (422, 303)
    with pytest.raises(NameIsProtected):
        check_consent(Consent.ORGANISATION_ONLY, name="", organisation=entry.ref, category="", is_protected=True)


def test_no_page_of_any_role_shows_who_it_was(world):
    """All pages that a GET gives, to everybody who sees them, as the tables of addresses know them."""
    before = entry_of(world)
    with writing() as db:
        db.get_one(Stakeholder, before.id).note = "Lives at Brindlemoor"
    protect(world, before)
    queue().work_off()
    words = (before.name, before.email, "Brindlemoor", "former@org.example")
    pages = [ask.path for ask in asks(world) if ask.method == "GET"]

    shown = set()
    for who in ("visitor", "participant", *STAFF):
        for path in pages:
            with world.browser(who).get(path) as answer:
                shown |= {(who, path, word) for word in words if word.encode() in answer.data}

    assert shown == set()


def test_the_page_shows_other_entries_with_the_same_address_or_telephone(world):
    entry, by = entry_of(world), world.staff["secretariat"]
    with writing() as db:
        here = db.get_one(Stakeholder, entry.id)
        here.phone, here.phone_key = "+677 918273", phone_key("+677 918273")
        for name, email, phone in (
            ("Same address", entry.email.upper(), ""), ("Same number", "n@x.example", "00677 918273"), ("Neither", "e@x.example", ""),
        ):  # fmt: skip
            add_stakeholder(db, Entry(kind=StakeholderKind.PERSON, name=name, category="cso", language="en", email=email,
                                      phone=phone), by=by, now=NOON)  # fmt: skip
    page = f"/staff/stakeholders/{entry.ref}/protect/"

    shown, unsure = world.browser("secretariat").get(page), world.browser("secretariat").post(page, data={})

    for answer in (shown, unsure):
        assert ("Same address" in answer.text, "Same number" in answer.text, "Neither" in answer.text) == (
            True,
            True,
            False,
        )
    assert "have the same address or telephone" in shown.text


def test_the_page_of_a_protected_organisation_offers_nothing_that_would_be_refused(world):
    entry = entry_of(world)
    browser = world.browser("secretariat")
    offered = ("Add a contact person", "Appoint somebody to a seat", "Reached by")
    before = browser.get(f"/staff/stakeholders/{entry.ref}/").text
    assert entry.kind is StakeholderKind.ORGANISATION

    _, after = protect(world, entry)

    page = browser.get(f"/staff/stakeholders/{after.ref}/").text
    assert ([one in before for one in offered], [one in page for one in offered]) == ([True] * 3, [False] * 3)

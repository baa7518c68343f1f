"""A yes to the public directory that was given on paper: noted by staff with its day, way and text, and taken back the same way."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from consult.audit.models import JournalEntry
from consult.consultations.operations_consent import choose_purpose
from consult.core.db import reading, violated, writing
from consult.mailings.timeline import read_timeline
from consult.stakeholders import rules, rules_directory
from consult.stakeholders.models import Basis, Consent, Protection, Purpose, Stakeholder, StakeholderKind
from consult.stakeholders.operations_directory import note_directory
from consult.stakeholders.operations_leaving import leave
from consult.stakeholders.operations_merging import merge_stakeholders
from consult.stakeholders.queries_directory import Wanted, list_public
from consult.stakeholders.rules_directory import PaperAnswer
from tests.stakeholders.test_directory import names
from tests.stakeholders.test_operations import NOON, Dalia, add
from tests.support.believers import believe

TODAY = NOON.date()
YES = PaperAnswer(True, False, TODAY - timedelta(days=30), "letter", "Leaflet 2027")
WITH_CONTACT = replace(YES, shows_contact=True)
NO = PaperAnswer(False, False, TODAY - timedelta(days=1), "phone")
ABOUT = (Purpose.DIRECTORY, Purpose.DIRECTORY_CONTACT)


def note(entry, answer, now=NOON):
    with writing() as db:
        return note_directory(db, db.get_one(Stakeholder, entry.id), answer, by=Dalia(), now=now)


def acts(entry):
    with reading() as db:
        rows = db.query(Consent).filter_by(stakeholder_id=entry.id).filter(Consent.purpose.in_(ABOUT))
        return [
            (one.purpose.value, one.basis.value, one.how, one.wording, one.given_on, one.by)
            for one in rows.order_by(Consent.id)
        ]


def by_themselves(entry, *, agrees, now, purpose=Purpose.DIRECTORY):
    with writing() as db:
        return choose_purpose(db, db.get_one(Stakeholder, entry.id), purpose, agrees=agrees, now=now)


def shown_contact():
    with reading() as db:
        return [(one.name, one.email) for one in list_public(db, Wanted())[0]]


@pytest.mark.database
def test_a_yes_on_paper_and_its_withdrawal_are_kept_with_day_way_text_and_who_noted_it(database):
    entry = add(name="Elders", email="e@x.example")

    said = [note(entry, one) for one in (WITH_CONTACT, WITH_CONTACT)]
    standing = names()
    said.append(note(entry, NO))

    day, later = YES.given_on, NO.given_on
    assert said == [True, False, True]
    assert (standing, names()) == (["Elders"], [])
    assert acts(entry) == [
        ("directory", "consent", "letter", "Leaflet 2027", day, "staff:7"),
        ("directory_contact", "consent", "letter", "Leaflet 2027", day, "staff:7"),
        ("directory_contact", "none", "phone", "", later, "staff:7"),
        ("directory", "none", "phone", "", later, "staff:7"),
    ]


def test_a_yes_without_the_contact_takes_only_the_contact_away(database):
    entry = add(name="Elders", email="e@x.example")
    note(entry, WITH_CONTACT)

    note(entry, replace(YES, given_on=TODAY))

    assert names() == ["Elders"]
    assert [one[:2] for one in acts(entry)][2:] == [("directory_contact", "none")]


def test_it_stands_in_the_journal_and_once_in_the_timeline(database):
    entry = add(name="Elders", email="e@x.example")
    note(entry, YES)

    with reading() as db:
        told = [one for one in read_timeline(db, [entry.id]) if one.says.get("purpose") == "directory"]
        every = {one.what for one in read_timeline(db, [entry.id])}
        noted = [one.codes for one in db.query(JournalEntry).filter_by(event="directory.noted")]

    assert [(one.by, one.says["given_on"], one.says["how"]) for one in told] == [("staff:7", YES.given_on, "letter")]
    assert every == {"consent"}
    day = YES.given_on.isoformat()
    assert noted == [{"stakeholder": entry.ref, "stands": True, "shows_contact": False, "given_on": day}]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (replace(YES, how="phone"), rules_directory.YesNotOnPaper),
        (replace(YES, how="email"), rules_directory.YesNotOnPaper),
        (replace(YES, how="import"), rules_directory.WayUnknown),
        (replace(YES, wording=" "), rules_directory.TextMissing),
        (replace(YES, wording="x" * 121), rules_directory.TextMissing),
        (replace(NO, wording="x" * 121), rules_directory.TextMissing),
        (replace(YES, given_on=TODAY + timedelta(days=2)), rules_directory.SaidLater),
        (replace(NO, given_on=TODAY + timedelta(days=2)), rules_directory.SaidLater),
    ],
)
def test_check_note_directory_asks_for_paper_a_text_and_a_day_that_was(database, answer, problem):
    entry = add(name="Elders", email="e@x.example")

    with pytest.raises(problem):
        note(entry, answer)

    assert acts(entry) == []


def test_check_note_directory_puts_nobody_there_who_left_nor_a_person_by_what_they_believe(database):
    gone = add(name="Gone", email="g@x.example")
    believer = add(name="Believer", email="b@x.example", kind=StakeholderKind.PERSON, groups=())
    believe(believer.id)
    with writing() as db:
        leave(db, db.get_one(Stakeholder, gone.id), how="link", now=NOON)

    for entry in (gone, believer):
        with pytest.raises(rules_directory.NotForTheDirectory):
            note(entry, YES)

    assert note(gone, NO)
    assert [one[:2] for one in acts(gone)] == [("directory_contact", "none"), ("directory", "none")]


def test_check_note_directory_leaves_protected_and_merged_entries_alone(database):
    kept, merged, hidden = (add(name=name, email=f"{name}@x.example") for name in ("kept", "merged", "hidden"))
    with writing() as db:
        merge_stakeholders(
            db, db.get_one(Stakeholder, merged.id), db.get_one(Stakeholder, kept.id), by=Dalia(), now=NOON
        )

    with pytest.raises(rules.MergedAway):
        note(merged, YES)
    with pytest.raises(rules.EntryProtected):
        rules_directory.check_note_directory(
            Stakeholder(ref=hidden.ref, protection=Protection.PROTECTED), YES, {}, now=NOON
        )


def test_check_note_directory_shows_no_contact_that_is_not_there(database):
    entry = add(name="Elders", email="", postal_address="Sessa Landing")

    with pytest.raises(rules_directory.NoContactToShow):
        note(entry, WITH_CONTACT)

    assert note(entry, YES)


@pytest.mark.parametrize("days", [-1, 0])
@pytest.mark.parametrize("is_merged", [False, True])
def test_a_yes_on_paper_that_is_no_newer_than_their_own_no_does_not_give_it_again(database, days, is_merged):
    entry = add(name="Elders", email="e@x.example")
    by_themselves(entry, agrees=True, now=NOON - timedelta(days=20))
    by_themselves(entry, agrees=False, now=NOON - timedelta(days=10))
    whole = entry
    if is_merged:
        whole = add(name="Elders' Assembly", email="a@x.example")
        with writing() as db:
            merge_stakeholders(
                db, db.get_one(Stakeholder, entry.id), db.get_one(Stakeholder, whole.id), by=Dalia(), now=NOON
            )
    no = TODAY - timedelta(days=10)

    with pytest.raises(rules_directory.TakenBackSince):
        note(whole, replace(YES, given_on=no + timedelta(days=days)))

    assert names() == []
    assert note(whole, replace(YES, given_on=no + timedelta(days=1)))


def test_an_older_paper_does_not_show_the_contact_again_after_their_own_no(database):
    entry = add(name="Elders", email="e@x.example")
    for purpose in ABOUT:
        by_themselves(entry, agrees=True, now=NOON - timedelta(days=20), purpose=purpose)
    by_themselves(entry, agrees=False, now=NOON - timedelta(days=10), purpose=Purpose.DIRECTORY_CONTACT)

    with pytest.raises(rules_directory.ContactTakenBackSince):
        note(entry, WITH_CONTACT)

    assert shown_contact() == [("Elders", "")]
    assert note(entry, replace(WITH_CONTACT, given_on=TODAY - timedelta(days=9)))
    assert shown_contact() == [("Elders", "e@x.example")]


@pytest.mark.database
def test_a_no_of_somebody_who_is_not_there_is_kept_and_no_older_paper_publishes_them(database):
    entry = add(name="Elders", email="e@x.example")

    said = [note(entry, one) for one in (NO, NO)]
    with pytest.raises(rules_directory.TakenBackSince):
        note(entry, YES)

    assert said == [True, False]
    assert [one[:2] + one[4:5] for one in acts(entry)] == [
        ("directory_contact", "none", NO.given_on), ("directory", "none", NO.given_on)
    ]  # fmt: skip
    assert names() == []


@pytest.mark.database
@pytest.mark.parametrize("is_merged", [False, True])
def test_their_own_no_behind_the_door_is_kept_though_they_are_not_there(database, is_merged):
    entry = add(name="Elders", email="e@x.example")
    whole = add(name="Elders’ Assembly", email="a@x.example") if is_merged else entry
    if is_merged:
        with writing() as db:
            found = [db.get_one(Stakeholder, one.id) for one in (entry, whole)]
            merge_stakeholders(db, *found, by=Dalia(), now=NOON)

    kept = [by_themselves(whole, agrees=False, now=NOON) for _again in range(2)]
    with pytest.raises(rules_directory.TakenBackSince):
        note(whole, YES)
    with pytest.raises(rules_directory.TakenBackSince):
        note(whole, replace(YES, given_on=TODAY))

    assert kept == [True, False]
    assert acts(whole) == [("directory", "none", "own_entry", "my-entry-directory-2026-12", None, "self")]
    assert names() == []
    by_themselves(whole, agrees=True, now=NOON + timedelta(days=1))
    assert names() == [whole.name]


def test_their_own_no_is_kept_again_when_it_is_newer_or_staff_had_noted_one(database):
    entry = add(name="Elders", email="e@x.example")
    note(entry, replace(NO, given_on=TODAY))

    kept = [by_themselves(entry, agrees=False, now=NOON + timedelta(days=days)) for days in (0, 0, 3)]
    with pytest.raises(rules_directory.TakenBackSince):
        note(entry, replace(YES, given_on=TODAY + timedelta(days=2)), now=NOON + timedelta(days=4))

    assert kept == [True, False, True]


def test_their_own_no_to_showing_the_contact_is_kept_though_it_is_not_shown(database):
    entry = add(name="Elders", email="e@x.example")
    note(entry, YES)

    assert by_themselves(entry, agrees=False, now=NOON, purpose=Purpose.DIRECTORY_CONTACT)
    with pytest.raises(rules_directory.ContactTakenBackSince):
        note(entry, WITH_CONTACT)

    assert shown_contact() == [("Elders", "")]


def test_an_older_no_that_is_noted_later_makes_no_room_for_an_older_yes(database):
    entry = add(name="Elders", email="e@x.example")
    for days in (5, 40):
        note(entry, replace(NO, given_on=TODAY - timedelta(days=days)))

    with pytest.raises(rules_directory.TakenBackSince):
        note(entry, YES)

    assert names() == []


def test_a_name_only_of_somebody_who_stands_there_so_is_kept_and_no_older_paper_shows_their_contact(database):
    entry = add(name="Elders", email="e@x.example")
    note(entry, YES)

    assert note(entry, replace(YES, given_on=TODAY - timedelta(days=2)))
    with pytest.raises(rules_directory.ContactTakenBackSince):
        note(entry, replace(WITH_CONTACT, given_on=TODAY - timedelta(days=5)))

    assert shown_contact() == [("Elders", "")]


def test_what_staff_noted_by_mistake_can_be_noted_right_on_the_same_day(database):
    entry = add(name="Elders", email="e@x.example")
    note(entry, replace(YES, given_on=TODAY))
    note(entry, replace(NO, given_on=TODAY))

    assert note(entry, replace(YES, given_on=TODAY))
    assert names() == ["Elders"]


@pytest.mark.database
@pytest.mark.parametrize("missing", [{"given_on": None}, {"wording": ""}, {"how": "phone"}])
def test_the_database_takes_no_yes_of_staff_without_day_paper_and_text(database, missing):
    entry = add()
    whole = {"given_on": date(2027, 1, 5), "wording": "Leaflet", "how": "letter"} | missing

    with pytest.raises(DBAPIError) as refused, writing() as db:
        db.add(
            Consent(
                stakeholder_id=entry.id, purpose=Purpose.DIRECTORY, basis=Basis.CONSENT, by="staff:7", at=NOON, **whole
            )
        )

    assert "paper_yes_has_day_and_text" in (violated(refused.value) or str(refused.value))


def test_a_protected_entry_that_never_stands_there_says_nothing_of_it(world):
    with reading() as db:
        hidden = db.query(Stakeholder).filter_by(protection=Protection.PROTECTED).first()

    assert not by_themselves(hidden, agrees=False, now=NOON)
    assert acts(hidden) == []


def test_the_page_notes_it_shows_it_and_keeps_what_was_typed_wrong(world):
    ref = world.ids[""]["stakeholder"]
    page = f"/staff/stakeholders/{ref}/directory/"
    dalia = world.browser("secretariat")
    fields = {"said": "stands", "given_on": "2027-02-01", "how": "letter", "wording": "Leaflet 7"}

    wrong = dalia.post(page, data=fields | {"given_on": "soon"})
    phoned = dalia.post(page, data=fields | {"how": "phone"})
    noted = dalia.post(page, data=fields)
    shown = dalia.get(f"/staff/stakeholders/{ref}/").text

    assert [one.status_code for one in (wrong, phoned, noted)] == [422, 422, 303]
    assert all("Leaflet 7" in one.text for one in (wrong, phoned))
    assert "Leaflet 7" in shown
    assert "said on 1 February 2027" in shown
    assert dalia.get(f"/staff/stakeholders/{world.ids['']['protected']}/directory/").status_code == 409

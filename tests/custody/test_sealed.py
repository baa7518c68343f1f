"""Protected entries: taken in from an officer, handed out with a reason, erased at once; and the database under it."""

import json
import threading
from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.core import crypto
from consult.core.crypto import unb64
from consult.core.db import reading, violated, writing
from consult.custody import operations, operations_sealed, queries_sealed, rules, rules_sealed
from consult.custody.rules_sealed import EntryRefused, Reason
from consult.custody.sealed_files import entry_file
from consult.custody.sealing import Identity, seal_identity
from consult.custody.sides import here
from consult.stakeholders.models import Basis, Consent, Protection, Stakeholder, StakeholderKind
from consult.stakeholders.rules import CategoryUnknown
from tests.custody.fixtures import ANA, BEN, CIA, NOON, STATE, consultation, desk, journal, rows  # noqa: F401
from tests.custody.making import entries_file, entry_of, opened_entry

pytestmark = pytest.mark.database
REF, OTHER = "abcdefgh23", "bcdefghj34"


@pytest.fixture
def two(desk):  # noqa: F811
    for maker in (ANA, BEN):
        desk.appoint(maker)
    return desk


def take(desk, content, by=ANA):  # noqa: F811
    with writing() as db:
        return operations_sealed.take_entries(
            db, here().installation, content, officer=desk.officer(db, by), by=desk.people[by.fingerprint], now=NOON
        )


def found(db, ref=REF):
    return db.query(Stakeholder).filter_by(ref=ref).one()


def why(refused):
    return type(refused.value.values["why"]), refused.value.values["ref"], refused.value.status


def copies():
    return rows("SELECT stakeholder_id, officer_id, edition FROM sealed_entry ORDER BY 1, 2")


def test_a_new_entry_is_a_code_and_a_copy_for_each_officer_and_nothing_else(two):
    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN])]))

    with reading() as db:
        entry = found(db)
        held = {maker: queries_sealed.sealed_for(db, [entry.id], two.officer(db, maker)) for maker in (ANA, BEN)}
        consent = db.query(Consent).filter_by(stakeholder_id=entry.id).one()
    assert (entry.name, entry.protection, entry.basis) == (REF, Protection.PROTECTED, Basis.CONSENT)
    assert (consent.how, consent.wording) == ("meeting", "")
    assert all("Nadia Qamar" in opened_entry(one[entry.id].sealed, maker) for maker, one in held.items())
    assert [(event, REF in codes, "person" in codes) for event, codes in journal("entry.%")] == [
        ("entry.taken_in", True, True)
    ]
    assert all("Nadia" not in str(row) for row in rows("SELECT * FROM stakeholder"))


def test_check_take_entry_what_does_not_fit_is_named_and_nothing_of_the_file_is_kept(two):
    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN])]))
    good = entry_of(OTHER, [ANA, BEN])
    before, told = copies(), journal("entry.%")
    wrong = {
        rules_sealed.RefTaken: entry_of(REF, [ANA, BEN]),
        rules_sealed.EntryUnknown: entry_of("cdefghjk45", [ANA, BEN], edition=2),
        rules.EditionOld: entry_of(REF, [ANA, BEN], edition=3),
        rules.OfficersDiffer: entry_of(REF, [ANA, CIA], edition=2),
        CategoryUnknown: entry_of(REF, [ANA, BEN], edition=2, category="spies"),
        rules_sealed.LanguageNotOurs: entry_of(REF, [ANA, BEN], edition=2, language="tlh"),
        rules_sealed.KindStays: entry_of(REF, [ANA, BEN], edition=2, kind="organisation"),
    }

    for refusal, entry in wrong.items():
        with pytest.raises(EntryRefused) as refused:
            take(two, entries_file(ANA, [good, entry]))
        assert why(refused) == (refusal, entry["ref"], refusal.status)

    assert (copies(), journal("entry.%")) == (before, told)
    assert rows("SELECT count(*) FROM stakeholder WHERE protection = 'protected'") == [(1,)]


def test_check_keep_sealed_there_is_one_copy_for_each_who_serves_and_the_edition_follows(two):
    for wrong, refusal in (
        ((set(), set()), rules.OfficersMissing), (({1, 2}, {1}), rules.OfficersDiffer), (({1}, {1, 2}), rules.OfficersDiffer),
    ):  # fmt: skip
        with pytest.raises(refusal):
            rules.check_keep_sealed(*wrong, edition=1, kept=0)
    for edition in (0, 1, 3):
        with pytest.raises(rules.EditionOld):
            rules.check_keep_sealed({1}, {1}, edition=edition, kept=1)
    with pytest.raises(EntryRefused) as refused:
        take(two, entries_file(ANA, [entry_of(REF, [ANA])]))

    assert why(refused)[0] is rules.OfficersDiffer


def test_a_hostile_file_is_refused_whole(two):
    good = json.loads(entries_file(ANA, [entry_of(REF, [ANA, BEN])]))
    other = json.loads(entries_file(ANA, [entry_of(OTHER, [ANA, BEN])]))
    short = crypto.seal(b"short", ANA.box[0])
    foreign = bytes([2]) + entry_of(REF, [ANA])["sealed"][ANA.fingerprint][1:]
    hostile = [
        "", "[]", "null", "{}", "[" * 100_000, json.dumps(good | {"version": 2}), json.dumps(good | {"format": "consult-entries-out"}),
        json.dumps(good | {"sealed": other["sealed"]}),  # not what was signed
        json.dumps(good | {"sealed": []}), json.dumps(good | {"sealed": [None]}), json.dumps(good | {"signed": 7}),
        entries_file(BEN, [entry_of(REF, [ANA, BEN])]),  # signed by another than who hands in
        entries_file(STATE, [entry_of(REF, [ANA, BEN])]),
        entries_file(ANA, [entry_of(REF, [ANA, BEN])], installation="another"),
        entries_file(ANA, []), entries_file(ANA, [entry_of(REF, [ANA, BEN])] * 2),
        *(entries_file(ANA, [entry_of(ref, [ANA, BEN])]) for ref in ("", "short", "ABCDEFGH23", "abcdefgh2\n", "abcdefgh0l", "x" * 11)),
        *(
            entries_file(ANA, [entry_of(REF, [ANA, BEN], **change)])
            for change in (
                {"kind": "ghost"}, {"basis": "guess"}, {"how": "spied"}, {"how": ""}, {"edition": 0}, {"edition": True}, {"edition": 2**31},
                {"edition": "1"}, {"category": 1}, {"language": None}, {"edition": 2, "stand": 7},
            )
        ),
        entries_file(ANA, [entry_of(REF, [ANA, BEN], sealed={ANA.fingerprint: short, BEN.fingerprint: short})]),
        entries_file(ANA, [entry_of(REF, [ANA, BEN], sealed={ANA.fingerprint: foreign, BEN.fingerprint: foreign})]),
    ]  # fmt: skip

    for content in hostile:
        with pytest.raises(rules.FileWrong):
            take(two, content)

    assert rows("SELECT count(*) FROM stakeholder WHERE protection = 'protected'") == [(0,)]


def test_a_correction_follows_the_edition_and_tells_consent_only_where_it_changed(two):
    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN])]))
    take(
        two,
        entries_file(BEN, [entry_of(REF, [BEN, ANA], edition=2, name="Nadia K", how="", language="ar")]),
        BEN,
    )
    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN], edition=3, basis="none", how="phone")]))

    with reading() as db:
        entry = found(db)
        told = [
            (one.basis.value, one.how)
            for one in db.query(Consent).filter_by(stakeholder_id=entry.id).order_by(Consent.id)
        ]
    assert (entry.language, entry.basis) == ("en", Basis.NONE)
    assert told == [("consent", "meeting"), ("none", "phone")]
    assert [row[2] for row in copies()] == [3, 3]


def test_an_entry_that_the_site_sealed_can_be_corrected_by_an_officer(two):
    with writing() as db:
        officers = [two.officer(db, maker) for maker in (ANA, BEN)]
        entry = Stakeholder(
            ref=REF, kind=StakeholderKind.PERSON, name=REF, name_key=REF, double_key=REF, category="cso", language="en",
            basis=Basis.DUTY, protection=Protection.PROTECTED, created_at=NOON, updated_at=NOON,
        )  # fmt: skip
        db.add(entry)
        db.flush()
        operations_sealed.keep_sealed(db, entry, seal_identity(Identity("Nadia"), REF, officers), edition=1)

    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN], edition=2, basis="duty", how="")]))

    assert [row[2] for row in copies()] == [2, 2]


def hand_out(desk, reason, words="", by=ANA, refs=(REF,)):  # noqa: F811
    with writing() as db:
        officer, entries = desk.officer(db, by), queries_sealed.find_protected(db, refs)
        operations_sealed.hand_out(db, entries, officer, reason, words, by=desk.people[by.fingerprint], now=NOON)
        return json.loads(
            entry_file(db, officer, entries, {REF: [{"id": "d1", "language": "en", "subject": "S", "text": "T"}]})
        )


def test_check_hand_out_every_entry_stands_in_the_journal_with_its_reason(two):
    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN]), entry_of(OTHER, [ANA, BEN])]))

    made = hand_out(two, Reason.OTHER, "The court asks.", refs=(REF, OTHER))

    assert [one[0] for one in journal("entry.handed_out")] == ["entry.handed_out"] * 2
    assert "court" not in str(journal("entry.handed_out"))
    assert [row[0] for row in rows("SELECT text FROM journal_reason ORDER BY number")] == ["The court asks."] * 2
    assert [one["ref"] for one in made["entries"]] == [REF, OTHER]
    assert "Nadia Qamar" in opened_entry(unb64(made["entries"][0]["sealed"]), ANA)
    assert (made["installation"], made["officer"], made["cards"]) == (
        here().installation,
        ANA.fingerprint,
        [ANA.card, BEN.card],
    )
    assert made["deliveries"] == {REF: [{"id": "d1", "language": "en", "subject": "S", "text": "T"}]}
    assert {one["code"] for one in made["languages"]} >= {"en", "ar", "zh"}
    for refusal, arguments in (
        (rules_sealed.NoneChosen, {"reason": Reason.WRITE, "refs": ()}), (rules_sealed.ReasonUnknown, {"reason": None}),
        (rules_sealed.WordsMissing, {"reason": Reason.OTHER, "words": " "}),
    ):  # fmt: skip
        with pytest.raises(refusal):
            hand_out(two, **arguments)
    assert len(journal("entry.handed_out")) == 2


def test_a_newcomer_has_no_copy_until_another_officer_made_one_for_all(two):
    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN])]))
    two.join(CIA, ANA, BEN)
    with reading() as db:
        newcomer, old = two.officer(db, CIA), two.officer(db, ANA)
        lacking = queries_sealed.list_protected(db, newcomer, incomplete=True)[0]
        assert [(one.entry.ref, one.mine, one.others_lack, one.erased) for one in lacking] == [
            (REF, False, True, False)
        ]
        assert (queries_sealed.count_without(db, newcomer), queries_sealed.count_without(db, old)) == (1, 0)
    with pytest.raises(EntryRefused) as refused:
        hand_out(two, Reason.WRITE, by=CIA)
    assert why(refused) == (rules_sealed.CopyMissing, REF, 409)

    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN, CIA], edition=2, how="")]))

    assert "Nadia Qamar" in opened_entry(unb64(hand_out(two, Reason.WRITE, by=CIA)["entries"][0]["sealed"]), CIA)
    with reading() as db:
        assert queries_sealed.list_protected(db, two.officer(db, ANA), incomplete=True) == ([], None)


def end(desk, maker):  # noqa: F811
    with writing() as db:
        operations.end_officer(db, desk.officer(db, maker), by=desk.people[maker.fingerprint], now=NOON)


def test_check_end_holder_whose_card_ends_has_no_copy_and_never_the_only_one(two):
    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN])]))
    end(two, BEN)
    assert len(copies()) == 1
    two.join(CIA, ANA)

    with pytest.raises(rules_sealed.HoldsOnlyCopies):
        end(two, ANA)

    take(two, entries_file(ANA, [entry_of(REF, [ANA, CIA], edition=2, how="")]))
    end(two, ANA)
    assert [row[2] for row in copies()] == [2]


def test_the_list_goes_by_code_page_by_page(two, monkeypatch):
    monkeypatch.setattr(queries_sealed, "PAGE", 2)
    refs = sorted(f"{letter}bcdefgh23" for letter in "abcde")
    take(two, entries_file(ANA, [entry_of(ref, [ANA, BEN]) for ref in refs]))

    seen, after = [], ""
    while after is not None:
        with reading() as db:
            page, after = queries_sealed.list_protected(db, two.officer(db, ANA), after=after)
        seen.append([one.entry.ref for one in page])

    assert seen == [refs[:2], refs[2:4], refs[4:]]


def test_two_clicks_at_once_make_one_entry(two):
    content, refused = entries_file(ANA, [entry_of(REF, [ANA, BEN])]), []

    def click():
        try:
            take(two, content)
        except EntryRefused as problem:
            refused.append(type(problem.values["why"]))

    clicks = [threading.Thread(target=click) for _ in range(3)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()

    assert refused == [rules_sealed.RefTaken] * 2
    assert len(copies()) == 2
    assert len(journal("entry.taken_in")) == 1


def test_who_ends_while_a_file_is_taken_in_keeps_no_copy(two):
    content = entries_file(ANA, [entry_of(REF, [ANA, BEN])])

    def taking():
        with suppress(EntryRefused):  # who has ended is one too many
            take(two, content)

    acts = [threading.Thread(target=end, args=(two, BEN)), threading.Thread(target=taking)]
    for one in acts:
        one.start()
    for one in acts:
        one.join()

    query = (
        "SELECT count(*) FROM sealed_entry AS e JOIN officer AS o ON o.id = e.officer_id WHERE o.ended_at IS NOT NULL"
    )
    assert rows(query) == [(0,)]


ATTACKS = {
    "ck_sealed_entry_all_of_one_length": "UPDATE sealed_entry SET sealed = :short",
    "ck_sealed_entry_edition_counts_from_one": "UPDATE sealed_entry SET edition = 0",
    "sealed_entry_of_a_protected": "INSERT INTO sealed_entry SELECT s.id, o.id, 1, e.sealed FROM stakeholder s, officer o, sealed_entry e"
    " WHERE s.ref = 'openentry2' AND o.appointed_at IS NOT NULL LIMIT 1",
    "sealed_to_who_serves": "INSERT INTO sealed_entry SELECT s.id, o.id, 1, e.sealed FROM stakeholder s, officer o, sealed_entry e"
    " WHERE s.ref = :ref AND o.appointed_at IS NULL LIMIT 1",
    "protected_stays_protected": "UPDATE stakeholder SET protection = 'staff' WHERE ref = :ref",
    "ck_stakeholder_protected_holds_a_code_only": "UPDATE stakeholder SET email = 'n@x.example' WHERE ref = :ref",
    "protected_keys_are_its_code": "UPDATE stakeholder SET email_key = 'n@x.example' WHERE ref = :ref",
    "protected_found_by_code_only": "INSERT INTO stakeholder_term SELECT id, 'nadia', name_key FROM stakeholder WHERE ref = :ref",
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_no_statement_of_sql_gets_past_the_database(two, name):
    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN])]))
    two.hand_in(CIA)  # appointed by nobody
    with writing() as db:
        db.add(
            Stakeholder(
                ref="openentry2", kind=StakeholderKind.PERSON, name="N", name_key="n", double_key="n", category="cso", language="en",
                basis=Basis.NONE, created_at=NOON, updated_at=NOON,
            )
        )  # fmt: skip

    with pytest.raises(DBAPIError) as problem, writing() as db:
        values = {"ref": REF} if ":ref" in ATTACKS[name] else {"short": b"short"} if ":short" in ATTACKS[name] else {}
        db.execute(text(ATTACKS[name]), values)

    assert violated(problem.value) in (name, name.removeprefix("ck_sealed_entry_").removeprefix("ck_stakeholder_"))

"""What an officer hands in begins from what stands open now, and says nothing in free words beside a code."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.core.db import reading, violated, writing
from consult.custody import rules, rules_sealed
from consult.custody.rules_sealed import EntryRefused
from consult.custody.sealed_files import entry_file, stand_of
from consult.stakeholders.models import Basis
from tests.custody.fixtures import ANA, BEN, CIA, NOON, desk, rows  # noqa: F401
from tests.custody.making import appointment, entries_file, entry_of
from tests.custody.test_operations import sign
from tests.custody.test_sealed import REF, copies, found, take, two, why  # noqa: F401
from tests.drafts.test_operations import consultation  # noqa: F401

pytestmark = pytest.mark.database


def changed(what):
    """Something that stands open, changed at the site: by its owner, or as they left."""
    with writing() as db:
        entry = found(db)
        if what == "language":
            entry.language = "ar"
        elif what == "category":
            entry.category = "academia"
        elif what == "basis":
            entry.basis = Basis.NONE
        else:
            entry.left_at = NOON


@pytest.mark.parametrize("what", ["language", "category", "basis", "left"])
def test_copies_from_before_something_open_was_changed_are_refused_and_write_nothing_back(two, what):  # noqa: F811
    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN])]))
    old = entries_file(ANA, [entry_of(REF, [ANA, BEN], edition=2, how="")])
    changed(what)
    before = rows("SELECT language, category, basis, left_at FROM stakeholder")

    with pytest.raises(EntryRefused) as refused:
        take(two, old)

    assert why(refused) == (rules_sealed.EntryChanged, REF, 409)
    assert "Fetch the entry again" in str(refused.value.values["why"])
    assert rows("SELECT language, category, basis, left_at FROM stakeholder") == before
    assert [row[2] for row in copies()] == [1, 1]
    with reading() as db:
        now = {name: getattr(found(db), name) for name in ("language", "category", "basis")}
    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN], edition=2, how="", **now)]))
    assert [row[2] for row in copies()] == [2, 2]


def test_what_is_based_on_an_older_edition_is_refused_and_says_what_to_do(two):  # noqa: F811
    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN])]))
    old = entries_file(ANA, [entry_of(REF, [ANA, BEN], edition=2, how="", name="Before")])
    take(two, entries_file(BEN, [entry_of(REF, [BEN, ANA], edition=2, how="", name="Since")]), BEN)

    with pytest.raises(EntryRefused) as refused:
        take(two, old)

    assert why(refused) == (rules.EditionOld, REF, 409)
    assert "Fetch it again and open the new file" in str(refused.value.values["why"])


def test_a_file_without_what_it_began_from_is_none(two):  # noqa: F811
    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN])]))
    entry = entry_of(REF, [ANA, BEN], edition=2, how="")
    del entry["stand"]

    with pytest.raises(rules.FileWrong):
        take(two, entries_file(ANA, [entry]))


def test_free_words_of_consent_are_taken_from_no_file_and_by_no_route(two):  # noqa: F811
    for words in ("As Nadia's brother said", {}, None):
        with pytest.raises(rules.FileOld):
            take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN], wording=words)]))
    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN], wording="")]))  # an earlier file, where nothing was written

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(
            text(
                "INSERT INTO consent (stakeholder_id, purpose, basis, how, wording, by, at)"
                " SELECT stakeholder_id, purpose, basis, how, 'Nadia', by, at FROM consent"
            )
        )

    assert violated(caught.value) == "no_words_beside_a_code"
    assert rows("SELECT how, wording FROM consent") == [("meeting", "")]


def test_an_officers_file_says_who_waits_who_signed_and_what_stands(two):  # noqa: F811
    take(two, entries_file(ANA, [entry_of(REF, [ANA, BEN])]))
    two.hand_in(CIA)
    sign(two, ANA, CIA)

    with reading() as db:
        told = json.loads(entry_file(db, two.officer(db, ANA), [found(db)]))
        stand = stand_of(found(db))

    assert (told["waiting"], told["appointments"]) == ([CIA.card], [appointment(ANA, CIA)])
    assert [one["stand"] for one in told["entries"]] == [stand]

"""The demonstration's content fits together: drafts, stakeholders, and what they say about the draft."""

import csv
import json
from collections import Counter
from functools import cache

import pytest

from consult.demo.content_files import listed_stakeholders, scripted_registry
from consult.demo.cycle import CONTENT, LANGUAGES
from consult.drafts.comparing import compare
from consult.drafts.document import Kind, refs
from consult.drafts.inspecting import inspect, warnings_of
from consult.drafts.reading import read_draft
from consult.rounds.models import WHOLE, Consent
from consult.stakeholders.import_entries import entry_of
from consult.stakeholders.known import Registry
from consult.stakeholders.models import Basis, StakeholderKind
from consult.stakeholders.models_import import RowState
from consult.stakeholders.operations_import import preview_rows
from consult.stakeholders.sheets import read_sheet

ANSWERS = {"accepted", "accepted_in_part", "noted", "not_accepted", "out_of_scope"}
BLACK_OUT = {"third_person_name", "contact_details", "health_or_private_life", "accusation_of_a_named_person"}
KEYS = {"who", "name", "organisation", "ref", "language", "text", "suggest", "evidence", "consent", "answer", "reason"}
COLUMNS = ["name", "kind", "category", "groups", "region", "language", "email", "postal_address", "phone", "note"]
BASIS = next(basis for basis in Basis if basis is not Basis.NONE)


@cache
def draft(version, language):
    name = f"draft-v{version}.{language}.md"
    return read_draft((CONTENT / name).read_bytes(), name=name)


@cache
def texts(version, language):
    """The paragraphs and sub-items of a draft by ref."""
    blocks = draft(version, language).blocks
    return {
        ref: block.text
        for ref, block in zip(refs(blocks), blocks, strict=True)
        if block.kind in (Kind.PARAGRAPH, Kind.SUB_ITEM) and not block.annex
    }


@cache
def sheet():
    return read_sheet((CONTENT / "stakeholders.csv").read_bytes()).rows


def stakeholders():
    """The entries by name; which languages are ours is known once an installation has started."""
    return {row.cells["name"]: entry_of(row.cells, BASIS)[0] for row in sheet()}


@cache
def comments():
    return json.loads((CONTENT / "comments.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("version", "language", "paragraphs"),
    [(1, "en", 60), (1, "ar", 10), (1, "zh", 10), (2, "en", 61), (2, "ar", 10), (2, "zh", 10)],
)
def test_every_draft_is_read_without_doubt_and_counts_through(version, language, paragraphs):
    document = draft(version, language)

    numbers = [block.number for block in document.blocks if block.kind is Kind.PARAGRAPH and not block.annex]

    assert numbers == list(range(1, paragraphs + 1))
    assert document.language == language
    assert warnings_of(document) == []


@pytest.mark.parametrize("version", [1, 2])
def test_the_translated_part_has_the_refs_of_the_english(version):
    first = [ref for ref in texts(version, "en") if int(ref.rstrip("abcdef")) <= 10]

    assert list(texts(version, "ar")) == first
    assert list(texts(version, "zh")) == first


def test_the_english_headings_count_through_in_both_versions():
    for version in (1, 2):
        chapters = [one["text"].split(".")[0] for one in inspect(draft(version, "en"))["headings"] if one["level"] == 1]
        assert chapters[:-1] == ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII"]
        assert chapters[-1].startswith("Annex")


def test_version_2_rewords_deletes_inserts_and_moves():
    found = compare(draft(1, "en"), draft(2, "en"))

    assert [one["v1"] for one in found["reworded"]] == [2, 5, 9, 12, 18, 21, 31, 36, 47, 50, 54, 59]
    assert [one["v1"] for one in found["deleted"]] == [51]
    assert [one["v2"] for one in found["inserted"]] == [22, 35]
    assert [(one["v1"], one["v2"], one["text_unchanged"]) for one in found["moved"]] == [(46, 54, True)]


def test_the_paragraphs_that_paragraph_5_names_are_those_it_means():
    for version, titles, protocol in ((1, "17", "24"), (2, "17", "25")):
        assert f"{titles} and {protocol}" in texts(version, "en")["5"]
        assert texts(version, "en")[titles].startswith("Land titles")
        assert texts(version, "en")[protocol].startswith("The Optional Protocol to the Convention on the Rights")


@pytest.mark.parametrize("language", ["ar", "zh"])
def test_version_2_rewords_the_same_three_in_the_translations(language):
    found = compare(draft(1, language), draft(2, language))

    assert [(one["v1"], one["v2"]) for one in found["reworded"]] == [(2, 2), (5, 5), (9, 9)]
    assert (found["deleted"], found["inserted"], found["moved"]) == ([], [], [])


def test_52_stakeholders_are_taken_by_the_import_and_all_may_be_written_to(database):
    rows = preview_rows(sheet(), Registry([]), BASIS)

    assert len(rows) == len(stakeholders()) == 52
    assert {row["state"] for row in rows} == {RowState.NEW}
    entries = stakeholders().values()
    assert sum(entry.basis is not Basis.NONE for entry in entries) == 52
    assert {entry.language for entry in entries} == set(LANGUAGES)
    assert sum(not entry.email for entry in entries) == 4
    assert all(not entry.email or entry.email.endswith(".example") for entry in entries)


def test_the_header_holds_our_own_names_of_columns():
    with (CONTENT / "stakeholders.csv").open(encoding="utf-8", newline="") as source:
        assert next(csv.reader(source)) == COLUMNS


def test_120_comments_in_three_languages_none_twice():
    assert len(comments()) == 120
    assert len({one["text"] for one in comments()}) == 120
    assert Counter(one["language"] for one in comments()) == {"en": 80, "ar": 20, "zh": 20}
    assert sum(not one["who"] for one in comments()) == 20
    assert sum(bool(one["suggest"]) for one in comments()) == 32
    assert all(set(one) - {"black_out", "withhold"} == KEYS for one in comments())
    assert all(one["text"].strip() and one["text"] == one["text"].strip() for one in comments())


def test_every_comment_is_on_a_paragraph_of_version_1():
    assert {one["ref"] for one in comments()} <= {WHOLE, *texts(1, "en")}


def test_suggestions_change_words_that_stand_once_in_the_paragraph_as_its_author_reads_it():
    for one in comments():
        for old, new in one["suggest"]:
            assert texts(1, one["language"])[one["ref"]].count(old) == 1, (one["ref"], old)
            assert new != old


def test_every_comment_has_an_author_and_nobody_more_than_5():
    assert {one["who"] for one in comments()} <= {"", *stakeholders()}
    assert all(bool(one["who"]) != bool(one["name"]) for one in comments())
    assert max(Counter(one["who"] or one["name"] for one in comments()).values()) <= 5


def test_what_may_be_published_fits_its_author():
    authors = stakeholders()
    for one in comments():
        author = authors.get(one["who"])
        consent = Consent(one["consent"])
        if consent is Consent.ORGANISATION_ONLY:
            assert author.kind is StakeholderKind.ORGANISATION
        if consent is Consent.CATEGORY_ONLY:
            assert author is not None
    assert {one["consent"] for one in comments()} == set(Consent)


def test_answers_give_reasons_and_a_suggestion_is_never_only_noted():
    assert {one["answer"] for one in comments()} == ANSWERS
    for one in comments():
        assert bool(one["reason"]) == (one["answer"] != "accepted"), one["text"]
        assert not (one["answer"] == "noted" and one["suggest"]), one["text"]


def test_accepted_comments_are_on_what_version_2_changes():
    found = compare(draft(1, "en"), draft(2, "en"))
    changed = {str(one["v1"]) for kind in ("reworded", "deleted", "moved") for one in found[kind]}
    # 19: paragraph 22 is new; 52 and 11: the pledges of paragraph 60; 0: paragraph 35 and the annex
    changed |= {"0", "11", "19", "52"}
    for one in comments():
        if one["answer"] in ("accepted", "accepted_in_part"):
            assert one["ref"].rstrip("abcdef") in changed, one["text"]


def test_screening_finds_four_to_black_out_and_one_to_withhold():
    marked = [one for one in comments() if one.get("black_out")]

    assert len(marked) == 4
    for one in marked:
        for passage, why in one["black_out"]:
            assert one["text"].count(passage) == 1
            assert why in BLACK_OUT
    assert [one["withhold"] for one in comments() if one.get("withhold")] == ["hatred"]


def test_what_happens_in_the_registry_names_entries_of_the_list_and_invented_addresses_in_three_languages():
    script = scripted_registry()
    listed = {one["email"] for one in listed_stakeholders()}
    people = [*script["persons"], *script["requests"]]

    assert {script["comes_back"], script["leaves"], script["double"]["email"], script["group"]["put_in"]} <= listed
    assert script["comes_back"] != script["leaves"]
    assert {one["institution"] for one in script["seats"]} <= set(stakeholders())
    assert {one["email"] for one in people} & listed == set()
    assert all(one["email"].endswith(".example") for one in people)
    assert all(one["address"].endswith(".example") for one in script["readers"])
    assert {one["language"] for one in script["readers"]} == set(LANGUAGES)
    texts = [script["list"][name] for name in ("name", "what_it_is", "how_often")]
    texts += [script[name][part] for name in ("opening", "news", "debriefing") for part in ("subject", "body")]
    assert all(set(text) == set(LANGUAGES) for text in texts)


def test_who_says_something_of_themselves_has_a_link_in_a_mail_and_persons_say_what_they_may(settings):
    script, authors = scripted_registry(), {entry.email: entry for entry in stakeholders().values() if entry.email}
    persons = [one["email"] for one in script["declared"]]

    assert {one["email"] for name in ("directory", "reported", "declared") for one in script[name]} <= set(authors)
    assert {authors[one].kind for one in persons} == {StakeholderKind.PERSON}
    assert {authors[one["email"]].kind for one in script["reported"]} == {StakeholderKind.ORGANISATION}
    assert {code for one in script["declared"] for code in one["groups"]} <= set(settings.person_groups)
    assert script["walks_in"] in {one["email"] for one in script["directory"]}


def test_letters_and_calls_are_for_those_without_e_mail():
    script, authors = scripted_registry(), stakeholders()

    assert all(authors[script["letters"][who]].postal_address for who in ("came_back", "from"))
    assert authors[script["call"]["to"]].phone
    assert not any(authors[name].email for name in (script["letters"]["came_back"], script["letters"]["from"]))
    wishes, corrects = authors[script["wishes"]["name"]], script["corrects"]["email"]
    assert (bool(wishes.email), bool(wishes.postal_address)) == (False, True)
    assert corrects in {one.email for one in authors.values()}
    assert script["letters"]["ref"] in texts(1, script["letters"]["language"])


def test_protected_people_stand_nowhere_else_in_what_the_demonstration_says():
    names = {one["told"]["name"] for one in scripted_registry()["protected"]}
    others = (path.read_text("utf-8-sig") for path in CONTENT.iterdir() if path.name != "registry.json")

    assert len(names) == 2
    assert not [name for name in names if any(name in text for text in others)]

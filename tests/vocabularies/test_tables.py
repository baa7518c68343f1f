"""The tables of fixed words are whole: every name in every language, every limit with its source."""

import re

import pytest

from consult.vocabularies import tables

SCRIPTS = {
    "en": r"[A-Za-z]", "ar": r"[\u0621-\u064a]", "zh": r"[\u4e00-\u9fff]",
    "fr": r"[A-Za-z]", "es": r"[A-Za-z]", "ru": r"[\u0400-\u04ff]",
}  # fmt: skip
TABLES = [tables.kinds, tables.mechanisms, tables.categories, tables.shipped_groups]


def check(words):
    assert set(words) == set(SCRIPTS), "the six languages of the United Nations"
    for language, word in words.items():
        assert word == " ".join(word.split())
        assert re.search(SCRIPTS[language], word), word


@pytest.mark.parametrize("table", TABLES)
def test_names_are_in_their_script_and_differ(table):
    for entry in table().values():
        check(entry.names)
    for language in SCRIPTS:
        assert len({entry.name(language) for entry in table().values()}) == len(table())


def test_counts():
    assert [len(table()) for table in TABLES] == [14, 17, 23, 13]


def test_limits_have_a_source():
    assert {code: kind.word_limit for code, kind in tables.kinds().items() if kind.word_limit} == {
        "upr_national_report": 10700,
        "initial_report": 31800,
        "periodic_report": 21200,
        "core_document": 42400,
        "replies_list_of_issues": 10700,
    }
    for kind in tables.kinds().values():
        assert bool(kind.word_limit) == bool(kind.source)


def test_kinds_name_known_mechanisms_and_a_deadline():
    for kind in tables.kinds().values():
        check(kind.deadline)
        assert kind.mechanisms
        assert all(tables.mechanism(code) for code in kind.mechanisms)


def test_a_language_without_a_name_reads_english():
    assert tables.kind("initial_report").name("sm") == "Initial report"


def test_a_code_twice_is_refused():
    entry = tables.Entry("women", {"en": "Women"})
    with pytest.raises(ValueError, match="women"):
        tables._by_code([entry, entry])

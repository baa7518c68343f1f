"""The names of States: all there, in six languages, in their own letters."""

import re
from collections import Counter

import pytest

from consult.vocabularies.tables import states

LETTERS = {
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "zh": re.compile(r"[\u3400-\u9fff]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "en": re.compile(r"[A-Za-z]"),
    "fr": re.compile(r"[A-Za-z]"),
    "es": re.compile(r"[A-Za-z]"),
}


def test_all_members_and_observers_are_there():
    counted = Counter(state.kind for state in states().values())

    assert (counted["member"], counted["observer"]) == (193, 2)
    assert set(counted) == {"member", "observer", "territory"}


@pytest.mark.parametrize("language", LETTERS)
def test_every_name_is_there_in_its_own_letters_and_once(language):
    names = [state.names[language] for state in states().values()]

    assert all(LETTERS[language].search(name) for name in names)
    assert [name for name in names if name != " ".join(name.split())] == []
    assert len(set(names)) == len(names)


def test_names_are_those_of_the_united_nations():
    assert states()["BOL"].name("en") == "Bolivia (Plurinational State of)"
    assert states()["TUR"].name("en") == "Türkiye"
    assert all(re.fullmatch(r"[A-Z]{3}", code) for code in states())

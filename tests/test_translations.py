"""The catalogues are complete, keep placeholders, have the right number of plurals, and use the terms of the field."""

import re

import pytest

from consult.core import i18n
from tests.support.catalogues import COMPLETE, extract, strings
from tests.support.catalogues import read as catalogue
from tests.support.server import ROOT

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
PLURALS = {"en": 2, "ar": 6, "zh": 1}

# Terms of the field: whoever writes the English word writes one of these. Source: DESIGN section 1.
GLOSSARY = {
    "zh": {"Focal point": "协调人", "reprisals": "报复", "Draft": "报告草稿"},
    "ar": {"reprisals": "الأعمال الانتقامية"},
}


@pytest.fixture(scope="module")
def wanted():
    """Every message of code and templates, as gettext sees it."""
    found = extract()
    assert len(found) > 300, "the extraction finds what there is"
    return found


@pytest.mark.parametrize("code", COMPLETE)
def test_every_message_is_translated(wanted, code):
    have = catalogue(code)

    missing = [message for message in wanted if (found := have.get(message)) is None or not all(strings(found))]

    assert missing == []
    assert [message.id for message in have if message.fuzzy and message.id] == []


@pytest.mark.parametrize("code", COMPLETE)
def test_no_message_is_left_over(wanted, code):
    have = {message.id for message in catalogue(code) if message.id}

    assert have - set(wanted) == set()


@pytest.mark.parametrize("code", COMPLETE)
def test_placeholders_are_kept(code):
    for message in catalogue(code):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        named = set(PLACEHOLDER.findall(ids[-1]))
        for text in strings(message):
            extra = set(PLACEHOLDER.findall(text)) - named
            lost = named - set(PLACEHOLDER.findall(text)) - ({"n"} if isinstance(message.id, tuple) else set())
            assert (extra, lost) == (set(), set()), (message.id, text)


@pytest.mark.parametrize("code", COMPLETE)
def test_plurals_have_all_their_forms(code):
    for message in catalogue(code):
        if isinstance(message.id, tuple):
            assert len(message.string) == PLURALS[code], message.id


@pytest.mark.parametrize(
    ("n", "shown"),
    [(0, "لا فقرات"), (1, "فقرة واحدة"), (2, "فقرتان"), (3, "3 فقرات"), (11, "11 فقرة"), (100, "100 فقرة")],
)
def test_arabic_counts_as_arabic_does(n, shown):
    before = i18n._installed
    try:
        i18n.configure([i18n.KNOWN["ar"]], [ROOT / "consult" / "translations"])
        with i18n.use_language("ar"):
            assert i18n._n("%(n)s paragraph", "%(n)s paragraphs", n) == shown
    finally:
        i18n._installed = before


@pytest.mark.parametrize("code", GLOSSARY)
def test_the_terms_of_the_field_are_kept(code):
    have = catalogue(code)
    for english, term in GLOSSARY[code].items():
        concerned = [
            m for m in have if m.id and re.search(rf"\b{english}\b", m.id if isinstance(m.id, str) else m.id[0])
        ]
        assert concerned, english
        for message in concerned:
            assert all(term in text for text in strings(message)), (message.id, term)


def test_no_message_is_said_both_alone_and_with_a_number(wanted):
    """One entry of a catalogue cannot be both: the plain one would come out with an unfilled %(n)s."""
    plain = {message for message in wanted if isinstance(message, str)}

    assert [message for message in wanted if not isinstance(message, str) and message[0] in plain] == []

"""The catalogues are complete, keep placeholders, have the right number of plurals, and use the terms of the field."""

import re
import tomllib

import pytest

from consult.core import i18n
from tests.support.catalogues import COMPLETE, extract, strings
from tests.support.catalogues import read as catalogue
from tests.support.server import ROOT

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
PLURALS = {"en": 2, "ar": 6, "zh": 1}

# Terms of the field: whoever writes the English words writes one of these. Source: DESIGN section 1. All of its terms stand here,
# also those that no text has yet; Arabic ones with and without their article, as the sentence wants it.
GLOSSARY = {
    "zh": {
        r"\bNMIRFs?\b|[Nn]ational mechanism for implementation": "国家执行、报告和后续行动机制",
        r"\b[Dd]rafts?\b": "报告草稿",
        r"\b[Cc]omments?\b(?! in the margin)": "意见",
        r"\b[Ff]ocal points?\b": "协调人",
        r"\b[Aa]lternates?\b": "候补协调人",
        r"\b[Vv]alidation workshops?\b": "审定研讨会",
        r"\b[Dd]ebriefings?\b": "汇报会",
        r"\b[Pp]arallel reports?\b": "非正式报告",
        r"\b[Cc]oncluding observations\b": "结论性意见",
        r"\bUPR\b|\b[Uu]niversal [Pp]eriodic [Rr]eview\b": "普遍定期审议",
        r"\b[Rr]eprisals?\b": "报复",
        r"\b[Dd]efenders?\b": "人权维护者",
        r"\bUHRI\b|\bUniversal Human Rights Index\b": "世界人权索引",
        r"\bNRTD\b|\bNational Recommendations Tracking Database\b": "国家建议跟踪数据库",
    },
    "ar": {
        r"\bNMIRFs?\b|[Nn]ational mechanism for implementation": "آلية (ال)?وطنية للتنفيذ والإبلاغ والمتابعة",
        r"\b[Pp]arallel reports?\b": "تقارير (ال)?موازية",
        r"\b[Cc]oncluding observations\b": "ملاحظات (ال)?ختامية",
        r"\bUPR\b|\b[Uu]niversal [Pp]eriodic [Rr]eview\b": "استعراض (ال)?دوري (ال)?شامل",
        r"\b[Rr]eprisals?\b": "أعمال (ال)?انتقامية",
        r"\b[Dd]efenders?\b": "مدافع(ين|ون|ات)",
    },
}
OCCUR = 6  # of these terms at least stand in our texts now
ADDRESS = re.compile(r"\b[a-z]+-\d{4}\b")  # "upr-2027", an example of an address


def said():
    """Every text in English with its place and its translations: catalogues, vocabularies, ready-made texts."""
    for code in GLOSSARY:
        for message in catalogue(code):
            if message.id:
                english = message.id if isinstance(message.id, str) else message.id[0]
                yield from ((english, {code: text}) for text in strings(message))
    for path in sorted((ROOT / "config").glob("*/*.toml")):
        yield from _texts_in(tomllib.loads(path.read_text("utf-8")))


def _texts_in(value):
    if isinstance(value, dict) and isinstance(value.get("en"), str):
        yield value["en"], value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(inner)


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
    found, wrong = set(), []
    for english, texts in said():
        for pattern, term in GLOSSARY[code].items() if code in texts else ():
            if re.search(pattern, ADDRESS.sub("", english)):
                found.add(pattern)
                if not re.search(term, texts[code]):
                    wrong.append((term, english, texts[code]))

    assert wrong == []
    assert len(found) >= OCCUR - 2 * (code == "ar"), found


def test_no_message_is_said_both_alone_and_with_a_number(wanted):
    """One entry of a catalogue cannot be both: the plain one would come out with an unfilled %(n)s."""
    plain = {message for message in wanted if isinstance(message, str)}

    assert [message for message in wanted if not isinstance(message, str) and message[0] in plain] == []


def test_arabic_keeps_the_order_of_year_month_and_day():
    """After Arabic letters a browser turns 2027-03-14 round, to 14-03-2027, unless a left-to-right mark stands before it."""
    texts = [text for message in catalogue("ar") if message.id for text in strings(message)]
    dates = [text for text in texts if re.search(r"\d-\d", text)]

    assert len(dates) > 5
    assert [text for text in dates if re.search(r"(?<![\u200e\d-])\d+-\d", text)] == []

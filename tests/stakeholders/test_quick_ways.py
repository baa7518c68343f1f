"""What is understood at once, because it is plain, is understood as all else is."""

import unicodedata

from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as some

from consult.core.forms import cleaned_line, cleaned_text
from consult.stakeholders import keys
from consult.stakeholders.import_entries import entry_of
from consult.stakeholders.models import Basis
from consult.stakeholders.phones import figures
from consult.stakeholders.rules import AddressWrong, checked_address
from consult.stakeholders.sheets import COLUMNS
from consult.vocabularies import tables

MAILBOXES = [
    "info",
    "Info",
    "n1",
    "a.b",
    "a..b",
    ".a",
    "a.",
    "",
    "a+b-c_d",
    "A.b",
    "é",
    "=?a",
    '"a b"',
    "a b",
    "a" * 70,
]
DOMAINS = [
    "org.example", "ORG.Example", "org", "org.1", "-a.org", "a-.org", "xn--bcher-kva.example", "xn--a.example", "bücher.example",
    "a@b.org", "[127.0.0.1]", "a..org", "org.example.", "local.test", "localhost", "x.invalid", "", "a" * 63 + ".org", "a" * 64 + ".org",
    "a_b.org", "<b.org>", "b.org>", "\u0338b.org",
]  # fmt: skip
addresses = some.builds(
    "{}@{}".format,
    some.sampled_from(MAILBOXES) | some.text('abAB019._+-=?é"<> ', max_size=8),
    some.sampled_from(DOMAINS) | some.text('abAB01.-_é@[]<>"', max_size=9).map("{}.org".format),
)
plain = some.text(some.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30)


@given(addresses)
@example("webmaster@org.example")
@example("n1@" + "a." * 28 + "org")
def test_checked_address_says_what_the_library_says(address):
    try:
        expected = validate_email(address, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        expected = None
    if "=?" in address:
        expected = None

    try:
        found = checked_address(address)
    except AddressWrong:
        found = None

    assert found == expected


@given(plain)
def test_plain_letters_are_folded_and_parted_as_those_beside_others_are(text):
    arabic = "\u0639"  # a letter that nothing folds

    assert keys.folded(text) + arabic == keys.folded(text + arabic)
    assert [*keys.name_words(text), arabic] == keys.name_words(f"{text} {arabic}")
    assert keys.folded(text) == "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if sign != "'")


@given(plain)
def test_plain_text_is_cleaned_and_its_figures_are_read_as_those_of_others_are(text):
    override = "\u202e"  # cleaned away, so that the text is the same without it

    assert cleaned_text(text) == cleaned_text(text + override)
    assert cleaned_line(text) == cleaned_line(text + override)
    assert figures(text) == figures(text + "\u0639")


def test_an_empty_cell_says_what_no_cell_says(database):
    said = {"name": "River Network", "category": "cso", "email": "river@org.example"}
    empty = {column: "" for column in COLUMNS if column not in said}

    for news in (True, False):
        assert entry_of(said | empty, Basis.CONSENT, news=news) == entry_of(said, Basis.CONSENT, news=news)
    assert [one["code"] for one in entry_of(dict.fromkeys(COLUMNS, ""), Basis.CONSENT)[1]] == [
        "NameMissing",
        "CategoryUnknown",
    ]


def test_words_of_a_table_are_known_by_their_code_and_every_name_of_theirs():
    for words, called in (
        (tables.categories(), tables.categories_called()),
        (tables.groups(), tables.groups_called()),
        (tables.regions_in_use(), tables.regions_called()),
    ):
        names = [(name.casefold(), one.code) for one in words.values() for name in (one.code, *one.names.values())]

        assert dict(reversed(names)) == called

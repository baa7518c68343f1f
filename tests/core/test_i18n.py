from datetime import UTC, date, datetime

import pytest

from consult.core import i18n
from consult.core.texts import Texts, fall_back

SAMOAN = i18n.Language("sm", "Gagana Samoa", formats="en_GB")
PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Search"
msgstr "Su'e"

#, fuzzy
msgid "Sign out"
msgstr "unchecked"

msgid "%(n)s day left"
msgid_plural "%(n)s days left"
msgstr[0] "%(n)s aso"
msgstr[1] "%(n)s aso uma"
"""


@pytest.fixture
def samoan(tmp_path):
    before = i18n._installed
    folder = tmp_path / "sm" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(PO, "utf-8")
    i18n.configure([i18n.KNOWN["en"], SAMOAN, i18n.KNOWN["ar"]], [tmp_path])
    yield
    i18n._installed = before


def test_a_language_unknown_to_babel_speaks_and_falls_back_string_by_string(samoan):
    with i18n.use_language("sm"):
        assert i18n._("Search") == "Su'e"
        assert i18n._("Calendar") == "Calendar"
        assert i18n._n("%(n)s day left", "%(n)s days left", 3) == "3 aso uma"
        assert i18n.format_day(date(2027, 3, 14)) == "14 March 2027"


def test_fuzzy_wording_is_not_shown(samoan):
    with i18n.use_language("sm"):
        assert i18n._("Sign out") == "Sign out"


def test_lazy_text_is_translated_when_shown(samoan):
    lazy = i18n._l("Search")

    with i18n.use_language("sm"):
        assert str(lazy) == "Su'e"
    assert str(lazy) == "Search"


def test_an_instant_is_shown_in_its_zone_with_the_offset():
    closing = datetime(2027, 3, 14, 12, 59, tzinfo=UTC)

    with i18n.use_language("en"):
        assert i18n.format_instant(closing, "Pacific/Guadalcanal") == "Sunday 14 March 2027, 23:59 (UTC+11)"
        assert i18n.format_instant(closing, "UTC") == "Sunday 14 March 2027, 12:59 (UTC)"


def test_digits_are_european_in_every_language(samoan):
    with i18n.use_language("ar"):
        assert "14" in i18n.format_day(date(2027, 3, 14))
        assert i18n.format_number(12) == "12"


def test_a_language_is_called_as_it_calls_itself_and_an_unknown_one_by_its_code():
    assert (i18n.name_of("ar"), i18n.name_of("tet")) == ("العربية", "tet")


def test_direction_of_an_unknown_language_is_left_to_the_browser():
    assert i18n.direction_of("ar") == "rtl"
    assert i18n.direction_of("tet") == "auto"


@pytest.mark.parametrize(
    ("available", "shown"),
    [(["ar", "en"], "ar"), (["en", "fr"], "en"), (["fr", "es"], "fr"), ([], None)],
)
def test_fall_back_takes_the_wanted_then_the_sites_then_english_then_the_first(available, shown):
    assert fall_back("ar", available) == shown


def test_a_text_says_when_it_fell_back():
    title = Texts(en="Draft", ar=" ")

    shown = title.shown("ar")

    assert (shown.text, shown.language, shown.fallback, shown.direction) == ("Draft", "en", True, "ltr")

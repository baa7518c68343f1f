"""One number, however it is written."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as some

from consult.core.settings import SettingWrong
from consult.stakeholders.keys import is_number, phone_terms, words_of
from consult.stakeholders.phones import figures, phone_forms, phone_key, use_country


@pytest.fixture
def seychelles():
    use_country("SC")
    yield
    use_country("")


@pytest.mark.parametrize(
    "phone",
    ["+248 4 322 100", "00248 4322100", "04322100", "4322100", "4 322 100", "(+248) 4322-100", "٤٣٢٢١٠٠", "＋２４８４３２２１００"],
)  # fmt: skip
def test_a_number_with_the_countrys_code_or_without_is_one(seychelles, phone):
    assert phone_key(phone) == "2484322100"
    assert {"4322100", "2484322100"} <= phone_forms(phone)
    assert words_of(phone) == ["2484322100"]
    assert {"2484322100", "4322100"} <= set(phone_terms(phone))


def test_a_number_of_another_country_stays_of_that_country(seychelles):
    assert phone_key("+49 30 4322100") == phone_key("0049 30 4322100") == "49304322100"


@pytest.mark.parametrize("phone", ["4322100", "04322100"])
def test_without_a_country_only_what_is_written_alike_is_one(phone):
    assert phone_key(phone) == "4322100"
    assert phone_key("+248 4322100") == phone_key("00248-4322100") == "2484322100"


@pytest.mark.parametrize("phone", ["12", "extension 7", "+", "+999 1", "0", "call me", "", "1" * 60])
def test_what_is_no_number_anywhere_keeps_its_figures(seychelles, phone):
    assert phone_key(phone) == figures(phone)


def test_a_year_is_no_number(seychelles):
    assert not is_number("2027")


@pytest.mark.parametrize("code", ["sc", "XX", "SYC", "Seychelles"])
def test_the_setting_names_a_country_by_two_letters(code):
    with pytest.raises(SettingWrong, match="country should be the two letters"):
        use_country(code)


@given(some.text(max_size=60))
def test_any_text_has_a_key_of_figures_that_is_one_of_its_forms(text):
    key = phone_key(text)

    assert key.isascii()
    assert key.isdecimal() or key == ""
    assert len(key) <= 30
    assert phone_key(f"+{key}") == key or key == figures(text)


@given(some.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
def test_numbers_of_every_country_are_one_in_each_way_of_writing(country):
    number = phonenumbers.example_number(country)
    written = phonenumbers.PhoneNumberFormat
    forms = (written.E164, written.INTERNATIONAL, written.NATIONAL)
    ways = [phonenumbers.format_number(number, form) for form in forms]
    use_country(country)
    try:
        assert {phone_key(way) for way in ways} == {ways[0].lstrip("+")}
    finally:
        use_country("")

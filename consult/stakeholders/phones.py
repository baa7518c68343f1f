"""Telephone numbers as one number, however people write them: with the code of the country, with zeros, or without either."""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber

from consult.core.settings import SettingWrong

FIGURES_MAX = 30  # of a key
CACHED = 1_000  # numbers: an entry that is written asks three times
ABROAD = "00"  # what most people dial, and write, in place of a plus

NO_DIGIT = re.compile("[^0-9]")

_country = ""


def use_country(code: str) -> None:
    """Let numbers without the code of a country be of this one (setting country). One a process. Raises SettingWrong."""
    global _country
    if code and code not in phonenumbers.SUPPORTED_REGIONS:
        raise SettingWrong(f"country should be the two letters of a State or territory, like KE, not {code!r}")
    _country = code


def country_in_use() -> str:
    """The country whose numbers may be written without its code; "" = none."""
    return _country


def figures(phone: str) -> str:
    """The digits of a telephone number, of any script, without the zeros in front."""
    return _digits(phone).lstrip("0")[:FIGURES_MAX]


def phone_key(phone: str) -> str:
    """By what two numbers are one: all digits of the international number; as they stand there, where it cannot be one."""
    return _key(phone, _country)


def phone_forms(phone: str) -> set[str]:
    """The digits under which a number may stand somewhere: as it was written, with the code of its country, without."""
    number = _understood(phone, _country)
    national = {str(number.national_number)} if number else set()
    return ({figures(phone), phone_key(phone)} | national) - {""}


def _digits(phone: str) -> str:
    if phone.isascii():
        return NO_DIGIT.sub("", phone)
    return "".join(str(unicodedata.digit(sign)) for sign in phone if unicodedata.digit(sign, None) is not None)


@lru_cache(CACHED)
def _key(phone: str, country: str) -> str:
    number = _understood(phone, country)
    return (
        figures(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)) if number else figures(phone)
    )


def _understood(phone: str, country: str) -> PhoneNumber | None:
    """The number that is meant. A zero in front is dialled within a country, also where there is none in its plan of numbers."""
    digits = _digits(phone)
    text = unicodedata.normalize("NFKC", phone)
    is_abroad = text.lstrip(" (").startswith("+")
    attempts = [text] if is_abroad else [f"+{digits.removeprefix(ABROAD)}"] if digits.startswith(ABROAD) else []
    if country and not is_abroad:
        attempts += [text, digits.lstrip("0")]
    for attempt in attempts:
        try:
            number = phonenumbers.parse(attempt, country or None)
        except NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            return number
    return None

"""Languages: one small record for each, gettext catalogues read straight from their .po files.

A language that Babel does not know (Samoan, Bislama, Tetum ...) works like any other: code, own name, direction, plural
rule and the language whose date and number formats it borrows. Source: docs/decisions/0004-languages.md
"""

import gettext
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, get_timezone_gmt
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from markupsafe import escape
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

SOURCE_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Language:
    """A language as people meet it: code, its own name, direction (ltr or rtl), and how it forms plurals and dates."""

    code: str
    name: str
    direction: str = "ltr"
    plural_forms: str = "nplurals=2; plural=(n != 1);"
    formats: str = "en_GB"  # a locale Babel knows, for dates and numbers


class LanguageUnknown(LookupError):
    """No record for a language code."""


# The six languages of the United Nations. Operators add others by `[locales.<code>]` in their settings.
KNOWN = {
    record.code: record
    for record in (
        Language("en", "English", formats="en_GB"),
        Language(
            "ar",
            "العربية",
            direction="rtl",
            plural_forms=(
                "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 :"
                " n%100>=11 && n%100<=99 ? 4 : 5);"
            ),
            formats="ar",
        ),
        Language("zh", "中文", plural_forms="nplurals=1; plural=0;", formats="zh"),
        Language("fr", "Français", plural_forms="nplurals=2; plural=(n > 1);", formats="fr"),
        Language("es", "Español", formats="es"),
        Language(
            "ru",
            "Русский",
            plural_forms=(
                "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
            ),
            formats="ru",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class _Installed:
    languages: tuple[Language, ...]
    catalogues: dict[str, gettext.NullTranslations]


_installed = _Installed((KNOWN["en"],), {"en": gettext.NullTranslations()})
_current: ContextVar[str | None] = ContextVar("language", default=None)


def configure(records: list[Language], folders: list[Path]) -> None:
    """Install the languages of this installation, the first being the site's own.

    `folders` hold `<code>/LC_MESSAGES/messages.po`; a later folder's strings win, missing ones fall back to English.
    """
    global _installed
    catalogues = {record.code: _catalogue(record.code, tuple(folders)) for record in records}
    _installed = _Installed(tuple(records), catalogues)


@lru_cache(maxsize=64)
def _catalogue(code: str, folders: tuple[Path, ...]) -> gettext.NullTranslations:
    chain: gettext.NullTranslations = gettext.NullTranslations()
    for folder in folders:
        path = folder / code / "LC_MESSAGES" / "messages.po"
        if path.is_file():
            compiled = copy(
                _read_once(path, path.stat().st_mtime_ns)
            )  # a chain hangs its fallbacks on a copy of its own
            compiled.add_fallback(chain)
            chain = compiled
    return chain


@lru_cache(maxsize=64)
def _read_once(path: Path, _changed: int) -> gettext.GNUTranslations:
    return read_catalogue(path)


def read_catalogue(path: Path) -> gettext.GNUTranslations:
    """A .po file as translations; fuzzy entries are left out, so no unchecked wording is shown."""
    with path.open("rb") as source:
        catalogue = read_po(source)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue, use_fuzzy=False)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def languages() -> tuple[Language, ...]:
    """The installed languages, the site's own first."""
    return _installed.languages


def find_language(code: str) -> Language:
    """The record of an installed language, or of one of the six that Consult knows. Raises LanguageUnknown."""
    for record in _installed.languages:
        if record.code == code:
            return record
    if code in KNOWN:
        return KNOWN[code]
    raise LanguageUnknown(code)


def is_installed(code: str) -> bool:
    """Whether pages exist in a language."""
    return code in _installed.catalogues


def language() -> Language:
    """The language of the page or mail being made; the site's own outside of one."""
    return find_language(_current.get() or _installed.languages[0].code)


def direction_of(code: str) -> str:
    """ltr, rtl, or auto where we do not know the language: the value of a `dir` attribute."""
    try:
        return find_language(code).direction
    except LanguageUnknown:
        return "auto"


def name_of(code: str) -> str:
    """What a language calls itself; its code where we do not know the language."""
    try:
        return find_language(code).name
    except LanguageUnknown:
        return code


def set_language(code: str) -> None:
    """Use a language until told otherwise: for the beginning of a request."""
    _current.set(code)


def forget_language() -> None:
    """Go back to the site's own language: where nothing has been set."""
    _current.set(None)


@contextmanager
def use_language(code: str) -> Iterator[None]:
    """Use a language for a while: to render one mail or one file."""
    token = _current.set(code)
    try:
        yield
    finally:
        _current.reset(token)


def plain_gettext(message: str) -> str:
    """The message in the current language, nothing filled in: what templates' own filling builds on."""
    catalogue = _installed.catalogues.get(language().code)
    return str(catalogue.gettext(message)) if catalogue else message


def plain_ngettext(singular: str, plural: str, n: int) -> str:
    """The right plural in the current language, nothing filled in."""
    catalogue = _installed.catalogues.get(language().code)
    if catalogue is None:
        return singular if n == 1 else plural
    return str(catalogue.ngettext(singular, plural, n))


def _(message: str, /, **values: Any) -> str:
    """The message in the current language, with `%(name)s` filled in."""
    text = plain_gettext(message)
    return text % values if values else text


def _n(singular: str, plural: str, n: int, /, **values: Any) -> str:
    """The right plural in the current language, with `%(n)s` and other values filled in."""
    return plain_ngettext(singular, plural, n) % {"n": format_number(n), **values}


class LazyText:
    """A message that is translated when shown, not when written. Equal by its English text."""

    __slots__ = ("message",)

    def __init__(self, message: str) -> None:
        self.message = message

    def __str__(self) -> str:
        return plain_gettext(self.message)

    def __html__(self) -> str:
        return str(escape(str(self)))

    def __mod__(self, values: Any) -> str:
        filled: str = str(self) % values
        return filled

    def __repr__(self) -> str:
        return f"_l({self.message!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LazyText) and other.message == self.message

    def __hash__(self) -> int:
        return hash(self.message)


def _l(message: str, /) -> LazyText:
    """A message translated when it is shown: for class attributes, form labels and tables of words."""
    return LazyText(message)


@lru_cache(maxsize=64)
def _formats(name: str) -> Locale:
    return Locale.parse(name)


def formats() -> Locale:
    """Babel's locale whose date and number formats the current language uses. Never for names of States."""
    return _formats(language().formats)


def format_number(number: int) -> str:
    """A whole number with separators; European digits in every language, so that counts compare across languages."""
    return str(format_decimal(number, locale=formats(), numbering_system="latn"))


def format_day(day: date, *, weekday: bool = False) -> str:
    """A day written out: "14 March 2027", with "Sunday" before it where asked."""
    written = format_date(day, "full" if weekday else "long", locale=formats()).translate(_EUROPEAN)
    # CLDR puts a comma after the weekday in English; a sentence that goes on with the hour reads better without
    return written.replace(",", "", 1) if weekday and formats().language == "en" else written


def format_month(day: date) -> str:
    """The month of a day, with its year: "March 2027"."""
    return str(format_skeleton("yMMMM", day, locale=formats())).translate(_EUROPEAN)


def format_short_day(day: date) -> str:
    """A day without its year, for the margin: "14 Mar"; Arabic writes the month out."""
    return str(format_skeleton("MMMd", day, locale=formats())).translate(_EUROPEAN)


def format_instant(instant: datetime, zone: str) -> str:
    """An instant in a zone: "Sunday 14 March 2027, 23:59 (UTC+11)". Raises ZoneInfoNotFoundError for an unknown zone."""
    local = instant.astimezone(ZoneInfo(zone))
    offset = get_timezone_gmt(local, width="iso8601_short", locale=_formats("en"))
    return _(
        "%(day)s, %(time)s (UTC%(offset)s)",
        day=format_day(local.date(), weekday=True),
        time=f"{local:%H:%M}",
        offset="" if offset in ("Z", "+00") else offset,
    )


_EUROPEAN = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")


def best_language(header: str) -> Language:
    """The installed language an Accept-Language header likes best; the site's own where none fits."""
    accepted = parse_accept_header(header, LanguageAccept)
    code = accepted.best_match([record.code for record in languages()])
    return find_language(code) if code else languages()[0]

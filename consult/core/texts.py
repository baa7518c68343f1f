"""Short texts in several languages, and the one rule for which to show."""

from collections.abc import Iterable
from dataclasses import dataclass

from consult.core.i18n import SOURCE_LANGUAGE, direction_of, language, languages


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as shown: its words, the language they are in, and whether that is not the one asked for."""

    text: str
    language: str
    fallback: bool

    @property
    def direction(self) -> str:
        """ltr, rtl or auto."""
        return direction_of(self.language)

    def __str__(self) -> str:
        return self.text


class Texts(dict[str, str]):
    """A title or label by language: ``{"en": "Draft report", "ar": "..."}``. One JSON column."""

    def shown(self, wanted: str | None = None) -> Shown:
        """The text in the wanted language (the page's, if not said), or what it falls back to."""
        wanted = wanted or language().code
        found = fall_back(wanted, [code for code, text in self.items() if text.strip()])
        return Shown(self[found], found, found != wanted) if found else Shown("", wanted, False)

    def __str__(self) -> str:
        return self.shown().text


def fall_back(wanted: str, available: Iterable[str]) -> str | None:
    """The language to show: the wanted one, else the site's, else English, else the first there is; None if there is none.

    The one fallback rule of DESIGN section 4: titles, paragraphs and answers all ask here. The words
    of a mailing have one of their own (`mailings/mails.language_for`).
    """
    codes = list(available)
    for code in (wanted, languages()[0].code, SOURCE_LANGUAGE):
        if code in codes:
            return code
    return codes[0] if codes else None

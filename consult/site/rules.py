"""What a site must say of itself before people can rely on it."""

from collections.abc import Collection

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.core.texts import Texts


class SetUpOver(Refused):
    """A set-up link that was used, replaced or never was."""

    message = _l(
        "This link is over. While nobody works here, Consult prints a new one each time it starts; later, ask the administrator."
    )
    status = 410


class SiteNameless(Refused):
    """No name in one of the languages."""

    message = _l("Write the name of the site in each of its languages.")


class NoLanguage(Refused):
    """A site without a language."""

    message = _l("Choose at least one language.")


class LanguageInUse(Refused):
    """Consultations are held in a language that was left out."""

    message = _l("Consultations are held in these languages, so they must stay: %(languages)s.")


class PrivacyUnfinished(Refused):
    """The ready-made notice has places to fill in, and some were not, or it is missing in a language."""

    message = _l(
        "The privacy notice is empty, or still says “…”, in %(count)s languages. Write there what holds for you."
    )


def check_set_up(*, link_matches: bool, has_staff: bool) -> None:
    """Set-up by link is for an installation that nobody works in yet.

    Raises SetUpOver.  Source: DESIGN section 7.
    """
    if not link_matches or has_staff:
        raise SetUpOver


def check_languages(languages: Collection[str], in_use: Collection[str]) -> None:
    """A site has a language, and keeps those in which consultations are held.

    Raises NoLanguage, LanguageInUse.  Source: DESIGN invariant 13.
    """
    if not languages:
        raise NoLanguage
    left_out = sorted(set(in_use) - set(languages))
    if left_out:
        raise LanguageInUse(languages=", ".join(left_out))


def check_identity(name: Texts, privacy: Texts, languages: Collection[str]) -> None:
    """In each of its languages a site says who it is, and who answers for the data kept here.

    Raises SiteNameless, PrivacyUnfinished.  Source: DESIGN section 7 and invariant 13.
    """
    if not all(name.get(code, "").strip() for code in languages):
        raise SiteNameless
    texts = [privacy.get(code, "") for code in languages]
    unfinished = sum(not words.strip() or "…" in words for words in texts)
    if unfinished:
        raise PrivacyUnfinished(count=unfinished)

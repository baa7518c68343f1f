"""A page in other languages: the links in its header, what it says to search engines, and texts that fall back."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

from flask import current_app, g, request
from markupsafe import Markup, escape

from consult.core import i18n
from consult.core.texts import Texts


def shown(texts: Texts) -> Markup:
    """A text in the language of the page; marked as what it is where it falls back to another."""
    found = texts.shown()
    if not found.fallback:
        return escape(found.text)
    return Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(found.language, found.direction, found.text)


# What the address of a page asks for, and keeps in another language. Nothing else: the page is kept for everybody.
KEPT_ARGUMENTS = {"drafts_public.show_changes": "from", "site_public.show_terms": "version"}


def language_links() -> list[dict[str, Any]]:
    """This page in each language of the site, for the header: its own name, never a flag; home where a page is in none."""
    here = i18n.language().code
    return [
        {
            "code": record.code,
            "name": record.name,
            "direction": record.direction,
            "url": _same_page_in(record.code) or f"/{record.code}/",
            "current": record.code == here,
        }
        for record in i18n.languages()
    ]


def written_in(codes: Iterable[str]) -> None:
    """Say in which languages the text of the page being made exists, where these are not all of the site's."""
    g.page_languages = set(codes)


def alternates() -> list[tuple[str, str]]:
    """The page in each language in which it exists, itself among them, and the one for everybody else; [] where it is only in one.

    Source: ux.md section 5 (one `hreflang` per available version, reciprocal).
    """
    wanted = g.get("page_languages")
    codes = [record.code for record in i18n.languages() if wanted is None or record.code in wanted]
    found = [(code, address) for code in codes if (address := _same_page_in(code))]
    if len(found) < 2:
        return []
    return [*found, ("x-default", "/" if request.endpoint == "site_public.home" else found[0][1])]


def _same_page_in(code: str) -> str | None:
    """The address of the page being made in another language, also where a form was sent to it; None where it has none."""
    rule = request.url_rule
    if rule is None or not rule.rule.startswith("/<lang>/"):
        return None
    path = f"/{code}/{request.path.split('/', 2)[2]}"
    if not current_app.url_map.bind("").test(path, "GET"):
        return None
    name = KEPT_ARGUMENTS.get(rule.endpoint, "")
    return quote(path) + (f"?{urlencode({name: request.args[name]})}" if name in request.args else "")

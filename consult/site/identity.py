"""Keeping each process's idea of the site's name and languages fresh: the row decides, looked at every two seconds."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from consult.core import i18n
from consult.core.db import reading
from consult.core.identity import Identity, identity, use_identity
from consult.core.settings import Settings
from consult.core.texts import Texts
from consult.site.operations import Beginning
from consult.site.queries import find_installation

log = logging.getLogger("consult.site")

FRESH = 2.0  # seconds


def beginning(settings: Settings) -> Beginning:
    """What the settings say of the site."""
    return Beginning(Texts(settings.site_name), tuple(settings.languages))


def offered(settings: Settings) -> dict[str, i18n.Language]:
    """Every language the site could be in: the six that Consult knows, and the operator's own."""
    own = {code: i18n.Language(code, **record) for code, record in settings.locales.items()}
    return {**i18n.KNOWN, **own}


def translated(settings: Settings) -> set[str]:
    """The languages whose buttons and menus are translated."""
    return {path.name for folder in settings.catalogue_folders() if folder.is_dir() for path in folder.iterdir()}


def refresh(settings: Settings) -> None:
    """Use the installation's name and languages, where somebody has decided about them."""
    with reading() as db:
        row = find_installation(db)
    if row is None or row.revision == identity().revision:
        return
    use_identity(Identity(Texts(row.name), row.revision))
    known = offered(settings)
    i18n.configure([known[code] for code in row.languages if code in known], settings.catalogue_folders())


def refresh_quietly(settings: Settings) -> None:
    """The same, for a moment when the database may be away: what was known goes on."""
    try:
        refresh(settings)
    except SQLAlchemyError:
        log.warning("the site's name could not be read: the one known before stays")


def set_up(app: Flask, settings: Settings) -> None:
    """Look at the row before a request is understood, for the address names a language; every two seconds at most."""
    inner: Callable[..., Iterable[bytes]] = app.wsgi_app
    looked = float("-inf")

    def fresh(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        nonlocal looked
        now = time.monotonic()
        if now - looked > FRESH:
            looked = now
            refresh_quietly(settings)
        return inner(environ, start_response)

    app.wsgi_app = fresh  # type: ignore[method-assign]

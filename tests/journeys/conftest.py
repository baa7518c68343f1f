"""A whole site for a journey: gunicorn, a database, someone on the staff; the worker's part is done when the test says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

import consult
from consult.accounts.models import Role, Staff
from consult.accounts.operations import add_staff, make_password_link, set_password_by_link
from consult.accounts.operations_second_factor import make_recovery_codes
from consult.core import db as core_db
from consult.core import i18n
from consult.core.db import writing
from consult.core.files import shipped
from consult.core.settings import load
from consult.jobs.queue import queue
from consult.mail.captured import list_captured
from consult.mail.connection import mailbox
from tests.support.second_factor import give_app
from tests.support.server import serving

PASSWORD = "four odd words here"
EMAIL = "dalia@x.example"
APPROVER = "maha@x.example"


LANGUAGES = ("en", "ar", "zh")
# Every journey is walked in English and Arabic by the gating tests; in Chinese as well by the full ones, or where it is short.
MATRIX = ["en", "ar", pytest.param("zh", marks=pytest.mark.full)]
LONG = ["en", *(pytest.param(code, marks=pytest.mark.full) for code in ("ar", "zh"))]  # of half a minute each


@pytest.fixture
def site(tmp_path, database_url):
    with site_of(tmp_path, database_url) as running:
        yield running


@pytest.fixture
def mailing_site(tmp_path, database_url, sink):
    """The same, with regions, and a relay that takes its mails."""
    own = {
        "CONSULT_MAIL_HOST": "127.0.0.1",
        "CONSULT_MAIL_PORT": str(sink.port),
        "CONSULT_MAIL_SECURITY": "none",
        "CONSULT_MAIL_SENDER": "consult@mechanism.example",
        "CONSULT_BOUNCE_ADDRESS": "bounces@mechanism.example",
        "CONSULT_REGIONS_FILE": str(shipped("config") / "regions.example.toml"),
    }
    with site_of(tmp_path, database_url, **own) as running:
        running.sink = sink
        yield running


@contextmanager
def site_of(folder: Path, database_url: str, **variables: str) -> Iterator[SimpleNamespace]:
    variables = {
        "CONSULT_DATA_FOLDER": str(folder / "data"),
        "CONSULT_DATABASE_URL": database_url,
        "CONSULT_SECRET_KEY": "only for tests " * 4,
        "CONSULT_UNDO_MINUTES": "0",
        **variables,
    }
    settings = load(environ=variables)
    database = consult.start(settings)
    now = datetime.now(UTC)
    with writing() as db:
        roles = [Role.SECRETARIAT, Role.ADMINISTRATOR]
        person = add_staff(db, name="Dalia Orrin", email=EMAIL, language="en", roles=roles, by=None, now=now)
        set_password_by_link(db, make_password_link(db, person, by=None, now=now), PASSWORD, now=now)
        give_app(db, person, now=now)
        approver = add_staff(
            db, name="Maha Saleh", email=APPROVER, language="en", roles=[Role.APPROVER], by=None, now=now
        )
        set_password_by_link(db, make_password_link(db, approver, by=None, now=now), PASSWORD, now=now)
        codes = make_recovery_codes(db, person, session="", now=now)  # of which one signs in, however fast tests are
    with serving("wsgi:app", folder=folder, environment=variables) as address:
        yield SimpleNamespace(
            address=address,
            settings=settings,
            person=person,
            approver=approver,
            codes=codes,
            work_off=lambda: queue().work_off(),
            mailbox=mailbox(settings),
        )
    core_db.bind(None)
    database.close()


def staff_read(site, language):
    """Let everyone on the staff read their pages in a language."""
    with writing() as db:
        for one in (site.person, site.approver):
            db.get_one(Staff, one.id).language = language


def said(language, message, n=None, **values):
    """What the catalogue of a language says for one of our messages, as it stands on a page; with a plural, (one, many) and `n`."""
    with i18n.use_language(language):
        words = i18n._n(*message, n, **values) if n is not None else i18n._(message, **values)
    return " ".join(words.split())


def words_of(page):
    """The words of a page's main part."""
    return " ".join(page.locator("main").inner_text().split())


def mails_of(site, recipient):
    """The plain texts of the captured mails to an address, the newest first."""
    return [mail.text for mail in list_captured(site.mailbox) if recipient in mail.to]

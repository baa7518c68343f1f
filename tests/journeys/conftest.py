"""A whole site for a journey: gunicorn, a database, someone on the staff; the worker's part is done when the test says so."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

import consult
from consult.accounts.models import Role
from consult.accounts.operations import add_staff, make_password_link, set_password_by_link
from consult.accounts.operations_second_factor import make_recovery_codes
from consult.core import db as core_db
from consult.core.db import writing
from consult.core.settings import load
from consult.jobs.queue import queue
from consult.mail.captured import list_captured
from consult.mail.connection import mailbox
from tests.support.second_factor import give_app
from tests.support.server import serving

PASSWORD = "four odd words here"
EMAIL = "dalia@x.example"
APPROVER = "maha@x.example"


@pytest.fixture
def site(tmp_path, database_url):
    variables = {
        "CONSULT_DATA_FOLDER": str(tmp_path / "data"),
        "CONSULT_DATABASE_URL": database_url,
        "CONSULT_SECRET_KEY": "only for tests " * 4,
        "CONSULT_UNDO_MINUTES": "0",
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
    with serving("wsgi:app", folder=tmp_path, environment=variables) as address:
        yield SimpleNamespace(
            address=address,
            person=person,
            approver=approver,
            codes=codes,
            work_off=lambda: queue().work_off(),
            mailbox=mailbox(settings),
        )
    core_db.bind(None)
    database.close()


def mails_of(site, recipient):
    """The plain texts of the captured mails to an address, the newest first."""
    return [mail.text for mail in list_captured(site.mailbox) if recipient in mail.to]

"""The reading page of a 160-paragraph draft, signed out: made by the real operations, read by wrk."""

import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from bench.load import ratio
from bench.sites import postgresql_site, served, sqlite_site
from consult.accounts.models import Role
from consult.accounts.operations import add_staff
from consult.consultations.models import Consultation
from consult.consultations.operations import Dossier, create_consultation, open_consultation, save_terms
from consult.core.db import writing
from consult.core.files import store
from consult.core.settings import Settings
from consult.core.texts import Texts
from consult.drafts.operations import begin_version, publish_version, upload_draft
from consult.jobs.queue import queue
from tests.consultations.terms import whole_terms

PARAGRAPHS = 160
SENTENCE = (
    "The State party reports that measures were taken in the period under review and that their effects were measured. "
)
PAGE = "/en/consultations/upr/draft/"


def the_draft() -> str:
    """160 numbered paragraphs of about 60 words under eight headings."""
    lines = []
    for number in range(1, PARAGRAPHS + 1):
        if number % 20 == 1:
            lines.append(f"# {number // 20 + 1}. Chapter")
        lines.append(f"{number}. {SENTENCE * 3}")
    return "\n\n".join(lines)


def fill(now: datetime | None = None) -> int:
    """A public consultation with its published draft, in the installation in use. Returns the id of who made it."""
    now = now or datetime.now(UTC)
    with writing() as db:
        dalia = add_staff(
            db, name="Dalia", email="d@x.example", language="en", roles=[Role.SECRETARIAT], by=None, now=now
        )
        empty = Texts()
        dossier = Dossier(
            "upr", Texts(en="Draft"), "upr_national_report", "", ("en",), "UTC", None, empty, empty, empty
        )
        made = create_consultation(db, dossier, by=dalia, now=now)
        save_terms(db, made, whole_terms(), by=dalia, now=now)
        open_consultation(db, made, by=dalia, now=now)
        version = begin_version(db, made, by=dalia, now=now)
        content = the_draft().encode()
        upload_draft(
            db, version, language="en", languages=["en"], file_name="draft.md", file_key=store().keep(content, kind="drafts"),
            size=len(content), next_url="/", by=dalia, now=now,
        )  # fmt: skip
    queue().work_off()
    with writing() as db:
        consultation = db.get_one(Consultation, made.id)
        version = begin_version(db, consultation, by=dalia, now=now)
        publish_version(db, consultation, version, is_public=True, by=dalia, now=now)
    return dalia.id


def _page(site: Settings, hello: str, folder: Path) -> float:
    fill()
    with served(site, folder) as address:
        return ratio(address + PAGE, hello)


def reading_page(hello: str, folder: Path) -> float:
    """The page on SQLite."""
    with sqlite_site(folder) as site:
        return _page(site, hello, folder)


def reading_page_postgresql(hello: str, folder: Path) -> float:
    """The page on PostgreSQL."""
    with postgresql_site(folder) as site:
        return _page(site, hello, folder)


def conditional_request(hello: str, folder: Path) -> float:
    """The page asked for again by someone who has it: 304."""
    with sqlite_site(folder) as site:
        fill()
        with served(site, folder) as address:
            with urllib.request.urlopen(address + PAGE) as answer:
                tag = answer.headers["ETag"]
            return ratio(address + PAGE, hello, headers={"If-None-Match": tag})

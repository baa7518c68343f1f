"""The team's pages over 1,000 and over 100,000 comments: the lists of what is left to do, and the check before publishing.

Unlike the others this is a ratio of two times of our own, so the smaller it is the better.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from flask.testing import FlaskClient
from sqlalchemy import select, text

import consult
from bench.comments import open_a_round
from bench.drafts import fill
from bench.load import LoadFailed
from bench.sites import sqlite_site
from consult.accounts.models import SessionKind, Staff
from consult.accounts.operations import begin_session, make_password_link, set_password_by_link
from consult.consultations.models import Consultation
from consult.core import db as core_db
from consult.core.db import writing
from consult.responses.models import Answer, Outcome
from consult.responses.operations import answer_comment, mark_screened
from consult.rounds.models import Consent, Round
from consult.rounds.operations import Remark, send_comment

FEW, MANY = 1_000, 100_000  # comments
LEFT = (
    100  # of them, the last to come, are neither answered nor screened: what is looked for lies behind all the others
)
TIMES = 31  # tours, in turn with the other
ANSWERS = "/staff/consultations/upr/answers/"
PAGES = (
    ANSWERS,
    ANSWERS + "?show=unscreened",
    ANSWERS + "?show=accepted",
    ANSWERS + "?show=noted",
    ANSWERS + "?show=all",
    "/staff/consultations/upr/report/",
)

# One comment, its response and its answer are made by the operations, and then copied: it would take an hour otherwise.
COPIES = """
    WITH RECURSIVE copy(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM copy WHERE n < :many)
    INSERT INTO comment (ref, once, round_id, version_id, paragraph_key, paragraph_ref, quoted_text, language, text,
                         suggestion, evidence, consent, channel, participant_id, received_at)
    SELECT lower(hex(randomblob(8))), randomblob(32), round_id, version_id, paragraph_key, paragraph_ref, quoted_text, language,
           text || ' ' || copy.n, suggestion, evidence, consent, channel, participant_id, received_at
    FROM copy, (SELECT * FROM comment LIMIT 1)
"""
SCREENED = """
    INSERT INTO response (comment_id, screened_at, screened_by_id, holds)
    SELECT comment.id, model.screened_at, model.screened_by_id, model.holds
    FROM comment, (SELECT * FROM response LIMIT 1) AS model WHERE comment.id > 1 AND comment.id <= :answered
"""
ANSWERED = """
    INSERT INTO disposition (response_id, number, outcome, reason, language, by_id, at)
    SELECT response.id, 1, model.outcome, model.reason, model.language, model.by_id, model.at
    FROM response, (SELECT * FROM disposition LIMIT 1) AS model WHERE response.id > 1
"""


def triage_page(_hello: str, folder: Path) -> float:
    """How much longer a tour of the pages takes with a hundred times the comments: the median of the pairs, in turn."""
    with _filled(folder / "few", FEW) as few, _filled(folder / "many", MANY) as many:
        _seconds(few)
        _seconds(many)
        return median([_seconds(many) / _seconds(few) for _ in range(TIMES)])


Site = tuple[core_db.Database, FlaskClient]


@contextmanager
def _filled(folder: Path, many: int) -> Iterator[Site]:
    folder.mkdir()
    now = datetime.now(UTC)
    with sqlite_site(folder) as site:
        logging.getLogger().setLevel(logging.WARNING)
        staff_id = fill(now=now - timedelta(days=30))
        round_ = open_a_round(staff_id, opened=now - timedelta(days=30), closes=now - timedelta(days=1))
        _comment(round_.id, staff_id, many, now=now - timedelta(days=2))
        yield core_db.bound(), _signed_in(consult.create_app(site).test_client(), staff_id, now=now)


def _comment(round_id: int, staff_id: int, many: int, *, now: datetime) -> None:
    """So many comments, all answered and screened but the last hundred."""
    words = "The figure does not say which year it is from, and the report before gave another one. " * 4
    remark = Remark(words, "", "", "Ana", "Network", "cso", "", Consent.WITH_NAME, "en")
    with writing() as db:
        consultation, by = db.scalars(select(Consultation)).one(), db.get_one(Staff, staff_id)
        comment = send_comment(db, db.get_one(Round, round_id), None, remark, once="first", now=now)
        mark_screened(db, consultation, comment, by=by, now=now)
        answer_comment(db, consultation, comment, Answer(Outcome.ACCEPTED, "", "en"), by=by, now=now)
    with writing() as db:
        db.execute(text(COPIES), {"many": many})
        db.execute(text(SCREENED), {"answered": many - LEFT})
        db.execute(text(ANSWERED))


def _signed_in(client: FlaskClient, staff_id: int, *, now: datetime) -> FlaskClient:
    with writing() as db:
        dalia = db.get_one(Staff, staff_id)
        set_password_by_link(db, make_password_link(db, dalia, by=None, now=now), "for measurements only", now=now)
        secret = begin_session(db, SessionKind.STAFF, dalia.actor, now=now, lasts=timedelta(days=1))
    with client.session_transaction() as session:
        session["_user_id"] = secret
    return client


def _seconds(site: Site) -> float:
    """How long a tour of the pages takes."""
    database, client = site
    core_db.bind(database)
    began = time.perf_counter()
    answers = [client.get(page).status_code for page in PAGES]
    taken = time.perf_counter() - began
    if answers != [200] * len(PAGES):
        raise LoadFailed(f"the pages answer {answers}")
    return taken

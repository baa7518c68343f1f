"""Kinds that a sweep deletes already: no second deletion, and the table names the term of the sweep. The command and the settings."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from consult import worker
from consult.cli import main
from consult.consultations.models import Participant
from consult.core import clock
from consult.core.db import bound, writing
from consult.core.settings import SettingWrong, load
from consult.privacy import erasing
from consult.privacy.kinds import KINDS, kind
from consult.rounds.models import CommentDraft, Round
from tests.privacy.making import HOUR, NOW, a_bounce, gone, run
from tests.rounds.test_comments import consultation, open_round, send  # noqa: F401

# Kinds that a sweep deletes already: no second deletion, and the term that the table names is the sweep's.


def sweep_with(code, now):
    with clock.at(now), writing() as db:
        return kind(code).sweep(db, now=now)


def test_every_sweep_of_the_table_is_one_of_the_workers(database):
    assert {one.sweep for one in KINDS if one.sweep} <= set(worker.SWEEPS)
    swept = {one.code for one in KINDS if one.sweep}
    assert {one.code for one in KINDS if one.term is not None} == {*erasing.ERASINGS, *swept} - {"sessions"}
    assert not {one.code for one in KINDS if one.sweep} & set(erasing.ERASINGS), "nothing is deleted twice"


ROWS = {
    "sign_in_attempts": "INSERT INTO sign_in_attempt (id, name_key, at) VALUES (1, x'00', :at)",
    "sessions": "INSERT INTO session (id, digest, kind, holder, created_at, expires_at) VALUES (1, x'00', 'staff', 'staff:1', :at, :at)",
    "known_devices": "INSERT INTO known_device (id, digest, staff_id, expires_at) VALUES (1, x'00', 1, :device)",
    "password_links": "INSERT INTO password_link (id, digest, staff_id, expires_at) VALUES (1, x'00', 1, :at)",
    "imports": "INSERT INTO stakeholder_import (id, ref, file_name, file_key, state, basis, owner, created_at, wording, category,"
    " are_cards, news, how)"
    " VALUES (1, 'i', 'f', 'lists/f', 'preview', 'consent', 'staff:1', :at, '', '', false, false, '')",
    "results": "INSERT INTO task (id, ref, kind, state, owner, subject, next_url, done, total, tries, created_at, finished_at, expires_at)"
    " VALUES (1, 't', 'x', 'done', 'staff:1', 'x:1', '/', 0, 0, 0, :at, :at, :task)",
}


@pytest.mark.parametrize("code", ROWS)
def test_a_sweep_keeps_to_the_term_that_the_table_names(database, code):
    term = kind(code).term or timedelta(0)
    with bound().engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO staff (id, ref, name, email, email_key, language, state, created_at)"
                " VALUES (1, 'r', 'D', 'd', 'd', 'en', 'active', '2027-01-01 00:00:00')"
            )
        )
        at = NOW.replace(tzinfo=None)
        values = {"at": at, "device": at + timedelta(days=180), "task": at + timedelta(days=7)}
        used = {name: value for name, value in values.items() if f":{name}" in ROWS[code]}
        connection.execute(text(ROWS[code]), used)

    assert sweep_with(code, NOW + term - timedelta(seconds=1)) == 0
    assert sweep_with(code, NOW + term + timedelta(seconds=1)) == 1


def test_unsent_comments_go_by_their_own_sweep_when_the_table_says(open_round):  # noqa: F811
    closes = open_round.closes_at
    with writing() as db:
        found = db.get_one(Round, open_round.id)
        made = Participant(
            ref="p",
            consultation_id=found.consultation_id,
            name="Ana",
            organisation="",
            category="",
            email="",
            language="en",
            created_at=closes,
        )
        db.add(made)
        db.flush()
        db.add(
            CommentDraft(
                participant_id=made.id,
                round_id=found.id,
                paragraph_ref="1",
                language="en",
                text="UNSENT",
                suggestion="",
                evidence="",
                once="k",
                saved_at=closes,
            )
        )
    term = kind("comment_drafts").term

    assert sweep_with("comment_drafts", closes + term - HOUR) == 0
    assert sweep_with("comment_drafts", closes + term + HOUR) == 1


def test_captured_mails_go_when_their_file_is_old(database, settings):
    folder = settings.data / "mail"
    folder.mkdir(parents=True)
    for name in ("00000001.eml", "00000002.new", "keep.txt"):
        (folder / name).write_text("x")
    written = datetime.fromtimestamp((folder / "00000001.eml").stat().st_mtime, UTC)

    assert sweep_with("captured_mails", written + kind("captured_mails").term - HOUR) == 0
    assert sweep_with("captured_mails", written + kind("captured_mails").term + HOUR) == 2
    assert [one.name for one in folder.iterdir()] == ["keep.txt"]


# By hand, and the settings.


def test_the_command_counts_first_and_then_does_it(database, settings, monkeypatch):
    with writing() as db:
        row = a_bounce(db, datetime.now(UTC) - timedelta(days=400), 1)
    for name in ("data_folder", "database_url", "secret_key"):
        monkeypatch.setenv(f"CONSULT_{name.upper()}", getattr(settings, name))

    dry = CliRunner().invoke(main, ["privacy", "retention", "--dry-run", "--json"])
    assert not gone("bounces", row)
    done = CliRunner().invoke(main, ["privacy", "retention"])

    assert json.loads(dry.stdout)["counts"]["bounces"] == 1
    assert (dry.exit_code, done.exit_code) == (0, 0)
    assert "bounces: 1\n" in done.stdout
    assert gone("bounces", row)


@pytest.mark.parametrize(
    ("name", "value"), [("retention_mail_days", 30), ("retention_mail_days", 366), ("retention_hour", 24)]
)
def test_a_term_outside_of_its_limits_stops_the_start(tmp_path, name, value):
    with pytest.raises(SettingWrong, match=name):
        load({"data_folder": str(tmp_path), name: value}, environ={})


def test_a_term_that_the_operator_set_holds(settings, database):
    from consult.core.settings import Settings
    from consult.privacy.terms import use_terms

    changed = {field: getattr(settings, field) for field in Settings.__dataclass_fields__}
    use_terms(Settings(**{**changed, "retention_mail_days": 40}))

    with writing() as db:
        inside, outside = a_bounce(db, NOW - timedelta(days=39), 1), a_bounce(db, NOW - timedelta(days=41), 2)
    run()

    assert (gone("bounces", inside), gone("bounces", outside)) == (False, True)
    use_terms(settings)

"""What other tests stand on, tried on itself: a fixture that does not do what it says would make them all pass."""

import os
import smtplib
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.routing import BaseConverter

from consult.core.db import Database, writing
from consult.core.settings import Settings
from consult.core.texts import Texts
from consult.site.models import Installation
from tests.support import tools
from tests.support.browser import axe, visitor
from tests.support.postgres import Cluster, start, stop
from tests.support.server import serving
from tests.support.sink import Sink
from tests.support.world import World, again

ROOT = Path(__file__).parent.parent.parent
PAGE = "data:text/html;charset=utf-8,<!doctype html><html lang=en><title>A page</title><main><h1>A page</h1>{}</main>"


def test_require_skips_with_a_sentence_when_a_tool_is_missing(monkeypatch):
    monkeypatch.setitem(tools.FINDERS, "abacus", (lambda: None, "the abacus is not installed"))
    monkeypatch.delenv("CONSULT_REQUIRE_ALL", raising=False)

    with pytest.raises(pytest.skip.Exception, match="the abacus is not installed"):
        tools.require("abacus")


def test_require_fails_when_all_must_be_there(monkeypatch):
    monkeypatch.setitem(tools.FINDERS, "abacus", (lambda: None, "the abacus is not installed"))
    monkeypatch.setenv("CONSULT_REQUIRE_ALL", "1")

    with pytest.raises(pytest.fail.Exception, match="the abacus is not installed"):
        tools.require("abacus")


@pytest.mark.database
def test_database_is_of_the_kind_asked_for_and_has_the_schema(database: Database, request):
    kind = request.node.callspec.params["database_url"]

    with database.engine.connect() as connection:
        tables = connection.execute(text("SELECT count(*) FROM journal_entry")).scalar()

    assert (database.engine.dialect.name, tables) == (kind, 0)


@pytest.mark.database
@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_database_of_its_own(database: Database, turn: int):
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (turn INTEGER)"))
        connection.execute(text("INSERT INTO left_behind VALUES (:turn)"), {"turn": turn})

    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT turn FROM left_behind")).scalars().all() == [turn]


def test_cluster_keeps_utf8_by_code_point(cluster: Cluster):
    with cluster.administering() as connection:
        row = connection.execute(
            "SELECT pg_encoding_to_char(encoding), datctype FROM pg_database WHERE datname = 'postgres'"
        ).fetchone()

    assert row == ("UTF8", "C.UTF-8")


def test_cluster_is_gone_when_stopped(cluster: Cluster):
    own = start(Path(tools.require("postgresql")))

    stop(own)

    assert not Path(own.folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(own.pid, 0)


def _send(sink: Sink, words: str = "Hello") -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=1) as connection:
        connection.sendmail("from@example.org", ["to@example.org"], f"Subject: A mail\n\n{words}\n")


def test_sink_keeps_what_it_accepts(sink: Sink):
    _send(sink)

    (got,) = sink.received()
    assert (got.sender, got.recipients) == ("from@example.org", ("to@example.org",))
    assert (got.message["Subject"], got.message.get_content().strip()) == ("A mail", "Hello")
    assert sink.connections() == 1


@pytest.mark.parametrize(("mode", "code"), [("refuse_later", 450), ("refuse", 550)])
def test_sink_refuses_recipients_with_the_code_of_its_mode(sink: Sink, mode: str, code: int):
    sink.set_mode(mode)

    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        _send(sink)

    assert caught.value.recipients["to@example.org"][0] == code
    assert sink.received() == []


def test_sink_falls_silent_after_it_took_the_mail(sink: Sink):
    sink.set_mode("silent")

    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        _send(sink)

    assert len(sink.received()) == 1


def test_sink_hangs_up_after_it_took_the_mail(sink: Sink):
    sink.set_mode("closing")

    with pytest.raises(smtplib.SMTPServerDisconnected, match="closed"):
        _send(sink)

    assert len(sink.received()) == 1


@pytest.mark.browser
def test_axe_finds_a_field_without_a_label(browser: Browser):
    with visitor(browser) as context:
        page = context.new_page()
        page.goto(PAGE.format("<input>"))
        bad = [one["rule"] for one in axe(page)]
        page.goto(PAGE.format("<label>Name <input></label>"))
        good = axe(page)

    assert (bad, good) == (["label"], [])


@pytest.mark.browser
def test_visitor_without_javascript_runs_none(browser: Browser):
    with visitor(browser, javascript=False) as context:
        page = context.new_page()
        page.goto(PAGE.format("<p>as written</p><script>document.querySelector('p').textContent = 'changed'</script>"))
        shown = page.locator("p").text_content()

    assert shown == "as written"


@pytest.mark.browser
def test_visitor_fails_when_a_page_loads_something_from_elsewhere(browser: Browser):
    with pytest.raises(AssertionError, match="elsewhere"), visitor(browser) as context:
        context.new_page().goto(PAGE.format("<img src='http://nowhere.invalid/a.png' alt='A'>"))


def test_serving_answers_until_the_block_ends(settings: Settings, database: Database, tmp_path: Path):
    variables = {"CONSULT_DATA_FOLDER": settings.data_folder, "CONSULT_DATABASE_URL": settings.database_url}

    with serving("wsgi:app", folder=tmp_path, environment=variables) as address:
        up = subprocess.run(_get(address), check=False).returncode
    down = subprocess.run(_get(address), check=False).returncode

    assert (up, down) == (0, 1)


def _get(address: str) -> list[str]:
    look = (
        "import sys, urllib.request, urllib.error\n"
        "try: sys.exit(urllib.request.urlopen(sys.argv[1]).status != 200)\n"
        "except urllib.error.URLError: sys.exit(1)"
    )
    return [sys.executable, "-c", look, f"{address}/readyz"]


def test_app_lets_a_fault_reach_the_test(app: Flask):
    assert app.testing


def test_locks_name_no_place_to_fetch_from():
    """Where packages come from is the business of the machine; what they must be is in the hashes."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text().splitlines()
        options = [line for line in lines if line.startswith("-") or "://" in line or "@ " in line]
        assert options == []

    assert '"resolved"' not in (ROOT / "tests/journeys/package-lock.json").read_text()


class Shouting(BaseConverter):
    def to_url(self, value: str) -> str:
        return value.upper()


def test_applications_that_share_how_an_address_is_written_write_each_its_own():
    plain, loud = Flask("plain"), Flask("loud")
    loud.url_map.converters["string"] = Shouting
    for app in (plain, loud):
        app.add_url_rule("/shared/<string:word>/", endpoint="shared")
    written = [app.url_map.bind("x.example").build("shared", {"word": "bridge", "more": "1"}) for app in (plain, loud)]

    assert written == ["/shared/bridge/?more=1", "/shared/BRIDGE/?more=1"]


def test_databases_share_their_compiled_statements_and_no_row(database: Database, tmp_path: Path):
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    other.create_all()
    with writing() as db:
        db.add(Installation(id=1, name=Texts(en="Ours"), languages=["en"], privacy=Texts(), revision=1))

    query = select(Installation)
    found = []
    for one in (database, other):
        with Session(one.engine) as db:
            found.append(len(db.scalars(query).all()))
    other.close()

    assert other.engine.dialect is database.engine.dialect
    assert found == [1, 0]


def test_what_a_test_changes_in_its_world_is_not_in_the_next(world: World, grown_world: tuple[Path, bytes]):
    world.ids["upr"]["comment"] = "changed"
    del world.staff["approver"]

    fresh = again(grown_world[1], world.app)

    assert fresh.ids["upr"]["comment"] != "changed"
    assert "approver" in fresh.staff

"""One cycle of the demonstration for all tests of this folder; each puts it in use anew, and only reads it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import consult
from consult.core import db as core_db
from consult.demo import beside, once
from consult.demo.beside import Sides


@dataclass(frozen=True, slots=True)
class Finished:
    """A demonstration that came to its end."""

    folder: Path
    sides: Sides
    summary: dict[str, Any]
    said: list[str]


@pytest.fixture(scope="session")
def cycle_run(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Finished]:
    folder = tmp_path_factory.mktemp("demonstration")
    shutil.copyfile(sqlite_template, folder / "consult.db")
    sides = beside.settings_of(folder, requests_per_minute=1_000_000)
    said: list[str] = []
    database = consult.start(sides.main)
    summary = once.run_once(consult.create_app(sides.main), sides, folder, said.append)
    core_db.bind(None)
    database.close()
    yield Finished(folder, sides, summary, said)
    shutil.rmtree(sides.safe.runtime, ignore_errors=True)


@pytest.fixture
def ran(cycle_run: Finished) -> Iterator[Finished]:
    """The finished cycle, in use in this process."""
    database = consult.start(cycle_run.sides.main)
    yield cycle_run
    core_db.bind(None)
    database.close()


@pytest.fixture
def ran_app(ran: Finished) -> Flask:
    """Its site."""
    app = consult.create_app(ran.sides.main)
    app.testing = True
    return app

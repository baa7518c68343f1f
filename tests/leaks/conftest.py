"""Both sides, for what can only be seen when they stand beside each other."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.leaks.fixtures import open_nameless, prepare_main
from tests.support.officers import an_officer
from tests.support.two_sides import SAFE_WEB, WEB, WORKER, Sides, two_sides


@pytest.fixture
def sides(tmp_path: Path, sqlite_template: Path) -> Iterator[Sides]:
    """Main with a public draft, and a safe that is not set up yet; nothing runs."""
    with two_sides(tmp_path) as made:
        prepare_main(made, sqlite_template)
        yield made


@pytest.fixture
def running(sides: Sides) -> SimpleNamespace:
    """Both sides at work, a round open that takes comments without a name, and its dossier with the officer's keys."""
    officer = an_officer()
    dossier = open_nameless(sides, officer, closes_at=sides.now() + timedelta(days=8))
    sides.start(WEB, WORKER, SAFE_WEB)
    sides.wait_until_told(state="open")
    sides.tick()
    return SimpleNamespace(sides=sides, dossier=dossier, officer=officer)

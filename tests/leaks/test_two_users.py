"""Two machines, as far as one can be two: main and safe under two users of the system, who share the exchange folders by a group.

Neither can read what is the other's; everything that the exchange does works all the same. Needs root, to become both.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

from consult.core import exchange
from tests.leaks.fixtures import open_nameless, opened_bodies, prepare_main
from tests.support.officers import an_officer
from tests.support.server import ROOT
from tests.support.tools import must_have_all
from tests.support.two_sides import SAFE_WEB, SLUG, WEB, WORKER, heading_of, two_sides, write_nameless

MAIN, SAFE, BOTH = 64_301, 64_302, 64_303  # ids that no account has; a group needs no name either
USERS = {"main": {"user": MAIN, "group": MAIN}, "safe": {"user": SAFE, "group": SAFE}}
WORDS = "The words Ferrit-77c2 of two machines"


def a_python() -> list[str]:
    """A Python that another user may run, with our packages; skips with a sentence where there is none."""
    packages = sysconfig.get_path("purelib")
    for program in (sys.executable, "/usr/bin/python3"):
        look = [program, "-c", "import sys; sys.path[:0] = sys.argv[1:]; import consult.core.crypto, flask, sqlalchemy"]
        try:
            ran = subprocess.run(
                [*look, str(ROOT), packages],
                user=MAIN,
                group=MAIN,
                extra_groups=[],
                capture_output=True,
                check=False,
                cwd="/",
            )
        except OSError:
            continue
        if ran.returncode == 0:
            return [program]
    return skipped("no Python that another user may run has our packages")


def skipped(sentence: str):
    if must_have_all():
        pytest.fail(f"{sentence}, and CONSULT_REQUIRE_ALL is set")
    pytest.skip(sentence)


def give(path: Path, user: int) -> None:
    """Let a folder and all in it be a user's. What others may do with it stays as the program made it."""
    for each in (path, *path.rglob("*")):
        os.chown(each, user, user)


@pytest.fixture
def apart(sqlite_template):
    """Both sides under their users: main and safe closed to each other, the two folders shared by a group."""
    if os.geteuid() != 0:
        skipped("only root can run the two sides under two users")
    python, packages = a_python(), sysconfig.get_path("purelib")
    folder = Path(tempfile.mkdtemp(prefix="consult-apart-"))
    folder.chmod(0o755)
    users = {side: {**who, "extra_groups": [BOTH]} for side, who in USERS.items()}
    try:
        with two_sides(folder, python=python, users=users, more={"PYTHONPATH": f"{ROOT}:{packages}"}) as sides:
            (folder / "tmp").chmod(0o1777)
            prepare_main(sides, sqlite_template)
            give(folder / "safe", SAFE)
            (folder / "exchange").chmod(0o755)
            for name, writer in (("in", MAIN), ("out", SAFE)):
                os.chown(sides.between[name], writer, BOTH)
                sides.between[name].chmod(0o2750)  # its writer writes, the other reads; files are the group's
            officer = an_officer()
            dossier = open_nameless(sides, officer, closes_at=sides.now() + timedelta(days=8))
            give(folder / "main", MAIN)
            sides.start(WEB, WORKER, SAFE_WEB)
            yield sides, dossier
    finally:
        shutil.rmtree(folder)


def may_read(path: Path, user: int) -> bool:
    """Whether a user gets at a path at all."""
    ran = subprocess.run(
        ["/bin/ls", "-R", str(path)],
        user=user,
        group=user,
        extra_groups=[BOTH],
        capture_output=True,
        check=False,
        cwd="/",
    )
    return ran.returncode == 0


def may_write(folder: Path, user: int) -> bool:
    """Whether a user can lay a file into a folder."""
    ran = subprocess.run(
        ["/usr/bin/touch", str(folder / f"batch-{SLUG}-000099.signed")], user=user, group=user, extra_groups=[BOTH],
        capture_output=True, check=False, cwd="/",
    )  # fmt: skip
    return ran.returncode == 0


def test_two_users_who_share_two_folders_exchange_everything_and_read_nothing_else(apart):
    """Safeguards: the mode of the data folders (`_completed` of both settings), 0o640 in `exchange.put`."""
    sides, dossier = apart
    sides.wait_until_told(state="open")
    sides.tick()
    code = write_nameless(sides, WORDS)
    sides.exchange_day(1)  # `received` came back: safe's batch was read by main, main's manifest by safe

    assert heading_of(sides, code) == "We have your comment"
    assert list(exchange.look(sides.between["out"], exchange.BATCH)) == [], "safe drops what main says it has"
    assert WORDS in [body.get("text") for body in opened_bodies(dossier, kept_batch(sides))]
    for side, stranger in (("main", SAFE), ("safe", MAIN)):
        assert may_read(sides.data(side), USERS[side]["user"])
        assert not may_read(sides.data(side), stranger)
    assert not [name for name in ("run", "backup") if may_read(sides.folder / "safe" / name, MAIN)]
    assert (may_write(sides.between["in"], SAFE), may_write(sides.between["out"], MAIN)) == (False, False)
    owners = (
        {path.stat().st_uid for path in sides.data("safe").rglob("*")},
        {path.stat().st_uid for path in sides.data("main").rglob("*")},
    )
    assert owners == ({SAFE}, {MAIN})


def test_the_look_sees_a_folder_that_was_left_open(apart):
    """Positive control."""
    sides, _ = apart
    sides.data("safe").chmod(0o755)

    assert may_read(sides.data("safe"), MAIN)


def kept_batch(sides) -> str:
    """The batch as main keeps it."""
    (path,) = (sides.data("main") / "files" / "batches").iterdir()
    return path.read_text("utf-8")

"""The files of PostgreSQL itself: its tables, its log, its samples of columns, and what it says. A name that stood in the clear is in
them until the page for operators is followed, and in none once it is; one that was sealed from the beginning never is."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from consult.core.db import Database, bound, writing
from consult.safe.scanning import files_below
from consult.tables import import_all
from tests.custody.fixtures import ANA, desk  # noqa: F401
from tests.custody.making import entries_file, entry_of
from tests.custody.test_sealed import REF, take
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.leaks.backups import block_of, run, settings_in
from tests.leaks.protected import NAME, STEMS, canaries
from tests.leaks.test_backups import SEALED
from tests.leaks.test_protected import planted, protect  # noqa: F401
from tests.support import postgres
from tests.support.tools import require

OTHERS = ("base/1/", "base/4/", "base/5/")  # databases of the server itself, in which nobody ever wrote
# What it writes is what a server writes that was set up by its package, but that it does not wait for the disk.
AS_INSTALLED = {**postgres.DURABLE, "fsync": "off", "synchronous_commit": "off"}


@pytest.fixture(scope="module")
def own_server():
    """A server of this file's own, as main.md has it set: in the shared one other tests plant the same names."""
    made = postgres.start(Path(require("postgresql")), {**AS_INSTALLED, **settings_in("main.md", "## On PostgreSQL")})
    yield made
    postgres.stop(made)


@pytest.fixture
def database_url(own_server):
    """A database on it."""
    import_all()
    name = own_server.create()
    made = Database(own_server.url(name))
    made.create_all()
    made.close()
    yield own_server.url(name)
    own_server.drop(name)


def in_files(server, stems=STEMS):
    """(place below the server's folder, stem) of every stem that stands in its files, in any spelling but hashed, large or small."""
    wanted = {
        stem: {one.lower() for name, one in spelled.items() if not is_hash(name)}
        for stem, spelled in canaries(stems).items()
    }
    folder, found = Path(server.folder), set()
    for path in files_below([folder]):
        place = str(path.relative_to(folder)).removeprefix("data/")
        if not place.startswith(OTHERS):
            content = path.read_bytes().rstrip(b"\0").lower()
            found |= {(place, stem) for stem, spelled in wanted.items() if any(one in content for one in spelled)}
    return found


def is_hash(spelling):
    """Of a stem, which is a part of a name: nobody hashes a part."""
    return any(name in spelling for name in ("md5", "sha1", "sha256"))


def follow_the_page(tmp_path):
    """What data-protection.md says about protected entries, typed as it stands there."""
    run(block_of("data-protection.md", "- **PostgreSQL** keeps dead rows"), bound().url, tmp_path)


def refuse_a_row():
    """Something of them that the database refuses, and says so in its log."""
    with pytest.raises(IntegrityError), writing() as db:
        db.execute(text("INSERT INTO stakeholder (name, category) VALUES (:name, 'cso')"), {"name": NAME})


def test_the_servers_files_hold_no_protected_name_once_the_page_is_followed(planted, desk, own_server, tmp_path):  # noqa: F811
    refuse_a_row()
    with bound().glances.connect() as connection:
        connection.exec_driver_sql("ANALYZE")  # as autovacuum does by itself
    protect(desk, planted)
    with own_server.administering() as connection:
        connection.execute("CHECKPOINT")
    before = in_files(own_server)
    assert {stem for _, stem in before} == set(STEMS), "dead rows and logs hold them still"
    assert {place.partition("/")[0] for place, _ in before} == {"base", "pg_wal"}

    follow_the_page(tmp_path)

    assert in_files(own_server) == set()
    assert "not-null" in (Path(own_server.folder) / "log").read_text(), (
        "and the refusal stands in what it says, without its row"
    )


@pytest.mark.full
@pytest.mark.parametrize(
    "line", ["DELETE FROM pg_statistic;", "VACUUM FULL;", "SELECT pg_switch_wal();", "CHECKPOINT;"]
)
def test_each_line_of_the_page_takes_something_away(planted, desk, own_server, tmp_path, line):  # noqa: F811
    """Positive control: without any one line something is found in a file."""
    with bound().glances.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    protect(desk, planted)
    script = block_of("data-protection.md", "- **PostgreSQL** keeps dead rows")
    assert line in script

    run(script.replace(line, ""), bound().url, tmp_path)

    assert in_files(own_server) != set()


def test_a_name_that_was_sealed_from_the_beginning_is_in_no_file_of_the_server(desk, own_server):  # noqa: F811
    desk.appoint(ANA)

    take(desk, entries_file(ANA, [entry_of(REF, [ANA], name=SEALED)]))
    with own_server.administering() as connection:
        connection.execute("CHECKPOINT")

    assert in_files(own_server, (SEALED.casefold(),)) == set()

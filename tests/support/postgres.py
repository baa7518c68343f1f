"""A throw-away PostgreSQL cluster, one for a whole test run however many workers it has, and a database for each test.

It runs as an ordinary user even when the tests run as root (the server refuses to be root), listens on a socket in its own
folder and on loopback, and is stopped by its own process id when the run ends.
"""

import fcntl
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support.memory import memory

START_SECONDS = 60
DURABLE = {"max_connections": "200", "listen_addresses": "127.0.0.1"}
# Speed for a cluster that nobody will miss; what tests rely on (locks, isolation, constraints) does not depend on these.
FAST = {
    **DURABLE,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "autovacuum": "off",
}

# Servers that this process started. Python warns of a Popen that is forgotten while its process lives.
_own: dict[int, "subprocess.Popen[bytes]"] = {}


@dataclass(frozen=True)
class Cluster:
    """A running server: its port on loopback, its process id and its folder."""

    port: int
    pid: int
    folder: str

    def url(self, name: str) -> str:
        """A database's address as SQLAlchemy writes it."""
        return f"postgresql+psycopg://consult@127.0.0.1:{self.port}/{name}"

    @contextmanager
    def administering(self) -> Iterator[psycopg.Connection]:
        """A connection outside any transaction, to make and drop databases."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="consult", dbname="postgres", autocommit=True
        ) as one:
            yield one

    def create(self, template: str = "template0") -> str:
        """Make a database of a fresh name, as a copy of another. Returns the name."""
        name = f"t_{secrets.token_hex(6)}"
        with self.administering() as connection:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop(self, name: str) -> None:
        """Remove a database, with whoever is still connected to it."""
        with self.administering() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def shared_cluster(programs: Path, meeting_place: Path) -> Cluster:
    """The cluster of this run: whichever worker needs it first starts it.

    `meeting_place` is a folder that all workers of the run share and no other run does; `end_shared()` ends it there.
    """
    note = meeting_place / "postgres.json"
    with (meeting_place / "postgres.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not note.exists():
            note.write_text(json.dumps(asdict(start(programs))))
        return Cluster(**json.loads(note.read_text()))


def end_shared(meeting_place: Path) -> None:
    """Stop the cluster of this run, where one was started. Called once, when all workers have gone."""
    note = meeting_place / "postgres.json"
    if note.exists():
        stop(Cluster(**json.loads(note.read_text())))
        note.unlink()


def start(programs: Path, options: dict[str, str] = FAST) -> Cluster:
    """Make a cluster in a folder of its own and start it. Raises RuntimeError, with the server's words, where it cannot."""
    # In memory where nobody asks for durability: making a database then costs a tenth of a second less, hundreds of times.
    folder = Path(tempfile.mkdtemp(prefix="consult-postgres-", dir=memory() if options is FAST else None))
    user = ordinary_user()
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o700)
    as_user = _as(user)
    made = subprocess.run(
        [*as_user, str(programs / "initdb"), "-D", str(folder / "data"), "-U", "consult", "--auth=trust", "--no-sync"]
        + ["--encoding=UTF8", "--lc-collate=C.UTF-8", "--lc-ctype=C.UTF-8", "--no-instructions"],
        capture_output=True, text=True, cwd="/", check=False,
    )  # fmt: skip
    if made.returncode:
        shutil.rmtree(folder)
        raise RuntimeError(f"initdb: {made.stderr.strip()}")
    port = _free_port()
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    command = [*as_user, str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(port), "-k", str(folder)]
    with (folder / "log").open("wb") as log:
        # its own session, so that Ctrl-C in the terminal reaches the tests first and they stop it in order
        server = subprocess.Popen([*command, *settings], stdout=log, stderr=log, cwd="/", start_new_session=True)
    _own[server.pid] = server
    cluster = Cluster(port, server.pid, str(folder))
    _wait_for(cluster, server)
    return cluster


def stop(cluster: Cluster) -> None:
    """End the server and remove its folder. INT is its fast way: whoever is connected is cut off, data is in order."""
    for signal_number in (signal.SIGINT, signal.SIGQUIT):
        try:
            os.kill(cluster.pid, signal_number)
        except ProcessLookupError:
            break
        if _gone(cluster.pid, seconds=10):
            break
    shutil.rmtree(cluster.folder, ignore_errors=True)


def ordinary_user() -> pwd.struct_passwd | None:
    """Whom the server runs as when we are root; None where we are ordinary already."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("neither a user postgres nor nobody exists to run PostgreSQL as")


def _as(user: pwd.struct_passwd | None) -> list[str]:
    if user is None:
        return []
    # setpriv replaces itself by the server, so the process id we know is the server's
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(cluster: Cluster, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            with cluster.administering():
                return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > until:
                words = (Path(cluster.folder) / "log").read_text(errors="replace")
                stop(cluster)
                raise RuntimeError(f"PostgreSQL did not start: {words[-2000:]}") from None
            time.sleep(0.05)


def _gone(pid: int, seconds: float) -> bool:
    """Whether a process has ended, waiting a while; it may be our own child, another worker's or an adopted one."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if pid in _own:
            if _own[pid].poll() is not None:
                del _own[pid]
                return True
        elif _state(pid) in ("", "Z"):
            return True
        time.sleep(0.02)
    return False


def _state(pid: int) -> str:
    """A process's state by its letter; Z for one that has ended and whose parent has not looked yet, "" for none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""

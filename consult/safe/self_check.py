"""`consult safe self-check`: is safe set up so that nothing tells who, from where or when?

Without an installation a temporary one is built and served by real gunicorn processes; somebody with a known address,
browser and text writes, comes back and withdraws; then every file is searched for any of it. With one, its folders, files,
database and settings are looked at as well. No letter is ever sent to an installation in use.
"""

import http.client
import os
import re
import secrets
import signal
import socket
import stat
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from consult.core import clock
from consult.core.files import PACKAGE
from consult.safe.models import metadata
from consult.safe.scanning import address_spellings, find_traces, spellings
from consult.safe.serving import children
from consult.safe.settings import SafeSettings, load
from consult.safe.ticking import House, keep_house, tick
from consult.safe.trial import set_up_trial

START_SECONDS = 30
ADDRESSES = ("203.0.113.77", "2001:db8:77:aa::1234")  # RFC 5737, RFC 3849: nobody's


class Visitor:
    """Somebody before a listener: sends what a browser would, and more."""

    def __init__(self, bind: str, headers: Mapping[str, str]) -> None:
        self.bind = bind
        self.headers = dict(headers)

    def ask(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """(status, body) of an answer."""
        connection = _connection(self.bind)
        body = urllib.parse.urlencode(fields).encode() if fields is not None else None
        form = {"Content-Type": "application/x-www-form-urlencoded"} if fields is not None else {}
        try:
            connection.request(method, path, body, {**self.headers, **form})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


def _connection(bind: str) -> http.client.HTTPConnection:
    if bind.startswith("unix:"):
        return _UnixConnection(bind.removeprefix("unix:"))
    host, _, port = bind.rpartition(":")
    return http.client.HTTPConnection(host, int(port), timeout=30)


def token_in(body: bytes) -> str:
    """The token of a page's form."""
    found = re.search(rb'name="token" value="([^"]+)"', body)
    return found[1].decode() if found else ""


def code_in(body: bytes) -> str:
    """The code that a page shows."""
    return b"".join(re.findall(rb"<span>([0-9]{5})</span>", body)).decode()


@contextmanager
def served(settings: SafeSettings, log: Path, listener: str = "clearnet") -> Iterator[int]:
    """One listener under gunicorn, in processes of its own. Gives its process id. Raises RuntimeError where it does not come up."""
    child = next(one for one in children(settings, with_ticks=False) if listener in one.name)
    names = ("clearnet_bind", "onion_bind", "web_workers", "sends_per_minute", "returns_per_minute")
    own = {f"SAFE_{name.upper()}": str(getattr(settings, name)) for name in names}
    environ = {**os.environ, **own, **child.environ, "HOME": str(log.parent), "PYTHONPATH": str(PACKAGE.parent)}
    with log.open("ab") as words:
        process = subprocess.Popen(
            child.command, env=environ, stdout=words, stderr=words, cwd=log.parent, process_group=0
        )
    try:
        _wait_for(settings.clearnet_bind if listener == "clearnet" else settings.onion_bind, process, log)
        yield process.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def _wait_for(bind: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            if Visitor(bind, {}).ask("GET", "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"safe did not answer: {log.read_text(errors='replace')[-2000:]}")


def trial_settings(folder: Path, **changes: Any) -> SafeSettings:
    """Settings of a safe that lives in one folder, its runtime folder included, and listens on a Unix socket and a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {
        "data_folder": str(folder / "safe"),
        "runtime_folder": str(folder / "run"),
        "backup_folder": str(folder / "backup"),
        "clearnet_bind": f"127.0.0.1:{port}",
        "onion_bind": f"unix:{folder / 'onion.sock'}",
    }
    return load({**own, **changes}, environ={})


def restart_a_worker(master: int) -> None:
    """Kill one worker of a master; gunicorn starts another."""
    workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    os.kill(int(workers[0]), signal.SIGKILL)


def visit(bind: str, headers: Mapping[str, str], words: str, *, restart: int = 0) -> str:
    """Write, send, come back, reply and withdraw, as a person would. Returns the code. Raises RuntimeError where a step fails."""
    visitor, form = Visitor(bind, headers), "/en/upr/comment/2/"
    _, check = visitor.ask("POST", form, {"text": words, "use": "paraphrase", "do": "check"})
    code = code_in(check)
    steps = [visitor.ask("POST", form, {"text": words, "use": "paraphrase", "do": "send", "token": token_in(check)})]
    if restart:
        restart_a_worker(restart)
    status, page = visitor.ask("POST", "/en/return/", {"code": code})
    token = token_in(page)
    steps += [(status, page), visitor.ask("POST", "/en/return/reply/", {"token": token, "text": words, "number": "1"})]
    steps += [visitor.ask("POST", "/en/return/withdraw/", {"token": token, "do": "withdraw"})]
    if [answer for answer, _ in steps] != [200] * 4 or not code:
        raise RuntimeError(f"a step of the visit failed: {[answer for answer, _ in steps]}")
    return code


def canaries_of(headers: Mapping[str, str], words: str, code: str, secret: list[bytes]) -> dict[str, dict[str, bytes]]:
    """Every spelling of everything that must not be found."""
    found = {name: spellings(value, secret) for name, value in headers.items() if len(value) >= 8}
    found |= {f"address {one}": address_spellings(one, secret) for one in ADDRESSES}
    return found | {"text": spellings(words, secret), "code": spellings(code, secret)}


def check_trial() -> list[str]:
    """Build a safe in a temporary folder, visit it and search it. Returns what was found, one sentence each."""
    mark = secrets.token_hex(8)
    headers = {
        "User-Agent": f"agent-{mark}",
        "X-Forwarded-For": ", ".join(ADDRESSES),
        "Referer": f"http://referer-{mark}.invalid/page",
        "Accept-Language": f"en-x{mark[:6]}, en",
        "Cookie": f"crumb=cookie-{mark}",
    }
    with tempfile.TemporaryDirectory(prefix="consult-safe-check-") as name:
        folder, words = Path(name), f"The words {mark} of ana-{mark}@example.invalid"
        settings = trial_settings(folder)
        trial = set_up_trial(settings, "upr")
        with served(settings, folder / "log") as master:
            codes = [visit(settings.clearnet_bind, headers, words, restart=master)]
        onion = {name: value for name, value in headers.items() if name != "X-Forwarded-For"}
        with served(settings, folder / "log", "onion"):
            codes.append(visit(settings.onion_bind, onion, words))
        tick(trial.house, at_once=True)
        keep_house(trial.house, now=clock.now() + timedelta(days=1))
        secret = [trial.house.secret.salt, trial.house.secret.sign]
        canaries = canaries_of(headers, words, codes[0], secret) | {"code 2": spellings(codes[1], secret)}
        traces = find_traces([folder], canaries)
        return [f"{one.canary} stands, as {one.spelling}, in {Path(one.place).name}" for one in traces] + check(
            settings
        )


def check(settings: SafeSettings) -> list[str]:
    """What is wrong with an installation, one sentence each. Nothing is changed."""
    found = [*_check_files(settings), *_check_database(House.load(settings))]
    if settings.base_url.startswith("http://") and not settings.host.startswith(("localhost", "127.")):
        found.append("base_url is not https: everything that people write can be read on its way")
    return found


def _check_files(settings: SafeSettings) -> Iterator[str]:
    for folder in (settings.data, settings.runtime):
        if stat.S_IMODE(folder.stat().st_mode) & 0o077:
            yield f"{folder} can be read by others: its mode should be 700"
    for path in settings.data.iterdir():
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield f"{path.name} can be read by others: its mode should be 600"
        if path.name.endswith(("-wal", "-shm")):
            yield f"{path.name} keeps what was deleted: the journal mode is wrong"


def _check_database(house: House) -> Iterator[str]:
    wanted = {"journal_mode": "truncate", "synchronous": 2, "secure_delete": 1, "temp_store": 2}
    with house.database.reading() as db:
        for name, value in wanted.items():
            if (got := db.exec_driver_sql(f"PRAGMA {name}").scalar()) != value:
                yield f"{name} is {got}"
        tables = db.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all()
        yield from (f"table {row.name} has rowids" for row in tables if "WITHOUT ROWID" not in row.sql)
        yield from (
            f"table {row.name} is none of ours"
            for row in tables
            if row.name not in {*metadata.tables, "alembic_version"}
        )

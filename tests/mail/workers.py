"""A worker in a process of its own, against a real relay, for tests that kill it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.core.db import reading
from consult.core.settings import Settings
from consult.mail.models import MailState, OutboxMail
from tests.support.server import ROOT
from tests.support.sink import Sink

PATIENCE = 60.0  # seconds
UNDECIDED = (MailState.QUEUED, MailState.DEFERRED, MailState.CLAIMED)


def until(true: Callable[[], bool], what: str, *, goes_on: Callable[[], object] = lambda: None) -> None:
    """Look again and again until something is true; fails the test after a minute in which nothing went on."""
    end, last = time.monotonic() + PATIENCE, goes_on()
    while not true():
        if (now := goes_on()) != last:
            end, last = time.monotonic() + PATIENCE, now
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)


def settings_file(
    settings: Settings, port: int, folder: Path, *, timeout: int = 30, lease: int = 2, own: str = ""
) -> Path:
    """The settings of an installation whose relay is the sink."""
    path = folder / "consult.toml"
    path.write_text(
        f"""
        data_folder = "{settings.data_folder}"
        database_url = "{settings.database_url}"
        secret_key = "{settings.secret_key}"
        mail_host = "127.0.0.1"
        mail_port = {port}
        mail_security = "none"
        mail_timeout_seconds = {timeout}
        mail_lease_seconds = {lease}
        sweep_seconds = 1
{own}
        """
    )
    return path


@contextmanager
def working(file: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`consult work` until the block ends; killed then if it still runs."""
    variables = {**os.environ, "CONSULT_SETTINGS": str(file), "PYTHONPATH": str(ROOT)}
    with (file.parent / "worker.log").open("ab") as log:
        command = [sys.executable, "-m", "consult.cli", "work"]
        process = subprocess.Popen(command, env=variables, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield process
    finally:
        kill(process)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End a worker as a power cut would."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()


def count_states(db: Session) -> dict[MailState, int]:
    """How many mails stand in each state, zero included."""
    found = dict(db.execute(select(OutboxMail.state, func.count()).group_by(OutboxMail.state)).all())
    return {state: found.get(state, 0) for state in MailState}


def counts() -> dict[MailState, int]:
    """The same, read by itself."""
    with reading() as db:
        return count_states(db)


def arrived(sink: Sink) -> int:
    """How many mails the relay has taken."""
    return len(list(sink.folder.glob("*.eml")))


def all_decided() -> bool:
    """Whether nothing waits or is in hand any more."""
    return sum(counts()[state] for state in UNDECIDED) == 0

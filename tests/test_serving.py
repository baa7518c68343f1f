"""`consult serve` as an operator runs it: real processes, ended by their own ids."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from consult.core import exchange, migrating
from consult.safe.self_check import trial_settings
from consult.safe.trial import set_up_trial
from tests.support.server import ROOT, free_port

PATIENCE = 40  # seconds until a server that is well has answered


@pytest.fixture
def start(tmp_path):
    """Starts `consult serve` in a folder of its own; what still runs is ended."""
    started = []

    def begin(port, **more):
        migrating.upgrade(f"sqlite:///{tmp_path / 'consult.db'}")
        environ = {
            **os.environ,
            **more,
            "PYTHONPATH": str(ROOT),
            "CONSULT_DATA_FOLDER": str(tmp_path),
            "CONSULT_WEB_ADDRESS": f"127.0.0.1:{port}",
        }
        command = [sys.executable, "-m", "consult.cli", "serve"]
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(command, env=environ, cwd=tmp_path, stdout=log, stderr=log)
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE)


# What stands in a child's command, the first that fits.
MARKS = {
    "gunicorn_safe.py": "safe",
    "consult.safe\0": "ticks of safe",
    "gunicorn.py": "site",
    "consult.cli\0work": "worker",
}


def children(parent):
    """The ids of a process's children, by the words of their command."""
    with open(f"/proc/{parent}/task/{parent}/children") as source:
        ids = [int(word) for word in source.read().split()]
    commands = {child: command for child in ids if (command := command_of(child))}
    named = {
        next((name for mark, name in MARKS.items() if mark in words), ""): child for child, words in commands.items()
    }
    return {
        name: child for name, child in named.items() if name
    }  # one that has just been forked has its parent's words


def command_of(process):
    """The words of a process's command; none of one that has just ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def until(condition):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def answers(port):
    return answers_at(f"http://127.0.0.1:{port}/readyz")


def answers_at(address):
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_serve_runs_site_and_worker_and_ends_both_on_term(start):
    port = free_port()
    parent = start(port)
    until(lambda: answers(port))
    running = children(parent.pid)

    parent.terminate()

    assert parent.wait(PATIENCE) == 0
    assert set(running) == {"site", "worker"}
    for process in running.values():
        assert not os.path.exists(f"/proc/{process}")


def test_serve_starts_a_killed_worker_again(start):
    port = free_port()
    parent = start(port)
    until(lambda: answers(port))
    first = until(lambda: children(parent.pid).get("worker"))

    os.kill(first, signal.SIGKILL)

    assert until(lambda: (now := children(parent.pid).get("worker")) != first and now)


def test_serve_runs_safe_beside_the_site_where_the_environment_names_one(start, tmp_path):
    """Four processes and one parent; what safe shows comes from its own, and all four end with it."""
    safe = trial_settings(tmp_path / "beside", onion_bind="")
    trial = set_up_trial(safe, "upr")
    trial.put(exchange.MANIFEST, "cedaw", trial.manifest("cedaw"))
    port = free_port()
    own = {
        f"SAFE_{name.upper()}": str(getattr(safe, name))
        for name in ("data_folder", "runtime_folder", "in_folder", "out_folder", "clearnet_bind")
    }
    parent = start(port, **own)
    until(lambda: answers(port) and answers_at(f"http://{safe.clearnet_bind}/en/upr/"))
    running = until(lambda: len(now := children(parent.pid)) == 4 and now)
    until(lambda: answers_at(f"http://{safe.clearnet_bind}/en/cedaw/"))  # a tick has picked it up

    os.kill(running["safe"], signal.SIGKILL)
    again = until(lambda: (now := children(parent.pid).get("safe")) != running["safe"] and now)
    until(lambda: answers_at(f"http://{safe.clearnet_bind}/en/upr/"))
    parent.terminate()

    assert parent.wait(PATIENCE) == 0
    assert set(running) == {"site", "worker", "safe", "ticks of safe"}
    for process in {*running.values(), again}:
        assert not os.path.exists(f"/proc/{process}")


def test_serve_gives_up_when_the_site_cannot_stay_up(start):
    parent = start("none")  # an address with such a port ends the site at once, each time it is started again

    assert parent.wait(PATIENCE * 2) == 1


def test_the_log_holds_minutes_only_and_nothing_of_who_asked_for_what(start, tmp_path):
    """Also where a request is no HTTP at all: gunicorn itself would write down where it came from, and its words."""
    port = free_port()
    process = start(port)
    until(lambda: answers(port))
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/en/?words=CANARY-QUERY",
        headers={"User-Agent": "CANARY-AGENT", "X-Forwarded-For": "203.0.113.7"},
    )
    urllib.request.urlopen(asked).read()
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(b"CANARY-WORDS is no request\r\n\r\n")
        raw.recv(1_000)
    process.terminate()
    process.wait(PATIENCE)

    log = (tmp_path / "log").read_text()
    assert "A request was no HTTP" in log
    assert "site_public.home" in log
    for trace in ("CANARY", "203.0.113.7", "ip=", "/en/"):
        assert trace not in log
    assert not re.search(r"\d\d:\d\d:\d\d", log)

"""Main and safe as they are installed: processes of their own, folders of their own, and two folders that both know.

Nothing is handed from one side to the other but files in those two folders, and what an operator copies by hand at the beginning.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from consult.core import exchange
from consult.core.settings import Settings
from consult.core.settings import load as load_main
from consult.safe.self_check import Visitor, code_in, token_in
from consult.safe.serving import children as safe_children
from consult.safe.settings import SafeSettings
from consult.safe.settings import load as load_safe
from consult.safe.ticking import House
from consult.serving import children as main_children
from tests.support.clocked import VARIABLE
from tests.support.server import ROOT, free_port

PATIENCE = 90.0  # seconds for what takes one: others work on the machine too
SLUG = "upr-2027"
WEB, WORKER, SAFE_WEB, TICK = "main's site", "main's worker", "safe's site", "safe's tick"


def until(happens: Callable[[], Any], what: str, *, patience: float = PATIENCE) -> Any:
    """What a look gives as soon as it gives something. Raises AssertionError when patience is over."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if found := happens():
            return found
        time.sleep(0.05)
    raise AssertionError(f"it did not happen: {what}")


@dataclass
class Sides:
    """Both sides in one folder: `main` and `safe` with their own, `exchange` between them."""

    folder: Path
    python: list[str] = field(default_factory=lambda: [sys.executable])
    users: dict[str, dict[str, Any]] = field(default_factory=lambda: {"main": {}, "safe": {}})  # for Popen
    more: dict[str, str] = field(default_factory=dict)  # variables of every process
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    applications: dict[str, str] = field(default_factory=dict)  # served by a site instead of its own
    safe_key: str = ""

    def __post_init__(self) -> None:
        self.main_port, self.safe_port = free_port(), free_port()
        self.ahead = self.folder / "ahead"
        for path in (self.folder / "main", self.folder / "safe", self.folder / "tmp", *self.between.values()):
            path.mkdir(parents=True, exist_ok=True)  # data folders are the programs' to make
        self.turn_clock(timedelta())

    # --- where and when ---

    def data(self, side: str) -> Path:
        """The data folder of a side."""
        return self.folder / side / "data"

    @property
    def between(self) -> dict[str, Path]:
        """The folders that both know: `in` from main to safe, `out` the other way."""
        return {name: self.folder / "exchange" / name for name in ("in", "out")}

    @property
    def main_address(self) -> str:
        return f"http://localhost:{self.main_port}"

    @property
    def safe_address(self) -> str:
        return f"http://127.0.0.1:{self.safe_port}"

    def turn_clock(self, ahead: timedelta) -> None:
        """Let every process be so far ahead of the machine."""
        half = self.ahead.with_suffix(".half")
        half.write_text(str(ahead.total_seconds()))
        half.replace(self.ahead)

    def pass_time(self, more: timedelta) -> None:
        """Let so much more time have passed."""
        self.turn_clock(timedelta(seconds=float(self.ahead.read_text())) + more)

    def now(self) -> datetime:
        """What the processes take for now."""
        return datetime.now(UTC) + timedelta(seconds=float(self.ahead.read_text()))

    # --- settings ---

    @property
    def main_variables(self) -> dict[str, str]:
        own = {
            "DATA_FOLDER": str(self.data("main")),
            "SECRET_KEY": "only for tests " * 4,
            "BASE_URL": self.main_address,
            "WEB_ADDRESS": f"127.0.0.1:{self.main_port}",
            "SWEEP_SECONDS": "1",
            "SESSION_HOURS": "100000",
            "REQUESTS_PER_MINUTE": "1000000",
            "SAFE_URL": self.safe_address,
            "SAFE_KEY": self.safe_key,
            "SAFE_IN": str(self.between["in"]),
            "SAFE_OUT": str(self.between["out"]),
        }
        return {f"CONSULT_{name}": value for name, value in own.items()}

    @property
    def safe_variables(self) -> dict[str, str]:
        own = {
            "DATA_FOLDER": str(self.data("safe")),
            "RUNTIME_FOLDER": str(self.folder / "safe" / "run"),
            "BACKUP_FOLDER": str(self.folder / "safe" / "backup"),
            "IN_FOLDER": str(self.between["in"]),
            "OUT_FOLDER": str(self.between["out"]),
            "HOST": f"127.0.0.1:{self.safe_port}",
            "BASE_URL": self.safe_address,
            "CLEARNET_BIND": f"127.0.0.1:{self.safe_port}",
            "MAIN_ADDRESS": self.main_address,
            "SENDS_PER_MINUTE": "10000",
            "RETURNS_PER_MINUTE": "10000",
            "DECOYS_PER_DAY": "480",
        }
        return {f"SAFE_{name}": value for name, value in own.items()}

    @property
    def main_settings(self) -> Settings:
        return load_main(environ=self.main_variables)

    @property
    def safe_settings(self) -> SafeSettings:
        return load_safe(environ=self.safe_variables)

    @property
    def house(self) -> House:
        """Safe as its tick sees it, for looking on."""
        return House.load(self.safe_settings)

    # --- processes ---

    def _environ(self, side: str) -> dict[str, str]:
        own = self.main_variables if side == "main" else self.safe_variables
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        fixed = {"PYTHONPATH": str(ROOT), "HOME": str(self.folder / side), "TMPDIR": str(self.folder / "tmp")}
        return {**kept, **fixed, **own, VARIABLE: str(self.ahead), "PYTHONDONTWRITEBYTECODE": "1", **self.more}

    def _clocked(self, command: Sequence[str]) -> list[str]:
        at = command.index("-m")
        return [*self.python, "-m", "tests.support.clocked", *command[at + 1 :]]

    def log(self, name: str) -> Path:
        """What a process says."""
        side = "main" if "main" in name else "safe"
        return self.folder / side / f"{name.split()[-1]}.log"

    def start(self, *names: str) -> None:
        """Start processes; the sites answer afterwards."""
        commands = {
            WEB: lambda: main_children(self.main_settings)[0],
            WORKER: lambda: main_children(self.main_settings)[1],
            SAFE_WEB: lambda: safe_children(self.safe_settings, with_ticks=False)[0],
        }
        for name in names:
            side, child = ("main" if "main" in name else "safe"), commands[name]()
            served = [self.applications[name]] if name in self.applications else child.command[-1:]
            with self.log(name).open("ab") as words:
                self.processes[name] = subprocess.Popen(
                    self._clocked([*child.command[:-1], *served]), env={**self._environ(side), **child.environ}, stdout=words, stderr=words,
                    cwd=self.folder / side, process_group=0, **self.users[side],
                )  # fmt: skip
        for name in names:
            self.wait_for(name)

    def wait_for(self, name: str) -> None:
        """Wait until a site answers."""
        port = {WEB: self.main_port, SAFE_WEB: self.safe_port}.get(name)
        if port is None:
            return
        process = self.processes[name]

        def answers() -> bool:
            assert process.poll() is None, self.log(name).read_text(errors="replace")[-3000:]
            try:
                return Visitor(f"127.0.0.1:{port}", {}).ask("GET", "/healthz")[0] == 200
            except OSError:
                return False

        until(answers, f"{name} answers")

    def end(self, *names: str, by: signal.Signals = signal.SIGTERM) -> None:
        """End processes with all their children: those named, or all."""
        for name in names or tuple(self.processes):
            process = self.processes.pop(name, None)
            if process is None:
                continue
            try:
                os.killpg(process.pid, by)
            except ProcessLookupError:
                continue
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def command(self, side: str, *words: str, check: bool = True, given: str | None = None) -> str:
        """What a `consult …` command prints."""
        command = self._clocked(["", "-m", "consult.cli", *words])
        ran = subprocess.run(
            command, env=self._environ(side), input=given, capture_output=True, text=True, check=False,
            cwd=self.folder / side, timeout=300, **self.users[side],
        )  # fmt: skip
        assert not check or ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def tick(self) -> None:
        """One interval of safe, without the waiting."""
        self.command("safe", "safe", "tick", "--at-once")

    def begin_tick(self) -> "subprocess.Popen[bytes]":
        """The same, not waited for."""
        command = self._clocked(["", "-m", "consult.cli", "safe", "tick", "--at-once"])
        with self.log(TICK).open("ab") as words:
            return subprocess.Popen(
                command, env=self._environ("safe"), stdout=words, stderr=words, cwd=self.folder / "safe", process_group=0,
                **self.users["safe"],
            )  # fmt: skip

    # --- the exchange ---

    def told(self) -> dict[str, Any]:
        """What main's newest manifest says; {} where there is none."""
        found = list(exchange.look(self.between["in"], exchange.MANIFEST))
        return json.loads(found[-1].text().split("\n", 2)[2]) if found else {}

    def wait_until_told(self, **wanted: Any) -> dict[str, Any]:
        """Wait until main's manifest says this."""
        return until(
            lambda: told if (told := self.told()).items() >= wanted.items() else None,
            f"the manifest says {wanted}, not {[self.told().get(name) for name in wanted]}",
        )

    def wait_until_laid(self, purpose: str, number: int = 1) -> None:
        """Wait until main has laid a file of this number, or a later one, for safe."""

        def is_laid() -> bool:
            return any(found.number >= number for found in exchange.look(self.between["in"], purpose))

        until(is_laid, f"{purpose} {number} is laid")

    def exchange_day(self, number: int) -> None:
        """A day goes by: safe gives out its batch of this number, main takes it, and safe hears that."""
        self.pass_time(timedelta(days=1))
        self.tick()
        self.wait_until_told(received=number)
        self.tick()


@contextmanager
def two_sides(folder: Path, **named: Any) -> Iterator[Sides]:
    """Both sides, not started; what was started is ended."""
    made = Sides(folder, **named)
    try:
        yield made
    finally:
        made.end()


# --- people before safe, without a browser ------------------------------------------------------------------------------


def write_nameless(sides: Sides, text: str, ref: str = "2", *, use: str = "verbatim", headers: Any = None) -> str:
    """Check and send a comment. Returns the code."""
    visitor, form = Visitor(f"127.0.0.1:{sides.safe_port}", headers or {}), f"/en/{SLUG}/comment/{ref}/"
    fields = {"text": text, "use": use}
    status, page = visitor.ask("POST", form, {**fields, "do": "check"})
    assert status == 200, page.decode()
    code = code_in(page)
    status, page = visitor.ask("POST", form, {**fields, "do": "send", "token": token_in(page)})
    assert (status, code_in(page)) == (200, code), page.decode()
    return code


def heading_of(sides: Sides, code: str) -> str:
    """What the page of a code says first."""
    status, page = Visitor(f"127.0.0.1:{sides.safe_port}", {}).ask("POST", "/en/return/", {"code": code})
    assert status == 200
    found = re.search(rb"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    assert found is not None
    return found[1].decode().strip()


def withdraw_nameless(sides: Sides, code: str) -> str:
    """Take a comment back. Returns what the page says first."""
    visitor = Visitor(f"127.0.0.1:{sides.safe_port}", {})
    _, page = visitor.ask("POST", "/en/return/", {"code": code})
    _, page = visitor.ask("POST", "/en/return/withdraw/", {"token": token_in(page), "do": "withdraw"})
    found = re.search(rb"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    assert found is not None
    return found[1].decode().strip()

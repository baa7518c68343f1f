"""Child processes under one parent: started, started again where they die, given up where they cannot stay up, ended on TERM."""

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import FrameType

log = logging.getLogger("consult.serving")

DEATHS_MAX = 5  # within
DEATHS_WINDOW = 60.0  # seconds
PATIENCE = 25.0  # seconds for a child to end after TERM


@dataclass
class Child:
    """One child process and when it died lately."""

    name: str
    command: list[str]
    environ: Mapping[str, str] = field(default_factory=dict)  # beside the parent's own
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start the process, in a group of its own so that a Ctrl-C reaches only the parent."""
        self.process = subprocess.Popen(self.command, env={**os.environ, **self.environ}, process_group=0)
        log.info("%s runs as process %d", self.name, self.process.pid)

    def has_died(self) -> bool:
        """Whether the process is gone."""
        return self.process is not None and self.process.poll() is not None

    def died_too_often(self, now: float) -> bool:
        """Note a death; True when there were too many lately."""
        self.deaths = [at for at in self.deaths if now - at < DEATHS_WINDOW] + [now]
        return len(self.deaths) >= DEATHS_MAX

    def end(self) -> None:
        """Ask the process to end, wait, then kill it."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            log.error("%s did not end in time", self.name)
            self.process.kill()
            self.process.wait()


def watch(running: list[Child]) -> int:
    """Run children until told to stop. Returns the exit code: 0 after TERM or INT, 1 when a child could not stay up."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    for child in running:
        child.start()
    code = _until(running, stopping)
    for child in running:
        child.end()
    return code


def _until(running: list[Child], stopping: threading.Event) -> int:
    while not stopping.wait(0.5):
        for child in running:
            if not child.has_died():
                continue
            log.error("%s ended by itself", child.name)
            if child.died_too_often(time.monotonic()):
                log.error("%s cannot stay up: giving up", child.name)
                return 1
            child.start()
    return 0

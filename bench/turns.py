"""Two processes that do the same work in different ways, let run in turn: each stands still while the other runs."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.load import LoadFailed

SLICE = 1.0  # seconds
LOOK = 0.002


class Sender:
    """A process that says when it is ready, begins when told to, and says at the end what it took."""

    def __init__(self, module: Sequence[str], variables: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", *module]
        self.process = subprocess.Popen(
            command, env={**os.environ, **variables}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.seconds = self.megabytes = self.processor = 0.0
        if self._line() != "ready":
            raise LoadFailed(f"{module[0]} did not start")

    def begin(self) -> None:
        """Let it begin, and stand still at once."""
        assert self.process.stdin is not None
        self.process.send_signal(signal.SIGSTOP)
        self.process.stdin.write("go\n")
        self.process.stdin.close()

    def run(self, seconds: float) -> bool:
        """Let it run for so long, or to its end. Returns whether it has ended. Raises LoadFailed where it failed."""
        began = time.perf_counter()
        self.process.send_signal(signal.SIGCONT)
        while self.process.poll() is None and time.perf_counter() - began < seconds:
            time.sleep(LOOK)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)
        self.seconds += time.perf_counter() - began
        if self.process.poll() is None:
            return False
        if self.process.returncode:
            raise LoadFailed(f"a sender ended with {self.process.returncode}")
        self.megabytes, self.processor = map(float, self._line().split())
        return True

    def end(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s ({self.processor:.1f} of processor), {self.megabytes:.0f} MB"


def most_megabytes() -> float:
    """The most memory that this process had. Not getrusage's figure: it begins with that of whoever started the process."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def in_turn(*senders: Sender) -> None:
    """Let all of them do their work, a second each in turn, to the end."""
    try:
        for one in senders:
            one.begin()
        left = list(senders)
        while left:
            left = [one for one in left if not one.run(SLICE)]
    finally:
        for one in senders:
            one.end()

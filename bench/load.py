"""Debian's wrk as the load: requests per second of one address, and what went wrong meanwhile."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import median

CONNECTIONS = 16
SECONDS = 3
REPEATS = 5
KNOWN_HELLO = 6_000  # requests a second of hello on the two cores of DESIGN section 8


class LoadFailed(Exception):
    """A measurement that means nothing; the sentence says why."""


def requests_per_second(address: str, *, headers: dict[str, str] | None = None, script: Path | None = None) -> float:
    """How many requests a second an address answers. Raises LoadFailed when answers were errors or did not come.

    `script` is a Lua file for wrk, for requests other than GET; it is told nothing but the address.
    """
    program = shutil.which("wrk")
    if program is None:
        raise LoadFailed("wrk is not installed (Debian package wrk)")
    command = [program, "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    if script:
        command += ["-s", str(script)]
    said = subprocess.run([*command, address], capture_output=True, text=True, check=True, timeout=SECONDS + 60).stdout
    return _read(said)


def _read(said: str) -> float:
    """The rate in wrk's report. Raises LoadFailed where it also reports errors."""
    if trouble := re.search(r"Non-2xx or 3xx responses: \d+|Socket errors: .*", said):
        raise LoadFailed(trouble.group(0))
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if rate is None or float(rate.group(1)) == 0:
        raise LoadFailed("nothing was answered")
    return float(rate.group(1))


def ratio(one: str, hello: str, *, headers: dict[str, str] | None = None, script: Path | None = None) -> float:
    """How fast `one` is against `hello`: both in turn, five times, the median of the five pairs' ratios.

    In turn, because a machine's speed drifts; each pair saw the same machine.
    """
    requests_per_second(hello)  # the first round fills caches, and counts for nothing
    requests_per_second(one, headers=headers, script=script)
    pairs = []
    for _ in range(REPEATS):
        against = requests_per_second(hello)
        pairs.append(requests_per_second(one, headers=headers, script=script) / against)
    return median(pairs)


def on_known_machine(measure: Callable[[], float], hello: str) -> tuple[float, float]:
    """Seconds of a piece of work, as they would be on the machine for which the design says its figures; and those it took here.

    How much slower this one is, hello says, just before and just after. Raises LoadFailed as `requests_per_second` does.
    """
    requests_per_second(hello)  # the first round fills caches, and counts for nothing
    before = median(requests_per_second(hello) for _ in range(REPEATS))
    here = measure()
    after = median(requests_per_second(hello) for _ in range(REPEATS))
    return here * (before + after) / 2 / KNOWN_HELLO, here

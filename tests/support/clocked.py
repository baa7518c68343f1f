"""`python -m tests.support.clocked gunicorn …`: a module run as ever, with Consult's clock ahead of the machine's.

How far stands in the file that TESTS_AHEAD names, in seconds, and may change while the process runs. The program itself has no
such switch: whoever could turn it could open a round again.
"""

import os
import runpy
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from consult.core import clock
from consult.core.files import Files

VARIABLE = "TESTS_AHEAD"


def run() -> None:
    """Turn the clock, and be the module."""
    file, now, keys = Path(os.environ[VARIABLE]), clock.now, Files.keys

    def now_ahead() -> datetime:
        return now() + timedelta(seconds=float(file.read_text()))

    def keys_ahead(files: Files, kind: str) -> Iterator[tuple[str, float]]:
        # What was stored a second ago must not look a day old to the sweep: the disk's own clock stays where it is
        for key, changed in keys(files, kind):
            yield key, changed + float(file.read_text())

    clock.now, Files.keys = now_ahead, keys_ahead  # type: ignore[method-assign]
    module = sys.argv.pop(1)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    run()

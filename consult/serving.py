"""`consult serve`: one parent that runs the site and the worker as child processes.

It ends them on TERM or INT, starts one again that dies, and gives up, exit code 1, when one cannot stay up.
"""

import sys

from consult.core.files import shipped
from consult.core.processes import Child, watch
from consult.core.settings import Settings


def children(settings: Settings) -> list[Child]:
    """What an installation consists of: the site under gunicorn, and the worker."""
    python = sys.executable
    environ = {"CONSULT_DATA_FOLDER": settings.data_folder}
    gunicorn = [python, "-m", "gunicorn", "-c", str(shipped("config") / "gunicorn.py"), "consult.main:app"]
    return [
        Child("the site", gunicorn, environ),
        Child("the worker", [python, "-m", "consult.cli", "work"], environ),
    ]


def serve(settings: Settings) -> int:
    """Run until told to stop. Returns the exit code: 0 after TERM or INT, 1 when a child could not stay up."""
    return watch(children(settings))

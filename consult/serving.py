"""`consult serve`: one parent that runs the site and the worker as child processes, and safe's beside them where it is on this machine.

It ends them on TERM or INT, starts one again that dies, and gives up, exit code 1, when one cannot stay up.
"""

import sys
from typing import TYPE_CHECKING

from consult.core.files import shipped
from consult.core.processes import Child, watch
from consult.core.settings import Settings

if TYPE_CHECKING:
    from consult.safe.settings import SafeSettings


def children(settings: Settings, safe: "SafeSettings | None" = None) -> list[Child]:
    """What an installation consists of: the site under gunicorn, the worker, and safe's own processes where `safe` is given."""
    python = sys.executable
    names = ("data_folder", "safe_url", "safe_key", "safe_in", "safe_out", "regions_file", "undo_minutes")
    environ = {f"CONSULT_{name.upper()}": str(getattr(settings, name)) for name in names}
    gunicorn = [python, "-m", "gunicorn", "-c", str(shipped("config") / "gunicorn.py"), "consult.main:app"]
    own = [
        Child("the site", gunicorn, environ),
        Child("the worker", [python, "-m", "consult.cli", "work"], environ),
    ]
    if safe is None:
        return own
    from consult.safe import serving

    return own + serving.children(safe)


def serve(settings: Settings, safe: "SafeSettings | None" = None) -> int:
    """Run until told to stop. Returns the exit code: 0 after TERM or INT, 1 when a child could not stay up."""
    return watch(children(settings, safe))

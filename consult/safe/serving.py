"""`consult safe serve`: gunicorn for each listener, and the tick again and again, as children of one parent."""

import sys
import time

from consult.core.files import shipped
from consult.core.processes import Child, watch
from consult.safe.settings import SafeSettings
from consult.safe.ticking import House, tick

LISTENERS = ("clearnet", "onion")


def children(settings: SafeSettings, *, with_ticks: bool = True) -> list[Child]:
    """One master a listener that is set, so that the label of a visit is its listener's; and the ticks."""
    python, binds = sys.executable, {"clearnet": settings.clearnet_bind, "onion": settings.onion_bind}
    names = ("data_folder", "runtime_folder", "in_folder", "out_folder")
    folders = {f"SAFE_{name.upper()}": str(getattr(settings, name)) for name in names}
    gunicorn = [python, "-m", "gunicorn", "-c", str(shipped("config") / "gunicorn_safe.py"), "consult.safe_main:app"]
    found = [Child(f"safe ({name})", gunicorn, {**folders, "SAFE_LISTENER": name}) for name in LISTENERS if binds[name]]
    ticks = Child("the ticks of safe", [python, "-m", "consult.safe"], folders)
    return [*found, ticks] if with_ticks else found


def serve(settings: SafeSettings, *, with_ticks: bool) -> int:
    """Run until told to stop. Returns the exit code: 0 after TERM or INT, 1 when a child could not stay up."""
    return watch(children(settings, with_ticks=with_ticks))


def tick_for_ever(settings: SafeSettings) -> None:
    """One tick an interval, beginning on the clock: what a timer does elsewhere."""
    seconds = settings.tick_minutes * 60
    while True:
        began = time.monotonic()
        tick(House.load(settings))
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))

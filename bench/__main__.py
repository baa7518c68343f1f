"""`make bench [NAME=…]`: one JSON line for each measurement. The exit code is 0 whatever the figures are."""

import json
import sys
import tempfile
from pathlib import Path

from bench.load import LoadFailed, on_known_machine
from bench.registry import BENCHES, Bench
from bench.sites import WORKERS
from tests.support.server import serving


def chosen(names: list[str]) -> list[Bench]:
    """The measurements to take, in the table's order: those named and those they are compared with; all when none is named.

    Raises SystemExit for a name that the table does not hold.
    """
    known = {bench.name: bench for bench in BENCHES}
    if unknown := [name for name in names if name not in known]:
        raise SystemExit(f"no measurement is called {', '.join(unknown)}; there are {', '.join(known)}")
    wanted = set(names or known)
    wanted |= {known[name].reach for name in wanted if isinstance(known[name].reach, str)}
    return [bench for bench in BENCHES if bench.name in wanted]


def take(benches: list[Bench], only: list[str]) -> None:
    """Take the measurements, each beside a fresh hello, and print those asked for."""
    taken, here = dict[str, float](), dict[str, float]()
    for bench in benches:
        with tempfile.TemporaryDirectory(prefix="consult-bench-") as folder:
            try:
                with serving("bench.hello:app", folder=Path(folder), workers=WORKERS) as hello:
                    taken[bench.name] = measured(bench, f"{hello}/", Path(folder), here)
            except (LoadFailed, RuntimeError) as problem:
                print(f"{bench.name}: {problem}", file=sys.stderr)
        if not only or bench.name in only:
            print(json.dumps(line(bench, taken, here)), flush=True)


def measured(bench: Bench, hello: str, folder: Path, here: dict[str, float]) -> float:
    """The ratio of a measurement, or its seconds on the machine that the design speaks of; `here` gets those it took on this one."""
    if not bench.is_seconds:
        return bench.measure(hello, folder)
    there, here[bench.name] = on_known_machine(lambda: bench.measure(hello, folder), hello)
    return there


def line(bench: Bench, taken: dict[str, float], here: dict[str, float]) -> dict[str, object]:
    """What is printed of a measurement; `ratio` and `holds` are null where it could not be taken.

    Of one in seconds `ratio` is those on the design's machine, and `seconds_here` those it took.
    """
    got = taken.get(bench.name)
    reach = taken.get(bench.reach) if isinstance(bench.reach, str) else bench.reach
    said = {"seconds_here": round(here[bench.name], 1)} if bench.name in here else {}
    return {
        "name": bench.name,
        "ratio": None if got is None else round(got, 4),
        "reach": None if reach is None else round(reach, 4),
        "holds": None if got is None or reach is None else got <= reach if bench.is_most else got >= reach,
        **said,
    }


if __name__ == "__main__":
    names = [name for name in sys.argv[1:] if name]
    take(chosen(names), names)

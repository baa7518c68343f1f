"""The table of measurements: a name, what it should reach, and how it is taken."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.load import ratio


@dataclass(frozen=True)
class Bench:
    """One measurement. `measure` gets the hello side's address and a folder of its own, and returns the ratio to hello.

    `reach` is the least good ratio, or the name of another measurement whose ratio in the same run it should reach.
    """

    name: str
    reach: float | str
    measure: Callable[[str, Path], float]


def hello_itself(hello: str, _folder: Path) -> float:
    """Hello against hello: about 1 on a machine quiet enough to believe the other figures."""
    return ratio(hello, hello)


BENCHES: tuple[Bench, ...] = (Bench("hello", 0.9, hello_itself),)

"""How to walk into a finished demonstration as each role: kept beside its data, shown as its first page."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from consult.accounts.models import Role

FILE = "walk-through.json"


@dataclass(frozen=True, slots=True)
class Door:
    """How to walk in as someone of the staff: address and password."""

    name: str
    role: Role
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class WalkThrough:
    """The consultation of a demonstration, the address of one personal link, and its staff."""

    slug: str
    personal: str
    doors: list[Door]

    def keep(self, folder: Path) -> None:
        """Write it into a folder, readable by its owner only."""
        path = folder / FILE
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), indent=1), "utf-8")


def kept(folder: Path) -> WalkThrough | None:
    """What a finished demonstration left in its folder; None where there is none."""
    path = folder / FILE
    if not path.exists():
        return None
    found = json.loads(path.read_text("utf-8"))
    doors = [Door(**{**one, "role": Role(one["role"])}) for one in found.pop("doors")]
    return WalkThrough(doors=doors, **found)

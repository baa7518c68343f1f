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
    """The consultation of a demonstration, the address of one personal link, its staff, and what belongs to its safe."""

    slug: str
    personal: str
    doors: list[Door]
    safe: str  # where one comments on it without a name, but for the language
    code: str  # of one such comment, as its author has it on paper
    officer: str  # folder of an officer's files
    passphrase: str  # of the key file in it
    officer_name: str
    leaves_no_trace: bool  # what safe's self-check found

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

"""What the demonstration says: drafts, stakeholders, comments, what happens in the registry, as files beside this one."""

import csv
import io
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CONTENT = Path(__file__).parent / "content"


@dataclass(frozen=True, slots=True)
class Scripted:
    """One comment of the demonstration, and what the team answers."""

    who: str  # name in the list of stakeholders; "" = someone of the public
    name: str
    organisation: str
    ref: str
    language: str
    text: str
    suggest: tuple[tuple[str, str], ...]  # (words of the paragraph, other words)
    evidence: str
    consent: str
    answer: str
    reason: str
    black_out: tuple[tuple[str, str], ...]  # (passage, category)
    withhold: str  # grounds; "" = none


def scripted_comments() -> list[Scripted]:
    """All comments, in the order in which they come."""
    found: list[dict[str, Any]] = json.loads((CONTENT / "comments.json").read_text("utf-8"))
    return [
        Scripted(
            **{name: one[name] for name in Scripted.__slots__ if name not in ("suggest", "black_out", "withhold")},
            suggest=tuple((old, new) for old, new in one["suggest"]),
            black_out=tuple((passage, category) for passage, category in one.get("black_out", ())),
            withhold=one.get("withhold", ""),
        )
        for one in found
    ]


@cache
def scripted_registry() -> dict[str, Any]:
    """What happens in the registry and with mailings beside the list, by what it is."""
    found: dict[str, Any] = json.loads((CONTENT / "registry.json").read_text("utf-8"))
    return found


def listed_stakeholders() -> list[dict[str, str]]:
    """The rows of the list of stakeholders, by column."""
    return list(csv.DictReader(io.StringIO((CONTENT / "stakeholders.csv").read_text("utf-8-sig"))))

"""What in a text could point to its author: a guess, by the patterns that the custodian file uses as well."""

import json
import re
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from consult.core.files import shipped


@lru_cache(maxsize=1)
def patterns() -> list[re.Pattern[str]]:
    """All patterns of config/patterns.json, whatever the page's language: people write Arabic on an English page."""
    content: dict[str, Any] = json.loads((shipped("config") / "patterns.json").read_text("utf-8"))
    return [re.compile(one["regex"]) for one in content["patterns"]]


def find_marks(text: str) -> list[tuple[int, int]]:
    """(beginning, end) of every place that a pattern finds, overlapping ones as one, in their order."""
    found = sorted(match.span() for pattern in patterns() for match in pattern.finditer(text) if match.group())
    marks: list[tuple[int, int]] = []
    for begin, end in found:
        if marks and begin <= marks[-1][1]:
            marks[-1] = (marks[-1][0], max(end, marks[-1][1]))
        else:
            marks.append((begin, end))
    return marks


def marked(text: str) -> Markup:
    """A text, escaped, with its marks."""
    parts, at = [], 0
    for begin, end in find_marks(text):
        parts += [escape(text[at:begin]), Markup("<mark>{}</mark>").format(text[begin:end])]
        at = end
    return Markup("").join([*parts, escape(text[at:])])

"""What in a text could point to its author: a guess, by the patterns that the custodian file uses as well."""

import json
import re
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from consult.core.files import shipped

HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")


@lru_cache(maxsize=1)
def patterns() -> list[re.Pattern[str]]:
    """All patterns of config/patterns.json, whatever the page's language: people write Arabic on an English page."""
    content: dict[str, Any] = json.loads((shipped("config") / "patterns.json").read_text("utf-8"))
    return [re.compile(one["regex"]) for one in content["patterns"]]


@lru_cache(maxsize=32)
def _naming(places: tuple[str, ...]) -> list[re.Pattern[str]]:
    """Patterns for names of places: from the beginning of a word, whatever its ending; Chinese ones anywhere."""
    names = sorted((name for name in places if len(name) > 1), key=len, reverse=True)
    written = [name for name in names if HAN.search(name)]
    return [
        re.compile(before + "(?:" + "|".join(map(re.escape, some)) + ")", re.IGNORECASE)
        for before, some in ((r"(?<![^\W_])", names), ("", written))
        if some
    ]


def find_marks(text: str, places: tuple[str, ...] = ()) -> list[tuple[int, int]]:
    """(beginning, end) of whatever a pattern finds and of every place named, overlapping ones as one, in their order."""
    tried = [*patterns(), *_naming(places)]
    found = sorted(match.span() for pattern in tried for match in pattern.finditer(text) if match.group())
    marks: list[tuple[int, int]] = []
    for begin, end in found:
        if marks and begin <= marks[-1][1]:
            marks[-1] = (marks[-1][0], max(end, marks[-1][1]))
        else:
            marks.append((begin, end))
    return marks


def marked(text: str, places: tuple[str, ...] = ()) -> Markup:
    """A text, escaped, with its marks."""
    parts, at = [], 0
    for begin, end in find_marks(text, places):
        parts += [escape(text[at:begin]), Markup("<mark>{}</mark>").format(text[begin:end])]
        at = end
    return Markup("").join([*parts, escape(text[at:])])

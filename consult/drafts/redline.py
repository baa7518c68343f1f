"""What changed between two texts, word by word: for redline pages and for suggested wording."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from markupsafe import Markup, escape

from consult.core.i18n import _

# A Chinese character, a word with its inner marks and figures, a blank, or a single sign.
TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_]+(?:[.,'’\-][^\W_]+)*|\s+|.", re.DOTALL)
TOKENS_MAX = 6_000  # of one text; longer ones are shown as whole replaced, so that a hostile text costs no time
POPULAR = 200  # a token that repeats more often than that is no anchor


class Change(StrEnum):
    """What happened to a run of words."""

    SAME = "same"
    INSERTED = "inserted"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Run:
    """Words with the same fate."""

    change: Change
    text: str


def compare(old: str, new: str) -> list[Run]:
    """The runs that turn the old text into the new one: same and inserted make the new, same and deleted the old."""
    one, two = TOKEN.findall(old), TOKEN.findall(new)
    if len(one) > TOKENS_MAX or len(two) > TOKENS_MAX or _is_monotonous(one) or _is_monotonous(two):
        whole = [Run(Change.DELETED, old), Run(Change.INSERTED, new)] if old != new else [Run(Change.SAME, old)]
        return [run for run in whole if run.text]
    runs: list[Run] = []
    for kind, a, b, c, d in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if kind == "equal":
            runs.append(Run(Change.SAME, "".join(one[a:b])))
            continue
        if b > a:
            runs.append(Run(Change.DELETED, "".join(one[a:b])))
        if d > c:
            runs.append(Run(Change.INSERTED, "".join(two[c:d])))
    return _calmed(runs)


def _is_monotonous(tokens: list[str]) -> bool:
    """A text of the same few signs over and over makes comparing quadratic, and nobody reads the result."""
    return len(tokens) > POPULAR * 5 and len(set(tokens)) < len(tokens) / POPULAR


def _calmed(runs: list[Run]) -> list[Run]:
    """Blanks alone between two changes are part of the change: fewer, longer marks read better."""
    calm: list[Run] = []
    place = 0
    while place < len(runs):
        run = runs[place]
        between = run.change is Change.SAME and not run.text.strip() and 0 < place < len(runs) - 1
        if between:
            calm += [Run(Change.DELETED, run.text), Run(Change.INSERTED, run.text)]
        else:
            calm.append(run)
        place += 1
    return _joined(calm)


def _joined(runs: list[Run]) -> list[Run]:
    """Between two unchanged runs, one deletion and then one insertion."""
    joined: list[Run] = []
    gone, come = "", ""
    for run in [*runs, Run(Change.SAME, "")]:
        if run.change is Change.DELETED:
            gone += run.text
        elif run.change is Change.INSERTED:
            come += run.text
        else:
            joined += [Run(Change.DELETED, gone)] if gone else []
            joined += [Run(Change.INSERTED, come)] if come else []
            joined += [run] if run.text else []
            gone, come = "", ""
    return joined


def redline_html(old: str, new: str) -> Markup:
    """The difference as <ins> and <del>, each with a word for those who do not see the marks."""
    made = Markup("")
    for run in compare(old, new):
        if run.change is Change.SAME:
            made += escape(run.text)
        elif run.change is Change.INSERTED:
            made += Markup('<ins><span class="vh">{} </span>{}</ins>').format(_("Inserted:"), run.text)
        else:
            made += Markup('<del><span class="vh">{} </span>{}</del>').format(_("Removed:"), run.text)
    return made

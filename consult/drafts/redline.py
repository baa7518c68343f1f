"""What changed between two texts, word by word: for redline pages and for suggested wording."""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from enum import StrEnum
from itertools import groupby, pairwise, takewhile

from markupsafe import Markup

from consult.core.i18n import _, language
from consult.drafts.wording import WORD_PATTERN

# A Chinese sign, a word or figure with its inner marks (1,204.5 · people's · follow-up), or a single sign of punctuation.
# What stands before it (blanks) goes with it, so that blanks are no anchors of their own.
TOKEN = re.compile(rf"(\s*)((?:{WORD_PATTERN})(?:[.,'’\-](?=\w)(?:{WORD_PATTERN}))*|\S)")
ANCHOR = 3  # words in a row that stand once on each side tie the texts together
STEPS_MAX = (
    600_000  # of comparing what lies between anchors, about a third of a second; beyond, it is shown as replaced
)
SHORT = 12  # characters of an unchanged run that is not worth interrupting two longer changes


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
    """The runs that turn the old text into the new one: same and inserted make the new, same and deleted the old.

    Between two same runs stand at most one deleted and one inserted, in this order. Bounded in time whatever the texts are.
    """
    if old == new:
        return [Run(Change.SAME, old)] if old else []
    one, end_one = _tokens(old)
    two, end_two = _tokens(new)
    runs: list[Run] = []
    a = b = 0
    common = _common([word for _blank, word in one], [word for _blank, word in two])
    for c, d, size in [*common, (len(one), len(two), 0)]:
        runs += [Run(Change.DELETED, _text(one[a:c])), Run(Change.INSERTED, _text(two[b:d]))]
        for (gone, word), (come, _word) in zip(one[c : c + size], two[d : d + size], strict=True):
            runs += _blanks(gone, come)
            runs.append(Run(Change.SAME, word))
        a, b = c + size, d + size
    return _calmed(_joined(runs + _blanks(end_one, end_two)))


def _tokens(text: str) -> tuple[list[tuple[str, str]], str]:
    """Each word with the blanks before it, and the blanks at the end."""
    body = text.rstrip()  # the pattern would try each of the last blanks as a beginning: quadratic
    return [(match[1], match[2]) for match in TOKEN.finditer(body)], text[len(body) :]


def _text(tokens: list[tuple[str, str]]) -> str:
    return "".join(blank + word for blank, word in tokens)


def _blanks(old: str, new: str) -> list[Run]:
    return [Run(Change.SAME, old)] if old == new else [Run(Change.DELETED, old), Run(Change.INSERTED, new)]


def _common(one: list[str], two: list[str]) -> list[tuple[int, int, int]]:
    """Equal blocks (place in the first, in the second, length) in order: anchors, and what is equal between them.

    Anchors first, for without them the time grows with the square of the length.
    """
    anchors = [(0, 0, 0), *_anchors(one, two), (len(one), len(two), 0)]
    steps = STEPS_MAX
    blocks: list[tuple[int, int, int]] = []
    for (a, b, size), (c, d, _size) in pairwise(anchors):
        if size:
            blocks.append((a, b, size))
        matcher = _Bounded(one[a + size : c], two[b + size : d], steps)
        blocks += [(a + size + i, b + size + j, n) for i, j, n in matcher.get_matching_blocks() if n]
        steps = matcher.steps
    return blocks


def _anchors(one: list[str], two: list[str]) -> list[tuple[int, int, int]]:
    """Stretches of words that stand once on each side, of those that keep their order the most, grown to both sides."""
    left, right = _once(one), _once(two)
    shared = sorted((place, right[words]) for words, place in left.items() if words in right)
    grown: list[tuple[int, int, int]] = []
    for a, b in _in_order(shared):
        begin_a, begin_b = (grown[-1][0] + grown[-1][2], grown[-1][1] + grown[-1][2]) if grown else (0, 0)
        if a < begin_a or b < begin_b:
            continue
        end_a, end_b = a + ANCHOR, b + ANCHOR
        while a > begin_a and b > begin_b and one[a - 1] == two[b - 1]:
            a, b = a - 1, b - 1
        while end_a < len(one) and end_b < len(two) and one[end_a] == two[end_b]:
            end_a, end_b = end_a + 1, end_b + 1
        grown.append((a, b, end_a - a))
    return grown


def _once(tokens: list[str]) -> dict[tuple[str, ...], int]:
    seen: dict[tuple[str, ...], int] = {}
    for place in range(len(tokens) - ANCHOR + 1):
        words = tuple(tokens[place : place + ANCHOR])
        seen[words] = -1 if words in seen else place
    return {words: place for words, place in seen.items() if place >= 0}


def _in_order(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of places that grows on both sides."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_a, b) in enumerate(places):
        at = bisect_left(tails, b)
        before.append(ends[at - 1] if at else -1)
        if at == len(tails):
            tails.append(b)
            ends.append(index)
        else:
            tails[at], ends[at] = b, index
    run = []
    last = ends[-1] if ends else -1
    while last >= 0:
        run.append(places[last])
        last = before[last]
    return run[::-1]


class _Bounded(SequenceMatcher[str]):
    """difflib's matcher with a limit of steps: when it is reached, what is left counts as different."""

    def __init__(self, one: Sequence[str], two: Sequence[str], steps: int) -> None:
        super().__init__(None, one, two, autojunk=False)
        self.steps = steps
        self.one, self.times = one, Counter(two)

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        """The longest equal block, or an empty one when the steps are used up."""
        self.steps -= sum(1 + self.times[word] for word in self.one[alo:ahi])
        return Match(alo, blo, 0) if self.steps < 0 else super().find_longest_match(alo, ahi, blo, bhi)


def _joined(runs: list[Run]) -> list[Run]:
    """Same runs in one, and between two of them one deletion and then one insertion."""
    joined: list[Run] = []
    for is_same, group in groupby((run for run in runs if run.text), key=lambda run: run.change is Change.SAME):
        together = list(group)
        gone, come = _of(together, Change.DELETED), _of(together, Change.INSERTED)
        same = _of(together, Change.SAME) if is_same else _blank_before_both(gone, come)
        if same and joined and joined[-1].change is Change.SAME:
            joined[-1] = Run(Change.SAME, joined[-1].text + same)
        elif same:
            joined.append(Run(Change.SAME, same))
        changes = [Run(Change.DELETED, gone.removeprefix(same)), Run(Change.INSERTED, come.removeprefix(same))]
        joined += [run for run in changes if run.text]
    return joined


def _of(runs: list[Run], change: Change) -> str:
    return "".join(run.text for run in runs if run.change is change)


def _blank_before_both(one: str, two: str) -> str:
    """The blanks with which both begin: marks look better without them."""
    equal = takewhile(lambda signs: signs[0] == signs[1] and signs[0].isspace(), zip(one, two, strict=False))
    return "".join(sign for sign, _same in equal)


def _calmed(runs: list[Run]) -> list[Run]:
    """A few unchanged signs between two longer changes become part of the change: fewer, longer marks read better."""
    calmed: list[Run] = []
    for place, run in enumerate(runs):
        length = len(run.text.strip())
        before, after = _longest(runs[max(0, place - 2) : place]), _longest(runs[place + 1 : place + 3])
        if run.change is Change.SAME and length <= SHORT and length < min(before, after):
            calmed += [Run(Change.DELETED, run.text), Run(Change.INSERTED, run.text)]
        else:
            calmed.append(run)
    return _joined(calmed)


def _longest(runs: list[Run]) -> int:
    """Between two same runs there are at most two others, so that no change further off is seen here."""
    return max((len(run.text) for run in runs if run.change is not Change.SAME), default=0)


def redline_html(old: str, new: str) -> Markup:
    """The difference as <ins> and <del>, each with a word for those who do not see the marks. Line breaks are shown."""
    made = Markup("")
    for run in compare(old, new):
        if run.change is Change.SAME:
            made += _lines(run.text)
        elif run.change is Change.INSERTED:
            made += Markup("<ins>{}{}</ins>").format(_aside(_("Inserted:")), _lines(run.text))
        else:
            made += Markup("<del>{}{}</del>").format(_aside(_("Removed:")), _lines(run.text))
    return made


def _aside(words: str) -> Markup:
    """A word of ours inside of a text that may be in another language."""
    here = language()
    return Markup('<span class="vh" lang="{}" dir="{}">{} </span>').format(here.code, here.direction, words)


def suggested_wording_html(original: str, suggestion: str) -> Markup:
    """A suggested wording as changes of the original.

    What a form does to a text by itself (line ends, blanks at the ends and doubled, another form of the same letters) is no change.
    """
    return redline_html(_as_typed(original), _as_typed(suggestion))


def _as_typed(text: str) -> str:
    lines = unicodedata.normalize("NFC", text).strip().splitlines()
    return "\n".join(" ".join(line.split()) for line in lines)


def _lines(text: str) -> Markup:
    return Markup("<br>").join(text.split("\n"))

"""Which paragraph of one version is which of another: same, changed, moved, new, deleted. Plain values, no database.

1. Equal texts are paired, first those that stand once on each side, then the others in order.
2. What is left is paired by likeness of words, best pairs first over the whole text, neighbours of pairs preferred; a pair must
   have a good part of its words in common, or stand in the same gap between pairs and be the only ones left there.
3. Moved is what stands outside of the longest run that keeps its order.

Source: docs/decisions/0006-alignment.md
"""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

LIKE = 0.5  # share of words in common from which two texts are versions of one
LIKE_IN_PLACE = 0.2  # the same where they stand in the same gap between sure pairs
PLACE_BONUS = 0.15
COMMON_MAX = 60  # a word that stands in more paragraphs than that tells nothing
CANDIDATES_MAX = 12  # looked at closely for each text

WORD = re.compile(r"[\u3400-\u9fff]|[^\W_]+")


class State(StrEnum):
    """What became of a paragraph between two versions."""

    SAME = "same"
    CHANGED = "changed"
    MOVED = "moved"
    MOVED_CHANGED = "moved_changed"
    NEW = "new"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Unit:
    """A block to be compared: its ref, its whole text (with what belongs to it), its kind, the heading it stands under."""

    ref: str
    text: str
    kind: str = "paragraph"
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of an alignment; `old` or `new` is None where there is no counterpart. Likeness 0 to 1."""

    old: int | None
    new: int | None
    state: State
    likeness: float


def align(old: Sequence[Unit], new: Sequence[Unit]) -> list[Pair]:
    """Every unit of both sides exactly once: pairs and new ones in the order of the new text, deleted ones at the end.

    The same input always gives the same answer.
    """
    pairs = _equal(old, new)
    _fill_by_likeness(old, new, pairs)
    _fill_gaps(old, new, pairs)
    kept = _longest_run(pairs)
    by_new = {b: a for a, b in pairs.items()}
    rows = []
    for place, unit in enumerate(new):
        before = by_new.get(place)
        if before is None:
            rows.append(Pair(None, place, State.NEW, 0.0))
            continue
        changed = normal(old[before].text) != normal(unit.text)
        states = (State.MOVED, State.MOVED_CHANGED) if before not in kept else (State.SAME, State.CHANGED)
        rows.append(Pair(before, place, states[changed], _likeness(words(old[before].text), words(unit.text)) if changed else 1.0))
    rows += [Pair(place, None, State.DELETED, 0.0) for place in range(len(old)) if place not in pairs]
    return rows


def normal(text: str) -> str:
    """A text for comparing: NFC, blanks as one. Case and punctuation count: a change of them is a change."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def words(text: str) -> list[str]:
    """The words of a text, without case; each Chinese character is one."""
    return WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _equal(old: Sequence[Unit], new: Sequence[Unit]) -> dict[int, int]:
    """Pairs of equal text and kind: unique ones, then repeated ones under the same heading, then the rest in order."""
    pairs: dict[int, int] = {}
    for key in (lambda unit: (unit.kind, normal(unit.text), normal(unit.heading)), lambda unit: (unit.kind, normal(unit.text))):
        left: dict[object, list[int]] = defaultdict(list)
        right: dict[object, list[int]] = defaultdict(list)
        taken = set(pairs.values())
        for place, unit in enumerate(old):
            if place not in pairs and unit.text:
                left[key(unit)].append(place)
        for place, unit in enumerate(new):
            if place not in taken and unit.text:
                right[key(unit)].append(place)
        for text, places in left.items():
            pairs.update(zip(places, right.get(text, ()), strict=False))
    return pairs


def _fill_by_likeness(old: Sequence[Unit], new: Sequence[Unit], pairs: dict[int, int]) -> None:
    """Pair what is left by words in common, best first; a pair in the same gap between sure pairs has a little advantage."""
    taken = set(pairs.values())
    left = [place for place in range(len(old)) if place not in pairs]
    right = [place for place in range(len(new)) if place not in taken]
    counted_old = {place: Counter(words(old[place].text)) for place in left}
    counted_new = {place: Counter(words(new[place].text)) for place in right}
    holders: dict[str, list[int]] = defaultdict(list)
    for place, counted in counted_new.items():
        for word in counted:
            holders[word].append(place)
    gaps = _Gaps(pairs)
    scored: list[tuple[float, int, int, int]] = []
    for a in left:
        shared: Counter[int] = Counter()
        for word in counted_old[a]:
            if len(found := holders.get(word, ())) <= COMMON_MAX:
                for b in found:
                    shared[b] += 1
        near = [b for b in right if gaps.same(a, b)][:CANDIDATES_MAX]
        likely = sorted(shared, key=lambda b: (-shared[b], b))[:CANDIDATES_MAX]
        for b in sorted({*likely, *near}):
            if old[a].kind != new[b].kind:
                continue
            like = _counted_likeness(counted_old[a], counted_new[b])
            in_place = gaps.same(a, b)
            if like >= (LIKE_IN_PLACE if in_place else LIKE):
                scored.append((-(like + PLACE_BONUS * in_place), abs(a - b), a, b))
    for _, _, a, b in sorted(scored):
        if a not in pairs and b not in taken:
            pairs[a] = b
            taken.add(b)


def _fill_gaps(old: Sequence[Unit], new: Sequence[Unit], pairs: dict[int, int]) -> None:
    """What is alone on both sides between the same two pairs is one paragraph written anew."""
    gaps = _Gaps(pairs)
    taken = set(pairs.values())
    left: dict[int, list[int]] = defaultdict(list)
    right: dict[int, list[int]] = defaultdict(list)
    for place in range(len(old)):
        if place not in pairs:
            left[gaps.of_old(place)].append(place)
    for place in range(len(new)):
        if place not in taken:
            right[gaps.of_new(place)].append(place)
    for gap, (a, *others) in left.items():
        found = right.get(gap, [])
        if not others and len(found) == 1 and old[a].kind == new[found[0]].kind and _share_a_word(old[a], new[found[0]]):
            pairs[a] = found[0]


def _share_a_word(old: Unit, new: Unit) -> bool:
    """Two texts without a single longer word in common are two texts, wherever they stand. (Another script: none.)"""
    return bool({w for w in words(old.text) if len(w) > 3 or w > "\u3400"} & set(words(new.text)))


class _Gaps:
    """The stretches between pairs that keep their order: a text in the same stretch on both sides stands in the same place."""

    def __init__(self, pairs: dict[int, int]) -> None:
        kept = sorted(_longest_run(pairs))
        self.old = kept
        self.new = [pairs[place] for place in kept]

    def of_old(self, place: int) -> int:
        """The number of the stretch of an old place."""
        return bisect_left(self.old, place)

    def of_new(self, place: int) -> int:
        """The number of the stretch of a new place."""
        return bisect_left(self.new, place)

    def same(self, old: int, new: int) -> bool:
        """Whether both stand in the same stretch."""
        return self.of_old(old) == self.of_new(new)


def _longest_run(pairs: dict[int, int]) -> set[int]:
    """The old places of the longest run of pairs that keeps its order (longest increasing subsequence)."""
    places = sorted(pairs)
    tails: list[int] = []  # new place at the end of the best run of each length
    ends: list[int] = []  # old place of it
    before: dict[int, int | None] = {}
    for place in places:
        at = bisect_left(tails, pairs[place])
        before[place] = ends[at - 1] if at else None
        if at == len(tails):
            tails.append(pairs[place])
            ends.append(place)
        else:
            tails[at], ends[at] = pairs[place], place
    run: set[int] = set()
    step = ends[-1] if ends else None
    while step is not None:
        run.add(step)
        step = before[step]
    return run


def _likeness(one: list[str], two: list[str]) -> float:
    return _counted_likeness(Counter(one), Counter(two))


def _counted_likeness(one: Counter[str], two: Counter[str]) -> float:
    """Words in common, twice, over words of both: 1 for the same words, 0 for none."""
    total = one.total() + two.total()
    return 2 * (one & two).total() / total if total else 0.0

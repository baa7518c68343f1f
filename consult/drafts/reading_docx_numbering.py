"""Word's automatic numbers: which list a paragraph is in, how its level is written, and how far it has counted."""

import re
from collections.abc import Callable

from lxml import etree

from consult.drafts.document import roman
from consult.drafts.reading_docx_styles import attr, w
from consult.drafts.reading_lines import COUNT_MAX, Auto, whole

FORMS = {
    "bullet": "bullet",
    "none": "other",
    "lowerLetter": "letter",
    "upperLetter": "capital",
    "lowerRoman": "roman",
    "upperRoman": "chapter",
    "arabicAlpha": "letter",
    "arabicAbjad": "letter",
    "chineseCounting": "chapter",
    "chineseCountingThousand": "chapter",
    "ideographTraditional": "chapter",
    "japaneseCounting": "chapter",
    "russianLower": "letter",
    "russianUpper": "capital",
}
CHINESE = "〇一二三四五六七八九"
ABJAD = "أبجدهوزحطيكلمنسعفصقرشتثخذضظغ"
ALPHA = "أبتثجحخدذرزسشصضطظعغفقكلمنهوي"
LABEL_MAX = 40  # characters
REPEATED_MAX = 9  # "aaaaaaaaa" is the 209th: nobody counts further in letters
RUSSIAN = "абвгдежзиклмнопрстуфхцчшщэюя"


class Numbering:
    """The lists of a file and their counters. Lists of one pattern (w:abstractNum) count together, as in Word."""

    def __init__(self, root: etree._Element | None) -> None:
        self.levels: dict[str, dict[int, etree._Element]] = {}
        self.lists: dict[str, tuple[str, dict[int, int]]] = {}
        self.counters: dict[tuple[str, int], int] = {}
        self.begun: set[tuple[str, int]] = set()
        self.linked: dict[str, str] = {}  # patterns that are those of a numbering style
        for abstract in root.findall(w("abstractNum")) if root is not None else ():
            levels = {whole(attr(level, "ilvl"), 0): level for level in abstract.findall(w("lvl"))}
            name = attr(abstract, "abstractNumId") or ""
            self.levels[name] = levels
            if style := _val(abstract, "numStyleLink"):
                self.linked[name] = style
        for number in root.findall(w("num")) if root is not None else ():
            self._add(number)

    def resolve(self, list_of: Callable[[str], str]) -> None:
        """Follow the patterns that only name a numbering style to the list of that style."""
        for name, style in self.linked.items():
            abstract, _ = self.lists.get(list_of(style), ("", {}))
            if not self.levels[name] and abstract:
                self.levels[name] = self.levels.get(abstract, {})

    def _add(self, number: etree._Element) -> None:
        abstract, list_id = _val(number, "abstractNumId") or "", attr(number, "numId") or ""
        restarts: dict[int, int] = {}
        for override in number.findall(w("lvlOverride")):
            depth = whole(attr(override, "ilvl"), 0)
            start, own = override.find(w("startOverride")), override.find(w("lvl"))
            if start is not None:
                restarts[depth] = whole(attr(start, "val"), 1)
            if own is not None:  # this list writes the level in a way of its own: it counts by itself
                self.levels[f"{abstract}/{list_id}"] = {**self.levels.get(abstract, {}), depth: own}
                abstract = f"{abstract}/{list_id}"
        self.lists[list_id] = (abstract, restarts)

    def count(self, list_id: str, depth: int | None, style: str) -> Auto | None:
        """The number of the next paragraph of a list; None where it is in none. Counts it."""
        if list_id not in self.lists:
            return None
        abstract, restarts = self.lists[list_id]
        levels = self.levels.get(abstract, {})
        if depth is None:
            depth = next((d for d, level in levels.items() if _val(level, "pStyle") == style), 0)
        level = levels.get(depth)
        if level is None:
            return None
        if depth in restarts and (list_id, depth) not in self.begun:
            self.counters[abstract, depth] = restarts[depth] - 1
        self.begun.add((list_id, depth))
        value = min(self.counters.get((abstract, depth), _start(level) - 1) + 1, COUNT_MAX)
        self.counters[abstract, depth] = value
        self._begin_again(abstract, levels, depth)
        form = FORMS.get(_val(level, "numFmt") or "decimal", "decimal")
        pattern = _val(level, "lvlText") or ""
        label = self._label(abstract, levels, level, pattern)
        return Auto(form, value, label, depth, abstract, list_id, joined=len(re.findall(r"%[1-9]", pattern)) > 1)

    def _begin_again(self, abstract: str, levels: dict[int, etree._Element], depth: int) -> None:
        """Levels below one that was counted begin again, but for those that say when or never."""
        for deeper in [key[1] for key in self.counters if key[0] == abstract and key[1] > depth]:
            stated = _val(levels[deeper], "lvlRestart") if deeper in levels else None
            if stated is None or depth < whole(stated, deeper):
                del self.counters[abstract, deeper]

    def _label(self, abstract: str, levels: dict[int, etree._Element], level: etree._Element, pattern: str) -> str:
        legal = level.find(w("isLgl")) is not None  # all levels in plain figures

        def written(match: re.Match[str]) -> str:
            depth = int(match[1]) - 1
            shown = levels.get(depth)
            value = self.counters.get((abstract, depth), _start(shown) if shown is not None else 1)
            form = _val(shown, "numFmt") if shown is not None and not legal else None
            return write(value, form or "decimal")

        return re.sub(r"%([1-9])", written, pattern).strip()[:LABEL_MAX]


def write(value: int, form: str) -> str:
    """A number as Word writes it in a form: 4 in lowerRoman is "iv", in upperLetter "D"."""
    if form in ("lowerRoman", "upperRoman"):
        text = roman(value)
        return text.upper() if form == "upperRoman" else text
    if form in ("lowerLetter", "upperLetter"):
        text = chr(ord("a") + (value - 1) % 26) * min((value - 1) // 26 + 1, REPEATED_MAX) if value > 0 else ""
        return text.upper() if form == "upperLetter" else text
    for name, letters in (
        ("arabicAbjad", ABJAD),
        ("arabicAlpha", ALPHA),
        ("russianLower", RUSSIAN),
        ("russianUpper", RUSSIAN.upper()),
    ):
        if form == name:
            return letters[(value - 1) % len(letters)]
    if form.startswith(("chinese", "japanese", "ideograph")):
        return chinese(value)
    return str(value)


def chinese(value: int) -> str:
    """A number up to 99 in Chinese: 12 is "十二"; more in figures."""
    if value > 99:
        return str(value)
    tens, ones = divmod(value, 10)
    if tens == 0:
        return CHINESE[ones]
    return (CHINESE[tens] if tens > 1 else "") + "十" + (CHINESE[ones] if ones else "")


def _val(element: etree._Element, name: str) -> str | None:
    found = element.find(w(name))
    return attr(found, "val") if found is not None else None


def _start(level: etree._Element) -> int:
    return whole(_val(level, "start"), 1)

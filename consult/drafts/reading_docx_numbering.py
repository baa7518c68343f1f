"""Word's automatic numbers: which list a paragraph is in, how its level is written, and how far it has counted."""

import re

from lxml import etree

from consult.drafts.document import roman
from consult.drafts.reading_docx_styles import attr, w
from consult.drafts.reading_lines import Auto

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
}
CHINESE = "〇一二三四五六七八九"
ABJAD = "أبجدهوزحطيكلمنسعفصقرشتثخذضظغ"


class Numbering:
    """The lists of a file and their counters."""

    def __init__(self, root: etree._Element | None) -> None:
        self.levels: dict[str, dict[int, etree._Element]] = {}
        self.lists: dict[str, tuple[str, dict[int, int]]] = {}
        self.counters: dict[tuple[str, int], int] = {}
        self.begun: set[tuple[str, int]] = set()
        for abstract in root.findall(w("abstractNum")) if root is not None else ():
            levels = {int(attr(level, "ilvl") or 0): level for level in abstract.findall(w("lvl"))}
            self.levels[attr(abstract, "abstractNumId") or ""] = levels
        for number in root.findall(w("num")) if root is not None else ():
            self._add(number)

    def _add(self, number: etree._Element) -> None:
        pointed = number.find(w("abstractNumId"))
        abstract = attr(pointed, "val") or "" if pointed is not None else ""
        list_id = attr(number, "numId") or ""
        restarts: dict[int, int] = {}
        for override in number.findall(w("lvlOverride")):
            depth = int(attr(override, "ilvl") or 0)
            start, own = override.find(w("startOverride")), override.find(w("lvl"))
            if start is not None:
                restarts[depth] = int(attr(start, "val") or 1)
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
            depth = next((d for d, level in levels.items() if _style_of(level) == style), 0)
        level = levels.get(depth)
        if level is None:
            return None
        if depth in restarts and (list_id, depth) not in self.begun:
            self.counters[abstract, depth] = restarts[depth] - 1
        self.begun.add((list_id, depth))
        value = self.counters.get((abstract, depth), _start(level) - 1) + 1
        self.counters[abstract, depth] = value
        for deeper in [key for key in self.counters if key[0] == abstract and key[1] > depth]:
            del self.counters[deeper]
        form = FORMS.get(_val(level, "numFmt") or "decimal", "decimal")
        return Auto(form, value, self._label(abstract, levels, level), depth, abstract)

    def _label(self, abstract: str, levels: dict[int, etree._Element], level: etree._Element) -> str:
        pattern = _val(level, "lvlText") or ""

        def written(match: re.Match[str]) -> str:
            depth = int(match[1]) - 1
            shown = levels.get(depth)
            value = self.counters.get((abstract, depth), _start(shown) if shown is not None else 1)
            return write(value, _val(shown, "numFmt") or "decimal" if shown is not None else "decimal")

        return re.sub(r"%(\d)", written, pattern).strip()


def write(value: int, form: str) -> str:
    """A number as Word writes it in a form: 4 in lowerRoman is "iv", in upperLetter "D"."""
    if form in ("lowerRoman", "upperRoman"):
        text = roman(value)
        return text.upper() if form == "upperRoman" else text
    if form in ("lowerLetter", "upperLetter"):
        text = chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 + 1) if value > 0 else ""
        return text.upper() if form == "upperLetter" else text
    if form.startswith("arabicA"):
        return ABJAD[(value - 1) % len(ABJAD)]
    if form.startswith(("chinese", "japanese", "ideograph")):
        return chinese(value)
    return str(value)


def chinese(value: int) -> str:
    """A number up to 99 in Chinese: 12 is "十二"."""
    tens, ones = divmod(value, 10)
    if tens == 0:
        return CHINESE[ones]
    return (CHINESE[tens] if tens > 1 else "") + "十" + (CHINESE[ones] if ones else "")


def _val(level: etree._Element, name: str) -> str | None:
    found = level.find(w(name))
    return attr(found, "val") if found is not None else None


def _start(level: etree._Element) -> int:
    return int(_val(level, "start") or 1)


def _style_of(level: etree._Element) -> str | None:
    return _val(level, "pStyle")

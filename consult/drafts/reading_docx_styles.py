"""Word's styles: which paragraph is a heading, numbered, bold, or an entry of a contents list, by itself or by its style."""

import re
from dataclasses import dataclass, replace

from lxml import etree

from consult.drafts.reading_lines import whole

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
ON = (None, "1", "true", "on")
STYLES_DEEP = 20  # how far a chain of basedOn is followed

# The templates of United Nations documents name their headings so, from chapter down.
UN_HEADINGS = {"h_ch_g": 1, "h_m_g": 1, "h_1_g": 2, "h_2/3_g": 3, "h_23_g": 3, "h_4_g": 4, "h_5/6_g": 5, "h_56_g": 5}


@dataclass(frozen=True, slots=True)
class Look:
    """How a run looks."""

    bold: bool = False
    italic: bool = False
    raised: str = ""  # "sup", "sub" or nothing
    hidden: bool = False


def w(name: str) -> str:
    """A name in Word's namespace."""
    return W + name


def attr(element: etree._Element, name: str) -> str | None:
    """An attribute in Word's namespace."""
    value = element.get(W + name)
    return str(value) if value is not None else None


class Styles:
    """The styles of a file, with their inheritance."""

    def __init__(self, root: etree._Element | None) -> None:
        self.elements: dict[str, etree._Element] = {}
        self.default = ""
        self.language = ""
        for style in root.findall(w("style")) if root is not None else ():
            self.elements[attr(style, "styleId") or ""] = style
            if attr(style, "type") == "paragraph" and attr(style, "default") in ("1", "true"):
                self.default = attr(style, "styleId") or ""
        stated = root.find(f"{w('docDefaults')}//{w('lang')}") if root is not None else None
        if stated is not None:
            self.language = attr(stated, "val") or attr(stated, "eastAsia") or ""

    def chain(self, style: str) -> list[etree._Element]:
        """A style and those it is based on, nearest first."""
        found: list[etree._Element] = []
        while style in self.elements and len(found) < STYLES_DEEP:
            element = self.elements[style]
            if element in found:
                break
            found.append(element)
            based = element.find(w("basedOn"))
            style = attr(based, "val") or "" if based is not None else ""
        return found

    def paragraph_style(self, properties: etree._Element | None) -> str:
        """The style id of a paragraph."""
        stated = properties.find(w("pStyle")) if properties is not None else None
        return attr(stated, "val") or self.default if stated is not None else self.default

    def heading_level(self, style: str, properties: etree._Element | None) -> int:
        """The level of a heading by name of style or outline level; 0 for other text."""
        own = properties.find(w("outlineLvl")) if properties is not None else None
        if own is not None:
            return _outline(own)
        for element in self.chain(style):
            if level := _named_level(element):
                return level
            outline = element.find(f"{w('pPr')}/{w('outlineLvl')}")
            if outline is not None:
                return _outline(outline)
        return 0

    def is_toc(self, style: str) -> bool:
        """Whether a style is one of a contents list or of its title."""
        names = [_name(element) for element in self.chain(style)]
        return any(
            re.fullmatch(r"toc \d|toc heading|contents (heading|\d)|table of (contents|figures)", name)
            for name in names
        )

    def base(self, style: str) -> Look:
        """How a style looks by itself, with those it is based on."""
        look = Look()
        for element in reversed(self.chain(style)):
            look = _with(look, element.find(w("rPr")))
        return look

    def look(self, properties: etree._Element | None, base: Look) -> Look:
        """How a run looks: the paragraph's look, then its character style, then its own properties."""
        if properties is None:
            return base
        named = properties.find(w("rStyle"))
        for element in reversed(self.chain(attr(named, "val") or "")) if named is not None else ():
            base = _with(base, element.find(w("rPr")))
        return _with(base, properties)

    def list_of(self, style: str) -> str:
        """The list id that a numbering style names; "" where there is none."""
        found = self.elements[style].find(f"{w('pPr')}/{w('numPr')}/{w('numId')}") if style in self.elements else None
        return attr(found, "val") or "" if found is not None else ""

    def numbering_of(self, style: str, properties: etree._Element | None) -> tuple[str, int | None, str]:
        """(list id, depth or None if only the list's own level for the style says it, style id); list id "" = not numbered."""
        holders = [properties] if properties is not None else []
        holders += [found for element in self.chain(style) if (found := element.find(w("pPr"))) is not None]
        depth: int | None = None
        for holder in holders:
            numbering = holder.find(w("numPr"))
            if numbering is None:
                continue
            level, listed = numbering.find(w("ilvl")), numbering.find(w("numId"))
            if depth is None and level is not None:
                depth = whole(attr(level, "val"), 0)
            if listed is not None:
                number = attr(listed, "val") or ""
                return ("" if number == "0" else number), depth, style
        return "", None, style


def _name(element: etree._Element) -> str:
    name = element.find(w("name"))
    return (attr(name, "val") or "").strip().lower() if name is not None else ""


def _named_level(element: etree._Element) -> int:
    name = _name(element)
    if match := re.fullmatch(r"heading ([1-9])", name):
        return int(match[1])
    return UN_HEADINGS.get(re.sub(r"[\s_]+", "_", name).strip("_"), 0)


def _outline(element: etree._Element) -> int:
    level = whole(attr(element, "val"), 9)
    return level + 1 if level < 9 else 0


def _with(look: Look, properties: etree._Element | None) -> Look:
    """A look with what properties say of it."""
    for element in properties if properties is not None else ():
        on = attr(element, "val") in ON
        if element.tag == w("vanish"):
            look = replace(look, hidden=on)
        elif element.tag == w("b"):
            look = replace(look, bold=on)
        elif element.tag == w("i"):
            look = replace(look, italic=on)
        elif element.tag == w("vertAlign"):
            raised = {"superscript": "sup", "subscript": "sub"}.get(attr(element, "val") or "", "")
            look = replace(look, raised=raised)
    return look

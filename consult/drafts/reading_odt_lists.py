"""OpenDocument's lists: which of them count together, how a level is written, and how far it has counted.

Source: ODF 1.2 part 1, sections 5.3 (lists), 19.780 and 19.781 (continuing), 19.880 and after (forms of numbers).
"""

from lxml import etree

from consult.drafts.reading_docx_numbering import write
from consult.drafts.reading_lines import COUNT_MAX, Auto, whole

TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
DEPTH_MAX = 10
# A form is named by its first sign; LibreOffice writes those of other scripts as the beginning of the series: "一, 二, 三, ...".
FORMS = {
    "1": ("decimal", "decimal"), "١": ("decimal", "decimal"), "۱": ("decimal", "decimal"), "１": ("decimal", "decimal"),
    "a": ("letter", "lowerLetter"), "A": ("capital", "upperLetter"), "i": ("roman", "lowerRoman"), "I": ("chapter", "upperRoman"),
    "أ": ("letter", "arabicAbjad"), "ا": ("letter", "arabicAbjad"), "а": ("letter", "russianLower"), "А": ("capital", "russianUpper"),
    "一": ("chapter", "chineseCounting"), "壹": ("chapter", "chineseCounting"), "甲": ("chapter", "chineseCounting"),
}  # fmt: skip


class Lists:
    """The list styles of a file and the counters of its lists."""

    def __init__(self, styles: dict[str, etree._Element]) -> None:
        self.levels = {
            name: {whole(_of(level, "level"), 1): level for level in style} for name, style in styles.items()
        }
        self.counters: dict[tuple[str, int], int] = {}
        self.root_of: dict[str, str] = {}  # by xml:id of a list: the list that it goes on from
        self.newest: dict[str, str] = {}  # by style: the newest list
        self.begun = 0

    def begin(self, element: etree._Element, style: str) -> str:
        """Enter a list that stands in no other. Returns which list counts: its own, or one that it continues."""
        self.begun += 1
        root = f"{self.begun}"
        if after := _of(element, "continue-list"):
            root = self.root_of.get(after, root)
        elif _of(element, "continue-numbering") == "true":
            root = self.newest.get(style, root)
        if own := element.get(XML_ID):
            self.root_of[str(own)] = root
        self.newest[style] = root
        return root

    def start(self, root: str, depth: int, stated: str | None) -> None:
        """The next item of a level has this number."""
        if stated:
            self.counters[root, depth] = whole(stated, 1) - 1

    def count(self, root: str, style: str, depth: int) -> Auto:
        """The number of the next item of a level. Counts it; the levels below begin again."""
        level = self.levels.get(style, {}).get(depth + 1)
        if level is None or level.tag == TEXT + "list-level-style-bullet":
            return Auto("bullet", 0, "", depth, style, root)
        value = min(self.counters.get((root, depth), whole(_of(level, "start-value"), 1) - 1) + 1, COUNT_MAX)
        self.counters[root, depth] = value
        for deeper in [key for key in self.counters if key[0] == root and key[1] > depth]:
            del self.counters[deeper]
        shown = min(whole(_of(level, "display-levels"), 1), depth + 1)
        return Auto(
            _form(level)[0], value, self._label(root, style, level, depth, shown), depth, style, root, joined=shown > 1
        )

    def _label(self, root: str, style: str, level: etree._Element, depth: int, shown: int) -> str:
        """The number as it is written; with the numbers of levels above where the style shows them."""
        written = []
        for at in range(depth - shown + 1, depth + 1):
            above = self.levels.get(style, {}).get(at + 1)
            form = _form(above)[1] if above is not None else ""
            if form:
                start = whole(_of(above, "start-value"), 1) if above is not None else 1
                written.append(write(self.counters.get((root, at), start), form))
        prefix, suffix = (str(level.get(f"{STYLE}num-{part}") or "") for part in ("prefix", "suffix"))
        return f"{prefix}{'.'.join(written)}{suffix}".strip()


def _form(level: etree._Element) -> tuple[str, str]:
    """How a level is written: what it is for us, and the name of the form; ("other", "") where it shows no number."""
    stated = str(level.get(STYLE + "num-format") or "")
    return FORMS.get(stated[:1], ("other" if not stated else "decimal", "decimal" if stated else ""))


def _of(element: etree._Element, name: str) -> str | None:
    value = element.get(TEXT + name)
    return str(value) if value is not None else None

"""How typed numbers, letters, bullets, chapters, annexes and contents lists look, in the languages of the United Nations."""

import re

from consult.drafts.reading_lines import DIGITS, Line

B = r"[\s\u200b-\u200f\u202a-\u202c\u2066-\u2069]*"  # blanks, and the marks of direction that right-to-left text is full of
UNSEEN_MARKS = re.compile(r"[\u200b-\u200f\u202a-\u202c\u2066-\u2069]")
NUMBER = re.compile(B + r"[\(（]?([0-9٠-٩۰-۹０-９]{1,4})" + B + r"([.．。、)）:\-–ـ])(?![0-9])(" + B + ")")
NUMBER_TAB = re.compile(B + r"([0-9٠-٩۰-۹]{1,4})\t\s*")
# A dash typed on the wrong side, as right-to-left text shows it: "-5 نص".
NUMBER_RTL = re.compile(B + r"[-–]([0-9٠-٩۰-۹]{1,4})\s+(?=[\u0600-\u06ff])")
# A year directly behind the number, as in "1.2016年": the dot is no decimal point when the number is the one expected.
NUMBER_TIGHT = re.compile(r"\s*([0-9０-９]{1,3})[.．、](?=[0-9０-９]{4}\s*年)")
# Numbers of several levels, as in "2.1 Courts": one is believed when it follows on, for "3.5 per cent" looks the same.
NUMBER_MULTI = re.compile(B + r"([0-9]{1,3}(?:\.[0-9]{1,3}){1,3})\.?(?:\t|\s)\s*(?=\S)")
NEXT_NUMBER = re.compile(r"[\W_]*(?:(?:para|no|art)\.?\s*)?([0-9٠-٩۰-۹]{1,4})(?![0-9.,]*[0-9%])", re.IGNORECASE)
LETTER = re.compile(
    B + r"(?:[\(（]([a-zA-Z]|[ivxIVX]{1,5}|[أ-ي]|هـ|[а-яё]|[一二三四五六七八九十]{1,3})" + B + r"[\)）]|[①-⒇㈠-㈩])\s*"
)
LETTER_OPEN = re.compile(B + r"([a-z]|[ivx]{1,5}|[أ-ي]|[а-яё])[\)）]\s+")
BULLET = re.compile(B + r"[•●▪◦‣·○■–—\-*➢✓□❑❖◆→]\s+(?=\S)")
CHAPTER = re.compile(r"\s*([IVXLC]{1,6}|[A-Z]|[一二三四五六七八九十]{1,3}|[أ-ي]{3,8}(?:اً|ا)?)\s*[.．、\-–]\s*(?=\S)")
ANNEX = re.compile(
    r"\s*(annex|annexe|annexes|appendix|anexo|apéndice|приложение|附件|附录|المرفق|مرفق|الملحق|ملحق)(?!\w)",
    re.IGNORECASE,
)
ANNEX_CJK = re.compile(r"\s*(附件|附录)")
CONTENTS = re.compile(
    r"\s*(table of contents|contents|目录|المحتويات|table des matières|índice|содержание)\s*", re.IGNORECASE
)
TOC_LINE = re.compile(r".*(\.{4,}|…{2,}|\. \. \.|\t)\s*\d{1,3}\s*$")
PAGE_NUMBER = re.compile(r"\s*([-–]\s*)?(page\s*)?\d{1,3}(\s*(/|of)\s*\d{1,3})?(\s*[-–])?\s*", re.IGNORECASE)
QUANTITY = re.compile(
    r"(per cent|percent|%|million|billion|thousand|pour cent|por ciento|millones|millions|процент|млн)", re.IGNORECASE
)
ENDS = (".", "。", "!", "?", "！", "？", ":", "：", ";", "；", "؛", "؟", "”", "»", ")", "）", "…", "،", ",", "，")


def value_of(found: re.Match[str]) -> int:
    """The number that a pattern found, whatever its figures."""
    return int(found[1].translate(DIGITS))


def label_of(found: re.Match[str]) -> str:
    """What was typed before the text, without the marks that nobody sees."""
    return UNSEEN_MARKS.sub("", found[0]).strip()


def may_run(line: Line) -> bool:
    """Whether a line could be a running header: short, plain, unnumbered."""
    return bool(
        line.rows is None and not line.heading and line.auto is None and not line.is_toc and 3 < len(line.text) <= 80
        and not line.notes and not NUMBER.match(line.raw) and not BULLET.match(line.raw) and not LETTER.match(line.raw)
    )  # fmt: skip


def mark_typed_contents(lines: list[Line]) -> None:
    """A contents list typed by hand: a title, then lines that end in dots or a tab and a page number."""
    for place, line in enumerate(lines):
        if not CONTENTS.fullmatch(line.text) or line.rows is not None:
            continue
        end = place + 1
        while end < len(lines) and lines[end].rows is None and (not lines[end].text or TOC_LINE.match(lines[end].raw)):
            end += 1
        if end > place + 2:
            for entry in lines[place:end]:
                entry.is_toc = True

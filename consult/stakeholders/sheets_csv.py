"""CSV as people keep it: any of the usual encodings and separators, into cells with the line on which each row begins."""

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator

from consult.stakeholders.models_import import IMPORT_MAX_MB
from consult.stakeholders.sheets_refusals import SheetQuoteOpen, SheetUnreadable

NO_TEXT = (b"%PDF-", b"<", b"\xd0\xcf\x11\xe0", b"{\\rtf")  # PDF, a page of HTML, old or locked Excel, RTF
SEPARATORS = ",;\t|"
csv.field_size_limit(IMPORT_MAX_MB * 1_000_000)  # no cell is longer than a file; sheets.py cuts them
MARKED = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # how Excel notes the separator in a line of its own


def csv_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Each row as (line on which it begins, cells). Raises SheetUnreadable, SheetQuoteOpen."""
    marked_utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    if content.lstrip().startswith(NO_TEXT) or (b"\x00" in content[:4096] and not marked_utf16):
        raise SheetUnreadable
    text = decoded(content)
    marked = MARKED.match(text)
    skipped = 1 if marked else 0
    separator = marked[1] if marked else separator_of(text)
    body = text[marked.end() :] if marked else text
    source = io.StringIO(body, newline="")
    reader, begins, is_odd = csv.reader(source, delimiter=separator, strict=False), 1, body.count('"') % 2 == 1
    try:
        for cells in reader:
            if reader.line_num > begins and is_odd and source.tell() >= len(body):
                raise SheetQuoteOpen(line=begins + skipped)
            yield begins + skipped, [cell.strip() for cell in cells]
            begins = reader.line_num + 1
    except csv.Error:
        raise SheetUnreadable from None


def decoded(content: bytes) -> str:
    """UTF-8 with or without mark, UTF-16 with one, else the Windows encoding that the bytes look like."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    return content.decode(windows_encoding(content), errors="replace")


def windows_encoding(content: bytes) -> str:
    """Arabic, Chinese or Western Windows text, by what the bytes would say in each.

    Arabic words are runs of Arabic letters. Two bytes of French or German can make a rare Chinese character, but hardly ever
    one of the 6,763 of GB 2312, of which nearly all of a Chinese text is made.
    """
    sample = content[:100_000]
    high = [byte >= 0xC0 for byte in sample]
    runs = sum(1 for one, two in itertools.pairwise(high) if one and two)
    if _share(sample.decode("cp1256", errors="replace"), _is_arabic) > 0.9 and runs * 2 > sum(high):
        return "cp1256"
    # the sample may cut a character in two
    if _share(sample[: sample.rfind(b"\n") + 1 or None].decode("gb18030", errors="replace"), _is_gb2312) > 0.8:
        return "gb18030"
    return "cp1256" if runs * 2 > sum(high) else "cp1252"


def _share(text: str, fits: Callable[[str], bool]) -> float:
    foreign = [sign for sign in text if not sign.isascii()]
    return sum(map(fits, foreign)) / len(foreign) if foreign else 0.0


def _is_arabic(sign: str) -> bool:
    return "\u0600" <= sign <= "\u06ff" or sign in "“”«»–—\u200c\u200d\u200e\u200f\u00a0"


def _is_gb2312(sign: str) -> bool:
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def separator_of(text: str) -> str:
    """What stands between cells: whichever of the usual ones the first line has most of, outside of quotes."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(part for place, part in enumerate(first.split('"')) if place % 2 == 0)
    return max(SEPARATORS, key=outside.count)

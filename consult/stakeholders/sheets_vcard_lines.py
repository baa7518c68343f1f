"""The lines of a file of cards as properties: unfolded, decoded where we keep them, skipped where not."""

import binascii
import io
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from consult.stakeholders.sheets_csv import windows_encoding
from consult.stakeholders.sheets_vcard_refusals import CardDamaged, CardLineTooLong, CardOutside

VALUE_MAX = 100_000  # bytes of one property that we keep, encoded; pictures are skipped whatever their length
NAME_MAX = 1_000  # bytes up to the colon
SEVERAL = re.compile(r"\\(.)", re.DOTALL)
HEAD = re.compile(rb'((?:[^":]|"[^"]*")*):(.*)', re.DOTALL)
PARAMETERS = re.compile(r';((?:[^";]|"[^"]*")*)')
LAST = 101  # after every preference that a card can say
# what a card may say that its text is in: a list, for Python knows encodings that take minutes or unpack
CHARSETS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "cp1252", "latin1": "cp1252",
    "iso-8859-15": "iso-8859-15", "windows-1252": "cp1252", "cp1252": "cp1252", "iso-8859-6": "iso-8859-6",
    "windows-1256": "cp1256", "cp1256": "cp1256", "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030",
    "big5": "big5", "windows-1251": "cp1251", "koi8-r": "koi8-r", "shift_jis": "shift_jis", "euc-kr": "euc-kr",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a card, with the line on which it begins. Words are empty where we do not keep it."""

    line: int
    name: str  # in capitals, without its group
    words: str  # decoded, still escaped
    preference: int  # 1 first, 100 last


def unescaped(value: str) -> str:
    """A value as somebody reads it: its line breaks, commas and semicolons for what they are."""
    return SEVERAL.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def read_properties(content: bytes, kept: Container[str]) -> Iterator[Property]:
    """Each property in its order, decoded if its name is among those kept.

    Raises CardDamaged, CardLineTooLong, CardOutside.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        content = content.decode("utf-16", errors="replace").encode()
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        content.decode()
        otherwise = "utf-8"
    except UnicodeDecodeError:
        otherwise = windows_encoding(content)
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    for line, pieces, length in _unfolded(content):
        if one := _property(line, pieces, length, kept, otherwise):
            yield one


def _unfolded(content: bytes) -> Iterator[tuple[int, list[bytes], int]]:
    """Each line of a card as (line on which it begins, what it is made of, how long); of overlong ones only the beginning."""
    begun, length, goes_on = 0, 0, False
    pieces: list[bytes] = []
    for number, raw in enumerate(io.BytesIO(content), start=1):
        bare = raw.rstrip(b"\r\n")
        if not pieces and not bare:
            continue
        if pieces and (goes_on or bare[:1] in (b" ", b"\t")):
            bare = bare if goes_on and bare[:1] not in (b" ", b"\t") else bare[1:]
        else:
            if pieces:
                yield begun, pieces, length
            begun, pieces, length = number, [], 0
            if not bare:
                continue
        is_quoted = goes_on or (not pieces and b"QUOTED-PRINTABLE" in bare[:NAME_MAX].split(b":")[0].upper())
        goes_on = is_quoted and bare.endswith(b"=")
        length += len(bare)
        if not pieces or length <= VALUE_MAX:
            pieces.append((bare[:-1] if goes_on else bare)[: VALUE_MAX + 1])
    if pieces:
        yield begun, pieces, length


def _property(line: int, pieces: list[bytes], length: int, kept: Container[str], otherwise: str) -> Property | None:
    whole = b"".join(pieces)
    if not whole.strip():
        return None
    found = HEAD.match(whole)
    if found is None or len(found[1]) > NAME_MAX:
        raise CardOutside(line=line)
    head = found[1].decode("utf-8", errors="replace")
    name = head.split(";")[0].rpartition(".")[2].strip().upper()
    if name not in kept:
        return Property(line, name, "", LAST)
    if length > VALUE_MAX:
        raise CardLineTooLong(line=line)
    said = _parameters(head)
    words = _decoded(found[2], said, otherwise, line)
    if name in ("BEGIN", "END") and words.strip().upper() != "VCARD":
        raise CardOutside(line=line)
    return Property(line, name, words.strip(), _preference(said))


def _parameters(head: str) -> dict[str, str]:
    """What is said of a value, by name in capitals; version 2.1 says types and encodings without a name."""
    said: dict[str, str] = {}
    for part in PARAMETERS.findall(head):
        name, equals, value = part.partition("=")
        name = name.strip().upper()
        if equals:
            said[name] = f"{said[name]},{value}" if name == "TYPE" and name in said else value.strip('" ')
        elif name in ("QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT"):
            said["ENCODING"] = name
        else:
            said["TYPE"] = f"{said.get('TYPE', '')},{name}"
    return said


def _decoded(value: bytes, said: dict[str, str], otherwise: str, line: int) -> str:
    encoding = said.get("ENCODING", "8BIT").upper()
    charset = CHARSETS.get(said["CHARSET"].casefold()) if "CHARSET" in said else otherwise
    try:
        if charset is None or encoding not in ("8BIT", "7BIT", "QUOTED-PRINTABLE", "BASE64", "B"):
            raise ValueError("nothing that a text is in")
        if encoding == "QUOTED-PRINTABLE":
            value = binascii.a2b_qp(value)
        elif encoding in ("BASE64", "B"):
            value = binascii.a2b_base64(value, strict_mode=True)
        words = value.decode(charset)
    except ValueError:  # what does not decode is one too
        raise CardDamaged(line=line) from None
    if "\x00" in words:
        raise CardDamaged(line=line)
    return words


def _preference(said: dict[str, str]) -> int:
    if said.get("PREF", "").isascii() and said.get("PREF", "").isdigit():
        return min(int(said["PREF"][:4]), 100)
    return 1 if "PREF" in said.get("TYPE", "").upper().split(",") else LAST

"""Files that mean harm, or were damaged, by name. Run as a program it reads one and prints what came of it, in time and memory."""

import io
import json
import os
import sys
import time
import warnings
import zipfile

from consult.core.refusals import Refused
from consult.drafts.reading import read_draft
from tests.drafts.building import TYPES, W, call, docx, notes, p, packed

ORDINARY = 0.06  # seconds that counting to two millions takes on the machine on which the limit was set
GOOD = docx(p("I.\tOverview", style="H1"), p("1. One."))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
MACRO_TYPES = TYPES.replace(
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "application/vnd.ms-word.document.macroEnabled.main+xml",
)
ODT = "application/vnd.oasis.opendocument.text"


def odt(**members: str) -> bytes:
    """An ODT of these members."""
    return packed(
        {"mimetype": ODT, "content.xml": "<a/>", **{name.replace("__", "/"): text for name, text in members.items()}}
    )


def lying() -> bytes:
    """A ZIP whose directory says that a member of 210 MB has ten bytes."""
    bomb = bytearray(docx(p("1. One."), parts={"big": "\0" * 210_000_000}))
    place = bomb.rindex(b"PK\x01\x02")
    bomb[place + 24 : place + 28] = (10).to_bytes(4, "little")
    return bytes(bomb)


def members(*names: str, method: int = zipfile.ZIP_STORED, size: int = 0) -> bytes:
    """A Word file with these members more, as they come."""
    kept = io.BytesIO(GOOD)
    with warnings.catch_warnings(), zipfile.ZipFile(kept, "a", method) as archive:
        warnings.simplefilter("ignore")
        for name in names:
            archive.writestr(name, bytes(size))
    return kept.getvalue()


def directory(place: int, stated: bytes) -> bytes:
    """A ZIP whose directory states other bytes at a place of its first entry."""
    changed = bytearray(GOOD)
    begin = changed.index(b"PK\x01\x02") + place
    changed[begin : begin + len(stated)] = stated
    return bytes(changed)


def encoded(encoding: str) -> bytes:
    """A Word file whose text is in another encoding, with an entity in it."""
    text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE d [<!ENTITY x "y">]><w:document {W}><w:body>{p("1. &x;")}</w:body></w:document>'
    return packed({"[Content_Types].xml": TYPES, "word/document.xml": text.encode(encoding)})


NOTE = notes("footnote", "word " * 2_000)
FILES = {
    "bomb": lambda: docx(p("1. One."), parts={"big": "\0" * 210_000_000}),
    "lying": lying,
    "too large": lambda: b"PK\x03\x04" + bytes(20_000_001),
    "encrypted docx": lambda: OLE + "EncryptedPackage".encode("utf-16-le"),
    "encrypted odt": lambda: odt(**{"META-INF__manifest.xml": "<m><encryption-data/></m>"}),
    "macro type": lambda: docx(p("1. One."), types=MACRO_TYPES),
    "macro part": lambda: docx(p("1. One."), parts={"word/vbaProject.bin": "x"}),
    "macro odt": lambda: odt(Basic__Standard="x"),
    "truncated": lambda: GOOD[: len(GOOD) // 2],
    "old word": lambda: OLE,
    "pdf": lambda: b"%PDF-1.7",
    "picture": lambda: b"\xff\xd8\xff\xe0 JFIF",
    "nothing": lambda: b"",
    "no text": lambda: docx(p()),
    "entity": lambda: docx(p("1. &x;"), before='<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    "laughs": lambda: docx(p("1. &b;"), before='<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'),
    "entity far down": lambda: docx(
        p("1. One."), before="<!--" + "x" * 1_100_000 + '--><!DOCTYPE d [<!ENTITY x "y">]>'
    ),
    "entity in styles": lambda: docx(p("1. One."), parts={"word/styles.xml": '<!DOCTYPE d [<!ENTITY x "y">]><d/>'}),
    "deep": lambda: docx("<w:p>" * 5_000 + "</w:p>" * 5_000),
    "empty runs": lambda: docx("<w:p>" + "<w:r/>" * 6_000_000 + "</w:p>"),
    "endless paragraphs": lambda: docx(p("1. Hello.") * 800_000),
    "broken xml": lambda: docx("<w:p>"),
    "hundred thousand members": lambda: members(*(f"x{number}" for number in range(100_000))),
    "a name twice": lambda: members("word/document.xml"),
    "a name out of the folder": lambda: members("../../etc/passwd"),
    "lzma": lambda: members("big", method=zipfile.ZIP_LZMA, size=210_000_000),
    "lying zip64": lambda: GOOD[:-22] + b"PK\x05\x06" + bytes(4) + b"\xff" * 12 + bytes(2),
    "offset beyond": lambda: directory(42, b"\xff\xff\xff\x7f"),
    "unknown method": lambda: directory(10, b"\x63\x00"),
    "entity in utf-16": lambda: encoded("utf-16"),
    "entity in utf-7": lambda: encoded("utf-7"),
    "entity in utf-32": lambda: encoded("utf-32"),
    "paragraph without end": lambda: docx(p("I", style="H1"), p("1. " + "word " * 1_900_000)),
    "table without end": lambda: docx(
        p("I", style="H1"), "<w:tbl>" + ("<w:tr>" + f"<w:tc>{p('x')}</w:tc>" * 20 + "</w:tr>") * 1_500 + "</w:tbl>"
    ),
    "one note for all": lambda: docx(
        p("I", style="H1"), p("1. a", inside=call("footnote", 2) * 90_000), parts={"word/footnotes.xml": NOTE}
    ),
    "styles without end": lambda: docx(
        p("1. a"), parts={"word/styles.xml": f"<w:styles {W}>" + "<w:style/>" * 4_000_000 + "</w:styles>"}
    ),
    "markdown one line": lambda: b"x" * 20_000_000,
    "markdown long paragraph": lambda: b"*a " * 1_500_000,
    "markdown many lines": lambda: b"a\n" * 1_000_000,
    "markdown many paragraphs": lambda: b"a\n\n" * 1_000_000,
    "markdown brackets": lambda: b"[" * 1_000_000,
    "markdown lists in lists": lambda: (b"- " * 8 + b"a\n\n") * 19_000,
    "markdown quotes": lambda: b"> " * 2_400_000 + b"a",
    "markdown table": lambda: b"|" + b"a|" * 1_000 + b"\n|" + b"-|" * 1_000 + (b"\n|" + b"a|" * 1_000) * 1_000,
    "markdown one note for all": lambda: b"# I\n\n1. a" + b"[^1]" * 200_000 + b"\n\n[^1]: " + b"word " * 1_000 + b"\n",
}


def main(name: str) -> None:
    """Read a file and print the refusal, the seconds of an ordinary machine, and the megabytes above what the process had before."""
    content = FILES[name]()
    slow = slowness()
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    before, began = memory("VmRSS"), time.process_time()
    try:
        read_draft(content, name="draft.md" if name.startswith("markdown") else "draft.docx")
        refusal = ""
    except Refused as problem:
        refusal = problem.code
    taken, grown = time.process_time() - began, memory("VmHWM") - before
    print(json.dumps({"refusal": refusal, "seconds": taken / max(slow, slowness()), "megabytes": grown}))


def slowness() -> float:
    """How many times longer this machine takes for the same work than an ordinary one, or a faster one; 1 at least."""
    began, total = time.process_time(), 0
    for number in range(2_000_000):
        total += number
    return max(1.0, (time.process_time() - began) / ORDINARY)


def memory(line: str) -> float:
    """A line of the kernel's account of this process, in megabytes."""
    with open(f"/proc/{os.getpid()}/status") as status:
        return next(int(row.split()[1]) for row in status if row.startswith(line)) / 1024


if __name__ == "__main__":
    main(sys.argv[1])

"""Files that mean harm, or were damaged, by name. Run as a program it reads one and prints what came of it, in time and memory."""

import json
import os
import sys
import time

from consult.core.refusals import Refused
from consult.drafts.reading import read_draft
from tests.drafts.building import TYPES, docx, p, packed

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
}


def main(name: str) -> None:
    """Read a file and print the refusal, the seconds, and the megabytes above what the process had before."""
    content = FILES[name]()
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    before, began = memory("VmRSS"), time.process_time()
    try:
        read_draft(content, name="draft.docx")
        refusal = ""
    except Refused as problem:
        refusal = problem.code
    print(
        json.dumps({"refusal": refusal, "seconds": time.process_time() - began, "megabytes": memory("VmHWM") - before})
    )


def memory(line: str) -> float:
    """A line of the kernel's account of this process, in megabytes."""
    with open(f"/proc/{os.getpid()}/status") as status:
        return next(int(row.split()[1]) for row in status if row.startswith(line)) / 1024


if __name__ == "__main__":
    main(sys.argv[1])

"""Opening a DOCX or ODT: a ZIP whose every byte is counted while it is unpacked, and XML that may define nothing.

Nothing outside the file is ever fetched, nothing is unpacked to disk. Limits: DESIGN section 6 and the issue of the import.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

from lxml import etree

from consult.drafts import reading_refusals as refusals

UPLOAD_MAX = 20_000_000  # bytes
UNPACKED_MAX = 200_000_000  # bytes, all members together
XML_MAX = 50_000_000  # bytes of one XML part: a report of 1,000 pages has a tenth
BLOCK_MAX = 300_000  # elements of one paragraph or table: its tree is held whole, about 120 bytes each
MEMBERS_MAX = 10_000  # a report with a thousand pictures has a tenth
HEADERS_MAX = 1_000_000  # bytes of one page header: it only serves to know stray copies of it
CHUNK = 262_144
PLAIN = (
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
)  # what office programs write; others unpack by the hundred megabytes at once
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DECLARED = re.compile(rb"<\x00?!\x00?(D\x00?O\x00?C\x00?T\x00?Y\x00?P\x00?E|E\x00?N\x00?T\x00?I\x00?T\x00?Y)")

# Word's "Strict Open XML" differs in the names of its spaces only.
STRICT = (
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    ),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
    (b"http://purl.oclc.org/ooxml/officeDocument/math", b"http://schemas.openxmlformats.org/officeDocument/2006/math"),
)

DOCX_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
ODT_MIME = b"application/vnd.oasis.opendocument.text"


class Package:
    """The members of an office file."""

    def __init__(self, content: bytes) -> None:
        """Open and count. Raises FileTooLarge, FileEncrypted, FileKindUnknown, FileBroken, FileUnpacksTooLarge, FileHasMacros."""
        if len(content) > UPLOAD_MAX:
            raise refusals.FileTooLarge
        if content.startswith(OLE):
            encrypted = "EncryptedPackage".encode("utf-16-le") in content
            raise refusals.FileEncrypted if encrypted else refusals.FileKindUnknown
        if not content.startswith(b"PK\x03\x04"):
            raise refusals.FileKindUnknown
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            raise refusals.FileBroken from None
        self.names = set(self.zip.namelist())
        self._refuse_odd_members()
        self._count()
        self._refuse_macros()

    def _refuse_odd_members(self) -> None:
        """A name twice means that programs disagree which one is the text; a way out of the folder is no name at all."""
        members = self.zip.infolist()
        if len(members) > MEMBERS_MAX:
            raise refusals.FileUnpacksTooLarge
        if len(self.names) < len(members) or any(member.compress_type not in PLAIN for member in members):
            raise refusals.FileBroken
        if any(name.startswith("/") or ".." in name.split("/") for name in self.names):
            raise refusals.FileBroken

    def is_small(self, name: str) -> bool:
        """Whether a part is small enough to be read for its own sake only."""
        return self.zip.getinfo(name).file_size <= HEADERS_MAX

    def _count(self) -> None:
        """Unpack everything once, throwing it away: the sizes that a ZIP declares prove nothing."""
        total = 0
        for member in self.zip.infolist():
            if member.flag_bits & 1:
                raise refusals.FileEncrypted
            try:
                with self.zip.open(member) as source:
                    while chunk := source.read(CHUNK):
                        total += len(chunk)
                        if total > UNPACKED_MAX:
                            raise refusals.FileUnpacksTooLarge
            except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
                raise refusals.FileBroken from None

    def _refuse_macros(self) -> None:
        if any(name.lower().rsplit("/", 1)[-1] in ("vbaproject.bin", "vbadata.xml") for name in self.names):
            raise refusals.FileHasMacros
        if any(name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in self.names):
            raise refusals.FileHasMacros

    def read(self, name: str, limit: int = XML_MAX) -> bytes:
        """A member's bytes, at most `limit`. Raises FileUnpacksTooLarge, FileBroken."""
        try:
            with self.zip.open(name) as source:
                content = source.read(limit + 1)
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, OSError):
            raise refusals.FileBroken from None
        if len(content) > limit:
            raise refusals.FileUnpacksTooLarge
        return content

    def xml(self, name: str) -> etree._Element:
        """A small member as a tree (styles, notes, numbering). Raises what `read` raises, and FileHasEntities."""
        content = self.read(name, limit=10_000_000)
        _refuse_declarations(content)
        try:
            return etree.fromstring(_transitional(content), _parser())
        except etree.XMLSyntaxError:
            raise refusals.FileBroken from None

    def children(self, name: str, body: str) -> Iterator[etree._Element]:
        """The children of the element `body` in a large member, one at a time, each forgotten after use."""
        with self.zip.open(name) as source:
            _refuse_declarations(source.read(1_000_000))
        try:
            with self.zip.open(name) as source:
                yield from _children(_Counted(source), body)
        except (etree.XMLSyntaxError, zipfile.BadZipFile, zlib.error, EOFError):
            raise refusals.FileBroken from None


class _Counted:
    """A file that refuses to give more than XML_MAX bytes."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source, self.given = source, 0

    def read(self, size: int = -1) -> bytes:
        chunk = self.source.read(min(size, CHUNK) if size > 0 else CHUNK)
        if self.given == 0:
            chunk = _transitional(chunk)
        self.given += len(chunk)
        if self.given > XML_MAX:
            raise refusals.FileUnpacksTooLarge
        return chunk


def _children(source: Any, body: str) -> Iterator[etree._Element]:
    events = etree.iterparse(
        source, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    depth, inside, held = 0, None, 0
    for event, element in events:
        if event == "start":
            depth += 1
            held += 1
            if held > BLOCK_MAX:
                raise refusals.FileUnpacksTooLarge
            if inside is None and element.tag == body:
                if element.getroottree().docinfo.internalDTD is not None:
                    raise refusals.FileHasEntities
                inside = depth
            continue
        if inside is not None and depth == inside + 1:
            yield element
            element.clear()
            held = 0
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
        if depth == inside:
            inside = None
        depth -= 1


def _transitional(beginning: bytes) -> bytes:
    """The names that stand in the first element, as Word usually writes them."""
    for strict, usual in STRICT if b"purl.oclc.org" in beginning else ():
        beginning = beginning.replace(strict, usual)
    return beginning


def _refuse_declarations(beginning: bytes) -> None:
    if DECLARED.search(beginning):
        raise refusals.FileHasEntities


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )

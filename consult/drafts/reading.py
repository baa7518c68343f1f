"""Reading a draft: a DOCX, ODT or Markdown file into a Document. Knows no database and no request."""

from collections.abc import Callable, Iterable, Iterator

from consult.drafts import reading_refusals as refusals
from consult.drafts.document import Document
from consult.drafts.reading_docx import read_docx
from consult.drafts.reading_docx_parts import Parts
from consult.drafts.reading_lines import Line
from consult.drafts.reading_markdown import read_markdown
from consult.drafts.reading_odt import read_odt
from consult.drafts.reading_package import DOCX_MAIN, ODT_MIME, OLE, UPLOAD_MAX, Package
from consult.drafts.reading_structure import build

MARKDOWN_ENDINGS = (".md", ".markdown", ".txt")
LINES_MAX = 20_000  # a report of 1,000 pages has half as many
TEXT_MAX = 10_000_000  # characters: more is no draft
PARAGRAPH_MAX = 500_000  # characters of one paragraph or table

Progress = Callable[[int], None]  # called now and then with the number of lines read


def read_draft(content: bytes, *, name: str, progress: Progress | None = None) -> Document:
    """The document in a file. What it is, its bytes say, not its name; only Markdown is known by its ending.

    Raises the refusals of reading_refusals.
    """
    if len(content) > UPLOAD_MAX:
        raise refusals.FileTooLarge
    if content.startswith((b"PK\x03\x04", OLE)):
        package = Package(content)
        read = _office_reader(package)
        lines, dropped, running, language = read(package)
    elif name.lower().endswith(MARKDOWN_ENDINGS):
        lines, dropped, running, language = read_markdown(content)
    else:
        raise refusals.FileKindUnknown
    read_lines = list(_watched(lines, progress))  # dropped things are counted while the lines are read
    return build(read_lines, running, language, dropped)


def _office_reader(package: Package):  # type: ignore[no-untyped-def]
    if "[Content_Types].xml" in package.names:
        types = package.read("[Content_Types].xml", limit=1_000_000)
        if b"macroEnabled" in types:
            raise refusals.FileHasMacros
        if DOCX_MAIN.encode() not in types or Parts(package).main not in package.names:
            raise refusals.FileKindUnknown
        return read_docx
    if "content.xml" in package.names and "mimetype" in package.names:
        if package.read("mimetype", limit=200).strip() != ODT_MIME:
            raise refusals.FileKindUnknown
        if "META-INF/manifest.xml" in package.names and b"encryption-data" in package.read("META-INF/manifest.xml"):
            raise refusals.FileEncrypted
        return read_odt
    raise refusals.FileKindUnknown


def _watched(lines: Iterable[Line], progress: Progress | None) -> Iterator[Line]:
    length = notes = 0
    for number, line in enumerate(lines, start=1):
        length += len(line.raw) + sum(len(note.text) for note in line.notes)
        notes += len(line.notes)
        if number > LINES_MAX or notes > LINES_MAX or length > TEXT_MAX or len(line.raw) > PARAGRAPH_MAX:
            raise refusals.FileUnpacksTooLarge
        if progress and number % 50 == 0:
            progress(number)
        yield line

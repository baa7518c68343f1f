"""The parts of a Word file: which one holds the text, and where its styles, notes and headers are. Names are not fixed: Word on the
web writes word/document2.xml. Source: ECMA-376 part 2, section 9 (relationships)."""

import posixpath
import re

from lxml import etree

from consult.drafts.document import NoteKind
from consult.drafts.reading_docx_styles import attr, w
from consult.drafts.reading_package import Package

DOCUMENT = "word/document.xml"
NOTES = {NoteKind.FOOTNOTE: "footnote", NoteKind.ENDNOTE: "endnote"}
HEADERS_READ = 60  # three kinds of header and footer for twenty chapters
HEADER = re.compile(r"word/(header|footer)\d*\.xml")


class Parts:
    """The parts of a file by what they are."""

    def __init__(self, package: Package) -> None:
        self.package = package
        found = [target for kind, target in _inside(package, "") if kind == "officeDocument"]
        self.main = found[0] if found and found[0] in package.names else DOCUMENT
        self.related = _inside(package, self.main)

    def tree(self, kind: str) -> etree._Element | None:
        """A part by its kind ("styles", "numbering"); None where the file has none."""
        found = [target for one, target in self.related if one == kind and target in self.package.names]
        name = found[0] if found else f"word/{kind}.xml"
        return self.package.xml(name) if name in self.package.names else None

    def notes(self, kind: NoteKind) -> dict[str, etree._Element]:
        """The footnotes or endnotes by id, without the lines that separate them from the text."""
        root = self.tree(f"{NOTES[kind]}s")
        if root is None:
            return {}
        return {attr(note, "id") or "": note for note in root.findall(w(NOTES[kind])) if attr(note, "type") is None}

    def links(self, kind: NoteKind | None) -> dict[str, str]:
        """Addresses of hyperlinks by relationship id, of the text (None) or of the notes. They are kept, and never followed."""
        name = self.main
        if kind is not None:
            found = [target for one, target in self.related if one == f"{NOTES[kind]}s"]
            name = found[0] if found else f"word/{NOTES[kind]}s.xml"
        return {
            str(relation.get("Id")): str(relation.get("Target", ""))
            for relation in _relations(self.package, name)
            if str(relation.get("Type", "")).endswith("/hyperlink") and relation.get("TargetMode") == "External"
        }

    def has_linked_template(self) -> bool:
        """Whether the file names a template on another machine."""
        found = [target for one, target in self.related if one == "settings"]
        relations = _relations(self.package, found[0] if found else "word/settings.xml")
        return any(relation.get("TargetMode") == "External" for relation in relations)

    def running_headers(self) -> list[str]:
        """The texts of the page headers and footers, so that a stray copy in the body can be told."""
        named = {target for kind, target in self.related if kind in ("header", "footer")}
        found = sorted(name for name in self.package.names if name in named or HEADER.fullmatch(name))
        texts = []
        for name in [name for name in found if self.package.is_small(name)][:HEADERS_READ]:
            for paragraph in self.package.xml(name).iter(w("p")):
                text = " ".join("".join(run.text or "" for run in paragraph.iter(w("t"))).split())
                if len(text) > 3:
                    texts.append(text)
        return texts


def _relations(package: Package, part: str) -> list[etree._Element]:
    folder, _, name = part.rpartition("/")
    file = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
    return [one for one in package.xml(file) if isinstance(one.tag, str)] if file in package.names else []


def _inside(package: Package, part: str) -> list[tuple[str, str]]:
    """Kind and name of the parts that a part points to within the file."""
    found = []
    for relation in _relations(package, part):
        if relation.get("TargetMode") != "External":
            target = posixpath.join("/", posixpath.dirname(part), str(relation.get("Target", "")))
            found.append((str(relation.get("Type", "")).rsplit("/", 1)[-1], posixpath.normpath(target).lstrip("/")))
    return found

"""From what was read in the files to rows: paragraphs with keys, and their text in each language."""

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from consult.core import ids
from consult.drafts import queries
from consult.drafts.alignment import Unit, align
from consult.drafts.comparing import ANNEX_ITEM, BELONGING
from consult.drafts.document import Block, Document, Kind, body_begins, refs
from consult.drafts.inspecting import count_words
from consult.drafts.models import (
    DraftUpload,
    DraftVersion,
    LanguageVersion,
    Paragraph,
    ParagraphText,
    UploadState,
    VersionState,
)

KEY_LENGTH = 12


def lay_out(db: Session, version: DraftVersion, source_language: str) -> None:
    """Write the rows of a version that is being prepared anew, from the documents of all its languages.

    The source language makes the paragraphs; the others add their text where they have the same refs.
    """
    clear(db, version.id)
    uploads = {one.language: one for one in queries.list_uploads(db, version.id) if one.state is UploadState.READ}
    source = uploads.pop(source_language, None)
    if source is None:
        return
    document = Document.from_json(source.document or {})
    ids_by_ref = _write_paragraphs(db, version, document, source_language)
    _write_texts(db, version.id, source, document, ids_by_ref)
    for upload in uploads.values():
        _write_texts(db, version.id, upload, Document.from_json(upload.document or {}), ids_by_ref)


def clear(db: Session, version_id: int) -> None:
    """Remove the rows of a version."""
    for table in (ParagraphText, Paragraph, LanguageVersion):
        db.execute(delete(table).where(table.version_id == version_id))


def _body(document: Document) -> list[tuple[str, Block]]:
    begin = body_begins(document.blocks)
    return list(zip(refs(document.blocks), document.blocks, strict=True))[begin:]


def _write_paragraphs(db: Session, version: DraftVersion, document: Document, language: str) -> dict[str, int]:
    body = _body(document)
    keys = _keys(db, version, body, language)
    parent: str | None = None
    rows = []
    for position, (ref, block) in enumerate(body):
        if block.kind in (Kind.HEADING, Kind.PARAGRAPH):
            parent = ref if block.kind is Kind.PARAGRAPH else None
        own = block.kind in (Kind.HEADING, Kind.PARAGRAPH)
        rows.append(
            {
                "version_id": version.id,
                "key": keys[ref],
                "ref": ref,
                "position": position,
                "kind": block.kind,
                "level": block.level,
                "parent_ref": None if own else parent,
            }
        )
    if rows:
        db.execute(insert(Paragraph), rows)
    return {
        row.ref: row.id
        for row in db.execute(select(Paragraph.ref, Paragraph.id).where(Paragraph.version_id == version.id))
    }


def _keys(db: Session, version: DraftVersion, body: list[tuple[str, Block]], language: str) -> dict[str, str]:
    """The key of each paragraph: the one it had in the published version before, or a new one."""
    versions = queries.list_versions(db, version.consultation_id)
    before = next((one for one in versions if one.state is VersionState.PUBLISHED), None)
    keys = {ref: ids.random_code(KEY_LENGTH) for ref, _ in body}
    if before is None:
        return keys
    old = queries.read_paragraphs(
        db, before.id, [language, *(one.language for one in queries.read_languages(db, before.id))]
    )
    before_rows = [(row.ref, row.kind, _labelled(row.kind, row.label, row.text)) for row in old]
    now_rows = [(ref, block.kind, _labelled(block.kind, block.label, block.text)) for ref, block in body]
    key_of = {row.ref: row.key for row in old}
    for units in (_wholes, _parts):
        old_units, new_units = units(before_rows), units(now_rows)
        for pair in align(old_units, new_units):
            if pair.old is not None and pair.new is not None:
                keys[new_units[pair.new].ref] = key_of[old_units[pair.old].ref]
    return keys


def _labelled(kind: Kind, label: str, text: str) -> str:
    return f"{label} {text}" if kind is Kind.SUB_ITEM else text


def _wholes(blocks: list[tuple[str, Kind, str]]) -> list[Unit]:
    """Blocks for comparing, a paragraph with all that belongs to it; an item of an annex is never a paragraph of the report."""
    made: list[Unit] = []
    heading = ""
    for ref, kind, text in blocks:
        heading = text if kind is Kind.HEADING else heading
        if kind not in BELONGING:
            is_item = kind is Kind.PARAGRAPH and ref.startswith("annex")
            made.append(Unit(ref, text, ANNEX_ITEM if is_item else kind, "" if kind is Kind.HEADING else heading))
        elif made and made[-1].kind in (Kind.PARAGRAPH, ANNEX_ITEM):
            last = made[-1]
            made[-1] = Unit(last.ref, f"{last.text}\n{text}", last.kind, last.heading)
    return made


def _parts(blocks: list[tuple[str, Kind, str]]) -> list[Unit]:
    """Sub-items, bullets and continuations for comparing, each for itself, under the beginning of its paragraph."""
    made: list[Unit] = []
    owner = ""
    for ref, kind, text in blocks:
        if kind in BELONGING:
            made.append(Unit(ref, text, kind, owner))
        elif kind in (Kind.PARAGRAPH, Kind.HEADING):
            owner = text
    return made


def _write_texts(
    db: Session, version_id: int, upload: DraftUpload, document: Document, ids_by_ref: dict[str, int]
) -> None:
    begin = body_begins(document.blocks)
    db.add(
        LanguageVersion(
            version_id=version_id,
            language=upload.language,
            file_name=upload.file_name,
            words=count_words(document),
            front=[block.html for block in document.blocks[:begin]],
        )
    )
    db.flush()
    rows = [
        {
            "version_id": version_id,
            "paragraph_id": ids_by_ref[ref],
            "language": upload.language,
            "label": block.label[:80],
            "text": block.text,
            "html": block.html,
            "notes": [{"mark": note.mark, "html": note.html} for note in block.notes],
        }
        for ref, block in _body(document)
        if ref in ids_by_ref
    ]
    if rows:
        db.execute(insert(ParagraphText), rows)

"""From what was read in the files to rows: paragraphs with keys, and their text in each language."""

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from consult.core import ids
from consult.drafts import queries
from consult.drafts.alignment import Unit, align
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
    old_units = _units([(row.ref, row.kind, row.text) for row in old])
    new_units = _units([(ref, block.kind, block.text) for ref, block in body])
    for pair in align(old_units, new_units):
        if pair.old is not None and pair.new is not None:
            keys[new_units[pair.new].ref] = old[pair.old].key
    return keys


def _units(blocks: list[tuple[str, Kind, str]]) -> list[Unit]:
    """Blocks for comparing; an item of an annex is never a paragraph of the report."""
    made = []
    heading = ""
    for ref, kind, text in blocks:
        heading = text if kind is Kind.HEADING else heading
        is_item = kind is Kind.PARAGRAPH and ref.startswith("annex")
        made.append(Unit(ref, text, "annex_item" if is_item else kind, "" if kind is Kind.HEADING else heading))
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

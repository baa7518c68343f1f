"""Uploading, correcting and publishing a draft."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations.models import Consultation
from consult.core.db import lock, refusing
from consult.core.files import store
from consult.drafts import queries, rules
from consult.drafts.document import Document, body_begins, refs
from consult.drafts.laying_out import clear, lay_out
from consult.drafts.models import (
    FILE_NAME_MAX,
    DraftUpload,
    DraftVersion,
    Paragraph,
    ParagraphText,
    UploadState,
    VersionState,
)
from consult.jobs import operations as tasks
from consult.jobs.models import Task

UNWANTED_AFTER = timedelta(days=1)


def begin_version(db: Session, consultation: Consultation, *, by: Staff, now: datetime) -> DraftVersion:
    """The version that is being prepared; a new one with the next number where there is none.

    Returns it.  Records ``draft.version_begun`` (slug, number) for a new one.
    """
    lock(db, consultation)
    versions = queries.list_versions(db, consultation.id)
    if versions and versions[0].state is VersionState.PREPARING:
        return versions[0]
    number = versions[0].number + 1 if versions else 1
    made = DraftVersion(consultation_id=consultation.id, number=number, state=VersionState.PREPARING, created_at=now)
    db.add(made)
    db.flush()
    record(db, "draft.version_begun", by=by, consultation=consultation.slug, number=number)
    return made


def upload_draft(
    db: Session,
    version: DraftVersion,
    *,
    language: str,
    languages: list[str],
    file_name: str,
    file_key: str,
    size: int,
    next_url: str,
    by: Staff,
    now: datetime,
) -> Task:
    """Take a file for a version and language in place of the one before, and have it read.

    Returns the Task.  Raises VersionPublished, LanguageNotOfConsultation.  Records ``draft.uploaded`` (version id, language).
    """
    lock(db, version)
    rules.check_change_version(version)
    if language not in languages:
        raise rules.LanguageNotOfConsultation
    before = queries.find_upload(db, version.id, language)
    if before is not None:
        db.delete(before)
        db.flush()
    upload = DraftUpload(
        version_id=version.id,
        language=language,
        file_name=file_name[:FILE_NAME_MAX],
        file_key=file_key,
        file_size=size,
        state=UploadState.READING,
        edition=0,
        uploaded_at=now,
    )
    db.add(upload)
    db.flush()
    task = tasks.start_task(
        db, "drafts.read_upload", owner=by.actor, subject=f"draft_upload:{upload.id}", next_url=next_url, now=now
    )
    upload.task_ref = task.ref
    record(db, "draft.uploaded", by=by, version=version.id, language=language)
    return task


def keep_reading(db: Session, upload: DraftUpload, document: Document, *, source_language: str) -> None:
    """Keep what was read in a file, and lay it out as rows. Nothing happens where the version was published meanwhile."""
    version = lock(db, db.get_one(DraftVersion, upload.version_id))
    if version.state is VersionState.PUBLISHED:
        return
    upload.document = document.to_json()
    upload.state = UploadState.READ
    upload.edition += 1
    db.flush()
    lay_out(db, version, source_language)


def correct_upload(
    db: Session, upload: DraftUpload, document: Document, *, shown: int, source_language: str, by: Staff, now: datetime
) -> None:
    """Keep a correction of what was read: the next edition.

    Raises VersionPublished, FormStale.  Records ``draft.corrected`` (version id, language, edition).
    """
    version = lock(db, db.get_one(DraftVersion, upload.version_id))
    rules.check_change_version(version)
    lock(db, upload)
    rules.check_edition(upload, shown)
    keep_reading(db, upload, document, source_language=source_language)
    record(db, "draft.corrected", by=by, version=version.id, language=upload.language, edition=upload.edition)


def publish_version(
    db: Session, consultation: Consultation, version: DraftVersion, *, is_public: bool, by: Staff, now: datetime
) -> None:
    """Publish a version: from now on nothing of it changes.

    Raises VersionPublished, StillReading, NothingToPublish, RefsDiffer.
    Records ``draft.published`` (slug, number, digest).
    """
    lock(db, consultation)
    lock(db, version)
    uploads = queries.list_uploads(db, version.id)
    source = consultation.languages[0]
    rules.check_publish_version(version, uploads, source)
    check_languages(uploads, source)
    version.digest = digest_of(db, version.id)
    version.is_public = is_public
    version.published_at = now
    version.state = VersionState.PUBLISHED
    consultation.revision += 1
    with refusing(db, {"published_version_never_changes": rules.VersionPublished}):
        pass
    record(db, "draft.published", by=by, consultation=consultation.slug, number=version.number, digest=version.digest)


def check_languages(uploads: list[DraftUpload], source: str) -> None:
    """Every translation has only paragraphs that the draft has. Raises RefsDiffer."""
    read = {one.language: refs_of(one) for one in uploads if one.state is UploadState.READ}
    for language, found in read.items():
        if language != source:
            rules.check_language_matches(language, set(read.get(source, ())), found)


def refs_of(upload: DraftUpload) -> list[str]:
    """The refs of what was read in a file, without front matter."""
    blocks = Document.from_json(upload.document or {}).blocks
    return refs(blocks)[body_begins(blocks) :]


def digest_of(db: Session, version_id: int) -> str:
    """SHA-256, hex, over the refs, keys and texts of a version in all languages."""
    query = (
        select(Paragraph.ref, Paragraph.key, ParagraphText.language, ParagraphText.label, ParagraphText.html)
        .join(ParagraphText, ParagraphText.paragraph_id == Paragraph.id)
        .where(Paragraph.version_id == version_id)
        .order_by(Paragraph.position, ParagraphText.language)
    )
    made = hashlib.sha256()
    for row in db.execute(query):
        made.update("\x1f".join(row).encode() + b"\x1e")
    return made.hexdigest()


def forget_version(db: Session, version: DraftVersion, *, by: Staff, now: datetime) -> None:
    """Throw away a version that is being prepared. Raises VersionPublished. Records ``draft.version_dropped`` (version id)."""
    lock(db, version)
    rules.check_change_version(version)
    clear(db, version.id)
    db.execute(delete(DraftUpload).where(DraftUpload.version_id == version.id))
    db.delete(version)
    db.flush()
    record(db, "draft.version_dropped", by=by, version=version.id)


def sweep_files(db: Session, *, now: datetime) -> int:
    """Remove uploaded files that no row wants any more, a day later. Returns how many."""
    wanted = set(db.scalars(select(DraftUpload.file_key)))
    return store().sweep("drafts", wanted, before=(now - UNWANTED_AFTER).timestamp())

"""Background work of drafts: reading an uploaded file."""

from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import writing
from consult.core.files import store
from consult.core.refusals import Refused
from consult.drafts import operations
from consult.drafts.models import DraftUpload, DraftVersion, UploadState
from consult.drafts.reading import read_draft
from consult.jobs import operations as tasks
from consult.jobs.models import Task


def read_upload(task_id: int) -> None:
    """Read an uploaded draft, with progress; a refusal is kept for whoever uploaded it."""
    with writing() as db:
        task = tasks.claim_task(db, task_id, now=clock.now())
        if task is None:
            return
        upload = db.get(DraftUpload, int(task.subject.removeprefix("draft_upload:")))
        if upload is None:  # another file was uploaded in its place
            tasks.finish_task(db, task, now=clock.now())
            return
        version = db.get_one(DraftVersion, upload.version_id)
        source = db.get_one(Consultation, version.consultation_id).languages[0]
    content = store().read(upload.file_key)

    def progress(lines: int) -> None:
        with writing() as db:
            tasks.report_progress(db, task_id, lines, max(lines * 2, len(content) // 200), now=clock.now())

    try:
        document = read_draft(content, name=upload.file_name, progress=progress)
    except Refused as problem:
        with writing() as db:
            if (kept := db.get(DraftUpload, upload.id)) is not None:
                kept.state = UploadState.FAILED
            tasks.fail_task(db, db.get_one(Task, task_id), problem, now=clock.now())
        store().drop(upload.file_key)
        return
    with writing() as db:
        if (kept := db.get(DraftUpload, upload.id)) is not None:
            operations.keep_reading(db, kept, document, source_language=source)
        tasks.finish_task(db, db.get_one(Task, task_id), now=clock.now())

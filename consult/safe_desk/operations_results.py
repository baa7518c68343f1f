"""What officers hand in: public versions go into the queue, withdrawals are carried out, cells are passed on unread."""

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations.models import Consultation
from consult.core import exchange
from consult.core.db import lock, refusing
from consult.core.files import store
from consult.custody import queries as custody
from consult.custody.models import Officer
from consult.custody.operations_files import keep_signed, to_the_minute
from consult.custody.operations_presence import note_there
from consult.custody.rules import FileWrong, check_is_officer
from consult.custody.waking import wake_exchange
from consult.drafts.models import DraftVersion
from consult.jobs import operations as tasks
from consult.jobs.models import Task
from consult.responses.operations import leave_release
from consult.rounds.models import Round
from consult.rounds.operations import withdraw_comment
from consult.rounds.operations_nameless import Released, new_refs, release_comments
from consult.safe_desk import queries, rules
from consult.safe_desk.models import DeskResult, NamelessRound, ResultUpload
from consult.safe_desk.results import Result

UPLOADS, STATES = "results", "states"  # kinds of files in the store
TAKE = "safe_desk.take_result"  # the job's name in consult/worker.py


def upload_result(
    db: Session,
    consultation: Consultation,
    officer: Officer | None,
    file_key: str,
    *,
    next_url: str,
    by: Staff,
    now: datetime,
) -> Task:
    """Have a result file read by a worker. Returns the Task.  Raises NotAnOfficer."""
    check_is_officer(officer)
    if officer is None:
        raise FileWrong  # checked above; said again for the type
    note_there(db, by=by, now=now)
    made = ResultUpload(consultation_id=consultation.id, officer_id=officer.id, file_key=file_key, uploaded_at=now)
    db.add(made)
    db.flush()
    return tasks.start_task(db, TAKE, owner=by.actor, subject=f"result_upload:{made.id}", next_url=next_url, now=now)


def take_result(
    db: Session, consultation: Consultation, result: Result, *, officer: Officer, by: Staff, now: datetime
) -> DeskResult:
    """Carry out what an officer decided, all of it or nothing.

    Returns its row.  Raises NotAnOfficer, FileWrong, and what check_result_number, check_batches, check_release and
    check_release_comment raise.  Records ``result.taken`` (slug, card, result, closes): never an item or a count.
    """
    lock(db, consultation)
    check_is_officer(lock(db, officer))
    before, last = queries.newest_result(db, consultation.id), queries.last_batch(db, consultation.id)
    rules.check_result_number(result.number, before.number if before else 0)
    rules.check_batches(result.batches, before=before.batches if before else 0, taken=last)
    _check_cells(db, consultation, result)
    rounds = _rounds_of(db, consultation, result)
    new = sum(len(new_refs(db, one, [each.ref for each in listed])) for one, listed in rounds)
    rules.check_release(new, closes=result.closes, may_close=_may_close(db, consultation, result, now=now))
    secrets.SystemRandom().shuffle(rounds)
    for round_, listed in rounds:
        release_comments(db, round_, listed, languages=consultation.languages)
    _withdraw(db, consultation, result.withdrawn, now=now)
    made = _keep(db, consultation, result, before, officer, now=now)
    record(
        db,
        "result.taken",
        by=by,
        consultation=consultation.slug,
        card=officer.ref,
        result=result.digest[:12],
        closes=result.closes,
    )
    wake_exchange(db)
    return made


def _check_cells(db: Session, consultation: Consultation, result: Result) -> None:
    if result.cells is not None and result.cells_number <= custody.last_number(db, consultation.id, exchange.CELLS):
        raise rules.ResultOutdated


def _rounds_of(db: Session, consultation: Consultation, result: Result) -> list[tuple[Round, list[Released]]]:
    """The rounds that released comments are for. Raises FileWrong for one that takes none, or is on another version."""
    numbered = {one.number: one for one in queries.nameless_rounds(db, consultation.id)}
    found = []
    for (number, version), listed in result.released.items():
        round_ = numbered.get(number)
        if round_ is None or db.get_one(DraftVersion, round_.version_id).number != version:
            raise FileWrong
        found.append((round_, listed))
    return found


def _may_close(db: Session, consultation: Consultation, result: Result, *, now: datetime) -> bool:
    """Whether “that is all” can be known: the newest round has closed, and what safe released knowing it is among the opened."""
    newest = queries.nameless_rounds(db, consultation.id)[0]
    row = db.get(NamelessRound, newest.id)
    if newest.closes_at > now or row is None:
        return False
    return queries.covers(db, consultation.id, row.closed_manifest, len(result.batches))


def _withdraw(db: Session, consultation: Consultation, refs: list[str], *, now: datetime) -> None:
    found = queries.find_nameless(db, consultation.id, refs)
    if len(found) != len(refs):
        raise FileWrong
    for comment in found:
        if comment.withdrawn_at is None:
            leave_release(db, comment)
            withdraw_comment(db, comment, now=now)


def _keep(
    db: Session,
    consultation: Consultation,
    result: Result,
    before: DeskResult | None,
    officer: Officer,
    *,
    now: datetime,
) -> DeskResult:
    made = DeskResult(
        consultation_id=consultation.id,
        number=result.number,
        officer_id=officer.id,
        digest=result.digest,
        batches=len(result.batches),
        closes=result.closes,
        state_key=store().keep(result.state.encode(), kind=STATES),
        taken_at=to_the_minute(now),
    )
    with refusing(db, {"uq_desk_result_consultation_id_number": rules.ResultOutdated}):
        db.add(made)
        if before is not None:
            before.state_key = None
    if result.cells is not None:
        keep_signed(db, consultation, exchange.CELLS, result.cells_number, result.cells)
    _note_progress(db, consultation, made, result)
    return made


def _note_progress(db: Session, consultation: Consultation, made: DeskResult, result: Result) -> None:
    """Where a result says “that is all”: whether all up to the closing, or up to the end of withdrawals, is in."""
    row = db.get(NamelessRound, queries.nameless_rounds(db, consultation.id)[0].id)
    if row is None:
        return
    if result.closes and row.released_by_id is None:
        row.released_by_id = made.id
    if (
        result.closes
        and row.settled_by_id is None
        and queries.covers(db, consultation.id, row.withdrawn_manifest, made.batches)
    ):
        row.settled_by_id = made.id
    if result.final_root is not None:
        row.final_root = result.final_root
    consultation.revision += 1
    db.flush()

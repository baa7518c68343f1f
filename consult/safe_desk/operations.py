"""The exchange run: tell safe what changed, take its batches and reports in order, and remember how far each round is."""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations.models import Consultation
from consult.core import crypto, exchange
from consult.core.crypto import Unreadable
from consult.core.db import lock, refusing
from consult.core.exchange import Found
from consult.custody import queries as custody
from consult.custody.operations_files import keep_for_safe, take_back, to_the_minute
from consult.custody.sides import Safe
from consult.custody.waking import wake_exchange
from consult.rounds.models import Round
from consult.safe_desk import queries, rules
from consult.safe_desk.manifests import answers_of, manifest_of
from consult.safe_desk.models import Batch, ExchangeFault, NamelessRound, SafeReport

KIND = "batches"  # of files in the store
ITEMS_LEAST = 64
SEALED = {size + crypto.SEAL_OVERHEAD for size in crypto.PADDED}  # bytes that a sealed item may have
CODE, COUNT_CLASS = re.compile("[a-z_]{1,40}"), re.compile("few|at least [0-9]{1,6}")


def tell_safe(db: Session, safe: Safe, base_url: str, consultation: Consultation, *, now: datetime) -> int:
    """Write a manifest, and the published answers, where they changed. Returns how many files wait to be laid.

    The first manifest that says that a round is closed, or that its withdrawals are, is remembered: what safe releases
    knowing it holds everything up to then.
    """
    lock(db, consultation)
    _remember_rounds(db, consultation)
    content = manifest_of(db, safe, base_url, consultation, now=now)
    made = keep_for_safe(db, safe, consultation, exchange.MANIFEST, content)
    if made is not None:
        _remember_told(db, consultation, content, made.number)
    answers = answers_of(db, consultation)
    told = keep_for_safe(db, safe, consultation, exchange.ANSWERS, answers) if answers else None
    return (made is not None) + (told is not None)


def _remember_rounds(db: Session, consultation: Consultation) -> None:
    for round_ in queries.nameless_rounds(db, consultation.id):
        if db.get(NamelessRound, round_.id) is None:
            db.add(NamelessRound(round_id=round_.id))
    db.flush()


def _remember_told(db: Session, consultation: Consultation, content: dict[str, Any], number: int) -> None:
    row = db.get_one(NamelessRound, queries.nameless_rounds(db, consultation.id)[0].id)
    if content["state"] != "open" and row.closed_manifest is None:
        row.closed_manifest = number
    if content["withdrawals_closed"] and row.withdrawn_manifest is None:
        row.withdrawn_manifest = number
    db.flush()


# --- what safe gives ---------------------------------------------------------------------------------------------------


def waiting_files(safe: Safe, consultation: Consultation, purpose: str, last: int) -> Iterator[Found]:
    """The files of a purpose that come next, in order, none left out."""
    found = {
        one.number: one for one in exchange.look(safe.folder_out, purpose) if one.consultation == consultation.slug
    }
    while (last := last + 1) in found:
        yield found[last]


def read_batch(safe: Safe, found: Found) -> tuple[str, dict[str, Any]]:
    """A batch as it came, and what its signed outside says. Nothing in it is opened: nobody here could. Raises Unreadable."""
    text = found.text()
    told = exchange.opened_file(text, exchange.BATCH, safe.between, found.consultation, found.number, [safe.public])
    items, manifest = told.get("items"), told.get("manifest")
    if not isinstance(items, list) or len(items) < ITEMS_LEAST or len(items) & (len(items) - 1):
        raise Unreadable
    if not isinstance(manifest, int) or isinstance(manifest, bool) or not 0 <= manifest < 2**31:
        raise Unreadable
    crypto.unb64(told.get("root"), 32)
    crypto.unb64(told.get("decoys"))
    if len({_item_id(one) for one in items}) != len(items):
        raise Unreadable
    return text, told


def _item_id(one: Any) -> bytes:
    if not isinstance(one, dict) or len(crypto.unb64(one.get("sealed"))) not in SEALED:
        raise Unreadable
    return crypto.unb64(one.get("id"), 16)


def keep_batch(
    db: Session, consultation: Consultation, number: int, text_digest: str, manifest: int, key: str, *, now: datetime
) -> Batch | None:
    """Note a batch whose file is stored. None where another worker was faster. Nothing is recorded: the run is no act of anybody."""
    lock(db, consultation)
    if number != queries.last_batch(db, consultation.id) + 1:
        return None
    made = Batch(
        consultation_id=consultation.id,
        number=number,
        digest=text_digest,
        manifest=manifest,
        file_key=key,
        taken_at=to_the_minute(now),
    )
    db.add(made)
    db.flush()
    return made


def read_report(safe: Safe, found: Found) -> list[tuple[str, str]]:
    """What safe tells about itself: codes, each with a class of counts and never a number under 5. Raises Unreadable."""
    told = exchange.opened_file(
        found.text(), exchange.REPORT, safe.between, found.consultation, found.number, [safe.public]
    )
    events = told.get("events")
    if not isinstance(events, list):
        raise Unreadable
    return [_event(one) for one in events]


def _event(one: Any) -> tuple[str, str]:
    code, count = (one.get("code"), one.get("count_class")) if isinstance(one, dict) else (None, None)
    if not isinstance(code, str) or not isinstance(count, str):
        raise Unreadable
    if not CODE.fullmatch(code) or not COUNT_CLASS.fullmatch(count) or count in {f"at least {n}" for n in range(5)}:
        raise Unreadable
    return code, count.replace(" ", "_")


def keep_report(
    db: Session, consultation: Consultation, number: int, events: list[tuple[str, str]], *, now: datetime
) -> None:
    """Write a report of safe into the journal, once. Records ``safe.reported`` (slug, code, count class) for each event."""
    lock(db, consultation)
    if number != queries.last_report(db, consultation.id) + 1:
        return
    db.add(SafeReport(consultation_id=consultation.id, number=number, taken_at=to_the_minute(now)))
    db.flush()
    for code, count in events:
        record(db, "safe.reported", by=None, consultation=consultation.slug, code=code, count=count)


def note_fault(db: Session, consultation: Consultation, purpose: str, path: Path, *, now: datetime) -> None:
    """Remember a file that was not taken, once, for the page of the exchange.

    Records ``exchange.file_refused`` (slug, purpose, digest).
    """
    digest = hashlib.sha256(path.name.encode() + path.read_bytes()).hexdigest()
    lock(db, consultation)
    if db.scalar(select(ExchangeFault.id).where(ExchangeFault.digest == digest)) is not None:
        return
    db.add(ExchangeFault(consultation_id=consultation.id, purpose=purpose, digest=digest, found_at=to_the_minute(now)))
    db.flush()
    record(db, "exchange.file_refused", by=None, consultation=consultation.slug, purpose=purpose, file=digest[:12])


# --- the hour ----------------------------------------------------------------------------------------------------------


def announce_withdrawals(
    db: Session, consultation: Consultation, round_: Round, until: datetime, *, by: Staff, now: datetime
) -> None:
    """Announce until when one can withdraw without leaving a trace in the report; the public page and safe say it.

    Raises what check_announce_withdrawals raises.  Records ``withdrawals.announced`` (slug, hour).
    """
    lock(db, consultation)
    row = db.get(NamelessRound, round_.id)
    standing = queries.find_standing(db, round_, now=now)
    rules.check_announce_withdrawals(standing, until, row.withdraw_until if row else None, now=now)
    if row is None:
        raise rules.NotReleasedYet  # checked above; said again for the type
    with refusing(
        db, {"announced_hour_never_earlier": rules.TooSoon, "settled_round_stays_settled": rules.SettledAlready}
    ):
        lock(db, row).withdraw_until = until
    consultation.revision += 1
    db.flush()
    hour = until.strftime("%Y-%m-%dT%H:%M")
    record(db, "withdrawals.announced", by=by, consultation=consultation.slug, until=hour)
    wake_exchange(db)


# --- the end -----------------------------------------------------------------------------------------------------------


def destroy_sealed(db: Session, safe: Safe, consultation: Consultation, *, now: datetime) -> int:
    """Let go of sealed batches, states and cells when their time is over; their files are swept. Returns how many batches.

    Records ``sealed.destroyed`` (slug) where there were any.
    """
    over = queries.destroy_after(consultation)
    if over is None or now.date() <= over:
        return 0
    gone = [one for one in queries.list_batches(db, consultation.id) if one.file_key is not None]
    for one in gone:
        one.file_key = None
    newest = queries.newest_result(db, consultation.id)
    if newest is not None:
        newest.state_key = None
    take_back(db, safe, consultation, exchange.CELLS)  # each would still open with a code
    db.flush()
    if gone:
        record(db, "sealed.destroyed", by=None, consultation=consultation.slug)
    return len(gone)


def in_use(db: Session) -> list[Consultation]:
    """The consultations whose exchange runs."""
    return [db.get_one(Consultation, one) for one in custody.list_in_use(db)]

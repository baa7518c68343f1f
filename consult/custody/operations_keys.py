"""Consultation keys: opened, held, put to use, stopped, erased. Keys are named in the journal by the digest of their public half."""

import hashlib
from datetime import date, datetime

from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations.models import Consultation
from consult.core.db import lock, refusing
from consult.custody import queries, rules, sides
from consult.custody.halves import drop_half, keep_half
from consult.custody.models import ConsultationKey, HalfCopy, Officer, Opening
from consult.custody.operations_presence import note_there
from consult.custody.sides import Safe
from consult.custody.signed_files import (
    ListedKey,
    OpeningFile,
    listed_officers,
    number_of,
    own_copy,
    read_opening_file,
    read_signed,
)
from consult.custody.waking import wake_exchange

BY_RULE = {
    "uq_opening_consultation_id_number": rules.OpeningRefused,
    "uq_consultation_key_consultation_id_number": rules.OpeningRefused,
    "uq_consultation_key_public": rules.OpeningRefused,
    "key_in_officers_hands_before_use": rules.OfficersTooFew,
    "stopped_key_stays_stopped": rules.StoppedAlready,
}


def name_of(key: ConsultationKey) -> str:
    """What the journal calls a key: no number in it says how many there are."""
    return hashlib.sha256(key.public).hexdigest()[:12]


def open_key(
    db: Session, safe: Safe, consultation: Consultation, content: str, *, officer: Officer, by: Staff, now: datetime
) -> Opening:
    """Take an opening file: its signed list of public keys as rows, its sealed halves as files.

    Returns the opening.  Raises FileWrong, NotAnOfficer, OfficersDiffer, OpeningRefused, SafeKeyMissing.
    Records ``key.opened`` (slug, key) for the newest key.
    """
    rules.check_is_officer(officer)
    rules.check_knows_safe(safe)
    made = read_opening_file(content, safe, consultation.slug, officer)
    note_there(db, by=by, now=now)
    lock(db, consultation)
    serving = queries.list_serving(db)
    before, known = queries.newest_opening(db, consultation.id), queries.list_keys(db, consultation.id)
    _check_continues(made, before, known, serving)
    opening = Opening(
        consultation_id=consultation.id, number=made.number, signed=made.signed, officer_id=officer.id, at=now
    )
    with refusing(db, BY_RULE):
        db.add(opening)
        keys = [_kept_key(db, consultation, listed, known) for listed in made.keys]
    _keep_halves(db, safe, made, keys, serving)
    consultation.revision += 1
    db.flush()
    record(db, "key.opened", by=by, consultation=consultation.slug, key=name_of(keys[-1]))
    wake_exchange(db)
    return opening


def _check_continues(
    made: OpeningFile, before: Opening | None, known: list[ConsultationKey], serving: list[Officer]
) -> None:
    """The list goes on where the one before ended, for the officers of now and before, with a half of a new key for each of now.

    Raises OpeningRefused, OfficersDiffer.
    """
    if made.number != (before.number + 1 if before else 1) or len(made.keys) < len(known):
        raise rules.OpeningRefused
    for listed, kept in zip(made.keys, known, strict=False):
        if listed.public != kept.public or (kept.last_release is not None and listed.last_release != kept.last_release):
            raise rules.OpeningRefused
    if any(one.last_release is None for one in made.keys[:-1]) or made.keys[-1].last_release is not None:
        raise rules.OpeningRefused
    prints, earlier = {one.fingerprint for one in serving}, set(listed_officers(before.signed) if before else ())
    if set(made.officers) != prints | earlier:
        raise rules.OfficersDiffer
    new = {one.number for one in made.keys[len(known) :]}
    if any((fingerprint, number) not in made.halves for fingerprint in prints for number in new):
        raise rules.OfficersDiffer


def _kept_key(
    db: Session, consultation: Consultation, listed: ListedKey, known: list[ConsultationKey]
) -> ConsultationKey:
    if listed.number <= len(known):
        kept = known[listed.number - 1]
        kept.last_release = listed.last_release
        return kept
    made = ConsultationKey(consultation_id=consultation.id, number=listed.number, public=listed.public)
    db.add(made)
    db.flush()
    return made


def _keep_halves(
    db: Session, safe: Safe, made: OpeningFile, keys: list[ConsultationKey], serving: list[Officer]
) -> None:
    """One file and one row for each half that is new; an officer who has a copy already keeps that one."""
    cards = [one.card for one in serving]
    for officer in serving:
        for key in keys:
            sealed = made.halves.get((officer.fingerprint, key.number))
            if sealed is None or queries.copy_of(db, key.id, officer.id) is not None:
                continue
            name = keep_half(safe.halves, own_copy(made.signed, cards, officer.fingerprint, key.number, sealed))
            db.add(HalfCopy(key_id=key.id, officer_id=officer.id, file_name=name))
    db.flush()


def hand_out_half(
    db: Session, safe: Safe, consultation: Consultation, copy: HalfCopy, *, by: Staff, now: datetime
) -> str:
    """Give an officer their own sealed half. Returns the file.  Raises HalfGone.  Records ``key.half_handed_out`` (slug, key)."""
    note_there(db, by=by, now=now)
    lock(db, copy)
    if copy.file_name is None:
        raise rules.HalfGone
    content = (safe.halves / copy.file_name).read_text("utf-8")
    copy.handed_out_at = copy.handed_out_at or now
    db.flush()
    key = db.get_one(ConsultationKey, copy.key_id)
    record(db, "key.half_handed_out", by=by, consultation=consultation.slug, key=name_of(key))
    return content


def confirm_half(
    db: Session, safe: Safe, consultation: Consultation, copy: HalfCopy, *, by: Staff, now: datetime
) -> None:
    """Note that an officer has their half; when all have, the server's copies go. Said twice, the first counts.

    Raises NotHandedOut.  Records ``key.half_confirmed`` (slug, key), and ``key.halves_deleted`` when the last confirms.
    """
    note_there(db, by=by, now=now)
    key = lock(db, db.get_one(ConsultationKey, copy.key_id))
    lock(db, copy)
    rules.check_confirm_half(copy)
    if copy.confirmed_at is not None:
        return
    copy.confirmed_at = now
    db.flush()
    record(db, "key.half_confirmed", by=by, consultation=consultation.slug, key=name_of(key))
    copies = queries.list_copies(db, [key.id])
    if all(one.confirmed_at is not None for one in copies):
        for one in copies:
            if one.file_name is not None:
                drop_half(db, safe.halves, one.file_name)
                one.file_name = None
        db.flush()
        record(db, "key.halves_deleted", by=None, consultation=consultation.slug, key=name_of(key))


def confirm_sheet(
    db: Session, consultation: Consultation, key: ConsultationKey, *, officer: Officer, by: Staff, now: datetime
) -> None:
    """Note that an officer has put the recovery sheet away. Said twice, the first counts.

    Raises NotAnOfficer.  Records ``key.sheet_confirmed`` (slug, key).
    """
    rules.check_is_officer(officer)
    note_there(db, by=by, now=now)
    lock(db, key)
    if key.sheet_at is not None:
        return
    key.sheet_at, key.sheet_by_id = now, officer.id
    db.flush()
    record(db, "key.sheet_confirmed", by=by, consultation=consultation.slug, key=name_of(key))


def begin_use(db: Session, consultation: Consultation, *, now: datetime) -> Safe:
    """Let a round that takes comments without a name open: from now on officers appoint officers. Returns the safe.

    Raises what check_begin_use raises.
    """
    safe, key = sides.safe(), queries.present_key(db, consultation.id)
    serving = {one.id for one in queries.list_serving(db)}
    rules.check_begin_use(safe, key, queries.list_copies(db, [key.id]) if key else [], serving)
    if safe is None or key is None:
        raise rules.KeyMissing  # checked above; said again for the type
    lock(db, key)
    with refusing(db, BY_RULE):
        key.used_at = key.used_at or now
    wake_exchange(db)
    return safe


def stop_key(
    db: Session, safe: Safe, consultation: Consultation, signed: str, *, officer: Officer, by: Staff, now: datetime
) -> None:
    """Take any one officer's signed word that a key is used no more; safe hears of it with the next manifest.

    Raises FileWrong, NotAnOfficer, StoppedAlready.  Records ``key.stopped`` (slug, key).
    """
    rules.check_is_officer(officer)
    told = read_signed(signed, "stop", safe.between, consultation.slug, officer)
    numbered = {one.number: one for one in queries.list_keys(db, consultation.id)}
    key = numbered.get(number_of(told, "key"))
    if key is None:
        raise rules.FileWrong
    note_there(db, by=by, now=now)
    lock(db, key)
    rules.check_stop_key(key)
    with refusing(db, BY_RULE):
        key.stop, key.stopped_at = signed, now
    consultation.revision += 1
    db.flush()
    record(db, "key.stopped", by=by, consultation=consultation.slug, key=name_of(key))
    wake_exchange(db)


def report_erasure(
    db: Session,
    safe: Safe,
    consultation: Consultation,
    signed: str,
    *,
    officer: Officer,
    destroy_after: date | None,
    by: Staff,
    now: datetime,
) -> None:
    """Take an officer's signed word that their half is deleted. Said twice, the first counts.

    Raises FileWrong, ErasedTooEarly.  Records ``key.erasure_reported`` (slug, key).
    """
    told = read_signed(signed, "erased", safe.between, consultation.slug, officer)
    rules.check_report_erasure(destroy_after, now=now)
    numbered = {one.number: one for one in queries.list_keys(db, consultation.id)}
    key = numbered.get(number_of(told, "key"))
    copy = queries.copy_of(db, key.id, officer.id) if key else None
    if key is None or copy is None:
        raise rules.FileWrong
    note_there(db, by=by, now=now)
    lock(db, copy)
    if copy.erased_at is not None:
        return
    copy.erased, copy.erased_at = signed, now
    consultation.revision += 1
    db.flush()
    record(db, "key.erasure_reported", by=by, consultation=consultation.slug, key=name_of(key))

"""The three acts of somebody without a name. Each adds one row to the receipts and one to the spool; so does every decoy."""

from datetime import datetime

from sqlalchemy import Connection, insert, update
from sqlalchemy.exc import IntegrityError

from consult.core import crypto
from consult.safe import bodies, models, rules
from consult.safe.bodies import Act, Remark, Sealing
from consult.safe.manifests import Manifest
from consult.safe.queries import Rows, find_key, find_manifest, find_rows, spooled
from consult.safe.receipts import Thread


def add_act(db: Connection, consultation: str, act: Act) -> None:
    """Keep an act: the one place that writes either row, for people and decoys alike. Raises IntegrityError where an id is taken."""
    db.execute(insert(models.receipt).values(id=act.receipt, consultation=consultation, cell=crypto.blank_cell()))
    db.execute(
        insert(models.spool).values(id=act.item, consultation=consultation, inclusion=act.inclusion, sealed=act.sealed)
    )


def send_comment(db: Connection, manifest: Manifest, thread: Thread, remark: Remark, *, now: datetime) -> bool:
    """Seal and keep a comment. Returns False where the same code sent one before: a second press changes nothing.

    Raises RoundClosed, NoKey, NothingWritten, HoldsCode, TooLong.
    """
    rules.check_texts(remark.text, remark.suggestion, remark.evidence)
    sealing = _sealing(db, manifest, now=now)
    try:
        add_act(db, manifest.name, bodies.comment(sealing, thread, remark))
    except IntegrityError:
        return False
    return True


def find_own_manifest(db: Connection, thread: Thread) -> Manifest:
    """The consultation that a code's comment is on. Raises RoundClosed where there is no such comment any more."""
    manifest = find_manifest(db, find_rows(db, thread).consultation)
    if manifest is None:
        raise rules.RoundClosed
    return manifest


def write_again(db: Connection, manifest: Manifest, thread: Thread, text: str, *, language: str, number: int) -> Rows:
    """Seal and keep a reply to the officers, the `number`th of its thread. Returns the thread's rows as they were.

    Raises RoundClosed, NoKey, AlreadyWithdrawn, TooManyReplies, ReplySent, NothingWritten, HoldsCode.
    """
    rules.check_texts(text)
    rows = find_rows(db, thread)
    rules.check_write_again(manifest, replies=rows.replies, is_withdrawn=rows.is_withdrawn)
    rules.check_next_reply(number, rows.replies)
    add_act(db, manifest.name, bodies.follow_up(_sealing(db, manifest), thread, number, language, text))
    return rows


def withdraw_comment(db: Connection, manifest: Manifest, thread: Thread) -> None:
    """Withdraw: what is not released yet never is, and the officers learn it for what is.

    Raises RoundClosed, NoKey, AlreadyWithdrawn.
    """
    rows = find_rows(db, thread)
    rules.check_withdraw(manifest, is_withdrawn=rows.is_withdrawn)
    sealing = _sealing(db, manifest)
    cover_spooled(db, sealing, thread)
    add_act(db, manifest.name, bodies.withdrawal(sealing, thread))


def cover_spooled(db: Connection, sealing: Sealing, thread: Thread) -> None:
    """Lay a decoy over each letter of a thread that waits in the spool: same row, same size."""
    receipts = dict(zip(thread.items(sealing.release), thread.receipts(), strict=False))
    for item, (inclusion, size) in spooled(db, receipts).items():
        covered = bodies.cover(sealing, receipt=receipts[item], item=item, inclusion=inclusion, size=size)
        db.execute(update(models.spool).where(models.spool.c.id == item).values(sealed=covered.sealed))


def _sealing(db: Connection, manifest: Manifest, *, now: datetime | None = None) -> Sealing:
    """What a letter is sealed with. A comment needs the round to be open at `now`; any other letter does not."""
    key, number, decoy_key = find_key(db, manifest.name)
    key = rules.check_has_key(key) if now is None else rules.check_send_comment(manifest, key, now)
    return Sealing(manifest, key, number, decoy_key)

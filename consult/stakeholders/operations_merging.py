"""Two entries that are one: merging them, undoing that, and saying that they are two after all."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consult.audit import record
from consult.audit.operations import Actor
from consult.core.db import lock, refusing
from consult.stakeholders import rules_merging
from consult.stakeholders.models import NotDouble, Stakeholder
from consult.stakeholders.operations import DOUBLE
from consult.stakeholders.operations_duty import settle_duty

CONSTRAINTS = {
    "no_chain_of_merges": rules_merging.MergedAlready,
    "ck_stakeholder_not_merged_into_itself": rules_merging.MergedIntoItself,
}


def merge_stakeholders(db: Session, gone: Stakeholder, kept: Stakeholder, *, by: Actor, now: datetime) -> None:
    """Let an entry count as another from now on. Nothing of either is changed or moved: whoever reads takes the two as one.

    Who left under either stays gone, and what holds for mail is the kept entry's own: no consent gets wider. Duty follows the seats,
    and the seats of both are the kept entry's.
    Raises what check_merge_stakeholders raises.  Records ``stakeholder.merged`` (stakeholder ref of the kept one, merged ref).
    """
    for one in sorted({gone.id: gone, kept.id: kept}.items()):  # always in this order: two at once wait for each other
        lock(db, one[1])
    others = db.scalar(select(func.count()).where(Stakeholder.merged_into == gone.id)) or 0
    rules_merging.check_merge_stakeholders(gone, kept, others=others)
    gone.merged_into, gone.merged_at = kept.id, now
    with refusing(db, CONSTRAINTS):
        pass
    settle_duty(db, kept, by=by, now=now)  # what either holds a seat for
    record(db, "stakeholder.merged", by=by, stakeholder=kept.ref, merged=gone.ref)


def undo_merge(db: Session, gone: Stakeholder, *, by: Actor, now: datetime) -> None:
    """Let a merged entry stand for itself again.

    Raises what check_undo_merge raises, and AlreadyThere.  Records ``stakeholder.merge_undone`` (stakeholder ref, merged ref).
    """
    lock(db, gone)
    rules_merging.check_undo_merge(gone, now=now)
    kept = db.get_one(Stakeholder, gone.merged_into)
    gone.merged_into = gone.merged_at = None
    with refusing(db, DOUBLE):
        pass
    for one in (kept, gone):
        settle_duty(db, one, by=by, now=now)
    record(db, "stakeholder.merge_undone", by=by, stakeholder=kept.ref, merged=gone.ref)


def keep_apart(db: Session, one: Stakeholder, other: Stakeholder, *, by: Actor) -> None:
    """Note that two entries that look like one are two: nobody is asked again.

    Raises MergedIntoItself.  Records ``stakeholder.kept_apart`` (stakeholder ref, other ref).
    """
    if one.id == other.id:
        raise rules_merging.MergedIntoItself
    first, second = sorted((one.id, other.id))
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    db.execute(dialect.insert(NotDouble).values(first_id=first, second_id=second).on_conflict_do_nothing())
    record(db, "stakeholder.kept_apart", by=by, stakeholder=one.ref, other=other.ref)

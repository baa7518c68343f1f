"""Saving groups, deciding about entries by hand, standing invitations, and taking over what they propose."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consult.audit import record
from consult.audit.operations import Actor
from consult.consultations import queries_groups, queries_missing
from consult.consultations import rules_groups as rules
from consult.consultations.models import Consultation
from consult.consultations.models_groups import (
    ByHand,
    GroupRule,
    SmartGroup,
    SmartGroupEntry,
    SmartGroupListed,
    StandingInvitation,
)
from consult.core import ids
from consult.core.db import lock, refusing, rows_touched
from consult.jobs.models import Task, TaskState
from consult.jobs.operations import start_task
from consult.stakeholders.models import Stakeholder

LIST = "consultations.list_group"  # the job's name in consult/worker.py
STANDING = "=standing"  # instead of a reason: the standing invitations proposed it
LISTED_FOR = timedelta(days=1)  # then a list is made anew
NAMED_ONCE = {"uq_smart_group_name": rules.GroupNameTaken}
INVITED_ONCE = {
    "uq_standing_invitation_group": rules.InvitedAlwaysAlready,
    "uq_standing_invitation_stakeholder": rules.InvitedAlwaysAlready,
}


def add_group(db: Session, name: str, rule: GroupRule, *, by: Actor, now: datetime) -> SmartGroup:
    """Save a group.

    Returns it.  Raises what check_group_name and check_group_rule raise, and GroupNameTaken.  Records ``group.added`` (group ref).
    """
    rules.check_group_name(name)
    rules.check_group_rule(rule)
    made = SmartGroup(ref=ids.random_code(), name=name, name_key=name.casefold(), rule=rule.to_json(), created_at=now)
    with refusing(db, NAMED_ONCE):
        db.add(made)
    record(db, "group.added", by=by, group=made.ref)
    return made


def change_group(db: Session, group: SmartGroup, name: str, rule: GroupRule, *, by: Actor) -> None:
    """Give a saved group another name or rule; what was decided by hand stays.

    Raises what add_group raises, and ChoiceHasNoRule.  Records ``group.changed`` (group ref).
    """
    lock(db, group)
    rules.check_change_group(group)
    rules.check_group_name(name)
    rules.check_group_rule(rule, kept=GroupRule.of(group.rule))
    group.name, group.name_key, group.rule = name, name.casefold(), rule.to_json()
    with refusing(db, NAMED_ONCE):
        pass
    record(db, "group.changed", by=by, group=group.ref)


def decide_by_hand(
    db: Session, group: SmartGroup, entry: Stakeholder, way: ByHand, reason: str, *, by: Actor, now: datetime
) -> None:
    """Put an entry into a group or take it out, whatever the rule says. What was decided before about it gives way.

    Raises what check_decide_by_hand raises.  Records ``group.put_in`` or ``group.taken_out`` (group ref, entry ref).
    """
    lock(db, group)
    rules.check_decide_by_hand(entry, reason)
    _forget(db, group, entry)
    db.add(SmartGroupEntry(
        group_id=group.id, stakeholder_id=entry.id, way=way, reason=reason.strip(), by=by.actor, at=now
    ))  # fmt: skip
    db.flush()
    record(db, "group.put_in" if way is ByHand.IN else "group.taken_out", by=by, group=group.ref, entry=entry.ref)


def forget_by_hand(db: Session, group: SmartGroup, entry: Stakeholder, *, by: Actor) -> None:
    """Let the rule alone say again whether an entry is in a group. Records ``group.left_to_rule`` (group ref, entry ref)."""
    lock(db, group)
    if _forget(db, group, entry):
        record(db, "group.left_to_rule", by=by, group=group.ref, entry=entry.ref)


def _forget(db: Session, group: SmartGroup, entry: Stakeholder) -> int:
    """Remove what was decided about an entry, or one that is merged into it."""
    e, s = SmartGroupEntry, Stakeholder
    as_one = select(s.id).where((s.id == entry.id) | (s.merged_into == entry.id))
    return rows_touched(db.execute(delete(e).where(e.group_id == group.id, e.stakeholder_id.in_(as_one))))


def invite_always(
    db: Session,
    kinds: Iterable[str],
    *,
    group: SmartGroup | None = None,
    entry: Stakeholder | None = None,
    by: Actor,
    now: datetime,
) -> StandingInvitation:
    """Propose a saved group, or an entry, for every consultation of some kinds of text (none = all); or change for which.

    Returns the standing invitation.  Raises what check_invite_always raises, InvitedAlwaysAlready.
    Records ``standing.set`` (group or entry ref).
    """
    found = queries_missing.find_standing(db, group=group, entry=entry)
    rules.check_invite_always(group, list(kinds), kept=found.kinds if found else ())
    if found is None:
        found = StandingInvitation(
            group_id=group.id if group else None, stakeholder_id=entry.id if entry else None, by=by.actor, at=now
        )
    found.kinds = sorted(kinds)
    with refusing(db, INVITED_ONCE):
        db.add(found)
    record(db, "standing.set", by=by, **_of(group, entry))
    return found


def end_standing(db: Session, *, group: SmartGroup | None = None, entry: Stakeholder | None = None, by: Actor) -> None:
    """Propose it no more; choices that were made stay. Ended twice at once it is ended once.

    Records ``standing.ended`` (group or entry ref).
    """
    found = queries_missing.find_standing(db, group=group, entry=entry)
    if found is not None and rows_touched(
        db.execute(delete(StandingInvitation).where(StandingInvitation.id == found.id))
    ):
        record(db, "standing.ended", by=by, **_of(group, entry))


def _of(group: SmartGroup | None, entry: Stakeholder | None) -> dict[str, str]:
    return ({"group": group.ref} if group else {}) | ({"entry": entry.ref} if entry else {})


def open_choice(db: Session, consultation: Consultation, *, now: datetime) -> SmartGroup:
    """The choice of whom a consultation invites, made where there is none. It is a group that is kept by hand."""
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    values = {"ref": ids.random_code(), "name": "", "name_key": "", "consultation_id": consultation.id, "rule": {},
              "edition": 0, "listed": 0, "created_at": now}  # fmt: skip
    once = dialect.insert(SmartGroup).values(**values).on_conflict_do_nothing(index_elements=["consultation_id"])
    db.execute(once)
    return db.scalars(select(SmartGroup).where(SmartGroup.consultation_id == consultation.id)).one()


def take_over(db: Session, consultation: Consultation, *, by: Actor, now: datetime) -> int:
    """Put into the choice of a consultation whom the standing invitations propose. Who was taken out of it stays out. Mails nobody.

    Returns how many.  Raises what check_take_over raises.  Records ``choice.taken_over`` (slug, count).
    """
    choice = lock(db, open_choice(db, consultation, now=now))
    rules.check_take_over(consultation, standing=len(queries_missing.standing_for(db, consultation)))
    wanted = queries_missing.proposed(db, consultation)
    count = db.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    e, given = SmartGroupEntry, wanted.subquery()
    rows = select(
        literal(choice.id), given.c.id, literal(ByHand.IN.value), literal(STANDING), literal(by.actor),
        literal(now, e.at.type),
    )  # fmt: skip
    names = ["group_id", "stakeholder_id", "way", "reason", "by", "at"]
    db.execute(insert(e).from_select(names, rows))
    choice.taken_over_at = now
    db.flush()
    record(db, "choice.taken_over", by=by, consultation=consultation.slug, count=count)
    return count


# The list that is kept of a group where the registry is large


def list_again(db: Session, group: SmartGroup, *, owner: str, next_url: str, now: datetime) -> Task | None:
    """Let the worker make the list of a group anew, where the registry is so large that one is kept. Returns the Task, if any."""
    if queries_groups.is_small(db):
        return None
    return start_task(db, LIST, owner=owner, subject=subject_of(group.id), next_url=next_url, now=now)


def subject_of(group_id: int) -> str:
    """What a Task that lists a group works on."""
    return f"smart_group:{group_id}"


def write_listed(db: Session, group: SmartGroup, edition: int, *, after: int, until: int) -> None:
    """Write part of an edition: the members whose id lies beyond `after`, up to `until`."""
    kept, s = SmartGroupListed, Stakeholder
    part = select(literal(group.id), literal(edition), s.id, s.name_key).where(
        s.id > after, s.id <= until, s.id.in_(queries_groups.members(group))
    )
    db.execute(insert(kept).from_select(["group_id", "edition", "stakeholder_id", "name_key"], part))


def drop_listed(db: Session, group: SmartGroup, *, edition: int | None = None, after: int, until: int) -> None:
    """Remove part of an edition that is not shown, or of all that are older than the one shown."""
    kept = SmartGroupListed
    which = kept.edition == edition if edition else kept.edition < group.edition
    db.execute(delete(kept).where(
        kept.group_id == group.id, which, kept.stakeholder_id > after, kept.stakeholder_id <= until
    ))  # fmt: skip


def show_listed(db: Session, group: SmartGroup, edition: int, *, now: datetime) -> None:
    """Let an edition be the list from now on, unless a newer one is."""
    kept = SmartGroupListed
    lock(db, group)
    if group.edition < edition:
        of_it = select(func.count()).where(kept.group_id == group.id, kept.edition == edition)
        group.edition, group.listed, group.listed_at = edition, db.scalar(of_it) or 0, now
        db.flush()


def sweep_groups(db: Session, *, now: datetime) -> int:
    """Make lists anew that are older than a day. Returns how many."""
    g = SmartGroup
    under_way = exists().where(
        Task.subject == literal("smart_group:").concat(g.id), Task.state.in_([TaskState.WAITING, TaskState.RUNNING])
    )
    old = list(db.scalars(select(g).where(g.edition > 0, g.listed_at < now - LISTED_FOR, ~under_way)))
    for one in old:
        list_again(db, one, owner="system", next_url="/staff/", now=now)
    return len(old)

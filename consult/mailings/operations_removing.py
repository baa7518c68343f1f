"""Removing a saved group. Here, since the mailings that go to it decide whether it can go."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from consult.audit import record
from consult.audit.operations import Actor
from consult.consultations.models_groups import (
    GroupRule,
    SmartGroup,
    SmartGroupEntry,
    SmartGroupListed,
    StandingInvitation,
)
from consult.core.db import lock
from consult.mailings import rules_removing as rules
from consult.mailings.models import Campaign


def remove_group(db: Session, group: SmartGroup, *, by: Actor, now: datetime) -> None:
    """Remove a saved group: its rule, who was put in or taken out, its list, and that it is always invited.

    Its name stays with the mailings that went to it, and they keep their words and recipients.
    Raises what check_remove_group raises.  Records ``group.removed`` (group ref).
    """
    lock(db, group)
    rules.check_remove_group(group, list(db.scalars(select(Campaign.state).where(Campaign.group_id == group.id))))
    for model in (SmartGroupEntry, SmartGroupListed, StandingInvitation):
        db.execute(delete(model).where(model.group_id == group.id))
    group.rule, group.edition, group.listed, group.listed_at = GroupRule().to_json(), 0, 0, None
    group.removed_at = now
    db.flush()
    record(db, "group.removed", by=by, group=group.ref)

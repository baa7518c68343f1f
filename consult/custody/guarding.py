"""The triggers that no administrator and no bug gets past: who becomes an officer, and what an officer may be besides."""

from consult.core.ddl import refuse_when

_SERVES = "o.appointed_at IS NOT NULL AND o.ended_at IS NULL"
_SIGNED = (
    "(SELECT count(*) FROM appointment AS a JOIN officer AS o ON o.id = a.by_id"
    f" WHERE a.officer_id = new.id AND o.id <> new.id AND {_SERVES})"
)
_SEALED = (
    "(EXISTS (SELECT 1 FROM consultation_key)"
    " OR EXISTS (SELECT 1 FROM stakeholder AS s WHERE s.protection = 'protected'))"
)
_UNANSWERED = (
    "EXISTS (SELECT 1 FROM roll_call AS r WHERE r.newcomer_id = new.id AND r.called_off_at IS NULL AND r.done_at IS NULL"
    " AND r.due_at <= new.appointed_at AND NOT EXISTS (SELECT 1 FROM officer AS o"
    f" WHERE {_SERVES} AND (o.appointed_at > r.called_at"  # was never asked
    " OR EXISTS (SELECT 1 FROM roll_answer AS a WHERE a.roll_call_id = r.id AND a.officer_id = o.id))))"
)
# The first ones by an administrator, while nothing was ever sealed; then two officers, or the only one there is, or a roll call
# that nobody answered.
_BY_RULE = (
    f"(new.appointed_how = 'administrator' AND NOT {_SEALED})"
    f" OR (new.appointed_how = 'replacement' AND {_UNANSWERED})"
    f" OR (new.appointed_how = 'officers' AND {_SIGNED} >= 2)"
    f" OR (new.appointed_how = 'paper' AND {_SIGNED} = 1 AND (SELECT count(*) FROM officer AS o WHERE {_SERVES}) = 1)"
)
_NO_OFFICER = "NOT EXISTS (SELECT 1 FROM staff_role WHERE staff_id = new.staff_id AND role = 'protection_officer')"
_HOLDS_ANOTHER = "EXISTS (SELECT 1 FROM staff_role WHERE staff_id = new.staff_id AND role <> 'protection_officer')"
_SERVING = "EXISTS (SELECT 1 FROM officer AS o WHERE o.staff_id = new.staff_id AND o.ended_at IS NULL)"
_ACCOUNT_SERVES = f"EXISTS (SELECT 1 FROM officer AS o WHERE o.staff_id = new.id AND {_SERVES})"
_NONE_LEFT = f"NOT EXISTS (SELECT 1 FROM officer AS o WHERE o.id <> new.id AND {_SERVES})"

_CONFIRMED = (
    "(SELECT count(*) FROM half_copy AS h JOIN officer AS o ON o.id = h.officer_id"
    f" WHERE h.key_id = new.id AND h.confirmed_at IS NOT NULL AND {_SERVES})"
)
# Two officers hold their halves, or one does and has put the recovery sheet away.
_USED_TOO_EARLY = (
    "old.used_at IS NULL AND new.used_at IS NOT NULL AND (new.stopped_at IS NOT NULL OR"
    f" {_CONFIRMED} < CASE WHEN new.sheet_at IS NULL THEN 2 ELSE 1 END)"
)


def guard() -> None:
    """Declare all of them."""
    refuse_when(
        "officer",
        "officer_begins_unappointed",
        before="INSERT",
        when=f"new.appointed_at IS NOT NULL OR new.ended_at IS NOT NULL OR {_NO_OFFICER} OR {_HOLDS_ANOTHER}",
    )
    refuse_when(
        "officer",
        "officer_appointed_by_rule",
        before="UPDATE",
        when=f"old.appointed_at IS NULL AND new.appointed_at IS NOT NULL AND NOT COALESCE({_BY_RULE}, FALSE)",
    )
    refuse_when(
        "officer",
        "last_officer_stays",
        before="UPDATE",
        when="old.ended_at IS NULL AND new.ended_at IS NOT NULL AND old.appointed_at IS NOT NULL"
        f" AND {_SEALED} AND {_NONE_LEFT}",
    )
    refuse_when(  # or an administrator could keep all of them from saying that they are there
        "staff",
        "serving_officer_keeps_the_account",
        before="UPDATE",
        when=f"old.state = 'active' AND new.state <> 'active' AND {_ACCOUNT_SERVES} AND {_SEALED}",
    )
    refuse_when("consultation_key", "key_in_officers_hands_before_use", before="UPDATE", when=_USED_TOO_EARLY)
    refuse_when(
        "staff_role",
        "whoever_has_a_card_has_one_role",
        before="INSERT",
        when=f"new.role <> 'protection_officer' AND {_SERVING}",
        says="officer_holds_no_other_role",
    )

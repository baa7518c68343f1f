"""A list that is applied by hand, as the worker does it step by step."""

from consult.stakeholders.operations_applying import STEP, apply_rows, lines_to_apply


def apply_next(db, made, *, by, now, most=STEP):
    """Apply the next rows of a list that are still to be applied. Returns their lines; none when all are done."""
    return apply_rows(db, made, lines=lines_to_apply(db, made), most=most, by=by, now=now)

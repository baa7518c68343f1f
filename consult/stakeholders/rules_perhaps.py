"""Taking a row of a list for an entry that is there already."""

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_import import ImportRow, ImportState, StakeholderImport


class NotAlike(Refused):
    """Another entry than those that are shown beside the row, or one that went or was merged meanwhile."""

    message = _l("This row is not like that entry any more. Look at the list again.")
    status = 409


class ListIsApplied(Refused):
    """Too late."""

    message = _l("This list is being applied, or was.")
    status = 409


def check_take_as(made: StakeholderImport, row: ImportRow, meant: Stakeholder | None) -> None:
    """A row is taken for an entry that is shown beside it, or as new again, until the list is applied.

    Raises ListIsApplied, NotAlike.  Source: decision 0044.
    """
    if made.state is not ImportState.PREVIEW:
        raise ListIsApplied
    shown = row.perhaps["entries"] if row.perhaps else []
    if not shown or (meant is not None and (meant.id not in {one for one, _ in shown} or not stands(meant))):
        raise NotAlike


def stands(entry: Stakeholder) -> bool:
    """Whether an entry holds for itself, and it is known whose it is: not of one that was forgotten, which has no key any more."""
    return entry.merged_into is None and not entry.is_protected and bool(entry.double_key)

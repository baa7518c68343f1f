"""What may be merged, and for how long that can be undone."""

from datetime import datetime, timedelta

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.stakeholders.models import (
    Stakeholder,
)
from consult.stakeholders.rules import EntryProtected

UNDO_FOR = timedelta(days=30)  # after merging


class MergedIntoItself(Refused):
    """One entry twice."""

    message = _l("These are the same entry. Choose two.")


class MergedAlready(Refused):
    """A chain of merges."""

    message = _l(
        "One of the two is merged already, or others are merged into the one that would go. Keep that one instead, or undo"
        " the earlier merging first."
    )
    status = 409


class KindsDiffer(Refused):
    """An organisation and a person."""

    message = _l("An organisation and a person are never the same entry.")


class NotMerged(Refused):
    """Nothing to undo."""

    message = _l("This entry is not merged.")
    status = 409


class UndoOver(Refused):
    """Too late to undo."""

    message = _l("Merging can be undone for %(days)s days. They are over.")
    status = 409


def check_merge_stakeholders(gone: Stakeholder, kept: Stakeholder, *, others: int) -> None:
    """Two entries of one kind become one, without chains: neither is merged yet, and none into the one that goes.

    Nor is either protected: nobody here can know that the two are one.
    Raises MergedIntoItself, KindsDiffer, MergedAlready, EntryProtected.  Source: DESIGN section 4, merging; decision 0028.
    """
    if gone.is_protected or kept.is_protected:
        raise EntryProtected
    if gone.id == kept.id:
        raise MergedIntoItself
    if gone.kind is not kept.kind:
        raise KindsDiffer
    if gone.merged_into is not None or kept.merged_into is not None or others:
        raise MergedAlready


def check_undo_merge(gone: Stakeholder, *, now: datetime) -> None:
    """A merging can be undone for thirty days.

    Raises NotMerged, UndoOver.  Source: issue of the registry.
    """
    if gone.merged_at is None:
        raise NotMerged
    if now >= gone.merged_at + UNDO_FOR:
        raise UndoOver(days=UNDO_FOR.days)

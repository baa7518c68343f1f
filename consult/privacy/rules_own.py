"""Who can have their entry deleted by themselves."""

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.stakeholders.models import Basis, Stakeholder


class OfficeStays(Refused):
    """An office that takes part by law or appointment, or somebody who holds a seat."""

    message = _l("This entry belongs to an office or holds a seat: hand it over first. Ask the secretariat.")
    status = 409


def check_forget_entry(entry: Stakeholder, *, holds_seat: bool) -> None:
    """Whoever holds an office hands it over before their entry is deleted: work is assigned to the seat.

    Raises OfficeStays.  Source: DESIGN section 1, seat; docs/decisions/0026-asking-and-self-service.md.
    """
    if holds_seat or entry.basis is Basis.DUTY:
        raise OfficeStays

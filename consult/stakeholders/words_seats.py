"""Seats of institutions, in words."""

from consult.core.i18n import _l
from consult.stakeholders.models_seats import SeatRole

SEAT_NAMES = {
    SeatRole.FOCAL_POINT: _l("Focal point"),
    SeatRole.ALTERNATE: _l("Alternate"),
    SeatRole.SIGNATORY: _l("Signatory"),
    SeatRole.MEMBER: _l("Member"),
}

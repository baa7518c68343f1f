"""What may be done with seats: who holds them, from when, until when."""

from datetime import date

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.stakeholders.models import Basis, Stakeholder, StakeholderKind
from consult.stakeholders.models_seats import HELD_BY_ONE, Seat, SeatRole, SeatState
from consult.stakeholders.rules import EntryProtected, check_change_stakeholder


class SeatOfAPerson(Refused):
    """A seat of somebody who is no institution."""

    message = _l("Only organisations have seats.")


class HolderNoPerson(Refused):
    """A seat held by an organisation."""

    message = _l("A seat is held by a person. Choose a person of the registry.")


class HolderUnknown(Refused):
    """Nobody of that name, address or number."""

    message = _l("No person of the registry is found by this. Write it otherwise, or add the person first.")


class SeveralMeant(Refused):
    """One or several that may be meant."""

    message = _l("Choose the one you mean, or write more of the name.")


class SeatTaken(Refused):
    """Two focal points or signatories at once."""

    message = _l("Somebody holds this seat. Hand it over, or end it first.")
    status = 409


class HoldsAlready(Refused):
    """The same person twice in the same seat."""

    message = _l("This person holds this seat already.")
    status = 409


class SeatOver(Refused):
    """A change to a seat that has ended."""

    message = _l("This seat has ended and does not change any more.")
    status = 409


class DayWrong(Refused):
    """A day before what came earlier."""

    message = _l("Choose a day that is not before the last change of this seat.")


class TermWrong(Refused):
    """An end that is not after the beginning."""

    message = _l(
        "The term ends before it begins, or on the same day. Change one of the two days, or leave the end empty."
    )


class SeatIsDuty(Refused):
    """No official mail, for the holder of a seat."""

    message = _l(
        "They hold a seat, and its official mail is a duty: end the seat first, or choose the office as the reason."
    )
    status = 409


def check_appoint_seat(
    institution: Stakeholder,
    holder: Stakeholder,
    role: SeatRole,
    since: date,
    *,
    until: date | None = None,
    meets: Seat | None = None,
) -> None:
    """A seat belongs to an organisation and is held by a person, from a day and until a day, which may lie ahead, or without an end.

    Where one holds it, all terms follow one another, and where several do, those of each: `meets` is one that shares a day with this.
    Raises SeatOfAPerson, HolderNoPerson, MergedAway, EntryProtected, TermWrong, SeatTaken, HoldsAlready, DayWrong.
    Source: DESIGN section 1, seat; decision 0037.
    """
    if institution.kind is not StakeholderKind.ORGANISATION:
        raise SeatOfAPerson
    if holder.kind is not StakeholderKind.PERSON:
        raise HolderNoPerson
    check_change_stakeholder(institution)
    if holder.is_protected:
        raise EntryProtected
    check_change_stakeholder(holder)
    if until is not None and until <= since:  # a term has a day, or nobody would hold the seat
        raise TermWrong
    if meets is not None and role not in HELD_BY_ONE:
        raise HoldsAlready
    if meets is not None:
        raise SeatTaken if meets.until is None or since < meets.since else DayWrong


def check_end_seat(seat: Seat, until: date) -> None:
    """A seat ends once, on a day that is not before its beginning; as long as that lies ahead, it may still change.

    Raises SeatOver, DayWrong.  Source: DESIGN section 1, seat; decision 0037.
    """
    if seat.state is SeatState.OVER:
        raise SeatOver
    if until < seat.since:
        raise DayWrong


def check_keep_duty(entry: Stakeholder, *, holds_seat: bool) -> None:
    """Whoever holds a seat gets the official mail of consultations, whatever they said yes or no to.

    Raises SeatIsDuty.  Source: docs/decisions/0030-consent-duty-declarations.md.
    """
    if entry.basis is Basis.NONE and holds_seat:
        raise SeatIsDuty

"""When officers are asked whether they are there, and what follows where they do not say so."""

from datetime import datetime

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.custody.models import Officer
from consult.custody.models_roll import RollCall
from consult.custody.rules import AppointedAlready, EndedAlready, check_fingerprint, check_is_officer


class AdministratorAppoints(Refused):
    """A roll call where nothing is sealed yet."""

    message = _l("Nothing is sealed to the officers yet: you can appoint this officer at once.")
    status = 409


class RollCallOpen(Refused):
    """A second roll call beside one that goes on."""

    message = _l("The officers are being asked already. Call that off first, or wait for its end.")
    status = 409


class RollCallOver(Refused):
    """One that was called off, or has had its end."""

    message = _l("This is over: it was called off, or has had its end.")
    status = 409


class AnsweredAlready(Refused):
    """An officer who answers twice."""

    message = _l("You have said already that you are there.")
    status = 409


class StillWaiting(Refused):
    """An end before the thirty days are over."""

    message = _l("The officers still have time to answer. The page says until when.")
    status = 409


def check_call_roll(newcomer: Officer, typed: str, *, decide: bool, is_open: bool) -> None:
    """Where officers decide, the administrator may ask whether they are there, naming who would take their place.

    Raises AdministratorAppoints, RollCallOpen, EndedAlready, AppointedAlready, FingerprintWrong.  Source: decision 0036.
    """
    if not decide:
        raise AdministratorAppoints
    if is_open:
        raise RollCallOpen
    _check_waits(newcomer)
    check_fingerprint(newcomer, typed)


def check_answer_roll(call: RollCall, officer: Officer | None, *, has_answered: bool) -> None:
    """Each officer who serves answers for themselves, once, until the end is drawn, however late.

    Raises NotAnOfficer, RollCallOver, AnsweredAlready.  Source: decision 0036.
    """
    check_is_officer(officer)
    check_roll_is_open(call)
    if has_answered:
        raise AnsweredAlready


def check_roll_is_open(call: RollCall) -> None:
    """What is over stays over.

    Raises RollCallOver.  Source: decision 0036.
    """
    if not call.is_open:
        raise RollCallOver


def check_end_roll(call: RollCall, newcomer: Officer, typed: str, *, now: datetime) -> None:
    """Its end is drawn after thirty days, by the fingerprint typed from paper once more.

    Raises RollCallOver, StillWaiting, EndedAlready, AppointedAlready, FingerprintWrong.  Source: decision 0036.
    """
    check_roll_is_open(call)
    if now < call.due_at:
        raise StillWaiting
    _check_waits(newcomer)
    check_fingerprint(newcomer, typed)


def _check_waits(newcomer: Officer) -> None:
    if newcomer.ended_at is not None:
        raise EndedAlready
    if newcomer.appointed_at is not None:
        raise AppointedAlready

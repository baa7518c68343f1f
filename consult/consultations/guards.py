"""Finding a consultation for a staff page: it must be there, and one must be on its team. And who came through a door."""

from datetime import timedelta

from flask import Response, abort, current_app, request
from flask_login import current_user
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff
from consult.accounts.rules import Act
from consult.consultations import doors, queries, rules
from consult.consultations.models import Consultation, Participant
from consult.consultations.operations_opening import find_opened
from consult.consultations.rules_entry import OwnLinkNeeded
from consult.core import clock
from consult.stakeholders.models import Stakeholder

OWN_COOKIE = "my-entry"


def consultation_or_404(db: Session, slug: str, act: Act) -> Consultation:
    """The consultation of a slug, if the signed-in person may do this act on it. 404, or the 403 page."""
    found = queries.find_consultation(db, slug) or abort(404)
    on_team = queries.is_on_team(db, found.id, current_staff().id)
    rules.check_work_on(current_user.roles, act, on_team=on_team)
    return found


def entered_participant(db: Session, consultation: Consultation) -> Participant | None:
    """Who came through a door, or has just commented, in this browser; None for everyone else."""
    secret = request.cookies.get(cookie_of(consultation), "")
    return doors.find_entered(db, consultation, secret, now=clock.now())


def participant_or_403(db: Session, consultation: Consultation) -> Participant:
    """The same, for pages that are one's own. Raises LinkNeeded, ConsultationArchived."""
    rules.check_enter(consultation)
    found = entered_participant(db, consultation)
    if found is None:
        raise rules.LinkNeeded
    return found


def opened_entry_or_403(db: Session) -> Stakeholder:
    """Whose entry this browser opened by a link that was mailed to its address. Raises OwnLinkNeeded."""
    found = find_opened(db, request.cookies.get(OWN_COOKIE, ""), now=clock.now())
    if found is None:
        raise OwnLinkNeeded
    return found


def cookie_of(consultation: Consultation) -> str:
    """The name of the cookie that holds the session's secret: one a consultation, so that two links do not clash."""
    return f"part-{consultation.slug}"


def keep_entered(answer: Response, consultation: Consultation, secret: str) -> Response:
    """Give the browser the secret of the session, for as long as it stays open."""
    return _keep(answer, cookie_of(consultation), secret)


def keep_opened(answer: Response, secret: str) -> Response:
    """Likewise that of a session with which somebody opened their own entry."""
    return _keep(answer, OWN_COOKIE, secret)


def _keep(answer: Response, name: str, secret: str) -> Response:
    answer.set_cookie(
        name,
        secret,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        httponly=True,
        samesite="Lax",
    )
    return answer


def session_lasts() -> timedelta:
    """How long one stays entered."""
    lasts: timedelta = current_app.permanent_session_lifetime
    return lasts

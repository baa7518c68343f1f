"""Finding a consultation for a staff page: it must be there, and one must be on its team."""

from flask import abort
from flask_login import current_user
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff
from consult.accounts.rules import Act
from consult.consultations import queries, rules
from consult.consultations.models import Consultation


def consultation_or_404(db: Session, slug: str, act: Act) -> Consultation:
    """The consultation of a slug, if the signed-in person may do this act on it. 404, or the 403 page."""
    found = queries.find_consultation(db, slug) or abort(404)
    on_team = queries.is_on_team(db, found.id, current_staff().id)
    rules.check_work_on(current_user.roles, act, on_team=on_team)
    return found

"""What views do with a campaign by a form: find it, check the form, one operation, and the page again where it is refused."""

from collections.abc import Callable

from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.rules import Act
from consult.consultations.models import Consultation
from consult.core.db import writing
from consult.core.forms import Form
from consult.core.http import see_other
from consult.core.refusals import Refused
from consult.mailings.models import Campaign
from consult.mailings.views_staff import find_campaign


def act_on_campaign(
    slug: str,
    ref: str,
    right: Act,
    form: Form,
    act: Callable[[Session, Consultation, Campaign], str],
    page: Callable[..., str],
) -> ResponseReturnValue:
    """Do with a campaign what a form says, and go where `act` says; the page with the form again where that is refused."""
    with writing() as db:
        consultation, campaign = find_campaign(db, slug, ref, right)
        if not form.validate():
            return page(db, consultation, campaign), 422
        try:
            with db.begin_nested():
                goes_to = act(db, consultation, campaign)
        except Refused as problem:
            db.expire_all()
            return page(db, consultation, campaign, problem), problem.status
    return see_other(goes_to)

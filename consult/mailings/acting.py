"""What views do with a campaign by a form: find it, check the form, one operation, and the page again where it is refused."""

from collections.abc import Callable
from typing import TypeVar

from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.core.db import writing
from consult.core.forms import Form
from consult.core.http import see_other
from consult.core.refusals import Refused
from consult.mailings.abouts import About
from consult.mailings.models import Campaign

Of = TypeVar("Of", bound=About)


def act_on_campaign(
    find: Callable[[Session], tuple[Of, Campaign]],
    form: Form,
    act: Callable[[Session, Of, Campaign], str],
    page: Callable[..., str],
) -> ResponseReturnValue:
    """Do with a campaign what a form says, and go where `act` says; the page with the form again where that is refused."""
    with writing() as db:
        about, campaign = find(db)
        if not form.validate():
            return page(db, about, campaign), 422
        try:
            with db.begin_nested():
                goes_to = act(db, about, campaign)
        except Refused as problem:
            db.expire_all()
            return page(db, about, campaign, problem), problem.status
    return see_other(goes_to)

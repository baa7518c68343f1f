"""What a staff view does by a form: find what it is about, check the form, one operation, and the page again where it is refused."""

from collections.abc import Callable
from typing import TypeVarTuple

from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.core.db import writing
from consult.core.forms import Form
from consult.core.http import see_other
from consult.core.refusals import Refused

Found = TypeVarTuple("Found")


def act_on(
    find: Callable[[Session], tuple[*Found]],
    form: Form,
    act: Callable[[Session, *Found], str],
    page: Callable[..., str],
) -> ResponseReturnValue:
    """Do what a form says with what `find` finds, and go where `act` says; the page with the form again where that is refused.

    303; 422 where the form is not right; the status of the refusal where the operation refuses.
    """
    with writing() as db:
        found = find(db)
        if not form.validate():
            return page(db, *found), 422
        try:
            with db.begin_nested():
                goes_to = act(db, *found)
        except Refused as problem:
            db.expire_all()
            return page(db, *found, problem), problem.status
    return see_other(goes_to)

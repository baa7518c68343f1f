"""Another language for the mails of a list, by the link in them: for whoever reads the mailbox, without signing up again."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from consult.core.db import writing
from consult.core.http import see_other
from consult.core.refusals import Refused
from consult.mailings.forms_lists import LanguageForm
from consult.mailings.list_links import find_subscriber
from consult.mailings.operations_lists_language import change_list_language as change
from consult.mailings.views_lists_leaving import show_list_leaving
from consult.mailings.views_public import bp

__all__ = ["bp"]


@bp.post("/leave/<token>/language/")
def change_list_language(token: str) -> ResponseReturnValue:
    """Send the mails of the list in another language from now on. 303 to the page of the link; 404, 409, 422."""
    form = LanguageForm()
    with writing() as db:
        subscription = find_subscriber(db, token)
        if subscription is None:
            return render_template("mailings/no_leaving.html"), 404
        if not form.validate():
            return show_list_leaving(db, subscription, language=form), 422
        try:
            with db.begin_nested():
                change(db, subscription, form.language.data)
        except Refused as problem:
            return show_list_leaving(db, subscription, refused=problem), problem.status
    return see_other(url_for(".show_leaving", token=token, changed=1))

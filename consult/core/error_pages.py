"""The page of a refusal: what happened, what to do next, and the number to tell us. Nothing personal in the log beside it."""

import logging

from flask import Flask, g, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from consult.core.i18n import LazyText, _l
from consult.core.old_forms import typed_words
from consult.core.refusals import Refused

log = logging.getLogger("consult.web")

# What each refusal by status says: heading, what happened, what to do next.
ERRORS: dict[int, tuple[LazyText, LazyText]] = {
    400: (
        _l("We could not read what you sent"),
        _l("Your browser sent something we did not expect. Go back, load the page again and try once more."),
    ),
    403: (
        _l("You may not do this"),
        _l("This page or action is for other people. If you think you should have it, ask the secretariat."),
    ),
    404: (
        _l("There is no such page"),
        _l("The address may be mistyped, or the page has moved. Start from the list of consultations."),
    ),
    405: (_l("This cannot be done here"), _l("Go back and use the buttons on the page.")),
    409: (
        _l("Someone was faster"),
        _l("This was changed while you were working on it. Load the page again to see how it stands now."),
    ),
    410: (_l("This is over"), _l("Start from the list of consultations.")),
    413: (
        _l("That is too large"),
        _l("Send less text or a smaller file. The page before this one says how much we take."),
    ),
    422: (_l("This cannot be done yet"), _l("Go back and change what is named below.")),
    429: (_l("Too many requests just now"), _l("Wait a minute, then try again. Nothing you sent was kept.")),
    500: (
        _l("Something went wrong on our side"),
        _l("Nothing you sent was kept. Try again in a minute; if it happens again, tell us the number below."),
    ),
    503: (_l("We are busy just now"), _l("Wait a minute, then try again. Nothing you sent was kept.")),
}
TOKEN_OLD = _l(
    "The form was open for too long, or in another window. Go back, load the page again and send it once more."
)


def set_up(app: Flask) -> None:
    """Answer every refusal, fault and HTTP error with a page of ours."""

    @app.errorhandler(HTTPException)
    def _http(problem: HTTPException) -> ResponseReturnValue:
        if problem.code is not None and problem.code < 400:
            return problem.get_response()  # a redirect on the way to the right address
        reason = str(TOKEN_OLD) if isinstance(problem, CSRFError) else ""
        methods = getattr(problem, "valid_methods", None)
        headers = {"Allow": ", ".join(sorted(methods))} if methods else {}
        return error_page(problem.code or 500, reason), problem.code or 500, headers

    @app.errorhandler(Refused)
    def _refused(problem: Refused) -> ResponseReturnValue:
        return error_page(problem.status, str(problem)), problem.status

    @app.errorhandler(OperationalError)
    def _database_away(problem: OperationalError) -> ResponseReturnValue:
        log.error("database: %s %s", type(problem.orig).__name__, g.get("request_id", "-"))
        return error_page(ServiceUnavailable.code), ServiceUnavailable.code, {"Retry-After": "60"}

    @app.errorhandler(Exception)
    def _fault(problem: Exception) -> ResponseReturnValue:
        # Only where it happened: the message of an exception may hold what somebody typed.
        frame = problem.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "-"
        log.error("%s at %s %s", type(problem).__name__, place, g.get("request_id", "-"))
        if app.testing:
            raise problem
        return error_page(InternalServerError.code), InternalServerError.code


def error_page(status: int, reason: str = "") -> str:
    """The page of a refusal: what happened, what to do next, and the number of the request to tell us."""
    heading, advice = ERRORS.get(status, ERRORS[500] if status >= 500 else ERRORS[400])
    return render_template(
        "errors/error.html",
        status=status,
        heading=heading,
        advice=advice,
        reason=reason,
        request_id=g.get("request_id", "-"),
        typed=typed_words(),
    )

"""What every page of safe has in common: headers, one of few lengths, error pages, no session, no cookie, no log of requests."""

from dataclasses import dataclass
from types import TracebackType
from typing import Any

from flask import Flask, Response, abort, current_app, g, make_response, render_template, request, url_for
from flask.sessions import SessionInterface
from flask.typing import ResponseReturnValue
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException

from consult.core import i18n
from consult.core.files import shipped
from consult.core.i18n import LazyText, _l
from consult.core.refusals import Refused
from consult.core.texts import Texts
from consult.safe.counters import Budget, Count
from consult.safe.database import SafeDatabase
from consult.safe.places import say_fault
from consult.safe.settings import SafeSettings
from consult.safe.ticking import FORGED, House
from consult.safe.tokens import Tokens
from consult.safe.wrapper import FORM_MAX, REFUSE, Wrapper

# Source: reference safe.md 3.7; CSP Level 3; W3C Permissions Policy; the values are held by tests/safe/test_headers.py
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation"),
            *(
                "gyroscope",
                "magnetometer",
                "microphone",
                "midi",
                "payment",
                "picture-in-picture",
                "publickey-credentials-get",
            ),
            *("screen-wake-lock", "sync-xhr", "usb", "web-share", "xr-spatial-tracking"),
        )
    ),
    "Cache-Control": "no-store",
}
HSTS = "max-age=63072000"
PAGE_STEP = 16_384  # bytes: every page is as long as a multiple of this
STATUS_LENGTH = 65_536  # bytes: of every answer to a code, whatever it says
PADDING = ("<!--", "-->\n")
NOT_WORDS = {"token", "code", "do", "use", "pass_on"}  # fields of forms that nobody wrote a text into

ERRORS: dict[int, tuple[LazyText, LazyText]] = {
    400: (_l("We could not read what you sent"), _l("Go back, load the page again and try once more.")),
    403: (
        _l("This form was not on our page"),
        _l(
            "Another site tried to send something in your name. Nothing was kept. If it was you, start from our own page."
        ),
    ),
    404: (_l("There is no such page"), _l("The address may be mistyped.")),
    405: (_l("This cannot be done here"), _l("Go back and use the buttons on the page.")),
    411: (_l("We could not read what you sent"), _l("Go back, load the page again and try once more.")),
    413: (_l("That is too large"), _l("Send less text. Nothing was kept.")),
    415: (_l("We take text only"), _l("No files can be sent here. Write what matters in the form.")),
    500: (_l("Something went wrong on our side"), _l("Nothing you sent was kept. Try again in a minute.")),
    503: (_l("We are busy just now"), _l("Wait a minute, then try again. Nothing you sent was kept.")),
}


@dataclass(frozen=True, slots=True)
class Safe:
    """What the views work with."""

    settings: SafeSettings
    is_onion: bool
    house: House
    tokens: Tokens
    sends: Budget
    returns: Budget
    forged: Count

    @property
    def database(self) -> SafeDatabase:
        """The one database."""
        return self.house.database


def safe() -> Safe:
    """The installation that answers this request."""
    found: Safe = current_app.extensions["safe"]
    return found


class NoSessions(SessionInterface):
    """No session, hence no cookie."""

    def open_session(self, app: Flask, request: Any) -> None:
        """There is none."""

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        """Nothing is kept."""


class SafeFlask(Flask):
    """Flask whose own words about a fault are left out: they name the path."""

    def log_exception(self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        """Class and place."""
        if exc_info[1] is not None:
            say_fault(exc_info[1])


def new_safe_app(settings: SafeSettings, *, listener: str) -> Flask:
    """The application of one listener, without a page yet. Raises FileNotFoundError before `consult safe init`."""
    app = SafeFlask(__name__, template_folder=str(shipped("templates")), static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=FORM_MAX, MAX_FORM_MEMORY_SIZE=FORM_MAX)
    app.session_interface = NoSessions()
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(i18n.plain_gettext, i18n.plain_ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.extensions["safe"] = Safe(
        settings,
        listener == "onion",
        House.load(settings),
        Tokens(),
        Budget(settings.sends_per_minute),
        Budget(settings.returns_per_minute),
        Count(settings.runtime, FORGED),
    )
    _languages(app)
    _requests(app, settings, is_onion=listener == "onion")
    _errors(app)
    _templates(app, settings)
    headers = _headers(settings, is_onion=listener == "onion")
    app.wsgi_app = Wrapper(app.wsgi_app, is_onion=listener == "onion", headers=headers)  # type: ignore[method-assign]
    return app


def _headers(settings: SafeSettings, *, is_onion: bool) -> dict[str, str]:
    secure = {"Strict-Transport-Security": HSTS} if settings.is_https and not is_onion else {}
    return HEADERS | secure


def _languages(app: Flask) -> None:
    @app.url_value_preprocessor
    def _language_from_address(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        code = values.pop("lang", None) if values else None
        liked = i18n.best_language(request.headers.get("Accept-Language", "")).code
        i18n.set_language(code if code is not None and i18n.is_installed(code) else liked)
        if code is not None and not i18n.is_installed(code):
            abort(404)

    @app.url_defaults
    def _language_into_address(endpoint: str, values: dict[str, Any]) -> None:
        if "lang" not in values and app.url_map.is_endpoint_expecting(endpoint, "lang"):
            values["lang"] = i18n.language().code


def _requests(app: Flask, settings: SafeSettings, *, is_onion: bool) -> None:
    headers = _headers(settings, is_onion=is_onion)

    @app.before_request
    def _may_pass() -> None:
        if status := request.environ.get(REFUSE):
            abort(status)
        # A form of ours is sent by our own page, or by a browser too old to say. RFC: W3C Fetch Metadata.
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            abort(403)

    @app.after_request
    def _end(response: Response) -> Response:
        response.headers.update(headers)
        for name in ("ETag", "Last-Modified"):
            response.headers.pop(name, None)
        return response


def page(template: str, status: int = 200, *, length: int = PAGE_STEP, **values: Any) -> Response:
    """A page, filled up to a multiple of `length` bytes: what stands on it cannot be told from its size."""
    body = render_template(template, **values).encode()
    response = make_response(padded(body, length), status)
    response.mimetype = "text/html"
    return response


def padded(body: bytes, length: int) -> bytes:
    """A page with a comment at its end that makes it as long as a multiple of `length`."""
    bare = len(body) + sum(map(len, PADDING))
    opening, closing = PADDING
    return body + opening.encode() + b" " * (-bare % length) + closing.encode()


def _errors(app: Flask) -> None:
    @app.errorhandler(HTTPException)
    def _http(problem: HTTPException) -> ResponseReturnValue:
        if problem.code is not None and problem.code < 400:
            return problem.get_response()  # a redirect to the address with its slash
        return error_page(problem.code or 500)

    @app.errorhandler(Refused)
    def _refused(problem: Refused) -> ResponseReturnValue:
        return error_page(problem.status, str(problem))

    @app.errorhandler(Exception)
    def _fault(problem: Exception) -> ResponseReturnValue:
        say_fault(problem)
        return error_page(500)


def error_page(status: int, reason: str = "") -> Response:
    """The page of a refusal: what happened, what to do, and what was typed, for copying."""
    heading, advice = ERRORS.get(status, ERRORS[500] if status >= 500 else ERRORS[400])
    return page("safe/error.html", status, heading=heading, advice=advice, reason=reason, typed=typed_words())


def typed_words() -> list[str]:
    """Every text that came with the request: for a page that cannot show its form again."""
    if request.method != "POST" or request.environ.get(REFUSE):
        return []
    return [words for name, words in request.form.items(multi=True) if name not in NOT_WORDS and words.strip()]


def _templates(app: Flask, settings: SafeSettings) -> None:
    @app.context_processor
    def _everywhere() -> dict[str, Any]:
        return {
            "language": i18n.language(),
            "site_name": Texts(settings.site_name).shown(),
            "language_links": language_links(),
            "main_address": settings.main_address,
            "direction_of": i18n.direction_of,
            "format_instant": i18n.format_instant,
            "is_onion": safe().is_onion,
            "onion": settings.onion,
        }


def language_links() -> list[dict[str, Any]]:
    """This page in each language; none on an answer to a form, where going elsewhere would lose what was typed."""
    if request.method == "POST" or g.get("no_languages"):
        return []
    rule, here = request.url_rule, i18n.language().code
    links = []
    for record in i18n.languages():
        address = f"/{record.code}/"
        if rule is not None and request.endpoint and "lang" in rule.arguments and "GET" in (rule.methods or ()):
            address = url_for(request.endpoint, **{**(request.view_args or {}), "lang": record.code})
        links.append({"record": record, "url": address, "current": record.code == here})
    return links

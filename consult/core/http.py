"""What every page has in common: language, headers, caching, CSRF, error pages, logs without personal data."""

import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, g, redirect, request, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from jinja2 import StrictUndefined
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from consult.core import error_pages, i18n
from consult.core.files import shipped
from consult.core.forms import whole_number
from consult.core.identity import identity
from consult.core.ids import derive_key
from consult.core.old_forms import FormGuard, is_one_click
from consult.core.other_languages import alternates, language_links, shown
from consult.core.settings import Settings

log = logging.getLogger("consult.web")

# Exactly what pages use: our stylesheet, our pictures, our own forms. Source: DESIGN invariant 11; reference: CSP Level 3.
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
WITH_SCRIPT = f"{CSP}; script-src 'self'"  # of the few staff pages that speak with passkeys
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
KEPT = {"Cache-Control": "public, max-age=60", "Vary": "Accept-Encoding"}  # of a page that anyone may keep for a minute
FORM_MAX = 1_000_000  # bytes of a form without a file

UPLOAD_MAX = "consult_upload_max"  # attribute on a view

View = TypeVar("View", bound=Callable[..., Any])

csrf = FormGuard()


def new_app(settings: Settings, name: str) -> Flask:
    """A Flask application with our folders, headers, error pages and rules, and no page yet."""
    app = Flask(name, template_folder=str(shipped("templates")), static_folder=str(shipped("static")))
    app.config.update(
        SECRET_KEY=derive_key(settings.secret_key, "cookies"),
        SESSION_COOKIE_NAME="consult",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.is_https,
        MAX_CONTENT_LENGTH=FORM_MAX,
        MAX_FORM_MEMORY_SIZE=FORM_MAX,
        MAX_FORM_PARTS=2000,
        # no-referrer would make the strict check refuse every form over HTTPS; Sec-Fetch-Site stands in for it
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
    )
    app.session_interface = CachingSessions()
    app.url_map.converters["int"] = SmallNumber
    app.extensions["consult settings"] = settings
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(i18n.plain_gettext, i18n.plain_ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["_n"] = i18n._n
    _brake(app, settings.requests_per_minute)
    _sizes(app)
    csrf.init_app(app)
    _requests(app)
    _headers(app)
    _addresses(app)
    error_pages.set_up(app)
    _templates(app, settings)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=0, x_proto=settings.proxies, x_host=settings.proxies)  # type: ignore[method-assign]
    return app


def takes_upload(limit: int) -> Callable[[View], View]:
    """Let a view take a form with a file, of so many bytes in all. Must be known before the form is read for its token."""

    def mark(view: View) -> View:
        setattr(view, UPLOAD_MAX, limit)
        return view

    return mark


def _sizes(app: Flask) -> None:
    @app.before_request
    def _set_size() -> None:
        view = app.view_functions.get(request.endpoint or "")
        request.max_content_length = getattr(view, UPLOAD_MAX, FORM_MAX)


def _addresses(app: Flask) -> None:
    """Nothing that an address names has a zero byte in it: PostgreSQL holds none. Forms take it out themselves."""

    @app.before_request
    def _refuse_zero_bytes() -> None:
        if "\x00" in request.path or (request.query_string and any("\x00" in words for words in request.args.values())):
            abort(404)


def _brake(app: Flask, per_minute: int) -> None:
    """One budget for everybody together, kept in memory: no address and no hash of one is looked at.

    It counts what writes and what staff ask for. Public pages are answered from memory, and caches keep them.
    Source: docs/decisions/0007-brake.md
    """
    limiter, budget = FixedWindowRateLimiter(MemoryStorage()), RateLimitItemPerMinute(per_minute)

    @app.before_request
    def _count() -> None:
        if request.method in ("GET", "HEAD") and not request.path.startswith("/staff/"):
            return
        if not limiter.hit(budget, "everybody"):
            abort(429)


def _requests(app: Flask) -> None:
    @app.url_value_preprocessor
    def _language_from_address(endpoint: str | None, values: dict[str, Any] | None) -> None:
        code = values.pop("lang", None) if values else _beginning(request.path) if endpoint is None else None
        is_wrong = code is not None and not i18n.is_installed(code)
        if code is None or is_wrong:
            i18n.set_language(i18n.best_language(request.headers.get("Accept-Language", "")).code)
        else:
            i18n.set_language(code)
        if is_wrong:
            abort(404)

    @app.url_defaults
    def _language_into_address(endpoint: str, values: dict[str, Any]) -> None:
        if "lang" not in values and app.url_map.is_endpoint_expecting(endpoint, "lang"):
            values["lang"] = i18n.language().code

    @app.before_request
    def _begin() -> None:
        g.request_id = secrets.token_hex(6)
        g.began = time.perf_counter()
        # A form of ours is sent by our own page, or by a browser too old to say. RFC: W3C Fetch Metadata.
        is_ours = request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none")
        if request.method == "POST" and not is_ours and not is_one_click():
            abort(403)


def _headers(app: Flask) -> None:
    secure = {"Strict-Transport-Security": "max-age=31536000"} if app.config["SESSION_COOKIE_SECURE"] else {}
    headers = list((HEADERS | secure).items())

    @app.after_request
    def _end(response: Response) -> Response:
        there = set(response.headers.keys(lower=True))
        for name, value in headers:
            if name.lower() not in there:
                response.headers.add(name, value)
        log.info(
            "%s %s %s %.0fms %s",
            request.method,
            request.endpoint or "-",
            response.status_code,
            (time.perf_counter() - g.get("began", time.perf_counter())) * 1000,
            g.get("request_id", "-"),
        )
        return response


def _beginning(path: str) -> str | None:
    """The language with which an address begins that leads nowhere, so that the page says so in it; None for no language."""
    first = path.split("/", 2)[1]
    return first if i18n.is_installed(first) else None


class SmallNumber(IntegerConverter):
    """A number in an address, as far as every database holds it: there is no page beyond."""

    regex = "[0-9]{1,9}"


class CachingSessions(SecureCookieSessionInterface):
    """Flask's signed session, and the one place that knows whether a response used it: so the cache rule stands here."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the cookie; an empty one where there is none, which most visits are."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Public only where a page said so and the response used no session, no form token and sets no cookie."""
        super().save_session(app, session, response)
        if request.endpoint == "static" and response.status_code in (200, 304):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif not g.get("is_public") or session.accessed or "Set-Cookie" in response.headers:
            response.headers["Cache-Control"] = "private, no-store"
            response.headers.pop("ETag", None)


def public_response(body: bytes | str, version: str, *, mimetype: str = "text/html") -> Response:
    """A page that anyone may keep for a minute, answered with 304 where the reader has it.

    `version` names everything the page is made from. A page that turns out to use a session goes out private all the same.
    """
    known = not_modified(version)
    if known is not None:
        return known
    g.is_public = True
    response = Response(body, mimetype=mimetype)
    response.headers.extend(KEPT)
    response.set_etag(etag(version))
    return response


def etag(version: str) -> str:
    """A short tag of a version, opaque. The name of the site stands on every page, so its revision is in every tag."""
    return hashlib.sha256(f"{identity().revision}:{version}".encode()).hexdigest()[:24]


def not_modified(version: str) -> Response | None:
    """The 304 answer if the reader has this version of the page; None if it must be made."""
    tag = etag(version)
    if not request.if_none_match.contains_weak(tag):  # RFC 9110 13.1.2; a proxy that compresses makes ours a weak one
        return None
    g.is_public = True
    return Response(status=304, headers={"ETag": f'"{tag}"', **KEPT})


def _templates(app: Flask, settings: Settings) -> None:
    @lru_cache(maxsize=32)
    def asset(filename: str) -> str:
        digest = hashlib.sha256((shipped("static") / filename).read_bytes()).hexdigest()[:12]
        return f"/static/{filename}?v={digest}"

    @app.context_processor
    def _everywhere() -> dict[str, Any]:
        return {
            "language": i18n.language(),
            "site_name": identity().name.shown(),
            "base_url": settings.base_url,
            "language_links": language_links(),
            "alternates": alternates,
            "asset": asset,
            "shown": shown,
            "format_day": i18n.format_day,
            "format_short_day": i18n.format_short_day,
            "format_month": i18n.format_month,
            "format_instant": i18n.format_instant,
            "format_number": i18n.format_number,
            "direction_of": i18n.direction_of,
            "name_of_language": i18n.name_of,
            "language_codes": [record.code for record in i18n.languages()],
        }


def asked_number(name: str) -> int:
    """A whole number that the address asks for (?after=50); 0 where it asks for none, or for what is none."""
    return whole_number(request.args.get(name)) or 0


def asked_id(name: str) -> int:
    """The id that the address asks for (?after=-7), which may be negative; 0 where it asks for none, or for what is none."""
    asked = request.args.get(name, "")
    sign = -1 if asked.startswith("-") else 1
    return sign * (whole_number(asked.removeprefix("-")) or 0)


def safe_next(address: str | None, otherwise: str) -> str:
    """A place on this site to go on to: never another site, whatever the form says."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return otherwise
    parts = urlsplit(address)
    return otherwise if parts.scheme or parts.netloc or any(ord(c) < 32 for c in address) else address


def scripted(body: str, status: int = 200) -> ResponseReturnValue:
    """A page that may run the scripts of this site: only for what no browser can do without one."""
    return body, status, {"Content-Security-Policy": WITH_SCRIPT}


def see_other(address: str) -> ResponseReturnValue:
    """Go on to a page after a POST."""
    return redirect(address, 303)


Page = Callable[..., ResponseReturnValue]


def staff_address(endpoint: str, **values: Any) -> str:
    """The address of a staff page, without empty values."""
    return url_for(endpoint, **{name: value for name, value in values.items() if value})

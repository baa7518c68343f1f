"""The outermost layer: the application never gets to see who asks, reads no body that is not a form, and no fault gets past.

What an application does not know it cannot log, store or leak: so what it may know is listed here, and everything else of a
request is left out. Source: reference safe.md 3.7.
"""

import io
from collections.abc import Callable, Iterable
from typing import Any

from consult.safe.places import say_fault

# All that the application is told. The client's address, its browser, its cookies and where it comes from are not in it.
TOLD = {
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "CONTENT_TYPE",
    "CONTENT_LENGTH",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "HTTP_HOST",
    "HTTP_SEC_FETCH_SITE",
    "HTTP_ACCEPT_LANGUAGE",
    "wsgi.version",
    "wsgi.url_scheme",
    "wsgi.input",
    "wsgi.errors",
    "wsgi.multithread",
    "wsgi.multiprocess",
    "wsgi.run_once",
}
PROXIED = (
    "HTTP_VIA",
    "HTTP_X_TOR2WEB",
    "HTTP_FORWARDED",
    "HTTP_X_REAL_IP",
)  # and whatever begins with HTTP_X_FORWARDED
FORM_TYPE = "application/x-www-form-urlencoded"
FORM_MAX = 1_000_000  # bytes
REFUSE = "consult.refuse"  # in the environ: the status with which the application answers whatever was asked

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


def refusal(environ: Environ, *, is_onion: bool) -> int | None:
    """The status by which a request is refused before anything of its body is read; None where it may pass."""
    if is_onion and any(name in PROXIED or name.startswith("HTTP_X_FORWARDED") for name in environ):
        return 400  # somebody stands between this person and the onion service, and reads along
    if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
        return None
    if environ["REQUEST_METHOD"] != "POST":
        return 405
    length = environ.get("CONTENT_LENGTH") or ""
    if "HTTP_TRANSFER_ENCODING" in environ or not length.isascii() or not length.isdigit():
        return 411
    if environ.get("CONTENT_TYPE", "").split(";")[0].strip().lower() != FORM_TYPE:
        return 415  # an upload would be written to a plain temporary file
    return 413 if int(length) > FORM_MAX else None


class Wrapper:
    """WSGI around WSGI."""

    def __init__(self, application: Application, *, is_onion: bool, headers: dict[str, str]) -> None:
        self.application = application
        self.is_onion = is_onion
        self.headers = headers

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request. A fault anywhere inside becomes a bare 500 that says nothing of it."""
        told = {name: value for name, value in environ.items() if name in TOLD}
        if status := refusal(environ, is_onion=self.is_onion):
            told |= {REFUSE: status, "wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"}
        begun: list[tuple[str, list[tuple[str, str]]]] = []
        try:
            answer = self.application(told, lambda status, headers, _fault=None: begun.append((status, headers)))
            body = list(answer)
            getattr(answer, "close", lambda: None)()
        except Exception as problem:
            say_fault(problem)
            body = [b"Something went wrong on our side. Nothing you sent was kept.\n"]
            plain = [("Content-Type", "text/plain"), ("Content-Length", str(len(body[0])))]
            begun.append(("500 Internal Server Error", [*self.headers.items(), *plain]))
        start_response(*begun[-1])  # only now: nothing was sent of an answer that failed half-way
        return body

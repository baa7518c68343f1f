"""gunicorn as safe runs it: a logger that knows no request, and a worker that tells nobody what it is.

gunicorn's own would write addresses and paths into the log and into the answer to a malformed request.
"""

import sys
from types import FrameType
from typing import Any

from gunicorn import util
from gunicorn.glogging import Logger
from gunicorn.http import wsgi
from gunicorn.workers.sync import SyncWorker

from consult.safe.places import say_fault
from consult.safe.web import HEADERS

WORDS = b"We could not read what your browser sent.\n"


class SafeLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Writes the class and the place of a fault. Whatever gunicorn wants to say beside it may hold an address: it is dropped."""

    def setup(self, cfg: Any) -> None:
        """No file, no handler, no format."""

    def _say(self, frame: FrameType | None) -> None:
        problem = sys.exc_info()[1]
        if problem is not None:
            say_fault(problem)
        elif frame is not None:
            sys.stderr.write(f"at {frame.f_code.co_filename}:{frame.f_lineno}\n")
            sys.stderr.flush()

    def critical(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Where in gunicorn."""
        self._say(sys._getframe(1))

    def error(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Where in gunicorn."""
        self._say(sys._getframe(1))

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Which class, and where."""
        self._say(sys._getframe(1))

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Nothing: gunicorn warns of malformed requests by their address."""

    def info(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Nothing."""

    def debug(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Nothing."""

    def log(self, lvl: Any, msg: str, *args: Any, **kwargs: Any) -> None:
        """Nothing."""

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Nothing: there is no access log."""

    def reopen_files(self) -> None:
        """There are none."""

    def close_on_exec(self) -> None:
        """There are none."""


class SafeWorker(SyncWorker):  # type: ignore[misc]
    """A sync worker whose answers do not name the server, and whose answer to a malformed request repeats nothing of it."""

    def init_process(self) -> None:
        """Leave the Server header out of every answer."""
        own = wsgi.Response.default_headers

        def without_server(response: Any) -> list[str]:
            return [line for line in own(response) if not line.startswith("Server:")]

        wsgi.Response.default_headers = without_server
        super().init_process()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what is no request of HTTP, with our headers and without its words."""
        say_fault(exc)
        lines = ["HTTP/1.1 400 Bad Request", "Connection: close", "Content-Type: text/plain"]
        lines += [f"Content-Length: {len(WORDS)}", *(f"{name}: {value}" for name, value in HEADERS.items())]
        try:
            util.write_nonblock(client, "\r\n".join(lines).encode() + b"\r\n\r\n" + WORDS)
        except OSError:
            say_fault(exc)

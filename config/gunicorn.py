"""gunicorn's settings for the main application. `consult serve` uses them; so may systemd."""

from typing import Any

from gunicorn.glogging import Logger

from consult.core.settings import load


class QuietLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own log with minutes only, and without what it writes of requests: their sender's address, their path."""

    datefmt = "[%Y-%m-%d %H:%M]"

    def warning(self, msg: str, *args: Any, **named: Any) -> None:
        """A warning; of an invalid request only that there was one (gunicorn would write the address and the words sent)."""
        if str(msg).startswith("Invalid request"):
            msg, args = "A request was no HTTP", ()
        super().warning(msg, *args, **named)

    def exception(self, msg: str, *args: Any, **named: Any) -> None:
        """A fault outside of the application; of a request only that it was one."""
        if str(msg).startswith("Error handling request"):
            self.error_log.error("A fault while a request was handled")
            return
        super().exception(msg, *args, **named)


_settings = load()

bind = _settings.web_address
workers = _settings.web_workers
worker_class = "sync"
timeout = 60
graceful_timeout = 20
accesslog = None  # the application writes endpoint names; an access log would write paths and addresses
errorlog = "-"
logger_class = QuietLogger
control_socket_disable = True  # no second way in

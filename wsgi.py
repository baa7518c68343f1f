"""The WSGI applications, each built only when asked for by name: `wsgi:app`."""

from typing import Any


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(name)
    from consult.main import app

    return app

"""The WSGI applications, each built only when asked for by name: `wsgi:app` (main) and `wsgi:safe_app`.

So the process of one never loads the other.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "app":
        from consult.main import app as found
    elif name == "safe_app":
        from consult.safe_main import app as found
    else:
        raise AttributeError(name)
    return found

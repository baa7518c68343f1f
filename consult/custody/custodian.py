"""The custodian file as it lies here: the same bytes for everyone, its SHA-256, and a policy that lets only it run.

The page is one file with one style and one script. The policy names both by their hash and allows no connection at all.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from consult.core.files import shipped

NAME = "custodian.html"
_SCRIPT, _STYLE = (
    re.compile(f"<{tag}[^>]*>(.*?)</{tag}>".encode(), re.DOTALL | re.IGNORECASE) for tag in ("script", "style")
)


@dataclass(frozen=True, slots=True)
class Custodian:
    """The file."""

    content: bytes
    sha256: str  # hex
    policy: str  # Content-Security-Policy


def custodian() -> Custodian | None:
    """The file that comes with this version; None where it was not built."""
    path = shipped("custodian") / NAME
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else None


@lru_cache(maxsize=2)
def _read(path: Path, _changed: int) -> Custodian:
    content = path.read_bytes()
    return Custodian(content, hashlib.sha256(content).hexdigest(), policy_of(content))


def policy_of(content: bytes) -> str:
    """The policy under which a page of this form runs, and nothing else does."""
    scripts = [_hash(one) for one in _SCRIPT.findall(content)]
    if b"WebAssembly" in content:
        scripts.append("'wasm-unsafe-eval'")
    styles = [_hash(one) for one in _STYLE.findall(content)]
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src", *(scripts or ["'none'"]))),
            " ".join(("style-src", *(styles or ["'none'"]))),
            "connect-src 'none'",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _hash(inside: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(inside).digest()).decode()}'"


def grouped(sha256: str) -> str:
    """A SHA-256 in groups of eight, to be compared by eye."""
    return " ".join(sha256[at : at + 8] for at in range(0, len(sha256), 8))

"""Tools from outside that a test may need: found, or the test skips with a sentence, or fails where all must be there."""

import os
import shutil
from pathlib import Path

import pytest

from consult.mailings.letters_pdf import is_possible

POSTGRES_ROOT = Path("/usr/lib/postgresql")  # Debian's place, one folder a major version
POSTGRES_LEAST = 15
HEADERS_MORE = Path("/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so")
AXE = Path(__file__).parent.parent / "journeys" / "node_modules" / "axe-core" / "axe.min.js"


def postgres_programs() -> Path | None:
    """The folder of the newest installed PostgreSQL server's programs; None where there is none."""
    found = {int(path.parent.name): path for path in POSTGRES_ROOT.glob("*/bin") if (path / "initdb").exists()}
    newest = max(found, default=0)
    return found[newest] if newest >= POSTGRES_LEAST else None


def chromium() -> str | None:
    """Debian's chromium."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


def _axe() -> Path | None:
    return AXE if AXE.exists() else None


def _nginx() -> str | None:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") if HEADERS_MORE.exists() else None


def _dovecot() -> str | None:
    imap = Path("/usr/lib/dovecot/imap")  # a package of its own beside the server
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin") if imap.exists() else None


def _pdf() -> str | None:
    return "weasyprint" if is_possible() else None


FINDERS = {
    "postgresql": (postgres_programs, "PostgreSQL 15 or newer is not installed (Debian package postgresql)"),
    "chromium": (chromium, "chromium is not installed (Debian package chromium)"),
    "axe": (_axe, "axe-core is not installed (npm, then `make test`)"),
    "soffice": (lambda: shutil.which("soffice"), "LibreOffice is not installed (libreoffice-writer-nogui)"),
    "firefox-esr": (lambda: shutil.which("firefox-esr"), "Firefox is not installed (Debian package firefox-esr)"),
    "npm": (lambda: shutil.which("npm"), "npm is not installed"),
    "node": (lambda: shutil.which("node"), "node is not installed (Debian package npm)"),
    "strace": (lambda: shutil.which("strace"), "strace is not installed (Debian package strace)"),
    "nginx": (_nginx, "nginx with headers-more is not installed (nginx-light, libnginx-mod-http-headers-more-filter)"),
    "dovecot": (_dovecot, "Dovecot is not installed (Debian package dovecot-imapd)"),
    "tor": (lambda: shutil.which("tor"), "tor is not installed (Debian package tor)"),
    "pdf": (
        _pdf,
        "what writes PDF is not installed (the extra pdf, and Debian's libpango-1.0-0 and libpangoft2-1.0-0)",
    ),
    "wrk": (lambda: shutil.which("wrk"), "wrk is not installed (Debian package wrk)"),
}


def has(tool: str) -> bool:
    """Whether a tool is there."""
    return FINDERS[tool][0]() is not None


def must_have_all() -> bool:
    """Whether a missing tool is a failure: CONSULT_REQUIRE_ALL is set, as in CI."""
    return os.environ.get("CONSULT_REQUIRE_ALL", "") not in ("", "0")


def require(tool: str) -> str:
    """Where a tool is. Skips the test with a sentence where it is missing; fails it where all must be there."""
    find, sentence = FINDERS[tool]
    found = find()
    if found is not None:
        return str(found)
    if must_have_all():
        pytest.fail(f"{sentence}, and CONSULT_REQUIRE_ALL is set")
    pytest.skip(sentence)

"""What the pages for operators tell them to type, run as it stands there."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.support.server import ROOT
from tests.support.tools import require

PAGES = ROOT / "docs" / "operations"
# Where Debian's sqlite3 is not installed: the same statement by the same library.
SQLITE3 = f"#!{sys.executable}\nimport sqlite3, sys\nsqlite3.connect(sys.argv[1]).execute(sys.argv[2])\n"


def block_of(page: str, heading: str) -> str:
    """The first block of commands below a heading, or below the first words of a paragraph or point."""
    found = re.search(rf"{re.escape(heading)}.*?\n *```\n(.*?)\n *```", (PAGES / page).read_text(), re.DOTALL)
    assert found, f"{page} has no commands below {heading}"
    return "\n".join(line.strip() for line in found[1].splitlines())


def settings_in(page: str, heading: str) -> dict[str, str]:
    """Settings of a server that stand in such a block."""
    lines = (line.partition("#")[0].partition("=") for line in block_of(page, heading).splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}


def back_up(url: str, data: Path, to: Path) -> None:
    """The backup of main.md, of the database at this address, taken anew."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir()
    other = "pg_dump" if url.startswith("sqlite") else "sqlite3"
    lines = [line for line in block_of("main.md", "## Backing up").splitlines() if not line.startswith(other)]
    script = "\n".join(lines).replace("/backup/", f"{to}/")
    if url.startswith("sqlite"):
        script = script.replace("/var/lib/consult/consult.db", url.removeprefix("sqlite:///"))
    run(script.replace("/var/lib/consult", str(data)), url, to)
    for dump in to.glob("*.dump"):  # compressed: as words beside it
        run(f"pg_restore --file={dump}.sql {dump}", url, to)


def run(script: str, url: str, folder: Path) -> None:
    """Commands by a shell, in which `consult` is the database at this address. Raises CalledProcessError."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    variables = {"PATH": f"{programs}:{os.environ['PATH']}"}
    if url.startswith("sqlite"):
        if not shutil.which("sqlite3"):
            (programs / "sqlite3").write_text(SQLITE3)
            (programs / "sqlite3").chmod(stat.S_IRWXU)
    else:
        at = make_url(url)
        variables = {
            "PATH": f"{require('postgresql')}:{os.environ['PATH']}", "PGHOST": at.host or "", "PGPORT": str(at.port),
            "PGUSER": at.username or "",
        }  # fmt: skip
        script = re.sub(r"(?<=[ ])consult(?= |$)", at.database or "", script, flags=re.MULTILINE)
    subprocess.run(["bash", "-euc", script], env=variables, cwd=folder, check=True, capture_output=True)
    shutil.rmtree(programs)

"""The `consult` command. Each group is a few lines here; what it does stands in its package."""

import json
import sys
from pathlib import Path

import click

import consult
from consult.core.db import Database, reading
from consult.core.settings import Settings, SettingWrong, load


def _start() -> tuple[Settings, Database]:
    """The installation named by the settings, in use. Ends the command with the sentence of a wrong setting."""
    try:
        settings = load()
    except SettingWrong as problem:
        raise click.ClickException(str(problem)) from None
    return settings, consult.start(settings)


@click.group()
@click.version_option(consult.__version__)
def main() -> None:
    """Consult: consultations of a national mechanism."""


@main.group()
def database() -> None:
    """The database's shape."""


@database.command("upgrade")
def database_upgrade() -> None:
    """Bring the database to this version's shape; makes it where there is none."""
    from consult.core import migrating

    settings, _ = _start()
    migrating.upgrade(settings.database_url)
    click.echo("The database is up to date.")


@main.group()
def audit() -> None:
    """The journal."""


@audit.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
def audit_verify(as_json: bool) -> None:
    """Check that nobody edited, deleted or reordered an entry. Exits 1 where somebody did."""
    from consult.audit.operations import verify

    _start()
    with reading() as db:
        findings = list(verify(db))
    if as_json:
        click.echo(json.dumps([{"number": f.number, "problem": f.problem} for f in findings]))
    for finding in findings if not as_json else []:
        click.echo(f"Entry {finding.number}: {finding.problem}.")
    if not findings and not as_json:
        click.echo("The journal is whole.")
    sys.exit(1 if findings else 0)


@main.group()
def drafts() -> None:
    """Reading and comparing drafts without an installation."""


@drafts.command("inspect")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
def drafts_inspect(file: Path, as_json: bool) -> None:
    """Show how FILE (DOCX, ODT or Markdown) is read: headings, paragraphs, notes, doubtful places."""
    from consult.drafts.inspecting import inspect_file

    sys.exit(inspect_file(file, as_json))


@drafts.command("compare")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
def drafts_compare(old: Path, new: Path, as_json: bool) -> None:
    """Show which paragraph of OLD is which of NEW: same, reworded, moved, deleted, inserted."""
    from consult.drafts.comparing import compare_files

    sys.exit(compare_files(old, new, as_json))


@main.command()
def work() -> None:
    """Run the worker: mails, imports, sweeps. Stops on TERM."""
    from consult import worker
    from consult.jobs.queue import queue

    settings, _ = _start()
    worker.work(settings, queue())


@main.command()
def serve() -> None:
    """Run the site and the worker as child processes until TERM; exits non-zero when one cannot stay up."""
    from consult import serving

    settings, _ = _start()
    sys.exit(serving.serve(settings))


if __name__ == "__main__":
    main()

"""The `consult` command. Each group is a few lines here; what it does stands in its package."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy.orm import Session

import consult
from consult.accounts.models import Role, Staff
from consult.core import clock
from consult.core.db import Database, reading, writing
from consult.core.refusals import Refused
from consult.core.settings import Settings, SettingWrong, load

if TYPE_CHECKING:
    from consult.safe.settings import SafeSettings


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
def accounts() -> None:
    """The staff."""


@accounts.command("add")
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role]))
@click.option("--language", default="", help="Of the staff pages; the site's own if not given.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, for scripts.")
def accounts_add(name: str, email: str, roles: tuple[str, ...], language: str, password_stdin: bool) -> None:
    """Add a person and print the link, good once, on which they set a password."""
    from consult.accounts import operations

    settings, _ = _start()
    try:
        with writing() as db:
            person = operations.add_staff(
                db,
                name=name,
                email=email,
                language=language or settings.languages[0],
                roles=[Role(role) for role in roles],
                by=None,
                now=clock.now(),
            )
            secret = operations.make_password_link(db, person, by=None, now=clock.now())
            if password_stdin:
                operations.set_password_by_link(db, secret, sys.stdin.readline().rstrip("\n"), now=clock.now())
    except Refused as problem:
        raise click.ClickException(str(problem)) from None
    click.echo("The password is set." if password_stdin else f"{settings.base_url}/staff/password/{secret}/")


@accounts.command("list")
def accounts_list() -> None:
    """Everyone with state and roles."""
    from consult.accounts.queries import list_staff

    _start()
    with reading() as db:
        for person, roles in list_staff(db):
            click.echo(f"{person.email}  {person.state}  {', '.join(roles)}")


def _person(db: Session, email: str) -> Staff:
    from consult.accounts.queries import find_staff_by_email

    person = find_staff_by_email(db, email)
    if person is None:
        raise click.ClickException(f"Nobody on the staff has the address {email}.")
    return person


@accounts.command("link")
@click.argument("email")
def accounts_link(email: str) -> None:
    """Print a new link, good once, on which the person of EMAIL sets a password."""
    from consult.accounts import operations

    settings, _ = _start()
    try:
        with writing() as db:
            secret = operations.make_password_link(db, _person(db, email), by=None, now=clock.now())
    except Refused as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(f"{settings.base_url}/staff/password/{secret}/")


@accounts.command("disable")
@click.argument("email")
def accounts_disable(email: str) -> None:
    """Let the person of EMAIL sign in no more, and end their sessions."""
    from consult.accounts import operations

    _start()
    try:
        with writing() as db:
            operations.disable_staff(db, _person(db, email), by=None, now=clock.now())
    except Refused as problem:
        raise click.ClickException(str(problem)) from None
    click.echo("Done.")


@accounts.command("reset-second-factor")
@click.argument("email")
def accounts_reset_second_factor(email: str) -> None:
    """Take away the second factor of the person of EMAIL, who lost it: also an administrator's. Never an officer's."""
    from consult.accounts.operations_second_factor import reset_second_factor

    _start()
    try:
        with writing() as db:
            reset_second_factor(db, _person(db, email), by=None, now=clock.now())
    except Refused as problem:
        raise click.ClickException(str(problem)) from None
    click.echo("Done. The person signs in with the password, and sets up a new one if their role needs it.")


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


@main.group()
def mail() -> None:
    """The outbox."""


@mail.command("test")
@click.argument("address")
@click.option("--language", default="", help="Its language; the site's own if not said.")
def mail_test(address: str, language: str) -> None:
    """Send one test mail to ADDRESS on the way that all mails take, and say what the relay answered."""
    from consult.mail.commands import send_test

    _start()
    sys.exit(send_test(address, language))


@mail.command("uncertain")
def mail_uncertain() -> None:
    """List the mails that may or may not have gone out. A person decides: `consult mail decide`."""
    from consult.mail.commands import show_uncertain

    _start()
    show_uncertain()


@mail.command("decide")
@click.argument("number", type=int)
@click.argument("decision", type=click.Choice(["resend", "arrived", "lost"]))
def mail_decide(number: int, decision: str) -> None:
    """Send the uncertain mail NUMBER once more, or take it for arrived or for lost."""
    from consult.core.refusals import Refused
    from consult.mail.commands import decide

    _start()
    try:
        decide(number, decision)
    except (LookupError, Refused) as problem:
        raise click.ClickException(str(problem)) from None


@mail.command("ingest")
@click.option("--recipient", default="", help="The address it came to, if the mail server tells it.")
def mail_ingest(recipient: str) -> None:
    """Take a message from standard input that came to bounce_address or leave_address. Exits 75 where it should come again."""
    from consult.mail.bounces import READ_MAX
    from consult.mailings.commands import ingest

    settings, _ = _start()
    sys.exit(ingest(settings, sys.stdin.buffer.read(READ_MAX), recipient=recipient))


@mail.command("progress")
@click.argument("ref")
@click.option("--watch", is_flag=True, help="Go on until nothing waits any more.")
def mail_progress(ref: str, watch: bool) -> None:
    """How far the campaign REF is, with a bar: REF is the last part of its page's address."""
    from consult.mailings.progress import show_progress

    _start()
    sys.exit(show_progress(ref, watch=watch))


@main.group()
def privacy() -> None:
    """Personal data."""


@privacy.command("retention")
@click.option("--dry-run", is_flag=True, help="Count only what would be erased; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
def privacy_retention(dry_run: bool, as_json: bool) -> None:
    """Erase what has been kept for its whole term, as the worker does every night. Exits 1 where a kind failed."""
    from consult.privacy.commands import keep

    _start()
    sys.exit(0 if keep(dry_run=dry_run, as_json=as_json) else 1)


@mail.command("fetch")
def mail_fetch() -> None:
    """Take what came to bounce_address and leave_address from the mailbox of the settings (IMAP). The worker does it by itself."""
    from consult.mailings.commands import fetch

    settings, _ = _start()
    sys.exit(fetch(settings))


@main.command()
def work() -> None:
    """Run the worker: mails, imports, sweeps. Stops on TERM."""
    from consult import worker
    from consult.jobs.queue import queue

    settings, _ = _start()
    worker.work(settings, queue())


@main.command()
def serve() -> None:
    """Run the site and the worker as child processes until TERM; exits non-zero when one cannot stay up.

    Runs safe beside them where SAFE_DATA_FOLDER or SAFE_SETTINGS is set.
    """
    from consult import serving

    settings, _ = _start()
    _offer_set_up(settings)
    sys.exit(serving.serve(settings, _safe_beside()))


def _safe_beside() -> "SafeSettings | None":
    """The safe of this machine, where the environment names one."""
    if not os.environ.keys() & {"SAFE_DATA_FOLDER", "SAFE_SETTINGS"}:
        return None
    from consult.safe import commands

    return commands.ready()


def _offer_set_up(settings: Settings) -> None:
    """Make the database of an empty installation, and print the link to its set-up while nobody works in it."""
    from consult.core import migrating
    from consult.site.identity import beginning
    from consult.site.operations import offer_set_up

    if not migrating.has_tables(settings.database_url):
        migrating.upgrade(settings.database_url)
    if not migrating.is_current(settings.database_url):
        raise click.ClickException("The database is older than this version: run `consult database upgrade` first.")
    with writing() as db:
        secret = offer_set_up(db, beginning(settings))
    if secret:
        click.echo("Nobody works here yet. Set the site up in your browser, with this link:")
        click.echo(f"  {settings.base_url}/staff/set-up/{secret}/")
        click.echo("It ends when the first administrator is added, or when Consult starts again and prints a new one.")


@main.command()
@click.option(
    "--folder", type=click.Path(path_type=Path), default=Path("demo-data"), help="Where the demonstration is kept."
)
@click.option(
    "--once",
    type=click.Path(path_type=Path, file_okay=False),
    help="Run one cycle into this folder, with summary, report and mails, and serve nothing.",
)
def demo(folder: Path, once: Path | None) -> None:
    """Run one whole cycle on a sample draft, the first time, and serve it. With --once, exit 0 only if all agrees."""
    from consult.demo import commands

    commands.run(folder, once)


@main.group()
def safe() -> None:
    """The application for comments without a name. It reads SAFE_* variables and config/safe.default.toml."""


@safe.command("init")
@click.option(
    "--installation", required=True, help="The name that main gave itself; it stands on main's page for safe."
)
@click.option("--main-public", required=True, help="Main's public key, from the same page.")
@click.option("--card", "cards", multiple=True, type=click.Path(path_type=Path, exists=True), help="An officer's card.")
def safe_init(installation: str, main_public: str, cards: tuple[Path, ...]) -> None:
    """Make safe's keys and database, and pin main and the officers. Run it again to pin another officer."""
    from consult.safe import commands

    commands.init(installation, main_public, cards)


@safe.command("tick")
@click.option("--at-once", is_flag=True, help="Do not wait for the random instants of decoys.")
def safe_tick(at_once: bool) -> None:
    """Pick up, release, destroy, and write decoys at random instants of one interval."""
    from consult.safe import commands

    commands.tick(at_once=at_once)


@safe.command("serve")
@click.option("--without-ticks", is_flag=True, help="Where a timer of the system runs `consult safe tick`.")
def safe_serve(without_ticks: bool) -> None:
    """Serve the clearnet listener and, where it is set, the onion's; run the ticks."""
    from consult.safe import commands

    commands.serve(with_ticks=not without_ticks)


@safe.command("self-check")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
def safe_self_check(as_json: bool) -> None:
    """Search for any trace of who wrote, from where, or when. Exits 0 where there is none."""
    from consult.safe import commands

    commands.run_self_check(as_json=as_json)


@safe.command("verify-inclusion")
@click.argument("file", default="-")
@click.option("--root", default="", help="The number that is published with the report.")
def safe_verify_inclusion(file: str, root: str) -> None:
    """Check, offline, the proof that a comment was counted: FILE, or standard input."""
    from consult.safe import commands

    commands.verify_inclusion(file, root)


if __name__ == "__main__":
    main()

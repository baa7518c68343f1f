"""What `consult safe …` does: a few lines each, called by the command line."""

import json
import sys
from pathlib import Path

import click

from consult.core import crypto, i18n
from consult.core.crypto import Unreadable, b64, unb64
from consult.core.settings import SettingWrong
from consult.safe import inclusion, pins, self_check, serving, setting_up, ticking
from consult.safe.database import SafeDatabase
from consult.safe.settings import SafeSettings, load


def start(*, makes_folders: bool = True) -> SafeSettings:
    """The settings, in use. Ends the command with the sentence of a wrong one."""
    try:
        settings = load(makes_folders=makes_folders)
    except SettingWrong as problem:
        raise click.ClickException(str(problem)) from None
    i18n.configure(settings.language_records(), settings.catalogue_folders())
    return settings


def house_of(settings: SafeSettings) -> ticking.House:
    """The installation. Ends the command where there is none."""
    try:
        return ticking.House.load(settings)
    except FileNotFoundError:
        raise click.ClickException("Nothing is set up here: run `consult safe init` first.") from None


def ready() -> SafeSettings:
    """The settings of an installation whose database has this version's shape: it can be served. Ends the command where there is none."""
    settings = start()
    house_of(settings)
    SafeDatabase(settings.database_url).upgrade()
    return settings


def init(installation: str, main_public: str, cards: tuple[Path, ...]) -> None:
    """Make keys, database and pins; print what main needs to know."""
    settings = start()
    try:
        main = unb64(main_public, 32)
        found, made = setting_up.set_up(settings, installation, main, [path.read_text("utf-8") for path in cards])
    except Unreadable:
        raise click.ClickException(
            "Main's public key or a card is not what it should be; nothing was pinned."
        ) from None
    click.echo(f"Safe's public key, for main: {b64(made.public)}")
    click.echo(f"Its name in every file:      {settings.host}")
    for officer in found.officers:
        click.echo(f"Pinned: {officer.name}, {officer.institution}: {officer.fingerprint}")
    click.echo("Compare each fingerprint with the officer's paper before you open the site.")


def tick(*, at_once: bool) -> None:
    """One interval, after bringing the database to this version's shape."""
    house = house_of(start())
    house.database.upgrade()
    ticking.tick(house, at_once=at_once)


def serve(*, with_ticks: bool) -> None:
    """Bring the database to this version's shape and serve."""
    sys.exit(serving.serve(ready(), with_ticks=with_ticks))


def run_self_check(*, as_json: bool) -> None:
    """Say what was found; exit 1 where anything was."""
    settings = start(makes_folders=False)
    found = self_check.check_trial()
    if (settings.data / pins.PINS).exists():
        found += [f"this installation: {one}" for one in self_check.check(settings)]
    if as_json:
        click.echo(json.dumps({"ok": not found, "found": found}))
    else:
        click.echo("\n".join(found) or "No trace found of who wrote, from where, or when.")
        click.echo("Not looked at, because no program can: memory, kernel, the disk below its files, the line.")
    sys.exit(1 if found else 0)


def verify_inclusion(file: str, root: str) -> None:
    """Check a proof offline; exit 1 where it does not hold."""
    words = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    try:
        proof = inclusion.from_text(words)
        published = unb64(root, 32) if root else proof.root
    except crypto.Unreadable:
        raise click.ClickException("This is no proof of inclusion, or a part of it is missing.") from None
    if not proof.holds or proof.root != published:
        click.echo("It does not hold: no comment of this code, with this outcome, stands under this number.")
        sys.exit(1)
    click.echo(f"It holds. Outcome: {proof.outcome}. Number: {b64(proof.root)}")
    if not root:
        click.echo("Compare that number with the one published with the report, or give it with --root.")
    click.echo("This text proves that the comment is yours: show it to nobody.")

"""What `consult demo` does: one cycle the first time, then main and safe served beside one another."""

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

import consult
from consult import serving
from consult.core import migrating
from consult.core.settings import SettingWrong
from consult.demo import beside
from consult.demo import once as one_cycle
from consult.demo.beside import Sides
from consult.safe.database import SafeDatabase


def run(folder: Path, once: Path | None) -> None:
    """Run one cycle into a new folder; serve it, unless `once` names the folder. Ends the command with an exit code."""
    folder = (once or folder).absolute()
    try:
        sides = beside.settings_of(folder)
    except SettingWrong as problem:
        raise click.ClickException(str(problem)) from None
    consult.start(sides.main)
    is_new = not migrating.has_tables(sides.main.database_url)
    _check_folder(sides, folder, is_new=is_new, once=once)
    migrating.upgrade(sides.main.database_url)
    if is_new:
        summary = _run_cycle(sides, folder)
        if once:
            click.echo(json.dumps(summary))
            sys.exit(0 if summary["ok"] else 1)
    SafeDatabase(sides.safe.database_url).upgrade()
    click.echo("\n" + (folder / "walk-through.txt").read_text("utf-8"))
    click.echo("Stop with Ctrl-C. Start again with the same command; delete the folder to begin anew.")
    sys.exit(serving.serve(sides.main, sides.safe))


def _check_folder(sides: Sides, folder: Path, *, is_new: bool, once: Path | None) -> None:
    """Ends the command where a folder cannot be used."""
    if not is_new and not (folder / one_cycle.SUMMARY).exists():
        raise click.ClickException(
            f"{folder} holds a demonstration that was stopped half way. Delete it and start again."
        )
    if once and not is_new:
        raise click.ClickException(f"{once} holds a demonstration already. Name an empty folder.")
    if not is_new and not sides.is_whole:
        raise click.ClickException(
            f"{folder} holds a demonstration of an older version, without a safe. Delete it and start again."
        )


def _run_cycle(sides: Sides, folder: Path) -> dict[str, Any]:
    began = time.monotonic()

    def say(step: str) -> None:
        click.echo(f"  {time.monotonic() - began:4.0f} s  {step}")

    with _quiet():  # a thousand lines of requests would bury the dozen that say how far it is
        return one_cycle.run_once(consult.create_app(sides.main), sides, folder, say)


@contextmanager
def _quiet() -> Iterator[None]:
    """Say only what is wrong meanwhile."""
    log = logging.getLogger("consult")
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(logging.NOTSET)

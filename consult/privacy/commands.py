"""What `consult privacy retention` does."""

import json

import click

from consult.core import clock
from consult.core.db import reading, writing
from consult.privacy import jobs
from consult.privacy.models import RetentionRun
from consult.privacy.operations import begin_run, count_due


def keep(*, dry_run: bool, as_json: bool) -> bool:
    """Erase what is over, or count it only, and print how much of each kind. Returns whether no kind failed."""
    failed: list[str] = []
    if dry_run:
        with reading() as db:
            counts = count_due(db, now=clock.now())
    else:
        with writing() as db:
            run_id = begin_run(db, night=None, now=clock.now())
        assert run_id is not None, "only a night has one run"
        jobs.keep_retention(run_id)
        with reading() as db:
            run = db.get_one(RetentionRun, run_id)
            counts, failed = run.counts, run.failed
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, "counts": counts, "failed": failed}))
        return not failed
    for code, number in counts.items():
        click.echo(f"{code}: {number}" + (" and then failed; see the log" if code in failed else ""))
    click.echo("Nothing was changed." if dry_run else "Done." if not failed else "Not all was done.")
    return not failed

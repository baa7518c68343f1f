"""What `consult mail progress` shows: how far a campaign is, in numbers only."""

import time

import click
from sqlalchemy import select

from consult.core.db import reading
from consult.mailings.models import BEFORE_APPROVAL, Campaign
from consult.mailings.queries_sending import Delivery, count_deliveries

UNKNOWN, NOT_APPROVED = 2, 3  # exit codes
EVERY = 2.0  # seconds between two looks
WAITING = (Delivery.WAITS, Delivery.DEFERRED)


def show_progress(ref: str, *, watch: bool = False) -> int:
    """Print a bar of the mails whose turn is over, and below it how many are in which state; with `watch` until none waits.

    Returns the exit code: 0, 2 for an unknown campaign, 3 for one that nobody has approved.
    """
    counts = _counts(ref)
    if isinstance(counts, int):
        words = "There is no such campaign." if counts == UNKNOWN else "It is not approved yet: nothing goes out."
        click.echo(words, err=True)
        return counts
    with click.progressbar(length=sum(counts.values()), label="Mails", show_pos=True) as bar:
        while True:
            bar.update(_over(counts) - bar.pos)
            if not watch or not any(counts[one] for one in WAITING):
                break
            time.sleep(EVERY)
            looked = _counts(ref)
            counts = counts if isinstance(looked, int) else looked
    for delivery, number in counts.items():
        if number:
            click.echo(f"{number:>7}  {delivery.value.replace('_', ' ')}")
    return 0


def _counts(ref: str) -> dict[Delivery, int] | int:
    with reading() as db:
        campaign = db.scalars(select(Campaign).where(Campaign.ref == ref)).one_or_none()
        if campaign is None:
            return UNKNOWN
        return NOT_APPROVED if campaign.state in BEFORE_APPROVAL else count_deliveries(db, campaign)


def _over(counts: dict[Delivery, int]) -> int:
    return sum(number for delivery, number in counts.items() if delivery not in WAITING)

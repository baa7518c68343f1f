"""Background work: the letters of a campaign as one file."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from consult.consultations import codes
from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import writing
from consult.core.files import store
from consult.core.refusals import Refused
from consult.jobs import operations as tasks
from consult.jobs.models import Task
from consult.mail.delivery import post
from consult.mailings import operations_outreach as operations
from consult.mailings.letters import Letter, compose_letters
from consult.mailings.letters_docx import as_docx
from consult.mailings.letters_pdf import as_pdf
from consult.mailings.models import Campaign
from consult.mailings.operations_letters import make_again, take_printable
from consult.mailings.rules_outreach import NoLetters

MAKERS = {"docx": as_docx, "pdf": as_pdf}
Row = TypeVar("Row")
Compose = Callable[[], tuple[str, list[Letter], list[Row]]]  # a title, the letters, the row of each
Keep = Callable[[list[Row], str], bool]  # with the file's key: whether everybody in it still gets one, as it stands
ROUNDS = 5  # how often we begin anew because somebody left while the file was being made


@dataclass(frozen=True, slots=True)
class Asker:
    """Whoever asked for the file, as the actor: taken from its row, for no one is signed in here."""

    actor: str


def make_letters(task_id: int) -> None:
    """Write the letters into a file, then mark them as printed; a refusal is kept for whoever pressed the button."""
    with writing() as db:
        task = tasks.claim_task(db, task_id, now=clock.now())
    if task is None:
        return
    campaign_id, kind = task.subject.removeprefix("letters:").split(":")
    write_letters(
        task_id, kind, partial(_compose, int(campaign_id), Asker(task.owner)), partial(_keep, task_id, int(campaign_id))
    )


def write_letters(task_id: int, kind: str, compose: Compose[Row], keep: Keep[Row]) -> None:
    """Write what `compose` gives into a file and hand it over by `keep`; anew where something in it holds no more."""
    try:
        for _round in range(ROUNDS):
            title, letters, rows = compose()
            if not letters:
                raise NoLetters
            key = store().keep(MAKERS[kind](letters, title=title), kind="exports")
            if keep(rows, key):
                return
            store().drop(key)
        raise NoLetters
    except Refused as problem:
        with writing() as db:
            tasks.fail_task(db, db.get_one(Task, task_id), problem, now=clock.now())


def _compose(campaign_id: int, by: Asker) -> tuple[str, list[Letter], list[int]]:
    """Title, letters, and their places on the list; from now on each code leads to its door."""
    with writing() as db:
        campaign = db.get_one(Campaign, campaign_id)
        operations.check_may_reach(db, campaign, now=clock.now())
        make_again(db, campaign, by=by, now=clock.now())
        wanted = take_printable(db, campaign, now=clock.now())
        codes.keep_codes(db, [one.door for one in wanted if one.door is not None])
        letters = list(compose_letters(db, campaign, wanted, base_url=post().renderer.base_url, now=clock.now()))
        return _title(db, campaign), letters, [one.outreach.recipient_id for one in wanted]


def _title(db: Session, campaign: Campaign) -> str:
    return db.get_one(Consultation, campaign.consultation_id).title.shown().text


def _keep(task_id: int, campaign_id: int, ids: list[int], key: str) -> bool:
    """Mark them as printed and hand the file over, unless somebody in it left meanwhile. Returns whether that was done."""
    with writing() as db:
        task, campaign = db.get_one(Task, task_id), db.get_one(Campaign, campaign_id)
        operations.check_may_reach(db, campaign, now=clock.now())
        wanted = take_printable(db, campaign, now=clock.now())
        if not set(ids) <= {one.outreach.recipient_id for one in wanted}:
            return False
        operations.mark_printed(db, campaign, ids, by=Asker(task.owner), now=clock.now())
        tasks.finish_task(db, task, now=clock.now(), result_key=key)
        return True

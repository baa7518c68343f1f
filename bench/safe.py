"""Comments without a name: one accepted by safe as it is served, and a day's release of 5,000."""

import time
import urllib.parse
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from bench.drafts import SENTENCE
from bench.load import LoadFailed, ratio
from bench.sites import NO_BRAKE, WORKERS
from consult.core import clock
from consult.safe import models, operations
from consult.safe.bodies import Remark
from consult.safe.queries import find_manifest
from consult.safe.receipts import new_code, thread_of
from consult.safe.self_check import served, trial_settings
from consult.safe.ticking import House, keep_house
from consult.safe.trial import set_up_trial

SCRIPT = Path(__file__).parent / "safe.lua"
FORM = "/en/upr/comment/2/"
LETTERS = 5_000


def submission_accepted(hello: str, folder: Path) -> float:
    """A comment without a name: code, sealing, two rows, durable commit, padded page; under safe's own gunicorn settings.

    Raises LoadFailed where fewer rows are there than answers were.
    """
    settings = trial_settings(folder, web_workers=WORKERS, sends_per_minute=NO_BRAKE)
    house = set_up_trial(settings, "upr").house
    body = urllib.parse.urlencode({"text": SENTENCE * 2, "use": "paraphrase", "do": "send_without"})
    script, counted = folder / "safe.lua", folder / "counted"
    script.write_text(f"local BODY = [==[{body}]==]\nlocal COUNTED = [==[{counted}]==]\n" + SCRIPT.read_text())
    with served(settings, folder / "log"):
        found = ratio(f"http://{settings.clearnet_bind}{FORM}", hello, script=script)
    answered = sum(int(line) for line in counted.read_text().split())
    kept = _count(house)
    if kept < answered or not answered:
        raise LoadFailed(f"{answered} comments were answered as accepted, and there are {kept}")
    return found


def release_5000(_hello: str, folder: Path) -> float:
    """Seconds that the release of 5,000 letters takes, with the decoys that fill it up, until the file lies in the folder out."""
    house = set_up_trial(trial_settings(folder, backup_folder=""), "upr").house
    salt, now = house.secret.salt, clock.now()
    with house.database.writing() as db:
        manifest = find_manifest(db, "upr")
        if manifest is None:
            raise LoadFailed("there is no consultation")
        for number in range(LETTERS):
            remark = Remark("2", "en", f"Letter {number}. {SENTENCE * 2}")
            operations.send_comment(db, manifest, thread_of(new_code(), salt), remark, now=now)
    began = time.perf_counter()
    keep_house(house, now=now + timedelta(days=1))
    seconds = time.perf_counter() - began
    if _count(house) or not list(Path(house.settings.out_folder).glob("batch-*")):
        raise LoadFailed("the release left letters in the spool")
    return seconds


def _count(house: House) -> int:
    with house.database.reading() as db:
        return db.scalar(select(func.count()).select_from(models.spool)) or 0

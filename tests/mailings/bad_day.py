"""A campaign's worst day: workers that die at random instants, a relay with moods, and a clock that goes ahead when told."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select

from consult.core.db import reading
from consult.core.settings import Settings
from consult.mail.models import MailState, OutboxMail
from consult.mail.rules import GIVE_UP_AFTER
from consult.mailings.models import Campaign, CampaignRecipient, CampaignState
from consult.mailings.queries_sending import count_deliveries
from tests.drafts.test_operations import NOON
from tests.mail.workers import PATIENCE, settings_file, until
from tests.support.clocked import VARIABLE
from tests.support.moody_relay import MoodyRelay
from tests.support.server import ROOT

LEASE = 60  # seconds, of the clock that goes ahead
A_WHILE = timedelta(seconds=2 * LEASE)  # so that what was in hand is found, and what was put off is tried
NO_WINDOW = "mail_breaker_window = 0"  # a relay like this would halt any campaign, and nobody is here to go on


class Instant(NamedTuple):
    """How far it was when somebody was killed."""

    state: CampaignState
    listed: int
    queued: int
    taken: int


@dataclass
class Day:
    """The workers of an installation, how many at once, and what happens to them."""

    file: Path
    number: int
    relay: MoodyRelay
    dice: random.Random
    variables: dict[str, str] = field(default_factory=dict)
    ahead: timedelta = timedelta()
    running: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    kills: list[Instant] = field(default_factory=list)
    killed: int = 0

    @property
    def log(self) -> Path:
        """What the workers say."""
        return self.file.parent / "worker.log"

    def now(self) -> datetime:
        """What the workers take for now."""
        return datetime.now(UTC) + self.ahead

    def pass_time(self, more: timedelta) -> None:
        """Let so much more time have passed."""
        self.ahead += more
        place = Path(self.variables[VARIABLE])
        place.with_suffix(".new").write_text(str(self.ahead.total_seconds()))
        place.with_suffix(".new").replace(place)

    def begin(self) -> None:
        """Begin the workers that are missing. What their sweeps found before is forgotten."""
        environ = {**os.environ, **self.variables}
        with self.log.open("ab") as log:
            while len(self.running) < self.number:
                command = [sys.executable, "-m", "tests.support.clocked", "consult.cli", "work"]
                self.running.append(subprocess.Popen(command, env=environ, cwd=ROOT, stdout=log, stderr=log))
        self.said = self.log.stat().st_size

    def has_said(self, words: str) -> bool:
        """Whether a worker said so since the last were begun."""
        with self.log.open("rb") as log:
            log.seek(self.said)
            return words.encode() in log.read()

    def kill(self) -> None:
        """kill -9 of one or of several of them, whoever it hits."""
        for worker in self.dice.sample(self.running, self.dice.randint(1, len(self.running))):
            worker.send_signal(signal.SIGKILL)
            self.running.remove(worker)
            worker.wait()
            self.killed += 1

    def kill_when(self, campaign: Campaign, true: Callable[[], bool], what: str, *, within: float) -> None:
        """Begin who is missing, and once something is true kill at any instant within so many seconds. The numbers add up then too."""
        self.begin()
        until(true, what)
        time.sleep(self.dice.uniform(0, within))
        self.kill()
        self.kills.append(look(campaign, self.relay))
        self.pass_time(A_WHILE)

    def end(self) -> None:
        """Of all of them."""
        for worker in self.running:
            worker.kill()
            worker.wait()
        self.running.clear()

    def work_out(self) -> None:
        """Let the workers go on until nothing waits any more: by the hour, and once only those wait to whom the relay always says
        "later", until they are given up.
        """
        for _ in range(40):
            self.begin()
            self.try_what_is_due()
            others, hopeless = count_waiting()
            if not others + hopeless:
                return
            self.pass_time(timedelta(hours=1) if others else GIVE_UP_AFTER)
        raise AssertionError(f"still waits: {count_waiting()}")

    def try_what_is_due(self) -> None:
        """Wait until nothing is due now. Fails where the relay hears nothing new for a minute."""
        heard, end = -1, 0.0
        while _due(self.now()):
            if self.relay.asked.total() != heard:
                heard, end = self.relay.asked.total(), time.monotonic() + PATIENCE
            assert time.monotonic() < end, "mails are due, and nobody hands them over"
            time.sleep(0.05)


def _due(now: datetime) -> bool:
    m = OutboxMail
    with reading() as db:
        due = (m.state == MailState.CLAIMED) | (m.next_at <= now)
        unfinished = select(Campaign.id).where(Campaign.state.in_([CampaignState.SENDING, CampaignState.WAITING]))
        return bool(db.scalar(select(func.count()).where(due))) or db.scalar(unfinished) is not None


def count_waiting() -> tuple[int, int]:
    """How many mails have their turn still before them: those that the relay will take or refuse, and those it never will."""
    hopeless, waiting = (
        OutboxMail.address.startswith("later."),
        select(func.count()).where(OutboxMail.next_at.is_not(None)),
    )
    with reading() as db:
        return db.scalar(waiting.where(~hopeless)) or 0, db.scalar(waiting.where(hopeless)) or 0


def look(campaign: Campaign, relay: MoodyRelay) -> Instant:
    """How far a campaign is. Its numbers are those of its list, at every instant."""
    r = CampaignRecipient
    with reading() as db:
        found = db.get_one(Campaign, campaign.id)
        mine = select(func.count()).where(r.campaign_id == campaign.id)
        gets = db.scalar(mine.where(r.why_not.is_(None))) or 0
        assert sum(count_deliveries(db, found).values()) == gets
        queued = db.scalar(mine.where(r.queued_at.is_not(None))) or 0
        return Instant(found.state, db.scalar(mine) or 0, queued, len(relay.took))


@contextmanager
def bad_day(
    settings: Settings, relay: MoodyRelay, certificate: Path, folder: Path, dice: random.Random
) -> Iterator[Day]:
    """One worker on SQLite with its queue there; two at once on PostgreSQL, with their queue there as well."""
    dsn, own = settings.database_url.replace("+psycopg", ""), f'{NO_WINDOW}\nbase_url = "https://consult.example.org"\n'
    is_postgresql = dsn.startswith("postgresql")
    own += f'queue_url = "{dsn}"\n' if is_postgresql else ""
    file = settings_file(settings, relay.port, folder, timeout=1, lease=LEASE, own=own)
    file.write_text(file.read_text().replace('mail_security = "none"', 'mail_security = "starttls"'))
    variables = {
        "CONSULT_SETTINGS": str(file), "PYTHONPATH": str(ROOT), "SSL_CERT_FILE": str(certificate),
        VARIABLE: str(folder / "ahead"),
    }  # fmt: skip
    day = Day(file, 2 if is_postgresql else 1, relay, dice, variables)
    day.pass_time(NOON - datetime.now(UTC))
    try:
        yield day
    finally:
        day.end()


def by_mood(dice: random.Random, counts: dict[str, int]) -> list[str]:
    """Addresses of these moods in any order, at nine domains."""
    moods = list(Counter(counts).elements())
    dice.shuffle(moods)
    return [f"{mood}.{n}@d{n % 9}.example" for n, mood in enumerate(moods)]

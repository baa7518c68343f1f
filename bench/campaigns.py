"""A campaign to tens of thousands in three languages: put into the outbox, and sent beside Flask-Mail's own loop.

Both senders are processes of their own and talk to one relay. They are let run in turn, a second each, so that a machine whose
speed drifts drifts for both. BENCH_RECIPIENTS=5000 gives a quick run.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from sqlalchemy import text

from bench.load import LoadFailed
from bench.sites import SECRET, postgresql_site, sqlite_site
from bench.stakeholders import fill_registry
from bench.turns import Sender, in_turn
from consult.accounts.models import Role, StaffState
from consult.accounts.operations import add_staff
from consult.consultations.models import Consultation
from consult.consultations.operations import Dossier, create_consultation, open_consultation, save_terms
from consult.core.db import bound, reading, writing
from consult.core.i18n import use_language
from consult.core.memory import keep_loaded
from consult.core.settings import Settings
from consult.core.texts import Texts
from consult.mail.delivery import post
from consult.mailings import jobs
from consult.mailings.mails import CAMPAIGN, Reader, previewed
from consult.mailings.models import Campaign
from consult.mailings.operations import Wording, write_campaign
from consult.mailings.operations_approval import approve_campaign, submit_campaign
from consult.stakeholders.models import Stakeholder
from tests.consultations.terms import whole_terms

MANY = int(os.environ.get("BENCH_RECIPIENTS", "50000"))
TRANSACTION_MAX = 0.2  # seconds
MEMORY_MAX = 150  # megabytes of the sending process
LANGUAGES = ("en", "ar", "zh")
PART = (
    "We ask you to read the draft and to say what is missing in it, what is wrong, and what you would write instead. "
)
WORDS = {code: (f"Please comment ({code})", f"Dear colleagues,\n\n{PART * 3}\n\n{PART * 2}") for code in LANGUAGES}
SENDER = "consult@mechanism.example"


def campaign_sent(_hello: str, folder: Path) -> float:
    """How much quicker the campaign goes out than by Flask-Mail's loop, on SQLite: mails a second against mails a second.

    Ours begins with an approved list: it expands, claims, renders, sends and commits. Flask-Mail gets the finished words of each
    language and puts the link in. Raises LoadFailed where not every mail came, or ours took more than 150 MB.
    """
    with sqlite_site(folder) as site, _relay() as (port, relay):
        campaign_id = prepared(MANY)
        known = folder / "loop.json"
        known.write_text(json.dumps(_for_the_loop(campaign_id, port)))
        ours = Sender(["bench.sending", str(campaign_id)], _variables(site, port))
        loop = Sender(["bench.flask_mail_loop", str(known)], {})
        in_turn(ours, loop)
        came = _came(relay)
    if came != {"mails": 2 * MANY, "recipients": MANY}:
        raise LoadFailed(f"the relay got {came}")
    if ours.megabytes > MEMORY_MAX:
        raise LoadFailed(f"sending took {ours.megabytes:.0f} MB")
    print(f"campaign_sent: {ours}; Flask-Mail: {loop}", file=sys.stderr)
    return loop.seconds / ours.seconds


def campaign_expanded(_hello: str, folder: Path) -> float:
    """Seconds until an approved campaign stands in the outbox, on SQLite.

    Raises LoadFailed for a transaction over 200 ms, that which fixes the list and its digest included.
    """
    with sqlite_site(folder):
        return _expanded("campaign_expanded")


def campaign_expanded_postgresql(_hello: str, folder: Path) -> float:
    """The same on PostgreSQL."""
    with postgresql_site(folder):
        return _expanded("campaign_expanded_postgresql")


def _expanded(name: str) -> float:
    fixing = list[float]()
    campaign_id = prepared(MANY, fixing)
    keep_loaded()
    queueing = list(jobs.queueing(campaign_id))
    print(f"{name}: list {_told(fixing)}; outbox {_told(queueing)}", file=sys.stderr)
    if max(*fixing, *queueing) > TRANSACTION_MAX:
        raise LoadFailed(f"a transaction took {max(*fixing, *queueing) * 1000:.0f} ms")
    return sum(queueing)


def _told(times: list[float]) -> str:
    return f"{sum(times):.1f} s in {len(times)} transactions, median {median(times) * 1000:.0f} ms, longest {max(times) * 1000:.0f}"


def prepared(many: int, times: list[float] | None = None) -> int:
    """An approved invitation to so many in three languages, in the installation in use. Returns its id.

    `times` gets the seconds of each transaction that makes its list.
    """
    now = datetime.now(UTC)
    with writing() as db:
        writer, approver = (
            add_staff(
                db, name=name, email=f"{name}@x.example", language="en", roles=[Role.SECRETARIAT], by=None, now=now
            )
            for name in ("dalia", "omar")
        )
        for one in (writer, approver):
            one.state = StaffState.ACTIVE
        titles, empty = Texts(dict.fromkeys(LANGUAGES, "Draft")), Texts()
        dossier = Dossier("upr", titles, "upr_national_report", "", LANGUAGES, "UTC", None, empty, empty, empty)
        made = create_consultation(db, dossier, by=writer, now=now)
        save_terms(db, made, whole_terms(), by=writer, now=now)
        open_consultation(db, made, by=writer, now=now)
    fill_registry(many, now=now)
    keep_loaded()  # as the worker does
    bound().make_room()  # likewise
    with writing() as db:
        db.execute(text("UPDATE stakeholder SET channel = 'email'"))  # all by mail, as Flask-Mail's loop does it
        for number, code in enumerate(LANGUAGES):
            db.execute(text("UPDATE stakeholder SET language = :code WHERE id % 3 = :n"), {"code": code, "n": number})
        dossier_row = db.get_one(Consultation, made.id)
        campaign = write_campaign(db, dossier_row, Wording((), (), WORDS), campaign=None, by=writer, now=now)
        submit_campaign(db, dossier_row, campaign, asked_start=None, by=writer, now=now)
    took = list(jobs.preparing(campaign.id))
    if times is not None:
        times.extend(took)
    with writing() as db:
        campaign = db.get_one(Campaign, campaign.id)
        dossier_row = db.get_one(Consultation, made.id)
        assert campaign.digest is not None, "the list is whole"
        approve_campaign(db, dossier_row, campaign, seen=campaign.digest, by=approver, now=datetime.now(UTC))
    return campaign.id


def _variables(site: Settings, port: int) -> dict[str, str]:
    """The same installation for a process of its own, with the relay of the measurement."""
    return {
        "CONSULT_DATA_FOLDER": site.data_folder,
        "CONSULT_DATABASE_URL": site.database_url,
        "CONSULT_SECRET_KEY": SECRET,
        "CONSULT_BASE_URL": "https://consult.example.org",
        "CONSULT_MAIL_HOST": "127.0.0.1",
        "CONSULT_MAIL_PORT": str(port),
        "CONSULT_MAIL_SECURITY": "none",
        "CONSULT_MAIL_SENDER": SENDER,
        "CONSULT_MAIL_PER_CONNECTION": str(2 * MANY),
    }


def _for_the_loop(campaign_id: int, port: int) -> dict[str, object]:
    """What Flask-Mail's loop needs: the finished words of each language, and whom they are for."""
    words = {}
    for code in LANGUAGES:
        with use_language(code), reading() as db:
            made = post().renderer.render(CAMPAIGN, previewed(db, db.get_one(Campaign, campaign_id), Reader.REGISTERED))
        words[code] = (made.subject, made.text, made.html)
    with reading() as db:
        rows = [tuple(row) for row in db.query(Stakeholder.email, Stakeholder.language).order_by(Stakeholder.id)]
    return {"port": port, "sender": SENDER, "words": words, "recipients": rows}


@contextmanager
def _relay() -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    command = [sys.executable, "-m", "bench.sink"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process
    finally:
        process.kill()
        process.wait()


def _came(relay: "subprocess.Popen[str]") -> dict[str, int]:
    said, _ = relay.communicate("")
    counted = json.loads(said)
    return {"mails": counted["mails"], "recipients": counted["recipients"]}

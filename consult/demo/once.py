"""`consult demo --once`: one whole cycle into a folder, and a summary that holds only where everything agrees with everything."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from consult.accounts.forms import ROLE_NAMES
from consult.consultations.models import Participant
from consult.core import crypto
from consult.core.db import reading
from consult.core.i18n import use_language
from consult.core.settings import Settings
from consult.demo import cycle, protecting
from consult.demo.beside import Sides
from consult.demo.content_files import CONTENT, listed_stakeholders, scripted_registry
from consult.demo.nameless import Nameless, scripted_letters
from consult.demo.numbers import (
    counted_beside_mail,
    counted_registry,
    scripted_beside_mail,
    scripted_numbers,
    shows_declared,
)
from consult.demo.officer import key_file, new_passphrase
from consult.demo.participation import personal_links
from consult.demo.visiting import Visitor
from consult.demo.walking import Door, WalkThrough
from consult.drafts.document import Kind
from consult.drafts.inspecting import inspect
from consult.drafts.models import DraftVersion, Paragraph
from consult.drafts.reading import read_draft
from consult.mail.connection import mailbox
from consult.mail.models import MailState, OutboxMail
from consult.responses.models import Disposition, Response
from consult.rounds.models import Channel, Comment
from consult.stakeholders.models_import import ImportRow

FORMATS = ("docx", "csv", "json")
KEY_FILE, HALF_FILE = "officer-key.json", "half.json"
SUMMARY = "summary.json"  # written last: where it is, the cycle came to its end


def run_once(app: Flask, sides: Sides, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Run the cycle, write summary, report and mails into `folder`. Returns the summary; its "ok" says whether all agrees.

    Raises Astray where a page answers otherwise than it should.
    """
    settings = sides.main
    doors, people = cycle.run(app, sides, say)
    say("Safe's self-check")
    traces = people.find_traces()
    walking = keep_walk_through(settings, doors, people, leaves_no_trace=not traces)
    (folder / "walk-through.txt").write_text(as_text(settings, walking), "utf-8")
    say("Report and mails into the folder")
    report = folder / "report"
    report.mkdir(parents=True, exist_ok=True)
    visitor = Visitor(app)
    address = f"/en/consultations/{cycle.SLUG}/response"
    (report / "report.html").write_bytes(visitor.load(f"{address}/"))
    for one in FORMATS:
        (report / f"report.{one}").write_bytes(visitor.load(f"{address}.{one}"))
    mails = folder / "mail"
    if mailbox(settings).resolve() != mails.resolve():
        shutil.copytree(mailbox(settings), mails, dirs_exist_ok=True)
    say("Whether a protected person can be read anywhere")
    told = protecting.find_open(folder)
    summary = counted() | {
        "registry": counted_registry(),
        "beside_mail": counted_beside_mail(),
        "shows_declared": shows_declared(),
        "nameless": counted_nameless(),
        "self_check": not traces,
        "protected_sealed": not told,
    }
    summary["ok"] = agrees(summary, folder)
    (folder / SUMMARY).write_text(json.dumps(summary, indent=1) + "\n", "utf-8")
    return summary


def keep_walk_through(settings: Settings, doors: list[Door], people: Nameless, *, leaves_no_trace: bool) -> WalkThrough:
    """Write down, for the walk-through page, how to come in as each role. Returns it."""
    personal = personal_links(mailbox(settings))[scripted_registry()["walks_in"]]
    asked = next(one for one in scripted_letters() if one.question)
    folder, passphrase = settings.data / "officer", new_passphrase()
    keep_officer_files(folder, people, passphrase)
    walking = WalkThrough(
        cycle.SLUG,
        personal,
        doors,
        safe=people.sides.safe.base_url,
        code=crypto.grouped(people.codes[asked.text]),
        officer=str(folder),
        passphrase=passphrase,
        officer_name=people.officers[0].name,
        leaves_no_trace=leaves_no_trace,
    )
    walking.keep(settings.data)
    return walking


def keep_officer_files(folder: Path, people: Nameless, passphrase: str) -> None:
    """What the first officer would have on a stick and on paper: key file, half of the consultation key, fingerprints."""
    folder.mkdir(mode=0o700, exist_ok=True)
    first = people.officers[0]
    papers = "".join(f"{one.name}, {one.institution}: {one.fingerprint}\n" for one in people.officers)
    for name, content in (
        (KEY_FILE, key_file(first, passphrase)),
        (HALF_FILE, people.copies[0]),
        ("fingerprints.txt", papers),
    ):
        (folder / name).write_text(content, "utf-8")


def as_text(settings: Settings, walking: WalkThrough) -> str:
    """The same for the terminal: how to walk in as each role, and what to look at in ten minutes."""
    with use_language("en"):  # its own, whatever the cycle spoke last
        roles = {role: str(name) for role, name in ROLE_NAMES.items()}
    base, slug, news = settings.base_url, walking.slug, scripted_registry()["list"]["slug"]
    lines = [
        f"Walk through as …    {base}/",
        f"  anyone:        {base}/en/consultations/{slug}/   also /ar/ and /zh/: what it is, the draft, what changed, the report",
        f"  a reader:      {base}/en/lists/{news}/   sign up to news, and what was sent; {base}/en/directory/   the public directory",
        f"  a stakeholder: {base}{walking.personal}   the link from a mail: your comments and the answers, your entry, what you declare",
        *(
            f"  {door.name}, {roles[door.role]}: {base}/staff/   {door.email}  {door.password}"
            for door in walking.doors
        ),
        f"  someone without a name: {walking.safe}/en/{slug}/   and on “Return with your code” type {walking.code}",
        f"  the protection officer {walking.officer_name}: {base}/en/walk-through/, then",
        "    1. enter, and fetch the desk file on the desk;",
        f"    2. open {base}/en/custodian/ and in it the key file {walking.officer}/{KEY_FILE} with the passphrase {walking.passphrase};",
        f"    3. open the desk file in it, with the half {walking.officer}/{HALF_FILE}.",
        f"  Safe's self-check: {'no trace found' if walking.leaves_no_trace else 'A TRACE WAS FOUND'}",
        "By password administrators and officers are asked for a second step first; the doors of the first page leave it out.",
        f"  As {walking.officer_name}, also: Protected entries (open them in the custodian file), and To hand over: one message waits.",
        "As staff, look at: the round, the answers with their history, the mailings and what became of them (letters and calls",
        "  under the invitation), the registry (seats and composition, a double, groups, requests to take part), the list, the mailbox.",
        f"The captured mails: {base}/staff/mailbox/",
    ]
    return "\n".join(lines) + "\n"


def counted() -> dict[str, Any]:
    """What the database holds at the end of the cycle."""
    with reading() as db:
        holding = select(Disposition.outcome).join(
            Response, (Response.id == Disposition.response_id) & (Response.holds == Disposition.number)
        )
        numbers = dict(db.execute(select(DraftVersion.number, DraftVersion.id)).all())
        # An annex counts its items anew; they are not the draft's paragraphs.
        numbered = (Paragraph.kind == Kind.PARAGRAPH) & Paragraph.ref.not_like("annex%")
        paragraphs = {
            number: db.scalar(select(func.count()).where(Paragraph.version_id == version, numbered))
            for number, version in numbers.items()
        }
        return {
            "stakeholders": db.scalar(
                select(func.count(ImportRow.id)).where(ImportRow.applied)
            ),  # whom the list brought
            "invited": db.scalar(select(func.count(Participant.id)).where(Participant.invited_at.is_not(None))),
            "comments": db.scalar(select(func.count(Comment.id))),
            "by_disposition": dict(sorted(Counter(one.value for one in db.scalars(holding)).items())),
            "published": db.scalar(select(func.count(Response.id)).where(Response.published_at.is_not(None))),
            "mails": db.scalar(select(func.count(OutboxMail.id)).where(OutboxMail.state == MailState.SENT)),
            "paragraphs_v1": paragraphs.get(1, 0),
            "paragraphs_v2": paragraphs.get(2, 0),
        }


def counted_nameless() -> dict[str, int]:
    """How many comments without a name were sent and withdrawn by the script, and how many main was given."""
    letters = scripted_letters()
    with reading() as db:
        released = db.scalar(select(func.count(Comment.id)).where(Comment.channel == Channel.SAFE)) or 0
    return {"sent": len(letters), "released": released, "withdrawn": sum(one.withdraw for one in letters)}


def as_written() -> tuple[int, int]:
    """How many numbered paragraphs the two drafts have as files, read without the database."""
    first, second = (
        read_draft((CONTENT / name).read_bytes(), name=name) for name in ("draft-v1.en.md", "draft-v2.en.md")
    )
    return inspect(first)["counts"]["numbered_paragraphs"], inspect(second)["counts"]["numbered_paragraphs"]


def agrees(summary: dict[str, Any], folder: Path) -> bool:
    """Whether the database, the files of the report and the captured mails say the same."""
    document = json.loads((folder / "report" / "report.json").read_text("utf-8"))
    return all(
        (
            summary["stakeholders"] == len(listed_stakeholders()),
            summary["registry"] == scripted_numbers(),
            summary["comments"] == summary["published"] == sum(summary["by_disposition"].values()),
            summary["mails"] == len(list((folder / "mail").glob("*.eml"))),
            (summary["paragraphs_v1"], summary["paragraphs_v2"]) == as_written(),
            document["numbers"]["comments"] == summary["comments"],
            summary["nameless"]["released"] == summary["nameless"]["sent"] - summary["nameless"]["withdrawn"] > 0,
            summary["beside_mail"] == scripted_beside_mail(),
            summary["self_check"],
            summary["protected_sealed"],
            summary["shows_declared"],
            all((folder / "report" / f"report.{one}").stat().st_size > 0 for one in ("html", *FORMATS)),
        )
    )

"""The demonstration's round: the registry filled from a list, an invitation, and 120 comments through the pages."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from flask import Flask
from lxml import html

from consult.core import clock
from consult.core.db import reading
from consult.demo.content_files import CONTENT, Scripted, listed_stakeholders, scripted_comments
from consult.demo.visiting import Astray, Visitor
from consult.jobs.queue import queue
from consult.mail.captured import list_captured
from consult.stakeholders.models_import import StakeholderImport

LINK = re.compile(r"/(\w+)/door/([0-9a-f]{32})")


def import_stakeholders(desk: Visitor) -> None:
    """Upload the list, look at the preview, apply it."""
    with (CONTENT / "stakeholders.csv").open("rb") as source:
        told = {"basis": "consent", "news": "y", "told": "sheet", "text": "take-part-1"}
        desk.submit("/staff/stakeholders/import/", {"file": (source, "stakeholders.csv")} | told)
    queue().work_off()
    address = _last_import()
    desk.submit(address, action="/apply/")
    queue().work_off()


def _last_import() -> str:
    with reading() as db:
        newest = db.query(StakeholderImport.ref).order_by(StakeholderImport.id.desc()).limit(1)
        return f"/staff/stakeholders/import/{newest.scalar()}/"


def open_round(desk: Visitor, slug: str, *, closes_on: str) -> None:
    """Open a round for everyone, that also takes comments without a name."""
    typed = {"closes_on": closes_on, "audience": "public", "takes_nameless": "y"}
    desk.submit(f"/staff/consultations/{slug}/round/", typed, action="/round/open/")


def invite(desk: Visitor, approver: Visitor, slug: str) -> str:
    """Write an invitation to all who may be written to, let somebody else approve it, and let it go out. Returns its page."""
    return send_campaign(desk, approver, slug, "invitation")


def send_campaign(
    desk: Visitor, approver: Visitor, slug: str, kind: str, typed: Mapping[str, str] | None = None
) -> str:
    """Write a campaign with the ready-made words or others, let somebody else approve it, and let it go out. Returns its page."""
    return send_from(desk, approver, f"/staff/consultations/{slug}/mailings/new/{kind}/", typed)


def send_from(desk: Visitor, approver: Visitor, address: str, typed: Mapping[str, str] | None = None) -> str:
    """The same with the form at an address: of a consultation or of a list."""
    page: str = desk.submit(address, typed).headers["Location"]
    desk.submit(page, action="/submit/")
    queue().work_off()
    approver.submit(page, action="/approve/")
    queue().work_off()
    return page


def personal_links(mailbox: Path) -> dict[str, str]:
    """The address of the door in each captured invitation, by the mail's recipient."""
    links: dict[str, str] = {}
    for mail in list_captured(mailbox, limit=10_000):
        if (found := LINK.search(mail.text)) is not None:
            links.setdefault(mail.to.strip("<> ").casefold(), found[0])
    return links


def comment_all(
    app: Flask,
    slug: str,
    links: dict[str, str],
    *,
    begins: datetime,
    ends: datetime,
    say: Callable[[str], None],
    halfway: Callable[[datetime], None],
) -> list[tuple[str, Scripted]]:
    """Write every comment through the pages, spread over the round: through a door, or as someone of the public.

    Half of them written, `halfway` is called with the time. Returns the number that each got, with the comment.
    """
    addresses = {row["name"]: row["email"] for row in listed_stakeholders()}
    comments = scripted_comments()
    step = (ends - begins) / (len(comments) + 1)
    sent = []
    for number, one in enumerate(comments, 1):
        with clock.at(begins + number * step):
            # a browser of its own for every visit: sessions end after some hours, and rounds last for weeks
            visitor = Visitor(app)
            door = links.get(addresses.get(one.who, "").casefold())
            if door is not None:
                visitor.submit(door)
            sent.append((_comment(visitor, slug, one, has_door=door is not None), one))
        say_how_far(say, "comments", number, len(comments))
        if number == len(comments) // 2:
            halfway(begins + number * step)
    return sent


def say_how_far(say: Callable[[str], None], what: str, number: int, all_: int) -> None:
    """Say now and then how many of many are done."""
    if number % 30 == 0 or number == all_:
        say(f"  {number} of {all_} {what}")


def _comment(visitor: Visitor, slug: str, one: Scripted, *, has_door: bool) -> str:
    """Write, check and send one comment. Returns its number."""
    page = f"/{one.language}/consultations/{slug}/comment/{one.ref}/"
    typed = {"text": one.text, "evidence": one.evidence, "consent": one.consent, "act": "check"}
    form = visitor.read(page)
    if one.suggest:
        typed["suggestion"] = suggested(form, one)
    if not has_door:
        typed |= {"name": one.name or one.who, "organisation": one.organisation, "category": "cso"}
        if one.consent == "organisation_only":
            typed["organisation"] = one.organisation or one.who
    check = visitor.send(page, form, typed)
    answer = visitor.send(page, check.text, {"act": "send"})
    if answer.status_code != 303:
        raise Astray(f"a comment on {one.ref} was not taken")
    return answer.headers["Location"].rstrip("/").rpartition("/")[2]


def suggested(form: str, one: Scripted) -> str:
    """The paragraph as the form shows it, with the words exchanged. Raises Astray where they do not stand there."""
    box = html.fromstring(form.encode()).find(".//textarea[@id='suggestion']")
    words = "" if box is None else (box.text or "").removeprefix("\n")
    for old, new in one.suggest:
        if old not in words:
            raise Astray(f"paragraph {one.ref} does not say {old!r}")
        words = words.replace(old, new)
    return words

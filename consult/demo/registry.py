"""The demonstration's registry: a double merged, seats handed over, a group that is always invited, requests to take part, a wish."""

import re
from datetime import date
from typing import Any

from flask import Flask

from consult.consultations.models_groups import SmartGroup
from consult.consultations.models_requests import ParticipationRequest
from consult.core.db import reading
from consult.demo.content_files import scripted_registry
from consult.demo.visiting import Astray, Visitor
from consult.jobs.queue import queue
from consult.mail.captured import list_captured
from consult.mail.connection import mailbox
from consult.stakeholders.models import Stakeholder

ENTRIES = "/staff/stakeholders/"


def ref_of(name: str) -> str:
    """The reference of the entry of exactly this name."""
    with reading() as db:
        return db.query(Stakeholder.ref).filter_by(name=name).one()[0]


def merge_double(desk: Visitor) -> None:
    """Enter somebody who is there already under another name, and merge the two."""
    one = scripted_registry()["double"]
    desk.submit(
        f"{ENTRIES}new/", _entry(one, "organisation") | {"basis": "consent", "told": "letter", "text": "take-part-1"}
    )
    kept, gone = ref_of(one["keeps"]), ref_of(one["name"])
    desk.submit(f"{ENTRIES}doubles/{gone}/{kept}/", {"keep": kept})


def fill_seats(desk: Visitor) -> None:
    """Enter the persons, and appoint them to the seats of their ministries."""
    script = scripted_registry()
    for one in script["persons"]:
        desk.submit(f"{ENTRIES}new/", _entry(one | {"category": "ministry"}, "person") | {"basis": "none"})
    for seat in script["seats"]:
        page = f"{ENTRIES}{ref_of(seat['institution'])}/seats/new/"
        desk.submit(page, {name: seat[name] for name in ("role", "person", "since", "appointed_by")})


def hand_over_seat(desk: Visitor, day: date) -> None:
    """Let a successor hold a seat from a day."""
    one = scripted_registry()["hand_over"]
    page = f"{ENTRIES}{ref_of(one['institution'])}/seats/{one['seat']}/hand-over/"
    desk.submit(page, {"person": one["person"], "since": day.isoformat(), "appointed_by": one["appointed_by"]})


def save_group(desk: Visitor) -> None:
    """Save a group by a rule, put somebody in by hand, and let it be proposed for every text of its kinds."""
    one = scripted_registry()["group"]
    desk.submit("/staff/groups/new/", {"name": one["name"], "groups": one["groups"]})
    with reading() as db:
        ref = db.query(SmartGroup.ref).filter_by(name=one["name"]).one()[0]
    page = f"/staff/groups/{ref}/"
    desk.submit(page, {"who": one["put_in"], "reason": one["why"]}, action="/in/")
    desk.submit(f"/staff/always-invited/groups/{ref}/", {"which": "some", "kinds": one["always"]})
    queue().work_off()


def ask_to_take_part(app: Flask, slug: str) -> None:
    """Two who were not invited ask on the public page, and confirm their addresses by the links of their mails."""
    for one in scripted_registry()["requests"]:
        visitor, language = Visitor(app), one["language"]
        typed = {name: one[name] for name in ("kind", "name", "category", "groups", "email", "why")}
        visitor.submit(f"/{language}/consultations/{slug}/take-part/", typed)
        queue().work_off()
        visitor.submit(mailed_link(app, one["email"], "take-part/confirm"))
    queue().work_off()


def decide_requests(desk: Visitor) -> None:
    """Admit the one, and refuse the other with a reason."""
    for one in scripted_registry()["requests"]:
        with reading() as db:
            page = f"/staff/requests/{db.query(ParticipationRequest.ref).filter_by(name=one['name']).one()[0]}/"
        if one["refusal"]:
            desk.submit(page, {"reason": one["refusal"], "words": one["words"]}, action="/refuse/")
        else:
            desk.submit(page, action="/accept/")
    queue().work_off()


def note_wish(desk: Visitor, day: date) -> None:
    """Note that somebody without e-mail wants to be forgotten: it waits for a second person, who is whoever walks through."""
    one = scripted_registry()["wishes"]
    typed = {"way": "letter", "asked_on": day.isoformat(), "checked": "called_back", "note": one["note"]}
    desk.submit(f"/staff/asked/entry/{ref_of(one['name'])}/forget/", typed)


def mailed_link(app: Flask, address: str, kind: str) -> str:
    """The address of a link in the newest captured mail to somebody. Raises Astray where it is not there."""
    for mail in list_captured(mailbox(app.extensions["consult settings"]), limit=10_000):
        found = re.search(rf"/\w+/{kind}/[0-9a-f]{{32}}", mail.text) if address in mail.to else None
        if found is not None:
            return found[0]
    raise Astray(f"no mail to {address} has a link to {kind}")


def _entry(one: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"kind": kind} | {name: one[name] for name in ("name", "category", "language", "email")}

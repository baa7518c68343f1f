"""The public calendar: a page, and files to subscribe to, of everything or of one consultation."""

from collections.abc import Sequence
from hashlib import sha256

from flask import Blueprint, Response, abort, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from consult.consultations.queries import find_public
from consult.core import clock, i18n
from consult.core.db import reading
from consult.core.http import not_modified, public_response
from consult.core.i18n import _
from consult.core.identity import identity
from consult.core.ids import derive_key
from consult.core.settings import Settings
from consult.mail.messages import isolated
from consult.site.calendar import Entry, split
from consult.site.calendar_file import Feed, calendar_file
from consult.site.queries_calendar import list_entries, list_entries_of

bp = Blueprint("calendar_public", __name__, url_prefix="/<lang>")

KEPT_FILES = 16
# The last files by what they were made from: icalendar takes a millisecond or two an entry.
_made: dict[tuple[str, bytes], bytes] = {}


@bp.get("/calendar/")
def show_calendar() -> ResponseReturnValue:
    """What is coming, the next first, and what is over, the last first, by month."""
    now = clock.now()
    with reading() as db:
        entries = list_entries(db, now=now)
    halves = split(entries, now)
    version = f"calendar:{_made_from(entries)}:{sum(len(one.entries) for one in halves.over)}"
    return not_modified(version) or public_response(
        render_template("site/show_calendar.html", coming=halves.coming, over=halves.over), version
    )


@bp.get("/calendar.ics")
def calendar_feed() -> ResponseReturnValue:
    """The same for calendar programs."""
    with reading() as db:
        entries = list_entries(db, now=clock.now())
    name = _("Calendar of consultations: %(site)s", site=isolated(identity().name))
    return _file(name, url_for(".show_calendar"), url_for(".calendar_feed"), entries)


@bp.get("/consultations/<slug>/calendar.ics")
def consultation_feed(slug: str) -> ResponseReturnValue:
    """The dates of one consultation for calendar programs. 404 while it is being prepared."""
    with reading() as db:
        consultation = find_public(db, slug) or abort(404)
        entries = list_entries_of(db, consultation.id)
    page = url_for("site_public.show_consultation", slug=slug)
    return _file(consultation.title.shown().text, page, url_for(".consultation_feed", slug=slug), entries)


def _file(name: str, page: str, source: str, entries: Sequence[Entry]) -> Response:
    settings: Settings = current_app.extensions["consult settings"]
    base_url = settings.base_url
    version = f"calendar file:{source}:{base_url}:{name}:{_made_from(entries)}"
    known = not_modified(version)
    if known is not None:
        return known
    key = derive_key(settings.secret_key, "calendar")
    content = _made.get((version, key))
    if content is None:
        feed = Feed(name, f"{base_url}{page}", f"{base_url}{source}")
        content = calendar_file(feed, entries, base_url=base_url, key=key)
        while len(_made) >= KEPT_FILES:
            _made.pop(next(iter(_made)), None)
        _made[version, key] = content
    return public_response(content, version, mimetype="text/calendar")


def _made_from(entries: Sequence[Entry]) -> str:
    """What names a page or file made from entries."""
    return f"{i18n.language().code}:{sha256(repr(entries).encode()).hexdigest()}"

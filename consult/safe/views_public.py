"""Pages that anyone may read: what is open, before you start, the paragraphs, leave, if you are threatened."""

from functools import lru_cache

from flask import Blueprint, Response, abort, g, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from consult.core import clock, i18n
from consult.core.files import shipped
from consult.core.routes import read_routes
from consult.safe.manifests import OVER, Manifest
from consult.safe.pins import Officer
from consult.safe.queries import find_manifest, find_sealing, list_fingerprints, list_manifests
from consult.safe.web import page, safe

bp = Blueprint("safe", __name__)

STYLES = ("consult.css", "safe.css")


def manifest_or_404(db: Connection, name: str) -> Manifest:
    """The consultation of an address. Ends with the 404 page where there is none, or everything of it is over."""
    manifest = find_manifest(db, name)
    if manifest is None or manifest.state == OVER:
        abort(404)
    return manifest


def officers_of(db: Connection, manifest: Manifest) -> list[Officer]:
    """The officers who can open what is sent now."""
    named = set(list_fingerprints(db, manifest.name))
    return [officer for officer in safe().house.pins.officers if officer.fingerprint in named]


@bp.get("/")
def choose_language() -> ResponseReturnValue:
    """Go on to the list in the language that the browser likes best."""
    return redirect(url_for(".home", lang=i18n.language().code), 302)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/style.css")
def style() -> ResponseReturnValue:
    """The sheet of the site and what safe adds to it, in one."""
    return Response(_sheet(), mimetype="text/css")


@lru_cache(maxsize=1)
def _sheet() -> bytes:
    return b"\n".join((shipped("static") / name).read_bytes() for name in STYLES)


@bp.get("/<lang>/")
def home() -> ResponseReturnValue:
    """What can be commented on without a name."""
    with safe().database.reading() as db:
        manifests = [one for one in list_manifests(db) if one.takes_comments(clock.now())]
    return page("safe/home.html", manifests=manifests)


@bp.get("/<lang>/<slug>/")
def before_you_start(slug: str) -> ResponseReturnValue:
    """Risks, what is and is not promised, who can open what is sent."""
    with safe().database.reading() as db:
        manifest = manifest_or_404(db, slug)
        officers = officers_of(db, manifest)
        can_send = manifest.takes_comments(clock.now()) and find_sealing(db, manifest) is not None
    return page(
        "safe/before_you_start.html",
        manifest=manifest,
        officers=officers,
        can_send=can_send,
        note=manifest.officers_note.shown(),
        day=i18n.format_day(manifest.destroy_after) if manifest.destroy_after else "",
    )


@bp.get("/<lang>/<slug>/paragraphs/")
def list_paragraphs(slug: str) -> ResponseReturnValue:
    """Every paragraph of the draft with a link to its form."""
    with safe().database.reading() as db:
        manifest = manifest_or_404(db, slug)
    return page("safe/list_paragraphs.html", manifest=manifest, can_send=manifest.takes_comments(clock.now()))


@bp.get("/<lang>/leave/")
def leave() -> ResponseReturnValue:
    """A page that says nothing, with a link onward; whatever a browser keeps of this host is told to go."""
    g.no_languages = True
    response = page("safe/leave.html", onward=safe().settings.leave_to)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    response.headers["Set-Cookie"] = "session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict"
    return response


@bp.get("/<lang>/threatened/")
def threatened() -> ResponseReturnValue:
    """Whom to turn to. No form, nothing kept."""
    settings = safe().settings
    return page("safe/threatened.html", groups=read_routes(settings.routes_file), operator=settings.operator_contact)

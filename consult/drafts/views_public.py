"""The reading page: the draft whole on one page, kept by caches, made once and held in the process."""

from collections import OrderedDict

from flask import Blueprint, abort, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.consultations.guards import participant_or_403
from consult.consultations.models import Consultation
from consult.consultations.rules import LinkNeeded
from consult.core import clock, i18n
from consult.core.db import glancing, reading
from consult.core.http import not_modified, public_response
from consult.core.other_languages import written_in
from consult.core.texts import Texts, fall_back
from consult.drafts import queries
from consult.drafts.changes import changes
from consult.drafts.queries import Published
from consult.drafts.reading_page import arrange, front_lines

bp = Blueprint("drafts_public", __name__, url_prefix="/<lang>/consultations/<slug>/draft")

HELD_MAX = 64  # pages: about 5 MB


class HeldPages:
    """The pages made last. A page is named by all it is made from, so it can be old in no way; losing it costs one rendering."""

    def __init__(self, limit: int = HELD_MAX) -> None:
        self.limit = limit
        self.pages: OrderedDict[str, bytes] = OrderedDict()

    def get(self, version: str) -> bytes | None:
        """The page of a version."""
        if version in self.pages:
            self.pages.move_to_end(version)
        return self.pages.get(version)

    def keep(self, version: str, page: bytes) -> bytes:
        """Hold a page; the one used least lately goes."""
        self.pages[version] = page
        if len(self.pages) > self.limit:
            self.pages.popitem(last=False)
        return page


held = HeldPages()


@bp.get("/")
def read_draft(slug: str) -> ResponseReturnValue:
    """The newest public version; for the invited, after their door, the version that is theirs alone. 404 where there is none."""
    return _page(slug, None)


@bp.get("/<int:number>/")
def read_version(slug: str, number: int) -> ResponseReturnValue:
    """A public version by its number. 404 where there is none."""
    return _page(slug, number)


@bp.get("/<int:number>/changes/")
def show_changes(slug: str, number: int) -> ResponseReturnValue:
    """What changed from another version (?from=; the one before, if not said), word by word. 404 where one is not public."""
    asked = request.args.get("from", str(number - 1))
    since = int(asked) if asked.isdecimal() and len(asked) < 6 and int(asked) < number else abort(404)
    with glancing() as connection:
        old = queries.find_published(connection, slug, since) or abort(404)
        new = queries.find_published(connection, slug, number) or abort(404)
    version = f"changes:{old.digest}:{new.digest}:{new.revision}:{i18n.language().code}"
    known = not_modified(version)
    if known is not None:
        return known
    page = held.get(version)
    if page is None:
        with reading() as db:
            sides = [queries.read_paragraphs(db, one.version_id, codes_shown(db, one)) for one in (old, new)]
            numbers = queries.public_numbers(db, new.consultation_id)
        written_in(new.languages)
        page = held.keep(
            version,
            render_template(
                "drafts/show_changes.html",
                slug=slug,
                since=since,
                number=number,
                pairs=[(one, other) for other in numbers for one in numbers if one < other],
                title=Texts(new.title).shown(),
                changes=changes(*sides),
            ).encode(),
        )
    return public_response(page, version)


def codes_shown(db: Session, published: Published) -> list[str]:
    """The languages of a version, the page's first, then the one the draft is written in."""
    available = [one.language for one in queries.read_languages(db, published.version_id)]
    first = fall_back(i18n.language().code, [code for code in published.languages if code in available]) or available[0]
    return [first, *(code for code in available if code != first)]


def _private_page(published: Published, number: int | None) -> ResponseReturnValue:
    """The draft for those who came through a door with an invitation; never kept by a cache. 403 for all others, 404."""
    if number not in (None, published.number):
        abort(404)
    with reading() as db:
        participant = participant_or_403(db, db.get_one(Consultation, published.consultation_id))
        if participant.invited_at is None:
            raise LinkNeeded
        return make_response(_rendered(db, published, takes_comments=published.takes_comments(clock.now())))


def _page(slug: str, number: int | None) -> ResponseReturnValue:
    with glancing() as connection:
        published = queries.find_published(connection, slug, number)
        if published is None:
            return _private_page(queries.find_for_invited(connection, slug) or abort(404), number)
    takes_comments = published.takes_comments(clock.now())
    version = f"draft:{published.digest}:{published.revision}:{number}:{takes_comments}:{i18n.language().code}"
    known = not_modified(version)
    if known is not None:
        return known
    page = held.get(version)
    if page is None:
        with reading() as db:
            page = held.keep(version, _rendered(db, published, takes_comments=takes_comments and number is None))
    return public_response(page, version)


def _rendered(db: Session, published: Published, *, takes_comments: bool) -> bytes:
    codes = codes_shown(db, published)
    first, here = codes[0], i18n.language().code
    rows = queries.read_paragraphs(db, published.version_id, codes)
    shown = next(one for one in queries.read_languages(db, published.version_id) if one.language == first)
    written_in(set(codes) & set(published.languages))
    return render_template(
        "drafts/read_draft.html",
        title=Texts(published.title).shown(),
        slug=published.slug,
        trail=url_for("site_public.show_consultation", slug=published.slug),
        number=published.number,
        front=front_lines(shown.front),
        text_language=first,
        words=shown.words["body"],
        page=arrange(rows, here),
        closes=i18n.format_instant(published.comments_close_at, published.time_zone)
        if published.comments_close_at
        else "",
        takes_comments=takes_comments,
        comment_url=lambda ref: url_for("rounds_public.write_comment", slug=published.slug, ref=ref),
    ).encode()

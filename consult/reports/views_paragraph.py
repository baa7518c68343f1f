"""One paragraph on a page of its own: its text now, what was said about it and answered. Kept by caches like the reading page."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.core import clock, i18n
from consult.core.db import glancing, reading
from consult.core.http import not_modified, public_response
from consult.core.other_languages import written_in
from consult.core.texts import Texts
from consult.drafts import queries as drafts
from consult.drafts.models import DraftVersion
from consult.drafts.queries import Published
from consult.drafts.reading_page import arrange
from consult.drafts.views_public import HeldPages, codes_shown
from consult.reports import queries
from consult.reports.places import Place, find_place, neighbours, paragraph_rows
from consult.reports.showing import ShownParagraph, personal_of, show
from consult.reports.views_public import bp as bp
from consult.rounds.models import WHOLE

held = HeldPages(256)  # about 5 MB


@bp.get("/paragraphs/<ref>/")
def show_paragraph(slug: str, ref: str) -> ResponseReturnValue:
    """A paragraph with its published comments. 302 to its new number where an old one was asked for; 404, 410 where it is gone."""
    asked = request.args.get("version")
    if asked is not None and not (asked.isdecimal() and len(asked) < 6):
        abort(404)
    with glancing() as connection:
        published = drafts.find_published(connection, slug) or abort(404)
        report = queries.glance_report(connection, published.consultation_id)
    takes_comments = published.takes_comments(clock.now())
    made_from = (published.digest, published.revision, report, takes_comments, i18n.language().code)
    version = f"paragraph:{slug}:{ref}:{asked}:{made_from}"
    page = held.get(version)
    if page is None:
        with reading() as db:
            if ref == WHOLE:
                place = Place("", WHOLE, WHOLE, published.number)
            else:
                number = int(asked) if asked else None
                found = find_place(db, published.consultation_id, published.version_id, ref, number)
                place = found or abort(404)
            if place.ref is None:
                return _gone(db, published, place), 410
            if place.ref != ref or asked:
                return redirect(url_for(".show_paragraph", slug=slug, ref=place.ref), 302)
            page = held.keep(version, _page(db, published, place, takes_comments=takes_comments))
    return not_modified(version) or public_response(page, version)


def _said(db: Session, published: Published, place: Place) -> list[ShownParagraph]:
    """What the newest report says about a paragraph."""
    report = queries.newest_report(db, published.consultation_id)
    if report is None:
        return []
    wanted = [one for one in report.document["paragraphs"] if (one["key"] or "") == place.key]
    return show({"paragraphs": wanted}, personal_of(queries.list_items(db, report.id)))


def _page(db: Session, published: Published, place: Place, *, takes_comments: bool) -> bytes:
    rows = drafts.read_paragraphs(db, published.version_id, codes_shown(db, published))
    is_whole = place.ref == WHOLE
    ref = place.ref or ""
    before, after = (None, None) if is_whole else neighbours(rows, ref)
    return _rendered(
        published,
        place,
        page=arrange([] if is_whole else paragraph_rows(rows, ref), i18n.language().code),
        said=_said(db, published, place),
        before=before,
        after=after,
        takes_comments=takes_comments,
    )


def _gone(db: Session, published: Published, place: Place) -> bytes:
    """A paragraph that is no longer in the draft, as it last stood, with what was said about it."""
    query = db.query(DraftVersion).filter_by(consultation_id=published.consultation_id, number=place.was_number)
    rows = drafts.read_paragraphs(db, query.one().id, codes_shown(db, published))
    return _rendered(
        published,
        place,
        page=arrange(paragraph_rows(rows, place.was_ref), i18n.language().code),
        said=_said(db, published, place),
        before=None,
        after=None,
        takes_comments=False,
    )


def _rendered(published: Published, place: Place, **values: object) -> bytes:
    written_in(published.languages)
    return render_template(
        "reports/show_paragraph.html",
        slug=published.slug,
        number=published.number,
        title=Texts(published.title).shown(),
        place=place,
        **values,
    ).encode()

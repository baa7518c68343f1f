"""Public pages made of several packages: home, a consultation, its terms, and the texts of the footer."""

from datetime import date, datetime
from hashlib import sha256
from typing import NamedTuple

from flask import Blueprint, abort, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from consult.consultations import queries, rules
from consult.consultations.forms import PART_NAMES
from consult.consultations.models import Consultation, ConsultationState
from consult.core import clock, i18n
from consult.core.days import day_in, today_in
from consult.core.db import reading
from consult.core.http import asked_number, not_modified, public_response
from consult.core.other_languages import written_in
from consult.core.routes import read_routes
from consult.core.settings import Settings
from consult.drafts.queries import Published, find_for_invited, find_published
from consult.mailings.queries_lists import has_open_list
from consult.privacy.queries import last_finished
from consult.privacy.showing import shown_kinds, version_of_terms
from consult.privacy.terms import terms
from consult.reports.queries import has_report
from consult.safe_desk.telling import told_of
from consult.site.queries import AtHome, list_at_home, read_privacy
from consult.site.queries_calendar import list_entries_of
from consult.vocabularies import tables

bp = Blueprint("site_public", __name__)


@bp.get("/")
def choose_language() -> ResponseReturnValue:
    """To the home page in the language the browser likes best."""
    best = i18n.best_language(request.headers.get("Accept-Language", ""))
    answer = redirect(f"/{best.code}/", 302)
    answer.headers["Vary"] = "Accept-Language"
    return answer


@bp.get("/<lang>/")
def home() -> ResponseReturnValue:
    """What is open now and until when, what is answered, what is under way, what is over."""
    now = clock.now()
    with reading() as db:
        found = [_listed(one, now) for one in list_at_home(db)]
        lists = has_open_list(db)
    version = f"home:{i18n.language().code}:{now.date()}:{lists}:" + ",".join(one.version for one in found)
    groups = {
        name: [one for one in found if one.group == name] for name in ("open_now", "answered", "under_way", "over")
    }
    return not_modified(version) or public_response(
        render_template("site/home.html", kinds=tables.kinds(), has_lists=lists, **groups), version
    )


class HomeRow(NamedTuple):
    """A row of the home page."""

    consultation: Consultation
    group: str  # open_now, answered, under_way or over
    is_readable: bool
    is_overdue: bool
    closes_on: date | None  # the last day for comments, also a past one
    days_left: int | None  # while it is open

    @property
    def version(self) -> str:
        """What its row on the page is made from."""
        one = self.consultation
        return f"{one.id}.{one.revision}.{self.group}.{self.is_readable}.{self.is_overdue}.{self.days_left}"


def _listed(one: AtHome, now: datetime) -> HomeRow:
    today, is_open = today_in(one.consultation.time_zone), one.takes_comments(now)
    closes_on = one.closes_on()
    over = one.consultation.state is not ConsultationState.OPEN
    group = "open_now" if is_open else "answered" if one.is_answered else "over" if over else "under_way"
    days_left = (closes_on - today).days if is_open and closes_on else None
    overdue = rules.is_overdue(one.consultation, today)
    return HomeRow(one.consultation, group, one.is_readable, overdue, closes_on, days_left)


@bp.get("/<lang>/consultations/<slug>/")
def show_consultation(slug: str) -> ResponseReturnValue:
    """What it is, what is asked, who reads and decides, when what happens. 404 while it is being prepared."""
    with reading() as db:
        consultation = queries.find_public(db, slug) or abort(404)
        number = queries.newest_terms_number(db, consultation.id)
        terms = queries.read_terms(db, consultation.id, number)
        published = find_published(db, slug) or find_for_invited(db, slug)
        has_answers = has_report(db, consultation.id)
        nameless = told_of(db, consultation, now=clock.now())
        today = today_in(consultation.time_zone)
        takes_comments = published is not None and published.takes_comments(clock.now())
        written_in(consultation.languages)
        told = nameless.version if nameless else ""
        version = f"consultation:{consultation.id}:{consultation.revision}:{today}:{takes_comments}:{told}:{i18n.language().code}"
        if (known := not_modified(version)) is not None:
            return known
        dates = list_entries_of(db, consultation.id)
    return public_response(
        render_template(
            "site/show_consultation.html",
            consultation=consultation,
            kind=tables.kind(consultation.kind),
            terms=terms,
            parts=PART_NAMES,
            published=published,
            is_overdue=rules.is_overdue(consultation, today),
            takes_comments=takes_comments,
            has_answers=has_answers,
            dates=dates,
            nameless=nameless,
            days_left=_days_left(published, consultation) if takes_comments else 0,
        ),
        version,
    )


def _days_left(published: Published | None, consultation: Consultation) -> int:
    """Whole days until comments close, where the consultation is held; 0 on the last one."""
    closes_at = published.comments_close_at if published else None
    zone = consultation.time_zone
    return (day_in(zone, closes_at) - today_in(zone)).days if closes_at else 0


@bp.get("/<lang>/consultations/<slug>/terms/")
def show_terms(slug: str) -> ResponseReturnValue:
    """The terms that hold now, or a version by its number (?version=). 404."""
    with reading() as db:
        consultation = queries.find_public(db, slug) or abort(404)
        newest = queries.newest_terms_number(db, consultation.id)
        number = asked_number("version") if "version" in request.args else newest
        if not 1 <= number <= newest:
            abort(404)
        terms = queries.read_terms(db, consultation.id, number)
    written_in(consultation.languages)
    version = f"terms:{consultation.id}:{consultation.revision}:{number}:{i18n.language().code}"
    return not_modified(version) or public_response(
        render_template(
            "site/show_terms.html",
            consultation=consultation,
            terms=terms,
            parts=PART_NAMES,
            number=number,
            newest=newest,
        ),
        version,
    )


def _plain(template: str) -> ResponseReturnValue:
    version = f"{template}:{i18n.language().code}"
    return not_modified(version) or public_response(render_template(template), version)


@bp.get("/<lang>/how-it-works/")
def how_it_works() -> ResponseReturnValue:
    """What happens to what people say."""
    return _plain("site/how_it_works.html")


@bp.get("/<lang>/threatened/")
def threatened() -> ResponseReturnValue:
    """Where to turn to when one is threatened for speaking. No form, nothing stored."""
    settings: Settings = current_app.extensions["consult settings"]
    groups, operator = read_routes(settings.routes_file), settings.operator_contact
    version = f"threatened:{i18n.language().code}:{sha256(repr((groups, operator)).encode()).hexdigest()}"
    page = "site/threatened.html"
    return not_modified(version) or public_response(render_template(page, groups=groups, operator=operator), version)


@bp.get("/<lang>/privacy/")
def privacy() -> ResponseReturnValue:
    """What we keep, why, and for how long; what was erased last; and who answers for it."""
    with reading() as db:
        own, revision = read_privacy(db)
        ended_at = last_finished(db)
    last = terms().here(ended_at).date() if ended_at else None
    version = f"privacy:{revision}:{version_of_terms()}:{last}:{i18n.language().code}"
    return not_modified(version) or public_response(
        render_template("site/privacy.html", own=own.shown(), kinds=shown_kinds(), last=last), version
    )


@bp.get("/<lang>/accessibility/")
def accessibility() -> ResponseReturnValue:
    """How these pages can be used."""
    return _plain("site/accessibility.html")


@bp.get("/<lang>/help/")
def help_page() -> ResponseReturnValue:
    """Answers to what people ask first."""
    return _plain("site/help_page.html")

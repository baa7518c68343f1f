"""Rounds for the team: open, extend, read what came."""

from flask import Blueprint, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, is_allowed, needs
from consult.accounts.rules import Act
from consult.consultations.guards import consultation_or_404
from consult.consultations.models import Consultation
from consult.consultations.queries_protected import count_taking_part
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import asked_id, asked_number, see_other
from consult.core.old_forms import keeps_words, typed_words
from consult.core.refusals import Refused
from consult.drafts import queries as draft_queries
from consult.drafts.models import DraftVersion
from consult.drafts.redline import suggested_wording_html
from consult.mail.queries_suppressions import suppressions_of
from consult.rounds import operations, queries, queries_entered
from consult.rounds.forms import AUDIENCES, CONSENTS, OpenRoundForm, RoundForm, questions_of, round_form
from consult.rounds.forms_entered import CHANNELS
from consult.rounds.models import Audience
from consult.stakeholders.queries import names_registered

bp = Blueprint("rounds_staff", __name__, url_prefix="/staff/consultations/<slug>")


def _newest(db: Session, consultation: Consultation) -> DraftVersion | None:
    return next(iter(draft_queries.list_versions(db, consultation.id)), None)


def _page(db: Session, consultation: Consultation, form: RoundForm, refused: Refused | None = None) -> str:
    round_ = queries.latest_round(db, consultation.id)
    is_open = round_ is not None and round_.closes_at > clock.now()
    return render_template(
        "rounds/show_round.html",
        consultation=consultation,
        version=_newest(db, consultation),
        audiences=dict(AUDIENCES),
        round=round_,
        is_open=is_open,
        extends=is_open or not isinstance(form, OpenRoundForm),  # it may have closed since the form was opened
        typed=typed_words() if is_open else [],  # of questions, where another opened the round meanwhile
        comments=queries.count_comments(db, round_.id) if round_ else 0,
        form=form,
        refused=refused,
    )


@bp.get("/round/")
@needs(Act.READ_DRAFT)
def show_round(slug: str) -> ResponseReturnValue:
    """The newest round: until when, how many comments; or the form to open one. 403, 404."""
    with reading() as db:
        return _page(db, consultation_or_404(db, slug, Act.READ_DRAFT), round_form())


@bp.post("/round/open/")
@needs(Act.PUBLISH_VERSION)
@keeps_words
def open_round(slug: str) -> ResponseReturnValue:
    """Open a round now. 303 to it; 403, 404, 409, 422 with what was typed."""
    form = round_form()
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.PUBLISH_VERSION)
        is_valid, closes_at = form.validate(), form.closing(consultation.time_zone)
        if not is_valid or closes_at is None:
            return _page(db, consultation, form), 422
        version = _newest(db, consultation)
        try:
            with db.begin_nested():
                operations.open_round(
                    db,
                    consultation,
                    version,
                    closes_at=closes_at,
                    audience=Audience(form.audience.data),
                    questions=questions_of(form),
                    takes_nameless=form.is_nameless,
                    by=current_staff(),
                    now=clock.now(),
                )
        except Refused as problem:
            return _page(db, consultation, form, problem), problem.status
    return see_other(url_for(".show_round", slug=slug))


@bp.post("/round/extend/")
@needs(Act.PUBLISH_VERSION)
@keeps_words
def extend_round(slug: str) -> ResponseReturnValue:
    """Give more time. 303 to the round; 403, 404, 422 with what was typed."""
    form = RoundForm()
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.PUBLISH_VERSION)
        round_ = queries.latest_round(db, consultation.id) or abort(404)
        closes_at = form.closing(consultation.time_zone) if form.validate() else None
        if closes_at is None:
            return _page(db, consultation, form), 422
        try:
            with db.begin_nested():
                operations.extend_round(
                    db, consultation, round_, closes_at=closes_at, by=current_staff(), now=clock.now()
                )
        except Refused as problem:
            return _page(db, consultation, form, problem), problem.status
    return see_other(url_for(".show_round", slug=slug))


@bp.get("/comments/")
@needs(Act.READ_DRAFT)
def list_comments(slug: str) -> ResponseReturnValue:
    """What came in the newest round, a page at a time. 403, 404."""
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.READ_DRAFT)
        round_ = queries.latest_round(db, consultation.id) or abort(404)
        comments = queries.list_comments(db, round_.id, after=asked_id("after") or queries.FIRST)
        typed = [name for one in comments if one.is_visitor for name in (one.name, one.organisation) if name]
        borrowed = names_registered(db, typed)
        entered = queries_entered.entered_of(db, [one.id for one in comments])
    return render_template(
        "rounds/list_comments.html",
        consultation=consultation,
        round=round_,
        comments=comments,
        borrowed=borrowed,
        entered=entered,
        channels=dict(CHANNELS),
        consents=dict(CONSENTS),
        difference=suggested_wording_html,
        more=comments[-1].id if len(comments) == queries.PAGE else None,
    )


@bp.get("/participants/")
@needs(Act.INVITE)
def list_participants(slug: str) -> ResponseReturnValue:
    """Who takes part, with a button for a link that got into other hands. 403, 404."""
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.INVITE)
        found = queries.list_participants(db, consultation.id, after=asked_number("after"))
        protected = count_taking_part(db, consultation.id)
        suppressions = suppressions_of(db, [one.address for one in found])
    return render_template(
        "rounds/list_participants.html",
        consultation=consultation,
        participants=found,
        protected=protected,
        suppressions=suppressions,
        asks=is_allowed(Act.MANAGE_STAKEHOLDERS),
        more=found[-1].id if len(found) == queries.PARTICIPANTS else None,
    )


@bp.post("/participants/<ref>/replace-link/")
@needs(Act.INVITE)
def replace_link(slug: str, ref: str) -> ResponseReturnValue:
    """End a personal link and the visits it opened, and mail a new one. 303 to the list; 403, 404."""
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.INVITE)
        participant = queries.find_participant(db, consultation.id, ref) or abort(404)
        operations.replace_link(db, consultation, participant, by=current_staff(), now=clock.now())
    return see_other(url_for(".list_participants", slug=slug, replaced=1))

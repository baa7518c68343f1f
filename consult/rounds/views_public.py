"""Writing a comment: form, check, sent; or kept for later by someone who came through a door."""

from typing import NamedTuple

from flask import Blueprint, Response, abort, make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.consultations import queries as consultation_queries
from consult.consultations.guards import entered_participant, keep_entered, session_lasts
from consult.consultations.models import Consultation, Participant
from consult.core import clock, i18n
from consult.core.db import reading, take_turn, writing
from consult.core.http import see_other
from consult.core.old_forms import keeps_words
from consult.core.other_languages import written_in
from consult.core.refusals import Refused
from consult.drafts import queries as draft_queries
from consult.drafts.models import DraftVersion, VersionState
from consult.drafts.redline import suggested_wording_html
from consult.rounds import operations, operations_drafts, queries, rules
from consult.rounds.forms import CommentForm
from consult.rounds.models import WHOLE, Comment, Round
from consult.rounds.operations import Remark
from consult.rounds.queries import Quoted

bp = Blueprint("rounds_public", __name__, url_prefix="/<lang>/consultations/<slug>")


class Place(NamedTuple):
    """Where a comment is written, and by whom."""

    consultation: Consultation
    round: Round
    version: DraftVersion  # the one its author saw
    ref: str
    quoted: Quoted | None  # None = the whole draft
    participant: Participant | None  # None = not through a door


def _place(db: Session, slug: str, ref: str, number: int | None = None) -> Place:
    """Everything about a place. 404 where something is missing; where the draft is for the invited, 403 for all others.

    `number` is the version that a form was shown with: a form that grew old still speaks of the text its author saw.
    """
    consultation, round_, version = queries.find_commented(db, slug) or abort(404)
    participant = entered_participant(db, consultation)
    if number is not None and number != version.number:
        version = _shown_then(db, consultation, number, participant) or version
    if not version.is_public:
        rules.check_audience(round_, participant)
    if ref == WHOLE:
        return Place(consultation, round_, version, ref, None, participant)
    here = i18n.language().code
    codes = [here, *(code for code in consultation.languages if code != here)]
    quoted = queries.find_quoted(db, version.id, ref, codes) or abort(404)
    return Place(consultation, round_, version, ref, quoted, participant)


def _shown_then(
    db: Session, consultation: Consultation, number: int, participant: Participant | None
) -> DraftVersion | None:
    """An earlier version, if whoever asks may have seen it: one for the invited stays theirs when a later one is public."""
    shown = draft_queries.find_version(db, consultation.id, number)
    if shown is None or shown.state is not VersionState.PUBLISHED:
        return None
    is_invited = participant is not None and participant.invited_at is not None
    return shown if shown.is_public or is_invited else None


@bp.get("/comment/<ref>/")
def write_comment(slug: str, ref: str) -> ResponseReturnValue:
    """The form, with what was kept before. 403 for those outside of the audience, 404, 409 after closing."""
    with reading() as db:
        place = _place(db, slug, ref)
        form = CommentForm(formdata=None).known(place.participant)
        form.version.data = place.version.number
        form.suggestion.data = place.quoted.text if place.quoted else ""
        kept = queries.find_comment_draft(db, place.round.id, place.participant.id, ref) if place.participant else None
        if kept is not None:
            form.fill(kept)
        refused = _refused(place)
        return _form_page(place, form, refused, is_kept=kept is not None), refused.status if refused else 200


@bp.post("/comment/<ref>/")
@keeps_words
def take_comment(slug: str, ref: str) -> ResponseReturnValue:
    """Check, keep for later, or send. 303 to the sent page or one's own comments; 403, 404, 409, 422 with what was typed."""
    form = CommentForm()
    acts = {"change": _change, "save": _save, "send": _send}
    try:
        with writing(looks_first=True) as db:  # many come in the last hour: all but the writing is done side by side
            place = _place(db, slug, ref, form.version.data)
            form.known(place.participant)
            return acts.get(form.act.data, _check)(db, place, form)
    except Refused as problem:
        with reading() as db:  # nothing of what was begun is kept, nor can it be read any more
            return _form_page(_place(db, slug, ref, form.version.data), form, problem), problem.status


def _change(_db: Session, place: Place, form: CommentForm) -> ResponseReturnValue:
    return _form_page(place, form, None)


def _check(_db: Session, place: Place, form: CommentForm) -> ResponseReturnValue:
    """The check page: every rule that sending will ask is asked before it is shown."""
    if not form.validate():
        return _form_page(place, form, None), 422
    remark = form.to_remark(place.participant)
    operations.check_remark(place.round, place.quoted, remark, place.participant, now=clock.now())
    return _check_page(place, form, remark)


def _save(db: Session, place: Place, form: CommentForm) -> ResponseReturnValue:
    if place.participant is None:
        raise rules.ForOthers
    if not form.is_draft_valid():
        return _form_page(place, form, None), 422
    form.consent.errors = []
    take_turn(db)
    remark = form.to_remark(place.participant)
    operations_drafts.save_comment_draft(db, place.round, place.participant, place.ref, remark, now=clock.now())
    return see_other(url_for(".my_comments", slug=place.consultation.slug, kept=place.ref))


def _send(db: Session, place: Place, form: CommentForm) -> ResponseReturnValue:
    if not form.validate():
        return _form_page(place, form, None), 422
    take_turn(db)
    made = operations.send_comment(
        db,
        place.round,
        place.quoted,
        form.to_remark(place.participant),
        participant=place.participant,
        version_id=place.version.id,
        once=form.once.data,
        now=clock.now(),
    )
    if place.participant is not None:
        operations_drafts.forget_comment_draft(db, place.round.id, place.participant, place.ref)
    gave = 1 if place.participant is None and form.email.data else None
    answer = make_response(see_other(url_for(".sent_comment", slug=place.consultation.slug, code=made.ref, link=gave)))
    return answer if place.participant else _keep_visitor(db, answer, place, made)


def _keep_visitor(db: Session, answer: Response, place: Place, made: Comment) -> Response:
    """Whoever comments under a name of their own finds their comments again in this browser, until it is closed."""
    assert made.participant_id is not None, "a comment from this site has its author"
    secret = doors.begin_visit(db, made.participant_id, now=clock.now(), lasts=session_lasts())
    return keep_entered(answer, place.consultation, secret)


def _refused(place: Place) -> Refused | None:
    try:
        rules.check_send_comment(place.round, now=clock.now())
        rules.check_audience(place.round, place.participant)
    except Refused as problem:
        return problem
    return None


def _form_page(place: Place, form: CommentForm, refused: Refused | None, *, is_kept: bool = False) -> str:
    written_in(place.consultation.languages)
    return render_template(
        "rounds/write_comment.html",
        consultation=place.consultation,
        round=place.round,
        quoted=place.quoted,
        participant=place.participant,
        is_kept=is_kept,
        form=form,
        refused=refused,
    )


def _check_page(place: Place, form: CommentForm, remark: Remark) -> str:
    quoted = place.quoted
    has_suggestion = quoted is not None and remark.suggestion not in ("", quoted.text)
    return render_template(
        "rounds/check_comment.html",
        consultation=place.consultation,
        quoted=quoted,
        form=form,
        remark=remark,
        difference=suggested_wording_html(quoted.text, remark.suggestion) if quoted and has_suggestion else None,
        consent={choice.value: choice.label for choice in form.consent.choices}[form.consent.data],
    )


@bp.get("/sent/<code>/")
def sent_comment(slug: str, code: str) -> ResponseReturnValue:
    """The number of a comment, and what happens next; nothing of what it says. 404."""
    with reading() as db:
        consultation = consultation_queries.find_public(db, slug) or abort(404)
        comment = queries.find_comment(db, code) or abort(404)
        round_ = db.get_one(Round, comment.round_id)
        if round_.consultation_id != consultation.id:
            abort(404)
    return render_template("rounds/sent_comment.html", consultation=consultation, comment=comment, round=round_)

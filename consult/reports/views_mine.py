"""One's own comments: kept, sent, answered, withdrawn; and the personal link mailed again. Never kept by a cache.

The pages belong to rounds by their addresses, and stand here because they show published answers.
"""

from flask import abort, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.operations import revoke_session
from consult.consultations import queries as consultation_queries
from consult.consultations.guards import cookie_of, participant_or_403
from consult.consultations.models import Consultation, Participant
from consult.consultations.rules import LinkNeeded, check_enter
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import see_other
from consult.core.old_forms import keeps_words
from consult.core.other_languages import written_in
from consult.core.refusals import Refused, permits
from consult.drafts.redline import suggested_wording_html
from consult.mailings.operations_leaving import is_mail_stopped
from consult.reports.operations import withdraw_comment as withdraw
from consult.reports.queries import published_answers
from consult.responses import operations_objections
from consult.responses.blacking_out import shown_blacked
from consult.responses.forms import CATEGORIES, GROUNDS, OUTCOMES, ObjectForm
from consult.responses.queries_objections import KeptBack, kept_back, refs_kept_back
from consult.rounds import operations, operations_drafts, queries, rules
from consult.rounds.forms import CONSENTS, LinkForm
from consult.rounds.models import Comment
from consult.rounds.operations_drafts import DRAFTS_LAST
from consult.rounds.queries_entered import entered_of
from consult.rounds.views_public import bp as bp
from consult.stakeholders.rules import AddressWrong


def _mine(db: Session, slug: str) -> tuple[Consultation, Participant]:
    consultation = consultation_queries.find_public(db, slug) or abort(404)
    return consultation, participant_or_403(db, consultation)


@bp.get("/my-comments/")
def my_comments(slug: str) -> ResponseReturnValue:
    """What one has kept and what one has sent. To where the link is mailed again for those without; 404, 410 when archived."""
    with reading() as db:
        consultation = consultation_queries.find_public(db, slug) or abort(404)
        try:
            participant = participant_or_403(db, consultation)
        except LinkNeeded as problem:
            return _link_page(consultation, LinkForm(formdata=None), problem), problem.status
        return _page(db, consultation, participant)


def _page(db: Session, consultation: Consultation, participant: Participant, refused: Refused | None = None) -> str:
    round_ = queries.latest_round(db, consultation.id)
    kept = queries.list_comment_drafts(db, round_.id, participant.id) if round_ else []
    sent = queries.list_own_comments(db, participant.id)
    return render_template(
        "rounds/my_comments.html",
        consultation=consultation,
        participant=participant,
        round=round_,
        is_open=round_ is not None and permits(rules.check_send_comment, round_, now=clock.now()),
        kept=kept,
        deleted_on=round_.closes_at + DRAFTS_LAST if round_ else None,
        sent=sent,
        entered=entered_of(db, [one.id for one in sent]),
        answers=published_answers(db, participant.id),
        kept_back=refs_kept_back(db, participant.id),
        outcomes=dict(OUTCOMES),
        consents=dict(CONSENTS),
        difference=suggested_wording_html,
        is_mail_stopped=is_mail_stopped(db, participant),
        refused=refused,
    )


@bp.post("/my-comments/send/")
def send_comment_drafts(slug: str) -> ResponseReturnValue:
    """Send all that was kept, together. 303 to one's own comments; 403, 404, 409, 422."""
    with writing() as db:
        consultation, participant = _mine(db, slug)
        round_ = queries.latest_round(db, consultation.id) or abort(404)
        try:
            with db.begin_nested():
                operations_drafts.send_comment_drafts(
                    db, round_, participant, languages=consultation.languages, now=clock.now()
                )
        except Refused as problem:
            return _page(db, consultation, participant, problem), problem.status
    return see_other(url_for(".my_comments", slug=slug))


@bp.post("/my-comments/<ref>/throw-away/")
def forget_comment_draft(slug: str, ref: str) -> ResponseReturnValue:
    """Throw away what was kept on a paragraph. 303 to one's own comments; 403, 404."""
    with writing() as db:
        consultation, participant = _mine(db, slug)
        round_ = queries.latest_round(db, consultation.id) or abort(404)
        operations_drafts.forget_comment_draft(db, round_.id, participant, ref)
    return see_other(url_for(".my_comments", slug=slug))


@bp.route("/my-comments/<code>/withdraw/", methods=["GET", "POST"])
def withdraw_comment(slug: str, code: str) -> ResponseReturnValue:
    """Ask once more, then take a comment back. 303 to one's own comments; 403, 404 (also for a comment of another), 409."""
    with writing() as db:
        consultation, participant = _mine(db, slug)
        comment = queries.find_own_comment(db, participant.id, code) or abort(404)
        if request.method == "GET":
            return render_template("rounds/withdraw_comment.html", consultation=consultation, comment=comment)
        withdraw(db, comment, now=clock.now())
    return see_other(url_for(".my_comments", slug=slug))


@bp.route("/my-comments/<code>/screening/", methods=["GET", "POST"])
@keeps_words
def object_to_screening(slug: str, code: str) -> ResponseReturnValue:
    """What of one's comment readers will not see, and one objection to it. 303 to itself; 403, 404, 409, 422 with what was typed."""
    form = ObjectForm()
    with writing() as db:
        consultation, participant = _mine(db, slug)
        comment = queries.find_own_comment(db, participant.id, code) or abort(404)
        shown = kept_back(db, comment.id) or abort(404)
        if request.method == "GET" or not form.validate():
            return _screening_page(consultation, comment, shown, form), 200 if request.method == "GET" else 422
        try:
            with db.begin_nested():
                operations_objections.object_to_screening(db, comment, form.text.data, now=clock.now())
        except Refused as problem:
            fresh = kept_back(db, comment.id) or abort(404)
            return _screening_page(consultation, comment, fresh, form, problem), problem.status
    return see_other(url_for(".object_to_screening", slug=slug, code=code))


def _screening_page(
    consultation: Consultation, comment: Comment, shown: KeptBack, form: ObjectForm, refused: Refused | None = None
) -> str:
    return render_template(
        "rounds/object_to_screening.html",
        consultation=consultation,
        comment=comment,
        screening=shown,
        blacked=shown_blacked(comment, shown.redactions, dict(CATEGORIES)),
        grounds=dict(GROUNDS),
        form=form,
        refused=refused,
    )


@bp.post("/my-comments/leave/")
def leave(slug: str) -> ResponseReturnValue:
    """End the visit in this browser. 303 to the public page."""
    with writing() as db:
        consultation = consultation_queries.find_public(db, slug) or abort(404)
        revoke_session(db, request.cookies.get(cookie_of(consultation), ""), now=clock.now())
    answer = make_response(see_other(url_for("site_public.show_consultation", slug=slug)))
    answer.delete_cookie(cookie_of(consultation))
    return answer


@bp.route("/my-link/", methods=["GET", "POST"])
@keeps_words
def ask_for_link(slug: str) -> ResponseReturnValue:
    """Have the personal link mailed. The answer is the same whether we know the address or not. 404, 410, 422."""
    form = LinkForm()
    with writing() as db:
        consultation = consultation_queries.find_public(db, slug) or abort(404)
        check_enter(consultation)
        if request.method == "GET" or not form.validate():
            return _link_page(consultation, form), 200 if request.method == "GET" else 422
        try:
            operations.ask_for_link(db, consultation, form.email.data, now=clock.now())
        except AddressWrong as problem:  # of its shape; nothing is said of whether we know it
            form.email.errors = [str(problem)]
            return _link_page(consultation, form), problem.status
    return render_template("rounds/link_mailed.html", consultation=consultation)


def _link_page(consultation: Consultation, form: LinkForm, refused: Refused | None = None) -> str:
    written_in(consultation.languages)
    return render_template("rounds/ask_for_link.html", consultation=consultation, form=form, refused=refused)

"""Entering on somebody's behalf, for the secretariat: find who it was, then what they said, or that they want no more."""

from typing import NamedTuple

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.consultations.guards import consultation_or_404
from consult.consultations.models import Consultation, Participant
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.forms import cleaned_line
from consult.core.http import see_other
from consult.core.i18n import _
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.mailings.models_leaving import LeavingScope
from consult.rounds import operations_entered as operations
from consult.rounds import queries, queries_entered
from consult.rounds.forms_entered import EnterForm, LeaveForForm
from consult.rounds.models import WHOLE, Audience, Channel, Round

bp = Blueprint("entered_staff", __name__, url_prefix="/staff/consultations/<slug>/on-behalf")
NEW = "new"  # in place of a participant's reference: somebody who is not among them
WORDS_MAX = 100  # characters of a search


class Place(NamedTuple):
    """In which round, and for whom; None = somebody new."""

    consultation: Consultation
    round: Round
    participant: Participant | None


def _place(db: Session, slug: str, whose: str) -> Place:
    consultation = consultation_or_404(db, slug, Act.INVITE)
    round_ = queries.latest_round(db, consultation.id) or abort(404)
    if whose == NEW:
        return Place(consultation, round_, None)
    return Place(consultation, round_, queries.find_participant(db, consultation.id, whose) or abort(404))


@bp.get("/")
@needs(Act.INVITE)
def find_author(slug: str) -> ResponseReturnValue:
    """Who said it: by name, or by the code of their letter. 403, 404."""
    words = cleaned_line(request.args.get("words"))[:WORDS_MAX]
    with reading() as db:
        place = _place(db, slug, NEW)
        found = queries_entered.find_by_words(db, place.consultation.id, words) if words else []
    takes_new = place.round.audience is Audience.PUBLIC
    return render_template(
        "rounds/find_author.html", consultation=place.consultation, words=words, found=found, takes_new=takes_new
    )


@bp.route("/<whose>/", methods=["GET", "POST"])
@needs(Act.INVITE)
@keeps_words
def enter_comment(slug: str, whose: str) -> ResponseReturnValue:
    """Enter what somebody said. 303 to the same, for the next; 403, 404, 409, 422 with what was typed."""
    with writing() if request.method == "POST" else reading() as db:
        place = _place(db, slug, whose)
        form = EnterForm().offer(place.consultation.languages, place.participant)
        if request.method != "POST":
            return _page(place, form)
        if not form.validate():
            return _page(place, form), 422
        ref = form.paragraph.data or WHOLE
        codes = [form.language.data, *(one for one in place.consultation.languages if one != form.language.data)]
        quoted = queries.find_quoted(db, place.round.version_id, ref, codes) if ref != WHOLE else None
        if quoted is None and ref != WHOLE:
            form.paragraph.errors = [_("The draft has no such paragraph. Write the number as it stands there.")]
            return _page(place, form), 422
        try:
            with db.begin_nested():
                operations.enter_comment(
                    db, place.consultation, place.round, quoted, form.to_remark(place.participant), form.to_arrival(),
                    participant=place.participant, once=form.once.data, by=current_staff(), now=clock.now(),
                )  # fmt: skip
        except Refused as problem:
            return _page(place, form, problem), problem.status
    return see_other(url_for(".find_author", slug=slug, entered=1))


@bp.post("/<whose>/leave/")
@needs(Act.INVITE)
def leave_on_behalf(slug: str, whose: str) -> ResponseReturnValue:
    """Note that somebody wants no more. 303 to the search; 403, 404, 422."""
    form = LeaveForForm()
    with writing() as db:
        place = _place(db, slug, whose)
        participant = place.participant or abort(404)
        if not form.validate():
            enter = EnterForm(formdata=None).offer(place.consultation.languages, participant)
            return _page(place, enter, leaving=form), 422
        operations.leave_on_behalf(
            db, place.consultation, participant, LeavingScope(form.scope.data), channel=Channel(form.channel.data),
            by=current_staff(), now=clock.now(),
        )  # fmt: skip
    return see_other(url_for(".find_author", slug=slug, left=1))


def _page(place: Place, form: EnterForm, refused: Refused | None = None, *, leaving: LeaveForForm | None = None) -> str:
    return render_template(
        "rounds/enter_comment.html",
        consultation=place.consultation,
        round=place.round,
        participant=place.participant,
        form=form,
        leaving=leaving or LeaveForForm(formdata=None),
        refused=refused,
    )

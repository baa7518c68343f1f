"""For whoever asks staff on paper, by telephone or in person: a copy of what is held, and being forgotten, by two of the staff."""

from functools import partial
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.models import Staff
from consult.accounts.rules import Act
from consult.consultations.guards import consultation_or_404
from consult.consultations.models import Consultation, Participant
from consult.consultations.views_requests import settings
from consult.core import clock
from consult.core.acting import act_on
from consult.core.days import day_of
from consult.core.db import reading, writing
from consult.core.forms import Form
from consult.core.http import see_other
from consult.core.i18n import format_day, is_installed, language, use_language
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.privacy import operations_on_behalf as operations
from consult.privacy import queries_on_behalf as queries
from consult.privacy import rules_on_behalf as rules
from consult.privacy.forms_on_behalf import CHECKS, WAYS, CopyForm, HeardForm
from consult.privacy.models_own import ForgetWish
from consult.privacy.operations_on_behalf import Somebody
from consult.privacy.queries_own import count_own_comments
from consult.privacy.queries_visitors import count_comments_of
from consult.privacy.views_own import PART_NAMES, copy_file
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.queries import find_stakeholder

bp = Blueprint("behalf_staff", __name__, url_prefix="/staff/asked")
ENTRY, VISITOR = "entry", "participant"
WHOSE = "/<who>/<ref>"


@bp.route(f"{WHOSE}/copy/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def hand_out_copy(who: str, ref: str) -> ResponseReturnValue:
    """A copy to send by post, with the letter that goes with it. 200; 403, 404, 409, 422 with what was typed."""
    form = CopyForm()
    with writing() if request.method == "POST" else reading() as db:
        whose = _somebody(db, who, ref)
        if request.method == "GET" or not form.validate():
            return _page("hand_out_copy", whose, form), 200 if request.method == "GET" else 422
        try:
            with db.begin_nested():
                found = operations.hand_out_copy(db, whose, form.to_heard(), by=current_staff(), now=clock.now())
        except Refused as problem:
            return _page("hand_out_copy", whose, form, problem), problem.status
    if form.kind.data == "page":  # in the language of whoever reads it
        with use_language(whose.language if is_installed(whose.language) else language().code):
            return _page("print_copy", whose, form, parts=found, names=PART_NAMES, at=clock.now())
    return copy_file(found, "copy.json")


@bp.route(f"{WHOSE}/forget/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def note_wish(who: str, ref: str) -> ResponseReturnValue:
    """What goes and what stays, and noting that somebody wants it. 303 to the wish; 403, 404, 409, 422 with what was typed."""
    form = HeardForm()
    if request.method == "GET":
        with reading() as db:
            return _wish_form(db, _somebody(db, who, ref), form=form)

    def note(db: Session, whose: Somebody) -> str:
        operator, by = settings().operator_contact, current_staff()
        wish = operations.note_wish(db, whose, form.to_heard(), operator=operator, by=by, now=clock.now())
        return url_for(".show_wish", ref=wish.ref, said="noted")

    return act_on(lambda db: (_somebody(db, who, ref),), form, note, partial(_wish_form, form=form))


def _wish_form(db: Session, whose: Somebody, refused: Refused | None = None, *, form: HeardForm) -> str:
    told = bool(operations.mailboxes_of(db, whose))
    days, sent = rules.MAILBOX_WAITS.days, _sent(db, whose)
    return _page("note_wish", whose, form, refused, sent=sent, days=days, has_mailbox=told)


@bp.get("/")
@needs(Act.FORGET_ENTRIES)
def list_wishes() -> ResponseReturnValue:
    """The wishes to be forgotten that wait for a second person."""
    with reading() as db:
        return render_template("privacy/list_wishes.html", wishes=queries.list_wishes(db, current_staff().id))


@bp.get("/<ref>/")
@needs(Act.FORGET_ENTRIES)
def show_wish(ref: str) -> ResponseReturnValue:
    """Who wants to be forgotten, how that was heard, what goes and what stays, and the button. 403, 404."""
    with reading() as db:
        return _wish_page(db, _theirs(db, queries.find_wish(db, ref) or abort(404)))


@bp.post("/<ref>/")
@needs(Act.FORGET_ENTRIES)
def carry_out_wish(ref: str) -> ResponseReturnValue:
    """Erase what is held. 303 to the list; 403, 409."""
    with writing() as db:
        wish = _held(db, ref)
        try:
            with db.begin_nested():
                operations.carry_out_wish(
                    db, wish, day=_from(wish), operator=settings().operator_contact, by=current_staff(), now=clock.now()
                )
        except Refused as problem:
            return _wish_page(db, wish, problem), problem.status
    return see_other(url_for(".list_wishes", said="erased"))


@bp.post("/<ref>/call-off/")
@needs(Act.FORGET_ENTRIES)
def call_off_wish(ref: str) -> ResponseReturnValue:
    """Erase nobody. 303 to the list; 403, 409."""
    with writing() as db:
        operations.call_off_wish(db, _held(db, ref), by=current_staff())
    return see_other(url_for(".list_wishes", said="off"))


def _held(db: Session, ref: str) -> ForgetWish:
    """The wish of a reference, held. Raises WishGone, NotOnTeam."""
    wish = operations.hold_wish(db, ref)
    if wish is None:
        raise rules.WishGone
    return _theirs(db, wish)


def _theirs(db: Session, wish: ForgetWish) -> ForgetWish:
    """A wish that they may see: of a visitor of a consultation those on its team. Raises NotOnTeam."""
    if wish.participant_id is not None:
        about = db.get_one(Participant, wish.participant_id).consultation_id
        consultation_or_404(db, db.get_one(Consultation, about).slug, Act.FORGET_ENTRIES)
    return wish


def _somebody(db: Session, who: str, ref: str) -> Somebody:
    """An entry that staff may correct; or a visitor of a consultation on whose team they are. Raises what check_hear raises."""
    if who == ENTRY:
        found: Somebody = find_stakeholder(db, ref) or abort(404)
    elif who != VISITOR:
        abort(404)
    else:
        query = select(Participant).where(Participant.ref == ref, Participant.stakeholder_id.is_(None))
        visitor = db.scalars(query).one_or_none() or abort(404)
        slug = db.get_one(Consultation, visitor.consultation_id).slug
        consultation_or_404(db, slug, Act.MANAGE_STAKEHOLDERS)
        found = visitor
    rules.check_hear(found, day_of(clock.now()), today=day_of(clock.now()))
    return found


def _sent(db: Session, whose: Somebody) -> int:
    if isinstance(whose, Stakeholder):
        return count_own_comments(db, whose.id)
    return count_comments_of(db, Participant.id == whose.id)


def _from(wish: ForgetWish) -> str:
    return format_day(day_of(wish.at + rules.MAILBOX_WAITS))


def _named(whose: Somebody) -> dict[str, Any]:
    is_entry = isinstance(whose, Stakeholder)
    name = whose.name if isinstance(whose, Stakeholder) else whose.name or whose.organisation
    return {"whose": whose, "name": name, "is_visitor": not is_entry}


def _page(name: str, whose: Somebody, form: Form, refused: Refused | None = None, **shown: Any) -> str:
    return render_template(f"privacy/{name}.html", form=form, refused=refused, **_named(whose), **shown)


def _wish_page(db: Session, wish: ForgetWish, refused: Refused | None = None) -> str:
    whose = operations.whose_wish(db, wish)
    waits = clock.now() < wish.at + rules.MAILBOX_WAITS and queries.keys_told(db, wish.ref)
    return render_template(
        "privacy/show_wish.html",
        wish=wish,
        is_own=wish.by_id == current_staff().id,
        noted_by=db.get_one(Staff, wish.by_id).name,
        waits_until=_from(wish) if waits else "",
        ways=dict(WAYS),
        checks=dict(CHECKS),
        sent=_sent(db, whose),
        corrected=queries.last_address_change(db, whose) if isinstance(whose, Stakeholder) else None,
        refused=refused,
        **_named(whose),
    )

"""Invitations for the team: write, look at the list and the preview, test, send."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.consultations.guards import consultation_or_404
from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import asked_number, see_other
from consult.core.i18n import _l
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused, permits
from consult.core.settings import Settings
from consult.mail.models import Halt
from consult.mail.queries_halts import standing_halts
from consult.mailings import operations, operations_sending, queries, queries_sending, rules
from consult.mailings.forms import InvitationForm, SendForm, invitation_form
from consult.mailings.mails import closing
from consult.mailings.models import Invitation, InvitationState, MailingKind
from consult.mailings.queries_sending import Delivered, Delivery
from consult.mailings.rules import WhyNot

bp = Blueprint("mailings_staff", __name__, url_prefix="/staff/consultations/<slug>/invitations")

DELIVERIES = {
    Delivery.SENT: _l("The mail server took it"),
    Delivery.WAITS: _l("Waits for its turn"),
    Delivery.DEFERRED: _l("Put off by the mail server, is tried again"),
    Delivery.FAILED: _l("Refused by the mail server"),
    Delivery.UNCERTAIN: _l("May have gone out"),
    Delivery.LEFT_OUT: _l("Left out when its turn came"),
}
REASONS = {
    WhyNot.LEFT: _l("asked not to be written to"),
    WhyNot.LEFT_HERE: _l("asked for no more mail about this consultation"),
    WhyNot.NO_ADDRESS: _l("has no e-mail address"),
    WhyNot.NO_BASIS: _l("has not said yes to mails"),
    WhyNot.INVITED_ALREADY: _l("is invited already"),
    WhyNot.COMMENTED_ALREADY: _l("has commented already"),
}


def _find(db: Session, slug: str, ref: str) -> tuple[Consultation, Invitation]:
    consultation = consultation_or_404(db, slug, Act.INVITE)
    return consultation, queries.find_invitation(db, consultation.id, ref) or abort(404)


@bp.get("/")
@needs(Act.INVITE)
def list_invitations(slug: str) -> ResponseReturnValue:
    """What was written and sent. 403, 404."""
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.INVITE)
        found = queries.list_invitations(db, consultation.id)
    return render_template("mailings/list_invitations.html", consultation=consultation, invitations=found)


@bp.route("/new/", methods=["GET", "POST"], defaults={"ref": None})
@bp.route("/<ref>/edit/", methods=["GET", "POST"])
@needs(Act.INVITE)
@keeps_words
def write_invitation(slug: str, ref: str | None) -> ResponseReturnValue:
    """Write an invitation, or change one, or a reminder. 303 to its list and preview; 403, 404, 409, 422 with what was typed."""
    return _write(slug, ref, MailingKind.INVITATION)


@bp.route("/new-reminder/", methods=["GET", "POST"])
@needs(Act.INVITE)
@keeps_words
def write_reminder(slug: str) -> ResponseReturnValue:
    """Write a reminder. 303 to its list and preview; 403, 404, 409, 422 with what was typed."""
    return _write(slug, None, MailingKind.REMINDER)


def _write(slug: str, ref: str | None, kind: MailingKind) -> ResponseReturnValue:
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.INVITE)
        invitation = (queries.find_invitation(db, consultation.id, ref) or abort(404)) if ref else None
        kind = invitation.kind if invitation else kind
        words = queries.read_words(db, invitation.id) if invitation else None
        form = invitation_form(consultation.languages, kind, invitation, words)
        if request.method == "GET" or not form.validate():
            return _form_page(consultation, kind, form), 200 if request.method == "GET" else 422
        wording = form.to_wording(consultation.languages)
        try:
            with db.begin_nested():
                kept = operations.write_invitation(
                    db, consultation, wording, invitation=invitation, kind=kind, by=current_staff(), now=clock.now()
                )
        except Refused as problem:
            return _form_page(consultation, kind, form, problem), problem.status
    return see_other(url_for(".show_invitation", slug=slug, ref=kept.ref))


def _form_page(
    consultation: Consultation, kind: MailingKind, form: InvitationForm, refused: Refused | None = None
) -> str:
    return render_template(
        "mailings/write_invitation.html",
        consultation=consultation,
        is_reminder=kind is MailingKind.REMINDER,
        form=form,
        refused=refused,
    )


@bp.get("/<ref>/")
@needs(Act.INVITE)
def show_invitation(slug: str, ref: str) -> ResponseReturnValue:
    """Who will get it and who not and why, and how it reads in each language. 403, 404."""
    with reading() as db:
        return _page(db, *_find(db, slug, ref))


def _page(
    db: Session,
    consultation: Consultation,
    invitation: Invitation,
    refused: Refused | None = None,
    form: SendForm | None = None,
) -> str:
    gets = request.args.get("list") != "not"
    people = queries.list_chosen(db, invitation, gets=gets, after=asked_number("after"))
    is_sent = invitation.state is not InvitationState.WRITING
    return render_template(
        "mailings/show_invitation.html",
        consultation=consultation,
        invitation=invitation,
        is_sent=is_sent,
        sending=_sending(db, invitation) if is_sent else None,
        sent_to=next(
            (one.recipients for one in queries.list_invitations(db, consultation.id) if one.ref == invitation.ref), 0
        ),
        words=queries.read_words(db, invitation.id),
        counts=queries.count_chosen(db, invitation),
        people=people,
        gets=gets,
        more=people[-1].id if len(people) == queries.PAGE else None,
        reasons=REASONS,
        deliveries=DELIVERIES,
        form=form or SendForm(formdata=None),
        closes=closing(db, consultation),
        refused=refused,
    )


class Sending(NamedTuple):
    """How an invitation on its way stands, and the recipients of the delivery that is asked for."""

    counts: dict[Delivery, int]
    asked: Delivery | None
    people: list[Delivered]
    more: int | None
    can: dict[str, bool]
    halt: Halt | None  # why it was paused, where nobody did it


def _sending(db: Session, invitation: Invitation) -> Sending:
    counts = queries_sending.count_deliveries(db, invitation)
    asked = next((one for one in Delivery if one.value == request.args.get("delivery")), None)
    people = queries_sending.list_deliveries(db, invitation, asked, after=asked_number("after")) if asked else []
    waits = bool(counts[Delivery.WAITS] or counts[Delivery.DEFERRED])
    checks = {
        "take_back": permits(rules.check_take_back_invitation, invitation, now=clock.now()),
        "pause": waits and permits(rules.check_pause_invitation, invitation),
        "resume": permits(rules.check_resume_invitation, invitation),
        "stop": waits and permits(rules.check_stop_invitation, invitation),
        "retry": permits(rules.check_retry_invitation, invitation, missed=counts[Delivery.FAILED]),
    }
    halts = standing_halts(db, queries_sending.causes(db, invitation.id))
    more = people[-1].id if len(people) == queries.PAGE else None
    return Sending(counts, asked, people, more, checks, halts[0] if halts else None)


@bp.post("/<ref>/test/")
@needs(Act.INVITE)
def try_invitation(slug: str, ref: str) -> ResponseReturnValue:
    """Mail it to oneself in each language. 303 to the invitation; 403, 404."""
    with writing() as db:
        consultation, invitation = _find(db, slug, ref)
        for code in consultation.languages:
            operations.try_invitation(db, invitation, language=code, by=current_staff(), now=clock.now())
    return see_other(url_for(".show_invitation", slug=slug, ref=ref, tested=1))


@bp.post("/<ref>/send/")
@needs(Act.INVITE)
def send_invitation(slug: str, ref: str) -> ResponseReturnValue:
    """Send it to those on the list. 303 to the invitation; 403, 404, 409, 422."""
    form, now = SendForm(), clock.now()
    settings: Settings = current_app.extensions["consult settings"]
    with writing() as db:
        consultation, invitation = _find(db, slug, ref)
        try:
            asked = form.start(consultation.time_zone)
            starts_at = max(asked or now, now + timedelta(minutes=settings.undo_minutes))
            with db.begin_nested():
                seen, by = form.seen.data or 0, current_staff()
                operations.send_invitation(db, consultation, invitation, seen=seen, starts_at=starts_at, by=by, now=now)
        except Refused as problem:
            return _page(db, consultation, invitation, problem, form), problem.status
    return see_other(url_for(".show_invitation", slug=slug, ref=ref))


@bp.post("/<ref>/take-back/")
@needs(Act.INVITE)
def take_back_invitation(slug: str, ref: str) -> ResponseReturnValue:
    """Take it back before the first mail goes out. 303 to the invitation; 403, 404, 409."""
    return _act(slug, ref, partial(operations_sending.take_back_invitation, now=clock.now()))


@bp.post("/<ref>/pause/")
@needs(Act.INVITE)
def pause_invitation(slug: str, ref: str) -> ResponseReturnValue:
    """Let nothing more go out for now. 303 to the invitation; 403, 404, 409."""
    return _act(slug, ref, operations_sending.pause_invitation)


@bp.post("/<ref>/resume/")
@needs(Act.INVITE)
def resume_invitation(slug: str, ref: str) -> ResponseReturnValue:
    """Go on. 303 to the invitation; 403, 404, 409."""
    return _act(slug, ref, partial(operations_sending.resume_invitation, now=clock.now()))


@bp.post("/<ref>/stop/")
@needs(Act.INVITE)
def stop_invitation(slug: str, ref: str) -> ResponseReturnValue:
    """Let nothing more go out, ever. 303 to the invitation; 403, 404, 409."""
    return _act(slug, ref, partial(operations_sending.stop_invitation, now=clock.now()))


@bp.post("/<ref>/retry/")
@needs(Act.INVITE)
def retry_invitation(slug: str, ref: str) -> ResponseReturnValue:
    """Try again for those whose mail failed. 303 to the invitation; 403, 404, 409."""
    return _act(slug, ref, operations_sending.retry_invitation)


def _act(slug: str, ref: str, operation: Callable[..., object]) -> ResponseReturnValue:
    with writing() as db:
        consultation, invitation = _find(db, slug, ref)
        try:
            with db.begin_nested():
                operation(db, consultation, invitation, by=current_staff())
        except Refused as problem:
            return _page(db, consultation, invitation, problem), problem.status
    return see_other(url_for(".show_invitation", slug=slug, ref=ref))

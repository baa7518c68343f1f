"""What is done with a campaign: approval asked for, given or refused; taken back, paused, gone on with, stopped, tried again."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from flask import current_app, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import writing
from consult.core.http import see_other
from consult.core.refusals import Refused
from consult.core.settings import Settings
from consult.mailings import operations_approval, operations_sending
from consult.mailings.acting import act_on_campaign
from consult.mailings.forms import ApproveForm, ReturnForm, StartForm
from consult.mailings.models import Campaign
from consult.mailings.views_staff import bp, campaign_page, find_campaign

__all__ = ["bp"]


@bp.post("/<ref>/submit/")
@needs(Act.INVITE)
def submit_campaign(slug: str, ref: str) -> ResponseReturnValue:
    """Ask somebody else for approval. 303 to the campaign; 403, 404, 409, 422."""
    form = StartForm()
    with writing() as db:
        consultation, campaign = find_campaign(db, slug, ref, Act.INVITE)
        try:
            start = form.start(consultation.time_zone)
            with db.begin_nested():
                operations_approval.submit_campaign(
                    db, consultation, campaign, asked_start=start, by=current_staff(), now=clock.now()
                )
        except Refused as problem:
            return campaign_page(db, consultation, campaign, problem, start=form), problem.status
    return see_other(url_for(".show_campaign", slug=slug, ref=ref))


@bp.post("/<ref>/approve/")
@needs(Act.APPROVE_CAMPAIGN)
def approve_campaign(slug: str, ref: str) -> ResponseReturnValue:
    """Let it go out as it was shown. 303 to the campaign; 403, 404, 409, 422."""
    settings: Settings = current_app.extensions["consult settings"]
    undo = timedelta(minutes=settings.undo_minutes)
    approve = partial(
        operations_approval.approve_campaign, seen=ApproveForm().seen_digest(), undo=undo, now=clock.now()
    )
    return _act(slug, ref, approve, Act.APPROVE_CAMPAIGN)


@bp.post("/<ref>/return/")
@needs(Act.APPROVE_CAMPAIGN)
def return_campaign(slug: str, ref: str) -> ResponseReturnValue:
    """Give it back with what should change. 303 to the campaign; 403, 404, 409, 422 with what was typed."""
    form = ReturnForm()

    def act(db: Session, consultation: Consultation, campaign: Campaign) -> str:
        note = form.note.data or ""
        operations_approval.return_campaign(db, consultation, campaign, note=note, by=current_staff())
        return url_for(".show_campaign", slug=slug, ref=ref)

    return act_on_campaign(slug, ref, Act.APPROVE_CAMPAIGN, form, act, partial(campaign_page, note=form))


@bp.post("/<ref>/take-back/")
@needs(Act.INVITE)
def take_back_campaign(slug: str, ref: str) -> ResponseReturnValue:
    """Take it back before the first mail goes out. 303 to the campaign; 403, 404, 409."""
    return _act(slug, ref, partial(operations_sending.take_back_campaign, now=clock.now()))


@bp.post("/<ref>/pause/")
@needs(Act.INVITE)
def pause_campaign(slug: str, ref: str) -> ResponseReturnValue:
    """Let nothing more go out for now. 303 to the campaign; 403, 404, 409."""
    return _act(slug, ref, operations_sending.pause_campaign)


@bp.post("/<ref>/resume/")
@needs(Act.INVITE)
def resume_campaign(slug: str, ref: str) -> ResponseReturnValue:
    """Go on. 303 to the campaign; 403, 404, 409."""
    return _act(slug, ref, partial(operations_sending.resume_campaign, now=clock.now()))


@bp.post("/<ref>/stop/")
@needs(Act.INVITE)
def stop_campaign(slug: str, ref: str) -> ResponseReturnValue:
    """Let nothing more go out, ever. 303 to the campaign; 403, 404, 409."""
    return _act(slug, ref, partial(operations_sending.stop_campaign, now=clock.now()))


@bp.post("/<ref>/retry/")
@needs(Act.INVITE)
def retry_campaign(slug: str, ref: str) -> ResponseReturnValue:
    """Try again for those whose mail failed. 303 to the campaign; 403, 404, 409."""
    return _act(slug, ref, operations_sending.retry_campaign)


def _act(slug: str, ref: str, operation: Callable[..., Any], act: Act = Act.INVITE) -> ResponseReturnValue:
    with writing() as db:
        consultation, campaign = find_campaign(db, slug, ref, act)
        try:
            with db.begin_nested():
                operation(db, consultation, campaign, by=current_staff())
        except Refused as problem:
            db.refresh(campaign)
            return campaign_page(db, consultation, campaign, problem), problem.status
    return see_other(url_for(".show_campaign", slug=slug, ref=ref))

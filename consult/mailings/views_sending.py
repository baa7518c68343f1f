"""What is done with a campaign: approval asked for, given or refused; taken back, paused, gone on with, stopped, tried again."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from flask import current_app
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.acting import act_on
from consult.core.db import writing
from consult.core.http import see_other
from consult.core.refusals import Refused
from consult.core.settings import Settings
from consult.mailings import operations_approval, operations_sending
from consult.mailings.abouts import About
from consult.mailings.finding import find_either, page_of, zone_of
from consult.mailings.forms import ApproveForm, ReturnForm, StartForm
from consult.mailings.models import Campaign
from consult.mailings.views_staff import NEWS, OF_A_LIST, bp, campaign_page

__all__ = ["NEWS", "OF_A_LIST", "bp"]


@bp.post("/<ref>/submit/")
@needs(Act.INVITE)
def submit_campaign(ref: str, **of: str) -> ResponseReturnValue:
    """Ask somebody else for approval. 303 to the campaign; 403, 404, 409, 422."""
    form = StartForm()
    with writing() as db:
        about, campaign = find_either(db, of, ref, Act.INVITE)
        try:
            start = form.start(zone_of(about))
            with db.begin_nested():
                operations_approval.submit_campaign(
                    db, about, campaign, asked_start=start, by=current_staff(), now=clock.now()
                )
        except Refused as problem:
            return campaign_page(db, about, campaign, problem, start=form), problem.status
    return see_other(page_of(of, ref))


@bp.post("/<ref>/approve/")
@needs(Act.APPROVE_CAMPAIGN)
def approve_campaign(ref: str, **of: str) -> ResponseReturnValue:
    """Let it go out as it was shown. 303 to the campaign; 403, 404, 409, 422."""
    settings: Settings = current_app.extensions["consult settings"]
    undo = timedelta(minutes=settings.undo_minutes)
    approve = partial(
        operations_approval.approve_campaign, seen=ApproveForm().seen_digest(), undo=undo, now=clock.now()
    )
    return _act(of, ref, approve, Act.APPROVE_CAMPAIGN)


@bp.post("/<ref>/return/")
@needs(Act.APPROVE_CAMPAIGN)
def return_campaign(ref: str, **of: str) -> ResponseReturnValue:
    """Give it back with what should change. 303 to the campaign; 403, 404, 409, 422 with what was typed."""
    form = ReturnForm()

    def act(db: Session, about: About, campaign: Campaign) -> str:
        note = form.note.data or ""
        operations_approval.return_campaign(db, about, campaign, note=note, by=current_staff())
        return page_of(of, ref)

    find = partial(find_either, of=of, ref=ref, act=Act.APPROVE_CAMPAIGN)
    return act_on(find, form, act, partial(campaign_page, note=form))


@bp.post("/<ref>/take-back/")
@needs(Act.INVITE)
def take_back_campaign(ref: str, **of: str) -> ResponseReturnValue:
    """Take it back before the first mail goes out. 303 to the campaign; 403, 404, 409."""
    return _act(of, ref, partial(operations_sending.take_back_campaign, now=clock.now()))


@bp.post("/<ref>/pause/")
@needs(Act.INVITE)
def pause_campaign(ref: str, **of: str) -> ResponseReturnValue:
    """Let nothing more go out for now. 303 to the campaign; 403, 404, 409."""
    return _act(of, ref, operations_sending.pause_campaign)


@bp.post("/<ref>/resume/")
@needs(Act.INVITE)
def resume_campaign(ref: str, **of: str) -> ResponseReturnValue:
    """Go on. 303 to the campaign; 403, 404, 409."""
    return _act(of, ref, partial(operations_sending.resume_campaign, now=clock.now()))


@bp.post("/<ref>/stop/")
@needs(Act.INVITE)
def stop_campaign(ref: str, **of: str) -> ResponseReturnValue:
    """Let nothing more go out, ever. 303 to the campaign; 403, 404, 409."""
    return _act(of, ref, partial(operations_sending.stop_campaign, now=clock.now()))


@bp.post("/<ref>/retry/")
@needs(Act.INVITE)
def retry_campaign(ref: str, **of: str) -> ResponseReturnValue:
    """Try again for those whom the mail did not reach. 303 to the campaign; 403, 404, 409."""
    return _act(of, ref, operations_sending.retry_campaign)


def _act(of: Mapping[str, str], ref: str, operation: Callable[..., Any], act: Act = Act.INVITE) -> ResponseReturnValue:
    with writing() as db:
        about, campaign = find_either(db, of, ref, act)
        try:
            with db.begin_nested():
                operation(db, about, campaign, by=current_staff())
        except Refused as problem:
            db.refresh(campaign)
            return campaign_page(db, about, campaign, problem), problem.status
    return see_other(page_of(of, ref))

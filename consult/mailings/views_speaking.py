"""Calls and visits of a campaign, for the team: whom to speak to, what to say, and what came of it."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, is_allowed, needs
from consult.accounts.rules import Act
from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.acting import act_on
from consult.core.cells import harmless_cell
from consult.core.days import day_in
from consult.core.db import reading
from consult.core.forms import day_of
from consult.core.http import asked_number
from consult.core.i18n import _
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused, permits
from consult.mailings import operations_outreach as operations
from consult.mailings import queries, queries_outreach
from consult.mailings.finding import find_campaign
from consult.mailings.forms import KINDS
from consult.mailings.forms_outreach import LETTER, OUTCOMES, STANDINGS, CallForm
from consult.mailings.mails import closing, language_for
from consult.mailings.models import Campaign, CampaignKind
from consult.mailings.models_outreach import OPEN, OutreachState, OutreachWay
from consult.mailings.operations_calls import note_wrong_number
from consult.mailings.queries_chosen import is_chosen_by_groups
from consult.mailings.queries_outreach import Reached
from consult.mailings.rules_outreach import check_download_calls, may_be_reached
from consult.mailings.views_staff import reached_otherwise
from consult.stakeholders.export import TYPES, as_csv, as_xlsx

bp = Blueprint("speaking_staff", __name__, url_prefix="/staff/consultations/<slug>/mailings/<ref>/calls/<way>")
SPOKEN = {one.value: one for one in (OutreachWay.PHONE, OutreachWay.IN_PERSON)}
LEAVING = {"no_more_here": False, "no_more": True}  # by outcome: whether they leave everything


def _way(way: str) -> OutreachWay:
    return SPOKEN.get(way) or abort(404)


@bp.get("/")
@needs(Act.READ_CAMPAIGNS)
def list_calls(slug: str, ref: str, way: str) -> ResponseReturnValue:
    """Whom to speak to, and what came of it. 403, 404."""
    with reading() as db:
        return _page(db, *find_campaign(db, slug, ref), _way(way))


def _page(
    db: Session,
    consultation: Consultation,
    campaign: Campaign,
    way: OutreachWay,
    refused: Refused | None = None,
    *,
    form: CallForm | None = None,
    whose: str = "",
) -> str:
    rows = queries_outreach.list_reached(db, campaign.id, way, after=asked_number("after"))
    return render_template(
        "mailings/list_calls.html",
        **_shown(db, consultation, campaign, way, rows),
        counts=queries_outreach.count_without_instead(db, campaign, way),
        **reached_otherwise(db, campaign, way, rows),
        steps=queries_outreach.list_steps(db, [one.outreach.recipient_id for one in rows]),
        more=rows[-1].outreach.recipient_id if len(rows) == queries_outreach.PAGE else None,
        can=is_allowed(Act.INVITE),
        may_be_a_file=not is_chosen_by_groups(db, campaign),
        can_reach=permits(operations.check_may_reach, db, campaign, now=clock.now()),
        may_be_called={one.outreach.recipient_id for one in _may_be_called(db, campaign, rows)},
        standing={
            one.outreach.recipient_id: queries_outreach.standing_in(campaign, one.outreach.state) for one in rows
        },
        outcomes=OUTCOMES,
        form=form or CallForm(formdata=None),
        whose=whose,
        refused=refused,
    )


def _shown(
    db: Session, consultation: Consultation, campaign: Campaign, way: OutreachWay, rows: Sequence[Reached]
) -> dict[str, Any]:
    words = queries.read_words(db, campaign.id)
    spoken = {
        one.entry.ref: language_for(
            one.entry.language, consultation.languages, list(words), one.entry.also_language_codes
        )
        for one in rows
    }
    return {
        "consultation": consultation,
        "campaign": campaign,
        "way": way,
        "kinds": KINDS,
        "standings": STANDINGS,
        "rows": rows,
        "words": words,
        "spoken": spoken,
        "closes": closing(db, consultation) if campaign.calls_for_comments else "",
    }


def _to_speak(db: Session, campaign: Campaign, way: OutreachWay) -> list[Reached]:
    """All who are still to be spoken to. Raises what check_outreach raises: a list on paper is for a mailing that goes out."""
    operations.check_may_reach(db, campaign, now=clock.now())
    rows = queries_outreach.list_reached(db, campaign.id, way, OPEN, limit=None)
    return _may_be_called(db, campaign, rows)


def _may_be_called(db: Session, campaign: Campaign, rows: Sequence[Reached]) -> list[Reached]:
    left = queries_outreach.left_here(db, campaign, [one.entry for one in rows])
    news = campaign.kind is CampaignKind.NEWS
    return [
        one for one in rows if one.entry.id not in left and may_be_reached(one.entry, one.participant, news=news)
    ]  # fmt: skip


@bp.get("/print/")
@needs(Act.INVITE)
def print_calls(slug: str, ref: str, way: str) -> ResponseReturnValue:
    """The same on paper, for whoever calls: what to say, and boxes to tick. 403, 404, 409."""
    with reading() as db:
        consultation, campaign = find_campaign(db, slug, ref, Act.INVITE)
        rows = _to_speak(db, campaign, _way(way))
        shown = _shown(db, consultation, campaign, _way(way), rows)
        return render_template("mailings/print_calls.html", **shown, outcomes=OUTCOMES)


@bp.get("/list.<kind>")
@needs(Act.INVITE)
def download_calls(slug: str, ref: str, way: str, kind: str) -> ResponseReturnValue:
    """The same as a sheet. 403, 404, 409."""
    if kind not in TYPES:
        abort(404)
    with reading() as db:
        consultation, campaign = find_campaign(db, slug, ref, Act.INVITE)
        check_download_calls(by_groups=is_chosen_by_groups(db, campaign))
        rows = _to_speak(db, campaign, _way(way))
        shown = _shown(db, consultation, campaign, _way(way), rows)
    header = [_("Name"), _("Telephone"), _("Language"), _("State"), _("Try again on"), _("What to say")]
    table = []
    for one in rows:
        say = shown["words"][shown["spoken"][one.entry.ref]][1]
        again = one.outreach.on_day.isoformat() if one.outreach.on_day else ""
        cells = (one.entry.name, one.entry.phone, one.entry.language, str(STANDINGS[one.outreach.state]), again, say)
        table.append([harmless_cell(cell) for cell in cells])
    headers = {"Content-Disposition": f'attachment; filename="calls-{slug}-{clock.now():%Y-%m-%d}.{kind}"'}
    content = as_csv(table, header) if kind == "csv" else as_xlsx(table, header)
    return Response(content, mimetype=TYPES[kind], headers=headers)


@bp.post("/<whose>/note/")
@needs(Act.INVITE)
@keeps_words
def note_call(slug: str, ref: str, way: str, whose: str) -> ResponseReturnValue:
    """Note what came of one. 303 to the list; 403, 404, 409, 422 with what was typed."""
    form = CallForm()

    def find(db: Session) -> tuple[Consultation, Campaign, Reached]:
        consultation, campaign = find_campaign(db, slug, ref, Act.INVITE)
        return consultation, campaign, queries_outreach.find_reached(db, campaign.id, whose) or abort(404)

    def act(db: Session, consultation: Consultation, campaign: Campaign, one: Reached) -> str:
        _note(db, consultation, campaign, one, form)
        return url_for(".list_calls", slug=slug, ref=ref, way=way, after=request.args.get("after"))

    def page(
        db: Session, consultation: Consultation, campaign: Campaign, _one: Reached, refused: Refused | None = None
    ) -> str:
        return _page(db, consultation, campaign, _way(way), refused, form=form, whose=whose)

    return act_on(find, form, act, page)


def _note(db: Session, consultation: Consultation, campaign: Campaign, one: Reached, form: CallForm) -> None:
    by, now, said = current_staff(), clock.now(), form.outcome.data
    if said == LETTER:
        operations.note_wants_letter(db, consultation, campaign, one, by=by, now=now)
        return
    today, words = day_in(consultation.time_zone, now), form.note.data or ""
    if said == OutreachState.WRONG_NUMBER.value:
        note_wrong_number(db, consultation, campaign, one, note=words, today=today, by=by, now=now)
        return
    state = OutreachState.NO_MORE if said in LEAVING else OutreachState(said)
    operations.note_call(
        db, consultation, campaign, one, state, day=day_of(form.day.data), everything=LEAVING.get(said, False),
        note=words, today=today, by=by, now=now,
    )  # fmt: skip

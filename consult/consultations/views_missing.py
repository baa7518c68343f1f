"""Who is missing in a consultation, what the standing invitations propose, and setting those."""

from collections.abc import Mapping

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.consultations import operations_groups, operations_taking, queries_groups, queries_missing
from consult.consultations import rules_groups as rules
from consult.consultations.forms_groups import StandingForm, names_of
from consult.consultations.guards import consultation_or_404
from consult.consultations.models_groups import SmartGroup
from consult.consultations.operations_groups import open_choice
from consult.consultations.queries_missing import Missing, Share
from consult.consultations.views_groups import asked_after, group_or_404
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.forms import cleaned_line
from consult.core.http import see_other, staff_address
from consult.core.refusals import Refused, permits
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.queries import find_stakeholder
from consult.stakeholders.rules import check_change_stakeholder
from consult.vocabularies import tables
from consult.vocabularies.words import gone_word

bp = Blueprint("missing_staff", __name__, url_prefix="/staff/consultations/<slug>")
standing_bp = Blueprint("standing_staff", __name__, url_prefix="/staff/always-invited")


@bp.get("/missing/")
@needs(Act.INVITE)
def show_missing(slug: str) -> ResponseReturnValue:
    """Per category, group and region: how many are registered, invited, took part. Gaps first. 403, 404."""
    regions = list(tables.regions_in_use())
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.INVITE)
        shares = {
            "group": queries_missing.count_by_group(db, consultation.id, list(tables.groups())),
            "category": queries_missing.count_by_category(db, consultation.id, list(tables.categories())),
            "region": queries_missing.count_by_region(db, consultation.id, regions),
        }
    return render_template(
        "consultations/show_missing.html",
        consultation=consultation,
        shares=shares,
        names=_names(shares),
        has_gaps=any(one.is_gap for found in shares.values() for one in found),
        regions=regions,
    )


def _names(shares: Mapping[str, list[Share]]) -> dict[str, dict[str, str]]:
    known = {
        "group": names_of(tables.groups()), "category": names_of(tables.categories()),
        "region": names_of(tables.regions_in_use()),
    }  # fmt: skip
    return {
        what: {one.code: known[what].get(one.code) or gone_word(one.code) for one in found}
        for what, found in shares.items()
    }


@bp.get("/missing/list/")
@needs(Act.INVITE)
def list_missing(slug: str) -> ResponseReturnValue:
    """Who is in the registry and not invited, of a category, group or region: a page at a time. 403, 404."""
    kind = Missing(*(cleaned_line(request.args.get(name)) for name in Missing._fields))
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.INVITE)
        people, more = queries_missing.list_not_invited(db, consultation.id, kind, after=asked_after())
    after = f"{more[0]}~{more[1]}" if more else ""
    names = _names({what: [Share(code, 0, 0, 0)] for what, code in kind._asdict().items() if code})
    begin = {"categories": kind.category, "groups": kind.group}
    save = {**begin, "regions": kind.region, "not_invited_to": f"of:{consultation.id}"}
    return render_template(
        "consultations/list_missing.html",
        consultation=consultation,
        kind=kind,
        names=names,
        people=people,
        more=staff_address(".list_missing", slug=slug, **kind._asdict(), after=after) if after else None,
        invite=staff_address("mailings_staff.begin_campaign", slug=slug, what="invitation", **begin)
        if not kind.region
        else None,
        save=staff_address("groups_staff.add_group", **save),
    )


@bp.route("/always-invited/", methods=["GET", "POST"])
@needs(Act.INVITE)
def take_over(slug: str) -> ResponseReturnValue:
    """What the standing invitations propose, and taking it over into the choice.

    303 to the choice, or to the status page where they are many; 403, 404, 409.
    """
    if request.method == "GET":
        return _page_of_proposed(slug)
    try:
        return see_other(_take_over(slug))
    except Refused as problem:
        return _page_of_proposed(slug, problem), problem.status


def _page_of_proposed(slug: str, refused: Refused | None = None) -> str:
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.INVITE)
        people, more, number = queries_missing.list_proposed(db, consultation, after=asked_after())
        standing = queries_missing.standing_for(db, consultation)
        after = f"{more[0]}~{more[1]}" if more else ""
        return render_template(
            "consultations/take_over.html",
            consultation=consultation,
            kind=tables.kind(consultation.kind),
            standing=standing,
            choice=queries_groups.choice_of(db, consultation.id),
            people=people,
            number=number,
            may_take_over=permits(rules.check_take_over, consultation, standing=len(standing)),
            more=staff_address(".take_over", slug=slug, after=after) if after else None,
            refused=refused,
        )


def _take_over(slug: str) -> str:
    """Take over all who are proposed, or let the worker. Returns where to go. Raises what check_take_over raises."""
    with reading() as db:  # counted before it is anybody's turn to write
        proposed = operations_taking.count_proposed(db, consultation_or_404(db, slug, Act.INVITE))
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.INVITE)
        choice = open_choice(db, consultation, now=clock.now())
        goes_to = url_for("groups_staff.show_group", ref=choice.ref)
        if proposed <= operations_taking.AT_ONCE:
            operations_groups.take_over(db, consultation, by=current_staff(), now=clock.now())
            return goes_to
        task = operations_taking.begin_take_over(
            db, consultation, by=current_staff(), next_url=goes_to, now=clock.now()
        )
        return url_for("jobs_staff.show_task", ref=task.ref)


@standing_bp.route("/groups/<ref>/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
def invite_group(ref: str) -> ResponseReturnValue:
    """Propose a saved group for every consultation of some kinds. 303 to the group; 403, 404, 409, 422."""
    with writing() if request.method == "POST" else reading() as db:
        group = group_or_404(db, ref)
        rules.check_change_group(group)
        return _invite_always(db, group, None, url_for("groups_staff.show_group", ref=ref))


@standing_bp.route("/entries/<ref>/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
def invite_entry(ref: str) -> ResponseReturnValue:
    """Propose an entry for every consultation of some kinds. 303 to what is always invited; 404, 409, 422."""
    with writing() if request.method == "POST" else reading() as db:
        entry = find_stakeholder(db, ref) or abort(404)
        check_change_stakeholder(entry)
        return _invite_always(db, None, entry, url_for("groups_staff.list_groups"))


def _invite_always(
    db: Session, group: SmartGroup | None, entry: Stakeholder | None, goes_on: str
) -> ResponseReturnValue:
    found = queries_missing.find_standing(db, group=group, entry=entry)
    kept = found.kinds if found else []
    form = StandingForm(data={"which": ("some" if kept else "all") if found else "", "kinds": kept}).offer(kept)
    page = {"group": group, "entry": entry, "found": found, "form": form}
    template = "consultations/invite_always.html"
    if request.method == "GET" or not form.validate():
        return render_template(template, **page, refused=None), 200 if request.method == "GET" else 422
    try:
        with db.begin_nested():
            operations_groups.invite_always(
                db, form.to_kinds(), group=group, entry=entry, by=current_staff(), now=clock.now()
            )
    except Refused as problem:
        return render_template(template, **page, refused=problem), problem.status
    return see_other(goes_on)


@standing_bp.post("/groups/<ref>/end/")
@needs(Act.MANAGE_STAKEHOLDERS)
def end_group(ref: str) -> ResponseReturnValue:
    """Propose a group no more. 303 to what is always invited; 403, 404."""
    with writing() as db:
        operations_groups.end_standing(db, group=group_or_404(db, ref), by=current_staff())
    return see_other(url_for("groups_staff.list_groups"))


@standing_bp.post("/entries/<ref>/end/")
@needs(Act.MANAGE_STAKEHOLDERS)
def end_entry(ref: str) -> ResponseReturnValue:
    """Propose an entry no more. 303 to what is always invited; 404."""
    with writing() as db:
        entry = find_stakeholder(db, ref) or abort(404)
        operations_groups.end_standing(db, entry=entry, by=current_staff())
    return see_other(url_for("groups_staff.list_groups"))

"""Saved groups of the registry for staff: list, rule, who is in and who was taken out."""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.consultations import operations_groups, queries, queries_groups, queries_missing
from consult.consultations import rules_groups as rules
from consult.consultations.forms_groups import (
    GroupForm,
    PutInForm,
    ReasonForm,
    data_of,
    names_of,
    prefilled,
)
from consult.consultations.groups_in_words import in_words
from consult.consultations.models_groups import ByHand, GroupRule, SmartGroup
from consult.consultations.operations_groups import STANDING
from consult.consultations.rules import check_work_on
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.forms import cleaned_line, whole_number
from consult.core.http import asked_number, see_other, staff_address
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.queries import find_stakeholder
from consult.stakeholders.views_choosing import entry_meant
from consult.vocabularies import tables
from consult.vocabularies.words import gone_word

bp = Blueprint("groups_staff", __name__, url_prefix="/staff/groups")


def group_or_404(db: Session, ref: str) -> SmartGroup:
    """The group of a reference; the choice of a consultation only for its team. 404, or the 403 page."""
    found = queries_groups.find_group(db, ref) or abort(404)
    if found.consultation_id is not None:
        on_team = queries.is_on_team(db, found.consultation_id, current_staff().id)
        check_work_on(current_user.roles, Act.INVITE, on_team=on_team)
    return found


def asked_after() -> tuple[str, int] | None:
    """Where a page of entries begins (?after=name~7); None at the beginning, or for what is no such place."""
    name, _, number = cleaned_line(request.args.get("after")).rpartition("~")
    last = whole_number(number)
    return (name, last) if last is not None else None


def listed_again(db: Session, group: SmartGroup) -> str:
    """Let the worker list a group anew where that takes one. Returns where to go on: its status page, or the group."""
    page = url_for("groups_staff.show_group", ref=group.ref)
    task = operations_groups.list_again(db, group, owner=current_staff().actor, next_url=page, now=clock.now())
    return url_for("jobs_staff.show_task", ref=task.ref) if task else page


@bp.get("/")
@needs(Act.MANAGE_STAKEHOLDERS)
def list_groups() -> ResponseReturnValue:
    """All saved groups by name, and what is always proposed."""
    with reading() as db:
        groups = queries_groups.list_groups(db)
        standing = queries_missing.list_standing(db)
    known = names_of(tables.kinds())
    names = known | {code: gone_word(code) for one in standing for code in one.kinds if code not in known}
    return render_template("consultations/list_groups.html", groups=groups, standing=standing, kind_names=names)


@bp.route("/new/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def add_group() -> ResponseReturnValue:
    """Save a group; a link may say with which conditions it begins. 303 to it; 409 or 422 with what was chosen."""
    with writing() if request.method == "POST" else reading() as db:
        form = GroupForm(data=prefilled(request.args)).offer(queries_groups.asked_about(db))
        if request.method == "GET" or not form.validate():
            return _form_page(form), 200 if request.method == "GET" else 422
        try:
            with db.begin_nested():
                name, rule = form.name.data, form.to_rule()
                made = operations_groups.add_group(db, name, rule, by=current_staff(), now=clock.now())
        except Refused as problem:
            return _form_page(form, refused=problem), problem.status
        goes_on = listed_again(db, made)
    return see_other(goes_on)


@bp.route("/<ref>/edit/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def change_group(ref: str) -> ResponseReturnValue:
    """Another name or rule. 303 to the group; 403, 404, 409 or 422 with what was chosen."""
    with writing() if request.method == "POST" else reading() as db:
        group = group_or_404(db, ref)
        kept = GroupRule.of(group.rule)
        rules.check_change_group(group)
        form = GroupForm(data=data_of(group.name, kept)).offer(queries_groups.asked_about(db, kept), kept)
        if request.method == "GET" or not form.validate():
            return _form_page(form, group), 200 if request.method == "GET" else 422
        try:
            with db.begin_nested():
                operations_groups.change_group(db, group, form.name.data, form.to_rule(), by=current_staff())
        except Refused as problem:
            return _form_page(form, group, refused=problem), problem.status
        goes_on = listed_again(db, group)
    return see_other(goes_on)


def _form_page(form: GroupForm, group: SmartGroup | None = None, refused: Refused | None = None) -> str:
    return render_template(
        "consultations/edit_group.html",
        form=form,
        group=group,
        refused=refused,
        has_regions=bool(form.regions.choices),
    )


@bp.get("/<ref>/")
@needs(Act.MANAGE_STAKEHOLDERS)
def show_group(ref: str) -> ResponseReturnValue:
    """Who is in a group and why, and who was taken out. 403, 404."""
    with reading() as db:
        return _page(db, group_or_404(db, ref), PutInForm(formdata=None))


def _page(db: Session, group: SmartGroup, form: PutInForm, refused: Refused | None = None) -> str:
    found = queries_groups.list_members(db, group, after=asked_after())
    rule, start = GroupRule.of(group.rule), asked_number("out")
    taken_out = queries_groups.list_taken_out(db, group, after=start)
    more = f"{found.more[0]}~{found.more[1]}" if found.more else ""
    further = start + queries_groups.PAGE if len(taken_out) == queries_groups.PAGE else 0
    address: dict[str, Any] = {"endpoint": ".show_group", "ref": group.ref}
    return render_template(
        "consultations/show_group.html",
        group=group,
        found=found,
        is_kept=not queries_groups.is_small(db),
        conditions=in_words(rule, queries_groups.asked_about(db, rule)),
        taken_out=taken_out,
        more=staff_address(**address, after=more) if more else None,
        more_out=staff_address(**address, out=further) if further else None,
        standing=queries_missing.find_standing(db, group=group),
        choice_of=queries_missing.title_of(db, group),
        STANDING=STANDING,
        form=form,
        refused=refused,
    )


@bp.post("/<ref>/in/")
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def put_in(ref: str) -> ResponseReturnValue:
    """Put an entry into a group by hand. 303 to the group; 403, 404, 409, 422 with what was typed."""
    form = PutInForm()
    with writing() as db:
        group = group_or_404(db, ref)
        if not form.validate():
            return _page(db, group, form), 422
        try:
            with db.begin_nested():
                entry = entry_meant(db, form, form.who.data, unknown=rules.EntryUnknown)
                _decide(db, group, entry, ByHand.IN, form.reason.data or "")
        except Refused as problem:
            return _page(db, group, form, problem), problem.status
        goes_on = listed_again(db, group)
    return see_other(goes_on)


def _decide(db: Session, group: SmartGroup, entry: Stakeholder, way: ByHand, reason: str) -> None:
    operations_groups.decide_by_hand(db, group, entry, way, reason, by=current_staff(), now=clock.now())


@bp.route("/<ref>/out/<other>/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def take_out(ref: str, other: str) -> ResponseReturnValue:
    """Take an entry out of a group by hand, whatever its rule says. 303 to the group; 403, 404, 409, 422."""
    form, template = ReasonForm(), "consultations/take_out.html"
    with writing() if request.method == "POST" else reading() as db:
        group, entry = group_or_404(db, ref), find_stakeholder(db, other) or abort(404)
        page = {"group": group, "entry": entry, "form": form, "choice_of": queries_missing.title_of(db, group)}
        if request.method == "GET" or not form.validate():
            return render_template(template, **page, refused=None), 200 if request.method == "GET" else 422
        try:
            with db.begin_nested():
                _decide(db, group, entry, ByHand.OUT, form.reason.data or "")
        except Refused as problem:
            return render_template(template, **page, refused=problem), problem.status
        goes_on = listed_again(db, group)
    return see_other(goes_on)


@bp.post("/<ref>/back/<other>/")
@needs(Act.MANAGE_STAKEHOLDERS)
def leave_to_rule(ref: str, other: str) -> ResponseReturnValue:
    """Forget what was decided by hand about an entry. 303 to the group; 403, 404."""
    with writing() as db:
        group, entry = group_or_404(db, ref), find_stakeholder(db, other) or abort(404)
        operations_groups.forget_by_hand(db, group, entry, by=current_staff())
        goes_on = listed_again(db, group)
    return see_other(goes_on)


@bp.post("/<ref>/list/")
@needs(Act.MANAGE_STAKEHOLDERS)
def list_again(ref: str) -> ResponseReturnValue:
    """Bring the list of a group up to date. 303 to the status page, or to the group where no list is kept; 403, 404."""
    with writing() as db:
        goes_on = listed_again(db, group_or_404(db, ref))
    return see_other(goes_on)

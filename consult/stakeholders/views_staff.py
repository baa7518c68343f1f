"""The registry for staff: list and entry."""

from dataclasses import fields

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.forms import cleaned_line, whole_number
from consult.core.http import see_other, staff_address
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused, permits
from consult.mail.models import Suppression
from consult.mail.queries_suppressions import suppressions_of
from consult.stakeholders import operations_told, queries, rules
from consult.stakeholders.forms import CHANNELS, StakeholderForm
from consult.stakeholders.models import SENSITIVE_CATEGORIES, Channel, Stakeholder
from consult.stakeholders.queries_finding import COUNTED, FURTHER, LOOKED, Filters, count_stakeholders
from consult.stakeholders.queries_finding import list_stakeholders as list_entries
from consult.vocabularies import tables

bp = Blueprint("stakeholders_staff", __name__, url_prefix="/staff/stakeholders")


@bp.get("/")
@needs(Act.MANAGE_STAKEHOLDERS)
def list_stakeholders() -> ResponseReturnValue:
    """The registry by name, filtered by category, group, region, channel and words; a page at a time."""
    asked = {field.name: cleaned_line(request.args.get(field.name)) for field in fields(Filters)}
    chosen = Filters(**{**asked, "channel": asked["channel"] if asked["channel"] in list(Channel) else ""})
    name, _, number = request.args.get("after", "").rpartition("~")
    last = whole_number(number)
    after = (name, last) if last is not None else None
    with reading() as db:
        entries, more = list_entries(db, chosen, after=after, most=FURTHER if request.args.get("further") else LOOKED)
        total = count_stakeholders(db)
    return render_template(
        "stakeholders/list_stakeholders.html",
        entries=entries,
        total=total,
        most=COUNTED,
        chosen=chosen,
        more=_more(chosen, more, is_short=len(entries) < queries.PAGE) if more else None,
        is_short=len(entries) < queries.PAGE,
        categories=tables.categories().values(),
        category_names={code: str(one.names) for code, one in tables.categories().items()},
        region_names={code: str(one.names) for code, one in tables.regions_in_use().items()},
        groups=tables.groups().values(),
        regions=tables.regions_in_use().values(),
        channels=CHANNELS,
        sensitive=SENSITIVE_CATEGORIES,
    )


def _more(chosen: Filters, more: tuple[str, int], *, is_short: bool) -> str:
    further = {"further": "1"} if is_short else {}
    return staff_address(".list_stakeholders", **chosen.columns(), after=f"{more[0]}~{more[1]}", **further)


@bp.route("/new/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def add_stakeholder() -> ResponseReturnValue:
    """Add an entry. 303 to it; 409 or 422 with what was typed."""
    form = StakeholderForm()
    if request.method == "GET" or not form.validate():
        return _entry_page(form), 200 if request.method == "GET" else 422
    try:
        with writing() as db:
            added = operations_told.add_as_told(
                db, form.to_entry(), form.to_told(), by=current_staff(), now=clock.now()
            )
    except Refused as problem:
        return _entry_page(form, refused=problem), problem.status
    return see_other(url_for("registry_staff.show_stakeholder", ref=added.ref))


@bp.route("/<ref>/edit/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def change_stakeholder(ref: str) -> ResponseReturnValue:
    """Correct an entry. 303 to its page, also where it is not corrected any more; 404, 409 or 422 with what was typed."""
    if request.method == "GET":
        with reading() as db:
            found = queries.find_stakeholder(db, ref) or abort(404)
            if not permits(rules.check_change_stakeholder, found):
                return see_other(url_for("registry_staff.show_stakeholder", ref=ref))  # which says why
            return _known_page(db, StakeholderForm.of(found), found)
    with writing() as db:
        found = queries.find_stakeholder(db, ref) or abort(404)
        form = StakeholderForm(stakeholder=found)
        if not form.validate():
            return _known_page(db, form, found), 422
        try:
            with db.begin_nested():
                operations_told.change_as_told(
                    db, found, form.to_entry(), form.to_told(), by=current_staff(), now=clock.now()
                )
        except Refused as problem:
            return _known_page(db, form, found, problem), problem.status
    return see_other(url_for("registry_staff.show_stakeholder", ref=ref))


def _known_page(db: Session, form: StakeholderForm, found: Stakeholder, refused: Refused | None = None) -> str:
    suppression = suppressions_of(db, [found.email]).get(found.email)
    return _entry_page(form, stakeholder=found, suppression=suppression, refused=refused)


def _entry_page(
    form: StakeholderForm,
    *,
    stakeholder: Stakeholder | None = None,
    suppression: Suppression | None = None,
    refused: Refused | None = None,
) -> str:
    return render_template(
        "stakeholders/edit_stakeholder.html",
        form=form,
        stakeholder=stakeholder,
        suppression=suppression,
        refused=refused,
    )

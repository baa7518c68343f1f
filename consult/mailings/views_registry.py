"""Pages of the registry that show what other packages know of an entry: its page, and merging."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.models import Staff
from consult.accounts.rules import Act
from consult.consultations.queries_proposals import list_proposals
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.forms import choices
from consult.core.http import see_other
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.mail.queries_suppressions import suppressions_of
from consult.mailings.forms_outreach import STANDINGS
from consult.mailings.queries_outreach import dead_contacts
from consult.mailings.timeline import ENGAGED, Happened, read_timeline
from consult.stakeholders import operations_merging, queries, queries_doubles, queries_seats
from consult.stakeholders.forms import BASES, CHANNELS, TOLD, MergeForm
from consult.stakeholders.forms_import import COLUMN_NAMES
from consult.stakeholders.models import Stakeholder, StakeholderKind
from consult.stakeholders.models_seats import SeatState
from consult.stakeholders.queries_consents import last_acts
from consult.stakeholders.rules import EntryProtected
from consult.stakeholders.rules_merging import UNDO_FOR
from consult.stakeholders.words_seats import SEAT_NAMES
from consult.vocabularies import tables
from consult.vocabularies.words import group_names

bp = Blueprint("registry_staff", __name__, url_prefix="/staff/stakeholders")


@bp.get("/<ref>/")
@needs(Act.MANAGE_STAKEHOLDERS)
def show_stakeholder(ref: str) -> ResponseReturnValue:
    """An entry: what the registry says, contact people, seats, and what happened; of a protected one not what happened. 404."""
    with reading() as db:
        found = queries.find_stakeholder(db, ref) or abort(404)
        ids = queries_doubles.ids_as_one(db, found)
        timeline = [] if found.is_protected else read_timeline(db, ids)
        is_organisation = found.kind is StakeholderKind.ORGANISATION
        seats = queries_seats.list_seats(db, found.id) if is_organisation else []
        held = queries_seats.list_seats_of_holder(db, ids) if not is_organisation else []
        is_institution = bool(seats) or (is_organisation and found.category in queries_seats.INSTITUTIONS)
        return render_template(
            "mailings/show_stakeholder.html",
            stakeholder=found,
            contacts=queries.list_contacts_as_one(db, ids),
            seats=seats,
            held=held,
            gaps=queries_seats.gaps_of(seats) if is_institution else [],
            proposals=list_proposals(db, ids),
            doubly=queries_seats.doubly_held(seats),
            merged=queries_doubles.list_merged(db, found.id),
            kept=db.get(Stakeholder, found.merged_into) if found.merged_into else None,
            may_undo=found.merged_at is not None and clock.now() < found.merged_at + UNDO_FOR,
            suppression=suppressions_of(db, [found.email]).get(found.email),
            dead=dead_contacts(db, [found.id])[found.id],
            timeline=timeline,
            acts={} if found.is_protected else last_acts(db, found.id),
            names=_names(db, timeline),
            words=_words(),
        )


def _names(db: Session, timeline: list[Happened]) -> dict[str, str]:
    """The names of the staff who acted, by their reference."""
    ids = {int(one.by.removeprefix("staff:")) for one in timeline if one.by.startswith("staff:")}
    return {one.actor: one.name for one in db.query(Staff).where(Staff.id.in_(ids))}


def _words() -> dict[str, Mapping[Any, object]]:
    """Codes in words, for the page."""
    return {
        "category": {code: one.names for code, one in tables.categories().items()},
        "group": group_names(),
        "region": {code: one.names for code, one in tables.regions_in_use().items()},
        "channel": dict(CHANNELS),
        "basis": dict(BASES),
        "told": dict(TOLD)
        | {"request": _l("By the form for taking part"), "own_entry": _l("On the page of their own entry")},
        "purpose": {
            "consultations": _l("Official mail of consultations:"),
            "news": _l("News:"),
            "directory": _l("Public directory:"),
            "directory_contact": _l("Contact in the public directory:"),
            "everything": _l("All mail:"),
        },
        "column": dict(COLUMN_NAMES),
        "standing": STANDINGS,
        "way": {"letter": _l("Letter:"), "phone": _l("Call:"), "in_person": _l("Visit:")},
        "seat": SEAT_NAMES,
    }


@bp.route("/doubles/<ref>/<other>/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
def merge_stakeholders(ref: str, other: str) -> ResponseReturnValue:
    """Two entries side by side, what merging would mean, and merging them. 303 to the one that stays; 404, 409, 422.

    Raises EntryProtected.
    """
    with writing() if request.method == "POST" else reading() as db:
        both = [queries.find_stakeholder(db, each) or abort(404) for each in (ref, other)]
        if any(one.is_protected for one in both):  # beside another, too, the page would say what they were invited to
            raise EntryProtected
        form = MergeForm()
        form.keep.choices = choices((one.ref, one.name) for one in both)
        if request.method == "GET":
            return _side_by_side(db, both, form, None)
        if not form.validate():
            return _side_by_side(db, both, form, None), 422
        kept, gone = both if form.keep.data == both[0].ref else reversed(both)
        try:
            with db.begin_nested():
                operations_merging.merge_stakeholders(db, gone, kept, by=current_staff(), now=clock.now())
        except Refused as problem:
            return _side_by_side(db, both, form, problem), problem.status
    return see_other(url_for(".show_stakeholder", ref=form.keep.data))


def _side_by_side(db: Session, both: list[Stakeholder], form: MergeForm, refused: Refused | None) -> str:
    engaged = [
        [one for one in read_timeline(db, queries_doubles.ids_as_one(db, each)) if one.what in ENGAGED] for each in both
    ]
    all_ids = [queries_doubles.ids_as_one(db, each) for each in both]
    seats = [[one for one in queries_seats.list_seats(db, each.id) if one.state is not SeatState.OVER] for each in both]
    return render_template(
        "mailings/merge_stakeholders.html",
        both=both,
        seats=seats,
        doubly=queries_seats.doubly_held([one for each in seats for one in each]),
        contacts=[[one for one, _ref in queries.list_contacts_as_one(db, ids)] for ids in all_ids],
        form=form,
        refused=refused,
        invitations=[sum(one.what != "participation" for one in found) for found in engaged],
        participations=[sum(one.what == "participation" for one in found) for found in engaged],
        undo_days=UNDO_FOR.days,
        words=_words(),
    )

"""Consultations for staff: dossier, editing, team, terms."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consult.accounts import queries as staff_queries
from consult.accounts.guards import current_staff, needs
from consult.accounts.models import Staff
from consult.accounts.rules import Act
from consult.consultations import operations, queries, queries_declared, rules
from consult.consultations.forms import PART_NAMES, TeamForm, consultation_form, terms_form
from consult.consultations.guards import consultation_or_404
from consult.consultations.models import TermsPart
from consult.consultations.rules_declared import FEWEST
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.files import shipped
from consult.core.forms import Form
from consult.core.http import see_other
from consult.core.i18n import _
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused, permits
from consult.core.texts import Texts
from consult.vocabularies import tables

bp = Blueprint("consultations_staff", __name__, url_prefix="/staff/consultations")


@bp.route("/new/", methods=["GET", "POST"])
@needs(Act.CREATE_CONSULTATION)
@keeps_words
def create_consultation() -> ResponseReturnValue:
    """Begin a consultation. 303 to its dossier; 409 or 422 with what was typed."""
    form = consultation_form()
    if request.method == "GET":
        form.time_zone.data = current_app.extensions["consult settings"].time_zone
    template = "consultations/edit_consultation.html"
    if request.method == "GET" or not form.validate():
        return render_template(
            template, form=form, consultation=None, refused=None
        ), 200 if request.method == "GET" else 422
    try:
        with writing() as db:
            made = operations.create_consultation(db, form.to_dossier(), by=current_staff(), now=clock.now())
    except Refused as problem:
        return render_template(template, form=form, consultation=None, refused=problem), problem.status
    return see_other(url_for(".show_dossier", slug=made.slug))


@bp.get("/<slug>/")
@needs(Act.USE_DESK)
def show_dossier(slug: str) -> ResponseReturnValue:
    """What stands and what comes next. 403, 404."""
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.USE_DESK)
        terms = queries.read_terms(db, consultation.id, queries.newest_terms_number(db, consultation.id))
        team = queries.list_team(db, consultation.id)
        reports = queries_declared.read_reports(db, consultation.id)
    return render_template(
        "consultations/show_dossier.html",
        consultation=consultation,
        kind=tables.kind(consultation.kind),
        terms_complete=permits(rules.check_terms_complete, terms, consultation.languages),
        team=team,
        reports=reports,
        fewest=FEWEST,
        form=Form(),
        refused=None,
    )


@bp.route("/<slug>/edit/", methods=["GET", "POST"])
@needs(Act.EDIT_CONSULTATION)
@keeps_words
def edit_consultation(slug: str) -> ResponseReturnValue:
    """Change a consultation. 303 to its dossier; 403, 404, 409, 422 with what was typed."""
    template = "consultations/edit_consultation.html"
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.EDIT_CONSULTATION)
        form = consultation_form(consultation)
        if request.method == "GET" or not form.validate():
            status = 200 if request.method == "GET" else 422
            return render_template(template, form=form, consultation=consultation, refused=None), status
        try:
            with db.begin_nested():
                operations.edit_consultation(db, consultation, form.to_dossier(), by=current_staff(), now=clock.now())
        except Refused as problem:
            return render_template(template, form=form, consultation=consultation, refused=problem), problem.status
        slug = consultation.slug
    return see_other(url_for(".show_dossier", slug=slug))


@bp.post("/<slug>/open/")
@needs(Act.EDIT_CONSULTATION)
def open_consultation(slug: str) -> ResponseReturnValue:
    """Show the consultation to the public. 303 to the dossier; 403, 404, 422."""
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.EDIT_CONSULTATION)
        operations.open_consultation(db, consultation, by=current_staff(), now=clock.now())
    return see_other(url_for(".show_dossier", slug=slug))


@bp.route("/<slug>/team/", methods=["GET", "POST"])
@needs(Act.EDIT_CONSULTATION)
@keeps_words
def edit_team(slug: str) -> ResponseReturnValue:
    """Who works on it, and adding someone. 303 to itself; 403, 404, 422 with what was typed."""
    form = TeamForm()
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.EDIT_CONSULTATION)
        status = 200
        if request.method == "POST":
            valid = form.validate()
            person = staff_queries.find_staff_by_email(db, form.email.data or "") if valid else None
            if person is not None:
                operations.add_to_team(db, consultation, person, by=current_staff(), now=clock.now())
                return see_other(url_for(".edit_team", slug=slug))
            if valid:
                form.email.errors = [_("Nobody on the staff has this address. The administrator can add them.")]
            status = 422
        team = queries.list_team(db, consultation.id)
        return render_template("consultations/edit_team.html", consultation=consultation, team=team, form=form), status


@bp.post("/<slug>/team/<ref>/remove/")
@needs(Act.EDIT_CONSULTATION)
def remove_from_team(slug: str, ref: str) -> ResponseReturnValue:
    """Take someone off the team. 303 to the team; 403, 404, 422."""
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.EDIT_CONSULTATION)
        person: Staff = staff_queries.find_staff(db, ref) or abort(404)
        operations.remove_from_team(db, consultation, person, by=current_staff(), now=clock.now())
    return see_other(url_for(".edit_team", slug=slug))


@bp.route("/<slug>/terms/", methods=["GET", "POST"])
@needs(Act.EDIT_CONSULTATION)
@keeps_words
def edit_terms(slug: str) -> ResponseReturnValue:
    """Write the terms, beginning with ready-made ones. 303 to the dossier; 403, 404, 422 with what was typed."""
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.EDIT_CONSULTATION)
        number = queries.newest_terms_number(db, consultation.id)
        present = queries.read_terms(db, consultation.id, number) if number else ready_made_terms()
        form = terms_form(consultation.languages, present)
        if request.method == "GET" or not form.validate():
            status = 200 if request.method == "GET" else 422
            return (
                render_template(
                    "consultations/edit_terms.html",
                    consultation=consultation,
                    form=form,
                    parts=PART_NAMES,
                    number=number,
                ),
                status,
            )
        operations.save_terms(db, consultation, form.to_terms(), by=current_staff(), now=clock.now())
    return see_other(url_for(".show_dossier", slug=slug))


@lru_cache(maxsize=1)
def _ready_made() -> dict[str, dict[str, str]]:
    return tomllib.loads((shipped("config") / "texts" / "terms.toml").read_text("utf-8"))


def ready_made_terms(own: Mapping[str, Texts] | None = None) -> dict[TermsPart, Texts]:
    """The ready-made terms, with what the mechanism says of itself, or blanks where it must."""
    names = ("mechanism", "decider", "opens", "closes", "contact", "nhri")
    found = _ready_made()

    def filled(code: str, words: str) -> str:
        return words % {name: own[name][code] if own else "…" for name in names}

    return {
        part: Texts({code: filled(code, words) for code, words in found.get(part.value, {}).items()})
        for part in TermsPart
    }

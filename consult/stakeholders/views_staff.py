"""The registry for staff: list, entry, import with preview."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.db import lock, reading, writing
from consult.core.files import store
from consult.core.forms import cleaned_line, whole_number
from consult.core.http import asked_number, see_other, staff_address, takes_upload
from consult.core.i18n import _
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.jobs import operations as tasks
from consult.jobs.models import Task
from consult.mail.models import Suppression
from consult.mail.queries_suppressions import suppressions_of
from consult.stakeholders import operations, operations_import, queries
from consult.stakeholders.forms import ImportForm, StakeholderForm
from consult.stakeholders.import_entries import PROBLEMS
from consult.stakeholders.models import IMPORT_MAX_MB, Basis, ImportState, RowState, Stakeholder
from consult.vocabularies import tables

bp = Blueprint("stakeholders_staff", __name__, url_prefix="/staff/stakeholders")


@bp.get("/")
@needs(Act.MANAGE_STAKEHOLDERS)
def list_stakeholders() -> ResponseReturnValue:
    """The registry by name, filtered by category, group and words; a page at a time."""
    chosen = {name: cleaned_line(request.args.get(name)) for name in ("category", "group", "words")}
    name, _, number = request.args.get("after", "").rpartition("~")
    last = whole_number(number)
    after = (name, last) if last is not None else None
    with reading() as db:
        entries, more = queries.list_stakeholders(db, **chosen, after=after)
        total = queries.count_stakeholders(db)
    return render_template(
        "stakeholders/list_stakeholders.html",
        entries=entries,
        total=total,
        chosen=chosen,
        more=staff_address(".list_stakeholders", **chosen, after=f"{more[0]}~{more[1]}") if more else None,
        categories=tables.categories().values(),
        category_names={code: str(one.names) for code, one in tables.categories().items()},
        groups=tables.groups().values(),
    )


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
            added = operations.add_stakeholder(db, form.to_entry(), by=current_staff(), now=clock.now())
    except Refused as problem:
        return _entry_page(form, refused=problem), problem.status
    return see_other(url_for(".change_stakeholder", ref=added.ref))


@bp.route("/<ref>/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def change_stakeholder(ref: str) -> ResponseReturnValue:
    """Show and correct an entry. 303 to the list; 404, 409 or 422 with what was typed."""
    if request.method == "GET":
        with reading() as db:
            found = queries.find_stakeholder(db, ref) or abort(404)
            return _known_page(db, StakeholderForm.of(found), found)
    form = StakeholderForm()
    with writing() as db:
        found = queries.find_stakeholder(db, ref) or abort(404)
        if not form.validate():
            return _known_page(db, form, found), 422
        try:
            with db.begin_nested():
                operations.change_stakeholder(db, found, form.to_entry(), by=current_staff(), now=clock.now())
        except Refused as problem:
            return _known_page(db, form, found, problem), problem.status
    return see_other(url_for(".list_stakeholders"))


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


@bp.route("/import/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@takes_upload(IMPORT_MAX_MB * 1_000_000)
def import_list() -> ResponseReturnValue:
    """Upload a list; it is read by the worker. 303 to the status page; 422 where something is missing."""
    form = ImportForm()
    if request.method == "GET":
        return render_template("stakeholders/import_list.html", form=form)
    valid = form.validate()
    if not form.file.data:
        form.file.errors = [*form.file.errors, _("Choose the file with your list.")]
        valid = False
    if not valid:
        return render_template("stakeholders/import_list.html", form=form), 422
    key = store().keep(form.file.data.read(), kind="lists")
    name = cleaned_line(form.file.data.filename)
    with writing() as db:
        made = operations_import.begin_import(
            db, file_name=name, file_key=key, basis=Basis(form.basis.data), by=current_staff(), now=clock.now()
        )
        task = _start(db, "stakeholders.read_list", made.id, made.ref)
    return see_other(url_for("jobs_staff.show_task", ref=task.ref))


def _start(db: Session, kind: str, import_id: int, ref: str) -> Task:
    return tasks.start_task(
        db,
        kind,
        owner=current_staff().actor,
        subject=f"stakeholder_import:{import_id}",
        next_url=url_for(".preview_import", ref=ref),
        now=clock.now(),
    )


@bp.get("/import/<ref>/")
@needs(Act.MANAGE_STAKEHOLDERS)
def preview_import(ref: str) -> ResponseReturnValue:
    """What applying a list would do, or did, row by row: wrong ones first."""
    with reading() as db:
        made = queries.find_import(db, ref, current_staff().actor) or abort(404)
        numbers = queries.count_rows(db, made.id)
        asked = request.args.get("state", "")
        first = RowState.WRONG if numbers[RowState.WRONG] else RowState.NEW
        state = RowState(asked) if asked in list(RowState) else first
        rows = queries.list_rows(db, made.id, state=state, after=asked_number("after"))
    return render_template(
        "stakeholders/preview_import.html",
        made=made,
        numbers=numbers,
        state=state,
        rows=rows,
        problem_text=problem_text,
        more=rows[-1].line if len(rows) == queries.PAGE else None,
        form=ImportForm(),
    )


def problem_text(problem: dict[str, str]) -> str:
    """A stored problem of a row, as a sentence in the reader's language."""
    known = PROBLEMS.get(problem["code"])
    return str(known(line=problem["value"], limit="")) if known else problem["code"]


@bp.post("/import/<ref>/apply/")
@needs(Act.MANAGE_STAKEHOLDERS)
def apply_import(ref: str) -> ResponseReturnValue:
    """Apply a preview, once: a second press of the button goes to the same place. 303 to the status page or the result."""
    with writing() as db:
        made = queries.find_import(db, ref, current_staff().actor) or abort(404)
        if lock(db, made).state is not ImportState.PREVIEW:
            return see_other(url_for(".preview_import", ref=ref))
        made.state = ImportState.APPLYING
        task = _start(db, "stakeholders.apply_list", made.id, made.ref)
    return see_other(url_for("jobs_staff.show_task", ref=task.ref))

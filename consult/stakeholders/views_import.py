"""Lists into the registry, for staff: upload, preview with what would change, columns that we do not know, apply."""

from collections.abc import Iterable, Iterator

from flask import Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.cells import harmless_cell
from consult.core.db import lock, reading, writing
from consult.core.files import store
from consult.core.forms import cleaned_line
from consult.core.http import asked_number, see_other, staff_address, takes_upload
from consult.core.i18n import _
from consult.core.refusals import Refused
from consult.jobs import operations as tasks
from consult.jobs.models import Task
from consult.stakeholders import operations_applying, operations_import, operations_perhaps, queries
from consult.stakeholders.export import as_csv
from consult.stakeholders.forms_import import COLUMN_NAMES, ImportForm
from consult.stakeholders.import_entries import PROBLEMS
from consult.stakeholders.models import NAME_MAX, Basis
from consult.stakeholders.models_import import IMPORT_MAX_MB, ImportRow, ImportState, RowState, StakeholderImport
from consult.stakeholders.sheets import COLUMNS, LEFT_OUT, called
from consult.stakeholders.views_staff import bp

__all__ = ["bp"]

PERHAPS = "perhaps"  # rows that may be an entry that is there already, beside the states of rows


@bp.route("/import/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@takes_upload(IMPORT_MAX_MB * 1_000_000)
def import_list() -> ResponseReturnValue:
    """Upload a list; it is read by the worker. 303 to the status page; 422 where something is missing."""
    form = ImportForm()
    if request.method == "GET":
        return render_template("stakeholders/import_list.html", form=form, refused=None)
    valid = form.validate()
    if not form.file.data:
        form.file.errors = [*form.file.errors, _("Choose the file with your list.")]
        valid = False
    if not valid:
        return render_template("stakeholders/import_list.html", form=form, refused=None), 422
    key = store().keep(form.file.data.read(), kind="lists")
    try:
        with writing() as db:
            made = _begin(db, form, key)
            task = _start(db, "stakeholders.read_list", made.id, made.ref)
    except Refused as problem:  # the file, which nothing speaks of, goes with the next sweep
        return render_template("stakeholders/import_list.html", form=form, refused=problem), problem.status
    return see_other(url_for("jobs_staff.show_task", ref=task.ref))


def _begin(db: Session, form: ImportForm, key: str) -> StakeholderImport:
    return operations_import.begin_import(
        db,
        file_name=cleaned_line(form.file.data.filename),
        file_key=key,
        basis=Basis(form.basis.data),
        told=form.to_told(),
        category=form.category.data,
        news=form.news.data,
        by=current_staff(),
        now=clock.now(),
    )


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
        lacks_category = (
            made.state is ImportState.PREVIEW and not made.category and queries.names_no_category(db, made.id)
        )
        only_perhaps = asked == PERHAPS
        rows = queries.list_rows(
            db, made.id, state=None if only_perhaps else state, after=asked_number("after"), perhaps=only_perhaps
        )
        beside, perhaps = operations_perhaps.entries_beside(db, rows), queries.count_perhaps(db, made.id)
    return render_template(
        "stakeholders/preview_import.html",
        made=made,
        numbers=numbers,
        lacks_category=lacks_category,
        state=PERHAPS if only_perhaps else state,
        perhaps=perhaps,
        beside=beside,
        rows=rows,
        problem_text=problem_text,
        unknown=unknown_columns(made),
        more=rows[-1].line if len(rows) == queries.PAGE else None,
        form=ImportForm(),
        column_names=COLUMN_NAMES,
    )


def unknown_columns(made: StakeholderImport) -> list[str]:
    """The columns of a list that somebody may name: not those that our own exports have and no list brings in."""
    return [one for one in made.ignored or () if called(one) not in LEFT_OUT]


def problem_text(problem: dict[str, str]) -> str:
    """A stored problem of a row, as a sentence in the reader's language."""
    known = PROBLEMS.get(problem["code"])
    return str(known(line=problem["value"], limit=NAME_MAX)) if known else problem["code"]


@bp.get("/import/<ref>/wrong.csv")
@needs(Act.MANAGE_STAKEHOLDERS)
def download_wrong(ref: str) -> ResponseReturnValue:
    """The rows that are wrong, as a list to correct and upload again: the columns that we know, and what is wrong. 404."""
    with reading() as db:
        made = queries.find_import(db, ref, current_staff().actor) or abort(404)
        rows = queries.iter_wrong(db, made.id)
        content = as_csv(wrong_cells(rows), (*COLUMNS, "line", "what_is_wrong"))
    headers = {"Content-Disposition": 'attachment; filename="wrong-rows.csv"'}
    return Response(content, mimetype="text/csv", headers=headers)


def wrong_cells(rows: Iterable[ImportRow]) -> Iterator[list[str]]:
    """Rows as cells, none of which is ever calculated."""
    for row in rows:
        reasons = " ".join(f"{problem['column']}: {problem_text(problem)}" for problem in row.problems)
        cells = (*(row.values.get(column, "") for column in COLUMNS), str(row.line), reasons)
        yield [harmless_cell(one) for one in cells]


@bp.post("/import/<ref>/apply/")
@needs(Act.MANAGE_STAKEHOLDERS)
def apply_import(ref: str) -> ResponseReturnValue:
    """Apply a preview, once: a second press of the button goes to the same place. 303 to the status page or the result."""
    with writing() as db:
        made = queries.find_import(db, ref, current_staff().actor) or abort(404)
        if not operations_applying.begin_applying(db, made):
            return see_other(url_for(".preview_import", ref=ref))
        task = _start(db, "stakeholders.apply_list", made.id, made.ref)
    return see_other(url_for("jobs_staff.show_task", ref=task.ref))


@bp.post("/import/<ref>/rows/<int:line>/")
@needs(Act.MANAGE_STAKEHOLDERS)
def take_as(ref: str, line: int) -> ResponseReturnValue:
    """Say that a row is an entry that is there, or new after all. 303 to the rows that may be; 404, 409."""
    with writing() as db:
        made = queries.find_import(db, ref, current_staff().actor) or abort(404)
        row = queries.find_row(db, made.id, line) or abort(404)
        asked = request.form.get("entry", "")
        meant = (queries.find_stakeholder(db, asked) or abort(404)) if asked else None
        operations_perhaps.take_as(db, made, row, meant)
    return see_other(staff_address(".preview_import", ref=ref, state=PERHAPS, after=line - 1) + f"#line-{line}")


@bp.post("/import/<ref>/columns/")
@needs(Act.MANAGE_STAKEHOLDERS)
def name_columns(ref: str) -> ResponseReturnValue:
    """Say what the columns that we do not know are; remembered for the next list. 303: the list is read again."""
    with writing() as db:
        made = lock(db, queries.find_import(db, ref, current_staff().actor) or abort(404))
        named = {header: request.form.get(f"column-{place}", "") for place, header in enumerate(unknown_columns(made))}
        if (
            made.state is not ImportState.PREVIEW
            or made.are_cards
            or not operations_import.name_columns(db, made, named)
        ):
            return see_other(url_for(".preview_import", ref=ref))
        task = _start(db, "stakeholders.read_list", made.id, made.ref)
    return see_other(url_for("jobs_staff.show_task", ref=task.ref))

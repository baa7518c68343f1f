"""The public directory. It uses no session, and caches keep it."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from consult.core import i18n
from consult.core.db import reading
from consult.core.forms import cleaned_line
from consult.core.http import not_modified, public_response
from consult.stakeholders.models import NAME_MAX
from consult.stakeholders.queries_directory import Wanted, list_public
from consult.vocabularies import tables

bp = Blueprint("directory_public", __name__, url_prefix="/<lang>")


@bp.get("/directory/")
def list_directory() -> ResponseReturnValue:
    """Organisations and persons who agreed to stand here, by name. 304 where nothing changed."""
    categories, regions = tables.categories(), tables.regions_in_use()
    asked = {
        name: cleaned_line(request.args.get(name))[:NAME_MAX] for name in ("begins", "category", "region", "after")
    }
    wanted = Wanted(
        begins=asked["begins"],
        category=asked["category"] if asked["category"] in categories else "",
        region=asked["region"] if asked["region"] in regions else "",
    )
    with reading() as db:
        entries, more = list_public(db, wanted, after=asked["after"])
    version = f"directory:{i18n.language().code}:{wanted}:{asked['after']}:{more}:{entries}"
    if (same := not_modified(version)) is not None:
        return same
    page = render_template(
        "stakeholders/list_directory.html",
        entries=entries, more=more, wanted=wanted, categories=categories, regions=regions, is_first=not asked["after"],
        language_names={record.code: record.name for record in i18n.languages()},
    )  # fmt: skip
    return public_response(page, version)

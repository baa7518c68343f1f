"""The whole network, for staff: its institutions and their seats, and how the people in it describe themselves."""

from flask import render_template
from flask.typing import ResponseReturnValue

from consult.accounts.guards import needs
from consult.accounts.rules import Act
from consult.consultations import queries_declared
from consult.consultations.rules_declared import FEWEST
from consult.consultations.words_declared import answers
from consult.core.db import reading
from consult.stakeholders import queries_seats
from consult.stakeholders.views_seats import bp
from consult.stakeholders.words_seats import SEAT_NAMES
from consult.vocabularies import tables

__all__ = ["bp"]


@bp.get("/composition/")
@needs(Act.MANAGE_STAKEHOLDERS)
def show_composition() -> ResponseReturnValue:
    """Which seats are filled, and where one is vacant; women and men and others, where no number tells of single persons."""
    with reading() as db:
        composition, vacant = queries_seats.read_composition(db)
        network = queries_declared.read_network(db)
    return render_template(
        "stakeholders/show_composition.html",
        composition=composition,
        vacant=vacant,
        seat_names=SEAT_NAMES,
        category_names={code: str(one.names) for code, one in tables.categories().items()},
        most=queries_seats.GAPS_SHOWN,
        network=network,
        words=answers(),
        fewest=FEWEST,
    )

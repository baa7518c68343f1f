"""One's own entry, for whoever came through a personal link: what the registry says, correcting it, colleagues, and asking for a
link for what a forwarded mail must not do."""

from typing import Any, NamedTuple

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.consultations import doors, queries, queries_entry, queries_proposals
from consult.consultations import operations_entry as operations
from consult.consultations.forms_entry import LanguageForm, LinkForForm, OwnForm
from consult.consultations.forms_proposals import ProposeForm
from consult.consultations.guards import opened_entry_or_403, participant_or_403
from consult.consultations.models import Consultation, Participant
from consult.consultations.models_entry import EntryAct, NameWish
from consult.consultations.operations_opening import OPEN_FOR
from consult.consultations.rules_entry import LINK_LASTS, NotInRegistry
from consult.consultations.views_requests import settings
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.forms import Form
from consult.core.http import see_other
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.stakeholders.forms import CHANNELS, ContactForm
from consult.stakeholders.models import ContactPerson, Stakeholder
from consult.stakeholders.queries import find_contact, list_contacts
from consult.stakeholders.queries_consents import last_acts
from consult.stakeholders.queries_duty import is_office
from consult.stakeholders.rules import check_change_stakeholder
from consult.vocabularies import tables
from consult.vocabularies.words import group_names

bp = Blueprint("entry_public", __name__, url_prefix="/<lang>/consultations/<slug>/my-entry")


OPENED = "own_entry"  # the same pages once more, for whoever opened the entry by a link that was mailed to its address
OF_NO_CONSULTATION = "/<lang>/my-entry"


class Mine(NamedTuple):
    """Who came through a door, and the entry of the registry that is theirs; without a door by a link that was mailed for it."""

    consultation: Consultation | None
    participant: Participant | None
    entry: Stakeholder

    def address(self, page: str, **values: Any) -> str:
        """Where a page of the entry stands, behind this door or without one."""
        if self.consultation is None:
            return url_for(f"{OPENED}.{page}", **values)
        return url_for(f"entry_public.{page}", slug=self.consultation.slug, **values)


def find_mine(db: Session, slug: str) -> Mine:
    """Who asks, and their entry. Raises LinkNeeded, ConsultationArchived, NotInRegistry, without a slug OwnLinkNeeded. 404."""
    if not slug:
        return Mine(None, None, opened_entry_or_403(db))
    consultation = queries.find_public(db, slug) or abort(404)
    participant = participant_or_403(db, consultation)
    entry = queries_entry.find_own_entry(db, participant)
    if entry is None:
        raise NotInRegistry
    return Mine(consultation, participant, entry)


def find_open(db: Session, slug: str) -> Mine:
    """The same, where they may correct it: a protected entry an officer corrects. Raises EntryProtected too."""
    mine = find_mine(db, slug)
    check_change_stakeholder(mine.entry)
    return mine


@bp.get("/")
def show_entry(slug: str = "") -> ResponseReturnValue:
    """What the registry says of them. 403, 404, 409 for who is in no registry, 410."""
    with reading() as db:
        mine = find_mine(db, slug)
        if mine.entry.is_protected:
            return protected_page(db, mine, LanguageForm(formdata=None, data={"language": mine.entry.language}))
        return entry_page(db, mine, LinkForForm(formdata=None))


def protected_page(db: Session, mine: Mine, form: LanguageForm) -> str:
    """The page of a protected entry: what its owner does alone, and what an officer does."""
    return render_template(
        "consultations/show_protected.html",
        consultation=mine.consultation,
        entry=mine.entry,
        form=form,
        own=mine.address,
        leave=_leave_token(db, mine),
    )


def _leave_token(db: Session, mine: Mine) -> str:
    """Of the link that leaves; "" for an office, and without a door."""
    if mine.participant is None or doors.is_duty(db, mine.participant):
        return ""
    return doors.leave_token_of(doors.door_of(db, mine.participant))


@bp.post("/language/")
def change_language(slug: str = "") -> ResponseReturnValue:
    """Choose the language in which they are written to. 303 to the entry; 403, 404, 409 for who corrects it whole, 410, 422."""
    form = LanguageForm()
    with writing() as db:
        mine = find_mine(db, slug)
        if mine.entry.is_protected and not form.validate():
            return protected_page(db, mine, form), 422
        operations.change_language(db, mine.participant, mine.entry, form.language.data or "", now=clock.now())
    return see_other(mine.address("show_entry", said="kept"))


def entry_page(db: Session, mine: Mine, form: Form, refused: Refused | None = None) -> str:
    """The page of an entry, with what went wrong in one of its forms."""
    wish = db.get(NameWish, mine.entry.id)
    return render_template(
        "consultations/show_entry.html",
        consultation=mine.consultation,
        entry=mine.entry,
        wish=wish,
        contacts=list_contacts(db, mine.entry.id),
        category=tables.categories()[mine.entry.category].names,
        groups=group_names(),
        regions=tables.regions_in_use(),
        channels=dict(CHANNELS),
        form=form,
        institutions=queries_proposals.institutions_of(db, mine.entry),
        proposed=queries_proposals.list_proposals_by(db, mine.entry),
        propose_form=form if isinstance(form, ProposeForm) else ProposeForm(formdata=None),
        link_form=form if isinstance(form, LinkForForm) else LinkForForm(formdata=None),
        is_office=is_office(db, mine.entry),
        acts=last_acts(db, mine.entry.id),
        refused=refused,
        minutes=int(LINK_LASTS.total_seconds() // 60),
        open_for=int(OPEN_FOR.total_seconds() // 60),
        own=mine.address,
        leave=_leave_token(db, mine),
        operator=settings().operator_contact,
    )


@bp.route("/edit/", methods=["GET", "POST"])
@keeps_words
def change_entry(slug: str = "") -> ResponseReturnValue:
    """Correct one's entry. 303 to it; 403, 404, 409, 422 with what was typed."""
    with writing() if request.method == "POST" else reading() as db:
        mine = find_open(db, slug)
        if request.method != "POST":
            wish = db.get(NameWish, mine.entry.id)
            return _edit_page(mine, OwnForm.of(mine.entry, wish.name if wish else ""))
        form = OwnForm(mine.entry)
        if not form.validate():
            return _edit_page(mine, form), 422
        try:
            with db.begin_nested():
                operations.change_entry(db, mine.participant, mine.entry, form.to_own(), now=clock.now())
        except Refused as problem:
            db.refresh(mine.entry)
            return _edit_page(mine, form, problem), problem.status
    return see_other(mine.address("show_entry", said="kept"))


def _edit_page(mine: Mine, form: OwnForm, refused: Refused | None = None) -> str:
    return render_template(
        "consultations/change_entry.html",
        own=mine.address,
        entry=mine.entry,
        form=form,
        refused=refused,
    )


@bp.route("/contacts/new/", methods=["GET", "POST"], defaults={"number": 0})
@bp.route("/contacts/<int:number>/", methods=["GET", "POST"])
@keeps_words
def keep_own_contact(number: int, slug: str = "") -> ResponseReturnValue:
    """Name a colleague, or correct one. 303 to the entry; 403, 404, 409, 422 with what was typed."""
    with writing() if request.method == "POST" else reading() as db:
        mine = find_open(db, slug)
        known = (find_contact(db, mine.entry.id, number) or abort(404)) if number else None
        form = ContactForm(obj=known if request.method == "GET" else None)
        if request.method != "POST" or not form.validate():
            return _contact_page(mine, known, form), 200 if request.method != "POST" else 422
        try:
            with db.begin_nested():
                operations.keep_own_contact(db, mine.participant, mine.entry, known, form.to_contact(), now=clock.now())
        except Refused as problem:
            return _contact_page(mine, known, form, problem), problem.status
    return see_other(mine.address("show_entry", said="kept"))


def _contact_page(mine: Mine, known: ContactPerson | None, form: ContactForm, refused: Refused | None = None) -> str:
    return render_template(
        "consultations/keep_own_contact.html",
        own=mine.address,
        number=known.number if known else 0,
        form=form,
        refused=refused,
    )


@bp.post("/contacts/<int:number>/remove/")
def remove_own_contact(number: int, slug: str = "") -> ResponseReturnValue:
    """Take a colleague away. 303 to the entry; 403, 404."""
    with writing() as db:
        mine = find_open(db, slug)
        known = find_contact(db, mine.entry.id, number) or abort(404)
        operations.remove_own_contact(db, mine.participant, mine.entry, known, now=clock.now())
    return see_other(mine.address("show_entry", said="kept"))


@bp.post("/link/")
def ask_fresh_link(slug: str = "") -> ResponseReturnValue:
    """Mail a link for one act to the address of the entry. 303 to the entry; 403, 404, 409, 422."""
    form = LinkForForm()
    with writing() as db:
        mine = find_open(db, slug)
        if not form.validate():
            return entry_page(db, mine, form), 422
        try:
            with db.begin_nested():
                operations.ask_fresh_link(db, mine.participant, mine.entry, EntryAct(form.act.data), now=clock.now())
        except Refused as problem:
            return entry_page(db, mine, form, problem), problem.status
    return see_other(mine.address("show_entry", said="mailed"))

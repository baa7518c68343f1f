"""The first page of a demonstration: walk through as each role. It exists only in demo mode, where a cycle was run."""

from flask import Blueprint, abort, current_app, make_response, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user

from consult.accounts import guards
from consult.accounts.forms import ROLE_NAMES
from consult.accounts.models import Role, SessionKind
from consult.accounts.operations import try_sign_in
from consult.accounts.views_staff import begin_staff_session
from consult.core import clock, i18n
from consult.core.db import writing
from consult.core.http import see_other
from consult.core.i18n import _l
from consult.core.ids import derive_key
from consult.core.settings import Settings
from consult.demo.content_files import scripted_registry
from consult.demo.walking import WalkThrough, kept

# What to look at first, by role: endpoint, words.
SIGHTS = {
    Role.SECRETARIAT: (
        ("responses_staff.list_answers", _l("The comments and their answers")),
        ("mailings_staff.list_campaigns", _l("The mailings: who got them, what came back, who left")),
        ("mailings_staff.list_campaigns", _l("Under the invitation, “Letters” and “Calls”: those without e-mail")),
        ("entered_staff.find_author", _l("Where a comment was entered that came by letter")),
        ("stakeholders_staff.list_stakeholders", _l("The registry, with two entries that were one")),
        (
            "seats_staff.show_composition",
            _l("Focal points and gaps, and who the network is made up of, as people say themselves"),
        ),
        ("groups_staff.list_groups", _l("A saved group that is always invited")),
        ("requests_staff.list_requests", _l("Two who asked to take part, and what was decided")),
        ("consultations_staff.show_dossier", _l("The consultation: who declared a parallel report")),
        ("lists_staff.list_lists", _l("A mailing list and its readers")),
        ("drafts_staff.show_draft", _l("The draft in two versions and three languages")),
        ("reports_staff.check_report", _l("What was checked before publishing")),
        ("safe_desk_staff.show_nameless", _l("What you cannot see, and why")),
    ),
    Role.FACILITATOR: (("responses_staff.list_answers", _l("The comments and their answers")),),
    Role.TRANSLATOR: (("drafts_staff.show_draft", _l("The draft in two versions and three languages")),),
    Role.APPROVER: (
        ("drafts_staff.show_draft", _l("The draft in two versions and three languages")),
        ("mailings_staff.list_campaigns", _l("Mailings that waited for this approval")),
        ("behalf_staff.list_wishes", _l("Somebody who wants to be forgotten: you are the second person")),
    ),
    Role.NHRI_OBSERVER: (
        ("drafts_staff.show_draft", _l("The draft in two versions and three languages")),
        ("requests_staff.list_refusals", _l("A request to take part that was refused, and why")),
    ),
    Role.PROTECTION_OFFICER: (
        ("safe_desk_staff.show_desk", _l("Your desk")),
        ("sealed_staff.list_protected", _l("Two protected entries, of which the registry has a code only")),
        ("deliveries_staff.list_deliveries", _l("A message that waits to be handed over to one of them")),
        ("custody_staff.show_custody", _l("Protection officers")),
    ),
    Role.ADMINISTRATOR: (
        ("accounts_staff.list_people", _l("People and roles")),
        ("site_staff.show_site", _l("Name, languages and mail of the site")),
    ),
}


def walk_through_pages(settings: Settings) -> Blueprint:
    """The pages of the walk-through."""
    bp = Blueprint("demo_public", __name__)

    def finished() -> WalkThrough | None:
        # a folder of the demonstration that is served without its safe has no pages for officers
        return kept(settings.data) if settings.takes_nameless else None

    def walking() -> WalkThrough:
        return finished() or abort(404)

    @bp.before_app_request
    def first_page() -> ResponseReturnValue | None:
        if request.path != "/" or finished() is None:
            return None
        return see_other(url_for("demo_public.walk_through", lang=i18n.language().code))

    @bp.get("/<lang>/walk-through/")
    def walk_through() -> ResponseReturnValue:
        """Who one may be, and what to look at. 404 where no cycle was run."""
        found = walking()
        sights = {
            role: [(words, _address(endpoint, found.slug)) for endpoint, words in those]
            for role, those in SIGHTS.items()
        }
        script = scripted_registry()
        return render_template(
            "demo/walk_through.html",
            walking=found,
            sights=sights,
            role_names=ROLE_NAMES,
            news=script["list"]["slug"],
            somebody=script["corrects"]["email"],
        )

    @bp.post("/<lang>/walk-through/enter/<int:number>/")
    def enter(number: int) -> ResponseReturnValue:
        """Sign in as someone of the demonstration's staff, without the second step. 303 to a place in it; 404."""
        doors = walking().doors
        if number >= len(doors):
            abort(404)
        key = derive_key(settings.secret_key, "sign-in")
        with writing() as db:
            door = doors[number]
            tried = try_sign_in(db, door.email, door.password, device="", key=key, now=clock.now())
            if tried.person is None:
                abort(404)
            secret = begin_staff_session(db, tried.person, SessionKind.WALK_THROUGH)
        session.clear()
        login_user(guards.load_someone(secret))
        first = SIGHTS[door.role][0][0]
        return make_response(see_other(_address(first, walking().slug)))

    return bp


def _address(endpoint: str, slug: str) -> str:
    wants_slug = current_app.url_map.is_endpoint_expecting(endpoint, "slug")
    return url_for(endpoint, slug=slug) if wants_slug else url_for(endpoint)

"""The staff's first page, and what an administrator decides about the whole site."""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, is_allowed, needs
from consult.accounts.rules import Act
from consult.consultations import queries
from consult.consultations.guards import consultation_or_404
from consult.consultations.operations import archive_consultation as archive
from consult.consultations.queries_entry import list_wishes
from consult.consultations.queries_proposals import count_proposals
from consult.consultations.queries_requests import count_waiting, list_to_tell
from consult.core import clock
from consult.core.days import day_of
from consult.core.db import reading, writing
from consult.core.http import asked_number, see_other
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.custody.queries import officer_of
from consult.custody.queries_roll import Roll, open_roll
from consult.mail import operations_halts
from consult.mail.models import Halt, OutboxMail
from consult.mail.operations import resend_mail, settle_mail
from consult.mail.queries import has_uncertain, list_uncertain
from consult.mail.queries_halts import list_standing
from consult.mailings.models import CAUSE
from consult.mailings.operations_deliveries import list_to_deliver
from consult.mailings.queries import count_news_to_approve, count_to_approve
from consult.mailings.queries_lists import Listed, list_lists
from consult.privacy.queries import list_runs
from consult.privacy.queries_on_behalf import count_wishes as count_forget_wishes
from consult.privacy.showing import shown_runs
from consult.reports.queries import count_owed
from consult.reports.queries_letters import count_open
from consult.responses.queries import Progress, count_progress
from consult.rounds.models import Round
from consult.rounds.queries import latest_round
from consult.site import operations
from consult.site.forms import ArchiveForm, MailTestForm, identity_form
from consult.site.halted_mails import list_halted, of_news
from consult.site.identity import beginning, offered, refresh
from consult.site.models import Installation
from consult.site.queries import find_installation
from consult.site.views_set_up import about_mail, languages_form, queue_test, settings
from consult.vocabularies import tables

bp = Blueprint("site_staff", __name__, url_prefix="/staff")

MAILS = 50  # a page
RUNS = 7  # of retention, on the page of the site


@bp.get("/")
@needs(Act.USE_DESK)
def today() -> ResponseReturnValue:
    """The consultations on whose team one is."""
    with reading() as db:
        found = queries.list_of_team(db, current_staff().id)
        standing = {one.id: _standing(db, one.id) for one in found} if is_allowed(Act.READ_DRAFT) else {}
        asked = count_waiting(db, day_of(clock.now())) if is_allowed(Act.MANAGE_STAKEHOLDERS) else None
        wishes = len(list_wishes(db)) if asked else 0
        to_tell = len(list_to_tell(db)) if asked else 0
        proposals = count_proposals(db) if asked else 0
        uncertain = is_allowed(Act.DECIDE_MAILS) and has_uncertain(db)
        ids = [one.id for one in found] if is_allowed(Act.APPROVE_CAMPAIGN) else []
        to_approve = count_to_approve(db, ids, by=current_staff().actor) if ids else {}
        news = _news_to_approve(db) if is_allowed(Act.APPROVE_CAMPAIGN) else []
        to_deliver = count_open(db, [one.id for one in found]) if is_allowed(Act.INVITE) else {}
        to_hand_over = len(list_to_deliver(db, now=clock.now())) if is_allowed(Act.HOLD_KEYS) else None
        to_forget = count_forget_wishes(db, but_by=current_staff().id) if is_allowed(Act.FORGET_ENTRIES) else 0
        roll = _asks_me(db) if is_allowed(Act.HOLD_KEYS) else None
        halted = is_allowed(Act.DECIDE_MAILS) and bool(of_news(list_standing(db)))
    return render_template(
        "site/today.html",
        consultations=found,
        standing=standing,
        kinds=tables.kinds(),
        uncertain=uncertain,
        to_approve=to_approve,
        news=news,
        to_deliver=to_deliver,
        halted=halted,
        to_hand_over=to_hand_over,
        roll=roll,
        to_forget=to_forget,
        asked=asked,
        wishes=wishes,
        to_tell=to_tell,
        proposals=proposals,
        now=clock.now(),
    )


def _news_to_approve(db: Session) -> list[tuple[Listed, int]]:
    """The lists whose own news wait for the approval of whoever is signed in, and how many."""
    counts = count_news_to_approve(db, by=current_staff().actor)
    return (
        [(one, counts[one.mailing_list.id]) for one in list_lists(db) if one.mailing_list.id in counts]
        if counts
        else []
    )


def _asks_me(db: Session) -> Roll | None:
    """The roll call that whoever is signed in has not answered; None where there is none."""
    roll, officer = open_roll(db, now=clock.now()), officer_of(db, current_staff().id)
    return roll if roll and officer and officer.serves and officer.id not in roll.there else None


def _standing(db: Session, consultation_id: int) -> tuple[Round, Progress] | None:
    """The newest round of a consultation, and how far its answers are; None before the first."""
    round_ = latest_round(db, consultation_id)
    return (round_, count_progress(db, round_.id)) if round_ else None


@bp.route("/consultations/<slug>/archive/", methods=["GET", "POST"])
@needs(Act.EDIT_CONSULTATION)
@keeps_words
def archive_consultation(slug: str) -> ResponseReturnValue:
    """What archiving means, and the button. 303 to the dossier; 403, 404, 409 or 422 with what was typed."""
    form = ArchiveForm()
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.EDIT_CONSULTATION)
        if request.method == "GET" or not form.validate():
            return _page(
                "archive_consultation", form, consultation=consultation
            ), 200 if request.method == "GET" else 422
        try:
            with db.begin_nested():
                unanswered = count_owed(db, consultation.id)
                archive(
                    db, consultation, unanswered=unanswered, sent_on=form.day(), by=current_staff(), now=clock.now()
                )
        except Refused as problem:
            return _page("archive_consultation", form, problem, consultation=consultation), problem.status
    return see_other(url_for("consultations_staff.show_dossier", slug=slug))


@bp.get("/site/")
@needs(Act.MANAGE_SITE)
def show_site() -> ResponseReturnValue:
    """What the site says of itself, with links to change it."""
    with reading() as db:
        installation = _shown(db)
        runs = shown_runs(list_runs(db, limit=RUNS))
    names = {code: record.name for code, record in offered(settings()).items()}
    return render_template("site/show_site.html", installation=installation, names=names, relay=settings(), runs=runs)


def _shown(db: Session) -> Installation:
    """The installation to look at: its row, or what the settings say."""
    return find_installation(db) or operations.begun(beginning(settings()))


@bp.route("/site/languages/", methods=["GET", "POST"])
@needs(Act.MANAGE_SITE)
def choose_languages() -> ResponseReturnValue:
    """The languages of the site. 303 to what it says of itself; 422 with what was chosen."""
    with writing() as db:
        form = languages_form(_shown(db))
        if request.method == "GET" or not form.validate():
            return _page("choose_languages", form), 200 if request.method == "GET" else 422
        installation = operations.the_installation(db, beginning(settings()))
        try:
            with db.begin_nested():
                operations.choose_languages(db, installation, form.in_order(), by=current_staff(), now=clock.now())
        except Refused as problem:
            return _page("choose_languages", form, problem), problem.status
    refresh(settings())
    return see_other(url_for(".show_site"))


@bp.route("/site/name/", methods=["GET", "POST"])
@needs(Act.MANAGE_SITE)
@keeps_words
def name_site() -> ResponseReturnValue:
    """Name and privacy notice. 303 to what the site says of itself; 422 with what was typed."""
    with writing() as db:
        form = identity_form(_shown(db))
        if request.method == "GET" or not form.validate():
            return _page("name_site", form), 200 if request.method == "GET" else 422
        installation = operations.the_installation(db, beginning(settings()))
        try:
            with db.begin_nested():
                name, privacy = form.texts("name"), form.texts("privacy")
                operations.name_site(db, installation, name, privacy, by=current_staff(), now=clock.now())
        except Refused as problem:
            return _page("name_site", form, problem), problem.status
    refresh(settings())
    return see_other(url_for(".show_site"))


@bp.route("/site/mail/", methods=["GET", "POST"])
@needs(Act.MANAGE_SITE)
def test_mail() -> ResponseReturnValue:
    """A test mail, and what became of it (?mail=). 303 to itself; 422 with the typed address."""
    form = MailTestForm()
    with writing() as db:
        if request.method == "POST" and form.validate():
            try:
                return see_other(url_for(".test_mail", mail=queue_test(db, form.address.data)))
            except Refused as problem:
                return _page("test_mail", form, problem, **about_mail(db)), problem.status
        return _page("test_mail", form, **about_mail(db)), 422 if request.method == "POST" else 200


@bp.get("/mails/")
@needs(Act.DECIDE_MAILS)
def list_uncertain_mails() -> ResponseReturnValue:
    """Mails of which we do not know whether they went out, oldest first; and news that stopped going out by itself."""
    with reading() as db:
        halts = list_halted(db)
        mails = list_uncertain(db, after=asked_number("after"), limit=MAILS + 1)
    more = mails[MAILS - 1].id if len(mails) > MAILS else None
    return render_template("site/list_uncertain_mails.html", mails=mails[:MAILS], more=more, halts=halts)


@bp.post("/mails/halted/<int:number>/")
@needs(Act.DECIDE_MAILS)
def lift_halt(number: int) -> ResponseReturnValue:
    """Let news that stopped going out go on. 303 to the list; 404, also for a campaign's, 409."""
    with writing() as db:
        halt = db.get(Halt, number) or abort(404)
        if halt.cause.startswith(CAUSE):
            abort(404)
        operations_halts.lift_halt(db, halt, by=current_staff(), now=clock.now())
    return see_other(url_for(".list_uncertain_mails"))


@bp.post("/mails/<int:number>/")
@needs(Act.DECIDE_MAILS)
def decide_mail(number: int) -> ResponseReturnValue:
    """Send an uncertain mail once more, or take it for arrived or lost. 303 to the list; 404, 409, 422."""
    decision = request.form.get("decision", "")
    if decision not in ("resend", "arrived", "lost"):
        abort(422)
    with writing() as db:
        mail = db.get(OutboxMail, number) or abort(404)
        if decision == "resend":
            resend_mail(db, mail, by=current_staff(), now=clock.now())
        else:
            settle_mail(db, mail, arrived=decision == "arrived", by=current_staff(), now=clock.now())
    return see_other(url_for(".list_uncertain_mails"))


def _page(template: str, form: object, refused: Refused | None = None, **values: Any) -> str:
    return render_template(f"site/{template}.html", form=form, refused=refused, step=0, steps=0, **values)

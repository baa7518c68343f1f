"""Campaigns for the team: write, look at the list and at the mails, test. What is done with one stands in views_sending.py."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, is_allowed, needs
from consult.accounts.queries import names_of
from consult.accounts.rules import Act
from consult.consultations.queries_groups import reasons_by_hand
from consult.core import clock, i18n
from consult.core.db import reading, writing
from consult.core.http import asked_id, see_other
from consult.core.i18n import LazyText, _l
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused, permits
from consult.mail.delivery import post
from consult.mail.messages import Rendered
from consult.mail.models import Halt
from consult.mail.queries_halts import standing_halts
from consult.mailings import audiences, operations, queries, queries_chosen, queries_sending, rules, rules_reach
from consult.mailings.abouts import About, languages_of
from consult.mailings.finding import find_about, find_either, listed_campaigns, page_of, shown_about
from consult.mailings.forms import KINDS, CampaignForm, ReturnForm, StartForm, campaign_form, news_form
from consult.mailings.forms_outreach import STANDINGS
from consult.mailings.mails import CAMPAIGN, Reader, closing, previewed
from consult.mailings.mails_lists import LIST_MAIL, previewed_list_mail
from consult.mailings.models import BEFORE_APPROVAL, Audience, Campaign, CampaignKind, Why, WhyNot
from consult.mailings.models_lists import MailingList
from consult.mailings.models_outreach import BY_MAIL, OutreachWay
from consult.mailings.queries_missed import MISSED, list_missed
from consult.mailings.queries_outreach import Reached, count_instead, count_without_instead, instead_of, is_some_open
from consult.mailings.queries_sending import BY_HAND, Delivery
from consult.vocabularies import tables
from consult.vocabularies.words import group_names

bp = Blueprint("mailings_staff", __name__, url_prefix="/staff/consultations/<slug>/mailings")
# The same pages for the own news of a list, which is about no consultation: registered a second time under this name and address.
NEWS, OF_A_LIST = "news_staff", "/staff/mailing-lists/<list_slug>/mailings"

DELIVERIES = {
    Delivery.SENT: _l("The mail server took it"),
    Delivery.CAME_BACK: _l("Came back after the mail server had taken it"),
    Delivery.LEFT: _l("Got it, and asked for no more mail since"),
    Delivery.WAITS: _l("Waits for its turn"),
    Delivery.DEFERRED: _l("Put off by the mail server, is tried again"),
    Delivery.FAILED: _l("Refused by the mail server"),
    Delivery.SUPPRESSED: _l("Not sent: earlier mail to the address came back"),
    Delivery.UNCERTAIN: _l("May have gone out"),
    Delivery.FOR_OFFICER: _l("With the protection officers, to be handed over"),
    Delivery.HANDED_OUT: _l("Fetched by a protection officer"),
    Delivery.DELIVERED: _l("Handed over by a protection officer"),
    Delivery.NOT_REACHED: _l("Not reached by a protection officer"),
    Delivery.LEFT_OUT: _l("Left out when its turn came"),
}
IN_HAND: dict[str, LazyText] = {state: DELIVERIES[delivery] for state, delivery in BY_HAND.items()}
IN_HAND[BY_MAIL] = _l("Gets the mail instead")
REASONS = {
    WhyNot.LEFT: _l("asked not to be written to"),
    WhyNot.LEFT_HERE: _l("asked for no more mail about this consultation"),
    WhyNot.CAME_BACK: _l("mail to their address came back"),
    WhyNot.NO_ADDRESS: _l("has no e-mail address"),
    WhyNot.NO_BASIS: _l("has not said yes to mails"),
    WhyNot.NO_NEWS: _l("has not said yes to news"),
    WhyNot.NOT_INVITED: _l("is not invited"),
    WhyNot.INVITED_ALREADY: _l("is invited already"),
    WhyNot.INVITED_TO_ROUND: _l("has got an invitation to this round"),
    WhyNot.COMMENTED_ALREADY: _l("has commented already"),
    WhyNot.FOR_INVITED: _l("is known by an address only, and the round is for the invited"),
    WhyNot.SAME_MAILBOX: _l("reads the same mailbox as somebody else on the list"),
    WhyNot.BY_LETTER: _l("no mail: gets a letter"),
    WhyNot.BY_PHONE: _l("no mail: is called"),
    WhyNot.IN_PERSON: _l("no mail: is spoken to in person"),
}
INCLUSIONS = {
    Why.REGISTERED: _l("in the registry, all of which was chosen"),
    Why.CATEGORY: _l("of a chosen category"),
    Why.GROUP: _l("stands for a chosen group"),
    Why.BOTH: _l("of a chosen category, and stands for a chosen group"),
    Why.IN_GROUP: _l("in the saved group"),
    Why.SUBSCRIBED: _l("signed up to the list"),
    Why.TAKES_PART: _l("takes part in the consultation"),
}
READERS = {
    Reader.REGISTERED: _l("Somebody of the registry"),
    Reader.OFFICE: _l("An office, by duty"),
    Reader.OTHER: _l("Somebody who takes part and is not in the registry"),
    Reader.SUBSCRIBED: _l("Somebody who signed up"),
}


@bp.get("/")
@needs(Act.READ_CAMPAIGNS)
def list_campaigns(**of: str) -> ResponseReturnValue:
    """What was written and sent. 403, 404."""
    with reading() as db:
        about = find_about(db, of, Act.READ_CAMPAIGNS)
        return render_template("mailings/list_campaigns.html", **listed_campaigns(db, about))


@bp.route("/new/<what>/", methods=["GET", "POST"])
@needs(Act.INVITE)
@keeps_words
def begin_campaign(what: str, **of: str) -> ResponseReturnValue:
    """Write a campaign of a kind; of a list, its news. 303 to its list and preview; 403, 404, 422 with what was typed."""
    known = list(CampaignKind) if "slug" in of else [CampaignKind.NEWS]
    return _write(of, None, CampaignKind(what) if what in known else abort(404))


@bp.route("/<ref>/edit/", methods=["GET", "POST"])
@needs(Act.INVITE)
@keeps_words
def write_campaign(ref: str, **of: str) -> ResponseReturnValue:
    """Change a campaign. 303 to its list and preview; 403, 404, 409, 422 with what was typed."""
    return _write(of, ref, CampaignKind.INVITATION)


def _write(of: Mapping[str, str], ref: str | None, kind: CampaignKind) -> ResponseReturnValue:
    with writing() as db:
        about = find_about(db, of, Act.INVITE)
        campaign = (queries.find_campaign(db, about, ref) or abort(404)) if ref else None
        kind = campaign.kind if campaign else kind
        form = _form(db, about, kind, campaign)
        if request.method == "GET" or not form.validate():
            return _form_page(db, about, kind, form), 200 if request.method == "GET" else 422
        wording = replace(form.to_wording(languages_of(db, about)), **_chosen(db, about, form))
        try:
            with db.begin_nested():
                kept = operations.write_campaign(
                    db, about, wording, campaign=campaign, kind=kind, by=current_staff(), now=clock.now()
                )
        except Refused as problem:
            return _form_page(db, about, kind, form, problem), problem.status
    return see_other(page_of(of, kept.ref))


def _form(db: Session, about: About, kind: CampaignKind, campaign: Campaign | None) -> CampaignForm:
    words = queries.read_words(db, campaign.id) if campaign else None
    if isinstance(about, MailingList):
        return news_form(languages_of(db, about), words)
    asked = audiences.key_of(db, campaign) if campaign else f"group:{request.args.get('group', '')}"
    offered = audiences.offered(db, about, kind)
    return campaign_form(about.languages, kind, campaign, words, offered, asked, audiences.HINTS.get(kind))


def _chosen(db: Session, about: About, form: CampaignForm) -> dict[str, Any]:
    """Among whom: what was chosen, or those who signed up to the list that it is about."""
    if isinstance(about, MailingList):
        return audiences.Chosen(Audience.LIST, mailing_list=about)._asdict()
    return audiences.chosen(db, form.audience.data if "audience" in form else "")._asdict()


def _form_page(
    db: Session, about: About, kind: CampaignKind, form: CampaignForm, refused: Refused | None = None
) -> str:
    return render_template(
        "mailings/write_campaign.html",
        **shown_about(db, about),
        languages=languages_of(db, about),
        kind=kind,
        form=form,
        refused=refused,
    )


@bp.get("/<ref>/")
@needs(Act.READ_CAMPAIGNS)
def show_campaign(ref: str, **of: str) -> ResponseReturnValue:
    """Who will get it and who not and why, how it reads in each language, and what became of it. 403, 404."""
    with reading() as db:
        return campaign_page(db, *find_either(db, of, ref))


def campaign_page(
    db: Session,
    about: About,
    campaign: Campaign,
    refused: Refused | None = None,
    start: StartForm | None = None,
    note: ReturnForm | None = None,
) -> str:
    """The page of a campaign, whatever is to be done with it next."""
    gets = request.args.get("list") != "not"
    why_not = next((one for one in WhyNot if one.value == request.args.get("why")), None)
    people = queries_chosen.list_chosen(db, campaign, gets=gets, why_not=why_not, after=asked_id("after"))
    is_sent, now = campaign.state not in BEFORE_APPROVAL, clock.now()
    counts = queries_chosen.count_chosen(db, campaign)
    can = {
        "write": is_allowed(Act.INVITE) and permits(rules.check_write_campaign, campaign),
        "approve": is_allowed(Act.APPROVE_CAMPAIGN)
        and permits(rules.check_approve_campaign, campaign, seen=campaign.digest or b"", by=current_staff().actor),
        "decide": is_allowed(Act.INVITE),
    }
    return render_template(
        "mailings/show_campaign.html",
        **shown_about(db, about),
        campaign=campaign,
        kinds=KINDS,
        audience=audiences.name_of(db, campaign),
        can=can,
        approval=_approval(db, campaign),
        names=_names(db, campaign),
        sending=_sending(db, campaign, now) if is_sent else None,
        words=queries.read_words(db, campaign.id),
        counts=counts,
        reached=rules_reach.count_reached(counts),
        without_mail=rules_reach.WITHOUT_MAIL,
        outreach=_outreach(db, campaign),
        people=people,
        gets=gets,
        place=_place(gets),
        why_not=why_not,
        inclusions=INCLUSIONS,
        by_hand=reasons_by_hand(db, campaign.group_id, [one.entry_id for one in people if one.entry_id]),
        more=people[-1].id if len(people) == queries.PAGE else None,
        reasons=REASONS,
        readers=readers_of(campaign),
        narrowed=[
            *(str(tables.categories()[code].names) for code in campaign.categories if code in tables.categories()),
            *(str(group_names()[code]) for code in campaign.groups),
        ],
        deliveries=DELIVERIES,
        start=(start or StartForm(formdata=None)).say(has_consultation=not isinstance(about, MailingList)),
        note=note or ReturnForm(formdata=None),
        closes="" if isinstance(about, MailingList) else closing(db, about),
        refused=refused,
    )


def _outreach(db: Session, campaign: Campaign) -> dict[OutreachWay, list[tuple[LazyText, int]]]:
    """What became of letters, calls and visits, in words; nobody is called left out who is reached all the same."""
    found = {way: count_without_instead(db, campaign, way) for way in OutreachWay}
    by_hand = count_instead(db, campaign)
    return {
        way: [(words, counts[state]) for state, words in STANDINGS.items() if counts.get(state)]
        + [(IN_HAND[state], count) for state, count in by_hand[way].items()]
        for way, counts in found.items()
    }


def reached_otherwise(db: Session, campaign: Campaign, way: OutreachWay, rows: Sequence[Reached]) -> dict[str, object]:
    """What the pages of letters and calls say of those who are reached otherwise: how many, who of these rows, and the words."""
    return {
        "by_hand": count_instead(db, campaign)[way],
        "hand_of": instead_of(db, campaign, [one.outreach.recipient_id for one in rows]),
        "in_hand": IN_HAND,
    }


def _place(gets: bool) -> dict[str, str | int | None]:
    """Which page of the list is shown."""
    return {"after": asked_id("after") or None, "list": "gets" if gets else "not", "why": request.args.get("why")}


def _approval(db: Session, campaign: Campaign) -> tuple[str, datetime] | None:
    """Who let it go out, and when; None where nobody has, or it was sent before there were approvals."""
    return queries.find_approval(db, campaign) if campaign.state not in BEFORE_APPROVAL else None


def _names(db: Session, campaign: Campaign) -> dict[str, str]:
    """The names of the staff whose doing it is, by their reference."""
    approval = _approval(db, campaign)
    return names_of(db, [campaign.written_by, campaign.submitted_by or "", approval[0] if approval else ""])


class Sending(NamedTuple):
    """How a campaign on its way stands."""

    counts: dict[Delivery, int]
    missed: int  # whom another try can reach
    can: dict[str, bool]
    halt: Halt | None  # why it was paused, where nobody did it


def _sending(db: Session, campaign: Campaign, now: datetime) -> Sending:
    counts = queries_sending.count_deliveries(db, campaign)
    missed = len(list_missed(db, campaign)) if any(counts[one] for one in MISSED) else 0
    waits = any(counts[one] for one in (Delivery.WAITS, Delivery.DEFERRED, Delivery.FOR_OFFICER))
    waits = waits or is_some_open(db, campaign)
    checks = {
        "take_back": permits(rules.check_take_back_campaign, campaign, now=now),
        "pause": waits and permits(rules.check_pause_campaign, campaign),
        "resume": permits(rules.check_resume_campaign, campaign),
        "stop": waits and permits(rules.check_stop_campaign, campaign),
        "retry": permits(rules.check_retry_campaign, campaign, missed=missed),
    }
    may = is_allowed(Act.INVITE)
    checks = {name: may and can for name, can in checks.items()}
    halts = standing_halts(db, queries_sending.causes(db, campaign.id))
    return Sending(counts, missed, checks, halts[0] if halts else None)


@bp.get("/<ref>/preview/")
@needs(Act.READ_CAMPAIGNS)
def preview_campaign(ref: str, **of: str) -> ResponseReturnValue:
    """The whole mail as a kind of recipient gets it in a language, plain and as HTML. 403, 404."""
    with reading() as db:
        about, campaign = find_either(db, of, ref)
        codes = list(queries.read_words(db, campaign.id))
        code = request.args.get("language", codes[0])
        readers = readers_of(campaign)
        reader = next((one for one in readers if one.value == request.args.get("reader")), next(iter(readers)))
        rendered = _rendered(db, campaign, code if code in codes else abort(404), reader)
        shown = shown_about(db, about)
    if request.args.get("as") == "html":
        return _as_html(rendered)
    return render_template(
        "mailings/preview_campaign.html",
        **shown,
        campaign=campaign,
        rendered=rendered,
        code=code,
        codes=codes,
        reader=reader,
        readers=readers,
    )


def readers_of(campaign: Campaign) -> dict[Reader, LazyText]:
    """The kinds of recipients of a campaign, by name."""
    kinds = {Reader.SUBSCRIBED} if campaign.list_id is not None else set(Reader) - {Reader.SUBSCRIBED}
    if campaign.is_by_mailbox:
        kinds = {Reader.REGISTERED, Reader.OFFICE} | (set() if campaign.is_reminder else {Reader.SUBSCRIBED})
    if campaign.kind is CampaignKind.NEWS or campaign.invites_anew:  # whoever only commented said no yes to either
        kinds -= {Reader.OTHER}
    return {reader: name for reader, name in READERS.items() if reader in kinds}


def _rendered(db: Session, campaign: Campaign, code: str, reader: Reader) -> Rendered:
    with i18n.use_language(code):
        if reader is Reader.SUBSCRIBED:
            return post().renderer.render(LIST_MAIL, previewed_list_mail(db, campaign.id))
        return post().renderer.render(CAMPAIGN, previewed(db, campaign, reader))


def _as_html(rendered: Rendered) -> ResponseReturnValue:
    """The HTML part by itself, with the one style sheet that stands in it and nothing else that a browser could run or load."""
    style = rendered.html.partition("<style>")[2].partition("</style>")[0]
    known = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{known}'; base-uri 'none'; frame-ancestors 'none'; sandbox"
    return rendered.html, 200, {"Content-Security-Policy": policy}


@bp.post("/<ref>/test/")
@needs(Act.READ_CAMPAIGNS)
def try_campaign(ref: str, **of: str) -> ResponseReturnValue:
    """Mail it to oneself in each language. 303 to the campaign; 403, 404."""
    with writing() as db:
        _about, campaign = find_either(db, of, ref)
        for code in queries.read_words(db, campaign.id):
            operations.try_campaign(db, campaign, language=code, by=current_staff(), now=clock.now())
    return see_other(page_of(of, ref, tested=1))

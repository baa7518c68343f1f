"""What views of campaigns find by an address, of a consultation or of a list, and what their pages show of either."""

from collections.abc import Mapping
from typing import Any

from flask import abort, current_app, url_for
from sqlalchemy.orm import Session

from consult.accounts.rules import Act
from consult.consultations.guards import consultation_or_404
from consult.consultations.models import Consultation
from consult.core.settings import Settings
from consult.mailings import queries, queries_lists
from consult.mailings.abouts import About, address_of
from consult.mailings.forms import KINDS
from consult.mailings.models import Campaign
from consult.mailings.models_lists import MailingList
from consult.mailings.queries_subjects import read_subjects


def find_campaign(db: Session, slug: str, ref: str, act: Act = Act.READ_CAMPAIGNS) -> tuple[Consultation, Campaign]:
    """The campaign of a reference, if the signed-in person may do this act. 403, 404."""
    consultation = consultation_or_404(db, slug, act)
    return consultation, queries.find_campaign(db, consultation, ref) or abort(404)


def find_about(db: Session, of: Mapping[str, str], act: Act) -> About:
    """What an address is of: a consultation on whose team one is, or a list, which has no team: there the role decides. 403, 404."""
    if "slug" in of:
        return consultation_or_404(db, of["slug"], act)
    found = queries_lists.find_list(db, of["list_slug"]) or abort(404)
    return found.mailing_list


def find_either(db: Session, of: Mapping[str, str], ref: str, act: Act = Act.READ_CAMPAIGNS) -> tuple[About, Campaign]:
    """The campaign of a reference, of either. 403, 404."""
    about = find_about(db, of, act)
    return about, queries.find_campaign(db, about, ref) or abort(404)


def shown_about(db: Session, about: About) -> dict[str, Any]:
    """What every page of campaigns shows of what they are about: `consultation`, or `listed` where it is a list alone."""
    is_list = isinstance(about, MailingList)
    return {
        "consultation": None if is_list else about,
        "listed": queries_lists.read_list(db, about.id) if is_list else None,
        "of": address_of(about),
        "zone": zone_of(about),
    }


def page_of(of: Mapping[str, Any], ref: str, **asked: Any) -> str:
    """The address of the page of a campaign."""
    return url_for(".show_campaign", ref=ref, **asked, **of)


def zone_of(about: About) -> str:
    """In which time zone instants are typed and shown: the consultation's, or the site's."""
    settings: Settings = current_app.extensions["consult settings"]
    return settings.time_zone if isinstance(about, MailingList) else about.time_zone


def listed_campaigns(db: Session, about: About) -> dict[str, Any]:
    """What a list of campaigns shows, the newest first."""
    found = {"campaigns": queries.list_campaigns(db, about), "kinds": KINDS, "subjects": read_subjects(db, about)}
    return found | shown_about(db, about)

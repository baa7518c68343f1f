"""What a campaign is about: a consultation, or nothing but the mailing list whose own news it is. What follows is decided here."""

from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session

from consult.consultations.models import Consultation
from consult.core.i18n import languages
from consult.mailings.models import Campaign
from consult.mailings.models_lists import MailingList
from consult.mailings.queries_lists import read_list

About = Consultation | MailingList


def about_of(db: Session, campaign: Campaign) -> About:
    """What a campaign is about."""
    if campaign.consultation_id is not None:
        return db.get_one(Consultation, campaign.consultation_id)
    return db.get_one(MailingList, campaign.list_id)


def consultation_of(db: Session, campaign: Campaign) -> Consultation:
    """The consultation of a campaign that has one: whatever is no news of a list."""
    return db.get_one(Consultation, campaign.consultation_id)


def is_about(about: About) -> ColumnElement[bool]:
    """Whether campaigns are about this. What went to a list about a consultation is the consultation's."""
    if isinstance(about, Consultation):
        return Campaign.consultation_id == about.id
    return and_(Campaign.consultation_id.is_(None), Campaign.list_id == about.id)


def is_about_the_same(campaign: Campaign) -> ColumnElement[bool]:
    """Whether campaigns are about the same as this one."""
    if campaign.consultation_id is not None:
        return Campaign.consultation_id == campaign.consultation_id
    return and_(Campaign.consultation_id.is_(None), Campaign.list_id == campaign.list_id)


def languages_of(db: Session, about: About) -> list[str]:
    """In which languages its mails are written: those of the consultation; those of the site in which the list has its words."""
    if isinstance(about, Consultation):
        return about.languages
    return languages_of_list(read_list(db, about.id).words.name)


def languages_of_list(name: dict[str, str]) -> list[str]:
    """Those of the site in which a list has its name; all of the site where it has it in none of them any more."""
    site = [record.code for record in languages()]
    return [code for code in site if name.get(code, "").strip()] or site


def codes_of(about: About) -> dict[str, str]:
    """How the journal names it."""
    return {"consultation" if isinstance(about, Consultation) else "list": about.slug}


def address_of(about: About) -> dict[str, Any]:
    """The arguments of addresses of its pages."""
    return {"slug" if isinstance(about, Consultation) else "list_slug": about.slug}

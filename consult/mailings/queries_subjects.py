"""The subjects of campaigns: by them a list of campaigns can be told apart."""

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.texts import Texts
from consult.mailings.abouts import About, is_about
from consult.mailings.models import Campaign, CampaignText


def read_subjects(db: Session, about: About) -> dict[str, Texts]:
    """The subject of each campaign about this in its languages, by the campaign's reference."""
    query = select(Campaign.ref, CampaignText.language, CampaignText.subject).join(
        Campaign, Campaign.id == CampaignText.campaign_id
    )
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for ref, language, subject in db.execute(query.where(is_about(about))):
        found[ref][language] = subject
    return {ref: Texts(subjects) for ref, subjects in found.items()}

"""Writing a campaign and testing it. Approval stands in operations_approval.py, what follows in operations_queueing.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.audit.operations import Actor
from consult.consultations.models_groups import SmartGroup
from consult.core import ids
from consult.core.db import lock, refusing
from consult.mail.messages import MailTemplate
from consult.mail.models import Mail
from consult.mail.operations import queue_mail
from consult.mailings import rules
from consult.mailings.abouts import About, codes_of, languages_of
from consult.mailings.mails import CAMPAIGN_TEST
from consult.mailings.mails_lists import LIST_TEST
from consult.mailings.models import Audience, Campaign, CampaignKind, CampaignRecipient, CampaignState, CampaignText
from consult.mailings.models_lists import MailingList


@dataclass(frozen=True, slots=True)
class Wording:
    """What a form says of a campaign: for whom, and (subject, text) by language."""

    categories: tuple[str, ...]
    groups: tuple[str, ...]
    words: Mapping[str, tuple[str, str]]
    audience: Audience = Audience.REGISTRY
    group: SmartGroup | None = None
    mailing_list: MailingList | None = None


def write_campaign(
    db: Session,
    about: About,
    wording: Wording,
    *,
    campaign: Campaign | None,
    kind: CampaignKind = CampaignKind.INVITATION,
    by: Staff,
    now: datetime,
) -> Campaign:
    """Keep a campaign, a new one of that kind or a changed one, without sending anything. About a list there is news of it alone.

    One that waits for approval is approved no more: whoever changes it asks anew.
    Returns it.  Raises WordsMissing, WordsTooLong, CampaignSent, NewsOfTheListOnly.
    Records ``campaign.written`` (slug, campaign ref, kind).
    """
    rules.check_words(wording.words, languages_of(db, about))
    own = about if isinstance(about, MailingList) else None
    rules.check_own_news(own, campaign.kind if campaign else kind, wording.audience, wording.mailing_list)
    campaign = campaign or _begin(db, about, kind, by=by, now=now)
    lock(db, campaign)
    rules.check_write_campaign(campaign)
    unfix(db, campaign)
    campaign.categories, campaign.groups = list(wording.categories), list(wording.groups)
    campaign.audience, campaign.written_by = wording.audience, by.actor
    campaign.group_id = wording.group.id if wording.group else None
    campaign.list_id = wording.mailing_list.id if wording.mailing_list else None
    db.execute(delete(CampaignText).where(CampaignText.campaign_id == campaign.id))
    for language, (subject, body) in wording.words.items():
        db.add(CampaignText(campaign_id=campaign.id, language=language, subject=subject, body=body))
    db.flush()
    record_campaign(db, "written", about, campaign, by)
    return campaign


def _begin(db: Session, about: About, kind: CampaignKind, *, by: Staff, now: datetime) -> Campaign:
    is_own = isinstance(about, MailingList)
    made = Campaign(
        ref=ids.random_code(),
        consultation_id=None if is_own else about.id,
        kind=kind,
        audience=Audience.LIST if is_own else Audience.REGISTRY,
        list_id=about.id if is_own else None,
        state=CampaignState.WRITING,
        categories=[],
        groups=[],
        created_at=now,
        written_by=by.actor,
    )
    with refusing(db, {"about_none_is_news_of_a_list": rules.NewsOfTheListOnly}):
        db.add(made)
    return made


def unfix(db: Session, campaign: Campaign) -> None:
    """Let a campaign be written again: its list goes, and no approval holds for it any more. Nobody hears of it."""
    campaign.state, campaign.digest, campaign.sent_at, campaign.starts_at = CampaignState.WRITING, None, None, None
    db.flush()  # the database lets the rest change only now
    db.execute(delete(CampaignRecipient).where(CampaignRecipient.campaign_id == campaign.id))
    campaign.submitted_by, campaign.asked_start, campaign.prepared_until = None, None, 0
    db.flush()


def try_campaign(db: Session, campaign: Campaign, *, language: str, by: Staff, now: datetime) -> None:
    """Mail a campaign to oneself, in a language, without a personal link in it: each of its mails, where kinds of readers get others."""
    for template in tests_of(campaign):
        queue_mail(
            db,
            Mail(
                template=template.name,
                person=by.actor,
                cause=f"campaign_test:{ids.random_code()}",
                address=by.email,
                language=language,
                parameters={"campaign": campaign.id},
            ),
            now=now,
        )


def tests_of(campaign: Campaign) -> list[MailTemplate]:
    """What a test of a campaign is: its mail to those who take part, its mail of a list, or each of the two."""
    if campaign.list_id is None or campaign.is_reminder:
        return [CAMPAIGN_TEST]
    return [CAMPAIGN_TEST, LIST_TEST] if campaign.is_by_mailbox else [LIST_TEST]


def record_campaign(db: Session, what: str, about: About, campaign: Campaign, by: Actor | None, **codes: Any) -> None:
    """Note an act about a campaign in the journal: of somebody, or of the system (None)."""
    record(db, f"campaign.{what}", by=by, **codes_of(about), campaign=campaign.ref, kind=campaign.kind.value, **codes)

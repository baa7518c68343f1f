"""Among whom a campaign may choose: by a key that a form carries, with its name; and back from the key to what it means."""

from typing import NamedTuple

from sqlalchemy.orm import Session

from consult.consultations.models import Consultation
from consult.consultations.models_groups import SmartGroup
from consult.consultations.queries_groups import choice_of, find_group, list_groups
from consult.core.i18n import _
from consult.mailings.models import Audience, Campaign, CampaignKind
from consult.mailings.models_lists import MailingList
from consult.mailings.queries_lists import list_lists

TO_ALL = (CampaignKind.NEWS, CampaignKind.DEBRIEFING)


class Chosen(NamedTuple):
    """What a key means."""

    audience: Audience
    group: SmartGroup | None = None
    mailing_list: MailingList | None = None


def offered(db: Session, consultation: Consultation, kind: CampaignKind) -> list[tuple[str, str]]:
    """(key, name) of each audience of a kind, the most usual first; none where it is always the same."""
    if kind is CampaignKind.REMINDER:
        return []
    choice = choice_of(db, consultation.id)
    groups = [(f"group:{choice.ref}", _("What the team chose for this consultation"))] if choice else []
    groups += [(f"group:{one.ref}", one.name) for one in list_groups(db)]
    found = [(Audience.REGISTRY.value, _("The registry of stakeholders")), *groups]
    if kind not in TO_ALL:
        return found if groups else []
    lists = [
        (f"list:{one.mailing_list.slug}", one.words.name.shown().text)
        for one in list_lists(db)
        if one.mailing_list.is_open
    ]
    return [(Audience.PARTICIPANTS.value, _("Those who take part in this consultation")), *found, *lists]


def key_of(db: Session, campaign: Campaign) -> str:
    """The key of the audience of a campaign."""
    if campaign.group_id is not None:
        return f"group:{db.get_one(SmartGroup, campaign.group_id).ref}"
    if campaign.list_id is not None:
        return f"list:{db.get_one(MailingList, campaign.list_id).slug}"
    return campaign.audience.value


def chosen(db: Session, key: str) -> Chosen:
    """What a key means that was offered; the registry for "", where none was."""
    kind, _colon, name = key.partition(":")
    if kind == "group":
        return Chosen(Audience.GROUP, group=find_group(db, name))
    if kind == "list":
        found = next(one.mailing_list for one in list_lists(db) if one.mailing_list.slug == name)
        return Chosen(Audience.LIST, mailing_list=found)
    return Chosen(Audience(kind)) if kind else Chosen(Audience.REGISTRY)


def name_of(db: Session, campaign: Campaign) -> str:
    """The audience of a campaign in words; "" where its kind says it."""
    if campaign.audience is Audience.REGISTRY:
        return _("The registry of stakeholders")
    if campaign.audience is Audience.PARTICIPANTS:
        return _("Those who take part in this consultation")
    if campaign.group_id is not None:
        return db.get_one(SmartGroup, campaign.group_id).name or _("What the team chose for this consultation")
    known = next(one for one in list_lists(db) if one.mailing_list.id == campaign.list_id)
    return known.words.name.shown().text

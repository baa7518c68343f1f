"""Among whom a campaign may choose: by a key that a form carries, with its name; and back from the key to what it means."""

from typing import NamedTuple

from sqlalchemy.orm import Session

from consult.consultations.models import Consultation
from consult.consultations.models_groups import SmartGroup
from consult.consultations.queries_groups import choice_of, find_group, list_groups
from consult.core.i18n import _, _l
from consult.mailings.models import Audience, Campaign, CampaignKind
from consult.mailings.models_lists import MailingList
from consult.mailings.queries_lists import Listed, list_lists

TO_ALL = (CampaignKind.NEWS, CampaignKind.DEBRIEFING)
# What becomes of a choice, where that is not plain.
HINTS = {
    CampaignKind.INVITATION: _l(
        "Nobody is invited twice to one round. Who takes part already keeps the personal link; who has commented in the round is left out. "
        "Of a mailing list, those who are in the registry get a personal link, the others the public page, "
        "unless the round is for the invited."
    ),
    CampaignKind.REMINDER: _l(
        "Of a group or a mailing list it goes to those who are invited. The others stand on the list with the reason why not."
    ),
}


class Chosen(NamedTuple):
    """What a key means."""

    audience: Audience
    group: SmartGroup | None = None
    mailing_list: MailingList | None = None


def offered(db: Session, consultation: Consultation, kind: CampaignKind) -> list[tuple[str, str]]:
    """(key, name) of each audience of a kind, the most usual first; none where it is always the same."""
    found = [(Audience.REGISTRY.value, _of_registry(kind))]
    if kind is not CampaignKind.REMINDER:
        place = 0 if kind in TO_ALL else 1
        found.insert(place, (Audience.PARTICIPANTS.value, _of_participants(kind)))
    choice = choice_of(db, consultation.id)
    found += [(f"group:{choice.ref}", _of_group(choice.name))] if choice else []
    found += [(f"group:{one.ref}", _of_group(one.name)) for one in list_groups(db)]
    found += [(f"list:{one.mailing_list.slug}", _of_list(one)) for one in list_lists(db) if one.mailing_list.is_open]
    return found if len(found) > 1 else []


def _of_registry(kind: CampaignKind) -> str:
    return _("All who are invited") if kind is CampaignKind.REMINDER else _("The registry of stakeholders")


def _of_participants(kind: CampaignKind) -> str:
    if kind is CampaignKind.INVITATION:
        return _("Those who take part in this consultation already, for a new round")
    return _("Those who take part in this consultation")


def _of_group(name: str) -> str:
    """A saved group by its name; what the team chose has none."""
    return _("Saved group: %(name)s", name=name) if name else _("What the team chose for this consultation")


def _of_list(one: Listed) -> str:
    return _("Mailing list: %(name)s", name=one.words.name.shown().text)


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
    """The audience of a campaign in words."""
    if campaign.audience is Audience.REGISTRY:
        return _of_registry(campaign.kind)
    if campaign.audience is Audience.PARTICIPANTS:
        return _of_participants(campaign.kind)
    if campaign.group_id is not None:
        return _of_group(db.get_one(SmartGroup, campaign.group_id).name)
    return _of_list(next(one for one in list_lists(db) if one.mailing_list.id == campaign.list_id))

"""The mails of lists: the one that asks for a yes, and what is sent to a list."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from consult.consultations.models import Consultation
from consult.core import clock, i18n
from consult.core.i18n import _l
from consult.mail.messages import MailTemplate, NotWanted, Values
from consult.mailings import list_links, queries, queries_lists
from consult.mailings.mails import NO_LINK, language_for
from consult.mailings.models import Campaign, CampaignState
from consult.mailings.models_lists import Subscription, SubscriptionState
from consult.mailings.queries_lists import Listed
from consult.mailings.rules_lists import CONFIRM_LASTS


class ListCampaign(NamedTuple):
    """What a mail to a list says, and what it is about."""

    words: Mapping[str, tuple[str, str]]  # subject and text by language
    consultation: Consultation | None
    is_stopped: bool


def read_campaign(db: Session, campaign_id: int) -> ListCampaign:
    """What is sent under an id. The one place that knows where the words of a mail to a list stand."""
    campaign = db.get(Campaign, campaign_id)
    if campaign is None:
        raise NotWanted
    consultation = db.get_one(Consultation, campaign.consultation_id)
    is_stopped = campaign.state is CampaignState.STOPPED
    return ListCampaign(queries.read_words(db, campaign.id), consultation, is_stopped)


def _of_list(listed: Listed) -> dict[str, Any]:
    mailing_list, words = listed
    return {
        "list_name": words.name.shown().text,
        "what_it_is": words.what_it_is.shown().text,
        "how_often": words.how_often.shown().text,
        "slug": f"{mailing_list.slug}.lists",  # of its List-Id
        "archive": f"lists/{mailing_list.slug}/archive/" if mailing_list.archive_is_public else "",
    }


def _confirmation(db: Session, parameters: Mapping[str, Any]) -> Values:
    subscription = db.get(Subscription, parameters["subscription"])
    if subscription is None or subscription.generation != parameters["generation"]:
        raise NotWanted
    listed = queries_lists.read_list(db, subscription.list_id)
    values = {**_of_list(listed), "confirm": "", "leave": "", "is_desk": subscription.asked_by != "self"}
    if subscription.state is SubscriptionState.CONFIRMED:
        return values | {"leave": list_links.leave_token_of(subscription)}
    is_old = clock.now() - subscription.asked_at > CONFIRM_LASTS
    if subscription.state is SubscriptionState.ENDED or is_old or not listed.mailing_list.is_open:
        raise NotWanted
    return values | {"confirm": list_links.confirm_token_of(subscription), "archive": ""}


def _list_mail(db: Session, parameters: Mapping[str, Any]) -> Values:
    campaign = read_campaign(db, parameters["campaign"])
    subscription, about = db.get(Subscription, parameters["subscription"]), campaign.consultation
    if subscription is None or campaign.is_stopped:
        raise NotWanted
    if not queries_lists.gets_list_mail(db, subscription, consultation_id=about.id if about else None):
        raise NotWanted
    listed = queries_lists.read_list(db, subscription.list_id)
    if not listed.mailing_list.is_open:
        raise NotWanted  # its page says that nothing more is sent
    return _said(campaign, listed) | {"leave": list_links.leave_token_of(subscription)}


def previewed_list_mail(db: Session, campaign_id: int) -> Values:
    """What the mail of a campaign to a list shows, in the current language; its links lead nowhere."""
    list_id = db.get_one(Campaign, campaign_id).list_id
    assert list_id is not None, "a campaign to a list has one: CHECK"
    return _said(read_campaign(db, campaign_id), queries_lists.read_list(db, list_id)) | {"leave": NO_LINK}


def _said(campaign: ListCampaign, listed: Listed) -> dict[str, Any]:
    """What the mail says to all who signed up, in the current language."""
    about = campaign.consultation
    code = language_for(i18n.language().code, about.languages if about else [], list(campaign.words))
    subject, body = campaign.words[code]
    return _of_list(listed) | {
        "own_subject": subject,
        "paragraphs": [part.strip() for part in body.split("\n") if part.strip()],
        "words_language": code,
        "words_direction": i18n.direction_of(code),
        "consultation": about.title.shown().text if about else "",
        "about": about.slug if about else "",
    }


CONFIRMATION = MailTemplate("list_confirmation", _l("Please confirm: %(list_name)s"), load=_confirmation)
LIST_MAIL = MailTemplate("list_mail", _l("%(own_subject)s"), load=_list_mail)

"""The mails of lists: the one that asks for a yes, and what is sent to a list."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from consult.consultations.models import FOR_REGISTERED, Consultation
from consult.consultations.queries import newest_window
from consult.core import clock, i18n
from consult.core.i18n import _l
from consult.mail.messages import UNWANTED, MailTemplate, NotWanted, Values
from consult.mail.queries_suppressions import standing
from consult.mailings import list_links, queries, queries_lists
from consult.mailings.abouts import about_of, languages_of_list
from consult.mailings.mails import NO_LINK, closing, language_for
from consult.mailings.models import Campaign, CampaignState
from consult.mailings.models_lists import Subscription, SubscriptionState
from consult.mailings.queries_by_list import why_not_among
from consult.mailings.queries_left_out import is_too_late, why_unwanted_of_list
from consult.mailings.queries_lists import Listed
from consult.mailings.rules_lists import CONFIRM_LASTS


class ListCampaign(NamedTuple):
    """What a mail to a list says, and what it is about."""

    words: Mapping[str, tuple[str, str]]  # subject and text by language
    consultation: Consultation | None  # None = the list's own news
    is_stopped: bool
    invites: bool  # to comment, from the public page
    is_too_late: bool = False  # for what it calls for


def read_campaign(db: Session, campaign_id: int) -> ListCampaign:
    """What is sent under an id. The one place that knows where the words of a mail to a list stand."""
    campaign = db.get(Campaign, campaign_id)
    if campaign is None:
        raise NotWanted
    about = about_of(db, campaign)
    consultation = about if isinstance(about, Consultation) else None
    is_stopped, words = campaign.state is CampaignState.STOPPED, queries.read_words(db, campaign.id)
    is_late = campaign.is_by_mailbox and is_too_late(db, campaign)
    return ListCampaign(words, consultation, is_stopped, campaign.is_by_mailbox, is_late)


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
        leave = {"leave": list_links.leave_token_of(subscription)}
        is_closed = (
            standing(db, subscription.key) is not None
        )  # they are on the list, and get nothing until they say it works
        return values | leave | ({"confirm": list_links.confirm_token_of(subscription)} if is_closed else {})
    is_old = clock.now() - subscription.asked_at > CONFIRM_LASTS
    if subscription.state is SubscriptionState.ENDED or is_old or not listed.mailing_list.is_open:
        raise NotWanted
    return values | {"confirm": list_links.confirm_token_of(subscription), "archive": ""}


def _list_mail(db: Session, parameters: Mapping[str, Any]) -> Values:
    values = _list_mails(db, [(i18n.language().code, parameters)])[0]
    if values is None:
        raise NotWanted(UNWANTED + why_unwanted_of_list(db, parameters["campaign"], parameters["subscription"]))
    return values


def _list_mails(db: Session, many: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Values | None]:
    """The values of many mails to lists: what is not somebody's own is read once for each campaign, list and language."""
    found: dict[tuple[int, int], Values] = {}
    for campaign_id in {one["campaign"] for _, one in many}:
        ids = {one["subscription"]: language for language, one in many if one["campaign"] == campaign_id}
        found |= {(campaign_id, one): values for one, values in _to_subscribers(db, campaign_id, ids)}
    return [found.get((one["campaign"], one["subscription"])) for _, one in many]


def _to_subscribers(db: Session, campaign_id: int, ids: dict[int, str]) -> Iterator[tuple[int, Values]]:
    """What each of some subscriptions (language by id) is to read of a campaign: nothing where it, or they, are not wanted any more."""
    kept = db.get(Campaign, campaign_id)
    if kept is None:
        return
    campaign = read_campaign(db, campaign_id)
    if campaign.is_stopped or campaign.is_too_late:
        return
    done = why_not_among(db, kept, list(ids)) if campaign.invites else {}
    about = campaign.consultation.id if campaign.consultation else None
    for list_id, readers in queries_lists.readers_among(db, list(ids), consultation_id=about).items():
        listed = queries_lists.read_list(db, list_id)
        if not listed.mailing_list.is_open:
            continue  # its page says that nothing more is sent
        said = {}
        for language in {ids[one] for one in readers}:
            with i18n.use_language(language):
                said[language] = _said(db, campaign, listed)
        for one in (one for one in readers if one not in done):
            yield one, said[ids[one]] | {"leave": list_links.leave_token_at(one)}


def previewed_list_mail(db: Session, campaign_id: int) -> Values:
    """What the mail of a campaign to a list shows, in the current language; its links lead nowhere."""
    list_id = db.get_one(Campaign, campaign_id).list_id
    assert list_id is not None, "a campaign to a list has one: CHECK"
    return _said(db, read_campaign(db, campaign_id), queries_lists.read_list(db, list_id)) | {"leave": NO_LINK}


def _said(db: Session, campaign: ListCampaign, listed: Listed) -> dict[str, Any]:
    """What the mail says to all who signed up, in the current language."""
    about = campaign.consultation
    wanted = about.languages if about else languages_of_list(listed.words.name)
    code = language_for(i18n.language().code, wanted, list(campaign.words))
    subject, body = campaign.words[code]
    return _of_list(listed) | {
        "own_subject": subject,
        "paragraphs": [part.strip() for part in body.split("\n") if part.strip()],
        "words_language": code,
        "words_direction": i18n.direction_of(code),
        "consultation": about.title.shown().text if about else "",
        "about": about.slug if about else "",
        **_invited(db, about if campaign.invites else None),
    }


def _invited(db: Session, consultation: Consultation | None) -> dict[str, Any]:
    """Until when those may comment whom a list invites, and who may; nothing of other mail."""
    window = newest_window(db, consultation.id) if consultation else None
    if consultation is None or window is None:
        return {"closes": "", "for_registered": False}
    return {"closes": closing(db, consultation), "for_registered": window.for_whom == FOR_REGISTERED}


def _test(db: Session, parameters: Mapping[str, Any]) -> Values:
    return {**previewed_list_mail(db, parameters["campaign"]), "leave": ""}


CONFIRMATION = MailTemplate(
    "list_confirmation", _l("Please confirm: %(list_name)s"), load=_confirmation, asked_for=True
)
LIST_MAIL = MailTemplate("list_mail", _l("%(own_subject)s"), load=_list_mail, load_many=_list_mails, own=("leave",))
LIST_TEST = MailTemplate("list_test", _l("Test: %(own_subject)s"), load=_test, to_staff=True)

"""Campaigns as mails: the words of the secretariat, the closing of the round, and the personal link."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.consultations.models import Consultation, ConsultationState
from consult.consultations.queries import newest_window
from consult.core import clock, i18n
from consult.core.i18n import _l
from consult.mail.messages import UNWANTED, MailTemplate, NotWanted, Values
from consult.mailings import queries
from consult.mailings.abouts import consultation_of
from consult.mailings.models import Campaign, CampaignKind, CampaignState
from consult.mailings.queries_left_out import why_unwanted
from consult.mailings.queries_mails import read_readers, took_part_among

NO_LINK = "…"  # where a preview shows a link of somebody's own


class Reader(StrEnum):
    """Kinds of recipients whose mails differ."""

    REGISTERED = "registered"  # of the registry, by consent
    OFFICE = "office"  # by duty: no way to leave, but for news
    OTHER = "other"  # takes part and is not in the registry
    SUBSCRIBED = "subscribed"  # signed up to the list


def _words(db: Session, campaign: Campaign) -> dict[str, Any]:
    """The words of a campaign as its templates show them, in the current language or the one that stands for it."""
    words = queries.read_words(db, campaign.id)
    consultation = consultation_of(db, campaign)
    code = language_for(i18n.language().code, consultation.languages, list(words))
    return {
        "own_subject": words[code][0],
        "paragraphs": [part.strip() for part in words[code][1].split("\n") if part.strip()],
        "words_language": code,
        "words_direction": i18n.direction_of(code),
        "consultation": consultation.title.shown().text,
        "slug": consultation.slug,
        "closes": closing(db, consultation),
        "kind": campaign.kind.value,
        "calls": campaign.calls_for_comments,
    }


def language_for(recipient: str, of_the_consultation: list[str], there: list[str], also: Sequence[str] = ()) -> str:
    """In which of the languages there are somebody reads it: their own, others they read, the consultation's, the site's.

    `also` are the others that they read, in order.
    """
    if own := own_language(recipient, also, there):
        return own
    site = [record.code for record in i18n.languages()]
    return next(code for code in (*of_the_consultation, *site, *there) if code in there)


def own_language(recipient: str, also: Sequence[str], there: Collection[str]) -> str | None:
    """Which of the languages there are somebody reads themselves, the one they asked for first; None for none."""
    return next((code for code in (recipient, *also) if code in there), None)


def closing(db: Session, consultation: Consultation) -> str:
    """When the newest round closes, in words; "" where there is none, or it has closed."""
    window = newest_window(db, consultation.id)
    if window is None or window.closes_at <= clock.now():
        return ""
    return i18n.format_instant(window.closes_at, consultation.time_zone)


def _campaign(db: Session, parameters: Mapping[str, Any]) -> Values:
    values = _campaigns(db, [(i18n.language().code, parameters)])[0]
    if values is None:
        raise NotWanted(UNWANTED + why_unwanted(db, parameters["campaign"], parameters["participant"]))
    return values


def _campaigns(db: Session, many: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Values | None]:
    """The values of many mails: what is not somebody's own is read once for each campaign and language."""
    found: dict[tuple[int, int], Values] = {}
    for campaign_id in {one["campaign"] for _, one in many}:
        ids = {one["participant"]: language for language, one in many if one["campaign"] == campaign_id}
        found |= {(campaign_id, one): values for one, values in _to_readers(db, campaign_id, ids)}
    return [found.get((one["campaign"], one["participant"])) for _, one in many]


def _to_readers(db: Session, campaign_id: int, ids: dict[int, str]) -> Iterator[tuple[int, Values]]:
    """What each of some participants (language by id) is to read of a campaign: nothing where it, or they, are not wanted any more."""
    campaign = db.get_one(Campaign, campaign_id)
    consultation = consultation_of(db, campaign)
    window = newest_window(db, consultation.id)
    if consultation.state is ConsultationState.ARCHIVED or campaign.state is CampaignState.STOPPED:
        return
    if campaign.calls_for_comments and window is not None and window.closes_at <= clock.now():
        return  # nothing can be done about it any more: it waited too long
    if campaign.is_reminder and window is None:
        return
    done = took_part_among(db, list(ids), window) if campaign.is_for_silent and window is not None else set()
    words = {}
    for language in set(ids.values()):
        with i18n.use_language(language):
            words[language] = _words(db, campaign)
    is_news = campaign.kind is CampaignKind.NEWS
    for one, reader in read_readers(db, consultation.id, list(ids), news=is_news).items():
        if one not in done:
            own = {
                "door": doors.token_at(*reader.door), "leave": "", "is_registered": reader.is_registered,
                "is_news": is_news,
            }  # fmt: skip
            if is_news or not reader.is_duty:  # duty is about official mail: an office gets news by its own yes
                own["leave"] = doors.leave_token_at(*reader.door)
            yield one, words[ids[one]] | own


def _test(db: Session, parameters: Mapping[str, Any]) -> Values:
    campaign = db.get_one(Campaign, parameters["campaign"])
    return _words(db, campaign) | {"door": "", "is_registered": True, "is_news": campaign.kind is CampaignKind.NEWS}


def previewed(db: Session, campaign: Campaign, reader: Reader) -> Values:
    """What the mail to a kind of recipient shows, in the current language; its links lead nowhere."""
    leave = "" if reader is Reader.OFFICE and campaign.kind is not CampaignKind.NEWS else NO_LINK
    is_registered = reader is not Reader.OTHER
    return _words(db, campaign) | {
        "door": NO_LINK, "leave": leave, "is_registered": is_registered,
        "is_news": campaign.kind is CampaignKind.NEWS,
    }  # fmt: skip


CAMPAIGN = MailTemplate("campaign", _l("%(own_subject)s"), load=_campaign, load_many=_campaigns, own=("door", "leave"))
CAMPAIGN_TEST = MailTemplate("campaign_test", _l("Test: %(own_subject)s"), load=_test, to_staff=True)

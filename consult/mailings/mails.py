"""Campaigns as mails: the words of the secretariat, the closing of the round, and the personal link."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.consultations.models import Consultation, ConsultationState, Participant
from consult.consultations.queries import newest_window, took_part
from consult.core import clock, i18n
from consult.core.i18n import _l
from consult.core.texts import fall_back
from consult.mail.messages import MailTemplate, NotWanted, Values
from consult.mailings import queries
from consult.mailings.models import Campaign, CampaignKind, CampaignState

NO_LINK = "…"  # where a preview shows a link of somebody's own


class Reader(StrEnum):
    """Kinds of recipients whose mails differ."""

    REGISTERED = "registered"  # of the registry, by consent
    OFFICE = "office"  # by duty: no way to leave
    OTHER = "other"  # takes part and is not in the registry
    SUBSCRIBED = "subscribed"  # signed up to the list


def _words(db: Session, campaign: Campaign) -> dict[str, Any]:
    """The words of a campaign as its templates show them, in the current language or the one that stands for it."""
    words = queries.read_words(db, campaign.id)
    consultation = db.get_one(Consultation, campaign.consultation_id)
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
        "is_list": campaign.list_id is not None,
    }


def language_for(recipient: str, of_the_consultation: list[str], there: list[str]) -> str:
    """In which of the languages there are somebody reads it: their own, the consultation's first, then the site's.

    Their own may be met by one that stands for it ("pt-BR" by "pt").
    """
    site = [record.code for record in i18n.languages()]
    wanted = (fall_back(recipient, there), *of_the_consultation, *site)
    return next(code for code in (*wanted, *there) if code in there)


def closing(db: Session, consultation: Consultation) -> str:
    """When the newest round closes, in words; "" where there is none, or it has closed."""
    window = newest_window(db, consultation.id)
    if window is None or window.closes_at <= clock.now():
        return ""
    return i18n.format_instant(window.closes_at, consultation.time_zone)


def _campaign(db: Session, parameters: Mapping[str, Any]) -> Values:
    participant = db.get(Participant, parameters["participant"]) or _gone()
    campaign = db.get_one(Campaign, parameters["campaign"])
    is_news = campaign.kind is CampaignKind.NEWS
    address = doors.mail_address(db, participant, news=is_news)
    consultation = db.get_one(Consultation, participant.consultation_id)
    if address is None or consultation.state is ConsultationState.ARCHIVED:
        raise NotWanted
    window = newest_window(db, consultation.id)
    if campaign.calls_for_comments and window is not None and window.closes_at <= clock.now():
        raise NotWanted  # nothing can be done about it any more: it waited too long
    if campaign.state is CampaignState.STOPPED:
        raise NotWanted
    if campaign.is_reminder and (window is None or took_part(db, participant.id, window)):
        raise NotWanted
    door = doors.door_of(db, participant)
    leave = "" if doors.is_duty(db, participant) else doors.leave_token_of(door)
    is_registered = participant.stakeholder_id is not None
    return _words(db, campaign) | {
        "door": doors.token_of(door), "leave": leave, "is_registered": is_registered,
        "is_news": is_news and is_registered,
    }  # fmt: skip


def _gone() -> Participant:
    raise NotWanted


def _test(db: Session, parameters: Mapping[str, Any]) -> Values:
    campaign = db.get_one(Campaign, parameters["campaign"])
    return _words(db, campaign) | {"door": "", "is_registered": True, "is_news": campaign.kind is CampaignKind.NEWS}


def previewed(db: Session, campaign: Campaign, reader: Reader) -> Values:
    """What the mail to a kind of recipient shows, in the current language; its links lead nowhere."""
    leave = "" if reader is Reader.OFFICE else NO_LINK
    is_registered = reader is not Reader.OTHER
    return _words(db, campaign) | {
        "door": NO_LINK, "leave": leave, "is_registered": is_registered,
        "is_news": campaign.kind is CampaignKind.NEWS and is_registered,
    }  # fmt: skip


CAMPAIGN = MailTemplate("campaign", _l("%(own_subject)s"), load=_campaign)
CAMPAIGN_TEST = MailTemplate("campaign_test", _l("Test: %(own_subject)s"), load=_test, to_staff=True)

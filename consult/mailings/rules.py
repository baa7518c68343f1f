"""Who gets a campaign, and when it may go out."""

import hmac
from collections.abc import Collection, Mapping
from datetime import datetime

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.mailings.models import (
    BEFORE_APPROVAL,
    BODY_MAX,
    SUBJECT_MAX,
    Audience,
    Campaign,
    CampaignKind,
    CampaignState,
)
from consult.mailings.models_lists import MailingList


class CampaignSent(Refused):
    """A change to what went out."""

    message = _l("This mailing has gone out, or is about to, and does not change any more. Write a new one.")
    status = 409


class TakenBackTooLate(Refused):
    """Taking back what has begun to go out."""

    message = _l("The mails have begun to go out. You can stop those that have not gone out yet.")
    status = 409


class NotUnderWay(Refused):
    """Pausing, going on or stopping where nothing is under way like that."""

    message = _l("This has changed meanwhile. Look at the page again.")
    status = 409


class NobodyMissed(Refused):
    """Another try for nobody."""

    message = _l("Every mail that could arrive has gone out. Nobody is left to try again.")
    status = 409


class StartWrong(Refused):
    """A start that is no time."""

    message = _l("Write day and time like 2027-03-14 09:00, or leave the field empty.")


class StartsTooLate(Refused):
    """A start after the closing."""

    message = _l("The round closes before that. Choose an earlier time.")


class WordsMissing(Refused):
    """A language without subject or text."""

    message = _l("Write subject and text in each language of the consultation. Missing: %(languages)s.")


class GapLeft(Refused):
    """Ready-made words that nobody completed."""

    message = _l("The text still has a line that says only “…” in: %(languages)s. Write there what you want to say.")


class WordsTooLong(Refused):
    """Over the limit."""

    message = _l("Use at most %(subject)s characters for the subject and %(body)s for the text.")


class ListClosed(Refused):
    """News to a list that is not in use."""

    message = _l("This mailing list is closed. Open it again, or choose other readers.")
    status = 409


class NewsOfTheListOnly(Refused):
    """Something else than its news where a list writes by itself."""

    message = _l(
        "A mailing list sends its own news, to those who signed up to it. Write anything else in a consultation."
    )
    status = 409


class NobodyChosen(Refused):
    """An empty list."""

    message = _l("Nobody would get this mail. Choose more categories or groups, or look at the reasons below.")


class ListNotReady(Refused):
    """Approval of what is not laid before anybody."""

    message = _l("This mailing does not wait for approval. Look at the page again.")
    status = 409


class CampaignChanged(Refused):
    """Approval of something else than what stands there now."""

    message = _l("The words or the list changed while you looked at them. Look at them again, then approve.")
    status = 409


class ApprovedByComposer(Refused):
    """One person for both."""

    message = _l("You wrote this mailing, or asked for its approval. Somebody else on the team approves it.")
    status = 403


class ReasonMissing(Refused):
    """Given back without a word."""

    message = _l("Say what should change.")


class NothingOpen(Refused):
    """A call to comment where no comment is taken."""

    message = _l("No round is open, so nobody can comment. Open the round first.")
    status = 409


class NotYetPublic(Refused):
    """A campaign to what cannot be seen."""

    message = _l("Show the consultation to the public first: the mail leads to its page.")


def check_write_campaign(campaign: Campaign) -> None:
    """A campaign that was approved stays as it is. One that waits for approval is written again, and asked for anew.

    Raises CampaignSent.  Source: DESIGN invariant 1.
    """
    if campaign.state not in BEFORE_APPROVAL:
        raise CampaignSent


def check_submit_campaign(campaign: Campaign) -> None:
    """Approval is asked for once.

    Raises NotUnderWay.  Source: issue of the mailings.
    """
    if campaign.state is not CampaignState.WRITING:
        raise NotUnderWay


def check_take_back_campaign(campaign: Campaign, *, now: datetime) -> None:
    """The sender may think again until the first mail goes out.

    Raises TakenBackTooLate.  Source: issue of the mailings, undo for ten minutes.
    """
    if campaign.state is not CampaignState.WAITING or campaign.starts_at is None or now >= campaign.starts_at:
        raise TakenBackTooLate


def check_pause_campaign(campaign: Campaign) -> None:
    """What goes out can be paused.

    Raises NotUnderWay.  Source: issue of the mailings.
    """
    if campaign.state not in (CampaignState.SENDING, CampaignState.SENT):
        raise NotUnderWay


def check_resume_campaign(campaign: Campaign) -> None:
    """What is paused can go on.

    Raises NotUnderWay.  Source: issue of the mailings.
    """
    if campaign.state is not CampaignState.PAUSED:
        raise NotUnderWay


def check_stop_campaign(campaign: Campaign) -> None:
    """What goes out, or is paused, can be stopped for good.

    Raises NotUnderWay.  Source: issue of the mailings.
    """
    if campaign.state not in (CampaignState.SENDING, CampaignState.PAUSED, CampaignState.SENT):
        raise NotUnderWay


def check_retry_campaign(campaign: Campaign, *, missed: int) -> None:
    """Another try is for those whom the mail did not reach: refused, come back, or not sent; and for nobody who got it.

    Raises NotUnderWay, NobodyMissed.  Source: issue of the mailings; complaint 1 of reference registry-mail-events.
    """
    if campaign.state is not CampaignState.SENT:
        raise NotUnderWay
    if not missed:
        raise NobodyMissed


def check_start(starts_at: datetime, *, closes_at: datetime | None) -> None:
    """What calls for comments goes out before they end.

    Raises StartsTooLate.  Source: issue of the mailings.
    """
    if closes_at is not None and starts_at >= closes_at:
        raise StartsTooLate


def check_words(words: Mapping[str, tuple[str, str]], languages: Collection[str]) -> None:
    """Everyone can read the campaign in one of the languages of the consultation.

    Raises WordsMissing, WordsTooLong.  Source: DESIGN invariant 13.
    """
    missing = [code for code in languages if not all(part.strip() for part in words.get(code, ("", "")))]
    if missing:
        raise WordsMissing(languages=", ".join(missing))
    if any(len(subject) > SUBJECT_MAX or len(body) > BODY_MAX for subject, body in words.values()):
        raise WordsTooLong(subject=SUBJECT_MAX, body=BODY_MAX)


def check_call_for_comments(kind: CampaignKind, *, is_public: bool, is_open: bool, is_over: bool) -> None:
    """What goes out leads somewhere, and what calls for comments goes out while they are taken.

    An invitation may come before the opening. Raises NotYetPublic, NothingOpen.  Source: issue of the invitations.
    """
    if not is_public:
        raise NotYetPublic
    if (kind is CampaignKind.REMINDER and not is_open) or (kind is CampaignKind.INVITATION and is_over):
        raise NothingOpen


def check_no_gap(words: Mapping[str, tuple[str, str]]) -> None:
    """What goes out says something: where the ready-made words leave a line to write, somebody wrote it.

    Raises GapLeft.  Source: a walk through the ready-made news; the terms of a consultation are held to the same.
    """
    left = [
        code for code, (_subject, body) in words.items() if any(set(line.strip()) == {"…"} for line in body.split("\n"))
    ]
    if left:
        raise GapLeft(languages=", ".join(sorted(left)))


def check_list_open(mailing_list: MailingList) -> None:
    """Nothing goes to a list that is closed: its page says so to everybody.

    Raises ListClosed.  Source: issue of the mailings.
    """
    if not mailing_list.is_open:
        raise ListClosed


def check_own_news(
    own: MailingList | None, kind: CampaignKind, audience: Audience, readers: MailingList | None
) -> None:
    """Where there is no consultation, a mailing list sends its own news to those who signed up to it, and nothing else.

    `own` is that list, None where there is a consultation.  Raises NewsOfTheListOnly.  Source: docs/decisions/0034-news-of-lists.md.
    """
    if own is None:
        return
    if kind is not CampaignKind.NEWS or audience is not Audience.LIST or readers is None or readers.id != own.id:
        raise NewsOfTheListOnly


def check_somebody_chosen(count: int) -> None:
    """A mailing reaches somebody.

    Raises NobodyChosen.  Source: issue of the invitations.
    """
    if not count:
        raise NobodyChosen


def check_approve_campaign(campaign: Campaign, *, seen: bytes, by: str) -> None:
    """What goes out was looked at by a second person, exactly as it stands: the words, the list, the reasons.

    `seen` is the digest of what the approver was shown.  Raises ListNotReady, ApprovedByComposer, CampaignChanged.
    Source: issue of the mailings, composer is not approver; reference registry-mail-events, 5.14.
    """
    if campaign.state is not CampaignState.SUBMITTED or campaign.digest is None:
        raise ListNotReady
    if by in (campaign.written_by, campaign.submitted_by):
        raise ApprovedByComposer
    if not hmac.compare_digest(campaign.digest, seen):
        raise CampaignChanged


def check_return_campaign(campaign: Campaign, *, note: str) -> None:
    """Whoever gives a mailing back says why.

    Raises ListNotReady, ReasonMissing.  Source: issue of the mailings.
    """
    if campaign.state is not CampaignState.SUBMITTED:
        raise ListNotReady
    if not note.strip():
        raise ReasonMissing

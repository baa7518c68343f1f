"""Who may be on a list, and when the mail that asks for a yes may go out."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from consult.core.i18n import _l, is_installed, languages
from consult.core.refusals import Refused
from consult.core.texts import Texts
from consult.mailings.models_lists import (
    NAME_MAX,
    OFTEN_MAX,
    SLUG_MAX,
    WHAT_MAX,
    ListLeaving,
    MailingList,
    Subscription,
    SubscriptionState,
)
from consult.mailings.rules_leaving import UNDO_LASTS

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CONFIRM_LASTS = timedelta(days=7)
MAILS_AN_HOUR = 3  # to a mailbox, over all lists; as doors.UNCONFIRMED_LINKS
HOUR = timedelta(hours=1)
LEFT_PAUSE = timedelta(days=7)  # between two such mails to a mailbox that wants no mail at all


class ListSlugWrong(Refused):
    """An address that cannot stand in a link and in a header of mails."""

    message = _l("Use only small letters, figures and single hyphens in the address, at most %(limit)s, like un-news.")


class ListSlugTaken(Refused):
    """The address of another list."""

    message = _l("Another list has this address. Choose another.")
    status = 409


class ListNameMissing(Refused):
    """No name, or nothing about what comes and how often, in a language of the site."""

    message = _l("Write name, what it is and how often in each language of the site. Missing: %(languages)s.")


class ListWordsTooLong(Refused):
    """Over a limit."""

    message = _l("Use at most %(name)s characters for the name, %(what)s for what it is, %(often)s for how often.")


class ListLanguageUnknown(Refused):
    """A language that the site does not have."""

    message = _l("Choose one of the languages of this site.")


class SignUpClosed(Refused):
    """A list to which nobody can be added."""

    message = _l("Nobody can sign up to this list at the moment.")
    status = 409


class ConfirmOver(Refused):
    """A link of a sign-up that is too old, or was used and left since."""

    message = _l("This link was used already, or is older than seven days. Sign up again to get a new one.")
    status = 410


class ListWordsChanged(Refused):
    """A yes to what the list said before."""

    message = _l("What the list says of itself has changed meanwhile. Read it, then say yes.")
    status = 409


class MailedEnough(Refused):
    """As many mails as a mailbox that has not said yes may get."""

    message = _l(
        "Mail went to this address lately, and nobody has said yes. Wait: we write three times an hour at most,"
        " and once a week where somebody wanted no mail at all."
    )
    status = 409


class NotOnList(Refused):
    """Ending what has ended, or never began."""

    message = _l("This address is not on the list any more.")
    status = 409


class ListUndoOver(Refused):
    """Taking back a leaving that is not one's own, was taken back already, or is too old."""

    message = _l("This can no longer be undone here. On the page of the list you can sign up again.")
    status = 410


def check_list_words(name: Texts, what_it_is: Texts, how_often: Texts) -> None:
    """Everybody can read in their language what a list is and how often mail comes, before saying yes.

    Raises ListNameMissing, ListWordsTooLong.  Source: DESIGN invariant 13.
    """
    parts = (name, what_it_is, how_often)
    missing = [one.code for one in languages() if not all(part.get(one.code, "").strip() for part in parts)]
    if missing:
        raise ListNameMissing(languages=", ".join(missing))
    limits = (NAME_MAX, WHAT_MAX, OFTEN_MAX)
    if any(len(words) > limit for part, limit in zip(parts, limits, strict=True) for words in part.values()):
        raise ListWordsTooLong(name=NAME_MAX, what=WHAT_MAX, often=OFTEN_MAX)


def check_list_slug(slug: str) -> None:
    """The address of a list stands in links and in the List-Id of mails.

    Raises ListSlugWrong.  Source: RFC 2919 section 2.
    """
    if not SLUG.fullmatch(slug) or len(slug) > SLUG_MAX:
        raise ListSlugWrong(limit=SLUG_MAX)


def check_sign_up(mailing_list: MailingList, language: str, *, by_staff: bool) -> None:
    """Anybody can sign up to an open list that takes sign-ups; staff enter whoever asked them to any open one.

    Raises SignUpClosed, ListLanguageUnknown.  Source: DESIGN invariant 6.
    """
    if not mailing_list.is_open or not (mailing_list.takes_sign_up or by_staff):
        raise SignUpClosed
    if not is_installed(language):
        raise ListLanguageUnknown


def check_mail_sign_up(mailed: Sequence[datetime], *, has_left: bool, now: datetime) -> None:
    """Anybody can type the address of somebody else: it gets three mails an hour, and one a week where its reader left all mail.

    Raises MailedEnough.  Source: DESIGN invariant 6; docs/decisions/0024-lists.md.
    """
    if sum(at > now - HOUR for at in mailed) >= MAILS_AN_HOUR:
        raise MailedEnough
    if has_left and any(at > now - LEFT_PAUSE for at in mailed):
        raise MailedEnough


def check_confirm_subscription(subscription: Subscription, mailing_list: MailingList, *, now: datetime) -> None:
    """A sign-up is confirmed once, within seven days, while the list is open. Pressing again changes nothing.

    Raises ConfirmOver, SignUpClosed.  Source: docs/decisions/0024-lists.md.
    """
    if subscription.state is SubscriptionState.CONFIRMED:
        return
    if subscription.state is SubscriptionState.ENDED or now - subscription.asked_at > CONFIRM_LASTS:
        raise ConfirmOver
    if not mailing_list.is_open:
        raise SignUpClosed


def check_words_shown(mailing_list: MailingList, words: int) -> None:
    """A yes is a yes to what its giver has read.

    Raises ListWordsChanged.  Source: DESIGN section 5, every form carries the version it was shown.
    """
    if words != mailing_list.revision:
        raise ListWordsChanged


def check_end_subscription(subscription: Subscription) -> None:
    """What has ended is not ended again.

    Raises NotOnList.  Source: docs/decisions/0024-lists.md.
    """
    if subscription.state is SubscriptionState.ENDED:
        raise NotOnList


def check_change_list_language(subscription: Subscription, language: str) -> None:
    """Whoever is on a list gets its mails in whichever of the site's languages they choose.

    Raises NotOnList, ListLanguageUnknown.  Source: issue of the mailings.
    """
    if subscription.state is not SubscriptionState.CONFIRMED:
        raise NotOnList
    if not is_installed(language):
        raise ListLanguageUnknown


def check_undo_list_leaving(leaving: ListLeaving | None, *, now: datetime) -> None:
    """Only whoever pressed the button can take leaving a list back, in the same window, within a day.

    Raises ListUndoOver.  Source: DESIGN invariant 6; a link in a mail may be anybody's by now.
    """
    if leaving is None or leaving.undone_at is not None or now - leaving.at > UNDO_LASTS:
        raise ListUndoOver

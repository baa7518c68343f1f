"""When a round may open, and when a comment is taken."""

from datetime import datetime

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.rounds.models import EVIDENCE_MAX, TEXT_MAX, Consent, Round


class ClosingTooEarly(Refused):
    """A closing that is not ahead."""

    message = _l("The closing must lie ahead. Choose a later day.")


class ClosingEarlier(Refused):
    """A round is asked to end before the time announced."""

    message = _l("People count on the day that was announced. A round can be extended, not shortened.")


class RoundOpenAlready(Refused):
    """Two rounds at once."""

    message = _l("A round is open already. Extend it, or wait until it closes.")
    status = 409


class VersionNotPublished(Refused):
    """A round on a text that nobody can read."""

    message = _l("Publish the draft first: people comment on what they can read.")


class RoundClosed(Refused):
    """A comment outside of the window."""

    message = _l(
        "This round is closed and takes no comments any more. Your words are below, so that you can copy them."
    )
    status = 409


class CommentEmpty(Refused):
    """Neither a remark nor a suggestion."""

    message = _l("Write your comment, or change the wording of the paragraph.")


class CommentTooLong(Refused):
    """Over the limit."""

    message = _l("Use at most %(limit)s characters; this has %(over)s too many.")


class ConsentMissing(Refused):
    """Nothing chosen: we never choose for people."""

    message = _l("Choose what we may publish.")


class NameMissing(Refused):
    """A comment under a name, without one."""

    message = _l("Write your name, or the name of your organisation.")


class OrganisationMissing(Refused):
    """Published with the organisation only, and none given."""

    message = _l("Write the name of your organisation, or choose another way to publish.")


class CategoryMissing(Refused):
    """Published with the category only, and none given."""

    message = _l("Choose the category that fits, or choose another way to publish.")


def check_open_round(latest: Round | None, *, closes_at: datetime, is_published: bool, now: datetime) -> None:
    """A round opens on a published version, closes ahead, and is the only one open.

    Raises VersionNotPublished, ClosingTooEarly, RoundOpenAlready.  Source: DESIGN section 1, round.
    """
    if not is_published:
        raise VersionNotPublished
    if closes_at <= now:
        raise ClosingTooEarly
    if latest is not None and latest.closes_at > now:
        raise RoundOpenAlready


def check_extend_round(round_: Round, *, closes_at: datetime) -> None:
    """A round can be made longer, never shorter.

    Raises ClosingEarlier.  Source: issue of the round: extending is public.
    """
    if closes_at <= round_.closes_at:
        raise ClosingEarlier


def check_send_comment(round_: Round, *, now: datetime) -> None:
    """Comments are taken from the opening to the closing, to the second.

    Raises RoundClosed.  Source: DESIGN section 1, round.
    """
    if not round_.opens_at <= now < round_.closes_at:
        raise RoundClosed


def check_comment(text: str, suggestion: str, evidence: str) -> None:
    """A comment says something, and not more than we can read.

    Raises CommentEmpty, CommentTooLong.  Source: DESIGN invariant 12.
    """
    if not text.strip() and not suggestion.strip():
        raise CommentEmpty
    for words, limit in ((text, TEXT_MAX), (suggestion, TEXT_MAX), (evidence, EVIDENCE_MAX)):
        if len(words) > limit:
            raise CommentTooLong(limit=limit, over=len(words) - limit)


def check_consent(consent: Consent | None, *, name: str, organisation: str, category: str) -> None:
    """Its author chooses what is published, and gives what that choice needs.

    Raises ConsentMissing, NameMissing, OrganisationMissing, CategoryMissing.  Source: DESIGN invariant 4.
    """
    if consent is None:
        raise ConsentMissing
    if not name.strip() and not organisation.strip():
        raise NameMissing
    if consent is Consent.ORGANISATION_ONLY and not organisation.strip():
        raise OrganisationMissing
    if consent is Consent.CATEGORY_ONLY and not category:
        raise CategoryMissing

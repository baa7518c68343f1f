"""When a round may open, and when a comment is taken."""

from datetime import datetime

from consult.consultations.models import Participant
from consult.core.i18n import _l
from consult.core.refusals import Refused, permits
from consult.drafts.models import DraftVersion, VersionState
from consult.rounds.models import EVIDENCE_MAX, NAMED, TEXT_MAX, Audience, Consent, Round


class ClosingTooEarly(Refused):
    """A closing that is not ahead."""

    message = _l("The closing must lie ahead. Choose a later day.")


class ClosingEarlier(Refused):
    """A round is asked to end before the time announced."""

    message = _l("People count on the day that was announced. A round can be extended, not shortened.")


class RoundOver(Refused):
    """More time for a round that has ended."""

    message = _l("This round has closed. Open a new one on the same draft: what came in the first stays as it is.")
    status = 409


class RoundOpenAlready(Refused):
    """Two rounds at once."""

    message = _l("A round is open already. Extend it, or wait until it closes.")
    status = 409


class DraftMissing(Refused):
    """A round on nothing."""

    message = _l("Upload the draft first: people comment on what they can read.")


class DraftPublicAlready(Refused):
    """A round for the invited on a draft that everyone reads."""

    message = _l("This version is public already, so it cannot be for the invited only. Upload a new version for that.")


class DraftPrivate(Refused):
    """A round for everyone on a draft that only the invited read."""

    message = _l("This version was published for the invited only. Upload a new version for a wider round.")


class NamelessNotForInvited(Refused):
    """Comments without a name on a draft that only the invited read."""

    message = _l(
        "A round for the invited cannot take comments without a name: its draft would be shown to everyone by safe."
    )


class ReleaseWrong(Refused):
    """Released comments that belong to nothing here."""

    message = _l(
        "A released comment is empty, too long, or not about a paragraph of this draft. Nothing of this file was taken."
    )


class NotPublicYet(Refused):
    """A round of a consultation that nobody can see."""

    message = _l("Show the consultation to the public first: people read its terms before they comment.")


class ForOthers(Refused):
    """A comment by someone outside of the audience."""

    message = _l(
        "This round is for those who have a personal link. Open the link in your mail, or have it mailed to you again."
    )
    status = 403


class WithdrawnAlready(Refused):
    """A withdrawal twice."""

    message = _l("This comment is withdrawn already.")
    status = 409


class DraftsIncomplete(Refused):
    """Saved comments that cannot be sent as they are; the others wait with them."""

    message = _l("The comment on paragraph %(ref)s cannot be sent yet. Open it: the page says what is missing.")


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


def check_open_round(
    latest: Round | None,
    version: DraftVersion | None,
    *,
    audience: Audience,
    closes_at: datetime,
    is_public: bool,
    now: datetime,
) -> None:
    """A round opens on a draft that fits its audience, under terms that can be read, closes ahead, and is the only one open.

    Raises NotPublicYet, DraftMissing, DraftPublicAlready, DraftPrivate, ClosingTooEarly, RoundOpenAlready.
    Source: DESIGN section 1, round.
    A consultation is shown to the public only with its terms, so a round on one that is shown has them.
    """
    if not is_public:
        raise NotPublicYet
    if version is None:
        raise DraftMissing
    if version.state is VersionState.PUBLISHED and (audience is Audience.INVITED) is version.is_public:
        raise DraftPublicAlready if version.is_public else DraftPrivate
    if closes_at <= now:
        raise ClosingTooEarly
    if latest is not None and latest.closes_at > now:
        raise RoundOpenAlready


def check_take_nameless(audience: Audience) -> None:
    """Comments without a name are taken on drafts that everyone may read. Whether there is a key is custody's rule.

    Raises NamelessNotForInvited.  Source: reference safe.md 3.1.
    """
    if audience is Audience.INVITED:
        raise NamelessNotForInvited


def check_release_comment(text: str, suggestion: str, evidence: str, *, is_placed: bool) -> None:
    """A released comment says something that we can read, about a paragraph of the draft or the whole of it.

    Raises ReleaseWrong.  Source: reference safe.md 3.5.
    """
    if not is_placed or not permits(check_comment, text, suggestion, evidence):
        raise ReleaseWrong


def check_extend_round(round_: Round, *, closes_at: datetime, now: datetime) -> None:
    """An open round can be made longer, never shorter. A closed one stays closed: it may be answered or reported on already.

    Raises RoundOver, ClosingEarlier.  Source: issue of the round: extending is public.
    """
    if round_.closes_at <= now:
        raise RoundOver
    if closes_at <= round_.closes_at:
        raise ClosingEarlier


def check_send_comment(round_: Round, *, now: datetime) -> None:
    """Comments are taken from the opening to the closing, to the second.

    Raises RoundClosed.  Source: DESIGN section 1, round.
    """
    if not round_.opens_at <= now < round_.closes_at:
        raise RoundClosed


def check_audience(round_: Round, participant: Participant | None) -> None:
    """A public round is for everyone, a registered one for stakeholders of the registry, an invited one for the invited.

    Raises ForOthers.  Source: DESIGN section 1, round.
    """
    if round_.audience is Audience.REGISTERED and (participant is None or participant.stakeholder_id is None):
        raise ForOthers
    if round_.audience is Audience.INVITED and (participant is None or participant.invited_at is None):
        raise ForOthers


def check_withdraw_comment(withdrawn_at: datetime | None) -> None:
    """An author takes a comment back once, whenever they like; after publication a tombstone stays.

    Raises WithdrawnAlready.  Source: DESIGN invariant 4.
    """
    if withdrawn_at is not None:
        raise WithdrawnAlready


def check_comment(text: str, suggestion: str, evidence: str) -> None:
    """A comment says something, and not more than we can read.

    Raises CommentEmpty, CommentTooLong.  Source: DESIGN invariant 12.
    """
    if not text.strip() and not suggestion.strip():
        raise CommentEmpty
    check_length(text, suggestion, evidence)


def check_length(text: str, suggestion: str, evidence: str) -> None:
    """A comment is not longer than we can read; the page says by how much.

    Raises CommentTooLong.  Source: DESIGN invariant 12.
    """
    for words, limit in ((text, TEXT_MAX), (suggestion, TEXT_MAX), (evidence, EVIDENCE_MAX)):
        if len(words) > limit:
            raise CommentTooLong(limit=limit, over=len(words) - limit)


class NameIsProtected(Refused):
    """A name to publish that nobody here knows."""

    message = _l("Your entry is protected: nobody here knows your name, so it cannot be published. Choose another way.")


def check_consent(
    consent: Consent | None, *, name: str, organisation: str, category: str, is_protected: bool = False
) -> None:
    """Its author chooses what is published, and gives what that choice needs. Of a protected one no name is ever published.

    Raises ConsentMissing, NameIsProtected, NameMissing, OrganisationMissing, CategoryMissing.
    Source: DESIGN invariant 4; decision 0028.
    """
    if consent is None:
        raise ConsentMissing
    if is_protected and consent in NAMED:
        raise NameIsProtected
    if not name.strip() and not organisation.strip():
        raise NameMissing
    if consent is Consent.ORGANISATION_ONLY and not organisation.strip():
        raise OrganisationMissing
    if consent is Consent.CATEGORY_ONLY and not category:
        raise CategoryMissing

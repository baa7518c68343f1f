"""What a consultation must have, and who may work on it."""

import re
from collections.abc import Collection
from datetime import date
from zoneinfo import ZoneInfo

from consult.accounts.models import Role
from consult.accounts.rules import Act, NotAllowed, check_may
from consult.consultations.models import Consultation, ConsultationState, TermsPart
from consult.core.i18n import _l, is_installed
from consult.core.refusals import Refused
from consult.core.texts import Texts
from consult.vocabularies import tables

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class TitleMissing(Refused):
    """A language without a title."""

    message = _l("Write the title in each language of the consultation. Missing: %(languages)s.")


class LanguageUnknown(Refused):
    """A language in which we have no pages, or none at all."""

    message = _l("Choose at least one language of this site.")


class SlugWrong(Refused):
    """An address that would need escaping."""

    message = _l("Use small letters, figures and hyphens for the address, like upr-2027.")


class SlugTaken(Refused):
    """Another consultation has this address."""

    message = _l("Another consultation has this address. Choose another.")
    status = 409


class KindUnknown(Refused):
    """A kind of text outside of the vocabulary."""

    message = _l("Choose the kind of text from the list.")


class TimeZoneUnknown(Refused):
    """Not a zone of the IANA list."""

    message = _l("Choose a time zone from the list.")


class NotOnTeam(NotAllowed):
    """A role that fits, but not on this consultation's team."""

    message = _l("You are not on the team of this consultation. Someone on the team can add you.")


class TermsIncomplete(Refused):
    """A part of the terms is missing in a language."""

    message = _l(
        "The terms of this consultation are not complete: %(count)s parts are missing. Write them before you open it."
    )


class TermsUnfinished(Refused):
    """The ready-made terms have places to fill in, and some were not."""

    message = _l("The terms still say “…” in %(count)s places. Write there what holds for you.")


class TakesPartAlready(Refused):
    """Two at once let the same stakeholder in: the first counts."""

    status = 409


class ConsultationArchived(Refused):
    """A personal link after the end."""

    message = _l("This consultation is over and archived. Your link leads to nothing more. The report stays public.")
    status = 410


class ArchivedTooEarly(Refused):
    """An end before the beginning."""

    message = _l("Only a consultation that the public has seen can be archived.")
    status = 409


class CommentsStillTaken(Refused):
    """An end while people write."""

    message = _l("Comments are still taken. Archive the consultation after the round has closed.")
    status = 409


class AnswersOwed(Refused):
    """An end that would keep from people what they were promised."""

    message = _l(
        "Comments whose answer is not published yet: %(count)s. Publish the answers first: people were promised them."
    )
    status = 409


class LinkNeeded(Refused):
    """A page of one's own, without having come through one's door."""

    message = _l("This page is yours alone: open it by the personal link in the mail we sent you.")
    status = 403


class LastOfTeam(Refused):
    """Nobody would be left."""

    message = _l("At least one person must stay on the team. Add another before you leave.")


def check_work_on(roles: Collection[Role], act: Act, *, on_team: bool) -> None:
    """Work on a consultation takes a role that allows it and a place on its team. Nobody else, administrators included.

    Raises NotAllowed, NotOnTeam.  Source: DESIGN invariant 10.
    """
    check_may(roles, act)
    if not on_team:
        raise NotOnTeam


def check_consultation(consultation: Consultation) -> None:
    """A consultation has a title in each of its languages, a kind from the table, a zone and a plain address.

    Raises LanguageUnknown, TitleMissing, SlugWrong, KindUnknown, TimeZoneUnknown.  Source: DESIGN invariant 13.
    """
    if not consultation.languages or not all(is_installed(code) for code in consultation.languages):
        raise LanguageUnknown
    missing = [code for code in consultation.languages if not consultation.title.get(code, "").strip()]
    if missing:
        raise TitleMissing(languages=", ".join(missing))
    if not SLUG.fullmatch(consultation.slug):
        raise SlugWrong
    if consultation.kind not in tables.kinds():
        raise KindUnknown
    try:
        ZoneInfo(consultation.time_zone)
    except (ValueError, LookupError, OSError):
        raise TimeZoneUnknown from None


def check_terms_complete(terms: dict[TermsPart, Texts], languages: Collection[str]) -> None:
    """Before people are asked to speak, they can read in their language who reads, who decides and what is published.

    Raises TermsIncomplete, TermsUnfinished.  Source: A/HRC/50/64, paragraph 54.
    """
    missing = sum(not terms.get(part, Texts()).get(code, "").strip() for part in TermsPart for code in languages)
    if missing:
        raise TermsIncomplete(count=missing)
    unfinished = sum("…" in texts.get(code, "") for texts in terms.values() for code in languages)
    if unfinished:
        raise TermsUnfinished(count=unfinished)


def check_leave_team(members: int) -> None:
    """At least one person stays on the team.

    Raises LastOfTeam.  Source: DESIGN invariant 10.
    """
    if members <= 1:
        raise LastOfTeam


def check_enter(consultation: Consultation) -> None:
    """A personal link leads to what one wrote, also after closing, until the consultation is archived.

    Raises ConsultationArchived.  Source: DESIGN section 4.
    """
    if consultation.state is ConsultationState.ARCHIVED:
        raise ConsultationArchived


def check_archive_consultation(consultation: Consultation, *, is_open: bool, unanswered: int) -> None:
    """A consultation ends after the public has seen it, nobody is writing any more, and everyone has their answer.

    From then on personal links lead to nothing more, so nobody could read an answer or take a comment back.
    Raises ArchivedTooEarly, CommentsStillTaken, AnswersOwed.  Source: DESIGN section 4, doors; invariant 3.
    """
    if consultation.state is ConsultationState.PREPARING:
        raise ArchivedTooEarly
    if is_open:
        raise CommentsStillTaken
    if unanswered:
        raise AnswersOwed(count=unanswered)


def is_overdue(consultation: Consultation, today: date) -> bool:
    """Whether the mechanism has been waiting for the text: the public page says so."""
    return consultation.due_on is not None and consultation.submitted_on is None and today > consultation.due_on

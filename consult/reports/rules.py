"""When the answers may be published, and what of a comment is shown."""

from collections.abc import Iterator
from datetime import date

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.reports.models import ReportKind
from consult.responses.queries import Progress
from consult.safe_desk.rules import Standing

ENOUGH = 5  # participants who share a category; source: DESIGN invariants 4 and 8


class RoundStillOpen(Refused):
    """A report before the end."""

    message = _l("The round is still open. Publish the answers after it has closed.")
    status = 409


class NoComments(Refused):
    """A report on nothing."""

    message = _l("No comment came in this round, so there is nothing to report.")


class Unanswered(Refused):
    """Comments without an answer, in a final report."""

    message = _l("%(count)s comments have no answer yet.")


class Unscreened(Refused):
    """Comments nobody has screened."""

    message = _l("%(count)s comments have not been screened for passages about third persons.")


class ObjectionsOpen(Refused):
    """Authors who said something against the screening, and got no reply."""

    message = _l("Objections of authors to what is blacked out or kept back that have no reply yet: %(count)s.")
    status = 409


class NotAllReleased(Refused):
    """Comments without a name are still with the protection officers, or on their way to them."""

    message = _l("The protection officers have not released everything yet that came without a name.")
    status = 409


class WithdrawalsNotAnnounced(Refused):
    """Nobody has said until when one can withdraw."""

    message = _l("Announce first until when people who wrote without a name can withdraw.")
    status = 409


class WithdrawalsOpen(Refused):
    """That hour is not over."""

    message = _l("Until the announced hour people who wrote without a name can withdraw. Publish after it.")
    status = 409


class LastRunMissing(Refused):
    """What was withdrawn in the last hours is not in yet."""

    message = _l(
        "The last exchange with safe, after the announced hour, and the officers' work on it are still missing."
    )
    status = 409


class ReportPublished(Refused):
    """A second final report."""

    message = _l("The report on this round is published and stays as it is.")
    status = 409


class InterimWithoutDate(Refused):
    """An interim report that does not say when the rest comes."""

    message = _l("Write the day by which the missing answers will be there.")


class InterimNotNeeded(Refused):
    """Everything is answered."""

    message = _l("Every comment has its answer: publish the report itself.")


class ChangedMeanwhile(Refused):
    """What was prepared is not what would be published now."""

    message = _l(
        "Something was changed while the report was being prepared. Nothing was published. Look once more, then publish again."
    )
    status = 409


def check_unchanged(prepared_from: str, now: str, *, is_complete: bool) -> None:
    """A report is published as it was prepared, and only while nothing has changed of what it was made of.

    Raises ChangedMeanwhile.  Source: DESIGN invariants 1 and 3; docs/decisions/0016-publishing.md.
    """
    if prepared_from != now or not is_complete:
        raise ChangedMeanwhile


def check_publish_report(
    progress: Progress,
    *,
    objections: int,
    kind: ReportKind,
    is_closed: bool,
    is_published: bool,
    answers_by: date | None,
    nameless: Standing = Standing.NONE,
) -> None:
    """Before a final report every comment is answered and screened; an interim one says by when the rest will be.

    No objection to the screening is without a reply in either; and what came without a name is all released, and was withdrawn
    by the hour that was announced, in either.
    Raises RoundStillOpen, NotAllReleased, WithdrawalsNotAnnounced, WithdrawalsOpen, LastRunMissing, ReportPublished, NoComments,
    Unanswered, Unscreened, ObjectionsOpen, InterimWithoutDate, InterimNotNeeded.  Source: DESIGN invariants 3 and 15; reference
    safe.md 3.9; docs/decisions/0015-custody.md.
    """
    for problem in problems(
        progress,
        objections=objections,
        kind=kind,
        is_closed=is_closed,
        is_published=is_published,
        answers_by=answers_by,
        nameless=nameless,
    ):
        raise problem


WAITS: dict[Standing, type[Refused]] = {
    Standing.CLOSED: NotAllReleased,
    Standing.RELEASED: WithdrawalsNotAnnounced,
    Standing.WITHDRAWING: WithdrawalsOpen,
    Standing.LAST_RUN: LastRunMissing,
}


def problems(
    progress: Progress,
    *,
    objections: int,
    kind: ReportKind,
    is_closed: bool,
    is_published: bool,
    answers_by: date | None,
    nameless: Standing = Standing.NONE,
) -> Iterator[Refused]:
    """Everything that stands against publishing, the gravest first: what the publish check shows."""
    if not is_closed:
        yield RoundStillOpen()
    if nameless in WAITS:
        yield WAITS[nameless]()
    if is_published:
        yield ReportPublished()
    if not progress.comments:
        yield NoComments()
    if kind is ReportKind.FINAL and progress.unanswered:
        yield Unanswered(count=progress.unanswered)
    if progress.unscreened:
        yield Unscreened(count=progress.unscreened)
    if objections and not is_published:
        yield ObjectionsOpen(count=objections)
    if kind is ReportKind.INTERIM and answers_by is None:
        yield InterimWithoutDate()
    if kind is ReportKind.INTERIM and progress.comments and not progress.unanswered:
        yield InterimNotNeeded()

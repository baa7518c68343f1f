"""News that stopped going out by itself, as people call it: what it says, and about which consultation."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.consultations.models import Consultation
from consult.core.i18n import LazyText, _l
from consult.core.texts import Texts
from consult.mail.models import Halt
from consult.mail.queries_halts import list_standing
from consult.mailings.models import CAUSE
from consult.reports.models import FrozenReport
from consult.rounds.models import Round

EXTENDED, ANSWERS = "round_extended", "report"  # how the causes of such mails begin
WHAT = {
    EXTENDED: _l("There is more time to comment"),
    ANSWERS: _l("The answers are published"),
}
OTHER = _l("News for those who take part")


class Halted(NamedTuple):
    """A halt in words. `title` is None where the consultation cannot be told from its cause."""

    halt: Halt
    what: LazyText
    title: Texts | None


def list_halted(db: Session) -> list[Halted]:
    """Those of news for participants. Those of a campaign stand on its own page, with what became of each mail."""
    return [_in_words(db, halt) for halt in of_news(list_standing(db))]


def of_news(halts: Iterable[Halt]) -> list[Halt]:
    """Without those of campaigns."""
    return [halt for halt in halts if not halt.cause.startswith(CAUSE)]


def _in_words(db: Session, halt: Halt) -> Halted:
    kind, _, rest = halt.cause.partition(":")
    number = rest.split(":")[0]
    if kind not in WHAT or not number.isdigit():
        return Halted(halt, OTHER, None)
    query = select(Consultation.title).join(Round, Round.consultation_id == Consultation.id)
    if kind == ANSWERS:
        query = query.join(FrozenReport, FrozenReport.round_id == Round.id).where(FrozenReport.id == int(number))
    else:
        query = query.where(Round.id == int(number))
    return Halted(halt, WHAT[kind], db.scalar(query))

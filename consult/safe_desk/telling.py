"""What may be told, to everybody and to the team, about comments without a name: who opens them, and how far the round is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from consult.consultations.models import Consultation
from consult.core.i18n import language
from consult.custody import queries as custody
from consult.custody import sides
from consult.custody.models import Officer
from consult.safe_desk import queries
from consult.safe_desk.manifests import officer_line
from consult.safe_desk.models import NamelessRound
from consult.safe_desk.rules import Standing


@dataclass(frozen=True, slots=True)
class Told:
    """About the newest round that takes comments without a name."""

    address: str  # of safe
    onion: str  # "" = none
    takes: bool  # now
    officers: list[tuple[str, str]]  # a sentence and the fingerprint of each
    in_ministry: bool  # one of them works where the draft is written
    standing: Standing
    withdraw_until: datetime | None
    is_erased: bool  # every officer has confirmed that

    @property
    def version(self) -> str:
        """Names what this says, for caches."""
        return repr((self.address, self.takes, self.officers, self.standing, self.withdraw_until, self.is_erased))


def told_of(db: Session, consultation: Consultation, *, now: datetime) -> Told | None:
    """What may be told about a consultation; None where no round of it ever took comments without a name, or there is no safe."""
    safe, rounds = sides.safe(), queries.nameless_rounds(db, consultation.id)
    if safe is None or not rounds:
        return None
    row, key = db.get(NamelessRound, rounds[0].id), custody.present_key(db, consultation.id)
    is_open = rounds[0].opens_at <= now < rounds[0].closes_at
    serving: list[Officer] = custody.list_serving(db)
    return Told(
        address=safe.address(language().code, consultation.slug),
        onion=safe.onion_address(language().code, consultation.slug),
        takes=is_open and key is not None and key.stopped_at is None,
        officers=[(officer_line(one), one.fingerprint) for one in serving],
        in_ministry=any(one.in_ministry for one in serving),
        standing=queries.find_standing(db, rounds[0], now=now),
        withdraw_until=row.withdraw_until if row else None,
        is_erased=custody.is_erased(db, consultation.id),
    )

"""The link to the briefing of a seat: its token, made while a mail is rendered, and the seat that a token leads to."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.core import ids
from consult.core.db import lock
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.mail.keys import address_key
from consult.mailings.models_seat_links import SeatLink
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_seats import Seat, SeatState
from consult.stakeholders.queries_doubles import whole_of


class SeatLinkOver(Refused):
    """Of a seat that somebody else holds or nobody, replaced, or never made."""

    message = _l(
        "This link was for whoever held a seat. It ended with the seat, or a newer one took its place. Ask the secretariat."
    )
    status = 410


def token_of(db: Session, link: SeatLink) -> str:
    """The token of a link, 32 hex digits: for a mail that is being rendered, and kept nowhere.

    It is of the mailbox that its holder has now: whoever reads one they had before opens nothing.
    """
    holder = whole_of(db, db.get_one(Stakeholder, db.get_one(Seat, link.seat_id).holder_id))
    return doors.other_token(f"seat:{address_key(holder.email).hex()}", link.seat_id, link.generation)


def find_seat(db: Session, token: str) -> Seat:
    """The seat whose holder reads their briefing with a token.

    Raises SeatLinkOver once its term is over or its holder has another mailbox, and for a link that was replaced or never made:
    whoever tries learns of none of these.
    """
    link = db.scalars(select(SeatLink).where(SeatLink.digest == ids.digest(token))).one_or_none()
    seat = db.get_one(Seat, link.seat_id) if link is not None else None
    if link is None or seat is None or seat.state is not SeatState.HELD or token_of(db, link) != token:
        raise SeatLinkOver
    return seat


def link_of(db: Session, seat: Seat) -> SeatLink:
    """The link of a seat, made where there is none yet for the mailbox that its holder has."""
    lock(db, seat)  # two mails at once have one link
    link = db.get(SeatLink, seat.id)
    if link is None or link.digest != ids.digest(token_of(db, link)):
        return replace_link(db, seat)
    return link


def replace_link(db: Session, seat: Seat) -> SeatLink:
    """A new link for a seat; the one before leads nowhere from now on."""
    link = db.get(SeatLink, seat.id) or SeatLink(seat_id=seat.id)
    link.generation = ids.random_number()
    link.digest = ids.digest(token_of(db, link))
    db.add(link)
    db.flush()
    return link

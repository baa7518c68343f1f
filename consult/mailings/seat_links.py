"""The link to the briefing of a seat: its token, made while a mail is rendered, and the seat that a token leads to."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.core import ids
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.mailings.models_seat_links import SeatLink
from consult.stakeholders.models_seats import Seat, SeatState


class SeatLinkOver(Refused):
    """Of a seat that somebody else holds or nobody, replaced, or never made."""

    message = _l(
        "This link was for whoever held a seat. It ended with the seat, or a newer one took its place. Ask the secretariat."
    )
    status = 410


def token_of(link: SeatLink) -> str:
    """The token of a link, 32 hex digits: for a mail that is being rendered, and kept nowhere."""
    return doors.other_token("seat", link.seat_id, link.generation)


def find_seat(db: Session, token: str) -> Seat:
    """The seat whose holder reads their briefing with a token.

    Raises SeatLinkOver once its term is over, and for a link that was replaced or never made: whoever tries learns of neither.
    """
    query = select(Seat).join(SeatLink, SeatLink.seat_id == Seat.id).where(SeatLink.digest == ids.digest(token))
    seat = db.scalars(query).one_or_none()
    if seat is None or seat.state is not SeatState.HELD:
        raise SeatLinkOver
    return seat


def link_of(db: Session, seat: Seat) -> SeatLink:
    """The link of a seat, made where there is none yet."""
    return db.get(SeatLink, seat.id) or replace_link(db, seat)


def replace_link(db: Session, seat: Seat) -> SeatLink:
    """A new link for a seat; the one before leads nowhere from now on."""
    link = db.get(SeatLink, seat.id) or SeatLink(seat_id=seat.id)
    link.generation = ids.random_number()
    link.digest = ids.digest(token_of(link))
    db.add(link)
    db.flush()
    return link

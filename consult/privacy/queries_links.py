"""Where a protected entry takes part, for protection officers."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.consultations.models import Consultation, ConsultationState, Participant
from consult.core.texts import Texts
from consult.stakeholders.models import Stakeholder


class Linked(NamedTuple):
    """A consultation to which an entry has a link."""

    slug: str
    title: Texts
    participant: Participant
    hears: bool  # a new link may be handed over: they did not leave, and there is a reason to write


def list_links(db: Session, entry: Stakeholder) -> list[Linked]:
    """The consultations in which an entry takes part, the newest first; of those that are archived no link leads anywhere."""
    p, c = Participant, Consultation
    query = select(c.slug, c.title, p).join(p, p.consultation_id == c.id)
    query = query.where(p.stakeholder_id == entry.id, p.erased_at.is_(None), c.state != ConsultationState.ARCHIVED)
    return [
        Linked(slug, title, one, doors.mail_address(db, one) is not None)
        for slug, title, one in db.execute(query.order_by(p.id.desc()))
    ]

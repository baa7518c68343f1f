"""Making the words of a delivery, when an officer fetches it: they stand nowhere here before or after."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from consult.core.db import lock
from consult.core.i18n import _, use_language
from consult.mail import rules
from consult.mail.delivery import post
from consult.mail.messages import NotWanted
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mail.operations_delivery import end_delivery


class Letter(NamedTuple):
    """A delivery in words, as an officer hands it over. The subject says nothing of what it is about."""

    ref: str
    language: str
    subject: str
    text: str


def render_delivery(db: Session, delivery: PreparedDelivery, language: str) -> Letter:
    """The words of a delivery, with the personal link, in a language. Raises NotWanted as its mail would."""
    office = post()
    template = office.templates[delivery.template]
    with use_language(language):
        rendered = office.renderer.render(template, template.load(db, delivery.parameters or {}))
        return Letter(delivery.ref, rendered.language, _("A message for you"), rendered.text)


def fetch_delivery(db: Session, delivery: PreparedDelivery, language: str, *, now: datetime) -> Letter | None:
    """Give an officer the words of a delivery in a language of ours; fetched again it says the same.

    None, and it is over, where it is not wanted any more.

    Raises DeliveryOver.  Records nothing: the handing out is recorded with the sealed copies.
    """
    lock(db, delivery)
    rules.check_delivery(delivery)
    try:
        letter = render_delivery(db, delivery, language)
    except NotWanted:
        end_delivery(delivery, DeliveryState.DROPPED, now=now)
        db.flush()
        return None
    delivery.state, delivery.handed_out_at = DeliveryState.HANDED_OUT, now
    db.flush()
    return letter

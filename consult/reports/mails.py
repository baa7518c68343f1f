"""The mail that answers are there. It does not say what they say (DESIGN invariant 6)."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.core.i18n import _l
from consult.mail.messages import MailTemplate
from consult.mail.models import Mail, Priority
from consult.reports.models_letters import report_cause
from consult.rounds.mails import with_door

ANSWERS_PUBLISHED = MailTemplate("answers_published", _l("The answers are there: %(consultation)s"), load=with_door)


def answer_mails(db: Session, consultation_id: int, frozen_id: int, whom: Collection[int]) -> list[Mail]:
    """The mails about a report to those of some participants to whom we may write."""
    return [
        Mail(
            template=ANSWERS_PUBLISHED.name,
            person=one.person,
            cause=report_cause(frozen_id),
            address=one.address,
            language=one.language,
            parameters={"participant": one.participant_id},
            priority=Priority.CAMPAIGN,
        )
        for one in doors.list_addresses(db, consultation_id, among=whom)
    ]

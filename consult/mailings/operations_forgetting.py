"""What letters and calls hold about somebody, erased: the words noted, what does not work, and files with their letter."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from consult.consultations.models import Door, Participant
from consult.consultations.models_codes import DoorCode
from consult.jobs.models import Task
from consult.mailings.models import CampaignRecipient
from consult.mailings.models_outreach import DeadContact, Outreach, OutreachStep
from consult.mailings.operations_outreach import MAKE
from consult.stakeholders.models import Stakeholder

KINDS = ("docx", "pdf")  # as a Task of letters ends: "letters:7:docx"
QUIET = {"synchronize_session": False}
o, t, r, s = Outreach, OutreachStep, CampaignRecipient, Stakeholder
_whose = func.coalesce(s.merged_into, s.id)  # the entry that holds, where theirs was merged


def noted_about() -> Select[int]:
    """The ids of entries about whose letters or calls something was noted in words, or of which something does not work."""
    words = select(_whose).join(r, r.stakeholder_id == s.id).join(t, t.recipient_id == r.id).where(t.note != "")
    return words.union(select(DeadContact.stakeholder_id))  # type: ignore[return-value]


def forget_letters(db: Session, entries: Sequence[int], *, now: datetime) -> None:
    """Erase what was noted about letters and calls of some entries, and let files that hold their letters go.

    That there was a letter or a call stays, and how it ended. A file goes with the next sweep, and nobody fetches it meanwhile.
    """
    listed = select(r.id).join(s, s.id == r.stakeholder_id).where(_whose.in_(entries))
    taking = select(Participant.id).join(s, s.id == Participant.stakeholder_id).where(_whose.in_(entries))
    spoken = select(o.recipient_id).where(
        o.participant_id.in_(taking)
    )  # listed as somebody else, as it was before merging
    theirs = listed.union(spoken)
    campaigns = select(o.campaign_id).where(o.recipient_id.in_(theirs)).distinct()
    noted = (t.recipient_id.in_(theirs), t.note != "")
    db.execute(update(t).where(*noted).values(note=""), execution_options=QUIET)
    db.execute(delete(DeadContact).where(DeadContact.stakeholder_id.in_(entries)), execution_options=QUIET)
    subjects = [f"letters:{one}:{kind}" for one in db.scalars(campaigns) for kind in KINDS]
    files = (Task.kind == MAKE, Task.subject.in_(subjects), Task.result_key.is_not(None))
    db.execute(update(Task).where(*files).values(expires_at=now), execution_options=QUIET)


def forget_codes(db: Session, entries: Sequence[int]) -> None:
    """Erase the digests of the codes that stand on the letters of some entries: they lead nowhere."""
    whose = select(Door.id).join(Participant, Participant.id == Door.participant_id)
    own = DoorCode.door_id.in_(whose.where(Participant.stakeholder_id.in_(entries)))
    db.execute(delete(DoorCode).where(own), execution_options=QUIET)

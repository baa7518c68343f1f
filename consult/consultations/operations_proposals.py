"""A focal point names an alternate or colleagues; the secretariat decides."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from consult.audit import record
from consult.audit.operations import Actor
from consult.consultations import queries_proposals as queries
from consult.consultations import rules_proposals as rules
from consult.consultations.models_proposals import ProposedAs, SeatProposal
from consult.core.days import day_of
from consult.core.db import lock, refusing
from consult.stakeholders.entries import Entry
from consult.stakeholders.models import SENSITIVE_CATEGORIES, Basis, Stakeholder, StakeholderKind
from consult.stakeholders.models_seats import SeatRole
from consult.stakeholders.operations import add_stakeholder
from consult.stakeholders.operations_contacts import Contact, add_contact
from consult.stakeholders.operations_seats import Appointment, appoint_seat
from consult.stakeholders.queries_choosing import list_meant, meant_exactly
from consult.stakeholders.queries_doubles import whole_of

ONCE = {"uq_seat_proposal_once": rules.ProposedAlready}


@dataclass(frozen=True, slots=True)
class Named:
    """What a focal point says of somebody."""

    named_as: ProposedAs
    name: str
    email: str
    language: str


def propose_colleague(
    db: Session, entry: Stakeholder, institution: Stakeholder, named: Named, *, now: datetime
) -> SeatProposal:
    """Keep whom a focal point names, for the secretariat. Nothing goes to the one who is named.

    Returns the proposal.  Raises what check_propose_colleague raises, ProposedAlready.  Nothing is recorded: it is their own act.
    """
    lock(db, institution)
    is_focal_point = institution.id in {one.id for one in queries.institutions_of(db, entry)}
    waiting = len(queries.list_proposals(db, [institution.id]))
    email = rules.check_propose_colleague(
        named.name, named.email, named.language, waiting=waiting, is_focal_point=is_focal_point
    )
    made = SeatProposal(
        institution_id=institution.id, holder_id=entry.id, named_as=named.named_as, name=named.name, email=email,
        email_key=email.casefold(), language=named.language, at=now,
    )  # fmt: skip
    with refusing(db, ONCE):
        db.add(made)
    return made


def decide_proposal(db: Session, proposal: SeatProposal, *, takes: bool, by: Actor, now: datetime) -> Stakeholder:
    """Take somebody who was named, as alternate from today or as contact person, or do not. The proposal, which the caller holds
    (`find_proposal`), goes either way.

    An alternate who is in the registry already, as the one person with that address, keeps their entry and what they agreed to.
    Returns the institution.  Raises what add_stakeholder, appoint_seat and add_contact raise, HolderUnknown.
    Records ``proposal.accepted`` or ``proposal.refused`` (stakeholder ref, as what), and what these record.
    """
    institution = whole_of(db, db.get_one(Stakeholder, proposal.institution_id))
    if takes and proposal.named_as is ProposedAs.ALTERNATE:
        made = Appointment(_person(db, institution, proposal, by=by, now=now), day_of(now), "")
        appoint_seat(db, institution, SeatRole.ALTERNATE, made, by=by, now=now)
    elif takes:
        add_contact(db, institution, Contact(proposal.name, "", proposal.email, proposal.language), by=by, now=now)
    event = "proposal.accepted" if takes else "proposal.refused"
    record(db, event, by=by, stakeholder=institution.ref, named_as=proposal.named_as.value)
    db.delete(proposal)
    db.flush()
    return institution


def _person(db: Session, institution: Stakeholder, proposal: SeatProposal, *, by: Actor, now: datetime) -> Stakeholder:
    known = meant_exactly(list_meant(db, proposal.email, StakeholderKind.PERSON), proposal.email)
    if known is not None:
        return known
    category = institution.category if institution.category not in SENSITIVE_CATEGORIES else "other"
    entry = Entry(
        kind=StakeholderKind.PERSON, name=proposal.name, category=category, language=proposal.language,
        email=proposal.email, basis=Basis.NONE,
    )  # fmt: skip
    return add_stakeholder(db, entry, by=by, now=now)

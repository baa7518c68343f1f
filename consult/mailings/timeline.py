"""What happened with an entry of the registry, from what is recorded anyway."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from consult.audit.queries import list_about
from consult.consultations.models import Consultation, Participant, Participation
from consult.consultations.queries_entry import list_own_changes
from consult.core.texts import Texts
from consult.mail.models import MailState, OutboxMail
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mailings.models import Campaign, CampaignRecipient, cause_in_sql
from consult.mailings.models_outreach import OutreachState, OutreachStep
from consult.stakeholders.models import Consent, Stakeholder
from consult.stakeholders.models_import import ImportRow, StakeholderImport
from consult.stakeholders.queries_seats import name_holders

MOST = 100  # of each kind, the newest
ENGAGED = ("invitation", "reminder", "outreach", "participation")  # outreach: by letter, call or visit
SAID_BY_CONSENT = (
    "stakeholder.added",
    "entry.taken_in",
    "directory.noted",
)  # the consent of that moment is a line of its own


class Happened(NamedTuple):
    """One thing that happened: `what` is a code ("consent", "invitation", "stakeholder.changed"), `says` its particulars."""

    at: datetime
    what: str
    by: str  # "staff:7", "self", "system"; "" where nobody acted on the entry
    says: dict[str, Any]


def read_timeline(db: Session, ids: list[int]) -> list[Happened]:
    """What happened with an entry under these ids (its own, and those merged into it), the newest first."""
    refs = list(db.scalars(select(Stakeholder.ref).where(Stakeholder.id.in_(ids))))
    found = [
        *_consents(db, ids),
        *_mailings(db, ids),
        *_outreach(db, ids),
        *_participations(db, ids),
        *_imports(db, ids),
        *_own(db, ids),
    ]
    holders = name_holders(db, ids)
    found += [
        Happened(one.at, one.event, one.actor, {**one.codes, **_seated(one.event, one.codes, holders)})
        for one in list_about(db, "stakeholder", refs, limit=MOST)
        if one.event not in SAID_BY_CONSENT
    ]
    found = _titled(db, found)
    return sorted(found, key=lambda one: one.at, reverse=True)[:MOST]


def list_asked(db: Session, ids: list[int]) -> list[Happened]:
    """By what somebody was asked to take part, or reminded of it: mails, letters, calls. The newest of each, in no order."""
    return [one for one in (*_mailings(db, ids), *_outreach(db, ids)) if one.what in ENGAGED]


def _titled(db: Session, found: list[Happened]) -> list[Happened]:
    """With the titles of the consultations that events of the journal name by their slugs."""
    slugs = {one.says["consultation"] for one in found if one.what in ("seat.taken_over", "stakeholder.invited")}
    query = select(Consultation.slug, Consultation.title).where(Consultation.slug.in_(slugs))
    titles: dict[str, Texts] = {row[0]: row[1] for row in db.execute(query)} if slugs else {}
    return [
        one._replace(says={**one.says, "title": titles[one.says["consultation"]]})
        if one.says.get("consultation") in titles
        else one
        for one in found
    ]


def _seated(event: str, codes: Mapping[str, Any], holders: Mapping[tuple[str, int], str]) -> dict[str, str]:
    """Who held the seat that an event of the journal is about, and who does since: `holder`, `successor`."""
    if not event.startswith("seat."):
        return {}
    found = {"holder": codes.get("number"), "successor": codes.get("successor")}
    named = {name: holders.get((codes["stakeholder"], number)) for name, number in found.items() if number is not None}
    return {"holder": "", "successor": "", **{name: words for name, words in named.items() if words}}


def _consents(db: Session, ids: list[int]) -> Iterator[Happened]:
    query = select(Consent).where(Consent.stakeholder_id.in_(ids)).order_by(Consent.id.desc()).limit(MOST)
    for one in db.scalars(query):
        names = ("how", "wording", "given_on")
        says = {"purpose": one.purpose.value, "basis": one.basis.value} | {name: getattr(one, name) for name in names}
        yield Happened(one.at, "consent", one.by, says)


def _mailings(db: Session, ids: list[int]) -> Iterator[Happened]:
    """Mails that were made for them, from when they were: not those of a campaign that waits, nor what was never sent."""
    r, i, m, d = CampaignRecipient, Campaign, OutboxMail, PreparedDelivery
    cause = cause_in_sql()
    never = exists().where(m.person == r.person, m.cause == cause, m.state == MailState.SUPPRESSED)
    dropped = exists().where(d.person == r.person, d.cause == cause, d.state == DeliveryState.DROPPED)
    query = (
        select(r.queued_at, i.kind, Consultation.title, Consultation.slug)
        .join(i, i.id == r.campaign_id)
        .join(Consultation, Consultation.id == i.consultation_id)
        .where(r.stakeholder_id.in_(ids), r.queued_at.is_not(None), r.person.is_not(None), ~never, ~dropped)
        .order_by(r.id.desc())
        .limit(MOST)
    )
    for at, kind, title, slug in db.execute(query):
        assert at is not None, "asked for above"
        yield Happened(at, kind.value, "", {"title": title, "slug": slug})


def _outreach(db: Session, ids: list[int]) -> Iterator[Happened]:
    """Letters, calls and visits, from when one was posted or tried."""
    t, r, c = OutreachStep, CampaignRecipient, Campaign
    query = (
        select(t.at, t.by, t.way, t.state, Consultation.title, Consultation.slug)
        .join(r, r.id == t.recipient_id)
        .join(c, c.id == r.campaign_id)
        .join(Consultation, Consultation.id == c.consultation_id)
        .where(r.stakeholder_id.in_(ids), t.state.not_in([OutreachState.TO_PRINT, OutreachState.PRINTED]))
        .order_by(t.id.desc())
        .limit(MOST)
    )
    for at, by, way, state, title, slug in db.execute(query):
        yield Happened(at, "outreach", by or "", {"way": way.value, "state": state, "title": title, "slug": slug})


def _participations(db: Session, ids: list[int]) -> Iterator[Happened]:
    p = Participation
    query = (
        select(p.at, p.number, Consultation.title, Consultation.slug)
        .join(Participant, Participant.id == p.participant_id)
        .join(Consultation, Consultation.id == Participant.consultation_id)
        .where(Participant.stakeholder_id.in_(ids))
        .order_by(p.at.desc())
        .limit(MOST)
    )
    for at, number, title, slug in db.execute(query):
        yield Happened(at, "participation", "", {"number": number, "title": title, "slug": slug})


def _own(db: Session, ids: list[int]) -> Iterator[Happened]:
    for one in list_own_changes(db, ids, limit=MOST):
        yield Happened(one.at, "entry.changed", "self", {"fields": ".".join(one.fields)})


def _imports(db: Session, ids: list[int]) -> Iterator[Happened]:
    made = StakeholderImport
    query = (
        select(made.applied_at, made.owner, made.file_name, ImportRow.line)
        .join(made, made.id == ImportRow.import_id)
        .where(ImportRow.stakeholder_id.in_(ids), ImportRow.applied, made.applied_at.is_not(None))
        .order_by(ImportRow.id.desc())
        .limit(MOST)
    )
    rows: Iterable[Any] = db.execute(query)
    for at, owner, file_name, line in rows:
        yield Happened(at, "import", owner, {"file": file_name, "line": line})

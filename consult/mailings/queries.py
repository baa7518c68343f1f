"""Reads of campaigns: those there are, their words, and who approved them."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Function, String, cast, func, literal, literal_column, select, type_coerce
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from consult.mailings.abouts import About, is_about
from consult.mailings.models import (
    Campaign,
    CampaignApproval,
    CampaignKind,
    CampaignRecipient,
    CampaignState,
    CampaignText,
    WhyNot,
)

PAGE = 50  # entries a page
r = CampaignRecipient


class ListedCampaign(NamedTuple):
    """A campaign in a list of them."""

    ref: str
    kind: CampaignKind
    state: CampaignState
    created_at: datetime
    sent_at: datetime | None
    starts_at: datetime | None
    recipients: int  # of mail
    letters: int
    calls: int
    visits: int


def list_campaigns(db: Session, about: About) -> list[ListedCampaign]:
    """The campaigns about a consultation, or of a list alone, newest first."""
    c = Campaign
    ways = (r.why_not.is_(None), *(r.why_not == one for one in (WhyNot.BY_LETTER, WhyNot.BY_PHONE, WhyNot.IN_PERSON)))
    counts = [
        select(func.count()).where(r.campaign_id == c.id, way).correlate(c).scalar_subquery() for way in ways
    ]  # fmt: skip
    query = select(c.ref, c.kind, c.state, c.created_at, c.sent_at, c.starts_at, *counts)
    query = query.where(is_about(about))
    return [ListedCampaign._make(row) for row in db.execute(query.order_by(c.id.desc()))]


def find_campaign(db: Session, about: About, ref: str) -> Campaign | None:
    """The campaign of a reference, if it is about this."""
    query = select(Campaign).where(is_about(about), Campaign.ref == ref)
    return db.scalars(query).one_or_none()


def read_words(db: Session, campaign_id: int) -> dict[str, tuple[str, str]]:
    """Subject and text by language."""
    t = CampaignText
    rows = db.execute(select(t.language, t.subject, t.body).where(t.campaign_id == campaign_id))
    return {language: (subject, body) for language, subject, body in rows}


def read_lines(db: Session, campaign_id: int) -> str:
    """Every row of a fixed list as the digest takes it, in order, a line each.

    Put together by the database: tens of thousands of rows took a third of a second otherwise, for which all others wait.
    """
    ids = [func.coalesce(cast(one, String), "") for one in (r.stakeholder_id, r.participant_id, r.subscription_id)]
    codes = [func.coalesce(type_coerce(one, String), "") for one in (r.why, r.why_not)]
    line: ColumnElement[str] = ids[0]
    for each in (*ids[1:], *codes):
        line = line + literal_column("':'", String) + each
    lines = select(r.id, line.label("line")).where(r.campaign_id == campaign_id).order_by(r.id).subquery()
    together: Function[Any] = func.aggregate_strings(
        lines.c.line, "\n"
    )  # SQLite takes rows in the order in which they come
    if db.get_bind().dialect.name == "postgresql":
        together = func.string_agg(lines.c.line, aggregate_order_by(literal("\n"), lines.c.id))
    return db.scalar(select(together)) or ""


def find_approval(db: Session, campaign: Campaign) -> tuple[str, datetime] | None:
    """Who approved a campaign as it went out, and when; None where nobody did."""
    a = CampaignApproval
    query = select(a.approved_by, a.approved_at).where(a.campaign_id == campaign.id, a.digest == campaign.digest)
    query = query.where(a.submission == campaign.submission)
    row = db.execute(query.order_by(a.id.desc())).first()
    return (row[0], row[1]) if row else None


def count_to_approve(db: Session, consultation_ids: list[int], *, by: str) -> dict[int, int]:
    """How many campaigns of each consultation wait for the approval of somebody who composed none of them."""
    c = Campaign
    return _count_waiting(db, c.consultation_id, c.consultation_id.in_(consultation_ids), by)


def count_news_to_approve(db: Session, *, by: str) -> dict[int, int]:
    """Likewise of the own news of each list, by the list's id."""
    return _count_waiting(db, Campaign.list_id, Campaign.consultation_id.is_(None), by)


def _count_waiting(db: Session, of: Any, which: ColumnElement[bool], by: str) -> dict[int, int]:
    c = Campaign
    query = select(of, func.count()).where(which, c.state == CampaignState.SUBMITTED)
    return {row[0]: row[1] for row in db.execute(query.where(c.written_by != by, c.submitted_by != by).group_by(of))}

"""What safe is told of a consultation: composed anew each time, and written only where it differs from the last.

Source: docs/decisions/0012-sealed-formats.md, manifest and answers
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.consultations import queries as consultation_queries
from consult.consultations.forms import PART_NAMES
from consult.consultations.models import Consultation
from consult.core.crypto import b64
from consult.core.i18n import _, format_day, is_installed, use_language
from consult.custody import queries as custody
from consult.custody.models import Appointed, Officer
from consult.custody.sides import Safe
from consult.drafts.document import Kind
from consult.drafts.models import DraftVersion
from consult.drafts.queries import read_paragraphs
from consult.responses.models import Disposition, Response
from consult.responses.queries_translations import translations_of
from consult.rounds.models import Channel, Comment, Round
from consult.safe_desk import queries
from consult.safe_desk.models import NamelessRound


def manifest_of(db: Session, safe: Safe, base_url: str, consultation: Consultation, *, now: datetime) -> dict[str, Any]:
    """The manifest as it would be written now, without its number."""
    round_ = queries.nameless_rounds(db, consultation.id)[0]
    nameless = db.get(NamelessRound, round_.id)
    opening = custody.newest_opening(db, consultation.id)
    serving, gone_on = custody.list_serving(db), queries.destroy_after(consultation)
    until = nameless.withdraw_until if nameless else None
    return {
        "titles": dict(consultation.title),
        "languages": list(consultation.languages),
        "round": round_.number,
        "opens_at": minute(round_.opens_at.replace(second=0)),
        "closes_at": minute(round_.closes_at),
        "zone": consultation.time_zone,
        "terms": _terms(db, consultation),
        "version": db.get_one(DraftVersion, round_.version_id).number,
        "paragraphs": _paragraphs(db, round_.version_id, list(consultation.languages)),
        "opening": opening.signed if opening else "",
        "stops": [one.stop for one in custody.list_keys(db, consultation.id) if one.stop is not None],
        "places": list(safe.places),
        "cards": [one.card for one in custody.list_told(db, opening)],
        "officers_note": _note(serving, consultation),
        "main_address": f"{base_url}/{consultation.languages[0]}/consultations/{consultation.slug}/",
        "onion": safe.onion,
        "received": queries.last_batch(db, consultation.id),
        "destroy_after": gone_on.isoformat() if gone_on else None,
        "final_root": b64(nameless.final_root) if nameless and nameless.final_root else None,
        "published": _has_published(db, round_.id),
        "state": _state(consultation, round_, now),
        "withdraw_until": minute(until) if until else None,
        "withdrawals_closed": until is not None and until <= now,
    }


def minute(instant: datetime) -> str:
    """An instant as files carry it: UTC, to the minute; one at the last second of a day is the next day's beginning."""
    whole = instant.astimezone(UTC).replace(second=0, microsecond=0)
    return (whole + timedelta(minutes=1) if instant.second else whole).isoformat()


def _state(consultation: Consultation, round_: Round, now: datetime) -> str:
    """Archived is not over: until the letters are destroyed people can come back with their code, and withdraw."""
    over = queries.destroy_after(consultation)
    if over is not None and now.date() > over:
        return "over"
    return "open" if now < round_.closes_at else "closed"


def _terms(db: Session, consultation: Consultation) -> dict[str, str]:
    number = consultation_queries.newest_terms_number(db, consultation.id)
    terms = consultation_queries.read_terms(db, consultation.id, number)
    found = {}
    for code in filter(is_installed, consultation.languages):
        with use_language(code):
            parts = [f"{PART_NAMES[part]}\n{texts[code]}" for part, texts in terms.items() if texts.get(code)]
        found[code] = "\n\n".join(parts)
    return found


def _paragraphs(db: Session, version_id: int, languages: list[str]) -> list[dict[str, Any]]:
    """Headings, paragraphs and tables in order, each with all that belongs to it, in every language there is."""
    listed: dict[str, dict[str, Any]] = {}
    for code in languages:
        lines: dict[str, list[str]] = defaultdict(list)
        rows = read_paragraphs(db, version_id, [code])
        for row in rows:
            lines[row.parent_ref or row.ref].append(
                row.text if row.parent_ref is None else f"{row.label} {row.text}".strip()
            )
        for row in rows:
            if row.parent_ref is None and row.kind is not Kind.FRONT:
                shown = listed.setdefault(row.ref, {"ref": row.ref, "kind": row.kind.value, "texts": {}})
                shown["texts"][code] = "\n".join(lines[row.ref])
    return list(listed.values())


def officer_line(officer: Officer) -> str:
    """One sentence about an officer: institution, fingerprint, since when, and what people should know."""
    assert officer.appointed_at is not None, "only officers in office are told of"
    day = format_day(officer.appointed_at.date())
    institution = f"\u2068{officer.institution}\u2069"  # isolated: it may be written in the other direction
    line = _("%(institution)s, appointed on %(day)s", institution=institution, day=day)
    if officer.in_ministry:
        line += ". " + _("This officer works in the ministry that writes the draft.")
    if officer.appointed_how is Appointed.PAPER and officer.paper_on is not None:
        on_paper = format_day(officer.paper_on)
        line += ". " + _(
            "Appointed by the only officer there was, with an enrolment on paper of %(day)s.", day=on_paper
        )
    return line


def _note(serving: list[Officer], consultation: Consultation) -> dict[str, str]:
    found = {}
    for code in filter(is_installed, consultation.languages):
        with use_language(code):
            found[code] = "\n".join(officer_line(one) for one in serving)
    return found


def _has_published(db: Session, round_id: int) -> bool:
    query = select(Response.id).join(Comment, Comment.id == Response.comment_id)
    query = query.where(Comment.round_id == round_id, Response.published_at.is_not(None)).limit(1)
    return db.scalar(query) is not None


def answers_of(db: Session, consultation: Consultation) -> dict[str, Any] | None:
    """The published answers to comments that came through safe, for all who hold a code; None where there is none."""
    query = (
        select(Comment.ref, Disposition)
        .join(Round, Round.id == Comment.round_id)
        .join(Response, Response.comment_id == Comment.id)
        .join(Disposition, (Disposition.response_id == Response.id) & (Disposition.number == Response.holds))
        .where(
            Round.consultation_id == consultation.id,
            Comment.channel == Channel.SAFE,
            Response.published_at.is_not(None),
        )
        .order_by(Comment.ref)
    )
    found = db.execute(query).all()
    if not found:
        return None
    words = translations_of(db, [one.id for _ref, one in found])
    return {
        "answers": [
            {
                "ref": ref,
                "outcome": one.outcome.value,
                "reason": {one.language: one.reason, **words.get(one.id, {})} if one.reason else {},
                "published": True,
            }
            for ref, one in found
        ]
    }

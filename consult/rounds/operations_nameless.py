"""Comments that came through safe: put into a round's queue, as an officer released them. No author, no time, no order."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from consult.core import ids
from consult.core.db import lock, refusing
from consult.rounds import queries, rules
from consult.rounds.models import WHOLE, Channel, Comment, Consent, Round
from consult.rounds.queries import FIRST, Quoted

CHUNK = 500  # rows a statement


@dataclass(frozen=True, slots=True)
class Released:
    """The public version of a comment without a name."""

    ref: str  # its number, which its author reads on safe
    paragraph: str
    language: str
    text: str
    suggestion: str
    evidence: str
    consent: Consent  # without a name, or not published


def new_refs(db: Session, round_: Round, refs: Sequence[str]) -> set[str]:
    """Which of these numbers no comment has yet. Raises ReleaseWrong for one of a comment that is not of this round's nameless."""
    known = {}
    for begin in range(0, len(refs), CHUNK):
        query = select(Comment.ref, Comment.channel, Comment.round_id).where(
            Comment.ref.in_(refs[begin : begin + CHUNK])
        )
        known.update({ref: (channel, round_id) for ref, channel, round_id in db.execute(query)})
    if any(found != (Channel.SAFE, round_.id) for found in known.values()):
        raise rules.ReleaseWrong
    return set(refs) - set(known)


def release_comments(db: Session, round_: Round, released: Iterable[Released], *, languages: Sequence[str]) -> set[str]:
    """Put released comments into a round, in an order of chance. Those that are there already are passed over.

    Returns the numbers of the new ones.  Raises ReleaseWrong and what check_release_comment raises; then nothing is kept.
    Nothing is recorded: no item is ever in the journal.
    """
    lock(db, round_)
    by_ref = {one.ref: one for one in released}
    new = new_refs(db, round_, list(by_ref))
    place: dict[tuple[str, str], Quoted | None] = {}
    rows = []
    for ref in new:
        one = by_ref[ref]
        spot = (one.paragraph, one.language)
        if spot not in place and one.paragraph != WHOLE:
            codes = [one.language, *(code for code in languages if code != one.language)]
            place[spot] = queries.find_quoted(db, round_.version_id, one.paragraph, codes)
        rows.append(_row(round_, one, place.get(spot)))
    secrets.SystemRandom().shuffle(rows)
    for row, row_id in zip(rows, _ids(db, len(rows)), strict=True):
        row["id"] = row_id
    with refusing(db, {"nameless_only_where_taken": rules.ReleaseWrong, "uq_comment_ref": rules.ReleaseWrong}):
        for begin in range(0, len(rows), CHUNK):
            db.execute(insert(Comment), rows[begin : begin + CHUNK])
    return new


def _row(round_: Round, one: Released, quoted: Quoted | None) -> dict[str, object]:
    rules.check_release_comment(
        one.text, one.suggestion, one.evidence, is_placed=quoted is not None or one.paragraph == WHOLE
    )
    return {
        "ref": one.ref,
        "round_id": round_.id,
        "version_id": round_.version_id,
        "paragraph_key": quoted.key if quoted else None,
        "paragraph_ref": quoted.ref if quoted else WHOLE,
        "quoted_text": quoted.text if quoted else "",
        "language": one.language,
        "text": one.text,
        "suggestion": one.suggestion if quoted and one.suggestion != quoted.text else "",
        "evidence": one.evidence,
        "consent": one.consent,
        "channel": Channel.SAFE,
        "participant_id": None,
        "received_at": None,
        "once": ids.digest(f"safe:{one.ref}"),
        "withdrawn_at": None,
    }


def _ids(db: Session, count: int) -> list[int]:
    """Ids that no comment has, negative and by chance: an id that counted up would tell when each was released."""
    drawn: set[int] = set()
    while len(drawn) < count:
        wanted = [-1 - secrets.randbelow(-FIRST - 1) for _ in range(count - len(drawn))]
        for begin in range(0, len(wanted), CHUNK):
            some = wanted[begin : begin + CHUNK]
            drawn |= set(some) - set(db.scalars(select(Comment.id).where(Comment.id.in_(some))))
    chosen = list(drawn)
    secrets.SystemRandom().shuffle(chosen)
    return chosen

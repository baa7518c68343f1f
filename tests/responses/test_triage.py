"""The derived tables of the lists: whatever is done to a comment, they say what a count from the sources says."""

import pytest
from sqlalchemy import select

from consult.core.db import reading
from consult.responses import operations, queries
from consult.responses.models import Disposition, Grounds, Outcome, Response, Triage
from consult.responses.queries import Progress, Show
from consult.rounds.models import Comment, Consent
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.responses.test_operations import LATER, desk, withdraw  # noqa: F401
from tests.rounds.test_comments import open_round  # noqa: F401


def from_the_sources(db):
    """Where each comment stands: {comment id: (answer, is unscreened, is withheld)}."""
    query = (
        select(Comment, Response, Disposition.outcome)
        .outerjoin(Response, Response.comment_id == Comment.id)
        .outerjoin(Disposition, (Disposition.response_id == Response.id) & (Disposition.number == Response.holds))
        .where(Comment.withdrawn_at.is_(None))
    )
    stands = {}
    for comment, response, outcome in db.execute(query):
        looked_at = response is not None and (response.screened_at or response.withheld)
        unscreened = comment.consent is not Consent.NOT_PUBLISHED and not looked_at
        stands[comment.id] = (
            outcome.value if outcome else "unanswered",
            unscreened,
            bool(response and response.withheld),
        )
    return stands


def as_derived(db):
    return {one.comment_id: (one.answer, one.is_unscreened, one.is_withheld) for one in db.scalars(select(Triage))}


def tallied(desk):  # noqa: F811
    """Progress and outcomes as shown, and as the sources say."""
    with reading() as db:
        stands = list(from_the_sources(db).values())
        counted = Progress(
            len(stands),
            sum(answer != "unanswered" for answer, _, _ in stands),
            sum(unscreened for _, unscreened, _ in stands),
            sum(withheld for _, _, withheld in stands),
        )
        outcomes = {outcome: sum(answer == outcome for answer, _, _ in stands) for outcome in Outcome}
        return (desk.progress(), queries.count_outcomes(db, desk.round.id)), (counted, outcomes)


@pytest.mark.database
def test_the_triage_says_what_the_sources_say_after_every_act(desk):  # noqa: F811
    one, two, three = desk.comment(), desk.comment(), desk.comment(consent=Consent.NOT_PUBLISHED)
    acts = (
        lambda: desk.answer(one),
        lambda: desk.answer(one, Outcome.ACCEPTED, ""),
        lambda: desk.undo(one),
        lambda: desk.undo(one),
        lambda: desk.screen(two),
        lambda: desk.answer(two, Outcome.ACCEPTED, ""),
        lambda: desk.redact(two, "figure"),
        lambda: desk.do(operations.withhold_comment, one, Grounds.THREATS, now=LATER),
        lambda: desk.answer(three, Outcome.OUT_OF_SCOPE),
        lambda: desk.do(operations.lift_withholding, one),
        lambda: withdraw(two),
        lambda: withdraw(one),
    )

    for act in acts:
        act()
        with reading() as db:
            assert as_derived(db) == from_the_sources(db)
        shown, counted = tallied(desk)
        assert shown == counted

    assert desk.listed(Outcome.OUT_OF_SCOPE) == desk.listed(Show.ALL) == [three.ref]
    assert desk.listed(Show.UNANSWERED) == desk.listed(Show.UNSCREENED) == []


@pytest.mark.database
def test_a_round_without_comments_has_nothing_to_do(desk):  # noqa: F811
    assert desk.progress() == Progress(0, 0, 0, 0)
    assert desk.listed(Show.ALL) == []

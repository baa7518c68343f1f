"""Answers are drafts with a history until a report publishes them; from then on nothing moves, in the database too."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from consult.audit.models import JournalEntry
from consult.consultations.models import Consultation
from consult.core.db import reading, violated, writing
from consult.responses import operations, queries, rules
from consult.responses.models import Answer, AnswerRelease, Grounds, Outcome, RedactedField, RedactionCategory, Response
from consult.responses.queries import Progress, Show
from consult.rounds.models import Comment, Consent
from tests.drafts.test_operations import NOON, consultation  # noqa: F401
from tests.rounds.test_comments import open_round, send  # noqa: F401

LATER = NOON + timedelta(days=20)
WHY = "The figure is right: see the census."


@pytest.fixture
def desk(open_round, consultation):  # noqa: F811
    """What the team does: `desk.answer(comment, …)`. Each call is a transaction of its own."""
    return Desk(open_round, consultation)


class Desk:
    def __init__(self, round_, found):
        self.round, self.consultation, self.dalia = round_, found, found.dalia
        self.sent = 0

    def comment(self, **changes):
        self.sent += 1
        return send(self.round, once=f"desk {self.sent}", **changes)

    def do(self, operation, comment, *args, **named):
        with writing() as db:
            found = db.get_one(Consultation, self.consultation.id)
            return operation(db, found, db.get_one(Comment, comment.id), *args, by=self.dalia, **named)

    def answer(self, comment, outcome=Outcome.NOT_ACCEPTED, reason=WHY):
        return self.do(operations.answer_comment, comment, Answer(outcome, reason, "en"), now=LATER)

    def undo(self, comment):
        return self.do(operations.undo_answer, comment, now=LATER)

    def redact(self, comment, passage="Ana", category=RedactionCategory.THIRD_PERSON_NAME):
        return self.do(operations.redact_comment, comment, passage, category, now=LATER)

    def screen(self, comment):
        return self.do(operations.mark_screened, comment, now=LATER)

    def publish(self, comment):
        with writing() as db:
            release = AnswerRelease(round_id=comment.round_id)
            db.add(release)
            db.flush()
            db.execute(update(Response).where(Response.comment_id == comment.id).values(release_id=release.id))
            release.published_at = LATER

    def asked(self, comment):
        with reading() as db:
            return queries.find_asked(db, self.consultation.id, comment.ref)

    def history(self, comment):
        """(number, outcome, whether taken back), newest first."""
        return [
            (one.disposition.number, one.disposition.outcome, one.disposition.undone_at is not None)
            for one in self.asked(comment).answers
        ]

    def progress(self):
        with reading() as db:
            return queries.count_progress(db, self.round.id)

    def listed(self, show):
        with reading() as db:
            return [one.ref for one in queries.list_answers(db, self.round.id, show=show)]

    def next_after(self, comment=None):
        with reading() as db:
            return queries.next_unanswered(db, self.round.id, comment.id if comment else 0)


def withdraw(comment):
    with writing() as db:
        db.execute(
            update(Comment)
            .where(Comment.id == comment.id)
            .values(withdrawn_at=NOON, text="", suggestion="", evidence="")
        )


def events():
    with reading() as db:
        entries = db.query(JournalEntry).order_by(JournalEntry.number)
        return [(one.event, one.codes) for one in entries if one.event.startswith("comment.")]


@pytest.mark.database
def test_the_newest_answer_holds_and_the_ones_before_stay(desk):
    comment = desk.comment()

    desk.answer(comment)
    desk.answer(comment, Outcome.ACCEPTED, "")

    assert desk.asked(comment).held.outcome is Outcome.ACCEPTED
    assert desk.history(comment) == [(2, Outcome.ACCEPTED, False), (1, Outcome.NOT_ACCEPTED, False)]
    assert [one.by for one in desk.asked(comment).answers] == ["Dalia", "Dalia"]


@pytest.mark.database
def test_undoing_lets_the_answer_before_hold_again_and_keeps_the_row(desk):
    comment = desk.comment()
    desk.answer(comment)
    desk.answer(comment, Outcome.ACCEPTED, "")

    assert desk.undo(comment) is Outcome.NOT_ACCEPTED
    desk.answer(comment, Outcome.ACCEPTED_IN_PART)
    assert desk.undo(comment) is Outcome.NOT_ACCEPTED
    assert desk.undo(comment) is None
    with pytest.raises(rules.NothingToUndo):
        desk.undo(comment)

    assert desk.asked(comment).held is None
    assert desk.history(comment) == [
        (3, Outcome.ACCEPTED_IN_PART, True),
        (2, Outcome.ACCEPTED, True),
        (1, Outcome.NOT_ACCEPTED, True),
    ]


@pytest.mark.database
def test_a_refused_answer_leaves_nothing(desk):
    comment = desk.comment()

    with pytest.raises(rules.ReasonMissing):
        desk.answer(comment, reason=" ")

    assert desk.asked(comment).response is None
    assert events() == []


@pytest.mark.database
def test_a_withdrawn_comment_takes_no_answer_and_needs_none(desk):
    withdrawn, other = desk.comment(), desk.comment()
    desk.answer(withdrawn)
    withdraw(withdrawn)

    with pytest.raises(rules.CommentWithdrawn):
        desk.answer(withdrawn)

    assert desk.progress() == Progress(comments=1, answered=0, unscreened=1, withheld=0)
    assert desk.listed(Show.ALL) == [other.ref]


@pytest.mark.database
def test_progress_counts_what_is_left_to_do(desk):
    one, two, three, _four = (
        desk.comment(),
        desk.comment(),
        desk.comment(consent=Consent.NOT_PUBLISHED),
        desk.comment(),
    )
    desk.answer(one)
    desk.answer(two, Outcome.ACCEPTED, "")
    desk.screen(one)
    desk.do(operations.withhold_comment, two, Grounds.HATRED, now=LATER)

    assert desk.progress() == Progress(comments=4, answered=2, unscreened=1, withheld=1)
    assert desk.progress().unanswered == 2
    with reading() as db:
        counts = queries.count_outcomes(db, desk.round.id)
    assert counts == {**dict.fromkeys(Outcome, 0), Outcome.NOT_ACCEPTED: 1, Outcome.ACCEPTED: 1}
    assert desk.asked(three).needs_screening is False


@pytest.mark.database
def test_the_list_shows_what_is_asked_for_a_page_at_a_time(desk, monkeypatch):
    one, two, three = desk.comment(), desk.comment(), desk.comment()
    desk.answer(two)
    desk.screen(three)

    assert desk.listed(Show.ALL) == [one.ref, two.ref, three.ref]
    assert desk.listed(Show.UNANSWERED) == [one.ref, three.ref]
    assert desk.listed(Show.UNSCREENED) == [one.ref, two.ref]
    assert desk.listed(Outcome.NOT_ACCEPTED) == [two.ref]
    assert desk.listed(Outcome.ACCEPTED) == []
    monkeypatch.setattr(queries, "PAGE", 2)
    with reading() as db:
        first = queries.list_answers(db, desk.round.id, show=Show.ALL)
        rest = queries.list_answers(db, desk.round.id, show=Show.ALL, after=first[-1].id)
    assert [[one.ref for one in page] for page in (first, rest)] == [[one.ref, two.ref], [three.ref]]


@pytest.mark.database
def test_the_next_unanswered_comes_after_this_one_and_then_from_the_beginning(desk):
    one, two, three = desk.comment(), desk.comment(), desk.comment()
    desk.answer(two)

    assert desk.next_after() == one.ref
    assert desk.next_after(one) == three.ref
    assert desk.next_after(three) == one.ref
    desk.answer(one)
    desk.answer(three)
    assert desk.next_after(three) is None


@pytest.mark.database
def test_a_comment_of_another_consultation_is_not_found(desk):
    comment = desk.comment()

    with reading() as db:
        assert queries.find_asked(db, desk.consultation.id + 1, comment.ref) is None


@pytest.mark.database
def test_a_passage_is_blacked_out_wherever_it_stands(desk):
    comment = desk.comment(text="Ana lied. Ana Ruiz did.", suggestion="By Ana.", evidence="ana@x.example, Ana")

    desk.redact(comment)

    assert [(one.field, one.start, one.stop) for one in desk.asked(comment).redactions] == [
        (RedactedField.EVIDENCE, 15, 18),
        (RedactedField.SUGGESTION, 3, 6),
        (RedactedField.TEXT, 0, 3),
        (RedactedField.TEXT, 10, 13),
    ]
    assert events()[-1] == (
        "comment.redacted",
        {"consultation": "upr", "comment": comment.ref, "category": "third_person_name", "passages": 4},
    )


@pytest.mark.database
def test_a_passage_that_is_nowhere_or_blacked_out_already_is_refused(desk):
    comment = desk.comment(text="Ana Ruiz said so.")

    with pytest.raises(rules.PassageNotFound):
        desk.redact(comment, "Berta")
    desk.redact(comment, "Ana Ruiz")
    for passage in ("Ana Ruiz", "Ana", "Ruiz said"):
        with pytest.raises(rules.RedactedAlready):
            desk.redact(comment, passage)

    assert len(desk.asked(comment).redactions) == 1


@pytest.mark.database
def test_black_outs_can_be_removed_and_each_change_asks_for_screening_again(desk):
    comment = desk.comment(text="Ana Ruiz said so.")
    assert desk.screen(comment).screened_at == LATER
    desk.redact(comment)
    assert desk.asked(comment).response.screened_at is None
    desk.screen(comment)

    for _press in range(2):
        desk.do(operations.remove_redaction, comment, RedactedField.TEXT, 0)

    assert desk.asked(comment).redactions == []
    assert desk.asked(comment).response.screened_at is None
    assert [event for event, _codes in events()] == [
        "comment.screened",
        "comment.redacted",
        "comment.screened",
        "comment.redaction_removed",
    ]


@pytest.mark.database
def test_a_withheld_comment_is_answered_and_counted_and_can_be_published_after_all(desk):
    comment = desk.comment()
    desk.do(operations.withhold_comment, comment, Grounds.THREATS, now=LATER)
    desk.answer(comment)

    assert desk.asked(comment).response.withheld is Grounds.THREATS
    assert desk.progress() == Progress(comments=1, answered=1, unscreened=0, withheld=1)
    for _press in range(2):
        desk.do(operations.lift_withholding, comment)
    assert desk.asked(comment).response.withheld is None
    assert [event for event, _codes in events()] == [
        "comment.withheld",
        "comment.answered",
        "comment.withholding_lifted",
    ]


@pytest.mark.database
def test_what_is_published_is_changed_by_nobody(desk):
    comment = desk.comment(text="Ana said so.")
    desk.answer(comment)
    desk.redact(comment)
    desk.publish(comment)

    for attempt in (
        lambda: desk.answer(comment),
        lambda: desk.undo(comment),
        lambda: desk.redact(comment, "said"),
        lambda: desk.screen(comment),
        lambda: desk.do(operations.remove_redaction, comment, RedactedField.TEXT, 0),
        lambda: desk.do(operations.withhold_comment, comment, Grounds.THREATS, now=LATER),
        lambda: desk.do(operations.lift_withholding, comment),
    ):
        with pytest.raises(rules.AnswerPublished):
            attempt()

    assert desk.history(comment) == [(1, Outcome.NOT_ACCEPTED, False)]


@pytest.mark.database
def test_two_first_answers_at_once_are_both_kept_in_order(desk):
    comment = desk.comment()
    both_ready = Barrier(2)

    def answer(outcome):
        both_ready.wait(timeout=10)
        return desk.answer(comment, outcome).number

    with ThreadPoolExecutor(2) as pool:
        numbers = sorted(pool.map(answer, (Outcome.ACCEPTED, Outcome.NOT_ACCEPTED)))

    assert numbers == [1, 2]
    assert desk.asked(comment).held.number == 2


def refused_by_name(sql):
    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(sql))
    return violated(caught.value)


@pytest.mark.database
@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("UPDATE disposition SET reason = 'other words'", "disposition_only_taken_back"),
        ("UPDATE disposition SET outcome = 'accepted'", "disposition_only_taken_back"),
        ("DELETE FROM disposition", "disposition_only_taken_back"),
        ("UPDATE redaction SET start = 1", "redaction_only_removed"),
        ("UPDATE redaction SET category = 'other_personal'", "redaction_only_removed"),
        ("UPDATE response SET comment_id = comment_id + 1", "response_keeps_its_comment"),
        ("DELETE FROM response", "response_keeps_its_comment"),
        ("UPDATE response SET holds = NULL, release_id = 1", "ck_response_released_is_answered"),
        ("UPDATE response SET screened_at = '2027-04-01'", "ck_response_screened_by_someone"),
        ("UPDATE response SET withheld = 'threats'", "ck_response_withheld_by_someone"),
        ("UPDATE response SET withheld = 'boring', withheld_by_id = 1", "ck_response_grounds_known"),
        ("UPDATE disposition SET undone_at = '2027-04-01'", "ck_disposition_undone_by_someone"),
        (
            "INSERT INTO disposition (response_id, number, outcome, reason, language, by_id, at)"
            " SELECT response_id, 2, 'noted', '', 'en', by_id, at FROM disposition",
            "ck_disposition_reason_unless_accepted",
        ),
        (
            "INSERT INTO disposition (response_id, number, outcome, reason, language, by_id, at)"
            " SELECT response_id, 0, 'accepted', '', 'en', by_id, at FROM disposition",
            "ck_disposition_numbered_from_one",
        ),
        (
            "INSERT INTO disposition (response_id, number, outcome, reason, language, by_id, at)"
            " SELECT response_id, 1, 'accepted', '', 'en', by_id, at FROM disposition",
            "uq_disposition_response_id_number",
        ),
        (
            "INSERT INTO redaction (response_id, field, start, stop, category, by_id, at)"
            " SELECT response_id, 'text', 7, 7, category, by_id, at FROM redaction",
            "ck_redaction_range_not_empty",
        ),
        (
            "INSERT INTO redaction (response_id, field, start, stop, category, by_id, at)"
            " SELECT response_id, field, start, 9, category, by_id, at FROM redaction",
            "uq_redaction_response_id_field_start",
        ),
        (
            "INSERT INTO response (comment_id) SELECT comment_id FROM response",
            "uq_response_comment_id",
        ),
    ],
)
def test_the_database_refuses_what_can_never_be_true(desk, sql, name):
    comment = desk.comment(text="Ana said so.")
    desk.answer(comment)
    desk.redact(comment)

    assert refused_by_name(sql) == name


@pytest.mark.database
@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("UPDATE response SET holds = 2", "published_response_never_changes"),
        ("UPDATE response SET release_id = NULL", "published_response_never_changes"),
        ("UPDATE answer_release SET published_at = NULL", "published_release_stays"),
        ("DELETE FROM answer_release", "published_release_stays"),
        ("UPDATE response SET withheld = 'threats', withheld_by_id = 1", "published_response_never_changes"),
        ("UPDATE disposition SET undone_at = at, undone_by_id = by_id", "published_disposition_never_changes"),
        (
            "INSERT INTO disposition (response_id, number, outcome, reason, language, by_id, at)"
            " SELECT response_id, 2, 'accepted', '', 'en', by_id, at FROM disposition",
            "published_disposition_never_changes",
        ),
        ("DELETE FROM redaction", "published_redaction_never_changes"),
        (
            "INSERT INTO redaction (response_id, field, start, stop, category, by_id, at)"
            " SELECT response_id, 'text', 7, 9, category, by_id, at FROM redaction",
            "published_redaction_never_changes",
        ),
    ],
)
def test_the_database_lets_nobody_change_a_published_answer(desk, sql, name):
    comment = desk.comment(text="Ana said so.")
    desk.answer(comment)
    desk.redact(comment)
    desk.publish(comment)

    assert refused_by_name(sql) == name


@pytest.mark.database
def test_an_answer_taken_back_stays_taken_back(desk):
    comment = desk.comment()
    desk.answer(comment)
    desk.undo(comment)

    assert refused_by_name("UPDATE disposition SET undone_at = NULL, undone_by_id = NULL") == "taken_back_is_final"


def test_the_journal_holds_codes_and_no_word_of_comment_or_answer(desk):
    comment = desk.comment(text="Ana lied.")
    desk.answer(comment)
    desk.redact(comment)
    desk.undo(comment)

    told = {"consultation": "upr", "comment": comment.ref}
    assert events() == [
        ("comment.answered", {**told, "outcome": "not_accepted"}),
        ("comment.redacted", {**told, "category": "third_person_name", "passages": 1}),
        ("comment.answer_undone", {**told, "number": 1}),
    ]

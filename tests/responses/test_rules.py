"""How a comment may be answered, and what of it may be blacked out."""

from datetime import UTC, datetime

import pytest

from consult.responses import rules
from consult.responses.blacking_out import (
    BAR,
    MARKS,
    Piece,
    blacked_difference_html,
    blacked_html,
    blacked_out,
    blacked_text,
    find_passages,
)
from consult.responses.models import Answer, Outcome, Redaction, RedactionCategory, Response
from consult.rounds.models import Comment

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)
NAME, CONTACT = RedactionCategory.THIRD_PERSON_NAME, RedactionCategory.CONTACT_DETAILS


def an_answer(outcome, reason=""):
    return Answer(outcome, reason, "en")


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.ACCEPTED])
def test_check_answer_comment_needs_a_reason_when_not_accepted(outcome):
    with pytest.raises(rules.ReasonMissing):
        rules.check_answer_comment(an_answer(outcome, " \n"), Comment(suggestion=""))

    rules.check_answer_comment(an_answer(outcome, "Because."), Comment(suggestion=""))


def test_check_answer_comment_takes_accepted_without_a_reason():
    rules.check_answer_comment(an_answer(Outcome.ACCEPTED), Comment(suggestion="Other words."))


def test_check_answer_comment_refuses_noted_for_a_suggested_wording():
    with pytest.raises(rules.NotedAsksForChange):
        rules.check_answer_comment(an_answer(Outcome.NOTED, "We read it."), Comment(suggestion="Other words."))


def test_check_answer_comment_refuses_a_reason_over_the_limit():
    with pytest.raises(rules.ReasonTooLong) as caught:
        rules.check_answer_comment(an_answer(Outcome.ACCEPTED, "x" * 4_001), Comment(suggestion=""))

    assert caught.value.values == {"limit": 4_000, "over": 1}


def test_check_undo_answer_needs_an_answer_that_holds():
    rules.check_undo_answer(Response(holds=1))

    with pytest.raises(rules.NothingToUndo):
        rules.check_undo_answer(Response(holds=None))


def test_check_not_published_lets_nobody_touch_what_people_have_read():
    rules.check_not_published(None)
    rules.check_not_published(Response(published_at=None))

    with pytest.raises(rules.AnswerPublished):
        rules.check_not_published(Response(published_at=NOON))


def test_check_not_withdrawn_refuses_work_on_an_empty_comment():
    rules.check_not_withdrawn(Comment(withdrawn_at=None))

    with pytest.raises(rules.CommentWithdrawn):
        rules.check_not_withdrawn(Comment(withdrawn_at=NOON))


@pytest.mark.parametrize("span", [(0, 5), (5, 8), (12, 13)])
def test_check_redact_takes_a_passage_beside_others(span):
    rules.check_redact("Thirteen sign", *span, others=[(8, 12)])


@pytest.mark.parametrize("span", [(3, 3), (5, 4), (-1, 2), (0, 14), (13, 14)])
def test_check_redact_refuses_an_empty_passage_and_one_beyond_the_text(span):
    with pytest.raises(rules.PassageOutside):
        rules.check_redact("Thirteen sign", *span, others=[])


@pytest.mark.parametrize("span", [(8, 12), (7, 9), (11, 13), (0, 13), (9, 10)])
def test_check_redact_refuses_a_passage_that_touches_another(span):
    with pytest.raises(rules.RedactedAlready):
        rules.check_redact("Thirteen sign", *span, others=[(8, 12)])


@pytest.mark.parametrize(
    ("text", "passage", "found"),
    [
        ("Ana said it to Ana.", "Ana", [(0, 3), (15, 18)]),
        ("The Analysis of Ana", "Ana", [(16, 19)]),
        ("Call 12 34 or 1234", "12", [(5, 7)]),
        ("Mrs\nRosa  Diaz", "Mrs Rosa Diaz", [(0, 14)]),
        ("قال وعلي وقع", "علي", [(5, 8)]),
        ("据王小明说", "王小明", [(1, 4)]),
        ("(a.b*) and aab", "(a.b*)", [(0, 6)]),
        ("ana", "Ana", []),
        ("anything", "  ", []),
    ],
)
def test_a_passage_is_found_wherever_it_stands_in_whole_words(text, passage, found):
    assert find_passages(text, passage) == found


def a_redaction(start, stop, category=NAME):
    return Redaction(start=start, stop=stop, category=category)


def test_a_blacked_out_text_holds_nothing_of_the_passages():
    text = "Ana Ruiz, 555 123, said so."

    pieces = blacked_out(text, [a_redaction(10, 17, CONTACT), a_redaction(0, 8)])

    assert pieces == [Piece(NAME, ""), Piece(None, ", "), Piece(CONTACT, ""), Piece(None, ", said so.")]
    assert blacked_text(text, [a_redaction(0, 8)]) == f"{BAR}, 555 123, said so."


def test_the_bar_does_not_tell_how_long_a_name_is():
    assert blacked_text("Li", [a_redaction(0, 2)]) == blacked_text("Maximiliana", [a_redaction(0, 11)])


WORDS = {one.value: one.value for one in RedactionCategory} | {"third_person_name": "a <name>"}


def test_blacked_out_html_is_escaped_and_each_bar_says_its_category():
    made = blacked_html("<b>Ana</b>\nsaid", [a_redaction(3, 6)], WORDS)

    assert made == (
        '&lt;b&gt;<span class="black"><span class="vh">Blacked out: </span>a &lt;name&gt;</span>&lt;/b&gt;<br>said'
    )


def test_a_suggested_wording_is_compared_without_what_is_blacked_out():
    quoted, suggestion = "The State works well.", f"The State <i>of{MARKS[CONTACT]} Ana works well."

    made = blacked_difference_html(quoted, suggestion, [a_redaction(17, 20)], WORDS)

    assert "Ana" not in made
    assert "contact_details" not in made  # a sign typed by a stranger makes no bar
    assert "&lt;i&gt;of" in made
    assert made.count('<span class="black">') == 1
    assert "a &lt;name&gt;</span></ins> works well." in made


def test_a_text_without_black_outs_stays_as_it_is_and_a_withdrawn_one_gives_nothing():
    assert blacked_out("Whole.", []) == [Piece(None, "Whole.")]
    assert blacked_out("", [a_redaction(3, 5)]) == []

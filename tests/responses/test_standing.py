"""A comment is read through the alignment: where its paragraph stands now."""

import pytest

from consult.core.db import reading
from consult.responses.standing import Standing, place_now, refs_now
from consult.rounds.models import Comment
from tests.drafts.test_changes import THREE
from tests.drafts.test_operations import ONE, TWO, consultation, publish, upload  # noqa: F401
from tests.responses.test_views_staff import signed_in
from tests.rounds.test_comments import open_round, send  # noqa: F401


def now_of(consultation, ref):  # noqa: F811
    with reading() as db:
        return place_now(db, consultation.id, db.query(Comment).filter_by(ref=ref).one(), ["en"])


@pytest.mark.parametrize(
    ("on", "second", "standing", "ref"),
    [
        ("1", TWO, Standing.CHANGED, "1"),
        ("3", TWO, Standing.CARRIED, "4"),
        ("2", THREE, Standing.ORPHANED, None),
        ("1", THREE, Standing.MOVED_CHANGED, "2"),
    ],
)
def test_a_comment_finds_its_paragraph_in_the_next_version(open_round, consultation, on, second, standing, ref):  # noqa: F811
    comment = send(open_round, ref=on)
    upload(consultation, second)

    found = now_of(consultation, comment.ref)

    assert (found.standing, found.ref, found.version) == (standing, ref, 2)
    assert bool(found.difference) is (standing in (Standing.CHANGED, Standing.MOVED_CHANGED))
    with reading() as db:
        kept = db.query(Comment).filter_by(ref=comment.ref).one()
        assert (kept.paragraph_ref, kept.version_id) == (on, comment.version_id)


def test_before_a_second_version_and_for_the_whole_draft_there_is_no_other_place(open_round, consultation):  # noqa: F811
    on_one, on_whole = send(open_round, once="a", ref="1"), send(open_round, once="b", ref="0")
    assert now_of(consultation, on_one.ref) is None
    upload(consultation, TWO)

    assert now_of(consultation, on_whole.ref) is None


def test_the_team_sees_the_new_number_in_list_and_comment(open_round, consultation, client):  # noqa: F811
    comment = send(open_round, ref="2")
    version, _ = upload(consultation, TWO)
    publish(consultation, version)
    desk = signed_in(client, consultation.dalia)

    assert "now paragraph 3" in desk.get("/staff/consultations/upr/answers/?show=all").text
    page = desk.get(f"/staff/consultations/upr/answers/{comment.ref}/").text
    assert "The paragraph in version 2" in page
    with reading() as db:
        assert refs_now(db, consultation.id, [comment.paragraph_key, "nonsense"]) == {
            comment.paragraph_key: "3",
            "nonsense": None,
        }

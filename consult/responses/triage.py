"""The triggers that keep `triage` and `triage_tally`: the same statements on both databases, declared by models.py."""

from consult.core.ddl import keep_derived
from consult.rounds.models import Consent


def keep_triage(unanswered: str, outcomes: tuple[str, ...]) -> None:
    """Declare all of them. `unanswered` stands in `triage.answer` where no outcome does; each has a column in the tally."""
    arrived = (
        "INSERT INTO triage (comment_id, round_id, answer, is_unscreened, is_withheld)"
        f" VALUES (new.id, new.round_id, '{unanswered}', new.consent <> '{Consent.NOT_PUBLISHED}', FALSE)"
    )
    keep_derived("comment", "triage_of_a_new_comment", after="INSERT", when="new.withdrawn_at IS NULL", do=(arrived,))
    keep_derived(
        "comment",
        "no_triage_of_a_withdrawn_comment",
        after="UPDATE OF withdrawn_at",
        when="new.withdrawn_at IS NOT NULL",
        do=("DELETE FROM triage WHERE comment_id = new.id",),
    )
    again = _stand_again("new.comment_id", unanswered)
    keep_derived("response", "triage_of_a_new_response", after="INSERT", do=(again,))
    changes = "UPDATE OF holds, screened_at, withheld"
    keep_derived("response", "triage_of_a_changed_response", after=changes, do=(again,))
    # Response and disposition are written in either order.
    answered = _stand_again("(SELECT comment_id FROM response WHERE id = new.response_id)", unanswered)
    keep_derived("disposition", "triage_of_a_new_disposition", after="INSERT", do=(answered,))
    answers = (unanswered, *outcomes)
    keep_derived("triage", "tally_more", after="INSERT", do=(_begin_tally(answers), _tally(answers, "+ new")))
    keep_derived("triage", "tally_changed", after="UPDATE", do=(_tally(answers, "+ new", "- old"),))
    keep_derived("triage", "tally_less", after="DELETE", do=(_tally(answers, "- old"),))
    for table, event, row in (
        ("redaction", "INSERT", "new"),
        ("redaction", "DELETE", "old"),
        ("answer_translation", "INSERT", "new"),
        ("answer_translation", "UPDATE", "new"),
        ("answer_translation", "DELETE", "old"),
    ):
        keep_derived(table, f"tally_{table}_{event.lower()}", after=event, do=(_changed(table, row),))


def _stand_again(comment: str, unanswered: str) -> str:
    """Write down anew where a comment stands."""
    response = f"FROM response r WHERE r.comment_id = {comment}"
    outcome = (
        "SELECT d.outcome FROM response r JOIN disposition d ON d.response_id = r.id AND d.number = r.holds"
        f" WHERE r.comment_id = {comment}"
    )
    return (
        f"UPDATE triage SET answer = COALESCE(({outcome}), '{unanswered}'),"
        f" is_unscreened = (SELECT c.consent <> '{Consent.NOT_PUBLISHED}' FROM comment c WHERE c.id = {comment})"
        f" AND NOT EXISTS (SELECT 1 {response} AND (r.screened_at IS NOT NULL OR r.withheld IS NOT NULL)),"
        f" is_withheld = EXISTS (SELECT 1 {response} AND r.withheld IS NOT NULL) WHERE comment_id = {comment}"
    )


def _changed(table: str, row: str) -> str:
    """Note that the report would be another one: a passage was blacked out, a reason translated."""
    response = f"r.id = {row}.response_id"
    if table == "answer_translation":
        response = f"r.id = (SELECT response_id FROM disposition WHERE id = {row}.disposition_id)"
    found = f"SELECT c.round_id FROM comment c JOIN response r ON r.comment_id = c.id WHERE {response}"
    return f"UPDATE triage_tally SET revision = revision + 1 WHERE round_id = ({found})"


def _counted(answers: tuple[str, ...]) -> dict[str, str]:
    """The columns of the tally, and what a row of `triage` adds to each."""
    one = {"comments": "1", "unscreened": "CAST({row}.is_unscreened AS INTEGER)"}
    one["withheld"] = "CAST({row}.is_withheld AS INTEGER)"
    return one | {answer: f"CAST({{row}}.answer = '{answer}' AS INTEGER)" for answer in answers}


def _begin_tally(answers: tuple[str, ...]) -> str:
    columns = list(_counted(answers))
    return (
        f"INSERT INTO triage_tally (round_id, revision, {', '.join(columns)}) VALUES (new.round_id, 0{', 0' * len(columns)})"
        " ON CONFLICT (round_id) DO NOTHING"
    )


def _tally(answers: tuple[str, ...], *signed: str) -> str:
    """Add or take away what a row of `triage` counts: "+ new", "- old"."""
    sums = ", ".join(
        f"{column} = {column}" + "".join(f" {sign[0]} {count.format(row=sign[2:])}" for sign in signed)
        for column, count in _counted(answers).items()
    )
    return f"UPDATE triage_tally SET revision = revision + 1, {sums} WHERE round_id = {signed[0][2:]}.round_id"

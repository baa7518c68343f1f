"""Answers through their pages: one comment after the other, what was typed is kept, and only those who may."""

import pytest
from lxml import html
from sqlalchemy import delete

from consult.accounts.models import Authenticator, Role
from consult.accounts.operations import add_staff, make_password_link, set_password_by_link
from consult.consultations.models import Consultation, TeamMember
from consult.core.db import reading, writing
from consult.responses.models import Disposition, Outcome, Redaction
from consult.rounds.models import Comment, Consent
from tests.drafts.test_operations import NOON, consultation  # noqa: F401
from tests.responses.test_operations import WHY, Desk, withdraw
from tests.rounds.test_comments import open_round  # noqa: F401
from tests.support.forms import submit
from tests.support.second_factor import give_app, go_on

PASSWORD = "four odd words here"
LIST = "/staff/consultations/upr/answers/"
POSTS = ("answer", "undo", "redact", "remove-redaction", "withhold", "lift-withholding", "screened", "objection")


@pytest.fixture
def desk(open_round, consultation):  # noqa: F811
    return Desk(open_round, consultation)


@pytest.fixture
def dalia(client, desk):
    """A browser in which Dalia of the secretariat, on the team, is signed in."""
    return signed_in(client, desk.dalia)


def signed_in(client, staff):
    with writing() as db:
        db.execute(delete(Authenticator).where(Authenticator.staff_id == staff.id))  # a code is good once
        give_app(db, staff, now=NOON)
        set_password_by_link(db, make_password_link(db, staff, by=None, now=NOON), PASSWORD, now=NOON)
    go_on(client, client.post("/staff/sign-in/", data={"email": staff.email, "password": PASSWORD}))
    return client


def add_to_team(desk, email, role):
    with writing() as db:
        made = add_staff(db, name="Omar", email=email, language="en", roles=[role], by=None, now=NOON)
        db.add(TeamMember(consultation_id=desk.consultation.id, staff_id=made.id, since=NOON))
    return made


def address(comment, act=""):
    return f"{LIST}{comment.ref}/" + (f"{act}/" if act else "")


def rows(model):
    with reading() as db:
        return db.query(model).count()


def test_an_answer_leads_to_the_next_unanswered_comment_and_at_last_to_the_list(dalia, desk):
    one, two = desk.comment(text="First remark."), desk.comment(text="Second remark.")

    first = dalia.get(f"{LIST}next/")
    after_one = dalia.post(address(one, "answer"), data={"outcome": "accepted_in_part", "reason": WHY})
    after_two = dalia.post(address(two, "answer"), data={"outcome": "accepted", "reason": ""})
    end = dalia.get(f"{LIST}next/")
    overview = dalia.get(after_two.headers["Location"])

    assert (first.status_code, first.headers["Location"]) == (303, address(one))
    assert (after_one.status_code, after_one.headers["Location"]) == (303, f"{address(two)}?kept={one.ref}")
    assert after_two.headers["Location"] == f"{LIST}?round=1&kept={two.ref}"
    assert end.headers["Location"] == f"{LIST}?round=1"
    assert "2 of 2 answered" in overview.text
    assert "Every comment of this round has an answer." in overview.text


def test_the_page_of_a_comment_shows_all_that_belongs_to_it(dalia, desk):
    comment = desk.comment(
        text="<script>no</script>", suggestion="First paragraph of the new report.\n(a) An item;", evidence="Census"
    )

    page = dalia.get(address(comment)).text

    assert "First paragraph of the report." in page
    assert "&lt;script&gt;no" in page
    assert "<ins>" in page
    for words in ("Census", "Ana", "Women’s Network", "With my name and organisation", "Unanswered"):
        assert words in page
    assert "checked" not in page


def test_what_was_typed_is_kept_when_an_answer_is_refused(dalia, desk):
    comment = desk.comment(suggestion="Other words.")

    no_choice = dalia.post(address(comment, "answer"), data={"reason": "My long thought"})
    no_reason = dalia.post(address(comment, "answer"), data={"outcome": "not_accepted", "reason": " "})
    noted = dalia.post(address(comment, "answer"), data={"outcome": "noted", "reason": "My long thought"})

    assert [one.status_code for one in (no_choice, no_reason, noted)] == [422, 422, 422]
    assert "Choose an answer." in no_choice.text
    assert "My long thought" in no_choice.text
    assert "every answer other than “Accepted” needs a reason" in no_reason.text
    assert 'value="not_accepted" checked' in no_reason.text
    assert "This comment suggests other wording" in noted.text
    assert "My long thought" in noted.text
    assert rows(Disposition) == 0


def test_an_answer_to_a_comment_withdrawn_meanwhile_is_shown_for_copying(dalia, desk):
    comment = desk.comment()
    withdraw(comment)

    answer = dalia.post(address(comment, "answer"), data={"outcome": "accepted", "reason": "My long thought"})

    assert answer.status_code == 409
    assert "withdrawn this comment" in answer.text
    assert "My long thought" in answer.text


def test_the_last_answer_is_taken_back_and_stays_in_the_history(dalia, desk):
    comment = desk.comment()
    desk.answer(comment)

    undone = dalia.post(address(comment, "undo"))
    page = dalia.get(undone.headers["Location"]).text
    again = dalia.post(address(comment, "undo"))

    assert (undone.status_code, again.status_code) == (303, 409)
    assert "Taken back on" in page
    assert WHY in page
    assert "There is no answer to take back." in again.text


def test_a_pasted_passage_is_blacked_out_and_readers_see_its_category(dalia, desk):
    comment = desk.comment(text="Berta Ruiz hit him.\nSo says Berta  Ruiz.")

    done = dalia.post(address(comment, "redact"), data={"passage": "Berta Ruiz", "category": "third_person_name"})
    page = html.fromstring(dalia.get(done.headers["Location"]).get_data())
    shown = page.xpath("//h3[.='As readers will see it']/following-sibling::div[1]")[0].text_content()

    assert done.status_code == 303
    assert rows(Redaction) == 2
    assert "Berta" not in shown
    assert " ".join(shown.split()) == (
        "Blacked out: Name of a third person hit him.So says Blacked out: Name of a third person."
    )


def test_the_readers_view_of_a_suggestion_holds_nothing_that_is_blacked_out(dalia, desk):
    comment = desk.comment(suggestion="First paragraph of Berta Ruiz on the report.")
    desk.redact(comment, "Berta Ruiz")

    page = html.fromstring(dalia.get(address(comment)).get_data())
    shown = page.xpath("//h3[.='As readers will see it']/following-sibling::div[1]")[0].text_content()

    assert "Blacked out: Name of a third person" in shown
    assert "Berta" not in shown
    assert "Ruiz" not in shown


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"passage": "Berta", "category": "third_person_name"}, "We do not find this passage."),
        ({"passage": "", "category": "third_person_name"}, "Paste the passage to black out."),
        ({"passage": "figure", "category": ""}, "Choose what the passage is about."),
        ({"passage": "figure", "category": "gossip"}, "Choose what the passage is about."),
    ],
)
def test_a_passage_that_cannot_be_blacked_out_is_kept_in_the_form(dalia, desk, typed, words):
    comment = desk.comment()

    answer = dalia.post(address(comment, "redact"), data=typed)

    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{typed["passage"]}"' in answer.text
    assert rows(Redaction) == 0


def test_a_black_out_is_removed_by_its_button(dalia, desk):
    comment = desk.comment(text="Ana said so.")
    desk.redact(comment)

    removed = dalia.post(address(comment, "remove-redaction"), data={"field": "text", "start": "0"})
    wild = dalia.post(address(comment, "remove-redaction"), data={"field": "once", "start": "0"})

    assert (removed.status_code, wild.status_code) == (303, 404)
    assert rows(Redaction) == 0


def test_a_comment_is_withheld_with_its_grounds_and_released_again(dalia, desk):
    comment = desk.comment()

    nothing_chosen = dalia.post(address(comment, "withhold"), data={})
    dalia.post(address(comment, "withhold"), data={"grounds": "threats"})
    withheld = dalia.get(address(comment)).text
    dalia.post(address(comment, "lift-withholding"))
    released = dalia.get(address(comment)).text

    assert nothing_chosen.status_code == 422
    assert "Choose why this comment is not published." in nothing_chosen.text
    assert "This comment is not published, because:" in withheld
    assert "It contains threats" in withheld
    assert "This comment is not published, because:" not in released


def test_screening_is_done_by_one_press(dalia, desk):
    comment = desk.comment()

    before = dalia.get(f"{LIST}?show=unscreened").text
    pressed = dalia.post(address(comment, "screened"))
    after = dalia.get(f"{LIST}?show=unscreened").text

    assert pressed.status_code == 303
    assert comment.ref in before
    assert comment.ref not in after
    assert "Screened on" in dalia.get(address(comment)).text


def test_a_comment_that_is_not_to_be_published_needs_no_screening(dalia, desk):
    comment = desk.comment(consent=Consent.NOT_PUBLISHED)

    page = dalia.get(address(comment)).text

    assert "nothing needs to be blacked out" in page
    assert "screening done" not in page


def test_the_list_is_filtered_and_takes_wild_addresses(dalia, desk):
    one, two = desk.comment(), desk.comment()
    desk.answer(one, Outcome.OUT_OF_SCOPE)

    unanswered = dalia.get(LIST).text
    out_of_scope = dalia.get(f"{LIST}?show=out_of_scope").text
    wild = dalia.get(f"{LIST}?show=%FF&after={'9' * 40}&round=x")
    zero_byte = dalia.get(f"{LIST}?show=%00")

    assert (one.ref in unanswered, two.ref in unanswered) == (False, True)
    assert (one.ref in out_of_scope, two.ref in out_of_scope) == (True, False)
    assert "1 of 2 answered" in unanswered
    assert (wild.status_code, zero_byte.status_code) == (200, 404)


def test_a_published_answer_has_no_form_any_more(dalia, desk):
    comment = desk.comment()
    desk.answer(comment)
    desk.publish(comment)

    page = html.fromstring(dalia.get(address(comment)).get_data())
    late = dalia.post(address(comment, "answer"), data={"outcome": "accepted", "reason": ""})

    assert [form.action for form in page.forms if "/answers/" in form.action] == []
    assert late.status_code == 409
    assert "cannot be changed any more" in late.text


@pytest.mark.parametrize("role", [Role.APPROVER, Role.TRANSLATOR, Role.NHRI_OBSERVER])
def test_those_who_only_read_see_no_form_and_are_refused(client, desk, role):
    comment = desk.comment()
    browser = signed_in(client, add_to_team(desk, "omar@x.example", role))

    page = browser.get(address(comment))

    assert page.status_code == 200
    assert address(comment, "answer") not in page.text
    assert [browser.post(address(comment, act)).status_code for act in POSTS] == [403] * len(POSTS)


def test_a_facilitator_on_the_team_answers(client, desk):
    comment = desk.comment()
    browser = signed_in(client, add_to_team(desk, "omar@x.example", Role.FACILITATOR))

    assert browser.post(address(comment, "answer"), data={"outcome": "accepted", "reason": ""}).status_code == 303


def test_nobody_outside_of_the_team_reads_or_answers(client, desk):
    comment = desk.comment()
    with writing() as db:
        stranger = add_staff(
            db, name="Omar", email="o@x.example", language="en", roles=[Role.SECRETARIAT], by=None, now=NOON
        )
    browser = signed_in(client, stranger)

    assert [browser.get(page).status_code for page in (LIST, f"{LIST}next/", address(comment))] == [403, 403, 403]
    assert [browser.post(address(comment, act), data={"field": "text", "start": "0"}).status_code for act in POSTS] == [
        403
    ] * len(POSTS)


def test_what_is_not_there_is_404(dalia, desk):
    assert dalia.get(f"{LIST}nowhere9/").status_code == 404
    assert dalia.post(f"{LIST}nowhere9/answer/", data={"outcome": "accepted"}).status_code == 404
    with writing() as db:
        db.add(Consultation(**{**plain(db.get_one(Consultation, desk.consultation.id)), "slug": "other"}))
        db.flush()
        other = db.query(Consultation).filter_by(slug="other").one()
        db.add(TeamMember(consultation_id=other.id, staff_id=desk.dalia.id, since=NOON))
    comment = desk.comment()

    assert dalia.get(address(comment).replace("/upr/", "/other/")).status_code == 404
    assert dalia.get(LIST.replace("/upr/", "/other/")).status_code == 404


def plain(row):
    return {column.name: getattr(row, column.name) for column in row.__table__.columns if column.name != "id"}


def test_the_round_leads_to_its_answers(dalia, desk):
    desk.comment()

    assert LIST in dalia.get("/staff/consultations/upr/round/").text


def test_the_answer_form_is_sent_with_its_token_over_https(guarded_client, desk):
    comment = desk.comment()
    with writing() as db:
        set_password_by_link(db, make_password_link(db, desk.dalia, by=None, now=NOON), PASSWORD, now=NOON)
    submit(
        guarded_client, "/staff/sign-in/", {"email": desk.dalia.email, "password": PASSWORD}, base="https://localhost"
    )

    refused = guarded_client.post(
        address(comment, "answer"), data={"outcome": "accepted"}, base_url="https://localhost"
    )
    sent = submit(guarded_client, address(comment), {"outcome": "accepted"}, index=4, base="https://localhost")

    assert refused.status_code in (400, 403, 422)
    assert sent.status_code == 303
    assert rows(Disposition) == 1


def test_a_get_changes_nothing(dalia, desk):
    comment = desk.comment()

    for page in (LIST, f"{LIST}next/", address(comment)):
        dalia.get(page)
    for act in POSTS:
        assert dalia.get(address(comment, act)).status_code == 405

    assert desk.asked(comment).response is None
    assert rows(Comment) == 1


def test_one_press_keeps_the_answer_and_that_the_comment_was_screened(dalia, desk):
    one, two = desk.comment(text="First remark."), desk.comment(text="Second remark.")

    dalia.post(address(one, "answer"), data={"outcome": "accepted", "is_screened": "y"})
    dalia.post(address(two, "answer"), data={"outcome": "accepted"})

    assert [desk.asked(comment).response.screened_at is not None for comment in (one, two)] == [True, False]


def test_a_comment_can_be_left_for_later(dalia, desk):
    one, two = desk.comment(text="First remark."), desk.comment(text="Second remark.")

    onward = [dalia.get(f"{LIST}next/?after={comment.ref}").headers["Location"] for comment in (one, two)]

    assert onward == [address(two), address(one)]


def test_the_next_page_offers_to_take_the_last_answer_back(dalia, desk):
    one, two = desk.comment(text="First remark."), desk.comment(text="Second remark.")
    onward = dalia.post(address(one, "answer"), data={"outcome": "accepted"}).headers["Location"]

    assert f'action="{address(one, "undo")}"' in dalia.get(onward).text
    dalia.post(address(one, "undo"))
    assert f'action="{address(one, "undo")}"' not in dalia.get(onward).text
    assert dalia.get(f"{address(two)}?kept=nobody%2F").status_code == 200


def test_noted_is_not_offered_for_other_wording_and_refused_all_the_same(dalia, desk):
    suggests = desk.comment(text="Say it otherwise.", suggestion="Other words.")

    page = dalia.get(address(suggests)).text
    refused = dalia.post(address(suggests, "answer"), data={"outcome": "noted", "reason": "Thank you."})

    assert 'value="noted"' not in page
    assert refused.status_code == 422
    assert "Thank you." in refused.text
    assert desk.asked(suggests).answers == []

"""One's own comments: kept for later, sent together, withdrawn; and who may comment in which round."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.consultations.operations import open_consultation, save_terms
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.core.texts import Texts
from consult.drafts.models import DraftVersion
from consult.mail.models import OutboxMail
from consult.rounds import operations, operations_drafts, rules
from consult.rounds.models import Audience, Comment, CommentDraft, Round
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.operations_leaving import leave
from tests.consultations.terms import whole_terms
from tests.consultations.test_doors import admit
from tests.drafts.test_operations import NOON, ONE, TWO, consultation, publish, upload  # noqa: F401
from tests.rounds.test_comments import CLOSES, PAGE, a_remark, comments, fields_of, open_round, send  # noqa: F401
from tests.stakeholders.test_operations import add
from tests.support.forms import submit

MINE = "/en/consultations/upr/my-comments/"
LINK = "/en/consultations/upr/my-link/"


def open_for(consultation, audience):  # noqa: F811
    version, _ = upload(consultation, ONE)
    with writing() as db:
        made = db.get_one(Consultation, consultation.id)
        save_terms(db, made, whole_terms(), by=consultation.dalia, now=NOON)
        open_consultation(db, made, by=consultation.dalia, now=NOON)
        return operations.open_round(
            db,
            made,
            db.get_one(DraftVersion, version.id),
            closes_at=CLOSES,
            audience=audience,
            questions=Texts(),
            by=consultation.dalia,
            now=NOON,
        )


def enter(client, token):
    with clock.at(NOON):
        return client.post(f"/en/door/{token}")


def kept():
    with reading() as db:
        return [(one.paragraph_ref, one.text) for one in db.query(CommentDraft).order_by(CommentDraft.id)]


def mails():
    with reading() as db:
        return [tuple(row) for row in db.query(OutboxMail.template, OutboxMail.address).order_by(OutboxMail.id)]


def test_several_are_kept_and_sent_together(open_round, client):  # noqa: F811
    _, token = admit()
    enter(client, token)
    with clock.at(NOON):
        for ref in ("1", "2"):
            page = f"/en/consultations/upr/comment/{ref}/"
            typed = {"text": f"On {ref}", "consent": "with_name", "act": "save"}
            assert submit(client, page, typed).headers["Location"] == f"{MINE}?kept={ref}"
        submit(client, PAGE, {"text": "On 1, better", "act": "save"})
        before = comments()
        assert "On 1, better" in client.get(PAGE).text
        answer = client.post(f"{MINE}send/")

    assert before == []
    assert answer.status_code == 303
    assert comments() == [("1", "On 1, better", ""), ("2", "On 2", "")]
    assert kept() == []
    with reading() as db:
        assert {(one.participant_id, one.channel) for one in db.query(Comment)} == {(1, "site")}


def test_sending_together_is_all_or_nothing_and_names_what_is_missing(open_round, client):  # noqa: F811
    _, token = admit()
    enter(client, token)
    with clock.at(NOON):
        submit(client, PAGE, {"text": "Whole", "consent": "with_name", "act": "save"})
        submit(client, "/en/consultations/upr/comment/2/", {"text": "No choice yet", "act": "save"})
        answer = client.post(f"{MINE}send/")

    assert answer.status_code == 422
    assert "paragraph 2" in answer.text
    assert comments() == []
    assert [ref for ref, _ in kept()] == ["1", "2"]


def test_no_page_of_the_staff_shows_what_was_not_sent(open_round, client, consultation):  # noqa: F811
    participant, token = admit()
    enter(client, token)
    with clock.at(NOON):
        submit(client, PAGE, {"text": "UNSENT-WORDS", "consent": "with_name", "act": "save"})

    with reading() as db:
        elsewhere = [
            str([tuple(row) for row in db.execute(text(f"SELECT * FROM {table}"))])
            for table in ("journal_entry", "outbox_mail", "comment", "task")
        ]
    assert "UNSENT-WORDS" not in "".join(elsewhere)
    assert f"participant:{participant.id}" not in "".join(elsewhere[:1])


def test_what_was_never_sent_is_deleted_14_days_after_closing(open_round, client):  # noqa: F811
    _, token = admit()
    enter(client, token)
    with clock.at(NOON):
        submit(client, PAGE, {"text": "Never sent", "act": "save"})

    for after, left in ((timedelta(days=14), 1), (timedelta(days=14, seconds=1), 0)):
        with writing() as db:
            operations_drafts.sweep_comment_drafts(db, now=CLOSES + after)
        assert len(kept()) == left


@pytest.mark.database
def test_one_draft_a_paragraph(open_round):  # noqa: F811
    participant, _ = admit()
    draft = {"participant_id": participant.id, "round_id": open_round.id, "paragraph_ref": "1", "language": "en",
             "text": "", "suggestion": "", "evidence": "", "consent": None, "once": "x", "saved_at": NOON}  # fmt: skip

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.add_all([CommentDraft(**draft), CommentDraft(**draft)])
        db.flush()

    assert violated(caught.value) == "one_draft_a_paragraph"


def test_another_person_s_comment_can_neither_be_seen_nor_withdrawn(open_round, client):  # noqa: F811
    other = send(open_round)
    _, token = admit()
    enter(client, token)

    with clock.at(NOON):
        answer = client.post(f"{MINE}{other.ref}/withdraw/")
        page = client.get(MINE)

    assert answer.status_code == 404
    assert "The figure is wrong." not in page.text
    assert comments() == [("1", "The figure is wrong.", "")]


def test_check_withdraw_comment_happens_once_and_its_words_are_gone(open_round, client):  # noqa: F811
    _, token = admit()
    enter(client, token)
    with clock.at(NOON):
        submit(client, PAGE, {"text": "Mine", "consent": "with_name", "act": "send"})
        with reading() as db:
            ref = db.query(Comment.ref).scalar()
        first = client.post(f"{MINE}{ref}/withdraw/")
        second = client.post(f"{MINE}{ref}/withdraw/")

    assert (first.status_code, second.status_code) == (303, 409)
    assert comments() == [("1", "", "")]
    with pytest.raises(rules.WithdrawnAlready):
        rules.check_withdraw_comment(NOON)


def test_check_audience():
    anyone, stakeholder, invited = None, Participant(stakeholder_id=1), Participant(stakeholder_id=1, invited_at=NOON)
    allowed = {
        audience: [who for who in (anyone, stakeholder, invited) if _may(audience, who)] for audience in Audience
    }

    assert allowed == {
        Audience.PUBLIC: [anyone, stakeholder, invited],
        Audience.REGISTERED: [stakeholder, invited],
        Audience.INVITED: [invited],
    }


def _may(audience, who):
    try:
        rules.check_audience(Round(audience=audience), who)
    except rules.ForOthers:
        return False
    return True


def test_check_length_lets_an_unfinished_text_be_kept_but_not_an_endless_one():
    rules.check_length("", "", "")

    with pytest.raises(rules.CommentTooLong):
        rules.check_length("x" * 10_001, "", "")


def test_the_draft_of_an_invited_round_is_read_by_the_invited_only(consultation, client, app):  # noqa: F811
    open_for(consultation, Audience.INVITED)
    _, token = admit()
    draft = "/en/consultations/upr/draft/"

    with clock.at(NOON):
        before = client.get(draft)
        form_before = client.get(PAGE)
        enter(client, token)
        after = client.get(draft)
        form = client.get(PAGE)
        stranger = app.test_client().get(draft)

    assert (before.status_code, form_before.status_code, stranger.status_code) == (403, 403, 403)
    assert "First paragraph" not in before.text + form_before.text + stranger.text
    assert after.status_code == form.status_code == 200
    assert "First paragraph" in after.text
    assert after.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in after.headers


def test_a_registered_round_takes_comments_after_a_link_mailed_on_request(consultation, client):  # noqa: F811
    open_for(consultation, Audience.REGISTERED)
    add()
    with clock.at(NOON):
        refused = submit_to_closed(client)
        known = submit(client, LINK, {"email": "W@org.example"})
        again = submit(client, LINK, {"email": "w@org.example"})
        unknown = submit(client, LINK, {"email": "nobody@org.example"})
        with reading() as db:
            token = doors.token_of(doors.door_of(db, db.query(Participant).one()))
        enter(client, token)
        sent = submit(client, PAGE, {"text": "From the registry", "consent": "organisation_only", "act": "send"})

    assert refused == 403
    assert known.get_data() == again.get_data() == unknown.get_data()
    assert mails() == [("personal_link", "w@org.example")]
    assert sent.status_code == 303


def submit_to_closed(client):
    typed = {
        "text": "x",
        "name": "Ana",
        "consent": "with_name",
        "act": "send",
        "once": "k",
        "version": "1",
        "category": "",
    }
    return client.post(PAGE, data=typed).status_code


def test_nobody_who_left_is_mailed_a_link(consultation, client):  # noqa: F811
    open_for(consultation, Audience.REGISTERED)
    entry = add()
    with writing() as db:
        leave(db, db.get_one(Stakeholder, entry.id), how="link", now=NOON)

    with clock.at(NOON):
        submit(client, LINK, {"email": "w@org.example"})

    assert mails() == []


def test_an_address_given_with_a_comment_gets_one_mail_until_it_is_confirmed(open_round, client):  # noqa: F811
    send(open_round, email="ana@p.example")
    with reading() as db:
        ana = db.query(Participant).one()
        token = doors.token_of(doors.door_of(db, ana))
        before = doors.list_addresses(db, ana.consultation_id)

    enter(client, token)

    assert mails() == [("personal_link", "ana@p.example")]
    assert before == []
    with reading() as db:
        assert [one.address for one in doors.list_addresses(db, ana.consultation_id)] == ["ana@p.example"]


def test_extending_is_mailed_to_who_takes_part(open_round, consultation):  # noqa: F811
    admit()
    for more in (1, 2):
        with writing() as db:
            operations.extend_round(
                db,
                db.get_one(Consultation, consultation.id),
                db.get_one(Round, open_round.id),
                closes_at=CLOSES + timedelta(days=more),
                by=consultation.dalia,
                now=NOON,
            )

    assert mails() == [("round_extended", "w@org.example")] * 2


def test_a_form_that_grew_old_speaks_of_the_text_its_author_saw(open_round, client, consultation):  # noqa: F811
    with clock.at(NOON):
        old = submit_fields(client)
    version, _ = upload(consultation, TWO)
    publish(consultation, version)
    later = CLOSES + timedelta(days=1)
    with writing() as db:
        operations.open_round(
            db,
            db.get_one(Consultation, consultation.id),
            db.get_one(DraftVersion, version.id),
            closes_at=later + timedelta(days=9),
            audience=Audience.PUBLIC,
            questions=Texts(),
            by=consultation.dalia,
            now=later,
        )

    with clock.at(later):
        answer = client.post("/en/consultations/upr/comment/2/", data=old)

    assert answer.status_code == 303
    with reading() as db:
        assert db.query(Comment.quoted_text).scalar() == "Second paragraph."


def submit_fields(client):
    page = client.get("/en/consultations/upr/comment/2/")
    return {**fields_of(page), "text": "Old form", "name": "Ana", "consent": "with_name", "act": "send"}


def test_who_leaves_is_out(open_round, client):  # noqa: F811
    _, token = admit()
    enter(client, token)

    with clock.at(NOON):
        secret = client.get_cookie("part-upr").value
        client.post(f"{MINE}leave/")
        client.set_cookie("part-upr", secret)  # kept by somebody at that computer
        assert client.get(MINE).status_code == 403


def test_a_remark_of_a_participant_carries_its_own_name(open_round, client):  # noqa: F811
    participant, token = admit()
    enter(client, token)
    with clock.at(NOON):
        submit(
            client,
            PAGE,
            {"text": "x", "name": "Someone else", "organisation": "Other", "consent": "with_name", "act": "send"},
        )

    with reading() as db:
        assert db.query(Participant).count() == 1
        assert db.query(Comment.participant_id).scalar() == participant.id
    assert a_remark().name == "Ana"

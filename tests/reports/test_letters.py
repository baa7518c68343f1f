"""Answers to people without e-mail: who is in line, what their letter says, what becomes of it, and who is left out."""

import io
from datetime import date, timedelta

import pytest
from docx import Document
from sqlalchemy.exc import DBAPIError

from consult.audit.models import JournalEntry
from consult.consultations import codes, doors
from consult.consultations.models import Consultation, ConsultationState, Door, Participant
from consult.consultations.rules import ConsultationArchived
from consult.core import clock, i18n
from consult.core.db import reading, violated, writing
from consult.core.files import store
from consult.jobs.models import Task, TaskState
from consult.mail.delivery import post
from consult.mail.models import OutboxMail
from consult.mailings import jobs_letters as mailings_jobs
from consult.mailings import rules_outreach
from consult.mailings.models_outreach import DeadContact, OutreachState, OutreachWay
from consult.reports import jobs_letters, operations_letters_forgetting, rules_letters
from consult.reports import operations_letters as operations
from consult.reports import queries_letters as queries
from consult.reports.models import ReportKind
from consult.reports.models_letters import AnswerLetter, AnswerLetterStep
from consult.responses.models import Grounds, Outcome
from consult.responses.operations_translations import translate_answer
from consult.rounds.models import Channel, Comment, Consent
from consult.rounds.operations import withdraw_comment
from consult.stakeholders.models import Basis, Stakeholder, StakeholderKind
from consult.stakeholders.models import Channel as Wish
from consult.stakeholders.models_seats import Seat, SeatRole, SeatState
from consult.stakeholders.operations_leaving import leave
from consult.stakeholders.operations_merging import merge_stakeholders
from tests.drafts.test_operations import NOON, consultation  # noqa: F401
from tests.reports.test_reports import AFTER, answer, publish_report
from tests.rounds.test_comments import open_round  # noqa: F401
from tests.rounds.test_entered import enter
from tests.stakeholders.test_operations import Dalia, add

S, W = OutreachState, OutreachWay
TODAY = AFTER.date()


@pytest.fixture(autouse=True)
def after(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AFTER)


def author(name="River Village", **changes):
    """An entry without e-mail, that takes part."""
    entry = add(**({"name": name, "email": "", "postal_address": "12 River Road\nRiverton", "groups": ()} | changes))
    with writing() as db:
        return doors.admit_stakeholder(db, db.query(Consultation).one(), db.get_one(Stakeholder, entry.id), now=NOON)


def commented(round_, whose, consultation, once="k1", outcome=Outcome.NOT_ACCEPTED, reason="No money.", **said):  # noqa: F811
    """A comment of theirs that was entered and answered. Returns its number."""
    said = {"consent": Consent.NOT_PUBLISHED, "text": "The road is missing."} | said
    made = enter(round_, whose, once=once, **said)
    answer(made.ref, consultation, outcome, reason)
    return made.ref


def rows():
    """Name, way and state of every letter and call."""
    with reading() as db:
        found = queries.list_answered(db, db.query(Consultation).one().id, limit=None)
    return [(one.name, one.letter.way, one.letter.state) for one in found]


def ask(kind="docx", by=Dalia):
    with writing() as db:
        return operations.ask_answer_letters(db, db.query(Consultation).one(), kind, by=by(), now=AFTER)


def made():
    """The lines of the file of letters, and its Task."""
    task = ask()
    jobs_letters.make_answer_letters(task.id)
    with reading() as db:
        task = db.get_one(Task, task.id)
    if not task.result_key:
        return [], task
    body = Document(io.BytesIO(store().read(task.result_key))).element.body
    return ["".join(t.text or "" for t in p.iter("{*}t")) for p in body.iter("{*}p")], task


def note(said, name="River Village", **more):
    with writing() as db:
        dossier = db.query(Consultation).one()
        one = next(one for one in queries.list_answered(db, dossier.id) if one.name == name)
        if said == "letter":
            return operations.note_wants_answer_letter(db, dossier, one, by=Dalia(), now=AFTER)
        operations.note_answers(db, dossier, one, said, today=TODAY, by=Dalia(), now=AFTER, **more)


@pytest.mark.database
def test_whoever_commented_and_has_no_e_mail_is_in_line_once_the_report_is_published(open_round, consultation):  # noqa: F811
    dead = author("Came back")
    people = {
        "By letter": author("By letter"),
        "By phone": author("By phone", postal_address="", phone="+41 22 1"),
        "In person": author("In person", channel=Wish.IN_PERSON),
        "By mail": author("By mail", email="m@org.example"),
        "Mail, wants post": author("Mail, wants post", email="p@org.example", channel=Wish.POST),
        "Nothing": author("Nothing", postal_address="", basis=Basis.NONE),
        "Left": author("Left"),
        "Left here": author("Left here"),
        "No consent": author("No consent"),
        "Came back": dead,
    }
    author("Said nothing")
    for number, whose in enumerate(people.values()):
        commented(open_round, whose, consultation, once=f"k{number}")
    commented(open_round, None, consultation, once="own", name="Wrote herself", consent=Consent.WITH_NAME)
    commented(
        open_round, None, consultation, once="said", name="Rang", channel=Channel.PHONE, consent=Consent.WITH_NAME
    )
    with writing() as db:
        leave(db, db.get_one(Stakeholder, people["Left"].stakeholder_id), how="phone", now=NOON)
        db.get_one(Participant, people["Left here"].id).left_at = NOON
        db.get_one(Stakeholder, people["No consent"].stakeholder_id).basis = Basis.NONE
        db.add(DeadContact(stakeholder_id=dead.stakeholder_id, what="postal_address", at=NOON))
    before = rows()

    publish_report(consultation, open_round)

    assert before == []
    assert rows() == [
        ("By letter", W.LETTER, S.TO_PRINT), ("By phone", W.PHONE, S.TO_SPEAK), ("In person", W.IN_PERSON, S.TO_SPEAK),
        ("Wrote herself", W.LETTER, S.TO_PRINT), ("Rang", W.PHONE, S.TO_SPEAK),
    ]  # fmt: skip
    with reading() as db:
        told = {one.address for one in db.query(OutboxMail).filter_by(template="answers_published")}
        assert told == {"m@org.example", "p@org.example"}
        assert queries.count_open(db, [consultation.id]) == {consultation.id: 5}


@pytest.mark.database
def test_a_letter_says_what_they_said_what_was_answered_and_the_way_in(open_round, consultation):  # noqa: F811
    whose = author()
    commented(open_round, whose, consultation)
    commented(
        open_round,
        whose,
        consultation,
        once="k2",
        ref="0",
        text="All of it\nis good.",
        outcome=Outcome.ACCEPTED,
        reason="",
    )
    publish_report(consultation, open_round)

    lines, task = made()

    with reading() as db:
        door = db.query(Door).filter_by(participant_id=whose.id).one()
        code = codes.code_of(door)
        assert codes.find_by_code(db, code.replace("-", "")).participant.id == whose.id
        quoted = db.query(Comment).filter_by(paragraph_ref="1").one().quoted_text
    assert task.state is TaskState.DONE
    assert lines[lines.index("River Village") :][:3] == ["River Village", "12 River Road", "Riverton"]
    begin = lines.index("Paragraph 1")
    assert lines[begin : begin + 13] == [
        "Paragraph 1", "It said:", *quoted.split("\n"), "You said:", "The road is missing.", "Our answer: Not accepted", "No money.",
        "The whole draft", "You said:", "All of it", "is good.", "Our answer: Accepted",
    ]  # fmt: skip
    assert f"\u200e{code}\u200e" in lines
    base = post().renderer.base_url.removeprefix("https://")
    assert any(line.endswith(f"{base}/en/consultations/upr/response/\u200e") for line in lines)
    assert rows() == [("River Village", W.LETTER, S.PRINTED)]
    assert made()[0] == lines  # the same door and code, and no second one


@pytest.mark.database
def test_a_letter_is_in_the_language_of_its_reader_and_says_where_a_reason_is_not(open_round, consultation):  # noqa: F811
    commented(open_round, author(language="ar"), consultation, text="نريد طريقًا.")
    commented(open_round, author("Translated", language="ar"), consultation, once="k2")
    with writing() as db:
        ref = db.query(Comment).filter_by(once=db.query(Comment).order_by(Comment.id.desc()).first().once).one()
        found = db.query(Consultation).one()
        translate_answer(db, found, ref, {"ar": "لا مال."}, by=consultation.dalia, now=AFTER)
    publish_report(consultation, open_round)

    lines, _task = made()

    assert [lines.count(words) for words in ("No money.", "لا مال.", "نريد طريقًا.")] == [1, 1, 1]
    with reading() as db:
        from consult.core.i18n import _, use_language

        with use_language("ar"):
            untranslated, answered = _("We have not translated this reason."), _("Our answer: %(outcome)s", outcome="")
    assert untranslated != "We have not translated this reason."
    assert lines.count(untranslated) == 1
    assert sum(line.startswith(answered) for line in lines) == 2


@pytest.mark.database
def test_a_letter_follows_the_other_languages_somebody_reads_and_says_nothing_of_leaving_to_a_seat(
    open_round,  # noqa: F811
    consultation,  # noqa: F811
):
    """Both as the letter that invited them did."""
    commented(open_round, author(language="zh", also_languages=("ar",)), consultation)
    holder = author("Ana", kind=StakeholderKind.PERSON)
    commented(open_round, holder, consultation, once="k2")
    ministry = add(name="Ministry", email="", groups=(), basis=Basis.NONE)
    with writing() as db:
        db.add(Seat(institution_id=ministry.id, number=1, role=SeatRole.MEMBER, holder_id=holder.stakeholder_id,
                    since=TODAY - timedelta(days=9), appointed_by="", state=SeatState.HELD))  # fmt: skip
    publish_report(consultation, open_round)

    lines, _task = made()

    with i18n.use_language("ar"):
        leaving = i18n._("If you want no more letters from us, tell us so, or open the address above.")
    assert lines.count(leaving) == 1
    assert not any(line.startswith("If you want no more letters") for line in lines)


@pytest.mark.database
def test_what_is_kept_back_is_said_and_what_was_withdrawn_is_not(open_round, consultation):  # noqa: F811
    whose = author()
    made_ = enter(open_round, whose, once="k1", text="I will hurt you.", consent=Consent.WITHOUT_NAME)
    answer(made_.ref, consultation, Outcome.NOT_ACCEPTED, "No.", withhold=Grounds.THREATS)
    taken_back = commented(open_round, whose, consultation, once="k2", text="Taken back.")
    hidden = enter(open_round, whose, once="k3", text="Ask Mareko Tull.", consent=Consent.WITHOUT_NAME)
    answer(hidden.ref, consultation, Outcome.NOTED, "Noted.", black_out=("Mareko Tull",))
    publish_report(consultation, open_round)
    with writing() as db:
        withdraw_comment(db, db.query(Comment).filter_by(ref=taken_back).one(), now=AFTER)

    lines, _task = made()

    assert "Taken back." not in lines
    assert any(line.startswith("This comment is not published, because: It contains threats.") for line in lines)
    assert sum("blacked out" in line for line in lines) == 1


@pytest.mark.database
@pytest.mark.parametrize("how", ["leaves", "withdraws", "moves"])
def test_whoever_left_withdrew_or_has_no_address_any_more_gets_no_letter(open_round, consultation, how):  # noqa: F811
    whose = author("Gone")
    ref = commented(open_round, whose, consultation)
    commented(open_round, author("Stays"), consultation, once="k2")
    publish_report(consultation, open_round)
    with writing() as db:
        if how == "leaves":
            leave(db, db.get_one(Stakeholder, whose.stakeholder_id), how="letter", now=AFTER)
        elif how == "withdraws":
            withdraw_comment(db, db.query(Comment).filter_by(ref=ref).one(), now=AFTER)
        else:
            moved = db.get_one(Stakeholder, whose.stakeholder_id)
            moved.postal_address, moved.phone = "", "+41 22 1"

    lines, _task = made()

    assert "Stays" in lines
    assert "Gone" not in lines
    gone = (W.PHONE, S.TO_SPEAK) if how == "moves" else (W.LETTER, S.LEFT_OUT)
    assert rows() == [("Gone", *gone), ("Stays", W.LETTER, S.PRINTED)]


@pytest.mark.database
def test_whoever_leaves_while_the_file_is_made_is_not_in_it(open_round, consultation, monkeypatch):  # noqa: F811
    whose = author("Gone")
    commented(open_round, whose, consultation)
    commented(open_round, author("Stays"), consultation, once="k2")
    publish_report(consultation, open_round)
    asked, as_docx = [], mailings_jobs.as_docx

    def leaves_meanwhile(letters, *, title):
        if not asked:
            with writing() as db:
                leave(db, db.get_one(Stakeholder, whose.stakeholder_id), how="letter", now=AFTER)
        asked.append(len(letters))
        return as_docx(letters, title=title)

    monkeypatch.setitem(mailings_jobs.MAKERS, "docx", leaves_meanwhile)
    lines, _task = made()

    assert asked == [2, 1]
    assert "Gone" not in lines


@pytest.mark.database
def test_a_comment_withdrawn_while_the_file_is_made_is_not_in_it(open_round, consultation, monkeypatch):  # noqa: F811
    whose = author()
    commented(open_round, whose, consultation)
    second = commented(open_round, whose, consultation, once="k2", text="My second remark.")
    publish_report(consultation, open_round)
    asked, as_docx = [], mailings_jobs.as_docx

    def withdraws_meanwhile(letters, *, title):
        if not asked:
            with writing() as db:
                withdraw_comment(db, db.query(Comment).filter_by(ref=second).one(), now=AFTER)
        asked.append(len(letters))
        return as_docx(letters, title=title)

    monkeypatch.setitem(mailings_jobs.MAKERS, "docx", withdraws_meanwhile)
    lines, _task = made()

    assert asked == [1, 1]
    assert ("The road is missing." in lines, "My second remark." in lines) == (True, False)


@pytest.mark.database
@pytest.mark.parametrize("is_merged", [False, True])
def test_a_withdrawal_after_the_file_was_made_is_known_where_it_may_stand_in_it(open_round, consultation, is_merged):  # noqa: F811
    whose, by_mail = author(), author("By mail", email="m@org.example")
    other = author("Double") if is_merged else whose
    if is_merged:
        with writing() as db:
            merge_stakeholders(
                db, db.get_one(Stakeholder, other.stakeholder_id), db.get_one(Stakeholder, whose.stakeholder_id),
                by=consultation.dalia, now=NOON,
            )  # fmt: skip
    commented(open_round, whose, consultation)
    refs = [commented(open_round, one, consultation, once=one.ref + "2") for one in (by_mail, other)]
    publish_report(consultation, open_round)
    found = []

    for ref in refs:
        with writing() as db:
            withdraw_comment(db, db.query(Comment).filter_by(ref=ref).one(), now=AFTER + timedelta(minutes=1))
            for minutes in (0, 2):
                since = AFTER + timedelta(minutes=minutes)
                found.append(queries.was_withdrawn(db, db.query(Consultation).one().id, since=since))

    assert found == [False, False, True, False]


def test_check_fetch_answers_hands_out_no_file_with_what_was_withdrawn():
    rules_letters.check_fetch_answers(was_withdrawn=False)
    with pytest.raises(rules_letters.FileOutdated):
        rules_letters.check_fetch_answers(was_withdrawn=True)


@pytest.mark.database
def test_entries_that_were_merged_get_one_letter_with_all_they_said(open_round, consultation):  # noqa: F811
    kept, gone = author("Kept"), author("Double")
    commented(open_round, kept, consultation, text="Of the one.")
    commented(open_round, gone, consultation, once="k2", text="Of the other.")
    with writing() as db:
        merge_stakeholders(
            db, db.get_one(Stakeholder, gone.stakeholder_id), db.get_one(Stakeholder, kept.stakeholder_id),
            by=consultation.dalia, now=NOON,
        )  # fmt: skip
    publish_report(consultation, open_round)

    lines, _task = made()

    assert rows() == [("Kept", W.LETTER, S.PRINTED)]
    assert {"Of the one.", "Of the other."} <= set(lines)


@pytest.mark.database
def test_each_report_has_its_own_answers(open_round, consultation):  # noqa: F811
    whose = author()
    commented(open_round, whose, consultation, text="First one.")
    later = enter(open_round, whose, once="k2", text="Second one.", consent=Consent.NOT_PUBLISHED)
    publish_report(consultation, open_round, kind=ReportKind.INTERIM, answers_by=date(2027, 6, 1))
    lines, _task = made()
    with writing() as db:
        operations.mark_answers_posted(db, db.query(Consultation).one(), TODAY, today=TODAY, by=Dalia(), now=AFTER)
    answer(later.ref, consultation, Outcome.ACCEPTED)
    publish_report(consultation, open_round, now=AFTER + timedelta(days=1))

    second, _task = made()

    assert ("First one." in lines, "Second one." in lines) == (True, False)
    assert ("First one." in second, "Second one." in second) == (False, True)
    assert rows() == [("River Village", W.LETTER, S.POSTED), ("River Village", W.LETTER, S.PRINTED)]


@pytest.mark.database
def test_what_becomes_of_letters_is_noted_with_who_and_when(open_round, consultation):  # noqa: F811
    whose = author()
    commented(open_round, whose, consultation)
    commented(open_round, author("Other"), consultation, once="k2")
    publish_report(consultation, open_round)
    with pytest.raises(rules_outreach.OutreachChanged):
        note(S.POSTED, day=TODAY)  # nothing is printed yet
    made()
    with pytest.raises(rules_outreach.DayWrong):
        note(S.POSTED, day=TODAY + timedelta(days=1))
    note(S.POSTED, day=TODAY)

    with writing() as db:
        dossier = db.query(Consultation).one()
        assert operations.mark_answers_posted(db, dossier, TODAY, today=TODAY, by=Dalia(), now=AFTER) == 1
    with pytest.raises(rules_outreach.ReturnNoteMissing):
        note(S.RETURNED)
    note(S.RETURNED, note="moved")

    assert rows() == [("River Village", W.LETTER, S.RETURNED), ("Other", W.LETTER, S.POSTED)]
    with reading() as db:
        first = db.query(AnswerLetter).filter_by(participant_id=whose.id).one()
        steps = queries.list_steps(db, [first.id])[first.id]
        dead = [(one.stakeholder_id, one.what.value) for one in db.query(DeadContact)]
        events = [one.event for one in db.query(JournalEntry) if one.event.startswith("report.")]
    assert [(one.state, one.by, one.at, one.on_day, one.note) for one in steps] == [
        (S.RETURNED, "staff:7", AFTER, TODAY, "moved"), (S.POSTED, "staff:7", AFTER, TODAY, ""),
        (S.PRINTED, "staff:7", AFTER, None, ""),
    ]  # fmt: skip
    assert dead == [(whose.stakeholder_id, "postal_address")]
    assert events == [
        "report.published",
        "report.letters_made",
        "report.answers_noted",
        "report.letters_posted",
        "report.answers_noted",
    ]


@pytest.mark.database
def test_calls_are_noted_and_whoever_asks_for_a_letter_gets_one(open_round, consultation):  # noqa: F811
    commented(open_round, author("First", channel=Wish.PHONE, phone="+41 22 1"), consultation)
    commented(open_round, author("Second", postal_address="", phone="+41 22 2"), consultation, once="k2")
    publish_report(consultation, open_round)

    with pytest.raises(rules_outreach.DayAhead):
        note(S.NOT_REACHED, "First", day=TODAY - timedelta(days=1))
    note(S.NOT_REACHED, "First", day=TODAY)
    note("letter", "First")
    with pytest.raises(rules_outreach.PostalAddressMissing):
        note("letter", "Second")
    note(S.REACHED, "Second")

    assert rows() == [("First", W.LETTER, S.TO_PRINT), ("Second", W.PHONE, S.REACHED)]
    note(S.WRONG_NUMBER, "Second")
    with reading() as db:
        assert [one.what.value for one in db.query(DeadContact)] == ["phone"]


def test_check_wants_answer_letter_needs_an_address_in_the_registry():
    with pytest.raises(rules_outreach.PostalAddressMissing):
        rules_letters.check_wants_answer_letter(W.PHONE, S.TO_SPEAK, None, dead=())


@pytest.mark.database
def test_no_letters_are_made_where_there_is_none_or_everything_is_over(open_round, consultation):  # noqa: F811
    with pytest.raises(rules_outreach.NoLetters):
        ask()
    commented(open_round, author(), consultation)
    publish_report(consultation, open_round)
    task = ask()
    assert ask().id == task.id  # a second press
    with writing() as db:
        found = db.query(Consultation).one()
        found.state, found.archived_at = ConsultationState.ARCHIVED, AFTER

    with pytest.raises(ConsultationArchived):
        ask()
    jobs_letters.make_answer_letters(task.id)
    with reading() as db:
        assert db.get_one(Task, task.id).state is TaskState.FAILED


@pytest.mark.database
def test_forgetting_empties_notes_calls_off_what_is_open_and_lets_files_go(open_round, consultation):  # noqa: F811
    whose, other = author(), author("Other", postal_address="", phone="+41 22 2")
    commented(open_round, whose, consultation)
    commented(open_round, other, consultation, once="k2")
    publish_report(consultation, open_round)
    _lines, task = made()
    note(S.NOT_REACHED, "Other", day=TODAY, note="rang twice")
    with reading() as db:
        assert db.scalars(operations_letters_forgetting.answers_noted_about()).all() == [other.stakeholder_id]

    with writing() as db:
        operations_letters_forgetting.call_off_answers(db, [other.stakeholder_id], now=AFTER)
        operations_letters_forgetting.forget_answer_letters(db, [other.stakeholder_id], now=AFTER)

    assert rows() == [("River Village", W.LETTER, S.PRINTED), ("Other", W.PHONE, S.LEFT_OUT)]
    with reading() as db:
        assert {one.note for one in db.query(AnswerLetterStep)} == {""}
        assert db.get_one(Task, task.id).expires_at == AFTER


@pytest.mark.database
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"state": S.REACHED}, "state_fits_way"),
        ({"way": W.PHONE, "state": S.TAKES_PART}, "state_fits_way"),
        ({"state": S.POSTED}, "posted_has_its_day"),
        ({"participant_id": 1}, "answers_of_one_author"),
    ],
)
def test_the_database_refuses_what_a_letter_with_answers_cannot_be(open_round, consultation, changes, constraint):  # noqa: F811
    author("First of all")
    commented(open_round, author(), consultation)
    publish_report(consultation, open_round)

    with pytest.raises(DBAPIError) as caught, writing() as db:
        row = db.query(AnswerLetter).one()
        for name, value in changes.items():
            setattr(row, name, value)
        db.flush()
    assert constraint in (violated(caught.value) or "")


@pytest.mark.database
def test_steps_of_letters_with_answers_are_only_added_to(open_round, consultation):  # noqa: F811
    commented(open_round, author(), consultation)
    publish_report(consultation, open_round)
    made()

    for changes, name in (
        ({"state": S.POSTED}, "answer_letter_step_only_added_to"),
        ({"note": "x"}, "note_of_an_answer_letter"),
    ):
        with pytest.raises(DBAPIError) as caught, writing() as db:
            step = db.query(AnswerLetterStep).one()
            for column, value in changes.items():
                setattr(step, column, value)
            db.flush()
        assert name in (violated(caught.value) or "")


def merge(gone, kept):
    with writing() as db:
        found = [db.query(Stakeholder).filter_by(name=name).one() for name in (gone, kept)]
        merge_stakeholders(db, *found, by=Dalia(), now=AFTER)


@pytest.mark.database
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"email": "r@org.example"}, (W.LETTER, S.LEFT_OUT)),
        ({"phone": "+41 22 1"}, (W.PHONE, S.TO_SPEAK)),
        ({"channel": Wish.IN_PERSON, "phone": "+41 22 1"}, (W.IN_PERSON, S.TO_SPEAK)),
        ({"basis": Basis.NONE}, (W.LETTER, S.LEFT_OUT)),
    ],
)
def test_a_letter_of_an_entry_merged_into_one_without_address_becomes_what_reaches_that_one(
    open_round,  # noqa: F811
    consultation,  # noqa: F811
    changes,
    expected,
):
    commented(open_round, author(), consultation)
    commented(open_round, author("Hill Village"), consultation, once="k2")
    publish_report(consultation, open_round)
    kept = add(**({"name": "Kept", "email": "", "postal_address": "", "groups": ()} | changes))
    merge("River Village", "Kept")

    lines, task = made()
    again, _task = made()

    assert rows() == [("Kept", *expected), ("Hill Village", W.LETTER, S.PRINTED)]
    assert task.state is TaskState.DONE
    assert "Hill Village" in lines
    assert again == lines
    told = [(kept.person_ref, "r@org.example")] if "email" in changes else []
    with reading() as db:
        mails = db.query(OutboxMail).filter_by(template="answers_published")
        assert [(one.person, one.address) for one in mails] == told
        instead = {"by_mail": 1} if told else {}
        assert queries.count_instead(db, consultation.id) == instead
        assert queries.instead_of(db, [one.letter.id for one in queries.list_answered(db, consultation.id)]) == (
            dict.fromkeys([queries.list_answered(db, consultation.id)[0].letter.id], "by_mail") if told else {}
        )
        assert queries.count_answered(db, consultation.id).get(S.LEFT_OUT, 0) == (
            0 if told else int(expected[1] is S.LEFT_OUT)
        )


def test_whoever_has_had_the_mail_gets_no_second_one_for_a_letter_of_an_entry_merged_into_theirs(
    open_round,  # noqa: F811
    consultation,  # noqa: F811
):
    commented(open_round, author(), consultation)
    commented(open_round, author("Kept", email="r@org.example", postal_address=""), consultation, once="k2")
    publish_report(consultation, open_round)
    merge("River Village", "Kept")

    made()

    with reading() as db:
        assert db.query(OutboxMail).filter_by(template="answers_published").count() == 1

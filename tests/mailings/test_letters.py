"""Letters: who gets one, one door each however often they are made, what stands in the file, and what becomes of each."""

import io
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import pytest
import segno
from docx import Document
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from consult.consultations import codes, doors
from consult.consultations.models import Consultation, Door, Participant
from consult.consultations.rules_codes import TRIES, TooManyCodes
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.core.files import store
from consult.jobs.models import Task, TaskState
from consult.mailings import (
    jobs_letters,
    letters_pdf,
    operations_sending,
    queries_chosen,
    rules_outreach,
    rules_reach,
)
from consult.mailings import operations_outreach as operations
from consult.mailings import queries_outreach as reads
from consult.mailings.jobs import queue_campaign
from consult.mailings.letters import Letter, Passage
from consult.mailings.letters_docx import as_docx
from consult.mailings.models import Campaign, CampaignKind, WhyNot
from consult.mailings.models_leaving import Leaving, LeavingScope, LeavingWay
from consult.mailings.models_lists import Subscription, SubscriptionState
from consult.mailings.models_outreach import DeadContact, Outreach, OutreachState, OutreachWay
from consult.mailings.operations_leaving import leave_mails, undo_leaving
from consult.stakeholders.models import Basis, Channel, Consent, Purpose, Stakeholder, StakeholderKind
from consult.stakeholders.operations_leaving import leave
from consult.stakeholders.queries import left_addresses
from tests.drafts.test_operations import NOON
from tests.mailings.test_campaigns import Approver, Sender, mails, send, write
from tests.mailings.test_lists import make_list, put_on
from tests.mailings.test_pacing import news
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add
from tests.support.tools import require

S = OutreachState
TODAY = NOON.date()


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOON)


def on_paper(name="River Village", **changes):
    return add(name=name, email="", postal_address="12 River Road\nRiverton", groups=(), **changes)


def sent(**choice):
    campaign = write(**choice)
    send(campaign)
    queue_campaign(campaign.id)
    return campaign


def ask(campaign, kind="docx", by=Sender):
    with writing() as db:
        return operations.ask_letters(db, db.get_one(Campaign, campaign.id), kind, by=by(), now=NOON)


def made(campaign, **named):
    """The file of the letters of a campaign, and its Task."""
    task = ask(campaign, **named)
    jobs_letters.make_letters(task.id)
    with reading() as db:
        task = db.get_one(Task, task.id)
    return (store().read(task.result_key) if task.result_key else b""), task


def texts(content):
    document = Document(io.BytesIO(content))
    return [p.text for p in document.element.body.iter("{*}p") for p in [_Paragraph(p)]]


class _Paragraph:
    def __init__(self, element):
        self.text = "".join(one.text or "" for one in element.iter("{*}t"))


def states(campaign):
    with reading() as db:
        rows = db.query(Outreach).filter_by(campaign_id=campaign.id).order_by(Outreach.recipient_id)
        return [(one.way, one.state) for one in rows]


def reached(db, campaign, name):
    rows = [one for way in OutreachWay for one in reads.list_reached(db, campaign.id, way)]
    return next(one for one in rows if one.entry.name == name)


@pytest.mark.database
def test_the_list_says_who_is_reached_how_and_the_query_says_what_the_rule_says(open_round):  # noqa: F811
    add(name="By mail")
    on_paper("By letter")
    add(name="Wants post", postal_address="1 Lane", email="p@org.example", channel=Channel.POST, groups=())
    add(name="Only telephone", email="", phone="+41 22 1", groups=())
    add(name="Wants calls", email="c@org.example", phone="+41 22 2", channel=Channel.PHONE, groups=())
    add(name="In person", email="", phone="+41 22 3", channel=Channel.IN_PERSON, groups=())
    back = on_paper("Came back")
    both = add(name="Back and telephone", email="", postal_address="2 Lane", phone="+41 22 4", groups=())
    add(name="Nothing", email="", basis=Basis.NONE, groups=())
    gone = on_paper("Left by telephone")
    with writing() as db:
        db.add_all(DeadContact(stakeholder_id=one.id, what="postal_address", at=NOON) for one in (back, both))
        leave(db, db.get_one(Stakeholder, gone.id), how="phone", now=NOON)
    campaign = write()

    with reading() as db:
        by_query = {
            one.name: one.why_not
            for gets in (True, False)
            for one in queries_chosen.list_chosen(db, campaign, gets=gets)
        }
        entries = db.query(Stakeholder).all()
        dead = reads.dead_contacts(db, [one.id for one in entries])
        by_rule = {one.name: rules_reach.why_not(one, is_invited=False, dead=dead[one.id]) for one in entries}

    assert by_query == by_rule == {
        "By mail": None, "By letter": WhyNot.BY_LETTER, "Wants post": WhyNot.BY_LETTER, "Only telephone": WhyNot.BY_PHONE,
        "Wants calls": WhyNot.BY_PHONE, "In person": WhyNot.IN_PERSON, "Came back": WhyNot.CAME_BACK,
        "Back and telephone": WhyNot.BY_PHONE, "Nothing": WhyNot.NO_ADDRESS, "Left by telephone": WhyNot.LEFT,
    }  # fmt: skip


@pytest.mark.database
def test_somebody_who_left_without_a_mailbox_takes_nobody_else_without_one_along(open_round):  # noqa: F811
    first, _second = on_paper("First"), on_paper("Second")
    campaign = sent()
    with writing() as db:
        participant = db.query(Participant).filter_by(stakeholder_id=first.id).one()
        participant.left_at = NOON
    news = write(campaign=None)

    with reading() as db:
        found = {one.name: one.why_not for one in queries_chosen.list_chosen(db, news, gets=False)}

    assert found == {"First": WhyNot.LEFT_HERE, "Second": WhyNot.INVITED_ALREADY}
    assert states(campaign) == [(OutreachWay.LETTER, S.TO_PRINT)] * 2


@pytest.mark.database
def test_a_campaign_that_reaches_people_without_e_mail_only_goes_out(open_round):  # noqa: F811
    on_paper()
    campaign = sent()

    assert mails() == []
    assert states(campaign) == [(OutreachWay.LETTER, S.TO_PRINT)]
    with reading() as db:
        assert db.query(Participant).filter(Participant.invited_at.is_not(None)).count() == 1


@pytest.mark.database
def test_a_letter_has_the_words_the_address_the_code_and_the_square_of_the_one_door(open_round):  # noqa: F811
    on_paper("River & <Village>")
    campaign = sent()

    content, task = made(campaign)
    again, _ = made(campaign)

    lines = texts(content)
    with reading() as db:
        door = db.query(Door).one()
        code, token = codes.code_of(door), doors.token_of(door)
        base = jobs_letters.post().renderer.base_url
        assert codes.find_by_code(db, code.replace("-", "")).door.id == door.id
    assert task.state is TaskState.DONE
    assert lines[lines.index("River & <Village>") :][:3] == ["River & <Village>", "12 River Road", "Riverton"]
    assert {"Please comment", "please read."} <= set(lines)
    assert f"\u200e{code}\u200e" in lines
    assert texts(again).count(f"\u200e{code}\u200e") == 1  # the same door, and no second one
    drawn = io.BytesIO()
    segno.make(f"{base}/en/door/{token}", error="m", micro=False).save(drawn, kind="png", scale=4, border=4)
    with ZipFile(io.BytesIO(content)) as package:
        squares = [package.read(name) for name in package.namelist() if "media/square" in name]
    assert squares == [drawn.getvalue()]
    assert states(campaign) == [(OutreachWay.LETTER, S.PRINTED)]


@pytest.mark.database
def test_each_letter_is_in_the_language_of_the_mail_and_in_its_direction(open_round):  # noqa: F811
    on_paper("First", language="ar")
    on_paper("Second", language="en")
    campaign = sent()

    content, _ = made(campaign)

    document = Document(io.BytesIO(content))
    w = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    bidi = {
        _Paragraph(one).text: one.find(f"{w}pPr/{w}bidi") is not None for one in document.element.body.iter(f"{w}p")
    }
    assert (bidi["نرجو التعليق"], bidi["Please comment"]) == (True, False)
    assert bidi["12 River Road"] is False  # an address is written as it is, on whichever page
    breaks = list(document.element.body.iter(f"{w}pageBreakBefore"))
    assert len(breaks) == 1  # between two


def test_letters_in_an_envelope_s_window_hold_whatever_people_are_called():
    @hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.text(max_size=120), min_size=1, max_size=30), st.sampled_from(["ltr", "rtl"]))
    def holds(lines, direction):
        from consult.core.forms import cleaned_line

        address = tuple(line for line in map(cleaned_line, lines) if line)
        one = Letter(
            "ar", direction, "س", address, "d", "a", "s", ("p",), "h", "x/en/enter/", "ACDE", "https://x/door/1", ()
        )
        assert [line for line in texts(as_docx([one], title="t")) if line in address][: len(address)] == list(address)

    holds()


@pytest.mark.database
def test_whoever_left_before_the_printing_is_not_in_the_file(open_round):  # noqa: F811
    stays, gone, off = on_paper("Stays"), on_paper("Gone"), on_paper("No consent")
    campaign = sent()
    with writing() as db:
        leave(db, db.get_one(Stakeholder, gone.id), how="letter", now=NOON)
        db.get_one(Stakeholder, off.id).basis = Basis.NONE

    content, _ = made(campaign)

    assert stays.name in texts(content)
    assert not {"Gone", "No consent"} & set(texts(content))
    assert [state for _way, state in states(campaign)] == [S.PRINTED, S.LEFT_OUT, S.LEFT_OUT]


@pytest.mark.database
def test_whoever_leaves_while_the_file_is_made_is_not_in_it_either(open_round, monkeypatch):  # noqa: F811
    gone = on_paper("Gone", news=True)
    on_paper("Stays")
    campaign = sent()
    asked = []

    def leaves_meanwhile(letters, *, title):
        if not asked:
            with writing() as db:
                leave(db, db.get_one(Stakeholder, gone.id), how="letter", now=NOON)
        asked.append(len(letters))
        return as_docx(letters, title=title)

    monkeypatch.setitem(jobs_letters.MAKERS, "docx", leaves_meanwhile)
    content, _ = made(campaign)

    assert asked == [2, 1]
    assert "Gone" not in texts(content)
    assert sum(1 for _ in store().keys("exports")) == 1  # the file with the other letter is gone


@pytest.mark.database
@pytest.mark.parametrize("how", ["pause", "stop"])
def test_no_letters_of_what_does_not_go_out(open_round, how):  # noqa: F811
    on_paper()
    campaign = sent()
    task = ask(campaign)
    with writing() as db:
        found = db.get_one(Campaign, campaign.id)
        dossier = db.get_one(Consultation, found.consultation_id)
        act = {"pause": operations_sending.pause_campaign, "stop": operations_sending.stop_campaign}[how]
        act(db, dossier, found, by=Sender(), **({"now": NOON} if how == "stop" else {}))

    with pytest.raises(rules_outreach.LettersNotApproved):
        ask(campaign, kind="pdf", by=Approver)
    jobs_letters.make_letters(task.id)
    with reading() as db:
        assert (db.get_one(Task, task.id).state, db.get_one(Task, task.id).result_key) == (TaskState.FAILED, None)
        left_out = reads.count_reached(db, db.get_one(Campaign, campaign.id))[OutreachWay.LETTER]
    assert left_out == {S.LEFT_OUT if how == "stop" else S.TO_PRINT: 1}


@pytest.mark.database
def test_an_approval_that_was_taken_back_has_no_letters(open_round):  # noqa: F811
    on_paper()
    campaign = write()
    send(campaign, starts_at=NOON + timedelta(days=1))
    with writing() as db:
        found = db.get_one(Campaign, campaign.id)
        operations_sending.take_back_campaign(
            db, db.get_one(Consultation, found.consultation_id), found, by=Sender(), now=NOON
        )

    with pytest.raises(rules_outreach.LettersNotApproved):
        ask(campaign)
    assert states(campaign) == []


@pytest.mark.database
def test_two_presses_at_once_make_one_file(open_round):  # noqa: F811
    on_paper()
    campaign, together, found = sent(), threading.Barrier(2), []

    def press():
        together.wait()
        found.append(ask(campaign).id)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(set(found)) == 1
    with pytest.raises(rules_outreach.LettersBeingMade):
        ask(campaign, by=Approver)


@pytest.mark.database
def test_what_is_posted_may_come_back_and_then_the_address_takes_no_more_letters_until_there_is_another(open_round):  # noqa: F811
    entry = on_paper()
    campaign = sent()
    made(campaign)
    with writing() as db:
        found = db.get_one(Campaign, campaign.id)
        dossier = db.get_one(Consultation, found.consultation_id)
        assert operations.mark_posted(db, dossier, found, TODAY, today=TODAY, by=Sender(), now=NOON) == 1
        one = reached(db, found, entry.name)
        operations.return_letter(db, dossier, found, one, note="moved", by=Sender(), now=NOON)
        steps = reads.list_steps(db, [one.outreach.recipient_id])[one.outreach.recipient_id]

    assert [(step.state, step.by, step.note) for step in steps] == [
        (S.RETURNED, "staff:7", "moved"), (S.POSTED, "staff:7", ""), (S.PRINTED, "staff:7", ""),
    ]  # fmt: skip
    with reading() as db:
        assert reads.dead_contacts(db, [entry.id]) == {entry.id: {"postal_address"}}
    with writing() as db:
        kept = db.get_one(Stakeholder, entry.id)
        kept.postal_address = "14 Hill Road"
        db.flush()
        assert reads.dead_contacts(db, [entry.id]) == {}


@pytest.mark.database
def test_check_mark_posted_needs_a_day_that_has_come_and_letters_that_are_printed(open_round):  # noqa: F811
    on_paper()
    campaign = sent()
    with reading() as db:
        found = db.get_one(Campaign, campaign.id)
        dossier = db.get_one(Consultation, found.consultation_id)
    for day, refusal in ((TODAY, rules_outreach.OutreachChanged), (TODAY + timedelta(days=1), rules_outreach.DayWrong),
                         (None, rules_outreach.DayWrong)):  # fmt: skip
        with pytest.raises(refusal), writing() as db:
            operations.mark_posted(
                db, dossier, db.get_one(Campaign, campaign.id), day, today=TODAY, by=Sender(), now=NOON
            )


@pytest.mark.parametrize("state", [S.TO_PRINT, S.RETURNED, S.LEFT_OUT])
def test_check_return_letter_needs_a_printed_one(state):
    with pytest.raises(rules_outreach.OutreachChanged):
        rules_outreach.check_return_letter(state, note="moved")


def test_check_return_letter_needs_a_note():
    with pytest.raises(rules_outreach.ReturnNoteMissing):
        rules_outreach.check_return_letter(S.POSTED, note=" ")


def test_check_kind_refuses_what_nothing_makes():
    rules_outreach.check_kind(is_possible=True)
    with pytest.raises(rules_outreach.KindMissing):
        rules_outreach.check_kind(is_possible=False)


def test_check_make_letters_needs_a_letter_and_nobody_else_at_it():
    rules_outreach.check_make_letters(1, in_hand_of=None, by="staff:7")
    rules_outreach.check_make_letters(1, in_hand_of="staff:7", by="staff:7")
    with pytest.raises(rules_outreach.NoLetters):
        rules_outreach.check_make_letters(0, in_hand_of=None, by="staff:7")
    with pytest.raises(rules_outreach.LettersBeingMade):
        rules_outreach.check_make_letters(1, in_hand_of="staff:8", by="staff:7")


@pytest.mark.database
def test_check_outreach_refuses_letters_that_come_too_late(open_round):  # noqa: F811
    on_paper()
    campaign = sent()

    with reading() as db, pytest.raises(rules_outreach.LettersTooLate):
        operations.check_may_reach(db, db.get_one(Campaign, campaign.id), now=datetime(2027, 12, 1, tzinfo=UTC))


@pytest.mark.database
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"state": "reached"}, "state_fits_way"),
        ({"state": "posted"}, "posted_has_its_day"),
        ({"participant_id": None}, "outreach_of_one_recipient"),
    ],
)
def test_the_database_refuses_what_a_letter_cannot_be(open_round, changes, constraint):  # noqa: F811
    on_paper()
    campaign = sent()

    with pytest.raises(DBAPIError) as caught, writing() as db:
        row = db.query(Outreach).filter_by(campaign_id=campaign.id).one()
        for name, value in changes.items():
            setattr(row, name, value)
        db.flush()
    assert constraint in (violated(caught.value) or "")


def test_pdf_loads_nothing():
    with pytest.raises(ValueError, match="load nothing"):
        letters_pdf.refuse_address("https://elsewhere.example/font.woff")


def test_letters_as_pdf_have_a_page_each_in_their_order_however_many_are_laid_out_at_a_time(database, monkeypatch):
    require("pdf")
    from pypdf import PdfReader

    monkeypatch.setattr(letters_pdf, "STEP", 2)
    passage = Passage("Our answer", "en", "ltr", is_bold=True)
    letters = [
        Letter(code, way, "M", (f"Village {number}",), "d", "a", words, ("p",), "h", "x/en/enter/", "ACDE", "https://x/door/1", (),
               (passage,))
        for number, (code, way, words) in enumerate([("en", "ltr", "Please"), ("ar", "rtl", "نرجو"), ("zh", "ltr", "请您")] * 2)
    ]  # fmt: skip

    pages = PdfReader(io.BytesIO(letters_pdf.as_pdf(letters, title="T"))).pages

    found = [page.extract_text() for page in pages]
    assert [re.findall(r"Village \d", words) for words in found] == [[f"Village {number}"] for number in range(6)]
    assert all("Our answer" in words for words in found)
    assert "请您" in found[2]
    assert any("\u0600" <= sign <= "\u06ff" or "\ufe70" <= sign <= "\ufeff" for sign in found[1])


def peak_of(letters):
    """The most memory, in MB, that a process of its own takes to make so many letters into a PDF."""
    asked = [sys.executable, "-c", MEASURE, str(letters)]
    return int(subprocess.run(asked, capture_output=True, check=True, text=True).stdout) // 1024


MEASURE = """
import resource, sys
from types import SimpleNamespace
from jinja2 import Environment, FileSystemLoader
from consult.core.files import shipped
from consult.mailings import letters_pdf
from consult.mailings.letters import Letter, Passage
there = Environment(loader=FileSystemLoader(shipped("templates")), autoescape=True)
letters_pdf.post = lambda: SimpleNamespace(renderer=SimpleNamespace(environment=there))
words = "We want to hear what you think of the draft. " * 8
one = Letter("en", "ltr", "M", ("A",), "d", "a", "s", (words,) * 4, "h", "x/en/enter/", "ACDE", "https://x/door/1", ())
made = letters_pdf.as_pdf([one] * int(sys.argv[1]), title="t")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.full
def test_a_pdf_of_many_letters_takes_hardly_more_memory_than_one_of_few():
    require("pdf")

    few, many = peak_of(50), peak_of(250)

    assert many < few + 60, (few, many)


def entered_by(code, now=NOON):
    with writing() as db:
        found = codes.try_code(db, code, now=now)
        return found.participant.id if found else None


@pytest.mark.database
def test_a_code_leads_to_its_door_however_it_is_typed_until_there_is_a_new_one(open_round):  # noqa: F811
    on_paper()
    made(sent())
    with reading() as db:
        door = db.query(Door).one()
        code, whose = codes.code_of(door), door.participant_id

    wide = "".join(chr(ord(sign) + 0xFEE0) if sign != "-" else " " for sign in code)
    arabic = "".join(chr(0x0660 + int(sign)) if sign.isdigit() else sign for sign in code)
    assert [entered_by(typed) for typed in (code, code.lower().replace("-", ""), wide, arabic)] == [whose] * 4

    with writing() as db:
        doors.replace_door(db, db.get_one(Participant, whose))
    assert entered_by(code) is None


def test_one_wrong_sign_or_two_changed_places_are_no_code():
    code = codes.shown(codes._code(7, 1)).replace("-", "")

    for at, sign in enumerate(code):
        for other in codes.SIGNS:
            assert (codes.read_code(code[:at] + other + code[at + 1 :]) is None) == (other != sign)
    for at in range(codes.LENGTH - 1):
        swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
        assert codes.read_code(swapped) is None or swapped == code


@pytest.mark.database
def test_check_try_code_looks_up_ten_wrong_ones_a_day_that_begin_alike_and_forgets_them(open_round):  # noqa: F811
    begins = "ACDE"
    wrong = [c for c in (begins + body + "XY" for body in ("FGHJKM",)) if len(c) == codes.LENGTH]
    body = wrong[0][:11] + codes._check_sign(wrong[0][:11])

    for _ in range(TRIES):
        assert entered_by(body) is None
    with pytest.raises(TooManyCodes):
        entered_by(body)
    assert entered_by(body, now=NOON + timedelta(days=1)) is None
    with writing() as db:
        assert codes.sweep_code_tries(db, now=NOON + timedelta(days=3)) == 1


@pytest.mark.database
def test_phone_outcomes_are_noted_and_whoever_wants_no_more_has_left(open_round):  # noqa: F811
    for name in ("Busy", "No", "Wrong", "Writes", "Person"):
        kind = StakeholderKind.PERSON if name == "Person" else StakeholderKind.ORGANISATION
        add(name=name, kind=kind, email="", phone=f"+41 {len(name)}", postal_address="", groups=())
    campaign = sent()

    def note(name, said, **named):
        with writing() as db:
            found = db.get_one(Campaign, campaign.id)
            dossier = db.get_one(Consultation, found.consultation_id)
            one = reached(db, found, name)
            operations.note_call(db, dossier, found, one, said, today=TODAY, by=Sender(), now=NOON, **named)

    note("Busy", S.NOT_REACHED, day=TODAY)
    note("No", S.NO_MORE, everything=True)
    note("Wrong", S.WRONG_NUMBER)
    note("Person", S.TAKES_PART)
    with pytest.raises(rules_outreach.PostalAddressMissing), writing() as db:
        found = db.get_one(Campaign, campaign.id)
        dossier = db.get_one(Consultation, found.consultation_id)
        operations.note_wants_letter(db, dossier, found, reached(db, found, "Writes"), by=Sender(), now=NOON)
    with writing() as db:
        entry = db.query(Stakeholder).filter_by(name="Writes").one()
        entry.postal_address = "3 Lane"
        db.flush()
        found = db.get_one(Campaign, campaign.id)
        dossier = db.get_one(Consultation, found.consultation_id)
        operations.note_wants_letter(db, dossier, found, reached(db, found, "Writes"), by=Sender(), now=NOON)
    with pytest.raises(rules_outreach.OutreachChanged):
        note("No", S.REACHED)

    assert [state for _way, state in states(campaign)] == [
        S.NOT_REACHED, S.NO_MORE, S.WRONG_NUMBER, S.TO_PRINT, S.TAKES_PART,
    ]  # fmt: skip
    with reading() as db:
        left = db.query(Stakeholder).filter_by(name="No").one()
        assert left.has_left
        assert db.query(Participant).filter_by(stakeholder_id=left.id).one().left_at is not None
        assert reads.dead_contacts(db, [one.id for one in db.query(Stakeholder)]).popitem()[1] == {"phone"}
    assert "Writes" in texts(made(campaign)[0])


@pytest.mark.parametrize(
    ("way", "state", "said", "day", "refusal"),
    [
        (OutreachWay.LETTER, S.TO_PRINT, S.REACHED, None, rules_outreach.OutreachChanged),
        (OutreachWay.PHONE, S.LEFT_OUT, S.REACHED, None, rules_outreach.OutreachChanged),
        (OutreachWay.PHONE, S.TO_SPEAK, S.PRINTED, None, rules_outreach.OutreachChanged),
        (OutreachWay.PHONE, S.TO_SPEAK, S.NOT_REACHED, None, rules_outreach.DayAhead),
        (OutreachWay.PHONE, S.TO_SPEAK, S.NOT_REACHED, TODAY - timedelta(days=1), rules_outreach.DayAhead),
    ],
)
def test_check_note_call_refuses_what_cannot_have_happened(way, state, said, day, refusal):
    with pytest.raises(refusal):
        rules_outreach.check_note_call(way, state, said, day, today=TODAY)


def test_check_wants_letter_needs_an_address_that_works():
    entry = Stakeholder(postal_address="1 Lane")
    rules_outreach.check_wants_letter(OutreachWay.PHONE, S.TO_SPEAK, entry, dead=())
    with pytest.raises(rules_outreach.PostalAddressMissing):
        rules_outreach.check_wants_letter(OutreachWay.PHONE, S.TO_SPEAK, entry, dead={"postal_address"})


@pytest.mark.database
def test_whoever_has_no_mailbox_leaves_everything_by_the_link_and_may_undo_it(open_round):  # noqa: F811
    entry = on_paper()
    made(sent())

    def there():
        with reading() as db:
            return db.get_one(Stakeholder, entry.id).has_left

    with writing() as db:
        leaver = doors.find_leaver(db, doors.leave_token_of(db.query(Door).one()))
        leave_mails(db, leaver, LeavingScope.EVERYTHING, way=LeavingWay.PAGE, once="k", now=NOON)
    assert there() is True
    with writing() as db:
        leaver = doors.find_leaver(db, doors.leave_token_of(db.query(Door).one()))
        undo_leaving(db, leaver, "k", now=NOON)
    assert there() is False


@pytest.mark.database
@pytest.mark.parametrize("everything", [False, True])
def test_whoever_says_no_more_on_the_telephone_leaves_as_by_the_link_of_a_mail(open_round, everything):  # noqa: F811
    called = add(name="Called", email="both@p.example", phone="+41 22 1", channel=Channel.PHONE, groups=())
    add(name="Same mailbox", email="Both@p.example", groups=())
    put_on(make_list(), "both@p.example")
    campaign = sent()

    with writing() as db:
        found = db.get_one(Campaign, campaign.id)
        dossier = db.get_one(Consultation, found.consultation_id)
        operations.note_call(
            db, dossier, found, reached(db, found, "Called"), S.NO_MORE, everything=everything, today=TODAY,
            by=Sender(), now=NOON,
        )  # fmt: skip

    with reading() as db:
        entries = db.query(Stakeholder).filter_by(email_key="both@p.example").all()
        assert [one.has_left for one in entries] == [everything] * 2
        assert {one.left_at for one in db.query(Participant)} == {NOON}
        assert bool(left_addresses(db, ["both@p.example"])) is everything
        ended = db.query(Subscription).one().state is SubscriptionState.ENDED
        assert ended is everything
        assert db.query(Leaving).one().way is LeavingWay.STAFF
        said = {one.how for one in db.query(Consent).filter_by(stakeholder_id=called.id, purpose=Purpose.EVERYTHING)}
        assert said == ({"phone"} if everything else set())


@pytest.mark.database
@pytest.mark.parametrize("own", [True, False])
def test_whoever_left_this_consultation_before_it_began_is_not_called(open_round, own):  # noqa: F811
    """They said so at an earlier invitation; or somebody else with their mailbox did."""
    called = add(name="Called", email="both@p.example", phone="+41 22 1", channel=Channel.PHONE, groups=(), news=True)
    other = add(name="Same mailbox", email="Both@p.example", basis=Basis.NONE, groups=())
    campaign = news()
    send(campaign)
    with writing() as db:
        dossier = db.query(Consultation).one()
        entry = db.get_one(Stakeholder, (called if own else other).id)
        doors.admit_stakeholder(db, dossier, entry, now=NOON).left_at = NOON
    queue_campaign(campaign.id)

    assert states(campaign) == [(OutreachWay.PHONE, S.LEFT_OUT)]


@pytest.mark.database
def test_an_empty_address_is_no_mailbox_that_somebody_left(open_round):  # noqa: F811
    gone = on_paper("Gone", news=True)
    on_paper("Stays", news=True)
    campaign = news()
    send(campaign)
    with writing() as db:
        dossier = db.query(Consultation).one()
        doors.admit_stakeholder(db, dossier, db.get_one(Stakeholder, gone.id), now=NOON).left_at = NOON
    queue_campaign(campaign.id)

    assert [state for _way, state in states(campaign)] == [S.LEFT_OUT, S.TO_PRINT]


@pytest.mark.parametrize("kind", [CampaignKind.NEWS, CampaignKind.DEBRIEFING])
def test_a_letter_of_news_says_to_an_office_too_how_to_get_no_more_and_asks_for_no_comments(open_round, kind):  # noqa: F811
    on_paper("Office", basis=Basis.DUTY, news=True)
    campaign = news(kind)
    send(campaign)
    queue_campaign(campaign.id)

    page = " ".join(texts(made(campaign)[0]))

    assert ("If you want no more letters from us" in page) is (kind is CampaignKind.NEWS)
    assert "To read and comment" not in page
    assert "To open the consultation, scan the square" in page

"""`consult mail ingest`: what a mail server hands over, through the command itself; and what staff see of it."""

import subprocess
import sys

import pytest

from consult.core import clock
from consult.core import db as core_db
from consult.core.db import reading
from consult.core.settings import SettingWrong, load
from consult.mail.keys import bounce_token, header_token
from consult.mail.models import Bounce, OutboxMail, Suppression
from consult.mailings import list_links
from consult.mailings.commands import ingest
from consult.mailings.models_leaving import Leaving, LeavingWay
from consult.rounds.queries import list_participants
from tests.drafts.test_operations import NOON
from tests.mail.test_bounces import HOSTILE, a_report
from tests.mail.test_connection import towards
from tests.mailings.test_leaving import admit, deliver, extend, may_get
from tests.mailings.test_lists import addresses, make_list, put_on
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.support.server import ROOT
from tests.support.world import World, everything, who

BOUNCES, LEAVE = "bounces@mechanism.example", "leave@mechanism.example"


def ours(settings, **changed):
    return towards(settings, 25, **{"bounce_address": BOUNCES, "leave_address": LEAVE, **changed})


def report_to(mail, **changed):
    return a_report(to=f"bounces+{bounce_token(mail.id)}@mechanism.example", **changed)


def the_mail():
    with reading() as db:
        return db.query(OutboxMail).one()


def test_a_mail_that_went_out_and_came_back_is_the_last_one_to_that_address(open_round, settings, sink, capsys):  # noqa: F811
    """The whole way: sent through a relay, its envelope's sender taken from what the relay got, the report handed over."""
    participant, _ = admit()
    with clock.at(NOON):
        extend()
    (got,) = deliver(settings, sink, bounce_address=BOUNCES)

    with clock.at(NOON):
        code = ingest(ours(settings), a_report(to=got.sender))
        extend()
    assert len(deliver(settings, sink, bounce_address=BOUNCES)) == 1

    assert (code, capsys.readouterr().out) == (0, "Noted: nothing more goes to this address.\n")
    with reading() as db:
        last = db.query(OutboxMail).order_by(OutboxMail.id.desc()).first()
        assert (last.state, last.reply_text) == ("suppressed", "mail to this address came back: 5.1.1")
    assert may_get(participant)  # left is something else


def test_the_command_reads_standard_input_and_prints_no_word_of_it(open_round, settings, sink):  # noqa: F811
    admit()
    with clock.at(NOON):
        extend()
    deliver(settings, sink)
    variables = {
        "CONSULT_DATA_FOLDER": settings.data_folder, "CONSULT_DATABASE_URL": settings.database_url,
        "CONSULT_SECRET_KEY": settings.secret_key, "CONSULT_BOUNCE_ADDRESS": BOUNCES, "PATH": "/usr/bin:/bin",
    }  # fmt: skip
    raw = report_to(the_mail()).replace(b"To: bounces", b"To: nobody")
    recipient = f"bounces+{bounce_token(the_mail().id)}@mechanism.example"

    done = subprocess.run(
        [sys.executable, "-m", "consult.cli", "mail", "ingest", "--recipient", recipient],
        input=raw, capture_output=True, cwd=ROOT, env=variables, timeout=60,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (0, b"Noted: nothing more goes to this address.\n"), done.stderr
    assert b"ana@" not in done.stderr
    with reading() as db:
        assert db.query(Suppression).count() == 1


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_nothing_that_a_stranger_sends_changes_anything(database, settings, what, capsys):
    before = everything()

    assert ingest(ours(settings), HOSTILE[what]) == 0

    assert everything() == before
    assert "nothing done" in capsys.readouterr().out


def test_without_a_bounce_address_nothing_is_believed(open_round, settings, sink):  # noqa: F811
    admit()
    with clock.at(NOON):
        extend()
    deliver(settings, sink)

    ingest(ours(settings, bounce_address="", leave_address=""), report_to(the_mail()))

    with reading() as db:
        assert db.query(Bounce).count() == 0


def leave_mail(token, head="From: ana@org.example\n"):
    return f"{head}To: leave+{token}@mechanism.example\nSubject: stop\n\nPlease.\n".encode()


def test_a_mail_to_the_leave_address_leaves_the_consultation(open_round, settings, capsys):  # noqa: F811
    participant, token = admit()

    with clock.at(NOON):
        assert ingest(ours(settings), leave_mail(header_token(token))) == 0

    assert capsys.readouterr().out == "Left.\n"
    assert not may_get(participant)
    with reading() as db:
        assert db.query(Leaving).one().way is LeavingWay.MAIL


def test_a_mail_with_what_stands_in_a_body_asks_the_mailbox_and_stops_nothing(open_round, settings, capsys):  # noqa: F811
    """Whoever is forwarded a mail can write to the address for leaving, too."""
    participant, token = admit(email="w@org.example")
    news = make_list()
    on = put_on(news)

    with clock.at(NOON):
        for one in (token, list_links.leave_token_of(on)):
            assert ingest(ours(settings), leave_mail(one)) == 0

    assert capsys.readouterr().out == "Asked.\n" * 2
    assert (may_get(participant), addresses(news)) == (True, ["ana@p.example"])
    with reading() as db:
        asked = db.query(OutboxMail.address).filter_by(template="leave_link").order_by(OutboxMail.id)
        assert [one.address for one in asked] == ["w@org.example", "ana@p.example"]


def test_a_mail_to_the_leave_address_leaves_the_list(settings, database, capsys):
    news = make_list()
    put_on(news)
    on = put_on(news, "other@p.example")

    with clock.at(NOON):
        assert ingest(ours(settings), leave_mail(header_token(list_links.leave_token_of(on)))) == 0
        assert ingest(ours(settings), leave_mail(header_token(list_links.confirm_token_of(on)))) == 0

    assert "Left." in capsys.readouterr().out
    assert addresses(news) == ["ana@p.example"]


@pytest.mark.parametrize(
    ("token", "head"),
    [
        ("0" * 32, ""),
        ("0" * 48, ""),
        (None, "Auto-Submitted: auto-replied\n"),
        (None, "Auto-Submitted: auto-generated\n"),
    ],
    ids=["forged", "forged whole", "out of office", "by a machine"],
)
def test_a_forged_token_or_an_answer_of_a_machine_makes_nobody_leave(open_round, settings, token, head):  # noqa: F811
    participant, own = admit()

    ingest(ours(settings), leave_mail(token or header_token(own), head))

    assert may_get(participant)


def test_a_bounce_token_leaves_nothing_and_a_leave_token_bounces_nothing(open_round, settings, sink):  # noqa: F811
    participant, token = admit()
    with clock.at(NOON):
        extend()
    deliver(settings, sink)

    ingest(ours(settings), leave_mail(bounce_token(the_mail().id)))
    for one in (token, header_token(token)):
        ingest(ours(settings), a_report(to=f"bounces+{one}@mechanism.example"))

    assert may_get(participant)
    with reading() as db:
        assert (db.query(Leaving).count(), db.query(Suppression).count()) == (0, 0)


def test_a_database_that_cannot_be_reached_asks_the_mail_server_to_come_again(open_round, settings, capsys):  # noqa: F811
    _participant, token = admit()
    there = core_db.bound()
    gone = core_db.Database(f"sqlite:///{settings.data_folder}/no/such/folder/consult.db")
    core_db.bind(gone)
    try:
        assert ingest(ours(settings), leave_mail(header_token(token))) == 75
    finally:
        core_db.bind(there)
        gone.close()
    assert token not in capsys.readouterr().err


def test_the_mailbox_for_leaving_leaves_room_for_its_longer_token(tmp_path):
    long = "a" * 16 + "@x.example"

    with pytest.raises(SettingWrong, match="15 characters"):
        load({"data_folder": str(tmp_path), "leave_address": long}, environ={})
    assert load({"data_folder": str(tmp_path), "bounce_address": long}, environ={}).bounce_address == long


@pytest.mark.parametrize("name", ["bounce_address", "leave_address"])
@pytest.mark.parametrize(
    "value", ["x", "a+b@x.example", "+@x.example", "a" * 31 + "@x.example", "ä@x.example", "a@x.example\r\nBcc: b"]
)
def test_a_mailbox_that_cannot_carry_a_token_stops_the_start(tmp_path, name, value):
    with pytest.raises(SettingWrong, match=name):
        load({"data_folder": str(tmp_path), name: value}, environ={})


# What staff see


def test_people_are_shown_with_the_plain_sentence_on_both_pages(world: World):
    client = world.browser("secretariat")
    sentence = "Mail to this address came back on"

    listed = client.get("/staff/consultations/upr/participants/").text
    entry = client.get(f"/staff/stakeholders/{world.ids['participant_b']['stakeholder']}/").text
    other = client.get(f"/staff/stakeholders/{world.ids['participant']['stakeholder']}/").text

    assert (listed.count(sentence), entry.count(sentence), other.count(sentence)) == (1, 1, 0)
    assert f"/staff/suppressions/{world.ids['']['suppression']}/lift/" in entry


def test_write_again_needs_a_note_and_then_the_sentence_is_gone(world: World):
    client, page = world.browser("secretariat"), f"/staff/suppressions/{world.ids['']['suppression']}/lift/"

    refused = client.post(page, data={"note": " "})
    lifted = client.post(page, data={"note": "They told us by telephone."})
    again = client.post(page, data={"note": "Once more."})

    assert [one.status_code for one in (refused, lifted, again)] == [422, 303, 409]
    assert "They told us by telephone." in client.get(page).text
    assert "came back on" not in client.get("/staff/consultations/upr/participants/").text


def test_the_page_of_a_suppression_has_no_address(world: World):
    page = world.browser("secretariat").get(f"/staff/suppressions/{world.ids['']['suppression']}/lift/").text

    assert "org.example" not in page
    assert "5.1.1" in page


def test_who_left_the_consultation_stands_so_in_the_list(world: World):
    token = world.ids["participant"]["leave"]
    world.browser("visitor").post(f"/en/leave/{header_token(token)}", data={"scope": "consultation", "once": "k"})

    page = world.browser("secretariat").get("/staff/consultations/upr/participants/").text

    assert page.count("Asked for no more mail about this consultation on") == 1
    with reading() as db:
        found = who("participant")
        (row,) = [one for one in list_participants(db, found.consultation_id) if one.id == found.id]
        assert row.left_at is not None

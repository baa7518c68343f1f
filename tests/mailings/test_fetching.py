"""What came back is fetched from a mailbox, over IMAP from a real server: marked once it is kept, and nothing holds up the rest."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest

from consult.core.db import reading, writing
from consult.core.settings import SettingWrong, load
from consult.jobs.queue import queue
from consult.mail import operations
from consult.mail.delivery import Post, use_post
from consult.mail.imap import TROUBLE
from consult.mail.keys import bounce_token
from consult.mail.models import Bounce, Mail, MailState, OutboxMail, Suppression
from consult.mail.operations_bounces import Ingested
from consult.mailings import fetching
from consult.mailings.commands import fetch
from consult.mailings.fetching import fetch_messages, sweep_fetching
from consult.worker import MAILS
from tests.drafts.test_operations import NOON
from tests.mail.test_bounces import HOSTILE, a_report
from tests.mail.test_connection import certificate, towards  # noqa: F401
from tests.support.dovecot import PASSWORD, USER, Dovecot
from tests.support.server import ROOT, free_port
from tests.support.tools import require

ADDRESSES = {"bounce_address": "bounces@mechanism.example", "leave_address": "leave@mechanism.example"}


@pytest.fixture
def box(certificate, tmp_path, monkeypatch):  # noqa: F811
    """A running mailbox whose certificate we trust."""
    with Dovecot(require("dovecot"), certificate[0], tmp_path / "relay.key") as running:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        yield running


def ours(settings, port, **changed):
    own = {"imap_host": "127.0.0.1", "imap_port": port, "imap_user": USER, "imap_password": PASSWORD}
    own |= {"mail_timeout_seconds": 20}  # Dovecot lets whoever gave a wrong password wait
    return towards(settings, 25, **{**own, **ADDRESSES, **changed})


def sent(number):
    """A mail that went out; the number of its row."""
    with writing() as db:
        mail = Mail("test", f"stakeholder:{number}", "round:1", f"p{number}@example.org", "en")
        operations.queue_mail(db, mail, now=NOON)
        claimed = operations.claim_mail(db, lease=timedelta(minutes=5), domain="example.org", now=NOON)
        operations.note_outcome(db, claimed, operations.Outcome(MailState.SENT, 250, "ok"), now=NOON)
    return claimed.id


def report(mail_id, **changed):
    return a_report(to=f"bounces+{bounce_token(mail_id)}@mechanism.example", **changed)


def bounced():
    with reading() as db:
        return sorted(one.mail_id for one in db.query(Bounce))


def test_what_came_back_is_taken_once_and_marked(database, settings, box):
    first, second = sent(1), sent(2)
    box.drop(report(first), "a")
    box.drop(report(second), "b")
    box.drop(b"From: someone@x.example\r\nSubject: Hello\r\n\r\nHow are you?\r\n", "c")

    counts = fetch_messages(ours(settings, box.port))
    again = fetch_messages(ours(settings, box.port))

    assert (counts, again) == ({Ingested.SUPPRESSED: 2, Ingested.NOT_OURS: 1}, {})
    assert bounced() == [first, second]
    assert box.flags() == {"a": "S", "b": "S", "c": "S"}


def test_what_came_back_later_is_taken_by_the_job_that_the_sweep_wakes(database, settings, box):
    use_post(Post(ours(settings, box.port), MAILS))
    mail_id = sent(1)
    box.drop(report(mail_id), "a")

    with writing() as db:
        sweep_fetching(db, now=NOON)
    queue().work_off()

    assert (bounced(), box.flags()) == ([mail_id], {"a": "S"})


def test_without_a_mailbox_the_sweep_wakes_nothing(database, settings):
    use_post(Post(settings, MAILS))
    with writing() as db:
        sweep_fetching(db, now=NOON)

    assert queue().huey.pending_count() == 0


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_no_hostile_message_holds_up_the_one_after_it(database, settings, box, what):
    mail_id = sent(1)
    box.drop(HOSTILE[what] or b"\r\n", "a")
    box.drop(report(mail_id), "b")

    fetch_messages(ours(settings, box.port))

    assert bounced() == [mail_id]
    assert box.flags()["b"] == "S"
    assert box.flags()["a"]  # and it is not looked at again


def test_a_message_that_makes_us_stumble_is_set_aside_for_a_person(database, settings, box, monkeypatch, caplog):
    """Whatever we did not think of: here a reader that fails for one message."""
    mail_id = sent(1)
    box.drop(b"From: anna@x.example\r\n\r\nSTUMBLE\r\n", "a")
    box.drop(report(mail_id), "b")
    real = fetching.take_message

    def stumbles(db, raw, *args, **named):
        if b"STUMBLE" in raw:
            raise ValueError("anna@x.example")
        return real(db, raw, *args, **named)

    monkeypatch.setattr(fetching, "take_message", stumbles)
    counts = fetch_messages(ours(settings, box.port))

    assert (counts, bounced()) == ({None: 1, Ingested.SUPPRESSED: 1}, [mail_id])
    assert box.flags() == {"a": "FS", "b": "S"}
    assert "anna" not in caplog.text
    assert fetch_messages(ours(settings, box.port)) == {}


def test_megabytes_are_read_up_to_the_limit_and_still_understood(database, settings, box):
    mail_id = sent(1)
    box.drop(report(mail_id) + b"x" * 70 + b"\r\n" + (b"y" * 76 + b"\r\n") * 400_000, "a")  # 31 MB

    counts = fetch_messages(ours(settings, box.port))

    assert (counts, bounced()) == ({Ingested.SUPPRESSED: 1}, [mail_id])


def test_a_run_takes_so_many_and_the_next_one_goes_on(database, settings, box, monkeypatch):
    monkeypatch.setattr(fetching, "FETCH_MAX", 3)
    for number in range(5):
        box.drop(b"Subject: Hello\r\n\r\nx\r\n", f"m{number}")

    runs = [sum(fetch_messages(ours(settings, box.port)).values()) for _ in range(3)]

    assert runs == [3, 2, 0]


def test_another_folder_can_be_named(database, settings, box):
    assert fetch_messages(ours(settings, box.port, imap_folder="INBOX")) == {}
    with pytest.raises(TROUBLE):
        fetch_messages(ours(settings, box.port, imap_folder='No "such" \\ folder'))


def test_a_certificate_that_is_not_trusted_gets_no_password(database, settings, box, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")

    with pytest.raises(TROUBLE, match="certificate verify failed"):
        fetch_messages(ours(settings, box.port))

    assert "Login" not in box.log()


@pytest.mark.parametrize("changed", [{"imap_password": "wrong"}, {"imap_port": 1}], ids=["password", "nobody there"])
def test_a_mailbox_that_cannot_be_reached_is_said_by_the_command_and_harms_nothing(
    database, settings, box, changed, capsys
):
    code = fetch(ours(settings, box.port, **changed))

    assert (code, "The mailbox cannot be read" in capsys.readouterr().err) == (75, True)
    assert fetch(ours(settings, box.port)) == 0  # and the next one gets its turn
    assert capsys.readouterr().out == "Nothing new.\n"


def test_the_job_says_in_the_log_that_the_mailbox_fails_and_no_password(database, settings, caplog):
    use_post(Post(ours(settings, free_port()), MAILS))

    fetching.fetch_quietly()

    assert "the mailbox for bounces cannot be read: ConnectionRefusedError" in caplog.text
    assert PASSWORD not in caplog.text


def test_a_database_that_fails_leaves_the_message_for_the_next_time(database, settings, box):
    mail_id = sent(1)
    box.drop(report(mail_id), "a")
    with writing() as db:
        db.connection().exec_driver_sql("ALTER TABLE bounce RENAME TO away")
    assert fetch(ours(settings, box.port)) == 75
    assert "S" not in box.flags()["a"]
    with writing() as db:
        db.connection().exec_driver_sql("ALTER TABLE away RENAME TO bounce")

    assert fetch(ours(settings, box.port)) == 0
    assert bounced() == [mail_id]


def test_a_second_thread_does_not_wait_for_a_silent_mailbox(database, settings):
    """Nobody answers on this port; the one that waits keeps no other."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        slow = ours(settings, silent.getsockname()[1], mail_timeout_seconds=3)
        failed = []

        def first():
            try:
                fetch_messages(slow)
            except TROUBLE as problem:
                failed.append(problem)

        thread = threading.Thread(target=first)
        thread.start()
        while not fetching._turn.locked():
            time.sleep(0.01)
        began = time.monotonic()
        assert fetch_messages(slow) == {}
        assert time.monotonic() - began < 1
        thread.join(10)

    assert len(failed) == 1


def test_the_command_takes_what_is_there_and_a_killed_one_loses_nothing(database, settings, box, certificate):  # noqa: F811
    mails = [sent(number) for number in range(30)]
    for number, mail_id in enumerate(mails):
        box.drop(report(mail_id), f"m{number:02}")
    variables = {
        "CONSULT_DATA_FOLDER": settings.data_folder, "CONSULT_DATABASE_URL": settings.database_url,
        "CONSULT_SECRET_KEY": settings.secret_key, "CONSULT_BOUNCE_ADDRESS": ADDRESSES["bounce_address"],
        "CONSULT_IMAP_HOST": "127.0.0.1", "CONSULT_IMAP_PORT": str(box.port), "CONSULT_IMAP_USER": USER,
        "CONSULT_IMAP_PASSWORD": PASSWORD, "SSL_CERT_FILE": str(certificate[0]), "PATH": os.environ["PATH"],
    }  # fmt: skip
    command = [sys.executable, "-m", "consult.cli", "mail", "fetch"]
    killed = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL)
    while not bounced():
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.wait()

    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert bounced() == mails
    assert set(box.flags().values()) == {"S"}
    with reading() as db:
        assert db.query(Suppression).count() == 30
        assert db.query(OutboxMail).count() == 30
    assert "@" not in done.stdout


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"imap_user": ""}, "imap_host needs imap_user and imap_password"),
        ({"imap_password": ""}, "imap_host needs imap_user and imap_password"),
        ({"bounce_address": "", "leave_address": ""}, "neither bounce_address nor leave_address"),
    ],
)
def test_settings_that_could_fetch_nothing_stop_the_start(tmp_path, changed, said):
    own = {"imap_host": "mail.example.org", "imap_user": "u", "imap_password": "p", "data_folder": str(tmp_path)}

    with pytest.raises(SettingWrong, match=said):
        load({**own, **ADDRESSES, **changed}, environ={})

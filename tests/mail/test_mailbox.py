"""The mailbox of a demonstration, and `consult mail …`."""

import os
import subprocess
import sys

import pytest

import consult
from consult.accounts.models import Role
from consult.accounts.operations import add_staff, make_password_link, set_password_by_link
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.settings import load
from consult.mail import operations
from consult.mail.captured import linked
from consult.mail.delivery import post
from consult.mail.models import Mail, MailState, OutboxMail
from tests.mail.workers import settings_file
from tests.support.second_factor import give_app, go_on
from tests.support.server import ROOT, free_port

PASSWORD = "correct horse battery staple"
MAILBOX = "/staff/mailbox/"


@pytest.fixture
def signed_in(client):
    """A browser in which someone of a role is signed in."""

    def sign_in(role=Role.SECRETARIAT):
        with writing() as db:
            person = add_staff(
                db, name="Dalia", email="d@x.example", language="en", roles={role}, by=None, now=clock.now()
            )
            secret = make_password_link(db, person, by=None, now=clock.now())
            set_password_by_link(db, secret, PASSWORD, now=clock.now())
            give_app(db, person, now=clock.now())
        go_on(client, client.post("/staff/sign-in/", data={"email": "d@x.example", "password": PASSWORD}))
        return client

    return sign_in


def mail_out(number=1, language="en"):
    with writing() as db:
        mail = Mail("test", f"stakeholder:{number}", "round:1", f"p{number}@example.org", language)
        operations.queue_mail(db, mail, now=clock.now())
    post().deliver()


def test_mailbox_shows_the_mails_newest_first_and_the_plain_part_of_one(signed_in, settings):
    client = signed_in()
    mail_out(1)
    mail_out(2, "ar")

    listed = client.get(MAILBOX).get_data(as_text=True)
    shown = client.get(f"{MAILBOX}00000001/").get_data(as_text=True)

    assert listed.index("p2@example.org") < listed.index("p1@example.org")
    assert f'<a href="{settings.base_url}/">{settings.base_url}/</a>' in shown
    assert "p1@example.org" in shown


def test_mailbox_never_shows_the_html_of_a_mail(signed_in, settings):
    client = signed_in()
    folder = settings.data / "mail"
    folder.mkdir()
    bad = (
        "Subject: <script>1</script>\nFrom: a@b.example\nTo: c@d.example\nContent-Type: text/html\n\n<script>2</script>"
    )
    (folder / "00000007.eml").write_text(bad)

    shown = client.get(f"{MAILBOX}00000007/").get_data(as_text=True)

    assert "<script" not in shown
    assert "&lt;script&gt;1" in shown


def test_mailbox_pages_older_mails(signed_in, settings):
    client = signed_in()
    folder = settings.data / "mail"
    folder.mkdir()
    for number in range(1, 61):
        (folder / f"{number:08}.eml").write_text(f"Subject: Number {number}.\nFrom: a@b.example\nTo: c@d.example\n\nHi")

    first = client.get(MAILBOX).get_data(as_text=True)
    second = client.get(f"{MAILBOX}?before=00000011").get_data(as_text=True)

    assert ("Number 11." in first, "Number 10." in first, "?before=00000011" in first) == (True, False, True)
    assert ("Number 10." in second, "Number 1." in second, "Number 11." in second) == (True, True, False)


@pytest.mark.parametrize("name", ["00000099", "..%2fsecret_key", "secret_key", "1"])
def test_mailbox_answers_404_for_what_is_no_captured_mail(signed_in, name):
    assert signed_in().get(f"{MAILBOX}{name}/").status_code == 404


def test_mailbox_asks_who_is_there(client):
    answer = client.get(MAILBOX)

    assert (answer.status_code, "/staff/sign-in/" in answer.location) == (303, True)


def test_mailbox_is_not_for_every_role(signed_in):
    assert signed_in(Role.LOGISTICS).get(MAILBOX).status_code == 403


def test_mailbox_exists_only_where_mails_are_captured(settings, database):
    own = {"data_folder": settings.data_folder, "database_url": settings.database_url}
    sending = load({**own, "secret_key": settings.secret_key, "mail_host": "127.0.0.1"}, environ={})

    rules = {rule.rule for rule in consult.create_app(sending).url_map.iter_rules()}

    assert not any(rule.startswith(MAILBOX) for rule in rules)


def test_linked_links_our_own_addresses_only():
    text = "See http://us.example/en/door/abc. Not http://them.example/x\nor javascript:alert(1) <b>"

    assert str(linked(text, "http://us.example")) == (
        'See <a href="http://us.example/en/door/abc">http://us.example/en/door/abc</a>. Not http://them.example/x<br>\n'
        "or javascript:alert(1) &lt;b&gt;"
    )


def command(file, *words):
    return subprocess.run(
        [sys.executable, "-m", "consult.cli", "mail", *words], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "CONSULT_SETTINGS": str(file), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_mail_test_sends_one_mail_and_says_what_the_relay_answered(database, settings, sink, tmp_path):
    done = command(settings_file(settings, sink.port, tmp_path), "test", "anna@example.org", "--language", "zh")

    (got,) = sink.received()
    assert (done.returncode, done.stdout) == (0, "The relay took the mail: 250 kept\n")
    assert (got.recipients, str(got.message["Content-Language"])) == (("anna@example.org",), "zh")


def test_mail_test_says_why_it_did_not_go_out(database, settings, tmp_path):
    done = command(settings_file(settings, free_port(), tmp_path), "test", "anna@example.org")

    assert done.returncode == 1
    assert "deferred" in done.stderr
    assert "refused" in done.stderr


def test_mail_test_refuses_what_is_no_address(database, settings, tmp_path):
    done = command(settings_file(settings, free_port(), tmp_path), "test", "no address")

    assert (done.returncode, "no e-mail address" in done.stderr) == (2, True)


def test_mail_uncertain_and_decide(database, settings, sink, tmp_path):
    file = settings_file(settings, sink.port, tmp_path, timeout=1)
    sink.set_mode("silent")
    command(file, "test", "anna@example.org")

    listed = command(file, "uncertain").stdout
    done = command(file, "decide", "1", "arrived")
    again = command(file, "decide", "1", "resend")

    assert (listed.startswith("1  test  test:"), "@" in listed) == (True, False)
    assert (done.returncode, again.returncode, command(file, "decide", "9", "lost").returncode) == (0, 1, 1)
    with reading() as db:
        assert db.get_one(OutboxMail, 1).state is MailState.SENT
    assert command(file, "uncertain").stdout == "No mail is uncertain.\n"

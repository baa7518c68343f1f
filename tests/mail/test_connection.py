"""The way out against a real relay: answers, faults, encryption; nothing here is a mock."""

import asyncio
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from consult.core import clock
from consult.core.db import reading, writing
from consult.core.settings import load
from consult.mail import operations
from consult.mail.connection import Relay
from consult.mail.delivery import Post
from consult.mail.letters import Letter
from consult.mail.messages import MailTemplate, NotWanted
from consult.mail.models import Mail, MailState, OutboxMail
from consult.mail.outcome import Outcome, plain_words
from consult.worker import MAILS
from tests.mail.workers import counts
from tests.support.server import free_port

LETTER = Letter("1", "consult@example.org", "anna@example.org", b"Subject: A\r\n\r\n.dot\r\nWords\r\n", False)


def towards(settings, port, **changed):
    relay = {"mail_host": "127.0.0.1", "mail_port": port, "mail_security": "none", "mail_timeout_seconds": 1}
    own = {"data_folder": settings.data_folder, "database_url": settings.database_url}
    return load({**own, "secret_key": settings.secret_key, **relay, **changed}, environ={})


def send(settings, port, letter=LETTER, **changed):
    with Relay(towards(settings, port, **changed)).connect() as connection:
        return connection.open() or connection.send(letter)


def test_a_taken_mail_arrives_byte_by_byte(settings, sink):
    outcome = send(settings, sink.port)

    (got,) = sink.received()
    assert outcome == Outcome(MailState.SENT, 250, "kept")
    assert (got.sender, got.recipients, got.raw) == (LETTER.sender, (LETTER.recipient,), LETTER.content)


@pytest.mark.parametrize(
    ("mode", "state", "code", "over"),
    [
        ("refuse_later", MailState.DEFERRED, 450, False),
        ("refuse", MailState.FAILED, 550, False),
        ("silent", MailState.UNCERTAIN, None, True),
        ("closing", MailState.UNCERTAIN, None, True),
    ],
)
def test_every_other_answer_is_known_for_what_it_is(settings, sink, mode, state, code, over):
    sink.set_mode(mode)

    outcome = send(settings, sink.port)

    assert (outcome.state, outcome.code, outcome.connection_over) == (state, code, over)


def test_a_connection_goes_on_after_a_refusal(settings, sink):
    with Relay(towards(settings, sink.port)).connect() as connection:
        connection.open()
        sink.set_mode("refuse")
        first = connection.send(LETTER)
        sink.set_mode("accept")
        second = connection.send(LETTER)

    assert (first.state, second.state, sink.connections()) == (MailState.FAILED, MailState.SENT, 1)


def test_an_address_of_another_script_goes_out_by_smtputf8(settings, sink):
    letter = Letter("1", "consult@example.org", "用户@example.org", LETTER.content, True)

    assert send(settings, sink.port, letter).state is MailState.SENT
    assert sink.received()[0].recipients == ("用户@example.org",)


def test_a_relay_that_is_not_there_puts_the_mail_off(settings):
    outcome = send(settings, free_port())

    assert (outcome.state, outcome.connection_over) == (MailState.DEFERRED, True)
    assert "refused" in outcome.text


class Handler:
    """Answers as it is told, command by command."""

    def __init__(self, **answers):
        self.answers, self.got = answers, []

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        return self.answers.get("mail", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):
        envelope.rcpt_tos.append(address)
        return self.answers.get("rcpt", "250 OK")

    async def handle_DATA(self, server, session, envelope):
        self.got.append(envelope.content)
        return self.answers.get("data", "250 OK")


@contextmanager
def relay(handler, context=None, *, implicit=False, **options):
    """A relay in a thread of its own, also an encrypted one."""
    loop, ready, where = asyncio.new_event_loop(), threading.Event(), []

    def new():
        tls = {"tls_context": context, "require_starttls": True} if context and not implicit else {}
        return SMTP(handler, hostname="relay.example", loop=loop, **tls, **options)

    async def begin():
        server = await loop.create_server(new, "127.0.0.1", 0, ssl=context if implicit else None)
        where.append(server)
        ready.set()

    def run():
        asyncio.set_event_loop(loop)
        loop.create_task(begin())
        loop.run_forever()

    async def end():
        where[0].close()
        rest = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        loop.stop()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    try:
        yield where[0].sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop)
        thread.join(10)
        loop.close()


@pytest.mark.parametrize(
    ("answers", "state", "code", "over"),
    [
        ({"mail": "550 sender refused"}, MailState.DEFERRED, 550, True),
        ({"mail": "451 busy"}, MailState.DEFERRED, 451, False),
        ({"data": "554 looks like spam"}, MailState.FAILED, 554, False),
        ({"data": "452 disk full"}, MailState.DEFERRED, 452, False),
        ({"rcpt": "421 going down"}, MailState.DEFERRED, 421, True),
    ],
)
def test_a_fault_of_ours_or_of_the_relay_fails_no_mail(settings, answers, state, code, over):
    with relay(Handler(**answers)) as port:
        outcome = send(settings, port)

    assert (outcome.state, outcome.code, outcome.connection_over) == (state, code, over)


def test_a_relay_without_smtputf8_fails_the_one_mail_that_needs_it(settings):
    letter = Letter("1", "consult@example.org", "用户@example.org", LETTER.content, True)

    with relay(Handler()) as port:
        outcome = send(settings, port, letter)

    assert (outcome.state, "SMTPUTF8" in outcome.text) == (MailState.FAILED, True)


@pytest.fixture
def certificate(tmp_path):
    """A certificate for 127.0.0.1, signed by itself: (its file, the relay's context)."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path, private = tmp_path / "relay.pem", tmp_path / "relay.key"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, private)
    return path, context


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_encrypted_relay_whose_certificate_is_trusted_gets_the_mail(settings, certificate, monkeypatch, security):
    path, context = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    handler = Handler()

    with relay(handler, context, implicit=security == "tls") as port:
        outcome = send(settings, port, mail_security=security)

    assert (outcome.state, len(handler.got)) == (MailState.SENT, 1)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_relay_whose_certificate_is_not_trusted_gets_nothing(settings, certificate, security):
    handler = Handler()

    with relay(handler, certificate[1], implicit=security == "tls") as port:
        outcome = send(settings, port, mail_security=security)

    assert (outcome.state, handler.got) == (MailState.DEFERRED, [])
    assert "certificate verify failed" in outcome.text.lower()


def test_a_relay_that_offers_no_encryption_gets_nothing_where_it_is_wanted(settings, sink):
    outcome = send(settings, sink.port, mail_security="starttls")

    assert (outcome.state, sink.received()) == (MailState.DEFERRED, [])


def test_words_of_a_server_are_kept_without_addresses():
    words = plain_words(b"5.1.1 <anna@example.org>: unknown\r\nuser anna@b\xfccher.example\x00")

    assert words == "5.1.1 <…>: unknown user …"


def queue(number=1, template="test", first=0):
    mails = [
        Mail(template, f"stakeholder:{n}", "round:1", f"p{n}@example.org", "en") for n in range(first, first + number)
    ]
    with writing() as db:
        operations.queue_mails(db, mails, now=clock.now())


def rows():
    with reading() as db:
        return db.query(OutboxMail).order_by(OutboxMail.id).all()


def states():
    return {state: number for state, number in counts().items() if number}


@pytest.mark.database
def test_deliver_sends_all_on_few_connections(database, settings, sink):
    queue(25)

    attempts = Post(towards(settings, sink.port, mail_per_connection=10), MAILS).deliver()

    assert (attempts, states(), len(sink.received())) == (25, {MailState.SENT: 25}, 25)
    assert sink.connections() == 3


@pytest.mark.database
def test_deliver_puts_off_one_mail_where_the_relay_is_not_there(database, settings):
    queue(3)

    Post(towards(settings, free_port()), MAILS).deliver()

    assert states() == {MailState.DEFERRED: 1, MailState.QUEUED: 2}


def test_deliver_leaves_a_relay_alone_that_hangs_up_twice(database, settings, sink):
    sink.set_mode("closing")
    queue(5)

    Post(towards(settings, sink.port), MAILS).deliver()

    assert states() == {MailState.UNCERTAIN: 2, MailState.QUEUED: 3}


def test_a_mail_whose_cause_is_gone_is_not_sent_and_the_next_one_is(database, settings, sink):
    def gone(db, parameters):
        raise NotWanted

    queue(1, "gone")
    queue(1, "test", first=1)

    Post(towards(settings, sink.port), {**MAILS, "gone": MailTemplate("test", MAILS["test"].subject, gone)}).deliver()

    assert states() == {MailState.SUPPRESSED: 1, MailState.SENT: 1}
    assert [row.address for row in rows()] == [None, None]


def test_a_faulty_template_holds_up_no_other_mail_and_tells_the_log_nothing(database, settings, sink, caplog):
    def faulty(db, parameters):
        raise LookupError("p0@example.org")

    queue(1, "faulty")
    queue(1, "test", first=1)

    Post(towards(settings, sink.port), {**MAILS, "faulty": MailTemplate("x", MAILS["test"].subject, faulty)}).deliver()

    assert states() == {MailState.DEFERRED: 1, MailState.SENT: 1}
    assert "cannot be made: LookupError" in caplog.text
    assert "@" not in caplog.text


def test_a_mail_that_this_version_does_not_know_fails_once_for_good(database, settings, sink, caplog):
    """As one that was queued before an upgrade took its template away."""
    queue(1, "officer_appointed")
    queue(1, "test", first=1)

    Post(towards(settings, sink.port), MAILS).deliver()

    assert states() == {MailState.FAILED: 1, MailState.SENT: 1}
    (failed,) = [row for row in rows() if row.state is MailState.FAILED]
    assert failed.reply_text == "not made: this version has no mail of the kind officer_appointed"
    assert (failed.address, failed.finished_at is not None) == (None, True)
    assert "no mail of the kind officer_appointed" in caplog.text


def test_a_loader_makes_its_values_when_the_mail_is_rendered_and_the_row_never_holds_them(database, settings, sink):
    seen = []

    def load_values(db, parameters):
        seen.append(dict(parameters))
        return {**parameters, "token": "s3cret"}

    with writing() as db:
        mail = Mail("own", "stakeholder:1", "door:1", "a@example.org", "en", {"door": 1})
        kept = operations.queue_mail(db, mail, now=clock.now())
    template = MailTemplate("test", MAILS["test"].subject, load_values)

    Post(towards(settings, sink.port), {"own": template}).deliver()

    assert (seen, kept.parameters, rows()[0].parameters) == ([{"door": 1}], {"door": 1}, None)


def test_a_captured_mail_is_a_file(database, settings):
    queue()
    assert settings.captures_mail

    Post(settings, MAILS).deliver()

    (path,) = (settings.data / "mail").iterdir()
    assert (path.name, states()) == ("00000001.eml", {MailState.SENT: 1})
    assert b"To: p0@example.org" in path.read_bytes()

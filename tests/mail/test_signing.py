"""Mails signed with DKIM: the bytes that a real relay gets verify with the public key, and fail when anything is changed."""

import base64
import re

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from consult.core import clock
from consult.core.db import writing
from consult.core.i18n import _l
from consult.core.settings import SettingWrong, load
from consult.mail import operations
from consult.mail.delivery import Post
from consult.mail.messages import MailTemplate
from consult.mail.models import Mail
from consult.worker import MAILS
from tests.mail.test_connection import towards

PEM, PLAIN = serialization.Encoding.PEM, serialization.NoEncryption()
PKCS8 = serialization.PrivateFormat.PKCS8
NEWS = MailTemplate("test", _l("%(words)s"), load=lambda _db, given: {"leave": "f" * 32, "slug": "upr", **given})


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def key_file(key, tmp_path):
    path = tmp_path / "dkim.pem"
    path.write_bytes(key.private_bytes(PEM, PKCS8, PLAIN))
    return str(path)


def record(key):
    """What the DNS would say, given directly."""
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)

    def answer(name, timeout=5):
        return text if name.rstrip(b".") == b"s1._domainkey.consult.example" else None

    return answer


def verifies(raw, key):
    return dkim.verify(raw, dnsfunc=record(key))


def delivered(settings, sink, key_file, *, address="anna@example.org", words="A subject", **changed):
    """A mail with leaving headers as the relay gets it."""
    with writing() as db:
        mail = Mail("test", f"stakeholder:{address}", "round:1", address, "en", {"words": words})
        operations.queue_mails(db, [mail], now=clock.now())
    own = {"mail_sender": "consult@consult.example", "base_url": "https://consult.example"}
    own |= {"dkim_key_file": key_file, "dkim_selector": "s1"} if key_file else {}
    Post(towards(settings, sink.port, **{**own, **changed}), {**MAILS, "test": NEWS}).deliver()
    return sink.received()[-1].raw


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("anna@example.org", "A subject"),
        ("anna@example.org", "تعليقاتكم " * 19),
        ("anna@example.org", "长" * 200),
        ("anna@bücher.example", "A subject"),
        ("用户@例子.example", "主题"),
    ],
    ids=["plain", "arabic", "chinese", "domain", "smtputf8"],
)
def test_what_the_relay_gets_verifies_with_the_public_key(database, settings, sink, key, key_file, address, words):
    raw = delivered(settings, sink, key_file, address=address, words=words)

    assert raw.startswith(b"DKIM-Signature: ")
    assert verifies(raw, key)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


HEADERS = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Id",
    "Reply-To",
)


@pytest.mark.parametrize("name", HEADERS)
def test_each_header_that_counts_is_covered(database, settings, sink, key, key_file, name):
    raw = delivered(settings, sink, key_file, mail_reply_to="people@ministry.example")

    changed = re.sub(rb"(?m)^" + name.encode() + rb": ", name.encode() + b": x", raw, count=1)

    assert changed != raw
    assert not verifies(changed, key)


@pytest.mark.parametrize("name", ["From", "To", "Subject", "Reply-To", "List-Unsubscribe", "Content-Type"])
def test_nobody_on_the_way_adds_a_header_that_counts(database, settings, sink, key, key_file, name):
    raw = delivered(settings, sink, key_file)
    signature, rest = raw.split(b"\r\n", 1)

    assert not verifies(name.encode() + b": eve@evil.example\r\n" + raw, key)
    assert verifies(b"Received: from x by y\r\n" + raw, key)
    assert signature
    assert rest


def test_the_body_is_covered(database, settings, sink, key, key_file):
    raw = delivered(settings, sink, key_file)

    assert not verifies(raw.replace(b"</html>", b"<p>Pay here</p></html>"), key)


def test_the_same_key_in_the_older_form_signs_too_and_another_key_verifies_nothing(
    database, settings, sink, key, tmp_path
):
    path = tmp_path / "old.pem"
    path.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.TraditionalOpenSSL, PLAIN))

    raw = delivered(settings, sink, str(path))

    assert verifies(raw, key)
    assert not verifies(raw, rsa.generate_private_key(65537, 2048))


def test_without_a_key_mails_go_out_unsigned(database, settings, sink):
    assert b"DKIM-Signature" not in delivered(settings, sink, "")


def _encrypted(key):
    return key.private_bytes(PEM, PKCS8, serialization.BestAvailableEncryption(b"secret"))


NO_KEYS = {
    "nothing": lambda key: b"",
    "nonsense": lambda key: b"-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n",
    "public": lambda key: key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
    "with a password": _encrypted,
    "elliptic": lambda key: ec.generate_private_key(ec.SECP256R1()).private_bytes(PEM, PKCS8, PLAIN),
    "short": lambda key: rsa.generate_private_key(65537, 1024).private_bytes(PEM, PKCS8, PLAIN),
}


@pytest.mark.parametrize("what", NO_KEYS)
def test_a_key_that_cannot_sign_stops_the_start(tmp_path, key, what):
    path = tmp_path / "dkim.pem"
    path.write_bytes(NO_KEYS[what](key))

    with pytest.raises(SettingWrong, match=r"dkim_key_file: .* should hold"):
        load({"data_folder": str(tmp_path), "dkim_key_file": str(path), "dkim_selector": "s1"}, environ={})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"dkim_key_file": "/nowhere/dkim.pem"}, "cannot be read"),
        ({"dkim_selector": ""}, "needs dkim_selector"),
        ({"dkim_selector": "s1; p=x"}, "needs dkim_selector"),
        ({"dkim_domain": "evil.example"}, "domain of mail_sender or one above it"),
        ({"dkim_domain": "sult.example"}, "domain of mail_sender or one above it"),
    ],
)
def test_settings_that_would_sign_for_nothing_stop_the_start(tmp_path, key_file, changed, said):
    own = {"data_folder": str(tmp_path), "mail_sender": "c@mail.consult.example", "dkim_selector": "s1"}

    with pytest.raises(SettingWrong, match=said):
        load({**own, "dkim_key_file": key_file, **changed}, environ={})

    load({**own, "dkim_key_file": key_file, "dkim_domain": "consult.example"}, environ={})

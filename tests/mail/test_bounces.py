"""Reading messages that came back: standard reports, others, and whatever a stranger sends to the bounce address."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from consult.mail.bounces import READ_MAX, Returned, read_returned

MAILBOX = "bounces@consult.example.org"
TOKEN = "0123456789abcdef" * 2
TO = f"bounces+{TOKEN}@consult.example.org"


def a_report(*, to=TO, action="failed", status="5.1.1", extra=b"", original=True, kind="delivery-status"):
    """A delivery report as Postfix sends it."""
    parts = f"""From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

<ana@org.example>: host mx.org.example said: 550 5.1.1 no such user: 5.7.1

--B
Content-Type: message/{kind}

Reporting-MTA: dns; mx.example
X-Postfix-Queue-ID: 9A1

Final-Recipient: rfc822; ana@org.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user ana@org.example

"""
    mail = f"--B\nContent-Type: message/rfc822\n\nTo: ana@org.example\nReturn-Path: <{TO}>\nSubject: x\n\nHello\n\n"
    return (parts + (mail if original else "") + "--B--\n").encode() + extra


def read(raw, **named):
    return read_returned(raw, MAILBOX, **named)


def test_a_report_says_which_mail_and_with_which_code():
    assert read(a_report()) == Returned((TOKEN,), "5.1.1")


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"status": "4.4.7"}, "4.4.7"),
        ({"status": "5.1.1 (no such user)"}, "5.1.1"),
        ({"status": ""}, "5.0.0"),
        ({"status": "five"}, "5.0.0"),
        ({"status": "5.1.1.1"}, "5.0.0"),
        ({"action": "delayed", "status": "4.4.1"}, ""),
        ({"action": "delivered", "status": "2.0.0"}, ""),
        ({"action": "relayed", "status": "5.1.1"}, ""),
        ({"action": "FAILED"}, "5.1.1"),
        ({"original": False}, "5.1.1"),
    ],
)
def test_only_a_failure_counts_and_its_code_is_a_code(changed, status):
    assert read(a_report(**changed)) == Returned((TOKEN,), status)


def test_the_token_is_found_wherever_the_mail_server_wrote_the_recipient_down():
    raw = a_report(to="undisclosed-recipients:;")

    assert read(raw) == Returned(())
    assert read(raw, recipient=TO).tokens == (TOKEN,)
    assert read(b"Delivered-To: " + TO.upper().encode() + b"\n" + raw).tokens == (TOKEN,)
    assert read(b"X-Original-To: " + TO.encode() + b"\n" + raw).tokens == (TOKEN,)


@pytest.mark.parametrize(
    "to",
    [
        "bounces@consult.example.org", f"other+{TOKEN}@consult.example.org", f"bounces+{TOKEN}@elsewhere.example",
        f"bounces+{TOKEN}0@consult.example.org", f"bounces+{TOKEN[:-1]}@consult.example.org",
        f"xbounces+{TOKEN}@consult.example.org", f"bounces+{TOKEN}@consultxexample.org",
    ],
)  # fmt: skip
def test_an_address_that_is_not_ours_to_the_letter_has_no_token(to):
    assert read(a_report(to=to)) == Returned(())


def test_a_token_inside_of_the_returned_mail_speaks_for_nobody():
    """Whoever got a mail of ours can send it around; only the address a message came to counts."""
    assert read(a_report(to="someone@consult.example.org")) == Returned(())


def test_a_report_within_another_message_is_none():
    inner = a_report().decode()
    head = f'To: {TO}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="C"\n\n'
    raw = f"{head}--C\nContent-Type: message/rfc822\n\n{inner}\n--C--\n"

    assert read(raw.encode()).status == ""


def test_a_known_form_of_its_own_is_left_to_the_detectors():
    raw = (
        f"From: MAILER-DAEMON@qmail.example\nTo: {TO}\nSubject: failure notice\n\n"
        "Hi. This is the qmail-send program at qmail.example.\nI'm afraid I wasn't able to deliver your message.\n\n"
        "<ana@org.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n"
    )

    assert read(raw.encode()) == Returned((TOKEN,), "", frozenset({"ana@org.example"}))


def test_an_answer_that_a_person_or_a_machine_wrote_is_no_bounce():
    raw = f"From: ana@org.example\nTo: {TO}\nSubject: Out of office\nAuto-Submitted: auto-replied\n\nI am away until Monday.\n"

    assert read(raw.encode()) == Returned((TOKEN,))


# Hostile

NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (number, number) for number in range(3_000)
)
HOSTILE = {
    "nothing": b"",
    "no headers": b"\x00\xff\xfe" * 1_000,
    "parts in parts in parts": b"To: " + TO.encode() + b"\n" + NESTED,
    "messages in messages": b"To: " + TO.encode() + b"\n" + b"Content-Type: message/rfc822\n\n" * 3_000,
    "a thousand parts": b"To: " + TO.encode() + b'\nContent-Type: multipart/report; boundary="B"\n\n' + b"--B\n\nx\n" * 1_000,
    "one long line": b"To: " + TO.encode() + b"\n\n" + b"a@b on " * 100_000,
    "one long word": b"To: " + TO.encode() + b"\n\n" + b"x@" * 300_000,
    "one long header": b"To: " + b"a@b.example, " * 60_000 + b"\n\n",
    "brackets": b"To: " + b"(" * 50_000 + b"\n\n",
    "spaces": b"To: " + TO.encode() + b"\n\nFailed: " + b" " * 400_000,
    "headers without end": b"X-A: b\n" * 60_000,
    "a charset that is none": b"To: =?none?q?" + TO.encode() + b'?=\nContent-Type: text/plain; charset="\xff"\n\n\xff\n',
    "a broken boundary": b"To: " + TO.encode() + b"\nContent-Type: multipart/report; boundary=\n\n--\n",
    "an encoding that is none": a_report().replace(b"text/plain", b"text/plain\nContent-Transfer-Encoding: base64"),
    "a status part that is text": a_report(kind="delivery-status; x=\"").replace(b"Final", b"\x00Final"),
    "lone surrogates": b"To: \xed\xa0\x80 <" + TO.encode() + b">\nSubject: \xed\xb0\x80\n\n\xed\xa0\x80",
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_what_a_stranger_sends_is_read_at_once_and_says_nothing(what):
    began = time.monotonic()

    returned = read(HOSTILE[what])

    assert (returned.status, returned.failed, returned.delayed) in (
        ("", frozenset(), frozenset()), ("5.1.1", frozenset(), frozenset()),
    )  # fmt: skip
    assert time.monotonic() - began < 5  # a pattern that goes wrong takes minutes


def test_a_header_with_a_line_end_in_it_adds_no_recipient():
    raw = a_report(to=f"someone@x.example\n {TO}x")

    assert read(raw).tokens == ()


def test_megabytes_are_read_up_to_a_limit():
    raw = a_report(original=False, extra=b"x" * 5_000_000)

    assert read(raw) == Returned((TOKEN,), "5.1.1")
    assert read(b"X: " + b"y" * READ_MAX + b"\n" + a_report()) == Returned(())


lines = st.sampled_from(
    [
        b"To: " + TO.encode(), b"Action: failed", b"Status: 5.1.1", b"Final-Recipient: rfc822; a@b.example", b"", b"--B", b"--B--",
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="B"', b"Content-Type: message/delivery-status",
        b"Content-Type: message/rfc822", b"Content-Transfer-Encoding: base64", b"<a@b.example>:", b"\xff\x00", b" folded",
        b"Hi. This is the qmail-send program", b"This message was created automatically by mail delivery software",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(lines | st.binary(max_size=80), max_size=60).map(b"\n".join))
@example(b"")
def test_no_message_makes_a_fault_or_a_token_that_it_did_not_come_to(raw):
    returned = read(raw)

    assert set(returned.tokens) <= {TOKEN}
    assert TO.encode() in raw or returned == Returned(())

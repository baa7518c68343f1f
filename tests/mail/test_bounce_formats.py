"""Messages of failure in no standard form, as servers write them: understood for the mail whose token they came to, else for none.

Composed here, after what the servers' own documents say of their wording.
"""

import pytest

from consult.mail.bounces import Returned, read_returned

MAILBOX = "bounces@consult.example.org"
TOKEN = "0123456789abcdef" * 2
TO = f"bounces+{TOKEN}@consult.example.org"
ANA = frozenset({"ana@org.example"})

QMAIL = """From: MAILER-DAEMON@mx.example
To: {to}
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ana@org.example>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 no mailbox here by that name
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.

Return-Path: <{to}>
"""
EXIM = """From: Mail Delivery System <Mailer-Daemon@mx.example>
To: {to}
Subject: Mail delivery failed: returning message to sender
X-Failed-Recipients: ana@org.example
Auto-Submitted: auto-replied

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ana@org.example
    host mx.org.example [192.0.2.7]
    SMTP error from remote mail server after RCPT TO:<ana@org.example>:
    550 no such user
"""
POSTFIX = """From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="B"

--B
Content-Description: Notification
Content-Type: text/plain

This is the Postfix program at host mx.example.

I'm sorry to have to inform you that the message returned
below could not be delivered to one or more destinations.

			The Postfix program

<ana@org.example>: host mx.org.example[192.0.2.7] said: 550 User
    unknown (in reply to RCPT TO command)

--B
Content-Description: Undelivered Message
Content-Type: message/rfc822

To: ana@org.example
Subject: x

Hello
--B--
"""
EXCHANGE = """From: System Administrator <postmaster@org.example>
To: {to}
Subject: Undeliverable: Please comment
X-Mailer: Internet Mail Service (5.5.2653.19)
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="B"

--B
Content-Type: text/plain

Your message

  To:      ana@org.example
  Subject: Please comment
  Sent:    Mon, 1 Mar 2027 09:00:00 +0000

did not reach the following recipient(s):

ana@org.example on Mon, 1 Mar 2027 09:00:02 +0000
    The recipient name is not recognized
	The MTS-ID of the original message is: c=xx;a= ;p=org;l=EX0101010101Z-1
    MSEXCH:IMS:ORG:SITE:EX01 0 (000C05A6) Unknown Recipient

--B
Content-Type: message/rfc822

To: ana@org.example

Hello
--B--
"""
FORMS = {"qmail": QMAIL, "Exim": EXIM, "Postfix without a report": POSTFIX, "Exchange": EXCHANGE}


@pytest.mark.parametrize("server", FORMS)
def test_a_failure_in_a_form_of_its_own_names_the_recipient(server):
    raw = FORMS[server].format(to=TO).encode()

    assert read_returned(raw, MAILBOX) == Returned((TOKEN,), "", ANA)


@pytest.mark.parametrize("server", FORMS)
@pytest.mark.parametrize("to", [MAILBOX, f"bounces+{TOKEN[:-1]}@consult.example.org", "someone@consult.example.org"])
def test_without_a_token_of_ours_whatever_it_says_is_believed_of_nobody(server, to):
    raw = FORMS[server].format(to=to).encode()

    assert read_returned(raw, MAILBOX) == Returned(())


@pytest.mark.parametrize("server", FORMS)
def test_a_line_end_of_the_other_kind_changes_nothing(server):
    raw = FORMS[server].format(to=TO).replace("\n", "\r\n").encode()

    assert read_returned(raw, MAILBOX).failed == ANA

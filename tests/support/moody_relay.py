"""A relay of one's bad dreams: to each recipient it does what their address says, "grey.17@d3.example", encrypted and not.

| mood | what happens |
|---|---|
| `good` | taken |
| `grey` | 450 at RCPT the first time, or the first two, then taken: greylisting |
| `busy` | 451 after the message the first time, then taken |
| `later` | 450 at RCPT, always |
| `never` | 550 at RCPT |
| `spam` | 554 after the message |
| `drop` | 421 at RCPT the first time and hung up, then taken |
| `mute` | silent at RCPT the first time, then taken |
| `half` | hung up in the middle of the message |
| `gone` | the message is taken, then hung up without an answer |
| `hush` | the message is taken, and no answer ever comes |

Some conversations offer commands that go together (PIPELINING), others do not. Nothing but STARTTLS is heard in the clear.
"""

import random
import socket
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from typing import BinaryIO

from tests.support.listening import Listening

MOODS = ("good", "grey", "busy", "later", "never", "spam", "drop", "mute", "half", "gone", "hush")
REFUSALS = ("not offered", "454 4.7.0 not now", "hung up", "no handshake")  # of encryption, one after the other
IN_CLEAR = {"EHLO", "HELO", "STARTTLS", "QUIT"}


class HungUp(Exception):
    """The relay ended the conversation."""


class MoodyRelay(Listening):
    """What it took and what it said: `took` has the recipient of each whole message, `answered` of each that got a 250."""

    def __init__(self, context: ssl.SSLContext, dice: random.Random) -> None:
        super().__init__()
        self.context, self.dice = context, dice
        self.took: list[str] = []
        self.answered: list[str] = []
        self.asked: Counter[str] = Counter()  # RCPT, by recipient
        self.heard_in_clear: set[str] = set()
        self.takes_all = False  # its moods are over
        self.refuses_tls = False
        self.refused_tls = 0

    def talk(self, connection: socket.socket) -> None:
        """Hold one conversation."""
        talk = Talk(self, connection)
        try:
            talk.run()
        except (OSError, HungUp):
            pass
        finally:
            talk.close()


class Talk:
    """One conversation."""

    def __init__(self, relay: MoodyRelay, connection: socket.socket) -> None:
        self.relay, self.connection, self.is_encrypted = relay, connection, False
        self.source: BinaryIO = connection.makefile("rb")
        self.recipient, self.options = (
            "",
            ["8BITMIME", "SMTPUTF8", *relay.dice.sample(["PIPELINING"], relay.dice.randint(0, 1))],
        )
        self.refusal = REFUSALS[relay.refused_tls % len(REFUSALS)] if relay.refuses_tls else ""

    def run(self) -> None:
        """Until one side hangs up."""
        self.say("220 relay.example")
        while line := self.source.readline():
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            self.hear(verb.upper(), rest)

    def say(self, words: str) -> None:
        """One answer."""
        self.connection.sendall(words.encode() + b"\r\n")

    def hear(self, verb: str, rest: str) -> None:
        """One command."""
        if not self.is_encrypted:
            self.relay.heard_in_clear.add(verb)
        if verb in ("EHLO", "HELO"):
            self.greet()
        elif verb == "STARTTLS":
            self.encrypt()
        elif verb == "QUIT":
            self.say("221 bye")
            raise HungUp
        elif not self.is_encrypted:
            self.say("530 5.7.0 STARTTLS first")
        elif verb == "RCPT":
            self.take_recipient(rest.partition("<")[2].partition(">")[0])
        elif verb == "DATA":
            self.take_message()
        else:  # MAIL, RSET
            self.recipient = ""
            self.say("250 OK")

    def greet(self) -> None:
        """What it can do."""
        offers_tls = not self.is_encrypted and self.refusal != "not offered"
        if not self.is_encrypted and self.refusal:
            self.relay.refused_tls += 1
        names = ["relay.example", *(["STARTTLS"] if offers_tls else []), *self.options]
        self.say("\r\n".join([*(f"250-{name}" for name in names[:-1]), f"250 {names[-1]}"]))

    def encrypt(self) -> None:
        """From here on encrypted, or not at all."""
        if self.refusal == "hung up":
            raise HungUp
        self.say(self.refusal if self.refusal.startswith("454") else "220 go on")
        if self.refusal.startswith("454"):
            return
        if self.refusal:
            raise HungUp
        self.source.close()
        self.connection = self.relay.context.wrap_socket(self.connection, server_side=True)
        self.source, self.is_encrypted = self.connection.makefile("rb"), True

    def mood(self) -> str:
        """Of the recipient, as long as the relay has moods."""
        return "good" if self.relay.takes_all else self.recipient.partition(".")[0]

    def take_recipient(self, address: str) -> None:
        """RCPT."""
        self.recipient = address
        self.relay.asked[address] += 1
        mood, times = self.mood(), self.relay.asked[address]
        if mood == "later" or (mood == "grey" and times <= 1 + len(address) % 2):
            self.recipient = ""
            self.say("450 4.2.1 come again")
        elif mood == "never":
            self.recipient = ""
            self.say("550 5.1.1 no such mailbox")
        elif mood == "drop" and times == 1:
            self.say("421 4.3.0 going down")
            raise HungUp
        elif mood == "mute" and times == 1:
            self.relay.stopping.wait(60)
            raise HungUp
        else:
            self.say("250 OK")

    def take_message(self) -> None:
        """DATA."""
        if not self.recipient:
            self.say("503 5.5.1 for whom?")
            return
        self.say("354 go on")
        if self.mood() == "half":
            self.source.readline()
            raise HungUp
        self.read_message()
        mood, address = self.mood(), self.recipient
        if mood == "spam":
            self.say("554 5.7.1 looks like spam")
        elif mood == "busy" and self.relay.asked[address] == 1:
            self.say("451 4.3.0 busy")
        else:
            self.relay.took.append(address)
            self.answer(mood, address)

    def read_message(self) -> None:
        """To its end. Raises HungUp where it never comes: nothing was taken."""
        content = b""
        while not content.endswith(b"\r\n.\r\n"):
            line = self.source.readline()
            if not line:
                raise HungUp
            content += line
        to = message_from_bytes(content)["To"]
        assert self.recipient in (to or ""), "the message is for whom it was announced"

    def answer(self, mood: str, address: str) -> None:
        """What is said once the message is taken."""
        if mood == "hush":
            self.relay.stopping.wait(60)
        if mood in ("hush", "gone"):
            raise HungUp
        self.relay.answered.append(address)  # before it is said: whoever hears it finds it here
        self.say("250 kept")

    def close(self) -> None:
        """Both ends of it."""
        with suppress(OSError):
            self.source.close()
        self.connection.close()


@contextmanager
def moody_relay(context: ssl.SSLContext, dice: random.Random) -> Iterator[MoodyRelay]:
    """Such a relay, running."""
    relay = MoodyRelay(context, dice)
    with relay.running():
        yield relay

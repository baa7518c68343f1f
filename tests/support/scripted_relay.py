"""A relay that misbehaves at one stage, as told: it refuses, falls silent, hangs up or talks nonsense. Nothing but sockets.

Stages: `banner`, `ehlo`, `starttls`, `mail`, `rcpt`, `data`, `body` (half of the message has come), `end` (all of it), `rset`,
`quit`.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from tests.support.listening import Listening

HANG, CLOSE = "hang", "close"
EMPTY = b".\r\n"  # a mail with nothing in it, and so for nobody
STAGES = ("banner", "ehlo", "mail", "rcpt", "data", "body", "end")
GOOD = {
    "banner": "220 relay.example", "ehlo": "250-relay.example\r\n250 8BITMIME", "mail": "250 OK", "rcpt": "250 OK",
    "data": "354 go on", "end": "250 kept", "rset": "250 OK", "quit": "221 bye", "starttls": "220 go on",
}  # fmt: skip


class ScriptedRelay(Listening):
    """What it was told to do, and what it took: `kept` holds the messages that got a 250, `heard` every command."""

    def __init__(self, acts: Mapping[str, str | list[str]]) -> None:
        super().__init__()
        self.acts = {stage: [act] if isinstance(act, str) else list(act) for stage, act in acts.items()}
        self.kept: list[bytes] = []
        self.heard: list[str] = []

    def act(self, stage: str) -> str:
        """What to do at a stage: the last of several acts for good, the others once each."""
        acts = self.acts.get(stage, [GOOD.get(stage, "")])
        return acts.pop(0) if len(acts) > 1 else acts[0]

    def talk(self, connection: socket.socket) -> None:
        """Hold one conversation."""
        with connection, suppress(OSError):
            source = connection.makefile("rb")
            if not self._answer(connection, "banner"):
                return
            while line := source.readline():
                word = line.split()[0].decode("ascii", "replace").lower() if line.split() else ""
                self.heard.append(word)
                stage = "ehlo" if word in ("ehlo", "helo") else word
                if not self._answer(connection, stage):
                    return
                if stage == "quit" or (stage == "data" and not self._take(connection, source)):
                    return

    def _take(self, connection: socket.socket, source: "socket.SocketIO | object") -> bool:
        if self._last.startswith("354"):
            if "body" in self.acts and not self._answer(connection, "body"):
                return False
            content = b""
            while content != EMPTY and not content.endswith(b"\r\n.\r\n"):
                line = source.readline()  # type: ignore[attr-defined]
                if not line:
                    return False
                content += line
            if not self._answer(connection, "end"):
                return False
            if self._last.startswith("250") and content != EMPTY:
                self.kept.append(content)
        return True

    def _answer(self, connection: socket.socket, stage: str) -> bool:
        """Whether the conversation goes on."""
        self._last = act = self.act(stage)
        if act == HANG:
            self.stopping.wait(30)
            return False
        if act == CLOSE:
            return False
        if act:
            connection.sendall(act.encode() + b"\r\n")
        return True


@contextmanager
def scripted_relay(**acts: str | list[str]) -> Iterator[ScriptedRelay]:
    """Such a relay, running."""
    relay = ScriptedRelay(acts)
    with relay.running():
        yield relay

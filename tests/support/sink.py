"""A real SMTP server in a process of its own that keeps what it got on disk: killing the sender does not disturb it.

Modes: `accept`; `refuse_later` (450 to each recipient); `refuse` (550); `silent` (takes the message and never answers);
`closing` (takes the message and hangs up without an answer). Whatever the mode, a recipient at a domain that begins with
"later." is told 450, and one at "never." 550.
Run as `python -m tests.support.sink FOLDER`; it prints its port. The mode is read from FOLDER/mode for each mail.
"""

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any

from aiosmtpd.smtp import SMTP

MODES = ("accept", "refuse_later", "refuse", "silent", "closing")


@dataclass(frozen=True)
class Received:
    """One mail that the sink answered with 250, or took in before it fell silent or hung up."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


class Sink:
    """The running sink. Use as `with Sink(folder) as sink:`."""

    def __init__(self, folder: Path, mode: str = "accept") -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.set_mode(mode)
        self.port = 0

    def set_mode(self, mode: str) -> None:
        """How to answer from the next command on."""
        assert mode in MODES, mode
        new = self.folder / "mode.new"
        new.write_text(mode)
        new.replace(self.folder / "mode")

    def received(self) -> list[Received]:
        """What came in, in order of arrival."""
        found = []
        for path in sorted(self.folder.glob("*.eml")):
            head, raw = path.read_bytes().split(b"\n\n", 1)
            sender, *recipients = head.decode().split("\n")
            found.append(Received(sender, tuple(recipients), raw))
        return found

    def connections(self) -> int:
        """How many connections were made to it."""
        log = self.folder / "connections"
        return len(log.read_text()) if log.exists() else 0

    def __enter__(self) -> "Sink":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.sink", str(self.folder)],
            stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent.parent,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, _kind: type | None, _problem: BaseException | None, _where: TracebackType | None) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


class _Handler:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def mode(self) -> str:
        return (self.folder / "mode").read_text()

    async def handle_RCPT(self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        mode = self.mode()
        domain = address.rpartition("@")[2]
        if mode == "refuse" or domain.startswith("never."):
            return "550 5.1.1 no such mailbox"
        if mode == "refuse_later" or domain.startswith("later."):
            return "450 4.2.1 the mailbox is busy, try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:
        mode = self.mode()
        self._keep(envelope)
        if mode == "silent":
            await asyncio.sleep(3600)
        if mode == "closing":
            server.transport.abort()
        return "250 kept"

    def _keep(self, envelope: Any) -> None:
        """On disk before it is answered: a mail that got its 250 is never missing here."""
        self.count += 1
        head = "\n".join([envelope.mail_from or "", *envelope.rcpt_tos])
        new = self.folder / f"{self.count:06}.new"
        new.write_bytes(head.encode() + b"\n\n" + envelope.content)
        new.replace(self.folder / f"{self.count:06}.eml")


async def _serve(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    handler = _Handler(folder)

    def new_connection() -> SMTP:
        with (folder / "connections").open("a") as log:
            log.write(".")
        return SMTP(handler, enable_SMTPUTF8=True, hostname="sink.example", loop=loop)

    server = await loop.create_server(new_connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stopping.wait()
    os._exit(0)  # a silent connection would otherwise keep us


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))

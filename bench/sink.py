"""A relay that takes every mail and keeps none: `python -m bench.sink` prints its port, and at the end of its input how many came.

As quick as can be, so that what is measured is the sender. It writes down whom each mail was for, to be counted afterwards.
"""

import asyncio
import json
import sys


class Relay(asyncio.Protocol):
    """One conversation."""

    recipients: list[str] = []
    octets = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.waiting, self.is_mail = transport, bytearray(), False
        transport.write(b"220 sink.example\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer each whole line, or the whole mail."""
        self.waiting += data
        while True:
            end = b"\r\n.\r\n" if self.is_mail else b"\r\n"
            found = self.waiting.find(end)
            if found < 0:
                return
            taken = bytes(self.waiting[:found])
            del self.waiting[: found + len(end)]
            self.transport.write(self._mail(taken) if self.is_mail else self._answer(taken))

    def _mail(self, taken: bytes) -> bytes:
        Relay.octets += len(taken)
        self.is_mail = False
        return b"250 taken\r\n"

    def _answer(self, line: bytes) -> bytes:
        word = line[:4].upper()
        if word == b"EHLO":
            return b"250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING\r\n"
        if word == b"RCPT":
            Relay.recipients.append(line[8:].decode().lower())
        if word == b"DATA":
            self.is_mail = True
            return b"354 go on\r\n"
        return b"221 bye\r\n" if word == b"QUIT" else b"250 OK\r\n"


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Relay, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    came = Relay.recipients
    print(json.dumps({"mails": len(came), "recipients": len(set(came)), "octets": Relay.octets}), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve())

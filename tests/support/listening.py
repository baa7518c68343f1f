"""A server of a test on loopback: nothing but sockets, a thread a conversation, ended with the test."""

import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Listening(ABC):
    """Takes connections from when it is made, and talks from when it is `running()`."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.server = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port: int = self.server.getsockname()[1]

    @abstractmethod
    def talk(self, connection: socket.socket) -> None:
        """Hold one conversation, and close it."""

    @contextmanager
    def running(self) -> Iterator[None]:
        """It takes conversations within."""
        thread = threading.Thread(target=self._serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.stopping.set()
            with suppress(OSError):
                self.server.shutdown(socket.SHUT_RDWR)
            self.server.close()
            thread.join(5)

    def _serve(self) -> None:
        while not self.stopping.is_set():
            with suppress(OSError):
                connection, _ = self.server.accept()
                threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

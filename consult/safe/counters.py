"""Budgets and counts in memory that the workers of one master share. Nothing of it reaches a disk.

A budget is a bucket of tokens, one for everybody: no address is looked at, and no hash of one. A lock by fcntl is let go when
its process dies, so a killed worker blocks nobody.
"""

import fcntl
import mmap
import os
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

BUCKET = struct.Struct("=dd")  # tokens, and when they were counted (monotonic seconds)
COUNT = struct.Struct("=Q")


class Budget:
    """At most so many acts a minute, all visitors together; made by the master before it forks."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self.handle = os.memfd_create("budget")
        os.ftruncate(self.handle, mmap.PAGESIZE)
        self.memory = mmap.mmap(self.handle, mmap.PAGESIZE)
        BUCKET.pack_into(self.memory, 0, float(per_minute), time.monotonic())

    def take(self) -> bool:
        """Take one token. False where none is left."""
        with _locked(self.handle):
            tokens, counted = BUCKET.unpack_from(self.memory)
            now = time.monotonic()
            tokens = min(self.per_minute, tokens + (now - counted) * self.per_minute / 60)
            taken: bool = tokens >= 1
            BUCKET.pack_into(self.memory, 0, tokens - taken, now)
        return taken


class Count:
    """A number that web workers raise and the tick takes: a file of eight bytes on tmpfs."""

    def __init__(self, runtime: Path, name: str) -> None:
        self.path = runtime / name

    def add(self, more: int = 1) -> None:
        """Raise it."""
        self._change(lambda count: count + more)

    def take(self) -> int:
        """Its value; it starts again at nothing."""
        return self._change(lambda count: 0)

    def _change(self, change: Callable[[int], int]) -> int:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with _locked(handle):
                before = COUNT.unpack(os.pread(handle, COUNT.size, 0).ljust(COUNT.size, b"\0"))[0]
                os.pwrite(handle, COUNT.pack(change(before)), 0)
        finally:
            os.close(handle)
        return int(before)


@contextmanager
def _locked(handle: int) -> Iterator[None]:
    fcntl.lockf(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.lockf(handle, fcntl.LOCK_UN)

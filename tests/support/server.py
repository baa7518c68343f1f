"""The site as people reach it: gunicorn on a free loopback port, in a process of its own."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 60


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    application: str, *, folder: Path, environment: Mapping[str, str] | None = None, workers: int = 1, port: int = 0
) -> Iterator[str]:
    """Serve a WSGI application ("wsgi:app") with the given variables added. Gives its address, without a slash at the end.

    It answers /healthz before the block begins. Raises RuntimeError, with the server's words, where it does not.
    """
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    log = folder / f"server-{port}.log"
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(workers)]
    command += ["--worker-class", "sync", "--no-control-socket", "--log-level", "warning", application]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    with log.open("wb") as words:
        server = subprocess.Popen(command, stdout=words, stderr=words, cwd=folder, env=variables)
    try:
        _wait_for(f"{address}/healthz", server, log)
        yield address
    finally:
        _end(server)


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"the server did not answer at {address}: {log.read_text(errors='replace')[-3000:]}")


def _end(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()

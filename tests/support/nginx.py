"""Debian's nginx with one of our example files, on loopback, with a certificate of its own."""

import datetime
import re
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.server import free_port
from tests.support.tools import HEADERS_MORE, require

PATIENCE = 20.0  # seconds
AROUND = """\
load_module {module};
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{ }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {config}
}}
"""


class Proxy:
    """A running nginx: where it listens, and what it listens for."""

    def __init__(self, https: int, http: int) -> None:
        self.https, self.http = https, http

    def connection(self, *, encrypted: bool = True) -> HTTPConnection:
        """A fresh connection; its certificate is nobody's, so it is not looked at."""
        if not encrypted:
            return HTTPConnection("127.0.0.1", self.http, timeout=20)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return HTTPSConnection("127.0.0.1", self.https, timeout=20, context=context)


@contextmanager
def running_nginx(folder: Path, example: Path, *, upstream: str) -> Iterator[Proxy]:
    """nginx with an example file, of which only ports, certificate, folders and the server behind it are others."""
    program = require("nginx")
    folder.mkdir()
    _certificate(folder)
    proxy = Proxy(free_port(), free_port())
    (folder / "nginx.conf").write_text(_adapted(example.read_text(), folder, proxy, upstream))
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    assert "warn" not in tried.stderr, tried.stderr
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        _wait_for(proxy, process)
        yield proxy
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _adapted(config: str, folder: Path, proxy: Proxy, upstream: str) -> str:
    config = re.sub(r"^ *listen \[::\].*\n", "", config, flags=re.M)
    config = config.replace("listen 443 ", f"listen 127.0.0.1:{proxy.https} ")
    config = config.replace("listen 80;", f"listen 127.0.0.1:{proxy.http};")
    config = re.sub(r"/etc/ssl/\S+\.(pem|key);", rf"{folder}/own.\1;", config)
    config = config.replace("/run/nginx-safe", str(folder))
    config = re.sub(r"^    server \S+;", f"    server {upstream};", config, flags=re.M)
    user = "user root;" if Path("/proc/self").stat().st_uid == 0 else ""
    return AROUND.format(module=HEADERS_MORE, folder=folder, user=user, config=config)


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
    signed = made.not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    (folder / "own.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "own.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _wait_for(proxy: Proxy, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            connection = proxy.connection(encrypted=False)
            connection.connect()
            connection.close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("nginx does not listen")

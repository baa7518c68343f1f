"""A real IMAP server on loopback, over TLS with a certificate of its own: Dovecot as an ordinary user, one folder, one mailbox."""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.support.postgres import ordinary_user
from tests.support.server import free_port

USER, PASSWORD = "bounces", "only-for-tests"

SETTINGS = """
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{folder}/mail
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
auth_mechanisms = plain
listen = 127.0.0.1
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail
}}
namespace inbox {{
  inbox = yes
}}
"""


class Dovecot:
    """The running server. Use as `with Dovecot(program, certificate, key) as box:`.

    Its folder is not pytest's: the ordinary user must reach it, and a socket's path is short.
    """

    def __init__(self, program: str, certificate: Path, key: Path) -> None:
        folder = Path(tempfile.mkdtemp(prefix="consult-dovecot-"))
        self.program, self.folder, self.port = program, folder, free_port()
        who = ordinary_user()
        self.user = pwd.getpwuid(who.pw_uid if who else os.geteuid())
        self.files = {"certificate": folder / "cert.pem", "key": folder / "key.pem"}
        for part in ("run", "state", "mail", "mail/new", "mail/cur", "mail/tmp"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        shutil.copy(certificate, self.files["certificate"])
        shutil.copy(key, self.files["key"])
        group = grp.getgrgid(self.user.pw_gid).gr_name
        given = {"folder": folder, "user": self.user.pw_name, "group": group, "port": self.port, "password": PASSWORD}
        (folder / "dovecot.conf").write_text(SETTINGS.format(**given, **self.files))

    def __enter__(self) -> "Dovecot":
        for path in [self.folder, *self.folder.rglob("*")]:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)
        as_user = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        command = [self.program, "-F", "-c", str(self.folder / "dovecot.conf")]
        self._process = subprocess.Popen(command, cwd="/", **as_user)
        end = time.monotonic() + 20
        while not self._answers():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.05)
        return self

    def __exit__(self, *_problem: object) -> None:
        self._process.terminate()
        self._process.wait(20)
        shutil.rmtree(self.folder)

    def log(self) -> str:
        """What it logged."""
        path = self.folder / "dovecot.log"
        return path.read_text() if path.exists() else ""

    def drop(self, raw: bytes, name: str) -> None:
        """Lay a message into the mailbox, as a mail server does."""
        path = self.folder / "mail" / "tmp" / name
        path.write_bytes(raw)
        os.chown(path, self.user.pw_uid, self.user.pw_gid)
        path.replace(self.folder / "mail" / "new" / name)

    def flags(self) -> dict[str, str]:
        """The marks of each message by its name: "S" seen, "F" flagged; "" none."""
        found = {
            path.name.partition(":2,")[0].split(",")[0]: path.name.partition(":2,")[2] for path in self._messages()
        }
        return {name: "".join(sorted(marks)) for name, marks in found.items()}

    def _messages(self) -> list[Path]:
        return [path for part in ("new", "cur") for path in (self.folder / "mail" / part).iterdir()]

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False

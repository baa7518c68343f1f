"""Debian's firefox-esr, driven by its own Marionette protocol: a few commands over a socket, so no package is needed for it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.tools import require

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the name W3C WebDriver gives to an element in JSON
PATIENCE = 60.0  # seconds for what a page does
PREFERENCES = {
    "marionette.port": 0,  # the browser chooses a free one and writes it down
    "browser.shell.checkDefaultBrowser": False,
    "browser.download.folderList": 2,
    "browser.download.useDownloadDir": True,
    "browser.helperApps.neverAsk.saveToDisk": "application/octet-stream",
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.disabledForTesting": True,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
# With these everything but this machine is behind a door that is shut.
LOOPBACK_ONLY = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.share_proxy_settings": True,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "127.0.0.1",
    "network.trr.mode": 5,
}


class Refused(Exception):
    """What the browser answers when a command cannot be carried out."""


class Firefox:
    """One window of a running Firefox."""

    def __init__(self, connection: socket.socket, process: "subprocess.Popen[bytes]") -> None:
        self.connection, self.process, self.count = connection, process, 0
        self._read()  # the greeting

    def ask(self, command: str, **parameters: Any) -> Any:
        """Raises Refused."""
        self.count += 1
        message = json.dumps([0, self.count, command, parameters]).encode()
        self.connection.sendall(b"%d:%b" % (len(message), message))
        _, _, error, result = self._read()
        if error:
            raise Refused(f"{command}: {error['error']}: {error['message']}")
        return result

    def _read(self) -> Any:
        length = b""
        while (one := self._receive(1)) != b":":
            length += one
        return json.loads(self._receive(int(length)))

    def _receive(self, length: int) -> bytes:
        got = b""
        while len(got) < length:
            if not (more := self.connection.recv(length - len(got))):
                raise Refused("the browser has gone")
            got += more
        return got

    def kill(self) -> None:
        """End every process of it at once and without a word."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def script(self, source: str, *arguments: Any) -> Any:
        """What a function body returns, run beside the page's own policy."""
        return self.ask("WebDriver:ExecuteScript", script=source, args=list(arguments))["value"]

    def find(self, xpath: str) -> str:
        """The id of the first element at a path, once it is there. Raises Refused."""
        return self.until(
            lambda: self.ask("WebDriver:FindElement", using="xpath", value=xpath)["value"][ELEMENT], xpath
        )

    def text(self, xpath: str) -> str:
        """The words of an element as a person sees them."""
        return str(self.ask("WebDriver:GetElementText", id=self.find(xpath))["value"])

    def click(self, xpath: str) -> None:
        self.ask("WebDriver:ElementClick", id=self.find(xpath))

    def type(self, xpath: str, text: str, *, clear: bool = True) -> None:
        element = self.find(xpath)
        if clear:
            self.ask("WebDriver:ElementClear", id=element)
        self.ask("WebDriver:ElementSendKeys", id=element, text=text)

    def until(self, look: Callable[[], Any], what: str) -> Any:
        """What `look` returns once that is something. Raises Refused when patience ends."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                if found := look():
                    return found
            except Refused:
                pass
            if time.monotonic() > end:
                raise Refused(f"waited in vain for {what}")
            time.sleep(0.05)


@contextmanager
def running_firefox(
    downloads: Path,
    *,
    language: str = "en",
    preferences: dict[str, Any] | None = None,
    loopback: bool = False,
    profile: Path | None = None,
) -> Iterator[Firefox]:
    """Firefox without a window, on a fresh profile or in a given folder, its network off or, with `loopback`, ending at this machine.

    Files are saved into `downloads`.
    """
    program = require("firefox-esr")
    fresh = Path(tempfile.mkdtemp(prefix="consult-firefox-"))
    profile = profile or fresh
    wanted = PREFERENCES | (LOOPBACK_ONLY if loopback else {})
    wanted |= {"browser.download.dir": str(downloads), "intl.accept_languages": language}
    lines = [
        f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in (wanted | (preferences or {})).items()
    ]
    (profile / "MarionetteActivePort").unlink(missing_ok=True)  # of one that was killed
    (profile / "user.js").write_text("\n".join(lines))
    command = [program, "--headless", "--no-remote", "--profile", str(profile), "--marionette"]
    process = subprocess.Popen(
        [*command, "-remote-allow-system-access", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
        env={"HOME": str(fresh), "PATH": "/usr/bin:/bin", "MOZ_CRASHREPORTER_DISABLE": "1", "LANG": "C.UTF-8"},
    )
    try:
        with socket.create_connection(("127.0.0.1", _port_of(profile, process)), timeout=PATIENCE) as connection:
            firefox = Firefox(connection, process)
            firefox.ask("WebDriver:NewSession", capabilities={})
            if not loopback:
                firefox.ask("Marionette:SetContext", value="chrome")
                firefox.script("Services.io.manageOfflineStatus = false; Services.io.offline = true;")
                firefox.ask("Marionette:SetContext", value="content")
            yield firefox
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        shutil.rmtree(fresh, ignore_errors=True)


def _port_of(profile: Path, process: subprocess.Popen[bytes]) -> int:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            return int((profile / "MarionetteActivePort").read_text())
        except (OSError, ValueError):
            time.sleep(0.1)
    raise RuntimeError("Firefox did not open its port")

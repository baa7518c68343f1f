"""What an operator sets up: the example files are what the programs take, and the commands say what is wrong."""

import configparser
import os
import re
import subprocess
import sys

import pytest

from consult.core import crypto, exchange
from consult.core.settings import SettingWrong
from consult.safe.inclusion import OUTCOMES, Proof, as_text, find_proof, from_text
from consult.safe.models import metadata
from consult.safe.receipts import commitment, new_code, thread_of
from consult.safe.settings import SafeSettings, load
from consult.safe.trial import TrialOfficer
from tests.support.server import ROOT
from tests.support.tools import require

CONFIG = ROOT / "config"


def test_tor_accepts_the_example(tmp_path):
    """`--verify-config` only reads: no tor runs, nothing connects."""
    program = require("tor")
    data, hidden = tmp_path / "tor", tmp_path / "hidden"
    for folder in (data, hidden):
        folder.mkdir(mode=0o700)
    text = (CONFIG / "torrc.example").read_text().replace("/var/lib/tor/consult-safe", str(hidden))
    (tmp_path / "torrc").write_text(text + f"\nDataDirectory {data}\n")
    said = subprocess.run(
        [program, "--verify-config", "-f", str(tmp_path / "torrc")], capture_output=True, text=True, check=False
    )

    assert said.returncode == 0, said.stdout
    assert "Configuration was valid" in said.stdout
    assert not re.search(r"\[(?:warn|err)\](?! (?:Tor is running as root|You are running Tor as root))", said.stdout), (
        said.stdout
    )


def test_the_onion_service_speaks_to_the_socket_of_the_listener():
    torrc = (CONFIG / "torrc.example").read_text()

    assert re.findall(r"^HiddenServicePort .*$", torrc, re.M) == [
        "HiddenServicePort 80 unix:/run/consult-safe/onion.sock"
    ]
    assert "SocksPort 0" in torrc


def test_the_proxy_passes_no_address_and_compresses_nothing():
    nginx = (CONFIG / "nginx-safe.conf").read_text()

    assert "$remote_addr" not in nginx
    assert "X-Forwarded" not in nginx
    for line in (
        "gzip off;",
        "proxy_pass_request_headers off;",
        "client_body_buffer_size 1m;",
        "ssl_protocols TLSv1.3;",
    ):
        assert line in nginx
    assert set(re.findall(r"access_log (\S+);", nginx)) == {"off"}
    assert set(re.findall(r"error_log (\S+)", nginx)) == {"/dev/null"}


@pytest.mark.parametrize("name", ["safe-clearnet.service", "safe-onion.service", "safe-tick.service"])
def test_a_unit_leaves_no_core_and_no_swap_and_runs_as_safes_user(name):
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str
    unit.read(CONFIG / name)
    service = unit["Service"]

    assert (service["LimitCORE"], service["MemorySwapMax"], service["PrivateTmp"]) == ("0", "0", "yes")
    assert (service["User"], service["PrivateNetwork"], service["NoNewPrivileges"]) == ("consult-safe", "yes", "yes")
    if name != "safe-tick.service":
        assert f"SAFE_LISTENER={name[5:-8]}" in service["Environment"]


def test_every_setting_has_a_default_and_none_is_left_over(settings):
    import tomllib

    names = set(tomllib.loads((CONFIG / "safe.default.toml").read_text()))
    assert names == set(SafeSettings.__dataclass_fields__)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"database_url": "postgresql+psycopg://consult@localhost/safe"}, "always SQLite"),
        ({"onion_bind": "127.0.0.1:8002"}, "onion_bind should begin with unix:"),
        ({"web_workers": 0}, "web_workers should be at least 1"),
        ({"release_hour": 24}, "release_hour"),
        ({"base_url": "safe.example.org"}, "base_url"),
        ({"languages": ["xx"]}, "languages"),
        ({"no_such": 1}, "no setting of that name"),
        ({"web_workers": "two"}, "of the kind int"),
    ],
)
def test_a_wrong_setting_stops_the_start(tmp_path, wrong, words):
    with pytest.raises(SettingWrong, match=words):
        load({"data_folder": str(tmp_path), **wrong}, environ={})


def test_settings_come_from_a_file_and_from_variables(tmp_path):
    (tmp_path / "own.toml").write_text('host = "safe.example.org"\nweb_workers = 3\n')
    environ = {"SAFE_SETTINGS": str(tmp_path / "own.toml"), "SAFE_WEB_WORKERS": "4", "SAFE_LANGUAGES": "ar, en"}
    found = load({"data_folder": str(tmp_path / "data"), "runtime_folder": str(tmp_path / "run")}, environ)

    assert (found.host, found.web_workers, found.languages) == ("safe.example.org", 4, ["ar", "en"])
    with pytest.raises(SettingWrong, match="whole number"):
        load({"data_folder": str(tmp_path / "data")}, {"SAFE_WEB_WORKERS": "many"})


@pytest.fixture
def command(tmp_path):
    """Runs `consult safe …` in a folder of its own."""

    def run(*words, stdin="", **variables):
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SAFE_DATA_FOLDER": str(tmp_path / "safe")}
        environ |= {"SAFE_RUNTIME_FOLDER": str(tmp_path / "run"), **variables}
        full = [sys.executable, "-m", "consult.cli", "safe", *words]
        return subprocess.run(full, cwd=tmp_path, env=environ, input=stdin, capture_output=True, text=True, check=False)

    return run


def test_init_makes_keys_pins_and_a_database_and_twice_changes_nothing(command, tmp_path):
    officer, (main, _) = TrialOfficer("A. Reyes"), crypto.sign_pair(bytes(32))
    (tmp_path / "a.card").write_text(officer.card)
    words = ("init", "--installation", "kf3", "--main-public", crypto.b64(main), "--card", str(tmp_path / "a.card"))
    first, second = command(*words), command(*words)

    assert (first.returncode, first.stdout) == (0, second.stdout), first.stderr
    assert officer.fingerprint in first.stdout
    assert {
        path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "safe").iterdir() if path.is_file()
    } == dict.fromkeys(["exchange.key", "salt", "pins.json", "safe.db", "safe.db-journal"], 0o600)
    assert command("tick", "--at-once").returncode == 0


def test_init_pins_no_card_that_was_touched(command, tmp_path):
    (tmp_path / "a.card").write_text(TrialOfficer("A. Reyes").card.replace("Reyes", "Smith"))
    main = crypto.b64(crypto.sign_pair(bytes(32))[0])
    ran = command("init", "--installation", "kf3", "--main-public", main, "--card", str(tmp_path / "a.card"))

    assert ran.returncode == 1
    assert "nothing was pinned" in ran.stderr
    assert not (tmp_path / "safe" / "pins.json").exists()


@pytest.mark.parametrize("word", ["tick", "serve"])
def test_before_init_a_command_says_so(command, word):
    ran = command(word)

    assert (ran.returncode, "run `consult safe init` first" in ran.stderr) == (1, True)


def a_proof(outcome="answered"):
    """(proof, thread) in a tree of three hundred others."""
    thread = thread_of(new_code(), bytes(32))
    leaf = crypto.leaf_of(thread.inclusion + outcome.encode())
    leaves = crypto.filled_leaves([leaf, *(crypto.leaf_of(str(at).encode()) for at in range(300))])
    place, root = leaves.index(leaf), crypto.b64(crypto.root_of(leaves))
    path = [crypto.b64(one) for one in crypto.path_to(leaves, place)]
    return find_proof(thread.inclusion_secret, crypto.b64(leaf), place, path, root), thread


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_proof_of_inclusion_is_read_again_and_holds(outcome):
    proof, thread = a_proof(outcome)

    assert proof.outcome == outcome
    assert from_text(as_text(proof)) == proof
    assert proof.holds
    assert commitment(proof.secret) == thread.inclusion


def test_a_proof_of_another_comment_does_not_hold():
    proof, _ = a_proof()
    other = Proof(bytes(32), proof.outcome, proof.place, proof.path, proof.root)

    assert not other.holds
    with pytest.raises(crypto.Unreadable):
        find_proof(
            bytes(32),
            crypto.b64(proof.leaf),
            proof.place,
            [crypto.b64(one) for one in proof.path],
            crypto.b64(proof.root),
        )


def test_verify_inclusion_checks_offline(command, tmp_path):
    proof, _ = a_proof()
    text, root = as_text(proof), crypto.b64(proof.root)
    (tmp_path / "proof.txt").write_text(text)

    held = command("verify-inclusion", "proof.txt", "--root", root)
    assert (held.returncode, "It holds. Outcome: answered." in held.stdout) == (0, True)
    assert command("verify-inclusion", stdin=text).returncode == 0
    assert command("verify-inclusion", "--root", crypto.b64(bytes(32)), stdin=text).returncode == 1
    assert command("verify-inclusion", stdin=text.replace("answered", "used")).returncode == 1
    assert command("verify-inclusion", stdin=text.replace("consult", "other")).returncode == 1


def test_the_proof_stands_on_the_status_page_once_the_root_is_published(person, trial, house):
    from consult.safe import ticking

    person.send()
    thread = thread_of(person.code, house.secret.salt)
    leaf = crypto.leaf_of(thread.inclusion + b"answered")
    leaves = crypto.filled_leaves([leaf])
    place = leaves.index(leaf)
    said = {
        "leaf": crypto.b64(leaf),
        "place": place,
        "path": [crypto.b64(one) for one in crypto.path_to(leaves, place)],
    }
    cell = trial.cell("upr", thread.pair[0], **said)
    trial.put(exchange.CELLS, "upr", {"cells": [[crypto.b64(thread.lookup), crypto.b64(cell)]]})
    root = crypto.b64(crypto.root_of(leaves))
    trial.put(exchange.MANIFEST, "upr", trial.manifest(final_root=root))
    ticking.keep_house(house, now=ticking.clock.now())

    shown = re.search(r"<pre[^>]*>(.*?)</pre>", person.come_back().text, re.S)[1]
    assert from_text(shown).holds
    assert f"root {root}" in shown


def test_every_table_is_known_to_the_migrations():
    words = "".join(path.read_text() for path in (ROOT / "migrations" / "safe" / "versions").glob("*.py"))

    assert all(f'"{name}"' in words for name in metadata.tables)

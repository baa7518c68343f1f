"""The file itself: built from what is written down, self-contained, its texts whole in three languages, its sources without tricks."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from custodian.build import LANGUAGES, SOURCES, CannotBuild, build, script_of
from tests.custodian.conftest import FILE
from tests.custodian.driving import texts
from tests.support.browser import visitor
from tests.support.server import ROOT
from tests.support.tools import must_have_all, require

FOLDER = ROOT / "custodian"
PAGE = FILE.read_text("utf-8")
OWN = {path.name: path.read_text("utf-8") for path in sorted((FOLDER / "src").glob("*.js"))}
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|\beval\b|new Function|\bimport\("
    r"|\bfetch\b|XMLHttpRequest|WebSocket|EventSource|sendBeacon|RTCPeerConnection|navigator\.serviceWorker|localStorage|sessionStorage"
    r"|document\.cookie|https?:|text/csv|\.csv|\.xlsx|postMessage\([^n]|style=|\.style\b"
)


def test_the_committed_file_is_what_its_sources_and_the_pinned_packages_give(tmp_path):
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(FOLDER / name, tmp_path)
    npm = [require("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(npm, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    if done.returncode:
        (pytest.fail if must_have_all() else pytest.skip)(f"npm could not fetch libsodium: {done.stderr[-300:]}")

    made = build(tmp_path / "node_modules")

    assert made == FILE.read_bytes(), "make custodian"


def test_what_would_end_the_script_in_the_page_is_not_built(tmp_path):
    for name, path in (
        ("libsodium-sumo", "dist/modules-sumo/libsodium-sumo.js"),
        ("libsodium-wrappers-sumo", "dist/modules-sumo/libsodium-wrappers.js"),
    ):
        file = tmp_path / name / path
        file.parent.mkdir(parents=True)
        file.write_text("let a = '</SCRIPT>';")
        (tmp_path / name / "LICENSE").write_text("a licence")
        (tmp_path / name / "package.json").write_text('{"name": "a", "version": "1", "license": "ISC"}')

    with pytest.raises(CannotBuild):
        script_of(tmp_path)


def policy():
    return dict(part.split(" ", 1) for part in re.search(r'Policy" content="([^"]+)"', PAGE)[1].split("; "))


def test_the_policy_names_the_one_script_and_the_one_style_and_nothing_else():
    def hashed(tag):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", PAGE, re.DOTALL)
        return f"'sha256-{base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()}'"

    assert policy() == {
        "default-src": "'none'",
        "script-src": f"{hashed('script')} 'wasm-unsafe-eval'",
        "style-src": hashed("style"),
        "connect-src": "'none'",
        "form-action": "'none'",
        "base-uri": "'none'",
    }


def test_the_file_loads_nothing_and_carries_the_licence_of_what_it_holds():
    outside = re.sub(r"<(script|style)>.*?</\1>", "", PAGE, flags=re.DOTALL)

    assert not re.search(r"\b(src|href|action|on\w+|style)=", outside)
    assert "\r" not in PAGE
    assert "libsodium-sumo 0.8.4 (ISC)" in PAGE
    assert "THE SOFTWARE IS PROVIDED" in PAGE


@pytest.mark.parametrize("name", OWN)
def test_a_source_builds_pages_of_text_only_and_speaks_to_nobody(name):
    assert FORBIDDEN.findall(OWN[name]) == []
    assert len(OWN[name].splitlines()) <= 300


def test_the_guard_would_see_what_it_forbids():
    for trick in ('node.innerHTML = "x"', "eval(x)", 'fetch("x")', "localStorage.x", "new Function(x)", "https://x"):
        assert FORBIDDEN.search(trick), trick


def test_every_source_is_in_the_file():
    assert {f"{name}.js" for name in SOURCES} == set(OWN)


def placeholders(text):
    return sorted(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_are_whole_and_fill_the_same_places(language):
    english, own = texts("en"), texts(language)

    assert list(own) == list(english)
    assert {key: placeholders(text) for key, text in own.items()} == {
        key: placeholders(text) for key, text in english.items()
    }
    assert [key for key, text in own.items() if not text.strip()] == []
    if language != "en":
        same = {key for key in own if own[key] == english[key]}
        assert same <= {"progress"}, "not translated"


MADE_UP = {  # keys put together in the sources, by what they begin with
    *(
        "strength.",
        "standing.",
        "doubt.",
        "mark.",
        "use.",
        "part.",
        "choice.",
        "refused.",
        "talk.",
        "pass_on.",
        "kept.",
        "entry.",
        "kind.",
        "reach.",
        "basis.",
        "told.",
    ),
    *("appoint.", "share.", "stop.", "erase."),
}


def test_no_text_is_missing_or_left_over():
    sources = "\n".join(OWN.values())
    named = set(re.findall(r'"([a-z_]+(?:\.[a-z_]+)?)"', sources))
    refusals = set(re.findall(r'(?:new Refusal|orRefuse)\("(\w+)"', sources)) | {"unknown"}
    known = set(texts("en"))

    assert {f"refused.{code}" for code in refusals} == {key for key in known if key.startswith("refused.")}
    assert [key for key in known - named if not key.startswith(tuple(MADE_UP))] == []
    patterns = json.loads((ROOT / "config" / "patterns.json").read_text("utf-8"))["patterns"]
    assert {f"mark.{row['code']}" for row in patterns} | {"mark.place"} == {
        key for key in known if key.startswith("mark.")
    }


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.mark.browser
def test_the_same_bytes_work_from_a_site_as_well(browser):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(FOLDER))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with visitor(browser) as context:
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/custodian.html")
            page.wait_for_selector("h1")
            assert page.locator("h1").inner_text() == texts("en")["start.title"]
        server.shutdown()

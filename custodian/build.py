"""Builds custodian/custodian.html: `make custodian`. The same sources give the same bytes.

One page with one style and one script in it, and a policy that names the two by their hash, so that nothing else runs and
nothing is loaded or sent.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PATTERNS = HERE.parent / "config" / "patterns.json"
LANGUAGES = ("en", "ar", "zh")
LIBRARIES = (  # in the order they must run; the second uses the first
    ("libsodium-sumo", "dist/modules-sumo/libsodium-sumo.js"),
    ("libsodium-wrappers-sumo", "dist/modules-sumo/libsodium-wrappers.js"),
)
SOURCES = (
    "bytes",
    "formats",
    "officers",
    "consultation",
    "desk",
    "threads",
    "marks",
    "result",
    "entries",
    "sender",
    "trust",
    "store",
    "page",
    "fields",
    "pages_keys",
    "pages_consultation",
    "pages_desk",
    "pages_item",
    "pages_result",
    "pages_officers",
    "pages_appoint",
    "pages_entries",
    "pages_sender",
    "pages_deliver",
    "main",
)


class CannotBuild(Exception):
    """A source that may not stand in the page as it is."""


def build(modules: Path) -> bytes:
    """The file, from the sources beside this script and the packages in `modules`. Raises CannotBuild, OSError."""
    script, style = script_of(modules), "\n" + read("style.css")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{hash_of(script)}' 'wasm-unsafe-eval'",
            f"style-src '{hash_of(style)}'",
            "connect-src 'none'",
            "form-action 'none'",
            "base-uri 'none'",
        )
    )
    page = read("page.html")
    for place, content in (("{policy}", policy), ("{style}", style), ("{script}", script)):
        before, after = page.split(place)
        page = before + content + after
    return page.encode()


def script_of(modules: Path) -> str:
    """The one script: the packages with their licences, then the texts, then our own sources in one scope."""
    parts = [licence(modules), *((modules / name / path).read_text("utf-8").rstrip() for name, path in LIBRARIES)]
    own = [
        f"const TEXTS = {compact({language: json.loads(read(f'texts.{language}.json')) for language in LANGUAGES})};",
        f"const PATTERNS = {compact(json.loads(PATTERNS.read_text('utf-8'))['patterns'])};",
        *(read(f"{name}.js").rstrip() for name in SOURCES),
    ]
    parts.append('(function () {\n"use strict";\n' + "\n\n".join(own) + "\n})();")
    script = "\n" + "\n".join(parts) + "\n"
    for forbidden in ("</script", "<script", "<style", "</style", "<!--"):
        if forbidden in script.lower():
            raise CannotBuild(f"{forbidden} would end the script in the page")
    return script


def licence(modules: Path) -> str:
    """The licence of the packages, as a comment: it must go with every copy."""
    texts = {(modules / name / "LICENSE").read_text("utf-8").strip() for name, _ in LIBRARIES}
    versions = [json.loads((modules / name / "package.json").read_text("utf-8")) for name, _ in LIBRARIES]
    named = ", ".join(f"{package['name']} {package['version']} ({package['license']})" for package in versions)
    return "/*!\n" + named + "\n\n" + "\n\n".join(sorted(texts)) + "\n*/"


def compact(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def read(name: str) -> str:
    return (HERE / "src" / name).read_text("utf-8")


def hash_of(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


if __name__ == "__main__":
    made = build(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "node_modules")
    (HERE / "custodian.html").write_bytes(made)
    print(f"custodian/custodian.html, {len(made):,} bytes, SHA-256 {hashlib.sha256(made).hexdigest()}")

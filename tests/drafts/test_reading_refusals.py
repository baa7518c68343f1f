"""Every file that must not be taken: refused with its sentence, within 2 seconds of work of an ordinary machine and 110 MB, nothing kept."""

import json
import os
import subprocess
import sys

import pytest

from consult.drafts import reading_refusals
from consult.drafts.reading import read_draft
from tests.drafts.hostile import GOOD
from tests.support.server import ROOT

SECONDS = 2.0  # of the processor
MEGABYTES = 110  # above what the process had

CASES = {
    "bomb": "FileUnpacksTooLarge",
    "lying": ("FileUnpacksTooLarge", "FileBroken"),
    "too large": "FileTooLarge",
    "encrypted docx": "FileEncrypted",
    "encrypted odt": "FileEncrypted",
    "macro type": "FileHasMacros",
    "macro part": "FileHasMacros",
    "macro odt": "FileHasMacros",
    "truncated": "FileBroken",
    "old word": "FileKindUnknown",
    "pdf": "FileKindUnknown",
    "picture": "FileKindUnknown",
    "nothing": "FileKindUnknown",
    "no text": "FileEmpty",
    "entity": "FileHasEntities",
    "laughs": "FileHasEntities",
    "entity far down": "FileHasEntities",
    "entity in styles": "FileHasEntities",
    "deep": "FileBroken",
    "empty runs": "FileUnpacksTooLarge",
    "endless paragraphs": "FileUnpacksTooLarge",
    "broken xml": "FileBroken",
    "hundred thousand members": "FileUnpacksTooLarge",
    "a name twice": "FileBroken",
    "a name out of the folder": "FileBroken",
    "lzma": "FileBroken",
    "lying zip64": "FileBroken",
    "offset beyond": "FileBroken",
    "unknown method": "FileBroken",
    "entity in utf-16": "FileHasEntities",
    "entity in utf-7": ("FileHasEntities", "FileBroken"),
    "entity in utf-32": ("FileHasEntities", "FileBroken"),
    "paragraph without end": "FileUnpacksTooLarge",
    "table without end": "FileUnpacksTooLarge",
    "one note for all": "FileUnpacksTooLarge",
    "styles without end": "FileUnpacksTooLarge",
    "markdown one line": "FileTooLarge",
    "markdown long paragraph": "FileUnpacksTooLarge",
    "markdown many lines": "FileUnpacksTooLarge",
    "markdown many paragraphs": "FileUnpacksTooLarge",
    "markdown brackets": "FileUnpacksTooLarge",
    "markdown lists in lists": "FileUnpacksTooLarge",
    "markdown quotes": ("FileUnpacksTooLarge", "FileEmpty"),
    "markdown table": "FileUnpacksTooLarge",
    "markdown one note for all": "FileUnpacksTooLarge",
}


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_refused_quickly_and_leaves_nothing(name, tmp_path):
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-m", "tests.drafts.hostile", name],
        capture_output=True,
        text=True,
        check=True,
        env=environ,
        cwd=tmp_path,
    )

    found = json.loads(done.stdout)
    wanted = CASES[name] if isinstance(CASES[name], tuple) else (CASES[name],)
    assert found["refusal"] in wanted
    assert found["seconds"] <= SECONDS
    assert found["megabytes"] <= MEGABYTES
    assert list(tmp_path.iterdir()) == []


def test_every_refusal_says_what_to_do_next():
    for name in {one for case in CASES.values() for one in (case if isinstance(case, tuple) else (case,))}:
        message = str(getattr(reading_refusals, name)())
        assert any(verb in message for verb in ("Save", "Take", "Copy", "Open", "Choose")), message


def test_the_file_without_harm_is_read():
    assert [block.text for block in read_draft(GOOD, name="draft.docx").blocks] == ["I. Overview", "One."]

"""Every file that must not be taken: refused with its sentence, within 2 seconds of work and 110 MB, nothing kept."""

import json
import os
import subprocess
import sys

import pytest

from consult.drafts import reading_refusals
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

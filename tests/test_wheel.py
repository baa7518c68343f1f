"""What an administrator installs: the wheel holds everything that lies beside the package in a checkout."""

import csv
import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHIPPED = ("config", "migrations", "static", "templates")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return next(folder.glob("consult-*.whl"))


def _files(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in found}


@pytest.mark.parametrize("folder", SHIPPED)
def test_wheel_holds_every_shipped_file(wheel: Path, folder: str):
    inside = f"consult/shipped/{folder}/"

    packed = {name.removeprefix(inside) for name in zipfile.ZipFile(wheel).namelist() if name.startswith(inside)}

    assert packed == _files(ROOT / folder)


def test_wheel_holds_the_custodian_file_and_none_of_its_sources(wheel: Path):
    packed = [
        name
        for name in zipfile.ZipFile(wheel).namelist()
        if "custodian" in name and name.startswith("consult/shipped/") and "/templates/" not in name
    ]

    assert packed == ["consult/shipped/custodian/custodian.html"]


def test_wheel_holds_every_catalogue(wheel: Path):
    inside = "consult/translations/"

    packed = {name.removeprefix(inside) for name in zipfile.ZipFile(wheel).namelist() if name.startswith(inside)}

    assert packed == _files(ROOT / "consult" / "translations")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that was empty and holds the locked libraries and the wheel, nothing of this checkout."""
    place = tmp_path_factory.mktemp("installed") / "environment"
    venv.create(place, with_pip=True)
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements.txt")], check=True, capture_output=True)
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True)
    return place


def test_wheel_gives_the_command_and_its_own_files(installed: Path, tmp_path: Path):
    script = "from consult.core.files import shipped; print(shipped('config') / 'default.toml')"
    found = subprocess.run(
        [installed / "bin" / "python", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.strip()
    said = subprocess.run(
        [installed / "bin" / "consult", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout

    assert Path(found).is_relative_to(installed)
    assert Path(found).exists()
    assert "0.1.0" in said


def test_wheel_runs_the_whole_demonstration_outside_the_checkout(installed: Path, tmp_path: Path):
    ran = subprocess.run(
        [installed / "bin" / "consult", "demo", "--once", "result"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    folder = tmp_path / "result"
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    assert (summary["ok"], summary["stakeholders"], summary["comments"], summary["published"]) == (True, 52, 127, 127)
    assert (summary["paragraphs_v1"], summary["paragraphs_v2"]) == (60, 61)
    assert sum(summary["by_disposition"].values()) == 127
    assert summary["mails"] == len(list((folder / "mail").glob("*.eml"))) > summary["invited"] > 30
    with (folder / "report" / "report.csv").open(encoding="utf-8-sig", newline="") as rows:
        assert len(list(csv.DictReader(rows))) > 50
    assert zipfile.is_zipfile(folder / "report" / "report.docx")
    assert "What we heard, what changed" in (folder / "report" / "report.html").read_text("utf-8")

"""What an administrator installs: the wheel holds everything that lies beside the package in a checkout."""

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


def test_wheel_holds_every_catalogue(wheel: Path):
    inside = "consult/translations/"

    packed = {name.removeprefix(inside) for name in zipfile.ZipFile(wheel).namelist() if name.startswith(inside)}

    assert packed == _files(ROOT / "consult" / "translations")


def test_wheel_gives_the_command_outside_the_checkout(wheel: Path, tmp_path: Path):
    """Its libraries are those of this environment; the package and its shipped files are the wheel's own."""
    place = tmp_path / "environment"
    venv.create(place, with_pip=False)
    target = place / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--no-index", str(wheel)], check=True, capture_output=True)
    own = next(path for path in sys.path if path.endswith("site-packages"))
    (target / "libraries.pth").write_text(own + "\n")

    script = "from consult.core.files import shipped; print(shipped('config') / 'default.toml')"
    found = subprocess.run(
        [place / "bin" / "python", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.strip()
    said = subprocess.run(
        [place / "bin" / "consult", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout

    assert (Path(found), Path(found).exists()) == (target / "consult" / "shipped" / "config" / "default.toml", True)
    assert "0.1.0" in said

"""Where shipped files lie, and the store of uploaded and made ones: random names, written and synced before their row."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import fsspec

PACKAGE = Path(__file__).resolve().parent.parent


def shipped(folder: str) -> Path:
    """A folder that comes with Consult (templates, static, migrations, config): beside the package, or inside a wheel's."""
    inside = PACKAGE / "shipped" / folder
    return inside if inside.is_dir() else PACKAGE.parent / folder


def made_once(path: Path, make: Callable[[], str]) -> str:
    """What a file of ours holds; where there is none it is made, readable by its owner only, whoever comes first."""
    if not path.exists():
        new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as target:
            target.write(make())
            target.flush()
            os.fsync(target.fileno())
        with suppress(FileExistsError):
            os.link(new, path)  # no process ever reads half of it
        new.unlink()
    return path.read_text()


class Files:
    """The file store of an installation: a local folder, or any place that fsspec knows (S3 by one setting)."""

    def __init__(self, url: str) -> None:
        self.filesystem, self.root = fsspec.core.url_to_fs(url)

    def keep(self, content: bytes, *, kind: str) -> str:
        """Store bytes under a new random key ("drafts/3f..."), synced to disk. Returns the key."""
        key = f"{kind}/{secrets.token_hex(16)}"
        path = self._path(key)
        self.filesystem.makedirs(os.path.dirname(path), exist_ok=True)
        with self.filesystem.open(path, "wb") as target:
            target.write(content)
            _sync(target)
        return key

    def read(self, key: str) -> bytes:
        """The bytes of a key. Raises FileNotFoundError."""
        with self.filesystem.open(self._path(key), "rb") as source:
            content: bytes = source.read()
        return content

    def drop(self, key: str) -> None:
        """Remove a key; it may be gone already."""
        if self.filesystem.exists(self._path(key)):
            self.filesystem.rm(self._path(key))

    def keys(self, kind: str) -> Iterator[tuple[str, float]]:
        """Every key of a kind with its time of change (seconds since 1970): for the sweep of unreferenced ones."""
        folder = self._path(kind)
        if not self.filesystem.exists(folder):
            return
        for entry in self.filesystem.ls(folder, detail=True):
            changed = entry.get("mtime") or entry["LastModified"].timestamp()
            yield f"{kind}/{os.path.basename(entry['name'])}", float(changed)

    def sweep(self, kind: str, wanted: set[str], *, before: float) -> int:
        """Remove the files of a kind that no row wants and that changed before an instant (seconds since 1970). Returns how many."""
        left = [key for key, changed in self.keys(kind) if key not in wanted and changed < before]
        for key in left:
            self.drop(key)
        return len(left)

    def _path(self, key: str) -> str:
        return f"{self.root}/{key}"


def _sync(target: IO[bytes]) -> None:
    target.flush()
    try:
        os.fsync(target.fileno())
    except (AttributeError, OSError):
        pass  # an object store has no file descriptor: closing is its sync


_store: Files | None = None


def use_store(store: Files) -> None:
    """Let `store()` give this file store. One a process."""
    global _store
    _store = store


def store() -> Files:
    """The file store in use. Raises RuntimeError before `use_store()`."""
    if _store is None:
        raise RuntimeError("no file store: call consult.core.files.use_store() first")
    return _store

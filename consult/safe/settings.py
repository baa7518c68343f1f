"""Safe's own settings: `config/safe.default.toml`, then the file named in SAFE_SETTINGS, then SAFE_* variables.

Safe shares no setting with main, so that it can stand on a machine which the ministry does not hold.
"""

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from consult.core.exchange import Between
from consult.core.files import shipped
from consult.core.i18n import KNOWN, Language
from consult.core.routes import RoutesUnreadable, read_routes
from consult.core.settings import SettingWrong

PREFIX = "SAFE_"
NOT_SETTINGS = {"SAFE_SETTINGS", "SAFE_LISTENER"}
TMPFS = Path("/dev/shm")  # noqa: S108  # memory, not a disk: that is why it is used


@dataclass(frozen=True, slots=True)
class SafeSettings:
    """All settings of safe. Their meaning stands beside the defaults, in config/safe.default.toml."""

    data_folder: str
    runtime_folder: str
    in_folder: str
    out_folder: str
    backup_folder: str
    database_url: str
    host: str
    base_url: str
    onion: str
    main_address: str
    leave_to: str
    operator_contact: str
    routes_file: str
    languages: list[str]
    web_workers: int
    clearnet_bind: str
    onion_bind: str
    sends_per_minute: int
    returns_per_minute: int
    release_hour: int
    tick_minutes: int
    decoys_per_day: int
    site_name: dict[str, str]

    @property
    def data(self) -> Path:
        """The data folder."""
        return Path(self.data_folder)

    @property
    def runtime(self) -> Path:
        """The folder on tmpfs: gone when the machine stops."""
        return Path(self.runtime_folder)

    @property
    def is_https(self) -> bool:
        """Whether people reach the clearnet host encrypted."""
        return self.base_url.startswith("https:")

    def between(self, installation: str) -> Between:
        """Which two sides a file is for."""
        return Between(installation, self.host)

    def language_records(self) -> list[Language]:
        """The records of the installed languages, the site's first."""
        return [KNOWN[code] for code in self.languages]

    def catalogue_folders(self) -> list[Path]:
        """Where catalogues lie: those shipped, then the operator's."""
        return [Path(__file__).resolve().parent.parent / "translations", self.data / "translations"]


def load(
    overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] = os.environ, *, makes_folders: bool = True
) -> SafeSettings:
    """The settings, checked and completed; unless told otherwise its folders exist afterwards, readable by their owner only.

    `overrides` win over everything (tests, the demonstration). Raises SettingWrong.
    """
    values = tomllib.loads((shipped("config") / "safe.default.toml").read_text("utf-8"))
    if path := environ.get("SAFE_SETTINGS"):
        _merge(values, _read(Path(path)), path)
    _merge(values, _from_variables(environ, values), "the environment")
    _merge(values, dict(overrides or {}), "the command")
    _check(values)
    return _completed(values, makes_folders=makes_folders)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise SettingWrong(f"SAFE_SETTINGS names {path}, which cannot be read: {problem}") from problem


def _merge(values: dict[str, Any], new: dict[str, Any], source: str) -> None:
    for name, value in new.items():
        if name not in values:
            raise SettingWrong(f"{source} sets {name}, and safe has no setting of that name")
        if type(value) is not type(values[name]):
            raise SettingWrong(f"{source}: {name} should be of the kind {type(values[name]).__name__}")
        values[name] = value


def _from_variables(environ: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if isinstance(values.get(name), list):
            found[name] = [part.strip() for part in text.split(",") if part.strip()]
        elif isinstance(values.get(name), int):
            try:
                found[name] = int(text)
            except ValueError:
                raise SettingWrong(f"{variable} should be a whole number, not {text!r}") from None
        else:
            found[name] = text
    return found


def _check(values: Mapping[str, Any]) -> None:
    if not values["database_url"].startswith("sqlite:///") and values["database_url"]:
        # A server's log, its statistics and its own row numbers would tell who wrote when. reference: safe.md 3.1
        raise SettingWrong(
            "database_url should be empty or begin with sqlite:///: safe is always SQLite on one machine"
        )
    at_least = {"web_workers": 1, "sends_per_minute": 1, "returns_per_minute": 1, "tick_minutes": 1}
    for name, least in (at_least | {"decoys_per_day": 1, "release_hour": 0}).items():
        if values[name] < least:
            raise SettingWrong(f"{name} should be at least {least}, not {values[name]}")
    if values["release_hour"] > 23:
        raise SettingWrong(f"release_hour should be an hour from 0 to 23, not {values['release_hour']}")
    for name in ("base_url", "main_address", "leave_to"):
        parts = urlsplit(values[name])
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingWrong(f"{name} should be like https://example.org, not {values[name]!r}")
    if values["onion_bind"] and not values["onion_bind"].startswith("unix:"):
        raise SettingWrong("onion_bind should begin with unix: no one but the onion service may reach that listener")
    if not values["languages"] or not set(values["languages"]) <= set(KNOWN):
        raise SettingWrong(f"languages should be some of {', '.join(KNOWN)}")


def _completed(values: dict[str, Any], *, makes_folders: bool) -> SafeSettings:
    data = Path(values["data_folder"]).absolute()
    values["data_folder"] = str(data)
    own = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    runtime = TMPFS / f"consult-safe-{os.getuid()}-{own}" if TMPFS.is_dir() else data / "runtime"
    values["runtime_folder"] = values["runtime_folder"] or str(runtime)
    values["in_folder"] = values["in_folder"] or str(data / "in")
    values["out_folder"] = values["out_folder"] or str(data / "out")
    values["database_url"] = values["database_url"] or f"sqlite:///{data / 'safe.db'}"
    values["routes_file"] = values["routes_file"] or str(shipped("config") / "threatened.toml")
    try:
        read_routes(values["routes_file"])
    except RoutesUnreadable as problem:
        raise SettingWrong(f"routes_file: {problem}") from problem
    values["base_url"], values["main_address"] = values["base_url"].rstrip("/"), values["main_address"].rstrip("/")
    for name in ("data_folder", "runtime_folder", "in_folder", "out_folder", "backup_folder"):
        try:
            if values[name] and makes_folders:
                Path(values[name]).mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as problem:
            raise SettingWrong(f"{name}: {values[name]} cannot be made ({problem.strerror})") from problem
    return SafeSettings(**values)

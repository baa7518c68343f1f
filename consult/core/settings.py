"""Settings: `config/default.toml`, then the file named in CONSULT_SETTINGS, then CONSULT_* variables.

A wrong or unknown one stops the start with a sentence that names it.
"""

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from consult.core.crypto import Unreadable, unb64
from consult.core.files import made_once, shipped
from consult.core.i18n import KNOWN, Language
from consult.core.mail_settings import MailSettingWrong, check_mail
from consult.core.routes import RoutesUnreadable, read_routes

SECRET_MIN = 32  # characters
KEY_BYTES = 32  # of a public key
# How short and how long a kind of personal data may be kept, in days. What depends on it says why beside its row in
# consult/privacy/kinds.py.
RETENTION = {
    "retention_mail_days": (31, 365),
    "retention_suppression_days": (31, 1825),
    "retention_participant_days": (30, 3650),
    "retention_address_days": (7, 180),
    "retention_leaving_days": (7, 1825),
    "retention_left_entry_days": (7, 365),
}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Variables that begin like a setting but are none.
NOT_SETTINGS = {"CONSULT_SETTINGS", "CONSULT_REQUIRE_ALL", "CONSULT_SAMPLES"}


class SettingWrong(Exception):
    """A setting that cannot be used; the sentence names it and says what would do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of an installation. Their meaning stands beside the defaults, in config/default.toml."""

    mode: str
    data_folder: str
    database_url: str
    files_url: str
    secret_key: str
    base_url: str
    languages: list[str]
    time_zone: str
    queue_url: str
    mail_host: str
    mail_port: int
    mail_security: str
    mail_user: str
    mail_password: str
    mail_sender: str
    leave_address: str
    bounce_address: str
    mail_timeout_seconds: int
    mail_lease_seconds: int
    sweep_seconds: int
    mail_per_connection: int
    mail_rate_per_minute: int
    mail_rate_per_domain_per_minute: int
    mail_breaker_window: int
    mail_breaker_percent: int
    mail_reply_to: str
    dkim_key_file: str
    dkim_selector: str
    dkim_domain: str
    imap_host: str
    imap_port: int
    imap_user: str
    imap_password: str
    imap_folder: str
    undo_minutes: int
    web_workers: int
    web_address: str
    proxies: int
    session_hours: int
    upload_max_mb: int
    requests_per_minute: int
    requests_days: int
    weekend: list[str]
    safe_url: str
    safe_onion: str
    safe_key: str
    safe_in: str
    safe_out: str
    officers_mail_hour: int
    retention_hour: int
    retention_mail_days: int
    retention_suppression_days: int
    retention_participant_days: int
    retention_address_days: int
    retention_leaving_days: int
    retention_left_entry_days: int
    routes_file: str
    country: str
    regions_file: str
    groups_file: str
    person_groups: list[str]
    operator_contact: str
    site_name: dict[str, str]
    locales: dict[str, dict[str, str]]

    @property
    def data(self) -> Path:
        """The data folder."""
        return Path(self.data_folder)

    @property
    def is_demo(self) -> bool:
        """Whether this is a demonstration: missing things are made, mails are written to files."""
        return self.mode == "demo"

    @property
    def is_https(self) -> bool:
        """Whether people reach the site encrypted: cookies are then marked secure."""
        return self.base_url.startswith("https:")

    @property
    def weekend_days(self) -> frozenset[int]:
        """The days of the week on which nobody works, Monday being 1."""
        return frozenset(DAYS.index(day) + 1 for day in self.weekend)

    @property
    def takes_nameless(self) -> bool:
        """Whether there is a safe: comments without a name can be taken then."""
        return bool(self.safe_url)

    @property
    def captures_mail(self) -> bool:
        """Whether mails go to files instead of a relay."""
        return self.is_demo and not self.mail_host

    def language_records(self) -> list[Language]:
        """The records of the installed languages, the operator's own among them, the site's first."""
        own = {code: Language(code, **record) for code, record in self.locales.items()}
        return [own.get(code) or KNOWN[code] for code in self.languages]

    def catalogue_folders(self) -> list[Path]:
        """Where catalogues lie: those shipped, then the operator's."""
        return [Path(__file__).resolve().parent.parent / "translations", self.data / "translations"]


def load(overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings, checked and completed; the data folder exists afterwards.

    `overrides` win over everything (tests, the demonstration). Raises SettingWrong.
    """
    values = tomllib.loads((shipped("config") / "default.toml").read_text("utf-8"))
    types = {field.name: field.type for field in fields(Settings)}
    if path := environ.get("CONSULT_SETTINGS"):
        _merge(values, _read(Path(path)), types, path)
    _merge(values, _from_variables(environ, types), types, "the environment")
    _merge(values, dict(overrides or {}), types, "the command")
    return _completed(values)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise SettingWrong(f"CONSULT_SETTINGS names {path}, which cannot be read: {problem}") from problem


def _merge(values: dict[str, Any], new: dict[str, Any], types: dict[str, Any], source: str) -> None:
    for name, value in new.items():
        if name not in types:
            raise SettingWrong(f"{source} sets {name}, and there is no setting of that name (see config/default.toml)")
        wanted = type(values[name])
        if type(value) is not wanted:
            raise SettingWrong(f"{source}: {name} should be of the kind {wanted.__name__}, as {values[name]!r} is")
        values[name] = value


def _from_variables(environ: Mapping[str, str], types: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for variable, text in environ.items():
        if not variable.startswith("CONSULT_") or variable in NOT_SETTINGS:
            continue
        name = variable.removeprefix("CONSULT_").lower()
        if name not in types:
            raise SettingWrong(f"the variable {variable} is no setting (config/default.toml lists them all)")
        found[name] = _parsed(variable, text, types[name])
    return found


def _parsed(variable: str, text: str, kind: Any) -> Any:
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise SettingWrong(f"{variable} should be a whole number, not {text!r}") from None
    if kind is str:
        return text
    if kind == list[str]:
        return [part.strip() for part in text.split(",") if part.strip()]
    raise SettingWrong(f"{variable} is a table: set it in the file named in CONSULT_SETTINGS")


def _completed(values: dict[str, Any]) -> Settings:
    _check(values)
    data = Path(values["data_folder"]).absolute()
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as problem:
        raise SettingWrong(f"data_folder: {data} cannot be made ({problem.strerror})") from problem
    values["data_folder"] = str(data)
    values["database_url"] = values["database_url"] or f"sqlite:///{data / 'consult.db'}"
    values["files_url"] = values["files_url"] or str(data / "files")
    values["secret_key"] = values["secret_key"] or _generated_key(values["mode"], data)
    for name in ("base_url", "safe_url", "safe_onion"):
        values[name] = values[name].rstrip("/")
    values["safe_in"] = values["safe_in"] or str(data / "exchange" / "in")
    values["safe_out"] = values["safe_out"] or str(data / "exchange" / "out")
    values["routes_file"] = values["routes_file"] or str(shipped("config") / "threatened.toml")
    try:
        read_routes(values["routes_file"])
    except RoutesUnreadable as problem:
        raise SettingWrong(f"routes_file: {problem}") from problem
    return Settings(**values)


def _check(values: dict[str, Any]) -> None:
    _one_of(values, "mode", ("demo", "production"))
    _one_of(values, "mail_security", ("starttls", "tls", "none"))
    for name, least in {
        "mail_port": 1,
        "mail_timeout_seconds": 1,
        "mail_lease_seconds": 1,
        "mail_per_connection": 1,
        "sweep_seconds": 1,
        "web_workers": 1,
        "session_hours": 1,
        "upload_max_mb": 1,
        "requests_per_minute": 1,
        "requests_days": 1,
        "proxies": 0,
        "undo_minutes": 0,
        "mail_rate_per_minute": 0,
        "mail_rate_per_domain_per_minute": 0,
        "mail_breaker_window": 0,
        "mail_breaker_percent": 1,
        "imap_port": 1,
    }.items():
        if values[name] < least:
            raise SettingWrong(f"{name} should be at least {least}, not {values[name]}")
    if values["secret_key"] and len(values["secret_key"]) < SECRET_MIN:
        raise SettingWrong(f"secret_key should have at least {SECRET_MIN} characters")
    if urlsplit(values["base_url"]).scheme not in ("http", "https") or not urlsplit(values["base_url"]).hostname:
        raise SettingWrong(f"base_url should be like https://consult.example.org, not {values['base_url']!r}")
    if values["database_url"] and not values["database_url"].startswith(("sqlite:", "postgresql+psycopg:")):
        raise SettingWrong("database_url should begin with sqlite: or postgresql+psycopg:")
    try:
        ZoneInfo(values["time_zone"])
    except (ValueError, LookupError, OSError):
        raise SettingWrong(f"time_zone should be like Pacific/Apia, not {values['time_zone']!r}") from None
    _check_ranges(values)
    if set(values["weekend"]) - set(DAYS) or len(set(values["weekend"])) == len(DAYS):
        raise SettingWrong('weekend should name days off, like ["friday", "saturday"], and leave some to work')
    try:
        check_mail(values)
    except MailSettingWrong as problem:
        raise SettingWrong(str(problem)) from None
    _check_safe(values)
    _check_languages(values)


def _check_ranges(values: dict[str, Any]) -> None:
    hours = dict.fromkeys(("officers_mail_hour", "retention_hour"), (0, 23))
    for name, (least, most) in {**hours, **RETENTION}.items():
        if not least <= values[name] <= most:
            raise SettingWrong(f"{name} should be from {least} to {most}, not {values[name]}")


def _check_safe(values: dict[str, Any]) -> None:
    for name, schemes in {"safe_url": ("http", "https"), "safe_onion": ("http",)}.items():
        if values[name] and (urlsplit(values[name]).scheme not in schemes or not urlsplit(values[name]).hostname):
            raise SettingWrong(f"{name} should begin with {schemes[-1]}:// and a host, not {values[name]!r}")
    if not values["safe_url"]:
        return
    try:
        if values["safe_key"]:  # empty until safe is set up, which takes our key and the officers' cards first
            unb64(values["safe_key"], KEY_BYTES)
    except Unreadable:
        raise SettingWrong("safe_key should be the public key that `consult safe init` printed") from None
    if urlsplit(values["safe_url"]).netloc == urlsplit(values["base_url"]).netloc:
        raise SettingWrong("safe_url should be another host than base_url, so that no cookie crosses")


def _one_of(values: dict[str, Any], name: str, allowed: tuple[str, ...]) -> None:
    if values[name] not in allowed:
        raise SettingWrong(f"{name} should be one of {', '.join(allowed)}, not {values[name]!r}")


def _check_languages(values: dict[str, Any]) -> None:
    for code, record in values["locales"].items():
        extra = set(record) - {field.name for field in fields(Language)} | ({"code"} & set(record))
        if extra or "name" not in record:
            raise SettingWrong(f"locales.{code} takes name, direction, plural_forms and formats, and needs a name")
        if record.get("direction", "ltr") not in ("ltr", "rtl"):
            raise SettingWrong(f"locales.{code}.direction should be ltr or rtl")
        try:
            Locale.parse(record.get("formats", "en_GB"))
        except (UnknownLocaleError, ValueError):
            raise SettingWrong(f"locales.{code}.formats should be a language known to Babel, such as en_GB") from None
    if not values["languages"]:
        raise SettingWrong("languages is empty: name at least one")
    for code in values["languages"]:
        if code not in KNOWN and code not in values["locales"]:
            raise SettingWrong(f"languages names {code!r}: describe it under [locales.{code}]")


def _generated_key(mode: str, data: Path) -> str:
    """The key of a demonstration, made once and kept in the data folder, readable by its owner only."""
    if mode == "production":
        raise SettingWrong("secret_key is empty: production needs one (set CONSULT_SECRET_KEY)")
    return made_once(data / "secret_key", lambda: secrets.token_urlsafe(48))

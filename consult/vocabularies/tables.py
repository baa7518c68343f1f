"""Reading the tables of fixed words in config/vocabularies: once a process, in the order of the file."""

import csv
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from consult.core.files import shipped
from consult.core.settings import SettingWrong
from consult.core.texts import Texts


@dataclass(frozen=True)
class Entry:
    """One word of a table: its code and its name in each language."""

    code: str
    names: Texts

    def name(self, language: str) -> str:
        """The name in a language; in English where the table has none in it."""
        return self.names.get(language, self.names["en"])


@dataclass(frozen=True)
class Mechanism(Entry):
    """Whom a text is for; `symbol` is empty where its documents have none of their own."""

    symbol: str


@dataclass(frozen=True)
class Kind(Entry):
    """A kind of text. `word_limit` is None where no source states one."""

    mechanisms: tuple[str, ...]
    deadline: Texts
    word_limit: int | None
    source: str | None


@dataclass(frozen=True)
class State(Entry):
    """A State or territory by its short name at the United Nations; `kind` is member, observer or territory."""

    kind: str


@dataclass(frozen=True)
class Region(Entry):
    """A part of the country, and the towns and villages in it, in any spelling and script."""

    places: tuple[str, ...]


REGION_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")

Word = TypeVar("Word", bound=Entry)


@lru_cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of text by its code."""
    return _by_code(
        Kind(
            row["code"],
            Texts(row["name"]),
            tuple(row["mechanisms"]),
            Texts(row["deadline"]),
            row.get("word_limit"),
            row.get("source"),
        )
        for row in _rows("kinds_of_text", "kind")
    )


@lru_cache
def mechanisms() -> Mapping[str, Mechanism]:
    """Every mechanism by its code."""
    rows = _rows("mechanisms", "mechanism")
    return _by_code(Mechanism(row["code"], Texts(row["name"]), row["symbol"]) for row in rows)


@lru_cache
def categories() -> Mapping[str, Entry]:
    """Every category of stakeholder by its code."""
    return _by_code(Entry(row["code"], Texts(row["name"])) for row in _rows("categories", "category"))


@lru_cache
def categories_called() -> Mapping[str, str]:
    """Their codes by all that people call them: see `_called`."""
    return _called(categories())


@lru_cache
def shipped_groups() -> Mapping[str, Entry]:
    """The groups that Consult brings, by their code."""
    return _by_code(Entry(row["code"], Texts(row["name"])) for row in _rows("groups", "group"))


_groups: Mapping[str, Entry] | None = None
_groups_called: Mapping[str, str] | None = None


def use_groups(own: Mapping[str, Entry]) -> None:
    """Let `groups()` be those that Consult brings and these of the operator (setting groups_file). One list a process."""
    global _groups, _groups_called
    _groups, _groups_called = MappingProxyType({**shipped_groups(), **own}), None


def groups() -> Mapping[str, Entry]:
    """Every group that organisations may declare they represent, by its code."""
    return shipped_groups() if _groups is None else _groups


def groups_called() -> Mapping[str, str]:
    """Their codes by all that people call them: see `_called`."""
    global _groups_called
    if _groups_called is None:
        _groups_called = _called(groups())
    return _groups_called


@lru_cache
def states() -> Mapping[str, State]:
    """Every State and territory by its code of three letters (ISO 3166-1). The file may be edited: names are political."""
    path = shipped("config") / "vocabularies" / "states.csv"
    with path.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    return _by_code(
        State(
            row["code"],
            Texts({name: words for name, words in row.items() if name not in ("code", "kind")}),
            row["kind"],
        )
        for row in rows
    )


@lru_cache
def regions(path: str) -> Mapping[str, Region]:
    """Every region of the operator's own list (setting regions_file), by its code; none where the path is empty.

    Raises SettingWrong where the file is no such list.
    """
    if not path:
        return MappingProxyType({})
    try:
        rows = tomllib.loads(Path(path).read_text(encoding="utf-8"))["region"]
        for row in rows:
            if not REGION_CODE.fullmatch(row["code"]):
                raise SettingWrong(
                    f"regions_file: {path}: {row['code']!r} is no code: Latin letters, figures, “_”, “.” and “-”"
                )
        return _by_code(Region(row["code"], Texts(row["name"]), tuple(map(str, row.get("places", ())))) for row in rows)
    except KeyError as missing:
        raise SettingWrong(f"regions_file: {path} lacks {missing} (see config/regions.example.toml)") from missing
    except (OSError, ValueError, TypeError, AttributeError) as problem:
        raise SettingWrong(f"regions_file: {path} cannot be read: {problem}") from problem


@lru_cache
def _regions_called(path: str) -> Mapping[str, str]:
    return _called(regions(path))


_regions_file = ""


def use_regions(path: str) -> None:
    """Let `regions_in_use()` read this list. One a process. Raises SettingWrong."""
    global _regions_file
    regions(path)
    _regions_file = path


def regions_in_use() -> Mapping[str, Region]:
    """The regions of this installation by their code; none where it has no list."""
    return regions(_regions_file)


def regions_called() -> Mapping[str, str]:
    """Their codes by all that people call them: see `_called`."""
    return _regions_called(_regions_file)


_person_groups: tuple[str, ...] = ()


def use_person_groups(codes: Iterable[str]) -> None:
    """Let `person_groups()` be these. One list a process. Raises SettingWrong where one is no group."""
    global _person_groups
    codes = tuple(codes)
    if unknown := [code for code in codes if code not in groups()]:
        raise SettingWrong(
            f"person_groups names {unknown[0]!r}, and there is no such group (config/vocabularies/groups.toml, groups_file)"
        )
    if sensitive := [code for code in codes if getattr(groups()[code], "sensitive", False)]:
        raise SettingWrong(
            f"person_groups names {sensitive[0]!r}, which is sensitive: no person is asked. If persons who say it of themselves are in"
            " no danger whoever reads it, write sensitive = false beside it in groups_file"
        )
    _person_groups = codes


def person_groups() -> Mapping[str, Entry]:
    """The groups that a person may declare for themselves (setting person_groups), by their code."""
    return {code: groups()[code] for code in _person_groups}


def place_names(path: str) -> list[str]:
    """The names of all regions and places of that list, in every language, each once, in its order. Raises SettingWrong."""
    found = (name for one in regions(path).values() for name in (*one.names.values(), *one.places))
    return list(dict.fromkeys(name.strip() for name in found if name.strip()))


def kind(code: str) -> Kind:
    """One kind of text. Raises KeyError."""
    return kinds()[code]


def mechanism(code: str) -> Mechanism:
    """One mechanism. Raises KeyError."""
    return mechanisms()[code]


def _rows(file: str, key: str) -> list[dict[str, Any]]:
    text = (shipped("config") / "vocabularies" / f"{file}.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)[key]
    return rows


def _by_code(entries: Iterable[Word]) -> Mapping[str, Word]:
    table: dict[str, Word] = {}
    for entry in entries:
        if entry.code in table:
            raise ValueError(f"code {entry.code!r} stands twice in a table of words")
        table[entry.code] = entry
    return MappingProxyType(table)


def _called(words: Mapping[str, Entry]) -> Mapping[str, str]:
    """Codes by what people write for them, casefolded: the code, or the name in any language.

    Of two that are called the same, the first.
    """
    found: dict[str, str] = {}
    for one in words.values():
        for name in (one.code, *one.names.values()):
            found.setdefault(name.casefold(), one.code)
    return MappingProxyType(found)

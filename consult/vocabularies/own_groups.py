"""The operator's own groups, beside those that Consult brings (setting groups_file): refused where a page could not show them."""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consult.core.settings import SettingWrong
from consult.core.texts import Texts
from consult.vocabularies.tables import Entry, shipped_groups

GROUP_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
NAME_MAX = 80  # characters: what a label of a form can hold
LISTED_MAX = 400  # characters of all codes together, as an entry that represents everybody keeps them
PARTS = {"code", "name", "sensitive"}


@dataclass(frozen=True)
class Group(Entry):
    """A group of the operator's own. Unless the file says otherwise it is sensitive: no person is asked whether they belong to it."""

    sensitive: bool = True


def read_groups(path: str, languages: Collection[str]) -> Mapping[str, Entry]:
    """The groups of a file by their code, in its order; none where the path is empty. One that Consult brings has further names.

    Raises SettingWrong, with a sentence that says what would do: each of one's own has a name in every language of the site, and
    those of Consult get names in languages in which they have none.
    """
    if not path:
        return {}
    try:
        rows = tomllib.loads(Path(path).read_text(encoding="utf-8"))["group"]
        found: dict[str, Entry] = {}
        for row in rows:
            group = _named_further(path, row) if row["code"] in shipped_groups() else _group(path, row, languages)
            if group.code in found:
                raise _wrong(path, f"the code {group.code!r} stands twice")
            found[group.code] = group
    except KeyError as missing:
        raise _wrong(path, f"lacks {missing} (see config/groups.example.toml)") from missing
    except (OSError, ValueError, TypeError, AttributeError) as problem:
        raise _wrong(path, f"cannot be read: {problem}") from problem
    _check_apart(path, found)
    return found


def _wrong(path: str, what: str) -> SettingWrong:
    return SettingWrong(f"groups_file: {path}: {what}")


def _group(path: str, row: Mapping[str, Any], languages: Collection[str]) -> Group:
    code, names = row["code"], row["name"]
    if not GROUP_CODE.fullmatch(code):
        raise _wrong(path, f"{code!r} is no code: 1 to 40 small Latin letters, figures and “_”, a letter first")
    if unknown := sorted(set(row) - PARTS):
        raise _wrong(path, f"{code!r} has {unknown[0]!r}; a group has code, name and sensitive")
    if type(row.get("sensitive", True)) is not bool:
        raise _wrong(path, f"sensitive of {code!r} is true or false")
    for language in languages:
        if not str(names.get(language, "")).strip():
            raise _wrong(path, f"{code!r} has no name in {language!r}, a language of this site")
    return Group(code, _names(path, row), row.get("sensitive", True))


def _named_further(path: str, row: Mapping[str, Any]) -> Entry:
    """A group that Consult brings, with names in languages in which it brings none."""
    code, known = row["code"], shipped_groups()[row["code"]].names
    names = _names(path, row)
    if set(row) != {"code", "name"} or set(names) & set(known):
        raise _wrong(
            path,
            f"{code!r} is the code of a group that Consult brings: it can get names in languages in which it has none, and nothing else."
            " For another group choose another code",
        )
    return Entry(code, Texts({**known, **names}))


def _names(path: str, row: Mapping[str, Any]) -> Texts:
    if long := next((name for name in row["name"].values() if len(name) > NAME_MAX), ""):
        raise _wrong(path, f"a name of {row['code']!r} has {len(long)} characters, and {NAME_MAX} at most can be shown")
    return Texts({language: name.strip() for language, name in row["name"].items()})


def _check_apart(path: str, own: Mapping[str, Entry]) -> None:
    """Nobody could tell two groups of one name apart, nor a list that is imported."""
    every: dict[str, Entry] = {**shipped_groups(), **own}
    seen: dict[tuple[str, str], str] = {}
    for code, group in every.items():
        for language, name in group.names.items():
            if (other := seen.setdefault((language, name.casefold()), code)) != code:
                raise _wrong(path, f"{other!r} and {code!r} have the same name in {language!r}: {name}")
    if len("," + "".join(f"{code}," for code in every)) > LISTED_MAX:
        raise _wrong(
            path, f"the codes of all groups together have more than {LISTED_MAX} characters. Choose shorter ones"
        )

"""Whom people can turn to when they are threatened: the data file behind "If you are threatened" of both sites."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from consult.core.texts import Texts


class RoutesUnreadable(Exception):
    """The file cannot be read as routes; the sentence says where."""


@dataclass(frozen=True, slots=True)
class Route:
    """An address to turn to; `checked` is the day on which somebody here looked whether it holds, None for never."""

    name: Texts
    note: Texts
    address: str
    checked: date | None


@dataclass(frozen=True, slots=True)
class RouteGroup:
    """Routes of one kind: the United Nations, the region, the country."""

    name: Texts
    note: Texts
    routes: tuple[Route, ...]


@lru_cache(maxsize=4)
def read_routes(path: str) -> tuple[RouteGroup, ...]:
    """The groups of a file like config/threatened.toml, in its order. Raises RoutesUnreadable."""
    try:
        content = tomllib.loads(Path(path).read_text("utf-8"))
        return tuple(_group(one) for one in content["groups"])
    except KeyError as missing:
        raise RoutesUnreadable(f"{path} lacks {missing}") from missing
    except (OSError, ValueError, TypeError, AttributeError) as problem:
        raise RoutesUnreadable(f"{path} cannot be read: {problem}") from problem


def _group(given: dict[str, Any]) -> RouteGroup:
    return RouteGroup(
        name=Texts(given["name"]),
        note=Texts(given.get("note", {})),
        routes=tuple(_route(one) for one in given.get("routes", [])),
    )


def _route(given: dict[str, Any]) -> Route:
    checked = given.get("checked")
    return Route(
        name=Texts(given["name"]),
        note=Texts(given.get("note", {})),
        address=str(given.get("address", "")),
        checked=date.fromisoformat(checked) if checked else None,
    )

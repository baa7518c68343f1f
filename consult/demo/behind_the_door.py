"""What people of the demonstration say of themselves, each behind their own personal link: the directory, and declarations."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from consult.demo.content_files import scripted_registry
from consult.demo.visiting import Visitor


def say_all(app: Flask, slug: str, links: Mapping[str, str]) -> None:
    """Some agree to stand in the public directory, and some declare; `links` are the doors by address."""
    script = scripted_registry()
    for one in script["directory"]:
        _stand_in_directory(_inside(app, links[one["email"]]), slug, contact=one["contact"])
    for one in [*script["reported"], *script["declared"]]:
        said = {name: value for name, value in one.items() if name != "email"}
        _declare(_inside(app, links[one["email"]]), slug, said)


def _inside(app: Flask, door: str) -> Visitor:
    visitor = Visitor(app)
    visitor.submit(door)
    return visitor


def _stand_in_directory(visitor: Visitor, slug: str, *, contact: bool) -> None:
    page = f"/en/consultations/{slug}/my-entry/"
    visitor.submit(page, {"purpose": "directory", "agrees": "yes"}, action="/agree/")
    if contact:
        visitor.submit(page, {"purpose": "directory_contact", "agrees": "yes"}, action="/agree/")


def _declare(visitor: Visitor, slug: str, said: Mapping[str, Any]) -> None:
    visitor.submit(f"/en/consultations/{slug}/my-entry/declared/", said)

"""What people of the demonstration say of themselves, each behind a link of their own: the directory, declarations, a correction."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from consult.demo.content_files import scripted_registry
from consult.demo.registry import mailed_link
from consult.demo.visiting import Visitor
from consult.jobs.queue import queue


def say_all(app: Flask, slug: str, links: Mapping[str, str]) -> None:
    """Some agree to stand in the public directory, and some declare; `links` are the doors by address."""
    script = scripted_registry()
    for one in script["directory"]:
        _stand_in_directory(_inside(app, links[one["email"]]), slug, contact=one["contact"])
    for one in [*script["reported"], *script["declared"]]:
        said = {name: value for name, value in one.items() if name != "email"}
        _declare(_inside(app, links[one["email"]]), slug, said)


def correct_by_address(app: Flask) -> None:
    """Somebody types the address at which we write to them, and corrects the entry that the mailed link opens."""
    one, visitor = scripted_registry()["corrects"], Visitor(app)
    visitor.submit("/en/my-data/", {"address": one["email"]})
    queue().work_off()
    visitor.submit(mailed_link(app, one["email"], "my-data/open"))
    visitor.submit("/en/my-entry/edit/", {"phone": one["phone"]})
    visitor.submit("/en/my-entry/", action="/my-entry/close/")


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

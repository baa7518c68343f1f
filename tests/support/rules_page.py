"""docs/RULES.md from the docstrings of every rule: `python -m tests.support.rules_page` writes it."""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from types import FunctionType

from tests.support.server import ROOT

PAGE = ROOT / "docs" / "RULES.md"
HEAD = """# The rules that Consult holds

Printed from the code (`make rules`); do not edit. Each rule lets an act happen or refuses it with a sentence that says what to do next.
What must survive a race or a bug is a constraint in the database as well.
"""


def rule_modules() -> list[str]:
    """The packages that have rules, in order of name."""
    return sorted(path.parent.name for path in (ROOT / "consult").glob("*/rules.py"))


def rules_of(package: str) -> Iterator[FunctionType]:
    """The rules of a package, in the order of its files: everything that checks."""
    for path in sorted((ROOT / "consult" / package).glob("rules*.py")):
        module = import_module(f"consult.{package}.{path.stem}")
        found = [
            one
            for name, one in inspect.getmembers(module, inspect.isfunction)
            if name.startswith("check_") and one.__module__ == module.__name__
        ]
        yield from sorted(found, key=lambda one: one.__code__.co_firstlineno)


def printed() -> str:
    """The whole page."""
    parts = [HEAD]
    for package in rule_modules():
        rules = list(rules_of(package))
        if rules:
            parts.append(f"\n## {package}\n")
        for rule in rules:
            text = re.sub(r"\s+", " ", inspect.getdoc(rule) or "").strip()
            sentence, _, rest = text.partition(" Raises ")
            raises, _, source = rest.partition("Source: ")
            parts.append(f"\n**{rule.__name__.removeprefix('check_').replace('_', ' ').capitalize()}.** {sentence}\n")
            parts.append(
                f"\nRefusals: {raises.strip().rstrip('.')}."
                + (f" Source: {source.rstrip('.')}." if source else "")
                + "\n"
            )
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(printed(), "utf-8")

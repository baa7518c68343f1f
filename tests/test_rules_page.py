import re

import pytest

from tests.support.rules_page import PAGE, printed, rule_modules, rules_of
from tests.support.server import ROOT

RULES = [(package, rule) for package in rule_modules() for rule in rules_of(package)]
TESTS = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


def test_the_page_of_rules_is_what_the_code_says():
    assert PAGE.read_text("utf-8") == printed(), "run `make rules`"


@pytest.mark.parametrize(("package", "rule"), RULES, ids=lambda value: getattr(value, "__name__", value))
def test_every_rule_has_a_test_of_its_name(package, rule):
    assert re.search(rf"def test_{rule.__name__}\w*\(", TESTS), f"{package}: no test named test_{rule.__name__}..."


@pytest.mark.parametrize(("package", "rule"), RULES, ids=lambda value: getattr(value, "__name__", value))
def test_every_rule_says_what_it_raises_and_where_it_comes_from(package, rule):
    assert "Raises " in rule.__doc__
    assert "Source: " in rule.__doc__

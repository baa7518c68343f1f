"""What tests/test_hostile_input.py tries on SQLite, on PostgreSQL, in a world of the test's own."""

import pytest
from flask import Flask

from consult.core import clock
from tests.support import world as worlds
from tests.support.world import NOON
from tests.test_hostile_input import FORMS, HOSTILE, NUMBERS, TYPED, address, harmless, texts, wild_looks

# What a database may take otherwise than SQLite does: bytes, lengths, numbers, days. Words are words in either.
TAKEN_OTHERWISE = (
    "null bytes", "only null bytes", "controls", "huge", "very huge", "just too large", "very negative", "first day",
    "last day", "long", "wide",
)  # fmt: skip
WILD_OTHERWISE = ("a\x00b", "9" * 60, "x" * 3_000)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_no_address_and_no_form_is_too_wild_for_postgresql(app: Flask):
    """PostgreSQL takes no zero byte and no number beyond its own, and says so where SQLite is silent."""
    app.config["WTF_CSRF_ENABLED"] = False
    with clock.at(NOON):
        world = worlds.build(app)
        wrong = wild_looks(world, WILD_OTHERWISE)
        for endpoint, (who, fields) in FORMS.items():
            path = address(world, endpoint)
            for kind in TAKEN_OTHERWISE:
                value = HOSTILE[kind]
                for name in [name for name in fields if name in (*TYPED, *NUMBERS)]:
                    answer = world.browser(who).post(path, data={**texts(fields), name: value})
                    wrong.append(harmless(answer, f"{endpoint} {kind} in {name}"))

    assert [one for one in wrong if one] == []

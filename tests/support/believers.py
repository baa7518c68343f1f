"""Persons with a category that says what they believe: the database refuses them, so this switches its guard off first."""

from sqlalchemy import text

from consult.core.db import writing


def believe(*ids, category="religious_group"):
    """Give entries that are there a category that no person may have, as a restored copy of old times would hold it."""
    with writing() as db:
        on = "" if db.get_bind().dialect.name == "sqlite" else " ON stakeholder"
        db.execute(text(f"DROP TRIGGER IF EXISTS no_belief_of_a_person{on}"))
        for one in ids:
            db.execute(
                text("UPDATE stakeholder SET category = :category WHERE id = :id"), {"category": category, "id": one}
            )

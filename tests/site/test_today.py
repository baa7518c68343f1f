"""The first page of the staff: what waits for whom."""

from lxml import html

from consult.core.db import writing
from consult.mail.models_delivery import PreparedDelivery


def words(page):
    return " ".join(html.fromstring(page.get_data()).find(".//main").text_content().split())


def test_an_officer_reads_how_many_messages_wait_and_the_secretariat_does_not(world):
    officer = world.browser("protection_officer")
    assert "1 message to a protected person waits for you" in words(officer.get("/staff/"))
    assert "message to" not in words(world.browser("secretariat").get("/staff/"))

    with writing() as db:
        db.query(PreparedDelivery).delete()

    assert "message to" not in words(officer.get("/staff/"))

"""The registry as a file is the whole of it: a list of those who represent one group would be a list of targets."""

import pytest
from lxml import html

from consult.core.db import reading
from consult.core.files import store
from consult.jobs.models import Task
from consult.jobs.queue import queue
from consult.stakeholders.jobs import EXPORT
from tests.support.world import World

ASKED = dict.fromkeys(("group", "groups", "category", "categories", "region", "words", "after"), "women")


def written(world: World, **asked) -> bytes:
    """The file that somebody gets who sends the form with more than it has."""
    desk = world.browser("secretariat")
    answer = desk.post("/staff/stakeholders/export/", data={"kind": "csv", **asked}, query_string=asked)
    assert answer.status_code == 303
    queue().work_off()
    with reading() as db:
        task = db.query(Task).filter_by(kind=EXPORT).order_by(Task.id.desc()).first()
        return store().read(task.result_key)


def test_no_parameter_makes_the_file_less_than_the_registry(world: World):
    whole = written(world)

    assert whole.count(b"\n") > 5
    assert written(world, **ASKED) == whole


@pytest.mark.parametrize("asked", ["", "?group=women", "?category=cso&group=women"])
def test_no_form_and_no_link_offers_a_part(world: World, asked):
    desk = world.browser("secretariat")

    form = html.fromstring(desk.get(f"/staff/stakeholders/export/{asked}").text).xpath("//main//form")[0]
    links = html.fromstring(desk.get(f"/staff/stakeholders/{asked}").text).xpath("//a/@href[contains(., '/export')]")

    assert set(form.fields) == {"csrf_token", "kind"}
    assert set(links) == {"/staff/stakeholders/export/"}

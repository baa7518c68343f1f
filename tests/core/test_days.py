"""Days: where the mechanism works, and in a zone that is named."""

from datetime import UTC, date, datetime

import pytest

from consult.core import clock, days

EVE = datetime(2027, 3, 14, 12, 30, tzinfo=UTC)  # half past one of the next day in Apia


@pytest.fixture
def at_apia():
    days.use_zone("Pacific/Apia")
    yield
    days.use_zone("UTC")


def test_a_day_of_the_mechanism_is_counted_in_its_zone_and_begins_there(at_apia):
    assert days.day_of(EVE) == date(2027, 3, 15)
    assert days.begins_at(date(2027, 3, 15)) == datetime(2027, 3, 14, 11, tzinfo=UTC)


def test_a_day_in_a_named_zone_is_that_of_the_zone_wherever_the_mechanism_works(at_apia):
    with clock.at(EVE):
        assert (days.today_in("UTC"), days.today_in("Pacific/Apia")) == (date(2027, 3, 14), date(2027, 3, 15))
    assert days.day_in("America/New_York", datetime(2027, 3, 14, 3, tzinfo=UTC)) == date(2027, 3, 13)

"""In which language somebody gets what is written in a few: their own, others they read, the consultation's, the site's."""

import pytest

from consult.core.db import reading
from consult.mail.models import OutboxMail
from consult.mailings.jobs import queue_campaign
from consult.mailings.mails import language_for
from tests.mailings.test_campaigns import send, write
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add


@pytest.mark.parametrize(
    ("own", "also", "of_the_consultation", "there", "expected"),
    [
        ("ar", ["zh"], ["en", "ar"], ["en", "ar"], "ar"),
        ("zh", ["ar"], ["en", "ar"], ["en", "ar"], "ar"),
        ("zh", ["fr", "ar"], ["en", "ar"], ["en", "ar"], "ar"),
        ("zh", [], ["ar", "en"], ["en", "ar"], "ar"),
        ("zh", ["fr"], ["fr"], ["ar", "en"], "en"),
        ("zh", [], ["fr"], ["ru"], "ru"),
    ],
)
def test_what_somebody_reads_comes_before_what_the_consultation_or_the_site_speaks(
    own, also, of_the_consultation, there, expected
):
    assert language_for(own, of_the_consultation, there, also) == expected


@pytest.mark.database
def test_a_mail_goes_in_another_language_they_read_where_their_own_is_not_written(open_round):  # noqa: F811
    for name, language, also in (("A", "zh", ("ar",)), ("B", "zh", ()), ("C", "en", ("ar",))):
        add(name=name, email=f"{name}@org.example", language=language, also_languages=also)
    campaign = write()
    send(campaign)
    queue_campaign(campaign.id)

    with reading() as db:
        found = dict(db.query(OutboxMail.person, OutboxMail.language).filter_by(template="campaign"))
    assert [found[person] for person in sorted(found)] == ["ar", "zh", "en"]

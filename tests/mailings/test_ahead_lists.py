"""Mails of lists that are read ahead: the same to the byte as one by one, and nothing to whoever is not to get one either way."""

import pytest
from sqlalchemy import event, text

from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import bound, reading, writing
from consult.mail.delivery import Post
from consult.mail.messages import NotWanted
from consult.mail.models import Mail, OutboxMail, Priority
from consult.mail.operations import queue_mail
from consult.mailings.mails_lists import LIST_MAIL
from consult.mailings.models import Campaign, CampaignState
from consult.mailings.models_lists import ListLeavingScope
from consult.worker import MAILS
from tests.drafts.test_operations import NOON
from tests.mailings.reading_ahead import LANGUAGES, ahead_of, claim, plain
from tests.mailings.test_campaigns import send
from tests.mailings.test_lists import ask, confirm, make_list, put_on
from tests.mailings.test_lists_leaving import campaign_to, left
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add

LATER = "UPDATE outbox_mail SET next_at = '9999-01-01' WHERE next_at IS NOT NULL"
NOT_WANTED = (
    "UPDATE subscription SET state = 'ended', ended_at = '2027-03-01' WHERE id = 1",
    "UPDATE mailing_list SET state = 'closed'",
)


def queued(number, *, lists=1):
    """Mails of one campaign that wait, to subscriptions of some lists in three languages."""
    campaign = campaign_to()
    made = [make_list(**({"slug": f"news{n}"} if n else {})) for n in range(lists)]
    whom = [confirm(ask(made[n % lists], f"n{n}@p.example", LANGUAGES[n % 3])) for n in range(number)]
    with writing() as db:
        db.execute(text(LATER))  # what asked for the yes
        for n, one in enumerate(whom):
            parameters = {"campaign": campaign.id, "subscription": one.id}
            language = LANGUAGES[n % 3]
            mail = Mail("list_mail", one.person_ref, f"campaign:{campaign.id}", f"n{n}@p.example", language, parameters)
            queue_mail(db, mail._replace(priority=Priority.CAMPAIGN), now=NOON)
    return whom


@pytest.mark.database
def test_the_letter_of_a_list_is_that_of_the_ordinary_way(open_round, settings):  # noqa: F811
    queued(4, lists=2)
    ahead, post = ahead_of(settings), Post(settings, MAILS)

    letters = []
    with clock.at(NOON):
        for _ in range(4):
            mail = claim(ahead)
            with reading() as db:
                ordinary = post.letter(db.get_one(OutboxMail, mail.id)).content
            letters.append((plain(ahead.letter(mail, now=NOON).content), plain(ordinary)))

    assert [one for one, _ in letters] == [other for _, other in letters]
    assert b"List-Unsubscribe: " in letters[0][0]
    assert len({one for one, _ in letters}) == 4


@pytest.mark.parametrize("why", [*NOT_WANTED, "left", "about", "stopped"])
def test_who_is_not_to_get_list_mail_gets_none_either_way(open_round, settings, why):  # noqa: F811
    on = queued(1)[0]
    if why == "left":
        left(on)
    elif why == "about":
        with reading() as db:
            about = db.query(Consultation).one()
        left(on, ListLeavingScope.CONSULTATION, about=about)
    elif why == "stopped":
        add(name="Somebody", email="some@org.example", groups=())
        with reading() as db:
            send(db.query(Campaign).one())
        with writing() as db:
            db.query(Campaign).one().state = CampaignState.STOPPED
    else:
        with writing() as db:
            db.execute(text(why))
    ahead = ahead_of(settings)
    mail = claim(ahead)

    with clock.at(NOON):
        assert ahead.letter(mail, now=NOON) is None, "it is made by itself, where its loader says why"
        with reading() as db, pytest.raises(NotWanted):
            LIST_MAIL.load(db, dict(mail.parameters))


def test_reading_many_ahead_asks_as_often_as_reading_few(open_round, settings):  # noqa: F811
    def statements(number):
        with writing() as db:
            db.execute(text(LATER))
        asked = []
        listen = lambda *given: asked.append(given[2])  # noqa: E731
        for n in range(number):
            more = {"campaign": campaign.id, "subscription": whom[n].id}
            with writing() as db:
                mail = Mail("list_mail", whom[n].person_ref, f"x:{number}", f"n{n}@p.example", "en", more)
                queue_mail(db, mail._replace(priority=Priority.CAMPAIGN), now=NOON)
        event.listen(bound().engine, "before_cursor_execute", listen)
        try:
            ahead_of(settings)
        finally:
            event.remove(bound().engine, "before_cursor_execute", listen)
        return len(asked)

    campaign, mailing_list = campaign_to(), make_list()
    whom = [put_on(mailing_list, f"n{n}@p.example") for n in range(30)]

    assert statements(2) == statements(30)

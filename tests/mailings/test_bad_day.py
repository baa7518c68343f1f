"""A whole campaign whose workers die while its list is made, while it is expanded and while it goes out, before a relay that
greylists, refuses, hangs, hangs up and drops its encryption: each recipient in exactly one state, none lost, none twice, and
the report adds up.
"""

import random
from collections import Counter

import pytest
from lxml import html
from sqlalchemy import select, update

from consult.accounts.models import Staff
from consult.accounts.operations import make_password_link, set_password_by_link
from consult.audit.operations import verify
from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import reading, writing
from consult.mailings import operations_approval
from consult.mailings.abouts import about_of
from consult.mailings.models import Campaign, CampaignRecipient, CampaignState, WhyNot
from consult.mailings.queries_missed import list_missed
from consult.mailings.queries_sending import Delivery, count_deliveries
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.operations_leaving import leave
from tests.drafts.test_operations import NOON
from tests.mail.test_connection import certificate  # noqa: F401
from tests.mail.workers import until
from tests.mailings.bad_day import bad_day, by_mood, look
from tests.mailings.test_campaigns import WORDS, Sender, approve, write
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add
from tests.support.moody_relay import IN_CLEAR, moody_relay
from tests.support.second_factor import give_app, go_on

LANGUAGES = ("en", "ar", "zh")
MANY = {
    "good": 652, "grey": 160, "busy": 60, "later": 40, "never": 80, "spam": 60, "drop": 12, "mute": 6, "half": 12,
    "gone": 12, "hush": 6,
}  # fmt: skip
FEW = {"good": 37, "grey": 6, "busy": 3, "later": 2, "never": 4, "spam": 4, "drop": 1, "mute": 1, "half": 1, "gone": 1}  # fmt: skip
# What a mood comes to in the end, where nobody dies meanwhile: then any of them may be uncertain.
ENDS = {
    **dict.fromkeys(("good", "grey", "busy", "drop", "mute"), Delivery.SENT),
    **dict.fromkeys(("later", "never", "spam"), Delivery.FAILED),
    **dict.fromkeys(("half", "gone", "hush"), Delivery.UNCERTAIN),
}
PASSWORD = "correct horse battery staple"


def seeded():
    """Dice whose throws can be had again: its seed stands in what a failed test prints."""
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    return random.Random(seed)


def written(addresses):
    """A campaign in three languages for these, and for some who get no mail."""
    with writing() as db:
        db.execute(update(Consultation).values(languages=list(LANGUAGES)))
    for n, address in enumerate(addresses):
        add(name=f"Network {n}", email=address, groups=(), language=LANGUAGES[n % 3])
    add(name="Nowhere", email="", basis=Basis.NONE, groups=())
    add(name="Silent", email="good.silent@d0.example", basis=Basis.NONE, groups=())
    add(name="Sister", email=addresses[0], groups=())
    return write(words={**WORDS, "zh": ("请发表意见", "各位同仁：\n\n请阅读。")})


def submitted(campaign):
    """Approval is asked for; a worker makes the list."""
    with writing() as db:
        found = db.get_one(Campaign, campaign.id)
        operations_approval.submit_campaign(db, about_of(db, found), found, asked_start=None, by=Sender(), now=NOON)


def state_of(campaign):
    with reading() as db:
        return db.get_one(Campaign, campaign.id).state


def left_before_its_turn(address, now):
    with writing() as db:
        leave(db, db.scalars(select(Stakeholder).where(Stakeholder.email == address)).first(), how="letter", now=now)


def signed_in(client, day):
    """Dalia's browser: (a page's tree, a button's answer)."""
    with clock.at(day.now()):
        with writing() as db:
            dalia = db.query(Staff).filter_by(name="Dalia").one()
            give_app(db, dalia, now=NOON)
            set_password_by_link(db, make_password_link(db, dalia, by=None, now=clock.now()), PASSWORD, now=clock.now())
        go_on(client, client.post("/staff/sign-in/", data={"email": dalia.email, "password": PASSWORD}))
    return client


def read_report(client, day, campaign):
    """What the page of the recipients says: the deliveries of each address, and its numbers."""
    address, found, counts = f"/staff/consultations/upr/mailings/{campaign.ref}/recipients/", Counter(), {}
    with clock.at(day.now()):
        for delivery in Delivery:
            page = f"?delivery={delivery.value}"
            while page:
                answer = client.get(address + page.rpartition("/")[2])
                assert answer.status_code == 200
                tree = html.fromstring(answer.get_data())
                rows = tree.findall(".//main//ul[@class='rows']/li")
                found.update((row.find("p/bdi").text, delivery) for row in rows)
                page = next(iter(tree.xpath("//main//p[@class='acts']/a/@href")), "")
        table = html.fromstring(client.get(address).get_data()).find(".//main//table")
    for row in table.iterfind("tbody/tr"):
        delivery = Delivery(row.find("th/a").get("href").rpartition("delivery=")[2])
        counts[delivery] = int(row.find("td").text.replace(",", ""))
    return found, counts


def check_report(client, day, campaign, relay, addresses):
    """Page, queries, list and relay say the same of everybody. Returns what became of the mail to each address."""
    found, shown = read_report(client, day, campaign)
    of = dict(found)  # (address, delivery) pairs, each once
    assert set(found.values()) == {1}
    assert len({address for address, _ in of}) == len(of) == len(addresses), "each in exactly one state"
    became = dict(of.keys())
    with reading() as db:
        row = db.get_one(Campaign, campaign.id)
        counts = {one: count for one, count in count_deliveries(db, row).items() if count}
        r = CampaignRecipient
        gets = db.query(r).filter_by(campaign_id=row.id, why_not=None).count()
        others = Counter(db.scalars(select(r.why_not).where(r.campaign_id == row.id, r.why_not.is_not(None))))
        assert list(verify(db)) == []
    assert shown == counts == Counter(became.values())
    assert sum(counts.values()) == gets == len(addresses), "none is lost"
    assert others == {WhyNot.NO_ADDRESS: 1, WhyNot.NO_BASIS: 1, WhyNot.SAME_MAILBOX: 1}
    check_relay(relay, became)
    return became


def check_relay(relay, became):
    """None got it twice; who got it is "sent" or uncertain; and nothing is "sent" that the relay never took."""
    twice = [address for address, times in Counter(relay.took).items() if times > 1]
    sent = {address for address, delivery in became.items() if delivery is Delivery.SENT}
    unsure = {address for address, delivery in became.items() if delivery is Delivery.UNCERTAIN}
    assert twice == []
    assert set(relay.took) <= sent | unsure
    assert sent <= set(relay.answered)
    assert relay.heard_in_clear <= IN_CLEAR


def check_ends(became, day, left=()):
    """Each mood came to its end; only mails that were in a dying worker's hand may be uncertain besides. Returns how many those are."""
    wrong = {
        address: delivery
        for address, delivery in became.items()
        if address not in left and delivery is not ENDS[address.partition(".")[0]]
    }
    assert set(wrong.values()) <= {Delivery.UNCERTAIN}, wrong
    assert len(wrong) <= day.killed
    return len(wrong)


def approved_and_left(campaign, day, addresses):
    until(lambda: state_of(campaign) is CampaignState.SUBMITTED, "the list")
    left = [one for one in addresses if one.startswith("good")][:2]
    for address in left:
        left_before_its_turn(address, day.now())
    approve(campaign, now=day.now())
    return left


def tried_again(client, day, campaign, relay):
    """The relay has come to its senses, and those who were refused are tried again, over another death. Returns who they are."""
    relay.takes_all, had = True, len(relay.took)
    with reading() as db:
        places = list_missed(db, db.get_one(Campaign, campaign.id))
        r = CampaignRecipient
        missed = set(
            db.scalars(select(Stakeholder.email).join(r, r.stakeholder_id == Stakeholder.id).where(r.id.in_(places)))
        )
    with clock.at(day.now()):
        page = f"/staff/consultations/upr/mailings/{campaign.ref}/"
        assert client.post(f"{page}retry/").status_code == 303
    day.kill_when(campaign, lambda: len(relay.took) > had, "the first that is tried again", within=0.05)
    day.work_out()
    assert set(relay.took[had:]) <= missed, "nobody else got anything"
    return missed


def check_tried_again(before, after, missed, day):
    """Who was refused and can be reached has it now, but for what a dying worker had in hand; of all others nothing changed."""
    assert missed
    assert {before[one] for one in missed} == {Delivery.FAILED}
    unsure = [one for one in missed if after[one] is not Delivery.SENT]
    assert {after[one] for one in unsure} <= {Delivery.UNCERTAIN}
    assert len(unsure) <= day.number
    assert {one: state for one, state in after.items() if one not in missed} == {
        one: state for one, state in before.items() if one not in missed
    }


@pytest.mark.database
def test_a_campaign_of_sixty_over_two_deaths_before_a_bad_relay(
    database, settings, certificate, tmp_path, open_round, client  # noqa: F811
):  # fmt: skip
    dice = seeded()
    addresses = by_mood(dice, FEW)
    campaign = written(addresses)
    submitted(campaign)

    with moody_relay(certificate[1], dice) as relay, bad_day(settings, relay, certificate[0], tmp_path, dice) as day:
        day.begin()
        left = approved_and_left(campaign, day, addresses)
        day.kill_when(campaign, lambda: bool(look(campaign, relay).queued), "the first in line", within=0.1)
        day.kill_when(campaign, lambda: len(relay.took) >= 10, "ten mails", within=0.1)
        day.work_out()

        became = check_report(signed_in(client, day), day, campaign, relay, addresses)
        check_ends(became, day, left)


def ten_deaths(campaign, day, relay, addresses):
    """Two while the list is made, three while it is expanded, one while the relay takes no encryption, four while it goes out.

    Returns the addresses of those who left before their turn.
    """
    for _ in range(2):
        is_begun = lambda: day.has_said("sweep_preparing found") or state_of(campaign) is CampaignState.SUBMITTED  # noqa: E731
        day.kill_when(campaign, is_begun, "the list to be begun", within=0.2)
    day.begin()
    left = approved_and_left(campaign, day, addresses)
    day.end()
    day.kill_when(campaign, lambda: bool(look(campaign, relay).queued), "the first in line", within=0)
    for _ in range(2):
        is_expanded = lambda: day.has_said("sweep_campaigns found") or state_of(campaign) is CampaignState.SENT  # noqa: E731
        day.kill_when(campaign, is_expanded, "the next in line", within=0.5)
    day.end()
    relay.refuses_tls = True
    day.kill_when(campaign, lambda: relay.refused_tls >= 4, "a relay without encryption", within=0.2)
    relay.refuses_tls = False
    for _ in range(4):
        goal = len(relay.took) + day.dice.randint(5, 80)
        day.kill_when(campaign, lambda goal=goal: len(relay.took) >= goal, "some mails", within=0.1)
    return left


@pytest.mark.full
@pytest.mark.database
def test_ten_deaths_of_a_campaign_before_a_bad_relay_while_it_is_listed_expanded_and_sent(
    database, settings, certificate, tmp_path, open_round, client  # noqa: F811
):  # fmt: skip
    """SQLite with SqliteHuey and one worker; PostgreSQL with PostgresHuey and two at once, of which one or both die."""
    dice = seeded()
    addresses = by_mood(dice, MANY)
    campaign, number = written(addresses), len(addresses)
    submitted(campaign)

    with moody_relay(certificate[1], dice) as relay, bad_day(settings, relay, certificate[0], tmp_path, dice) as day:
        left = ten_deaths(campaign, day, relay, addresses)
        print(*day.kills, sep="\n")
        assert len(day.kills) == 10
        assert any(0 < one.queued < number for one in day.kills), "one died while the list was expanded"
        assert day.kills[-1].taken < len(relay.asked), "and others while it went out"
        day.work_out()

        browser = signed_in(client, day)
        became = check_report(browser, day, campaign, relay, addresses)
        check_ends(became, day, left)

        missed = tried_again(browser, day, campaign, relay)
        check_tried_again(became, check_report(browser, day, campaign, relay, addresses), missed, day)

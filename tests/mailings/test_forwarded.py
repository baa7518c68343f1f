"""A mail was passed on. With everything that stands in its body, and without the mailbox, whoever got it makes its reader leave
nothing, gets no copy of what is held about them, and erases nothing. Every kind of mail that goes to people is tried: a new one
has no line here, and fails."""

import itertools
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.consultations.models_entry import FreshLink
from consult.consultations.models_requests import ParticipationRequest
from consult.consultations.rules_entry import LINK_LASTS as FRESH_LASTS
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.i18n import use_language
from consult.mail.keys import header_token
from consult.mail.messages import NotWanted, Renderer
from consult.mail.models import OutboxMail
from consult.mailings.models import Campaign, CampaignKind
from consult.mailings.models_leave_links import LeaveAct, LeaveLink
from consult.mailings.models_leaving import Leaving
from consult.mailings.models_lists import ListLeaving, MailingList, Subscription, SubscriptionState
from consult.mailings.operations import Wording, write_campaign
from consult.mailings.operations_ingest import take_message
from consult.mailings.operations_leave_links import ask_to_leave
from consult.mailings.operations_subscriptions import confirm_subscription, sign_up
from consult.mailings.queries_leave_links import Reader
from consult.mailings.queries_lists import find_by_address
from consult.mailings.rules_leave_links import LINK_LASTS
from consult.mailings.seat_links import link_of
from consult.privacy.operations_asking import mail_own_links
from consult.stakeholders.models import Basis, LeftAddress, Stakeholder
from consult.stakeholders.models_seats import Seat, SeatState
from consult.stakeholders.rules import may_be_written_to, may_get_news
from consult.worker import MAILS
from tests.support.world import NOON, World

ADDRESS = "participant@org.example"
TO_PEOPLE = sorted(name for name, template in MAILS.items() if not template.to_staff)
# What goes to a mailbox because somebody asked, for one act, says "Do not pass it on", and is worth nothing after this time.
ONE_ACT = {"fresh_link": FRESH_LASTS, "leave_link": LINK_LASTS, "own_links": FRESH_LASTS}
PUBLIC = re.compile(r"/(draft|report|changes|paragraphs|comment|calendar|terms|help|privacy|accessibility|archive)\b")
TOKEN = re.compile(r"\b[0-9a-f]{32,}\b")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
OUT = "/my-comments/leave/"  # which ends the visit
COPY = "What is held about you"
WAYS = (
    "door/{}",
    "leave/{}",
    "leave/{}" + "0" * 16,
    "leave/confirm/{}",
    "confirm/{}",
    "my-data/take/{}",
    "my-data/forget/{}",
    "my-data/open/{}",
)
# Mails that only tell, with what they are made.
WITHOUT_LINK = {
    "address_moved": [{"old": "old@org.example", "operator": "The secretariat"}],
    "forgetting_told": [{"wish": 1, "operator": ""}, {"wish": None, "operator": ""}],
}
MOST = 700  # requests of one who tries everything


@pytest.fixture
def reader(world: World) -> World:
    """One mailbox that takes part, agreed to news, and is on a list."""
    with writing() as db:
        db.query(Stakeholder).filter_by(email_key=ADDRESS).one().news = True
        news = db.query(MailingList).one()
        sign_up(db, news, ADDRESS, "en", now=NOON)
        on = find_by_address(db, news.id, ADDRESS)
        assert on is not None, "it was just made"
        confirm_subscription(db, on, words=1, now=NOON)
    return world


def parameters_of(kind: str, world: World) -> list[dict[str, Any]]:
    """With what the mails of a kind are made, as far as this world has something for it."""
    with writing() as db:
        people = [one.id for one in db.query(Participant).order_by(Participant.id)]
        lists = [one.id for one in db.query(Subscription).order_by(Subscription.id)]
        if kind == "campaign":
            return [{"campaign": one, "participant": who} for one in _campaigns(db, world) for who in people]
        if kind == "list_mail":
            own = db.query(Campaign).filter_by(ref=world.ids[""]["own_news"]).one().id
            return [{"campaign": own, "subscription": one} for one in lists]
        if kind == "list_confirmation":
            return [{"subscription": one.id, "generation": one.generation} for one in db.query(Subscription)]
        if kind == "fresh_link":
            return [{"link": one.id, "generation": one.generation} for one in db.query(FreshLink)]
        if kind in MADE_NOW:
            return MADE_NOW[kind](db, world)
        if kind in WITHOUT_LINK:
            return WITHOUT_LINK[kind]
        if kind in ("confirm_request", "request_accepted", "request_refused"):
            asked = [one.id for one in db.query(ParticipationRequest)]
            return [{"request": one, "participant": who, "operator": ""} for one in asked for who in (*people, None)]
        if kind in ("seat_taken_over", "seat_briefing"):
            return _seats(db, people)
        if kind in ("personal_link", "round_extended", "answers_published", "comments_screened"):
            return [{"participant": one} for one in people]
    raise AssertionError(f"a new kind of mail: say here how one is made, and what its body lets anybody do ({kind})")


def _leave_link(db: Any, world: World) -> list[dict[str, Any]]:
    found = db.get_one(Participant, world.ids["participant"]["id"])
    here = Reader(found, None, db.get_one(Consultation, found.consultation_id))
    ask_to_leave(db, here, LeaveAct.EVERYTHING, now=NOON)
    link = db.query(LeaveLink).filter(LeaveLink.act != LeaveAct.OPEN).order_by(LeaveLink.id.desc()).first()
    return [{"link": link.id, "generation": link.generation}]


def _own_links(db: Any, world: World) -> list[dict[str, Any]]:
    mail_own_links(db, ADDRESS, now=NOON)
    return [db.query(OutboxMail).filter_by(template="own_links").one().parameters]


MADE_NOW = {"leave_link": _leave_link, "own_links": _own_links}  # by whoever asks


def _seats(db: Any, people: list[int]) -> list[dict[str, Any]]:
    """One of each seat that is held, whose holder takes part."""
    here, made = db.query(Consultation).filter_by(slug="upr").one(), []
    for seat in db.query(Seat).filter_by(state=SeatState.HELD):
        holder = db.get_one(Stakeholder, seat.holder_id)
        holder.email, holder.email_key, holder.basis = "holder@gov.example", "holder@gov.example", Basis.DUTY
        who = doors.admit_stakeholder(db, here, holder, now=NOON)
        made.append({"seat": seat.id, "participants": [*people, who.id], "generation": link_of(db, seat).generation})
    return made


def _campaigns(db: Any, world: World) -> list[int]:
    """One of each kind about the consultation."""
    found = db.query(Consultation).filter_by(slug="upr").one()
    words = Wording((), (), dict.fromkeys(found.languages, ("Subject", "Words")))
    by = world.staff["secretariat"]
    for one in db.query(Participant):
        doors.door_of(db, one)
    made = [write_campaign(db, found, words, campaign=None, kind=kind, by=by, now=NOON) for kind in CampaignKind]
    return [one.id for one in made]


def bodies_of(kind: str, world: World) -> list[str]:
    """What readers of a kind of mail have before them, as text and as HTML."""
    renderer, found = Renderer(world.app.extensions["consult settings"]), {}
    for parameters in parameters_of(kind, world):
        with clock.at(NOON), reading() as db, use_language("en"):
            try:
                mail = renderer.render(MAILS[kind], MAILS[kind].load(db, parameters))
            except NotWanted:
                continue
        found.setdefault(
            TOKEN.sub("", mail.text), f"{mail.text} {mail.html}"
        )  # one of each that differs by its links alone
    return list(found.values())


def standing() -> dict[str, Any]:
    """What nobody but the reader may end: what is sent to whom, what is held of them, and every act of leaving.

    Not of protected entries: nobody could ask their mailbox, and they can have themselves erased at once.
    """
    with reading() as db:
        entries = [one for one in db.query(Stakeholder) if not one.is_protected]
        people = [one for one in db.query(Participant) if not one.is_protected]
        return {
            "entries": {one.id: (one.left_at, one.email, one.name) for one in entries},
            "people": {one.id: (one.left_at, one.erased_at, one.email) for one in people},
            "acts": [
                db.query(Leaving).filter(Leaving.participant_id.in_([one.id for one in people])).count(),
                *(db.query(model).count() for model in (ListLeaving, LeftAddress)),
            ],
        }  # fmt: skip


def reached() -> set[str]:
    """Who gets what. A yes that somebody says for another is no harm of this kind: whoever gets more has the link to stop it."""
    with reading() as db:
        entries = [one for one in db.query(Stakeholder) if not one.is_protected]
        people = [one for one in db.query(Participant) if not one.is_protected]
        return {
            *(f"news {one.id}" for one in entries if may_get_news(one)),
            *(f"consultations {one.id}" for one in entries if may_be_written_to(one)),
            *(f"list {one.id}" for one in db.query(Subscription).filter_by(state=SubscriptionState.CONFIRMED)),
            *(f"participant {one.id}" for one in people if doors.mail_address(db, one)),
        }


# Whoever tries everything


def links_in(words: str, base: str) -> list[str]:
    found = re.findall(re.escape(base) + r"(/[^\s\"'<>]*)", words)
    return list(dict.fromkeys(one.replace("&amp;", "&") for one in found))


def fillings(form: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """A form as it stands, with each of its choices, and with each of its buttons; what is empty is filled. Each has its name."""
    filled: dict[str, Any] = {}
    for name, value in form.form_values():
        filled.setdefault(name, value or ("thief@x.example" if "mail" in name else "words"))
    for box in form.xpath(".//input[@type='checkbox' and @name]"):
        filled[box.get("name")] = box.get("value", "on")
    for field in form.xpath(".//input[@name and not(@type)] | .//input[@type='text' or @type='email'] | .//textarea"):
        filled.setdefault(field.get("name"), "words")
    kept = sorted((one.get("name"), one.get("value")) for one in form.xpath(".//input[@type='hidden' and @name]"))
    same = str([one for one in kept if one[0] not in ("csrf_token", "once", "version")])
    yield same, filled
    for box in form.xpath(".//input[@type='radio'] | .//button[@name]"):
        yield same + str(dict(box.attrib)), {**filled, box.get("name"): box.get("value", "on")}
    for select in form.xpath(".//select[@name]"):
        for value in itertools.islice(select.value_options, 6):
            yield f"{same}{select.get('name')}={value}", {**filled, select.get("name"): value}


class Thief:
    """Opens every address, presses every button of every page, and follows every link from there, as one who knows no better."""

    def __init__(self, client: FlaskClient, paths: list[str], *, now: datetime) -> None:
        self.client, self.now = client, now
        self.answers: list[TestResponse] = []
        self._waiting, self._seen = deque(paths), set(paths)

    def try_everything(self) -> list[TestResponse]:
        while self._waiting and len(self.answers) < MOST:
            path = self._waiting.popleft()
            self._ask("post", path, ONE_CLICK)
            self._look(self._ask("get", path), path)
        return self.answers

    def _ask(self, method: str, path: str, words: dict[str, Any] | None = None) -> TestResponse:
        with clock.at(self.now):
            answer: TestResponse = getattr(self.client, method)(path, data=words)
        self.answers.append(answer)
        if "Location" in answer.headers:
            self._follow(answer.headers["Location"])
        return answer

    def _follow(self, path: str) -> None:
        path = path.partition("#")[0]
        if path.startswith("/en/") and path not in self._seen and not PUBLIC.search(path):
            self._seen.add(path)
            self._waiting.append(path)

    def _look(self, answer: TestResponse, path: str) -> None:
        if answer.mimetype != "text/html" or not answer.data:
            return
        page = html.fromstring(answer.get_data())
        for link in page.xpath("//main//a/@href"):
            self._follow(link)
        for form in page.xpath("//main//form[@method='post']"):
            to = form.get("action") or path
            if not to.endswith(OUT):
                for name, values in fillings(form):
                    self._press(f"{to.partition('?')[0]} {name}", to, values)

    def _press(self, key: str, to: str, values: dict[str, Any]) -> None:
        if key not in self._seen and len(self.answers) < MOST:
            self._seen.add(key)
            self._look(self._ask("post", to, values), to)


def attack(world: World, body: str, *, now: datetime = NOON) -> list[TestResponse]:
    """Everything that can be done with a body: its links, what they lead to, and its tokens wherever one is taken."""
    settings = replace(world.app.extensions["consult settings"], leave_address="leave@x.example")
    tokens = list(dict.fromkeys(TOKEN.findall(body)))
    paths = links_in(body, settings.base_url)
    paths += [f"/en/{way.format(token)}" for token in tokens for way in WAYS]
    found = Thief(world.app.test_client(), list(dict.fromkeys(paths)), now=now).try_everything()
    for token in (*tokens, *(f"{one}{'0' * 16}" for one in tokens)):
        mail = f"From: thief@x.example\nTo: leave+{token}@x.example\n\nStop.\n"
        with writing() as db:
            take_message(db, mail.encode(), settings, now=now)
    return found


def copies(answers: list[TestResponse]) -> list[TestResponse]:
    """Those that hand out what is held about somebody."""
    return [
        one
        for one in answers
        if "my-data.json" in one.headers.get("Content-Disposition", "") or COPY.encode() in one.data
    ]


@pytest.mark.parametrize("kind", TO_PEOPLE)
def test_whoever_is_passed_a_mail_on_ends_nothing_for_its_reader(reader: World, kind: str):
    now = NOON + ONE_ACT.get(kind, timedelta())
    bodies = bodies_of(kind, reader)
    before, gets = standing(), reached()

    answers = [answer for body in bodies for answer in attack(reader, body, now=now)]

    assert bodies != [], f"no mail of the kind {kind} could be made: nothing was tried"
    assert (standing(), gets - reached()) == (before, set())
    assert copies(answers) == []
    assert any(one.status_code == 200 for one in answers) or kind in (*WITHOUT_LINK, "request_refused", *ONE_ACT)


@pytest.mark.parametrize("kind", sorted(ONE_ACT))
def test_a_mail_with_a_link_for_one_act_says_not_to_pass_it_on_and_holds_no_other(reader: World, kind: str):
    base = reader.app.extensions["consult settings"].base_url
    bodies = bodies_of(kind, reader)

    for body in bodies:
        assert "Do not pass it on." in body
        found = links_in(body, base)
        if kind == "own_links":  # and that of a list, which stops nothing by itself
            found = [one for one in found if not one.startswith("/en/leave/")]
        assert len(found) == 1, body


def test_whoever_tries_everything_with_a_header_does_make_the_reader_leave(reader: World):
    """So that the one who tries everything above is known to find what there is to find."""
    before = standing()
    token = header_token(reader.ids["participant"]["leave"])

    Thief(reader.app.test_client(), [f"/en/leave/{token}"], now=NOON).try_everything()

    assert standing()["acts"] > before["acts"]


def test_whoever_tries_everything_behind_a_door_finds_the_buttons_that_end_mail(reader: World):
    """Likewise of the page of the entry: the mailbox is told."""
    door = f"/en/door/{reader.ids['participant']['token']}"

    answers = Thief(reader.app.test_client(), [door], now=NOON).try_everything()

    asked = {one.request.path for one in answers if one.status_code == 202}
    assert "/en/consultations/upr/my-entry/stop/" in asked
    with reading() as db:
        told = {one.template for one in db.query(OutboxMail).filter_by(person=person(db))}
    assert {"leave_link", "fresh_link"} <= told


def person(db: Any) -> str:
    return db.query(Stakeholder).filter_by(email_key=ADDRESS).one().person_ref

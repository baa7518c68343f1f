"""The mails that go out in a round, read as raw bytes in each language: what a relay, a reader and a spy find in them."""

import re
from email import message_from_bytes, policy

import pytest
from lxml import html

from consult.consultations.models import Consultation, Participant, Participation
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.i18n import plain_gettext, use_language
from consult.jobs.queue import queue
from consult.mail.delivery import post
from consult.mail.models import Mail, OutboxMail
from consult.mail.operations import queue_mails
from consult.mailings.forms import ready_made_words
from consult.mailings.models import CampaignKind
from consult.mailings.operations import Wording, write_campaign
from consult.stakeholders.models import Stakeholder
from tests.support.world import NOON, World, who

LANGUAGES = ("en", "ar", "zh")
KINDS = ("invitation", "reminder", "news", "debriefing", "personal_link", "round_extended", "answers_published")
TYPED = "COMMENT-OF-A"  # what the participant said in the world
INVISIBLE = "\u2068\u2069\u200e\u200f"


def a_mail(world: World, kind: str, language: str):
    """A mail of a kind to the world's participant, as it waits in the outbox."""
    participant = who("participant")
    parameters = {"participant": participant.id}
    with writing() as db:
        entry = db.get_one(Stakeholder, participant.stakeholder_id)
        entry.language, entry.news = language, True
        if kind in list(CampaignKind):
            found = db.query(Consultation).filter_by(slug="upr").one()
            found.languages = list(LANGUAGES)
            words = {code: ready_made_words(CampaignKind(kind), code) for code in LANGUAGES}
            made = write_campaign(
                db, found, Wording((), (), words), campaign=None, kind=CampaignKind(kind),
                by=world.staff["secretariat"], now=NOON,
            )  # fmt: skip
            parameters["campaign"] = made.id
            db.execute(Participation.__table__.delete())  # or no reminder would be wanted
        template = "campaign" if kind in list(CampaignKind) else kind
        queue_mails(db, [Mail(template, entry.person_ref, f"t:{kind}", entry.email, language, parameters)], now=NOON)
        mail = db.query(OutboxMail).filter_by(cause=f"t:{kind}").one()
        mail.message_id = "<abc@consult.example>"
    return mail


def bare(text: str) -> str:
    """Text without addresses, layout and marks of direction."""
    plain = re.sub(r"https?://\S+", " ", text)
    return "".join(sign for sign in plain if sign not in INVISIBLE and not sign.isspace())


def addresses_of(text: str) -> set[str]:
    return set(re.findall(r"https?://[^\s\"'<>]+", text))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_plain_ascii_says_the_same_twice_and_tells_nobody_anything(world, kind, language):
    raw = post().letter(a_mail(world, kind, language)).content

    message = message_from_bytes(raw, policy=policy.default)
    plain, page = (message.get_body((name,)).get_content().replace("\r\n", "\n") for name in ("plain", "html"))
    parts = [part for part in message.walk() if not part.is_multipart()]
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert max(map(len, raw.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 78
    assert {part["Content-Transfer-Encoding"] for part in parts} <= {"7bit", "quoted-printable", "base64"}
    assert (str(message["Content-Language"]), str(message["Auto-Submitted"])) == (language, "auto-generated")
    assert message["Date"].datetime == NOON
    assert [name for name in message if name.lower().startswith(("disposition", "return-receipt", "x-"))] == []
    assert [name for name in message if name.startswith("List-")] == ["List-Id", "List-Unsubscribe"]  # over HTTP
    tree = html.fromstring(page)
    assert (tree.get("lang"), tree.get("dir")) == (language, "rtl" if language == "ar" else None)
    assert not re.search(r"<img|src=|url\(|<link|<script|@import", page)
    assert TYPED not in plain + page
    assert "Organisation participant" not in plain + page + str(message["Subject"]) + str(message["To"])
    assert {one for one in addresses_of(page) if "w3.org" not in one} == addresses_of(plain)
    assert any("/door/" in one for one in addresses_of(plain))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_its_two_parts_say_the_same_words(world, kind, language):
    message = message_from_bytes(post().letter(a_mail(world, kind, language)).content, policy=policy.default)
    plain, page = (message.get_body((name,)).get_content().replace("\r\n", "\n") for name in ("plain", "html"))
    shown = bare("".join(html.fromstring(page).find("body").itertext()))

    said = [bare(part).rstrip(":：") for part in plain.partition("\n--\n")[0].split("\n\n")]
    assert [part for part in said if part not in shown] == []
    with use_language(language):
        last = bare(plain_gettext("This mail does not tell us that you opened it."))  # the page adds: and no pictures
    why = bare(plain.partition("\n--\n")[2]).removesuffix(last)
    assert why in shown
    # and the page says no more than the button's hint, and that it holds no pictures
    rest = shown
    for part in sorted([*said, why], key=len, reverse=True):
        rest = rest.replace(part, "", 1)
    assert len(rest) <= 130


def test_a_message_id_is_of_our_own_domain(world):
    with writing() as db:
        queue_mails(db, [Mail("test", "test:9", "test:9", "a@x.example", "en")], now=NOON)
    queue().work_off()

    (folder,) = {path.parent for path in (post().settings.data / "mail").glob("*.eml")}
    newest = max(folder.glob("*.eml"))
    message = message_from_bytes(newest.read_bytes(), policy=policy.default)
    sender = str(message["From"]).rpartition("@")[2].rstrip(">")
    assert re.fullmatch(rf"<[a-z0-9]+@{re.escape(sender)}>", str(message["Message-ID"]))


def test_a_personal_link_after_the_closing_names_no_day_that_is_past(world):
    mail = a_mail(world, "personal_link", "en")
    with clock.at(NOON.replace(year=2028)):
        text = post().letter(mail).content.decode()

    assert "Comments are taken until" not in text
    with reading() as db:
        assert db.query(Participant).count() > 0

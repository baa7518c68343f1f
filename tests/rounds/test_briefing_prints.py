"""The briefing of a seat fits on one printed page, however much there is to tell: what does not fit is counted."""

import io

import pytest

from consult.consultations import doors
from consult.consultations.models import TITLE_MAX, Consultation, Window
from consult.core.db import writing
from consult.core.texts import Texts
from consult.mailings.models_outreach import OutreachState, OutreachWay
from consult.rounds import briefing
from consult.stakeholders.models import NAME_MAX, Basis, Stakeholder
from consult.stakeholders.models_seats import Seat, SeatRole, SeatState
from tests.mailings.test_succession import DAY, TODAY, desk, hand_over  # noqa: F401
from tests.rounds.test_briefing import link_mailed, written_to
from tests.support import pages
from tests.support.tools import require
from tests.support.world import NOON

MANY = 14
SECTIONS = ("open", "awaited", "taken", "before", "others")
LONG = {
    "en": "Ministry of Foreign Affairs, External Trade, Regional Integration and the Diaspora ",
    "ar": "وزارة الشؤون الخارجية والتجارة الخارجية والتكامل الإقليمي وشؤون الجاليات في المهجر ",
    "zh": "外交对外贸易区域一体化与海外侨民事务部以及国家人权报告协调与后续行动跨部门委员会秘书处",
}


def long_words(language: str, number: int | str, most: int) -> str:
    """As long as a name or a title may be."""
    return f"{number} {LONG[language] * 20}"[:most].strip()


def fill(language: str) -> None:
    """More than is shown of everything: consultations that go on, comments, letters, seats; each name as long as it may be."""
    with writing() as db:
        upr = db.query(Consultation).filter_by(slug="upr").one()
        ana = db.query(Stakeholder).filter_by(name="Ana").one()
        window = (
            db.query(Window).filter_by(consultation_id=upr.id, what="comments").order_by(Window.number.desc()).first()
        )
        upr.title = Texts(**{language: long_words(language, 0, TITLE_MAX)})
        same = {
            one.key: getattr(upr, one.key)
            for one in Consultation.__table__.columns
            if one.key not in ("id", "slug", "title")
        }
        for number in range(1, MANY):
            title = Texts(**{language: long_words(language, number, TITLE_MAX)})
            made = Consultation(slug=f"long-{number}", title=title, **same)
            db.add(made)
            db.flush()
            db.add(
                Window(
                    consultation_id=made.id,
                    what="comments",
                    number=1,
                    opens_at=window.opens_at,
                    closes_at=window.closes_at,
                )
            )
            doors.door_of(db, invited := doors.admit_stakeholder(db, made, ana, now=NOON - DAY))
            invited.invited_at = NOON - DAY
        ministry = db.query(Stakeholder).filter_by(name="Ministry").one()
        for number in range(MANY):
            member = Stakeholder(**{one.key: getattr(ana, one.key) for one in Stakeholder.__table__.columns
                                    if one.key not in ("id", "ref", "email", "email_key", "name", "name_key", "basis")},
                                 ref=f"member{number}", basis=Basis.NONE, email="", email_key="",
                                 name=long_words(language, f"M{number}", NAME_MAX),
                                 name_key=f"m{number}")  # fmt: skip
            db.add(member)
            db.flush()
            db.add(Seat(institution_id=ministry.id, number=20 + number, role=SeatRole.MEMBER, holder_id=member.id, since=TODAY,
                        state=SeatState.HELD, appointed_by=""))  # fmt: skip


def rename(language: str) -> None:
    with writing() as db:
        for name in ("Ministry", "Ana", "Ming"):
            one = db.query(Stakeholder).filter_by(name=name).one()
            one.name = long_words(language, name[0], NAME_MAX)


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ar", "zh"])
def test_the_fullest_briefing_prints_on_one_page(world, desk, browser, language):  # noqa: F811
    require("pdf")
    from pypdf import PdfReader

    fill(language)
    for number in range(MANY):
        written_to("Ana", OutreachWay.LETTER, OutreachState.POSTED, number, TODAY)
    staff_page = hand_over(desk).location
    token = link_mailed(world)
    rename(language)
    pages.speak(world, language)

    printed = []
    for who, path in (("visitor", f"/{language}/seat/{token}"), ("secretariat", staff_page)):
        with pages.shown(browser, {who: world.browser(who)}, width=1280, language=language, dark=False) as (page, note):
            note["who"] = who
            page.goto(f"http://localhost{path}")
            if who == "visitor":
                page.locator("main form button").click()
            rows = [page.locator(f"section[aria-labelledby={one}] li").count() for one in SECTIONS]
            printed.append((rows, PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))))

    shown = [
        briefing.OPEN_SHOWN,
        briefing.AWAITED_SHOWN,
        briefing.TAKEN_SHOWN,
        briefing.HISTORY_SHOWN,
        briefing.OTHERS_SHOWN,
    ]
    assert [(rows, len(found.pages)) for rows, found in printed] == [(shown, 1)] * 2
    assert all(
        world.app.extensions["consult settings"].mail_sender in found.pages[0].extract_text() for _, found in printed
    )

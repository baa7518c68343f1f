"""A ministry's seat handed over in one act: the briefing, the gap that stays, and whom official mail reaches. Without JavaScript."""

import pytest

from consult.core.db import reading
from consult.stakeholders.models import Basis, Stakeholder
from tests.journeys.conftest import MATRIX, mails_of, said, staff_read, words_of
from tests.journeys.test_draft import TITLES, create_consultation, open_round, sign_in, upload
from tests.journeys.test_invitation import DESK, invite
from tests.support.browser import visitor
from tests.support.looking import looking

MINISTRY, BEFORE, AFTER = "وزارة العدل", "Ana Lefaga", "李明"
ADDRESSES = {BEFORE: "ana@ministry.example", AFTER: "ming@ministry.example"}


def add_entry(page, site, name):
    """Enter an institution, or a person to whom nobody may write yet."""
    page.goto(f"{site.address}/staff/stakeholders/new/")
    page.locator(f"input[name=kind][value={'person' if name in ADDRESSES else 'organisation'}]").check()
    page.fill("#name", name)
    page.select_option("#category", "ministry")
    page.fill("#email", ADDRESSES.get(name, ""))
    page.locator("input[name=basis][value=none]").check()
    page.locator("main form button").click()


def appoint(page, name, day):
    """Fill in who holds the seat that the page is about."""
    page.fill("#person", ADDRESSES[name])
    page.fill("#since", day)
    page.locator("main form[method=post] button").click()


def entry(name):
    with reading() as db:
        return db.query(Stakeholder).filter_by(name=name).one()


def fill_and_hand_over(page, site, language, look):
    """A focal point is appointed and invited; then the seat goes to another."""
    for name in (MINISTRY, *ADDRESSES):
        add_entry(page, site, name)
    page.goto(f"{site.address}/staff/stakeholders/{entry(MINISTRY).ref}/")
    page.click("main a[href$='/seats/new/']")
    look(page)
    page.select_option("#role", "focal_point")
    appoint(page, BEFORE, "2024-01-15")
    look(page)
    assert said(language, "No alternate yet.") in words_of(page)
    assert invite(page, site) == 1
    page.goto(f"{site.address}/staff/stakeholders/{entry(MINISTRY).ref}/")
    page.click("main a[href$='/hand-over/']")
    look(page)
    assert f"{said(language, 'Focal point')}: {BEFORE}" in words_of(page)
    appoint(page, AFTER, "2023-12-31")
    assert page.locator(".errors").count() == 1  # not before the seat was filled
    look(page)
    appoint(page, AFTER, "2024-02-01")
    look(page)


@pytest.mark.browser
@pytest.mark.parametrize("language", MATRIX)
def test_a_seat_is_handed_over_with_a_briefing_and_official_mail_follows_it(site, browser, language):
    staff_read(site, language)
    with (
        looking(browser, width=1280, language=language) as looker,
        visitor(browser, javascript=False, language=language) as context,
    ):
        page, look = context.new_page(), looker.look
        sign_in(page, site)
        create_consultation(page, site)
        upload(page, site)
        open_round(page, site)
        fill_and_hand_over(page, site, language, look)

        briefing = words_of(page)
        assert f"{said(language, 'Briefing')}: {said(language, 'Focal point')}" in briefing
        assert AFTER in briefing
        assert f"{said(language, 'Before:')} {BEFORE}" in briefing
        assert briefing.count(TITLES[language]) == 3  # taken over, open, and that the predecessor was invited to it
        assert [entry(name).basis for name in ADDRESSES] == [Basis.NONE, Basis.DUTY]
        page.goto(f"{site.address}/staff/stakeholders/composition/")
        look(page)
        assert MINISTRY in words_of(page)
        assert said(language, "No alternate yet.") in words_of(page)
        assert said(language, "No focal point yet.") not in words_of(page)

        site.work_off()
        old = mails_of(site, ADDRESSES[BEFORE])
        assert [len(old), len(mails_of(site, ADDRESSES[AFTER]))] == [
            1,
            1,
        ]  # the successor has links of their own at once
        page.goto(f"{site.address}{DESK}/round/")
        page.fill("#closes_on", "2099-04-14")
        page.locator("form[action$='/round/extend/'] button").click()
        site.work_off()
        new = mails_of(site, ADDRESSES[AFTER])
        assert [len(mails_of(site, ADDRESSES[BEFORE])), len(new)] == [1, 2]  # told of the seat, and of the new closing
        assert not any("/leave/" in text for text in old + new)  # official mail

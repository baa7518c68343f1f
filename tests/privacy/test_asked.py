"""One's own entry by a mailed link, without a consultation: whoever types an address learns nothing, its reader opens what is theirs."""

import itertools
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from consult.consultations.models import Consultation, ConsultationState, Participant
from consult.consultations.models_declared import Declared, OwnDeclaration
from consult.consultations.models_entry import EntryAct, EntryChange, FreshLink
from consult.consultations.models_proposals import SeatProposal
from consult.core import clock
from consult.core.db import bound, reading, writing
from consult.jobs.queue import queue
from consult.mail.captured import list_captured
from consult.mail.connection import mailbox
from consult.mail.delivery import post
from consult.mail.keys import address_key
from consult.mail.models import BounceSource, MailState, OutboxMail, Suppression, SuppressionReason
from consult.mailings.models_leave_links import LeaveAct, LeaveLink
from consult.mailings.models_lists import MailingList, Subscription, SubscriptionState
from consult.mailings.operations_subscriptions import confirm_subscription, sign_up
from consult.mailings.queries_lists import find_by_address
from consult.mailings.rules_leave_links import LeaveLinkMailed
from consult.privacy import operations_asking as operations
from consult.privacy.models_own import OwnAsk
from consult.privacy.rules_asking import A_DAY, check_mail_own_links, own_links_last
from consult.stakeholders.entries import Entry
from consult.stakeholders.models import Basis, LeftAddress, Stakeholder
from consult.stakeholders.models_seats import Seat, SeatRole, SeatState
from consult.stakeholders.operations import change_stakeholder
from consult.stakeholders.operations_leaving import leave_everywhere
from tests.support.statements import statements_of
from tests.support.world import NOON, World, everything

ASK, MINE = "/en/my-data/", "/en/my-entry/"
KNOWN, OTHER = "participant@org.example", "participant_b@org.example"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def site(world: World) -> World:
    queue().work_off()
    post().deliver()
    world.browser("visitor").get(ASK)  # which reads the name of the site for the first time
    with writing() as db:
        db.query(FreshLink).delete()
    clear(world)
    return world


def clear(world: World) -> None:
    for path in mailbox(world.app.extensions["consult settings"]).glob("*"):
        path.unlink()


def asked(world: World, address: str):
    answer = world.browser("visitor").post(ASK, data={"address": address})
    queue().work_off()
    return answer


def mails(world: World) -> list[tuple[str, str]]:
    queue().work_off()
    post().deliver()
    return [(one.to, one.text) for one in list_captured(mailbox(world.app.extensions["consult settings"]))]


def links(words: str, kind: str) -> list[str]:
    return [one.replace("/ar/", "/en/") for one in re.findall(rf"/\w+/{kind}/[0-9a-f]{{32}}", words)]


def opened(world: World, address: str = KNOWN):
    """A browser in which the reader of an address opened their entry."""
    asked(world, address)
    (link,) = links(mails(world)[0][1], "my-data/open")
    me = world.browser("visitor")
    assert me.post(link).headers["Location"] == MINE
    return me


def entry_of(address: str = KNOWN) -> Stakeholder:
    with reading() as db:
        return db.query(Stakeholder).filter_by(email_key=address).one()


# Typing an address


def shape() -> dict[str, list[int]]:
    """What rows there are, without what they say: how many, and how wide each is."""
    return {name: [len(row) for row in rows] for name, rows in everything().items()}


def test_ask_for_entry_answers_and_keeps_the_same_whether_the_address_is_known_or_not(site):
    found = []
    for address in (KNOWN, "nobody@org.example"):
        with statements_of(bound().engine) as sent:
            answer = site.browser("visitor").post(ASK, data={"address": address})
        headers = [(name, value) for name, value in answer.headers if name not in ("X-Request-Id", "Date")]
        found.append((answer.status_code, answer.data, headers, [sql for sql, _values in sent], shape()))
        with writing() as db:
            db.query(OwnAsk).delete()

    assert found[0] == found[1]
    assert found[0][0] == 202
    assert "Set-Cookie" not in dict(found[0][2])


def test_nothing_that_was_typed_stays_and_an_unknown_address_leaves_no_row(site):
    before = everything()

    answer = asked(site, "nobody@org.example")

    assert answer.status_code == 202
    assert mails(site) == []
    assert everything() == before


@pytest.mark.parametrize("address", ["", "no address", "a@", "=?utf-8?q?a?=@x.example"])
def test_what_is_no_address_is_refused_and_kept_in_the_form(site, address):
    answer = asked(site, address)

    assert answer.status_code == 422
    assert everything()["own_ask"] == []


def test_the_page_is_kept_for_everybody_and_says_what_protected_people_and_those_without_mail_do(site):
    answer = site.browser("visitor").get(ASK)

    assert "public" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    for words in ("Your address is sealed", "Write a letter, call, or come"):
        assert words in answer.text
    for page in ("/en/privacy/", "/en/lists/", "/en/lists/news/", "/en/help/"):
        assert f'href="{ASK}"' in site.browser("visitor").get(page).text


def test_asks_that_a_dead_worker_left_are_found_by_the_sweep(site):
    site.browser("visitor").post(ASK, data={"address": KNOWN})
    while queue().huey.dequeue() is not None:
        pass

    with writing() as db:
        early = operations.sweep_asks(db, now=NOON + MINUTE)
        late = operations.sweep_asks(db, now=NOON + MINUTE + timedelta(seconds=1))

    assert (early, late) == (0, 1)
    assert [to for to, _words in mails(site)] == [KNOWN]
    assert everything()["own_ask"] == []


def test_an_address_that_could_not_be_answered_for_a_day_is_forgotten(site):
    with writing() as db:
        db.add(OwnAsk(address=KNOWN, at=NOON))

    with writing() as db:
        kept = operations.sweep_asks(db, now=NOON + timedelta(days=1))
    assert (kept, len(everything()["own_ask"])) == (1, 1)
    with writing() as db:
        gone = operations.sweep_asks(db, now=NOON + timedelta(days=1, seconds=1))

    assert (gone, everything()["own_ask"]) == (0, [])


# What is mailed


def test_a_get_of_the_link_changes_nothing_and_says_nothing_and_the_post_opens_the_entry_once(site):
    asked(site, KNOWN)
    (link,) = links(mails(site)[0][1], "my-data/open")
    before = everything()
    scanner = site.browser("visitor")

    page = scanner.get(link)
    scanner.head(link)

    assert page.status_code == 200
    assert "Organisation" not in page.text
    assert everything() == before
    assert scanner.get(MINE).status_code == 403
    me = site.browser("visitor")
    assert [me.post(link).status_code, me.post(link).status_code, scanner.get(link).status_code] == [303, 410, 410]
    for words in ("Organisation participant", KNOWN, "Tomasi Veru", "Get no more mail"):
        assert words in me.get(MINE).text


def test_an_entry_that_takes_part_in_nothing_that_goes_on_is_opened_and_corrected(site):
    with writing() as db:
        db.query(Consultation).update({"state": ConsultationState.ARCHIVED, "archived_at": NOON})

    me = opened(site)
    answer = me.post(f"{MINE}edit/", data={
        "name": "Organisation participant", "language": "ar", "postal_address": "1 River Road", "channel": "post",
    })  # fmt: skip

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{MINE}?said=kept")
    assert (entry_of().language, entry_of().postal_address) == ("ar", "1 River Road")
    with reading() as db:
        assert {one.participant_id for one in db.query(EntryChange)} == {None}


def test_all_pages_of_an_entry_lead_to_one_another_without_a_consultation(site):
    me, seen, waiting = opened(site), set(), [MINE]
    while waiting:
        path = waiting.pop()
        page = me.get(path)
        assert page.status_code == 200, path
        seen.add(path)
        found = re.findall(r'(?:href|action)="(/en/my-entry/[^"?]*)"', page.text)
        waiting += [one for one in dict.fromkeys(found) if one not in seen and me.get(one).status_code != 405]
        assert "/consultations/upr/" not in re.sub(r"(?s)<header.*?</header>", "", page.text), path

    assert {
        f"{MINE}edit/",
        f"{MINE}contacts/new/",
        f"{MINE}contacts/1/",
        f"{MINE}declared/",
        f"{MINE}protection/",
    } <= seen


def test_a_focal_point_names_an_alternate_without_a_consultation(site):
    with writing() as db:
        seat = db.query(Seat).filter_by(role=SeatRole.FOCAL_POINT, state=SeatState.HELD).first()
        holder = db.get_one(Stakeholder, seat.holder_id)
        holder.email = holder.email_key = "focal@gov.example"
        institution = db.get_one(Stakeholder, seat.institution_id)
    me = opened(site, "focal@gov.example")
    named = {"named_as": "alternate", "name": "Second One", "email": "second@gov.example", "language": "en"}

    page = me.get(MINE).text
    answer = me.post(f"{MINE}proposals/{institution.ref}/", data=named)

    assert f'action="{MINE}proposals/{institution.ref}/"' in page
    assert answer.status_code == 303
    with reading() as db:
        assert "Second One" in {one.name for one in db.query(SeatProposal)}


def test_a_person_declares_what_they_are_and_a_report_stays_with_its_consultation(site):
    with writing() as db:
        found = db.query(Stakeholder).filter_by(email_key=KNOWN).one()
        here = db.get_one(Participant, site.ids["participant"]["id"]).consultation_id
        own = {"stakeholder_id": found.id, "what": Declared.PARALLEL_REPORT, "code": "", "consultation_id": here}
        db.add(OwnDeclaration(**own, named=True, at=NOON))
    me = opened(site)

    page = me.get(f"{MINE}declared/").text
    me.post(f"{MINE}declared/", data={})

    assert "behind the personal link of its consultation" in page
    assert 'name="report"' not in page
    with reading() as db:
        assert db.query(OwnDeclaration).filter_by(stakeholder_id=entry_of().id).count() == 1


def test_two_entries_at_one_mailbox_get_a_link_each_and_nobody_elses(site):
    with writing() as db:
        other = db.query(Stakeholder).filter_by(email_key=OTHER).one()
        other.email, other.email_key = KNOWN, KNOWN

    asked(site, KNOWN)

    ((to, words),) = mails(site)
    assert to == KNOWN
    assert "Organisation participant" in words
    assert "Organisation participant_b" in words
    pages = []
    for link in links(words, "my-data/open"):
        me = site.browser("visitor")
        me.post(link)
        pages.append(re.search(r"<dt>Name</dt><dd><bdi>(.*?)</bdi>", me.get(MINE).text)[1])
    assert pages == ["Organisation participant", "Organisation participant_b"]


def test_an_entry_that_was_merged_is_opened_by_the_mailbox_of_the_one_that_holds_alone(site):
    with writing() as db:
        gone, kept = (db.query(Stakeholder).filter_by(email_key=one).one() for one in (KNOWN, OTHER))
        gone.merged_into, gone.merged_at = kept.id, NOON

    asked(site, KNOWN)

    ((to, words),) = mails(site)
    assert to == OTHER
    me = site.browser("visitor")
    me.post(links(words, "my-data/open")[0])
    assert "Organisation participant_b" in me.get(MINE).text


def test_a_merging_while_the_entry_is_open_shows_no_other_mailbox_s(site):
    me = opened(site)
    with writing() as db:
        gone, kept = (db.query(Stakeholder).filter_by(email_key=one).one() for one in (KNOWN, OTHER))
        gone.merged_into, gone.merged_at = kept.id, NOON

    assert me.get(MINE).status_code == 403


def test_protected_entries_are_not_found_by_any_address(site):
    with reading() as db:
        sealed = db.query(Stakeholder).filter(Stakeholder.email == "").all()
        assert [one for one in sealed if one.is_protected], "the world has one"

    for address in ("", "protected@org.example"):
        with writing() as db:
            operations.mail_own_links(db, address, now=NOON)

    assert mails(site) == []


def test_who_left_all_mail_gets_the_links_and_can_be_forgotten_or_come_back(site):
    with writing() as db:
        leave_everywhere(db, KNOWN, now=NOON, how="link")
    me = opened(site)

    forget = me.post(f"{MINE}link/", data={"act": "forget"})

    assert forget.status_code == 303
    assert sorted(len(links(words, "my-data/forget")) for _to, words in mails(site)) == [0, 1]
    assert me.post(f"{MINE}come-back/").status_code == 303
    assert entry_of().left_at is None


def test_a_mailbox_from_which_mail_came_back_is_tried_once_a_day_and_works_when_its_link_is_used(site):
    """As every mail that its reader asks for."""
    with writing() as db:
        assert db.query(Suppression).filter_by(address_key=address_key(OTHER), lifted_at=None).count() == 1
    asked(site, OTHER)
    ((to, words),) = mails(site)
    assert to == OTHER
    clear(site)
    with clock.at(NOON + 15 * MINUTE):
        asked(site, OTHER)
        assert mails(site) == []
    with clock.at(NOON + 23 * 60 * MINUTE):  # the one that was mailed holds until the next may be
        assert site.browser("visitor").get(links(words, "my-data/open")[0]).status_code == 200
    with clock.at(NOON + A_DAY):
        asked(site, OTHER)
        ((_to, words),) = [one for one in mails(site) if one[0] == OTHER]
        assert site.browser("visitor").post(links(words, "my-data/open")[0]).status_code == 303

    with reading() as db:
        assert db.query(Suppression).filter_by(address_key=address_key(OTHER), lifted_at=None).count() == 0


def test_who_called_a_mail_of_ours_spam_gets_none(site):
    with writing() as db:
        db.add(
            Suppression(
                ref="spam", address_key=address_key(KNOWN), reason=SuppressionReason.COMPLAINT, status="abuse",
                source=BounceSource.REPORT, at=NOON,
            )
        )  # fmt: skip

    asked(site, KNOWN)

    assert mails(site) == []
    with reading() as db:
        assert db.query(OutboxMail).filter_by(template="own_links").one().state is MailState.SUPPRESSED


def test_who_is_on_a_list_alone_gets_the_links_of_the_list(site):
    asked(site, "reader@p.example")

    ((to, words),) = mails(site)
    assert to == "reader@p.example"
    assert f"/en/leave/{site.ids['']['leave_list']}" in words
    assert "News name" in words
    assert links(words, "my-data/open") == []
    asked(site, "waiting@p.example")  # who has not confirmed
    assert len(mails(site)) == 1


# Who commented, and is in no registry


def visitor(world: World, email: str = "commenter@p.example") -> Participant:
    with writing() as db:
        like = db.get_one(Participant, world.ids["participant_b"]["id"])
        made = Participant(
            ref="theCommenter", consultation_id=like.consultation_id, stakeholder_id=None, name="Ana Visitor",
            organisation="", category=like.category, email=email, language="en", created_at=NOON,
        )  # fmt: skip
        db.add(made)
        db.flush()
        return made


def test_a_visitor_takes_a_copy_once_and_is_forgotten_by_links_of_their_own(site):
    made = visitor(site)
    asked(site, made.email)
    ((_to, words),) = mails(site)
    (take,), (forget,) = links(words, "my-data/take"), links(words, "my-data/forget")
    me = site.browser("visitor")

    copy, again = me.post(take, data={"kind": "json"}), me.post(take, data={"kind": "json"})
    shown = me.get(forget)
    gone = me.post(forget)

    assert copy.get_json()["participants"][0]["name"] == "Ana Visitor"
    assert "entries" not in copy.get_json()
    assert again.status_code == 410
    assert "What is erased now" in shown.text
    assert "You sent 0 comments" not in shown.text
    assert "Your name and address are erased" in gone.text
    with reading() as db:
        found = db.get_one(Participant, made.id)
        assert (found.name, found.email, found.erased_at) == ("", "", NOON)
        assert db.query(LeftAddress).filter_by(key=address_key(made.email)).count() == 0
    assert me.get(forget).status_code == 410


def test_a_visitor_whose_address_has_a_capital_of_another_script_is_found_and_forgotten(site):
    """SQLite knows the small letters of ASCII alone."""
    made, address = visitor(site), "Ärzte@org.example"
    with writing() as db:
        db.get_one(Participant, made.id).email = address
    asked(site, address)

    site.browser("visitor").post(links(mails(site)[0][1], "my-data/forget")[0])

    with reading() as db:
        assert db.get_one(Participant, made.id).erased_at == NOON


def test_the_link_of_a_visitor_erases_nobody_with_another_address(site):
    made, other = visitor(site), entry_of()
    asked(site, made.email)

    site.browser("visitor").post(links(mails(site)[0][1], "my-data/forget")[0])

    with reading() as db:
        assert db.get_one(Stakeholder, other.id).name == "Organisation participant"
        left = db.query(Participant).filter(Participant.erased_at.is_not(None))
        assert [one.id for one in left if one.ref == "theCommenter"] == [made.id]
        assert db.get_one(Participant, site.ids["participant"]["id"]).left_at is None


# What the session does, and ends


def test_a_no_holds_at_once_because_the_link_came_by_mail(site):
    me = opened(site)

    answer = me.post(f"{MINE}agree/", data={"purpose": "consultations", "agrees": "no"})

    assert answer.status_code == 303
    assert entry_of().basis is Basis.NONE
    assert "my-entry/stop/" not in me.get(MINE).text


def test_leave_all_stops_lists_too_and_coming_back_brings_the_mail_but_no_list(site):
    with writing() as db:
        news = db.query(MailingList).one()
        sign_up(db, news, KNOWN, "en", now=NOON)
        confirm_subscription(db, find_by_address(db, news.id, KNOWN), words=1, now=NOON)
    clear(site)
    me = opened(site)

    me.post(f"{MINE}leave/")

    with reading() as db:
        states = {one.state for one in db.query(Subscription).filter_by(key=address_key(KNOWN))}
        assert (entry_of().left_at, states) == (NOON, {SubscriptionState.ENDED})
    me.post(f"{MINE}come-back/")
    assert entry_of().left_at is None


def test_an_office_that_leaves_keeps_its_official_mail(site):
    with writing() as db:
        found = db.query(Stakeholder).filter_by(email_key=KNOWN).one()
        found.basis, found.news = Basis.DUTY, True
    me = opened(site)

    me.post(f"{MINE}leave/")

    found = entry_of()
    assert (found.left_at, found.basis, found.news) == (None, Basis.DUTY, False)


def test_the_session_is_short_can_be_closed_and_ends_with_the_address(site):
    me = opened(site)
    with clock.at(NOON + 30 * MINUTE):
        assert me.get(MINE).status_code == 403
    assert me.get(MINE).status_code == 200

    me.post(f"{MINE}close/")
    assert me.get(MINE).status_code == 403

    clear(site)
    with clock.at(NOON + 45 * MINUTE):
        second = opened(site)
        with writing() as db:
            entry = db.query(Stakeholder).filter_by(ref=entry_of().ref).one()
            moved = replace(Entry.of(entry), email="new@org.example")
            change_stakeholder(db, entry, moved, by=site.staff["secretariat"], now=NOON)
        assert second.get(MINE).status_code == 403


def test_the_session_opens_no_door_and_a_door_opens_no_session(site):
    me = opened(site)

    assert me.get("/en/consultations/upr/my-entry/").status_code == 403
    assert site.browser("participant").get(MINE).status_code == 403
    assert me.get("/staff/").status_code == 303


def test_a_link_to_an_address_that_is_not_theirs_any_more_leads_nowhere_and_waits_in_no_outbox(site):
    asked(site, KNOWN)
    (link,) = links(mails(site)[0][1], "my-data/open")
    with writing() as db:
        db.query(LeaveLink).delete()
        operations.mail_own_links(db, KNOWN, now=NOON)
        found = db.query(Stakeholder).filter_by(email_key=KNOWN).one()
        found.email, found.email_key = "new@org.example", "new@org.example"
    clear(site)

    assert site.browser("visitor").post(link).status_code == 410
    assert mails(site) == []  # rendered after the change: it would hold a link to somebody else's entry


# How often


def test_links_come_seldom_where_nobody_uses_them_and_the_newest_holds_until_the_next(site):
    sent, at = [], NOON
    while at < NOON + 2 * A_DAY:
        with clock.at(at), writing() as db:
            operations.mail_own_links(db, KNOWN, now=at)
            row = db.query(FreshLink).filter_by(act=EntryAct.OPEN).one()
            if not sent or row.made_at != sent[-1][0]:
                sent.append((row.made_at, row.until))
        at += 5 * MINUTE

    assert len(sent) == 9
    gaps = [later[0] - one[0] for one, later in itertools.pairwise(sent)]
    assert gaps[:4] == [10 * MINUTE, 20 * MINUTE, 40 * MINUTE, 80 * MINUTE]
    assert [until - made for made, until in sent[:3]] == [30 * MINUTE, 30 * MINUTE, A_DAY]
    assert all(until >= later[0] for (_made, until), later in itertools.pairwise(sent))


def test_check_mail_own_links_writes_once_a_day_to_who_left_until_one_is_used():
    known = LeaveLink(generation=1, unused=1, made_at=NOON)

    for seldom, after, mails_it in (
        (False, 10 * MINUTE, True), (False, 9 * MINUTE, False), (True, 23 * 60 * MINUTE, False), (True, A_DAY, True),
    ):  # fmt: skip
        if mails_it:
            check_mail_own_links(known, seldom=seldom, now=NOON + after)
        else:
            with pytest.raises(LeaveLinkMailed):
                check_mail_own_links(known, seldom=seldom, now=NOON + after)
    check_mail_own_links(LeaveLink(generation=1, unused=0, made_at=NOON), seldom=True, now=NOON + 10 * MINUTE)
    assert (own_links_last(1, seldom=True), own_links_last(1, seldom=False)) == (A_DAY, 30 * MINUTE)


def test_using_a_link_shortens_the_wait_again(site):
    opened(site)

    with reading() as db:
        assert db.query(LeaveLink).filter_by(act=LeaveAct.OPEN).one().unused == 0


def test_typing_an_address_keeps_nobody_from_leaving(site):
    """A link to leave that waits in the mailbox goes on to work, and another can be asked for."""
    door = site.ids["participant"]["leave"]
    site.browser("visitor").post(f"/en/leave/{door}", data={"scope": "everything", "once": "k"})
    (link,) = links(mails(site)[0][1], "leave/confirm")

    asked(site, KNOWN)

    with reading() as db:
        assert db.query(LeaveLink).filter_by(key=address_key(KNOWN)).count() == 2
    assert site.browser("visitor").get(link).status_code == 200

"""One cycle of a demonstration: staff, a consultation and its draft, a round with its comments, the answers, a second version.

Every step goes through the operations and jobs that the pages use, from the round on through the pages themselves; nothing is
written into the database beside them.
"""

import secrets
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy.orm import Session

from consult.accounts.models import Role, Staff
from consult.accounts.operations import add_staff, make_password_link, set_password_by_link
from consult.consultations.models import Consultation
from consult.consultations.operations import Dossier, add_to_team, create_consultation, open_consultation, save_terms
from consult.consultations.views_staff import ready_made_terms
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.files import store
from consult.core.texts import Texts
from consult.demo import behind_the_door, by_hand, nameless, protecting
from consult.demo.answering import answer_all, publish_answers
from consult.demo.beside import Sides
from consult.demo.content_files import CONTENT, Scripted
from consult.demo.nameless import Nameless
from consult.demo.office import Office, Say
from consult.demo.participation import comment_all, import_stakeholders, invite, open_round, personal_links
from consult.demo.visiting import Visitor
from consult.demo.walking import Door
from consult.drafts.operations import begin_version, publish_version, upload_draft
from consult.jobs.queue import queue
from consult.mail.connection import mailbox
from consult.rounds.models import Round
from consult.safe.trial import TrialOfficer

SLUG = "upr-2027"
TIME_ZONE = "Pacific/Guadalcanal"
LANGUAGES = ("en", "ar", "zh")

PEOPLE = (
    ("Dalia Orrin", "dalia@mechanism.example", Role.SECRETARIAT),
    ("Teuila Marsh", "teuila@mechanism.example", Role.ADMINISTRATOR),
    ("Iosefa Kamea", "iosefa@mechanism.example", Role.FACILITATOR),
    ("Lin Yue", "lin@mechanism.example", Role.TRANSLATOR),
    ("Maha Saleh", "maha@cabinet.example", Role.APPROVER),
    ("Sione Fakatava", "sione@ombudsperson.example", Role.NHRI_OBSERVER),
    ("Hina Tolu", "hina@ombudsperson.example", Role.PROTECTION_OFFICER),
    ("Marek Anders", "marek@university.example", Role.PROTECTION_OFFICER),
)
INSTITUTIONS = {
    "hina@ombudsperson.example": "Office of the Ombudsperson of Tolemara",
    "marek@university.example": "University of Port Amery, Faculty of Law",
}
OUTSIDE_THE_TEAM = frozenset({Role.ADMINISTRATOR, Role.PROTECTION_OFFICER})
TITLE = Texts(
    en="Universal Periodic Review, fourth cycle: draft national report",
    ar="الاستعراض الدوري الشامل، الجولة الرابعة: مشروع التقرير الوطني",
    zh="普遍定期审议第四轮：国家报告草稿",
)
WHAT_IT_IS = Texts(
    en="Every four and a half years the other States examine how our country respects human rights. This is what the State will tell them.",
    ar="كل أربع سنوات ونصف تنظر الدول الأخرى في مدى احترام بلدنا لحقوق الإنسان. وهذا ما ستقوله الدولة لها.",
    zh="每四年半，其他国家审议我国尊重人权的情况。这是国家将要提交的报告。",
)
WHAT_WE_ASK = Texts(
    en="Tell us what is wrong, what is missing and what should be said differently. You need not be an expert, nor read the whole.",
    ar="قولوا لنا ما فيه من خطأ وما ينقصه وما ينبغي أن يقال على نحو آخر. لا حاجة إلى أن تكونوا خبراء ولا إلى قراءة النص كله.",
    zh="请告诉我们哪里有误、哪里遗漏、哪里应当换一种说法。您不必是专家，也不必通读全文。",
)
OTHER_WAYS = Texts(
    en="By post: P.O. Box 41. By telephone: 555 0141, on weekdays from 9:00 to 12:00. We write down what you say and read it back to you.",
    ar="بالبريد: ص. ب. 41. بالهاتف: 0141 555 في أيام العمل من 9:00 إلى 12:00. نكتب ما تقولونه ثم نقرؤه عليكم.",
    zh="邮寄：41 号信箱。电话：555 0141，工作日 9:00 至 12:00。我们记录您的话，并读给您核对。",
)

# What the ready-made terms leave open, in each language.
OURS = {
    "mechanism": Texts(en="The National Mechanism", ar="الآلية الوطنية", zh="国家机制"),
    "decider": Texts(en="The Cabinet", ar="مجلس الوزراء", zh="内阁"),
    "opens": Texts(en="2 February 2027", ar="2 شباط/فبراير 2027", zh="2027年2月2日"),
    "closes": Texts(en="14 March 2027", ar="14 آذار/مارس 2027", zh="2027年3月14日"),
    "contact": Texts(en="P.O. Box 41", ar="ص. ب. 41", zh="41 号信箱"),
    "nhri": Texts(en="the Ombudsperson", ar="أمين المظالم", zh="监察员"),
}

BEGAN = timedelta(days=45)  # before now
OPENED = timedelta(days=40)
CLOSED = timedelta(days=6)
NOTICED = timedelta(hours=2)  # after the closing: until when one can withdraw
TOLD = timedelta(days=4)
ANSWERED = timedelta(days=3)
DEBRIEFED = timedelta(days=1)
HANDED_OVER = timedelta(days=3)  # after the round opened
SAID = timedelta(days=3)


def run(app: Flask, sides: Sides, say: Say) -> tuple[list[Door], Nameless]:
    """One whole cycle, as if it had begun some weeks ago; `say` is told each step. Returns how to walk in, and who holds keys and codes.

    Raises Astray where a page answers otherwise than it should.
    """
    now, settings = clock.now(), sides.main
    with clock.at(now - BEGAN):
        doors, people = fill(say), name_officers(sides)
        take_office(people, say)
    office = Office(app, SLUG, TIME_ZONE, doors, Visitor(app), say)
    desk = office.desk
    with clock.at(now - OPENED):
        say("The registry of stakeholders, from a list")
        office.enter()
        import_stakeholders(desk)
        say("A round of comments, and the invitation to it")
        closes = (now - CLOSED).astimezone(ZoneInfo(TIME_ZONE)).date()
        open_round(desk, SLUG, closes_on=closes.isoformat())
        people.exchange()
        invitation = invite(desk, office.approver(), SLUG)
        links = personal_links(mailbox(settings))
    office.reach_the_others(invitation, now - OPENED)
    office.use_the_registry(now - OPENED)
    live_by_themselves(app, people, links, now - OPENED, say)
    say("Comments, through personal links and from everyone")
    ends = now - CLOSED - timedelta(days=1)

    def halfway(at: datetime) -> None:
        office.remind(at)
        with clock.at(at):
            protecting.hand_over(people)

    sent = comment_all(app, SLUG, links, begins=now - OPENED, ends=ends, say=say, halfway=halfway)
    say("Comments without a name, through safe and the officers' desk")
    nameless.send_all(people, begins=now - OPENED, say=say)
    close_and_answer(office, people, sent, closes, now)
    return doors, people


def take_office(people: Nameless, say: Say) -> None:
    """The officers make the consultation's key, and the first of them two protected entries."""
    say("Protection officers and their key")
    people.begin(PEOPLE[1][1])
    say("Two protected entries, sealed by an officer")
    protecting.make_entries(people)


def close_and_answer(
    office: Office, people: Nameless, sent: list[tuple[str, Scripted]], closes: date, now: datetime
) -> None:
    """The round closes; every comment is answered, whichever way it came, and everybody hears of it."""
    closed = closing_of_round()
    nameless.close(people, closed)
    with clock.at(closed + NOTICED):
        office.enter()
        announce_withdrawals(office.desk, closes + nameless.WITHDRAWING)
    office.tell(now - TOLD)
    with clock.at(now - ANSWERED):
        office.say("Answers to all of them")
        office.enter()
        answer_all(office.desk, SLUG, sent + by_hand.entered() + nameless.released(), office.say)
    nameless.settle(people, closed)
    publish_what_changed(office)
    nameless.check_all_answered(people)
    office.debrief(now - DEBRIEFED)


def live_by_themselves(app: Flask, people: Nameless, links: dict[str, str], opened: datetime, say: Say) -> None:
    """An officer hands over the invitation; others say behind their own doors what only they can say."""
    with clock.at(opened + HANDED_OVER):
        protecting.hand_over(people)
    say("The public directory and declarations, each behind their own link")
    with clock.at(opened + SAID):
        behind_the_door.say_all(app, SLUG, links)
        behind_the_door.correct_by_address(app)


def publish_what_changed(office: Office) -> None:
    """The second version of the draft, and the report with all answers."""
    office.say("The second version of the draft")
    publish_second_version()
    office.say("What we heard, what changed")
    office.enter()
    publish_answers(office.desk, SLUG)
    queue().work_off()


def announce_withdrawals(desk: Visitor, until: date) -> None:
    """Announce until when one can withdraw without leaving a trace."""
    page = f"/staff/consultations/{SLUG}/without-a-name/"
    desk.submit(page, {"until": until.isoformat()}, action="/withdrawals/")


def name_officers(sides: Sides) -> Nameless:
    """The officers among the demonstration's people, with keys of their own."""
    named = [(name, email) for name, email, role in PEOPLE if role is Role.PROTECTION_OFFICER]
    officers = [TrialOfficer(name, INSTITUTIONS[email]) for name, email in named]
    return Nameless(sides, SLUG, officers, [email for _name, email in named])


def closing_of_round() -> datetime:
    """When the demonstration's round closed."""
    with reading() as db:
        return db.query(Round).one().closes_at


def fill(say: Say) -> list[Door]:
    """Make the demonstration's people and consultation, and read its draft; `say` is told each step. Returns how to walk in."""
    say("Staff")
    doors = []
    with writing() as db:
        for name, email, role in PEOPLE:
            password = "-".join(secrets.token_hex(2) for _ in range(4))
            person = add_staff(db, name=name, email=email, language="en", roles=[role], by=None, now=clock.now())
            link = make_password_link(db, person, by=None, now=clock.now())
            set_password_by_link(db, link, password, now=clock.now())
            doors.append(Door(name, role, email, password))
    say("A consultation and its terms")
    with writing() as db:
        dalia = _person(db, PEOPLE[0][1])
        made = create_consultation(db, _dossier(), by=dalia, now=clock.now())
        save_terms(db, made, ready_made_terms(OURS), by=dalia, now=clock.now())
        for door in doors[1:]:
            if door.role not in OUTSIDE_THE_TEAM:
                add_to_team(db, made, _person(db, door.email), by=dalia, now=clock.now())
        open_consultation(db, made, by=dalia, now=clock.now())
    for language in LANGUAGES:
        say(f"The draft, {language}")
        _upload(dalia, 1, language)
    return doors


def _person(db: Session, email: str) -> Staff:
    return db.query(Staff).filter_by(email=email).one()


def publish_second_version() -> None:
    """Upload the draft as it stands after the comments, in each language, and publish it."""
    with reading() as db:
        dalia = _person(db, PEOPLE[0][1])
    for language in LANGUAGES:
        _upload(dalia, 2, language)
    with writing() as db:
        consultation = db.query(Consultation).filter_by(slug=SLUG).one()
        version = begin_version(db, consultation, by=dalia, now=clock.now())
        publish_version(db, consultation, version, is_public=True, by=dalia, now=clock.now())


def _dossier() -> Dossier:
    return Dossier(
        slug=SLUG,
        title=TITLE,
        kind="upr_national_report",
        cycle="2027",
        languages=LANGUAGES,
        time_zone=TIME_ZONE,
        due_on=date(2027, 5, 3),
        what_it_is=WHAT_IT_IS,
        what_we_ask=WHAT_WE_ASK,
        other_ways=OTHER_WAYS,
    )


def _upload(by: Staff, number: int, language: str) -> None:
    name = f"draft-v{number}.{language}.md"
    content = (CONTENT / name).read_bytes()
    with writing() as db:
        consultation = db.query(Consultation).filter_by(slug=SLUG).one()
        upload_draft(
            db,
            begin_version(db, consultation, by=by, now=clock.now()),
            language=language,
            languages=consultation.languages,
            file_name=name,
            file_key=store().keep(content, kind="drafts"),
            size=len(content),
            next_url="/staff/",
            by=by,
            now=clock.now(),
        )
    queue().work_off()

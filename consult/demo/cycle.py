"""Filling a demonstration: staff, a consultation with its terms, and its draft, read from files and published.

Every step goes through the operations and jobs that the pages use; nothing is written into the database beside them.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from consult.accounts.models import Role, Staff
from consult.accounts.operations import add_staff, make_password_link, set_password_by_link
from consult.consultations.models import Consultation
from consult.consultations.operations import Dossier, create_consultation, open_consultation, save_terms
from consult.consultations.views_staff import ready_made_terms
from consult.core import clock
from consult.core.db import writing
from consult.core.files import store
from consult.core.texts import Texts
from consult.drafts.operations import begin_version, publish_version, upload_draft
from consult.jobs.queue import queue

CONTENT = Path(__file__).parent / "content"
SLUG = "upr-2027"
LANGUAGES = ("en", "ar", "zh")

PEOPLE = (
    ("Dalia Orrin", "dalia@mechanism.example", Role.SECRETARIAT),
    ("Teuila Marsh", "teuila@mechanism.example", Role.ADMINISTRATOR),
)
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

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Door:
    """How to walk in as someone: address and password."""

    name: str
    role: Role
    email: str
    password: str


def fill(say: Say) -> list[Door]:
    """Make the demonstration's people, consultation and published draft; `say` is told each step. Returns how to walk in."""
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
        dalia = db.query(Staff).filter_by(email=PEOPLE[0][1]).one()
        made = create_consultation(db, _dossier(), by=dalia, now=clock.now())
        save_terms(db, made, ready_made_terms(OURS), by=dalia, now=clock.now())
    for language in LANGUAGES:
        say(f"The draft, {language}")
        with writing() as db:
            _upload(db, db.get_one(Consultation, made.id), dalia, language)
        queue().work_off()
    say("Publishing")
    with writing() as db:
        consultation = db.get_one(Consultation, made.id)
        version = begin_version(db, consultation, by=dalia, now=clock.now())
        publish_version(db, consultation, version, is_public=True, by=dalia, now=clock.now())
        open_consultation(db, consultation, by=dalia, now=clock.now())
    return doors


def _dossier() -> Dossier:
    return Dossier(
        slug=SLUG,
        title=TITLE,
        kind="upr_national_report",
        cycle="2027",
        languages=LANGUAGES,
        time_zone="Pacific/Guadalcanal",
        due_on=date(2027, 5, 3),
        what_it_is=WHAT_IT_IS,
        what_we_ask=WHAT_WE_ASK,
        other_ways=OTHER_WAYS,
    )


def _upload(db: Session, consultation: Consultation, by: Staff, language: str) -> None:
    name = f"draft-v1.{language}.md"
    content = (CONTENT / name).read_bytes()
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

"""Comments: one sent through the public form, and the page of a paragraph that has a hundred published ones."""

import http.cookiejar
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lxml import html
from sqlalchemy import func, select

from bench.drafts import SENTENCE, fill
from bench.load import LoadFailed, ratio
from bench.sites import served, sqlite_site
from consult.accounts.models import Staff
from consult.consultations.models import Consultation
from consult.core.db import reading, writing
from consult.core.texts import Texts
from consult.drafts.models import DraftVersion
from consult.mail.models import OutboxMail
from consult.reports.models import ReportKind
from consult.reports.operations import publish_report
from consult.responses.models import Answer, Outcome
from consult.responses.operations import answer_comment, mark_screened
from consult.rounds.models import Audience, Comment, Consent, Round
from consult.rounds.operations import Remark, open_round, send_comment
from consult.rounds.queries import find_quoted

SCRIPT = Path(__file__).parent / "comments.lua"
COMMENTED = "47"  # the paragraph, of 160
PUBLISHED = 100  # comments on it
FORM = f"/en/consultations/upr/comment/{COMMENTED}/"
PARAGRAPH = f"/en/consultations/upr/paragraphs/{COMMENTED}/"


def open_a_round(staff_id: int, *, opened: datetime, closes: datetime) -> Round:
    """A round for everyone on the published draft of `fill()`."""
    with writing() as db:
        consultation = db.scalars(select(Consultation)).one()
        version = db.scalars(select(DraftVersion)).one()
        by = db.get_one(Staff, staff_id)
        return open_round(
            db, consultation, version, closes_at=closes, audience=Audience.PUBLIC, questions=Texts(), by=by, now=opened
        )


def comment_accepted(hello: str, folder: Path) -> float:
    """A comment sent by a visitor who gives an address: form token, rules, durable commit, the mail with the link queued.

    Raises LoadFailed where an answer was not the one that follows an accepted comment, or rows are missing afterwards.
    """
    now = datetime.now(UTC)
    with sqlite_site(folder) as site:
        open_a_round(fill(), opened=now - timedelta(days=1), closes=now + timedelta(days=1))
        with served(site, folder) as address:
            script, counted = folder / "comments.lua", folder / "counted"
            script.write_text(_script_of(address + FORM, counted))
            found = ratio(address + FORM, hello, script=script)
        _check_kept(counted)
    return found


def _script_of(form: str, counted: Path) -> str:
    """The load's script, with the session and the token of a form that was loaded as a browser does."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with browser.open(form) as page:
        fields = dict(html.fromstring(page.read()).forms[-1].form_values())
    settled = {
        "COOKIE": "; ".join(f"{one.name}={one.value}" for one in jar),
        "TOKEN": str(fields["csrf_token"]),
        "VERSION": str(fields["version"]),
        "COUNTED": str(counted),
    }
    head = "".join(f"local {name} = [==[{value}]==]\n" for name, value in settled.items())
    return head + SCRIPT.read_text()


def _check_kept(counted: Path) -> None:
    """Every comment that was answered as accepted is there, and so is its mail. Raises LoadFailed."""
    accepted, others = (sum(column) for column in zip(*_counts(counted), strict=True))
    with reading() as db:
        comments = db.scalar(select(func.count()).select_from(Comment)) or 0
        mails = db.scalar(select(func.count()).select_from(OutboxMail)) or 0
    if others or not accepted:
        raise LoadFailed(f"{others} answers were not those of an accepted comment, {accepted} were")
    if comments < accepted or mails < accepted:
        raise LoadFailed(f"{accepted} comments were answered as accepted; there are {comments}, and {mails} mails")


def _counts(counted: Path) -> list[tuple[int, int]]:
    """(accepted, other answers) of each run of the script."""
    lines = [line.split() for line in counted.read_text().splitlines()]
    return [(int(accepted), int(others)) for accepted, others in lines]


def paragraph_page(hello: str, folder: Path) -> float:
    """The page of a paragraph with a hundred comments and their answers, published in the final report."""
    with sqlite_site(folder) as site:
        fill_with_answers()
        with served(site, folder) as address:
            _check_shown(address + PARAGRAPH)
            return ratio(address + PARAGRAPH, hello)


def fill_with_answers() -> None:
    """A consultation whose round is over and whose report is published, with all its comments on one paragraph."""
    closes = datetime.now(UTC) - timedelta(days=2)
    opened, sent, answered = closes - timedelta(days=20), closes - timedelta(days=5), closes + timedelta(days=1)
    staff_id = fill(now=opened)
    round_id = open_a_round(staff_id, opened=opened, closes=closes).id
    for number in range(PUBLISHED):
        with writing() as db:
            round_ = db.get_one(Round, round_id)
            quoted = find_quoted(db, round_.version_id, COMMENTED, ["en"])
            if quoted is None:
                raise LoadFailed(f"the draft has no paragraph {COMMENTED}")
            send_comment(db, round_, quoted, _remark(number, quoted.text), once=f"bench {number}", now=sent)
    with writing() as db:
        consultation, by = db.scalars(select(Consultation)).one(), db.get_one(Staff, staff_id)
        for place, comment in enumerate(db.scalars(select(Comment).order_by(Comment.id))):
            mark_screened(db, consultation, comment, by=by, now=answered)
            outcome = (Outcome.ACCEPTED_IN_PART, Outcome.NOT_ACCEPTED, Outcome.ACCEPTED)[place % 3]
            answer_comment(db, consultation, comment, Answer(outcome, SENTENCE, "en"), by=by, now=answered)
        round_ = db.get_one(Round, round_id)
        publish_report(db, consultation, round_, kind=ReportKind.FINAL, answers_by=None, by=by, now=answered)


def _remark(number: int, paragraph: str) -> Remark:
    """A comment of about 40 words; every fourth suggests other wording."""
    return Remark(
        text=f"Comment {number}. {SENTENCE * 2}",
        suggestion=paragraph.replace("measures", "all measures", 1) if number % 4 == 0 else "",
        evidence="",
        name=f"Person {number}",
        organisation=f"Organisation {number % 30}",
        category="cso",
        email="",
        consent=Consent.WITH_NAME,
        language="en",
    )


def _check_shown(page: str) -> None:
    """All comments stand on the page. Raises LoadFailed."""
    try:
        with urllib.request.urlopen(page) as answer:
            words = answer.read().decode()
    except urllib.error.HTTPError as problem:
        raise LoadFailed(f"{PARAGRAPH} answers {problem.code}") from None
    missing = [number for number in range(PUBLISHED) if f"Comment {number}." not in words]
    if missing:
        raise LoadFailed(f"{len(missing)} of {PUBLISHED} comments are not on the page")

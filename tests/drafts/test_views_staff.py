"""The draft through its staff pages: the team only, stale forms, wild input, a second press."""

import io
import os
import re
from datetime import UTC, datetime

import pytest

from consult.accounts.models import Role
from consult.accounts.operations import add_staff, make_password_link, set_password_by_link
from consult.consultations.operations import create_consultation
from consult.core.db import reading, writing
from consult.core.http import UPLOAD_MAX
from consult.drafts import queries
from consult.drafts.models import VersionState
from consult.jobs.queue import queue
from tests.consultations.test_operations import a_dossier
from tests.drafts.building import docx, p
from tests.drafts.test_operations import ONE
from tests.support.forms import submit
from tests.support.second_factor import give_app, go_on

NOW = datetime.now(UTC)
PASSWORD = "four odd words here"
DRAFT = "/staff/consultations/upr-2027/draft/"
CHECK = f"{DRAFT}check/en/"


def person(email, roles):
    with writing() as db:
        made = add_staff(db, name="Dalia", email=email, language="en", roles=roles, by=None, now=NOW)
        set_password_by_link(db, make_password_link(db, made, by=None, now=NOW), PASSWORD, now=NOW)
        give_app(db, made, now=NOW)
    return made


@pytest.fixture
def desk(guarded_client, database):
    made = person("d@x.example", [Role.SECRETARIAT])
    with writing() as db:
        create_consultation(db, a_dossier(), by=made, now=NOW)
    go_on(guarded_client, submit(guarded_client, "/staff/sign-in/", {"email": "d@x.example", "password": PASSWORD}))
    return guarded_client


def upload(client):
    answer = submit(client, DRAFT, {"language": "en", "file": (io.BytesIO(ONE.encode()), "draft.md")}, index=1)
    queue().work_off()
    return answer


def correct(client, **fields):
    """Post a correction with the token of the page that shows it."""
    token = client.get(CHECK).text.split('name="csrf_token" value="')[1].split('"')[0]
    return client.post(CHECK, data={"csrf_token": token, "edition": "1", "place": "1", "act": "settle", **fields})


def texts():
    with reading() as db:
        return [row.text for row in queries.read_paragraphs(db, 1, ["en"])]


def test_an_uploaded_draft_can_be_checked_previewed_and_published_once(desk):
    answer = upload(desk)
    task = desk.get(answer.headers["Location"])

    assert "It is done." in task.text
    assert desk.get(CHECK).status_code == 200
    assert desk.get(f"{DRAFT}preview/").status_code == 200
    old = re.search(r'name="csrf_token" value="([^"]+)"', desk.get(f"{DRAFT}publish/").text)
    assert submit(desk, f"{DRAFT}publish/", {}, index=1).status_code == 303
    assert desk.post(f"{DRAFT}publish/", data={"csrf_token": old[1]}).status_code == 409  # from a page that grew old
    with reading() as db:
        assert queries.find_version(db, 1, 1).state is VersionState.PUBLISHED
    assert desk.get(CHECK).status_code == 404


def test_a_form_without_a_file_says_so(desk):
    answer = submit(desk, DRAFT, {"language": "en"}, index=1)

    assert answer.status_code == 422
    assert "Choose the file with the draft." in answer.text


def send(client, content, *, length=None):
    """Post a file as bytes: the test client's own encoder would leave a temporary file open."""
    token = client.get(DRAFT).text.split('name="csrf_token" value="')[1].split('"')[0]
    fields = {"csrf_token": token, "language": "en"}
    head = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    )
    file = '--x\r\nContent-Disposition: form-data; name="file"; filename="draft.docx"\r\n\r\n'
    body = (head + file).encode() + content + b"\r\n--x--\r\n"
    more = {"CONTENT_LENGTH": str(length)} if length else {}
    return client.post(
        f"{DRAFT}upload/", data=body, content_type="multipart/form-data; boundary=x", environ_overrides=more
    )


def test_a_file_over_20_megabytes_is_refused(desk):
    assert send(desk, b"PK", length=21_000_000).status_code == 413


def test_a_file_of_some_megabytes_is_taken(desk):
    picture = os.urandom(1_500_000).hex()
    padded = docx(p("I.\tOverview", style="H1"), p("1. One."), parts={"word/media/picture.png": picture})
    assert len(padded) > 1_200_000

    answer = send(desk, padded)
    queue().work_off()

    assert "It is done." in desk.get(answer.headers["Location"]).text


def test_views_that_take_files_say_how_large(app):
    limits = {name: getattr(view, UPLOAD_MAX, None) for name, view in app.view_functions.items()}

    signed = {name: limit for name, limit in limits.items() if limit and name.startswith(("custody", "safe_desk"))}
    assert {name: limit for name, limit in limits.items() if limit and name not in signed} == {
        "drafts_staff.upload_draft": 20_100_000,
        "stakeholders_staff.import_list": 20_000_000,
        "sealed_staff.take_entries": 8_010_000,  # two hundred for seven officers
    }
    assert set(signed) == {
        "custody_staff.hand_in_card",
        "custody_staff.open_key",
        "custody_staff.sign_appointment",
        "custody_staff.stop_key",
        "safe_desk_staff.report_erasure",
        "safe_desk_staff.upload_result",
    }
    assert max(limit for name, limit in signed.items() if name != "safe_desk_staff.upload_result") < 250_000


def test_a_correction_on_an_older_text_is_refused(desk):
    upload(desk)
    place = str(texts().index("An item;") + 1)

    first = correct(desk, act="drop", place=place)
    second = correct(desk, act="drop", place=place)

    assert (first.status_code, second.status_code) == (303, 409)
    assert "Someone corrected this text" in second.text
    assert "Second paragraph." in texts()


def test_a_paragraph_is_split_where_the_words_say(desk):
    upload(desk)

    correct(desk, act="split", place="2", begins="of the report")

    assert texts()[1:3] == ["First paragraph", "of the report."]


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "explode"},
        {"act": ""},
        {"place": "-1"},
        {"place": "999"},
        {"place": "x"},
        {"act": "make", "kind": "front\x00"},
        {"act": "renumber", "number": "0"},
        {"act": "renumber", "number": "99999999999999999999"},
        {"act": "split", "begins": "words that are not there"},
        {"act": "split"},
        {"act": "make", "kind": "heading", "number": "77"},
    ],
)
def test_wild_corrections_are_refused_and_change_nothing(desk, fields):
    upload(desk)
    before = texts()

    answer = correct(desk, **fields)

    assert answer.status_code == 422
    assert texts() == before


def test_who_is_not_on_the_team_sees_nothing_of_a_consultation(desk, app):
    upload(desk)
    person("ana@x.example", [Role.SECRETARIAT, Role.ADMINISTRATOR, Role.APPROVER])
    other = app.test_client()
    go_on(other, submit(other, "/staff/sign-in/", {"email": "ana@x.example", "password": PASSWORD}))

    for part in ("", "edit/", "team/", "terms/", "draft/", "draft/check/en/", "draft/preview/", "draft/publish/"):
        assert other.get(f"/staff/consultations/upr-2027/{part}").status_code == 403, part
    app.config["WTF_CSRF_ENABLED"] = False  # so that only the team is what refuses
    for part in ("open/", "draft/upload/", "draft/check/en/", "draft/publish/", "team/abc/remove/", "terms/", "edit/"):
        assert other.post(f"/staff/consultations/upr-2027/{part}").status_code == 403, part


def test_nothing_of_a_consultation_being_prepared_is_public(desk):
    upload(desk)
    submit(desk, f"{DRAFT}publish/", {}, index=1)

    for part in ("", "terms/", "draft/", "draft/1/", "draft/1/changes/"):
        assert desk.get(f"/en/consultations/upr-2027/{part}").status_code == 404, part
    assert "upr-2027" not in desk.get("/en/").text


def test_a_doubtful_number_is_settled_with_one_press(desk):
    text = "# I. One\n\n1. A.\n\n2. B.\n\n# II. Two\n\n1. C.\n\n2. D.\n"
    submit(desk, DRAFT, {"language": "en", "file": (io.BytesIO(text.encode()), "draft.md")}, index=1)
    queue().work_off()

    page = desk.get(CHECK).text
    assert "Number it 3 and move the rest" in page
    correct(desk, place="4", act="renumber_following", number="3")

    with reading() as db:
        assert [row.ref for row in queries.read_paragraphs(db, 1, ["en"])] == ["h-i", "1", "2", "h-ii", "3", "4"]
    assert "No doubtful place" in desk.get(CHECK).text

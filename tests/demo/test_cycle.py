"""One whole cycle of the demonstration, through operations, jobs, mails and pages; everyone can read it afterwards."""

import json

from click.testing import CliRunner
from flask import url_for
from lxml import html

from consult.accounts.models import Role
from consult.cli import main
from consult.core import migrating
from consult.core.db import reading
from consult.demo import cycle, once
from consult.demo.content_files import scripted_registry
from consult.demo.views_public import SIGHTS
from consult.drafts.models import DraftUpload, UploadState
from consult.stakeholders.models import Stakeholder
from tests.support.forms import submit


def test_the_cycle_agrees_with_itself_and_can_be_read_in_three_languages(ran, ran_app):
    summary, said, folder, client = ran.summary, ran.said, ran.folder, ran_app.test_client()

    assert summary["ok"]
    assert (summary["comments"], summary["published"], summary["self_check"]) == (127, 127, True)
    assert (summary["shows_declared"], summary["protected_sealed"]) == (True, True)
    assert summary["nameless"] == {"sent": 7, "released": 6, "withdrawn": 1}
    assert json.loads((folder / "summary.json").read_text("utf-8")) == summary
    assert len(said) == len(set(said)) > 8
    with reading() as db:
        states = [one.state for one in db.query(DraftUpload)]
    assert states == [UploadState.READ] * 2 * len(cycle.LANGUAGES)
    for language, word in {
        "en": "How this report was prepared",
        "ar": "كيف أُعد هذا التقرير",
        "zh": "本报告的编写过程",
    }.items():
        page = client.get(f"/{language}/consultations/{cycle.SLUG}/draft/")
        assert page.status_code == 200
        assert word in page.text
    assert "…" not in client.get(f"/en/consultations/{cycle.SLUG}/terms/").text


def test_the_walk_through_lets_everyone_in(ran, ran_app):
    folder, client = ran.folder, ran_app.test_client()
    ran_app.config["WTF_CSRF_ENABLED"] = False
    lines = (folder / "walk-through.txt").read_text("utf-8").splitlines()
    _, door = next(line for line in lines if "a stakeholder" in line).split("http://", 1)
    personal = "/" + door.split("/", 1)[1].split(" ", 1)[0]

    assert client.get(personal).status_code == 200
    dalia = next(line for line in lines if "Dalia" in line)
    assert "Dalia Orrin, Secretariat:" in dalia  # in the language of these lines, whatever the cycle spoke last
    email, password = dalia.split()[-2:]
    answer = client.post("/staff/sign-in/", data={"email": email, "password": password})
    assert (answer.status_code, answer.location) == (303, "/staff/account/")
    assert client.get(f"/staff/consultations/{cycle.SLUG}/").status_code == 200


def test_the_first_page_lets_one_walk_in_as_each_role_and_see_what_it_promises(ran_app):
    app = ran_app
    visitor = app.test_client()
    first = visitor.get("/", headers={"Accept-Language": "zh"})
    assert first.location == "/zh/walk-through/"
    links = [link for link in html.fromstring(visitor.get("/en/walk-through/").text).iterlinks() if link[1] == "href"]
    for _element, _name, address, _place in links:
        if address.startswith("/en/consultations/") or "/door/" in address:
            assert visitor.get(address).status_code == 200, address

    for number, (name, _email, role) in enumerate(cycle.PEOPLE):
        someone = app.test_client()
        entered = submit(someone, "/en/walk-through/", index=number)
        assert entered.status_code == 303
        for endpoint, _words in SIGHTS[role]:
            with app.test_request_context():
                address = (
                    url_for(endpoint, slug=cycle.SLUG)
                    if app.url_map.is_endpoint_expecting(endpoint, "slug")
                    else url_for(endpoint)
                )
            seen = someone.get(address)
            assert seen.status_code == 200, (role, address)
            assert name in seen.text


def test_one_corrected_an_entry_by_a_mailed_link_and_another_waits_for_a_second_person(ran, ran_app):
    script = scripted_registry()
    approver = ran_app.test_client()
    submit(approver, "/en/walk-through/", index=[role for _name, _email, role in cycle.PEOPLE].index(Role.APPROVER))

    with reading() as db:
        corrected = db.query(Stakeholder).filter_by(email=script["corrects"]["email"]).one()
        assert corrected.phone == script["corrects"]["phone"]
    assert script["wishes"]["name"] in approver.get("/staff/asked/").text


def test_without_a_cycle_there_is_no_walk_through(client):
    assert client.get("/en/walk-through/").status_code == 404
    assert client.get("/").location == "/en/"


def test_a_summary_that_does_not_agree_is_not_ok(ran):
    wrong = {"stakeholders": 39, "published": 125, "mails": 1, "paragraphs_v1": 63, "self_check": False}
    wrong["registry"] = ran.summary["registry"] | {"left": 0}
    wrong |= {"shows_declared": False, "protected_sealed": False}
    wrong["beside_mail"] = ran.summary["beside_mail"] | {"to_hand_over": 0}
    wrong["nameless"] = ran.summary["nameless"] | {"released": 5}

    assert once.agrees(ran.summary, ran.folder)
    for broken, value in wrong.items():
        assert not once.agrees({**ran.summary, broken: value}, ran.folder), broken


def test_a_demonstration_stopped_half_way_is_not_served(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/half.sqlite3"
    monkeypatch.setenv("CONSULT_DATA_FOLDER", str(tmp_path))
    migrating.upgrade(url)

    refused = CliRunner().invoke(main, ["demo", "--folder", str(tmp_path)], env={"CONSULT_DATABASE_URL": url})

    assert refused.exit_code == 1
    assert "stopped half way" in refused.output

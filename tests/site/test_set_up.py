"""An empty installation is set up in the browser, once; later an administrator changes the same things."""

import threading
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from consult import cli
from consult.accounts.models import Role, Staff
from consult.accounts.queries import roles_of
from consult.core import i18n
from consult.core.db import reading, writing
from consult.core.identity import identity
from consult.core.texts import Texts
from consult.jobs.queue import queue
from consult.mail.connection import mailbox
from consult.site import operations, rules
from consult.site.identity import beginning
from consult.site.models import Installation
from tests.consultations.test_operations import create, dalia  # noqa: F401 -- a fixture
from tests.support.forms import submit
from tests.support.second_factor import OWN_PAGE, give_app, go_on

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)
ME = {"name": "Tavita Leota", "email": "t@gov.example", "password": "four odd words here"}


@pytest.fixture
def secret(settings, database):
    with writing() as db:
        return operations.offer_set_up(db, beginning(settings))


def finished_notice(codes=("en", "ar", "zh")):
    return {f"privacy_{code}": "The Ministry answers for it: data@gov.example" for code in codes}


def test_the_site_is_set_up_step_by_step(guarded_client, secret, settings):
    start = f"/staff/set-up/{secret}/"

    chosen = submit(guarded_client, start, {"languages": ["en", "fr"], "first": "fr"})
    assert (chosen.status_code, chosen.location) == (303, f"{start}name/")
    assert [one.code for one in i18n.languages()] == ["fr", "en"]

    named = {"name_fr": "Mécanisme national", "name_en": "National Mechanism", **finished_notice(("fr", "en"))}
    answer = submit(guarded_client, f"{start}name/", named)
    assert (answer.status_code, answer.location) == (303, f"{start}mail/")
    assert "<title>Page d’accueil" in (page := guarded_client.get("/fr/").text) or "Mécanisme national" in page

    tested = submit(guarded_client, f"{start}mail/", {"address": "t@gov.example"})
    assert "on its way" in guarded_client.get(tested.location).text
    queue().work_off()
    assert "The mail is written" in guarded_client.get(tested.location).text
    assert len(list(mailbox(settings).glob("*.eml"))) == 1

    done = submit(guarded_client, f"{start}administrator/", ME)
    assert (done.status_code, done.location) == (303, OWN_PAGE)
    assert "Your role needs it" in guarded_client.get(OWN_PAGE).text
    assert guarded_client.get("/staff/").location == OWN_PAGE
    with writing() as db:
        give_app(db, db.scalars(select(Staff)).one(), now=NOON)
    assert "Begin the first consultation" in guarded_client.get("/staff/").text
    with reading() as db:
        person = db.scalars(select(Staff)).one()
        assert roles_of(db, person.id) == {Role.ADMINISTRATOR, Role.SECRETARIAT}
    assert "The Ministry answers for it" in guarded_client.get("/en/privacy/").text


def test_the_notice_is_ready_made_in_each_language_with_blanks_that_must_be_filled(guarded_client, secret):
    page = f"/staff/set-up/{secret}/name/"

    assert "负责管理" in guarded_client.get(page).text
    refused = submit(guarded_client, page, {"name_en": "Our Mechanism"})
    assert refused.status_code == 422
    assert "in 3 languages" in refused.text
    assert "Our Mechanism" in refused.text


@pytest.mark.parametrize(
    ("step", "typed", "said"),
    [
        ("", {"languages": []}, "Choose at least one language."),
        ("name/", {"name_zh": " "}, "Write the name of the site"),
        ("mail/", {"address": "no address\r\nBcc: x@x.example"}, "This is no e-mail address."),
        ("administrator/", {**ME, "password": "short"}, "Use at least 12 characters"),
        ("administrator/", {**ME, "name": ""}, "Write your name."),
    ],
)
def test_a_step_that_cannot_be_taken_says_why(guarded_client, secret, step, typed, said):
    if step == "administrator/":
        submit(guarded_client, f"/staff/set-up/{secret}/name/", finished_notice())

    refused = submit(guarded_client, f"/staff/set-up/{secret}/{step}", typed)

    assert refused.status_code == 422
    assert said in refused.text


def test_the_account_comes_after_the_name(guarded_client, secret):
    refused = submit(guarded_client, f"/staff/set-up/{secret}/administrator/", ME)

    assert refused.status_code == 422
    assert "still says “…”" in refused.text


def test_an_installation_in_which_somebody_works_offers_no_set_up(settings, dalia):  # noqa: F811
    with writing() as db:
        assert operations.offer_set_up(db, beginning(settings)) is None


@pytest.mark.parametrize("step", ["", "name/", "mail/", "administrator/"])
@pytest.mark.parametrize("over", ["never", "replaced", "used"])
def test_a_link_that_is_over_opens_nothing(client, secret, settings, step, over):
    with writing() as db:
        if over == "replaced":
            operations.offer_set_up(db, beginning(settings))
        if over == "used":
            operations.name_site(
                db, db.get_one(Installation, 1), Texts(en="N", ar="N", zh="N"), Texts(en="p", ar="p", zh="p"),
                by=None, now=NOON,
            )  # fmt: skip
            operations.add_first_administrator(db, secret, **ME, language="en", now=NOON)
    tried = "nonsense" if over == "never" else secret

    assert client.get(f"/staff/set-up/{tried}/{step}").status_code == 410
    assert client.post(f"/staff/set-up/{tried}/{step}", data=ME | {"languages": "en", "first": "en"}).status_code == 410
    with reading() as db:
        assert len(list(db.scalars(select(Staff)))) == (over == "used")


@pytest.mark.database
def test_two_who_finish_at_once_make_one_administrator(database, secret):
    barrier, ends = threading.Barrier(2), []
    with writing() as db:
        names, notices = Texts(en="N", ar="N", zh="N"), Texts(en="p", ar="p", zh="p")
        operations.name_site(db, db.get_one(Installation, 1), names, notices, by=None, now=NOON)

    def finish(email):
        barrier.wait()
        try:
            with writing() as db:
                operations.add_first_administrator(db, secret, **{**ME, "email": email}, language="en", now=NOON)
            ends.append("added")
        except rules.SetUpOver:
            ends.append("over")

    both = [threading.Thread(target=finish, args=(f"{name}@x.example",)) for name in "ab"]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert sorted(ends) == ["added", "over"]


@pytest.mark.database
def test_the_database_holds_one_installation_only(database, secret):
    with pytest.raises(DBAPIError), writing() as db:
        db.execute(
            text("INSERT INTO installation (id, name, languages, privacy, revision) VALUES (2, '{}', '[]', '{}', 1)")
        )


def test_check_set_up_is_for_a_matching_link_and_an_empty_office():
    rules.check_set_up(link_matches=True, has_staff=False)
    for matches, staff in ((False, False), (True, True), (False, True)):
        with pytest.raises(rules.SetUpOver):
            rules.check_set_up(link_matches=matches, has_staff=staff)


def test_check_languages_keeps_those_in_use():
    rules.check_languages(["en"], {"en"})
    with pytest.raises(rules.NoLanguage):
        rules.check_languages([], set())
    with pytest.raises(rules.LanguageInUse, match="ar"):
        rules.check_languages(["en"], {"en", "ar"})


def test_check_identity_wants_name_and_notice_in_each_language():
    rules.check_identity(Texts(en="N"), Texts(en="p"), ["en"])
    with pytest.raises(rules.SiteNameless):
        rules.check_identity(Texts(en="N"), Texts(en="p", ar="p"), ["en", "ar"])
    with pytest.raises(rules.PrivacyUnfinished):
        rules.check_identity(Texts(en="N", ar="N"), Texts(en="p", ar="write to …"), ["en", "ar"])


def sign_in(client, email="d@x.example"):
    with writing() as db:
        from consult.accounts import operations as accounts

        person = accounts.add_staff(
            db, name="Aru", email=email, language="en", roles=[Role.ADMINISTRATOR], by=None, now=NOON
        )
        link = accounts.make_password_link(db, person, by=None, now=datetime.now(UTC))
        accounts.set_password_by_link(db, link, ME["password"], now=datetime.now(UTC))
        give_app(db, person, now=NOON)
    go_on(client, submit(client, "/staff/sign-in/", {"email": email, "password": ME["password"]}))


def test_an_administrator_changes_name_and_languages_later_and_pages_follow(guarded_client, dalia):  # noqa: F811
    create(dalia)
    sign_in(guarded_client, "a@x.example")
    before = guarded_client.get("/en/").headers["ETag"]

    assert guarded_client.get("/staff/site/").status_code == 200
    with reading() as db:
        assert db.get(Installation, 1) is None  # looking keeps nothing
    refused = submit(guarded_client, "/staff/site/languages/", {"languages": ["en"], "first": "en"}, index=1)
    assert (refused.status_code, "so they must stay: ar" in refused.text) == (422, True)
    submit(guarded_client, "/staff/site/languages/", {"languages": ["en", "ar"], "first": "en"}, index=1)
    submit(
        guarded_client, "/staff/site/name/", {"name_en": "Renamed <Office>", **finished_notice(("en", "ar"))}, index=1
    )

    home = guarded_client.get("/en/")
    assert "Renamed &lt;Office&gt;" in home.text
    assert home.headers["ETag"] != before
    assert guarded_client.get("/zh/").status_code == 404
    assert identity().name["en"] == "Renamed <Office>"


def test_the_start_prints_the_link_only_while_nobody_works_here(tmp_path, monkeypatch, settings):
    monkeypatch.setattr("consult.serving.serve", lambda *_, **__: 0)
    environ = {
        "CONSULT_DATA_FOLDER": str(tmp_path / "empty"),
        "CONSULT_SECRET_KEY": "only for tests " * 4,
    }
    empty = CliRunner().invoke(cli.main, ["serve"], env=environ)
    add = ["accounts", "add", "--name", "A", "--email", "a@x.example", "--role", "administrator"]
    CliRunner().invoke(cli.main, add, env=environ, catch_exceptions=False)
    peopled = CliRunner().invoke(cli.main, ["serve"], env=environ)

    assert "/staff/set-up/" in empty.output
    assert peopled.exit_code == 0
    assert "/staff/set-up/" not in peopled.output

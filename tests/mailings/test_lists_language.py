"""Another language by the link in the mail of a list: only a POST changes it, only for who is on the list."""

import pytest

from consult.core.db import reading
from consult.mailings import list_links, rules_lists
from consult.mailings.models_lists import SubscriptionAct
from tests.mailings.test_lists import ask, make_list, now_of, put_on
from tests.support.forms import submit


def page_of(subscription):
    return f"/en/leave/{list_links.leave_token_of(subscription)}"


def test_check_change_list_language(database):
    on = put_on(make_list())
    rules_lists.check_change_list_language(on, "ar")
    with pytest.raises(rules_lists.ListLanguageUnknown):
        rules_lists.check_change_list_language(on, "xx")
    asked = ask(make_list(slug="other"), "new@p.example")
    with pytest.raises(rules_lists.NotOnList):
        rules_lists.check_change_list_language(asked, "ar")


def test_the_reader_of_a_mail_chooses_another_language_by_its_link(guarded_client, database):
    on = put_on(make_list())
    acts = _acts()

    answer = submit(guarded_client, page_of(on), {"language": "ar"}, index=1)

    assert answer.status_code == 303
    assert now_of(on).language == "ar"
    assert "come in the language you chose" in guarded_client.get(answer.headers["Location"]).text
    assert _acts() == acts, "consent stays what it was"


def test_looking_changes_nothing_and_a_form_without_its_token_neither(guarded_client, database):
    on = put_on(make_list())
    before = now_of(on).language

    assert guarded_client.get(page_of(on)).status_code == 200
    assert guarded_client.get(f"{page_of(on)}/language/?language=ar").status_code == 405
    assert guarded_client.post(f"{page_of(on)}/language/", data={"language": "ar"}).status_code == 400
    assert now_of(on).language == before


@pytest.mark.parametrize(("language", "status"), [("xx", 422), ("", 422), ("ar", 303)])
def test_only_a_language_of_the_site(client, database, language, status):
    on = put_on(make_list())

    assert client.post(f"{page_of(on)}/language/", data={"language": language}).status_code == status


def test_a_link_that_was_never_made_changes_nothing(client, database):
    put_on(make_list())

    assert client.post(f"/en/leave/{'0' * 32}/language/", data={"language": "ar"}).status_code == 404


def _acts():
    with reading() as db:
        return db.query(SubscriptionAct).count()

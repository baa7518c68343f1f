"""What the pages and mails of a whole cycle weigh: no more than a slow line takes."""

from email import message_from_bytes, policy

import pytest
from lxml import html

from consult.demo import cycle
from consult.mail.connection import mailbox
from tests.support.pages import CSS_MAX, DRAFT_MAX, FIRST_MAX, LOADS, MAIL_MAX, PAGE_MAX, SECOND_MAX, weight
from tests.support.server import ROOT


@pytest.fixture
def stylesheet():
    return weight((ROOT / "static" / "consult.css").read_bytes())


def test_the_pages_and_mails_of_the_demonstration_are_light(ran, ran_app, stylesheet):
    settings = ran.sides.main
    own = f"consultations/{cycle.SLUG}"
    light = [
        "",
        f"{own}/",
        f"{own}/terms/",
        f"{own}/paragraphs/9/",
        f"{own}/my-link/",
        "how-it-works/",
        "help/",
    ]
    light += ["threatened/", "privacy/", "accessibility/", "walk-through/"]
    # The report is as long as what was said: a document like the draft.
    heavy = [f"{own}/draft/", f"{own}/draft/1/", f"{own}/draft/2/changes/", f"{own}/response/"]
    client, table = ran_app.test_client(), {}
    for language in ("en", "ar", "zh"):
        for path in light + heavy:
            answer = client.get(f"/{language}/{path}")
            assert answer.status_code == 200, path
            table[f"/{language}/{path}"] = weight(answer.data)
    mails = {path.name: path.stat().st_size for path in mailbox(settings).glob("*.eml")}

    print({path: size for path, size in table.items() if path.startswith("/en/")}, "css", stylesheet)
    assert {path: size for path, size in table.items() if size > (DRAFT_MAX if path[4:] in heavy else PAGE_MAX)} == {}
    assert stylesheet <= CSS_MAX
    assert max(table.values()) + stylesheet <= FIRST_MAX
    assert max(size for path, size in table.items() if path[4:] in light) <= SECOND_MAX  # the stylesheet is kept
    assert len(mails) > 40
    assert max(mails.values()) <= MAIL_MAX
    for name in mails:
        mail = message_from_bytes((mailbox(settings) / name).read_bytes(), policy=policy.default)
        assert {part.get_content_type() for part in mail.walk() if not part.is_multipart()} == {
            "text/plain",
            "text/html",
        }
        assert html.fromstring(mail.get_body(("html",)).get_content()).xpath(LOADS) == []

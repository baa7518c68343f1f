"""Every page as somebody meets it: slow, interrupted, mistyped twice, sent twice, after a restart, from another site."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

import consult
from consult.core import crypto, exchange
from consult.safe import models, ticking, tokens
from consult.safe.pins import load_secrets
from consult.safe.receipts import new_code, thread_of
from consult.safe.tokens import Purpose
from tests.safe.conftest import FORM, TEXT, Person, heading


def acts(house):
    with house.database.reading() as db:
        return db.scalar(select(func.count()).select_from(models.receipt))


def thread(person, house):
    return thread_of(person.code, load_secrets(house.settings.data).salt)


def test_the_check_page_shows_the_code_and_stores_nothing(person, house):
    answer = person.check("I saw it on 12 January near the bridge.")

    assert crypto.has_check_digits(person.code)
    assert "<mark>12 January</mark>" in answer.text
    assert acts(house) == 0


def test_send_shows_the_same_code_again_and_a_reload_adds_nothing(person, house):
    token = person.token(person.check())
    sent = [
        person.client.post(FORM, data={"text": TEXT, "use": "paraphrase", "do": "send", "token": token})
        for _ in range(3)
    ]

    assert {answer.status_code for answer in sent} == {200}
    assert {"".join(re.findall(r"<span>(\d{5})</span>", answer.text)) for answer in sent} == {person.code}
    assert acts(house) == 1


def test_a_changed_text_keeps_the_code_that_was_written_down(person):
    first = person.check()
    code, token = person.code, person.token(first)
    form = person.client.post(FORM, data={"text": TEXT, "use": "paraphrase", "do": "edit", "token": token})
    assert f'value="{token}"' in form.text

    person.check(TEXT + " Nor the road.", token=token)

    assert person.code == code


def test_sent_without_a_code_no_code_is_shown_and_none_leads_back(person, house):
    answer = person.send(do="send_without")

    assert answer.status_code == 200
    assert not re.search(r"<span>\d{5}</span>", answer.text)
    assert acts(house) == 1
    assert heading(person.come_back()) == "There is nothing under this code"


def test_after_a_restart_the_page_comes_back_filled_in_with_a_new_code(person, house, settings):
    """Safeguard: `held is None` in views_comment._send. Without it a code would be sent that nobody wrote down."""
    token = person.token(person.check("Not to be lost."))
    old = person.code
    restarted = Person(consult.create_safe_app(settings, listener="clearnet").test_client())
    fields = {"text": "Not to be lost.", "use": "verbatim", "do": "send", "token": token}
    answer = restarted.client.post(FORM, data=fields)

    shown = "".join(re.findall(r"<span>(\d{5})</span>", answer.text))
    assert answer.status_code == 409
    assert "Not to be lost." in answer.text
    assert "the one you wrote down before is void" in answer.text
    assert shown != old
    assert acts(house) == 0
    again = restarted.client.post(FORM, data={**fields, "token": restarted.token(answer)})
    assert again.status_code == 200
    assert acts(house) == 1
    assert heading(restarted.come_back(shown)) == "We have your comment"


def test_no_text_is_refused_for_its_age(person, house, monkeypatch):
    token = person.token(person.check())
    code = person.code
    monkeypatch.setattr(tokens.time, "time", lambda: 4_000_000_000)
    answer = person.client.post(FORM, data={"text": TEXT, "use": "paraphrase", "do": "send", "token": token})

    assert answer.status_code == 409
    assert "".join(re.findall(r"<span>(\d{5})</span>", answer.text)) == code
    fields = {"text": TEXT, "use": "paraphrase", "do": "send", "token": person.token(answer)}
    assert person.client.post(FORM, data=fields).status_code == 200
    assert acts(house) == 1


@pytest.mark.parametrize("token", ["", "x", "AAAA", "A" * 300])
def test_a_forged_token_carries_nothing(app, token):
    found = app.extensions["safe"].tokens

    assert found.read(token, Purpose.SEND) is None
    assert found.read(found.make(Purpose.RETURN, new_code()), Purpose.SEND) is None


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_from_another_site_is_refused_and_shows_what_was_typed(person, house, site):
    """Safeguard: the look at Sec-Fetch-Site in web._requests."""
    token = person.token(person.check())
    fields = {"text": "From elsewhere.", "use": "paraphrase", "do": "send", "token": token}
    answer = person.client.post(FORM, data=fields, headers={"Sec-Fetch-Site": site})

    assert answer.status_code == 403
    assert "From elsewhere." in answer.text
    assert acts(house) == 0


@pytest.mark.parametrize("site", ["same-origin", "none", None])
def test_a_form_of_ours_passes(person, house, site):
    token = person.token(person.check())
    headers = {"Sec-Fetch-Site": site} if site else {}
    fields = {"text": TEXT, "use": "paraphrase", "do": "send", "token": token}

    assert person.client.post(FORM, data=fields, headers=headers).status_code == 200
    assert acts(house) == 1


def test_a_text_that_holds_a_code_comes_back_with_a_warning(person, house):
    person.send()
    code = crypto.grouped(person.code)
    for answer in (person.check(f"My code is {code}"), person.reply(f"It is {code}")):
        assert answer.status_code == 422
        assert "whoever reads it could write in your place" in answer.text
        assert code in answer.text, "what was typed is still there"
    assert acts(house) == 1


def test_nothing_written_is_asked_for_again(person):
    answer = person.check(" ")

    assert answer.status_code == 422
    assert "Write your comment, or the wording that you suggest." in answer.text


def test_a_text_that_is_too_long_comes_back_whole(person, house):
    answer = person.check("x" * 10_001)

    assert answer.status_code == 422
    assert "x" * 10_001 in answer.text


def test_the_code_is_taken_in_any_script_and_a_mistake_is_named_twice(person):
    person.send()
    right = person.code
    for at in (3, 17):
        wrong = right[:at] + str((int(right[at]) + 1) % 10) + right[at + 1 :]
        answer = person.come_back(wrong)
        assert (answer.status_code, heading(answer)) == (200, "There is a mistake in the code")
        assert wrong in answer.text, "to compare it with the paper"

    arabic = "".join(chr(ord("٠") + int(digit)) for digit in right)
    assert heading(person.come_back(crypto.grouped(arabic))) == "We have your comment"


def test_reply_and_withdrawal(person, house):
    person.send()
    assert heading(person.reply("More.")) == "We have your reply"
    assert heading(person.withdraw()) == "Your comment is withdrawn"
    status = person.come_back()

    assert heading(status) == "Your comment is withdrawn"
    assert "/en/return/reply/" not in status.text
    assert acts(house) == 3


def test_a_reply_sent_twice_is_one_and_what_was_typed_is_still_there(person, house):
    """Safeguard: rules.check_next_reply."""
    person.send()
    token = person.token(person.come_back())
    first, second = (
        person.client.post("/en/return/reply/", data={"token": token, "text": "Twice.", "number": "1"})
        for _ in range(2)
    )

    assert (first.status_code, second.status_code) == (200, 409)
    assert "Twice.</textarea>" in second.text
    assert 'name="number" value="2"' in second.text
    assert acts(house) == 2


def test_withdrawing_asks_once_more(person, house):
    person.send()
    token = person.token(person.come_back())
    answer = person.client.post("/en/return/withdraw/", data={"token": token})

    assert heading(answer) == "Withdraw your comment?"
    assert acts(house) == 1


def test_a_reply_after_a_restart_is_kept_until_the_code_is_typed_again(person, settings, house):
    person.send()
    token = person.token(person.come_back())
    restarted = consult.create_safe_app(settings, listener="clearnet").test_client()
    asked = restarted.post("/en/return/reply/", data={"token": token, "text": "Not to be lost."})

    assert asked.status_code == 409
    assert "Not to be lost." in asked.text
    back = restarted.post("/en/return/", data={"code": person.code, "text": "Not to be lost."})
    assert heading(back) == "We have your comment"
    assert "Not to be lost.</textarea>" in back.text


def test_a_full_budget_keeps_what_was_typed_and_the_code(settings, trial, house):
    """Safeguard: `sends.take()` in views_comment._send and views_return, one bucket for everybody."""
    person = Person(consult.create_safe_app(replace(settings, sends_per_minute=1), listener="clearnet").test_client())
    assert person.send().status_code == 200
    token = person.token(person.check("Still here."))
    code = person.code
    busy = person.client.post(FORM, data={"text": "Still here.", "use": "paraphrase", "do": "send", "token": token})

    assert busy.status_code == 503
    assert "Still here." in busy.text
    assert "".join(re.findall(r"<span>(\d{5})</span>", busy.text)) == code
    assert acts(house) == 1


def test_a_full_return_budget_does_not_touch_the_sending_one(settings, trial):
    person = Person(consult.create_safe_app(replace(settings, returns_per_minute=1), listener="clearnet").test_client())
    person.send()
    assert person.come_back().status_code == 200
    busy = person.come_back()

    assert busy.status_code == 503
    assert person.code in busy.text, "the code that was typed is still there"
    assert person.send().status_code == 200


def test_after_closing_no_comment_is_taken_but_a_code_still_works(person, trial, house):
    person.send()
    trial.put(exchange.MANIFEST, "upr", trial.manifest(closes_at="2026-01-01T00:00Z", state="closed"))
    code = person.code
    ticking.keep_house(house, now=ticking.clock.now())

    late = person.check("Too late.")
    assert (late.status_code, "Too late." in late.text) == (410, True)
    empty = person.client.get("/en/upr/comment/2/").text
    assert "no longer taken" in empty
    assert "<textarea" not in empty, "a form that would be refused is not offered"
    person.code = code
    assert person.reply("But this.").status_code == 200


def test_the_listener_decides_the_label(settings, trial):
    """Safeguard: `listener` in create_safe_app; no header is looked at."""
    for listener, words in (("onion", "This visit is anonymous"), ("clearnet", "confidential, not anonymous")):
        client = consult.create_safe_app(settings, listener=listener).test_client()
        for headers in ({}, {"Host": "x.onion"}, {"X-Onion": "1", "X-Consult-Listener": "onion"}):
            assert words in client.get("/en/upr/", headers=headers).text


@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Anything", "Via", "X-Tor2web", "Forwarded"]
)
def test_the_onion_refuses_whoever_stands_between(settings, trial, name):
    """Safeguard: `is_onion` in wrapper.refusal."""
    onion = consult.create_safe_app(settings, listener="onion").test_client()
    clearnet = consult.create_safe_app(settings, listener="clearnet").test_client()

    assert onion.get("/en/upr/", headers={name: "1"}).status_code == 400
    assert clearnet.get("/en/upr/", headers={name: "1"}).status_code == 200


def test_the_application_is_not_told_who_asks(app):
    """Safeguard: TOLD in consult/safe/wrapper.py."""
    seen = []

    def looking(environ, start):
        seen.append(dict(environ))
        start("200 OK", [])
        return []

    app.wsgi_app.application = looking
    names = ("User-Agent", "Referer", "Cookie", "X-Forwarded-For", "X-Real-Ip", "From", "Dnt", "Sec-Ch-Ua", "Accept")
    app.test_client().get(
        "/en/", headers={name: f"canary-{name}" for name in names}, environ_base={"REMOTE_ADDR": "203.0.113.7"}
    )

    assert len(seen) == 1
    assert "canary" not in str(seen)
    assert "203.0.113.7" not in str(seen)


def test_only_forms_are_read(client, house):
    """Safeguard: wrapper.refusal, before the application sees the body."""
    form = "application/x-www-form-urlencoded"
    parts = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + b"x" * 600_000 + b"\r\n--x--\r\n"
    )
    upload = client.post(FORM, data=parts, content_type="multipart/form-data; boundary=x")
    odd = client.post(FORM, data=b"{}", content_type="application/json")
    big = client.post(FORM, data=b"text=" + b"x" * 1_000_001, content_type=form)
    endless = client.post(FORM, data=b"text=x", content_type=form, environ_overrides={"CONTENT_LENGTH": ""})
    other = client.open(FORM, method="PUT", data=b"text=x", content_type=form)

    assert [one.status_code for one in (upload, odd, big, endless, other)] == [415, 415, 413, 411, 405]


def test_what_the_officers_say_is_shown_and_only_if_they_said_it(person, trial, house):
    """Forged reply. Safeguard: `crypto.verify(signed, "cell", pins.signers)` in showing._read_cell."""
    person.send()
    mine = thread(person, house)
    other = thread_of(new_code(), bytes(32))
    said = {"messages": [{"number": 1, "kind": "question", "language": "en", "text": "Which bridge <b>?"}]}
    genuine = trial.cell("upr", mine.pair[0], **said)
    everything = {"thread": crypto.b64(mine.pair[0]), "state": "received", "comment": "", **said}
    by_main = exchange.signed_file("cell", trial.between, "upr", 9, everything, trial.main[1])
    forged = crypto.seal_cell(by_main.encode(), mine.pair[0])
    stranger = crypto.unseal(trial.cell("upr", other.pair[0], **said), *other.pair)
    moved = crypto.seal_cell(crypto.unpad(stranger), mine.pair[0])
    for number, (cell, shown) in enumerate([(forged, 0), (moved, 0), (genuine, 1)], start=1):
        trial.put(exchange.CELLS, "upr", {"cells": [[crypto.b64(mine.lookup), crypto.b64(cell)]]}, number=number)
        ticking.keep_house(house, now=ticking.clock.now())
        assert person.come_back().text.count("Which bridge &lt;b&gt;?") == shown

    ticking.keep_house(house, now=ticking.clock.now() + timedelta(days=1))
    assert '"forged_cell"' in next((house.settings.data / "out").glob("report-*")).read_text()


def test_the_published_answer_is_shown_to_whoever_holds_the_code(person, trial, house):
    person.send()
    mine = thread(person, house)
    cell = trial.cell("upr", mine.pair[0], state="released", comment="kfhtxmpqrsvw")
    trial.put(exchange.CELLS, "upr", {"cells": [[crypto.b64(mine.lookup), crypto.b64(cell)]]})
    ticking.keep_house(house, now=ticking.clock.now())
    assert heading(person.come_back()) == "Your comment was passed on"

    said = {"outcome": "accepted_in_part", "reason": {"en": "The bridge is named now."}, "published": True}
    trial.put(exchange.ANSWERS, "upr", {"answers": [{"ref": "kfhtxmpqrsvw", **said}]})
    ticking.keep_house(house, now=ticking.clock.now())

    answer = person.come_back()
    assert heading(answer) == "Your comment was answered"
    assert "The bridge is named now." in answer.text
    assert "Accepted in part" in answer.text


def test_leaving_shows_a_page_that_says_nothing(client, settings):
    answer = client.get("/en/leave/")

    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert settings.leave_to in answer.text
    assert not re.search(r"comment|name|code|report", answer.text.split("<body>")[1])


PAGES = (
    "/en/",
    "/en/upr/",
    "/en/upr/paragraphs/",
    FORM,
    "/en/upr/comment/0/",
    "/en/return/",
    "/en/threatened/",
    "/en/nothing/",
)


@pytest.mark.parametrize("path", PAGES)
def test_leave_is_the_first_link_and_threatened_stands_in_the_footer(reader, path):
    links = re.findall(r'<a [^>]*href="([^"]+)"', reader.get(path).text)

    assert links[0] == "/en/leave/"
    assert "/en/threatened/" in links[-3:]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_at_most_one_filled_button_and_no_script(reader, path):
    body = reader.get(path).text

    assert len(re.findall(r'class="button"', body)) <= 1
    assert not re.search(r"<script|<svg|<img|\sstyle=|<style|\son[a-z]+=", body)


def test_who_the_officers_are(client, trial):
    body = client.get("/en/upr/").text

    for officer in trial.officers:
        assert officer.name in body
        assert officer.fingerprint in body
    assert body.count("Does not work for the ministry") == 2


def test_an_officer_in_the_ministry_is_named_as_such(settings):
    from consult.safe.trial import Trial, TrialOfficer, set_up

    trial = Trial(settings, officers=[TrialOfficer("A. Reyes", "Ministry of Justice", in_ministry=True)])
    set_up(settings, trial.installation, trial.main[0], [trial.officers[0].card])
    trial.put(exchange.MANIFEST, "upr", trial.manifest())
    ticking.keep_house(trial.house, now=ticking.clock.now())
    body = consult.create_safe_app(settings, listener="clearnet").test_client().get("/en/upr/").text

    assert "Works in the ministry that writes the report." in body


@pytest.mark.parametrize("language", ["ar", "zh"])
@pytest.mark.parametrize("path", [path.replace("/en/", "/{}/") for path in PAGES])
def test_pages_exist_in_every_language(reader, language, path):
    answer = reader.get(path.format(language))

    assert f'<html lang="{language}"' in answer.text
    assert answer.status_code == (404 if "nothing" in path else 200)


def test_languages_are_offered_where_nothing_typed_would_be_lost(person):
    assert 'hreflang="ar"' in person.client.get(FORM).text
    assert 'hreflang="ar"' not in person.check().text


@pytest.mark.parametrize("path", ["/en/upr/comment/99/", "/en/cat/", "/xx/", "/en/upr/comment/2", "/en/%00/"])
def test_unknown_addresses(reader, path):
    assert reader.get(path).status_code in (404, 308)


def test_a_fault_says_its_place_and_nothing_else(client, app, monkeypatch, capsys):
    def break_(*_args, **_named):
        raise ValueError("what somebody typed")

    monkeypatch.setattr("consult.safe.views_comment.marked", break_)
    answer = client.post(FORM, data={"text": "Kept for copying.", "use": "paraphrase", "do": "check"})

    assert answer.status_code == 500
    assert "Kept for copying." in answer.text
    said = capsys.readouterr().err
    assert re.fullmatch(r"ValueError at \S+test_pages\.py:\d+\n", said)

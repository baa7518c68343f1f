"""Mails as they are made: languages, folding, hostile values, addresses of any script, parts."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from jinja2 import UndefinedError

from consult.core.i18n import LazyText, use_language
from consult.mail.letters import SUBJECT_MAX, new_letter
from consult.mail.mails import TEST
from consult.mail.messages import FSI, PDI, MailTemplate, Part, Rendered, Renderer, folded, isolated
from consult.worker import MAILS

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)
MESSAGE_ID = "<abc@example.org>"


def a_letter(*, address="anna@example.org", sender="consult@example.org", envelope_sender="", **changed):
    words = {"language": "en", "subject": "A subject", "text": "Words\n", "html": "<p>Words</p>", "site_name": "Site"}
    rendered = Rendered(**{**words, "parts": (), **changed})
    return new_letter(
        rendered, name="1", address=address, sender=sender, message_id=MESSAGE_ID, now=NOON,
        envelope_sender=envelope_sender,
    )  # fmt: skip


def parsed(letter):
    return message_from_bytes(letter.content, policy=policy.default)


def longest_line(letter):
    return max(len(line) for line in letter.content.split(b"\r\n"))


@pytest.fixture
def renderer(database, settings):
    return Renderer(settings)


def test_a_letter_has_the_headers_of_a_mail_that_a_machine_sends():
    message = parsed(a_letter(language="ar"))

    assert {name: str(message[name]) for name in message if name not in ("Content-Type", "MIME-Version")} == {
        "From": "Site <consult@example.org>",
        "To": "anna@example.org",
        "Subject": "A subject",
        "Date": "Sun, 14 Mar 2027 12:00:00 +0000",
        "Message-ID": MESSAGE_ID,
        "Auto-Submitted": "auto-generated",
        "Content-Language": "ar",
    }  # fmt: skip
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    "words",
    [
        "x" * 100_000,
        "word " * 20_000,
        "长" * 50_000,
        "تعليق " * 10_000,
        ".\r\n..\n.\n",
        "trailing blanks   \nFrom me\n",
    ],
    ids=["one word", "one line", "chinese", "arabic", "dots", "blanks"],
)
def test_any_body_arrives_whole_in_short_ascii_lines(words):
    letter = a_letter(text=words, html=f"<p>{words}</p>")

    assert longest_line(letter) <= 78
    assert letter.content.isascii()
    assert b"\n" not in letter.content.replace(b"\r\n", b"")
    got = parsed(letter).get_body(("plain",)).get_content()
    assert got.replace("\r\n", "\n").rstrip("\n") == words.replace("\r\n", "\n").rstrip("\n")


@pytest.mark.parametrize(
    "subject",
    ["s" * 200, "A subject of words " * 10, "长" * 200, "تعليقاتكم على المشروع " * 9, "“Quotes”, commas, <b> & 100%"],
    ids=["one word", "words", "chinese", "arabic", "signs"],
)
def test_a_subject_of_200_characters_arrives_whole_in_lines_under_the_limit(subject):
    letter = a_letter(subject=subject.strip()[:SUBJECT_MAX])

    assert str(parsed(letter)["Subject"]) == subject.strip()[:SUBJECT_MAX]
    assert longest_line(letter) <= 998


def test_a_longer_subject_is_cut_with_an_ellipsis():
    subject = str(parsed(a_letter(subject="长" * 500))["Subject"])

    assert (len(subject), subject[-1]) == (SUBJECT_MAX - 1, "…")


def test_a_letter_to_a_domain_of_another_script_goes_to_its_ascii_form():
    letter = a_letter(address="anna@bücher.example")

    assert (letter.recipient, letter.needs_utf8) == ("anna@xn--bcher-kva.example", False)
    assert letter.content.isascii()


def test_a_letter_to_an_address_of_another_script_needs_smtputf8():
    letter = a_letter(address="用户@例子.example")

    assert (letter.recipient, letter.needs_utf8) == ("用户@xn--fsqu00a.example", True)
    assert "\r\nTo: 用户@xn--fsqu00a.example\r\n".encode() in letter.content
    assert longest_line(letter) <= 998


def test_bounces_can_go_elsewhere():
    letter = a_letter(envelope_sender="bounce+5@example.org")

    assert (letter.sender, str(parsed(letter)["From"])) == ("bounce+5@example.org", "Site <consult@example.org>")


def test_a_file_and_a_calendar_part_are_carried_whole():
    calendar = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:ورشة\r\nEND:VCALENDAR\r\n"
    parts = (
        Part(b"\x00\xff" * 500, "application/pdf", "التقرير.pdf"),
        Part(calendar.encode(), "text/calendar", "invite.ics", method="REQUEST"),
    )

    letter = a_letter(parts=parts)

    message = parsed(letter)
    files = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    kinds = [part.get_content_type() for part in message.walk()]
    inline = [part for part in message.walk() if part.get_param("method") == "REQUEST" and not part.get_filename()]
    assert files["التقرير.pdf"] == b"\x00\xff" * 500
    assert kinds[:4] == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html"]
    assert [part.get_content().replace("\r\n", "\n") for part in inline] == [calendar.replace("\r\n", "\n")]
    assert "invite.ics" in files
    assert longest_line(letter) <= 998


@pytest.mark.parametrize("name", sorted(MAILS))
def test_every_mail_has_its_two_texts(renderer, name):
    for ending in ("txt", "html"):
        assert renderer.environment.get_template(f"mail/{name}.{ending}")


@pytest.mark.parametrize(("code", "direction"), [("en", ""), ("ar", ' dir="rtl"'), ("zh", "")])
def test_render_speaks_the_recipients_language(renderer, settings, code, direction):
    with use_language(code):
        mail = renderer.render(TEST, {})

    assert f'<html lang="{code}"{direction}>' in mail.html
    assert mail.site_name == settings.site_name[code]
    assert settings.site_name[code] in mail.subject
    assert mail.text.startswith(settings.site_name[code])
    assert f"{settings.base_url}/" in mail.text


def test_a_mail_loads_nothing_from_anywhere(renderer):
    html = renderer.render(TEST, {}).html

    assert not any(mark in html for mark in ("<img", "src=", "url(", "<link", "<script", "@import"))


def own_templates(renderer, **texts):
    from jinja2 import DictLoader

    renderer.environment.loader = DictLoader({f"mail/{name}": text for name, text in texts.items()})


def test_a_value_that_nobody_gave_is_a_fault_and_not_a_blank(renderer):
    own_templates(renderer, **{"x.txt": "{{ name }}", "x.html": ""})

    with pytest.raises(UndefinedError):
        renderer.render(MailTemplate("x", LazyText("Hello")), {})


def test_hostile_values_change_neither_header_nor_html(renderer):
    own_templates(renderer, **{"x.txt": "{{ name }}", "x.html": "<p>{{ name }}</p>"})
    name = "Eve\r\nBcc: all@example.org\u202e<script>"

    mail = renderer.render(MailTemplate("x", LazyText("For %(name)s")), {"name": name})

    message = parsed(a_letter(subject=mail.subject))
    assert (message["Bcc"], str(message["Subject"])) == (None, "For Eve Bcc: all@example.org<script>")
    assert "<script>" not in mail.html


def test_render_shows_its_own_words_whatever_the_values_are_called(renderer, settings):
    own_templates(renderer, **{"x.txt": "{{ base_url }}", "x.html": "{{ base_url }}"})

    mail = renderer.render(MailTemplate("x", LazyText("Hello")), {"base_url": "http://elsewhere.example"})

    assert (mail.text, mail.html) == (f"{settings.base_url}\n", settings.base_url)


def test_isolated_marks_off_only_names_written_the_other_way(database):
    assert (isolated("Anna"), isolated("شبكة النساء")) == ("Anna", f"{FSI}شبكة النساء{PDI}")
    with use_language("ar"):
        assert (isolated("Anna"), isolated("شبكة النساء")) == (f"{FSI}Anna{PDI}", "شبكة النساء")


def test_folded_folds_between_words_and_never_an_address():
    address = "https://consult.example/en/door/" + "x" * 80

    text = folded(f"{'word ' * 30}\n{address}\n\n\n\nEnd\n")

    lines = text.split("\n")
    assert address in lines
    assert max(len(line) for line in lines if line != address) <= 72
    assert "\n\n\n" not in text

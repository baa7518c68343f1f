"""The difference of two texts: what people read in it, what must hold for any texts, and how long hostile ones take."""

from itertools import pairwise
from random import Random
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.core import i18n
from consult.drafts.redline import Change, Run, compare, redline_html, suggested_wording_html

SIGNS = st.text(st.sampled_from("ab 国家،لم.\n\t<&'\u0301\u202e1"), max_size=40)
WORDS = ["the", "State", "will", "consider,", "a", "law;", "on", "12", "国", "家", "المرأة"]
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
ARABIC = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"

msgid "Inserted:"
msgstr "أُضيف:"

msgid "Removed:"
msgstr "حُذف:"
"""


def runs(old: str, new: str) -> list[tuple[str, str]]:
    return [(run.change.value, run.text) for run in compare(old, new)]


def test_a_changed_word_is_marked_as_a_word():
    assert runs("Section 2 of the Offenses Act", "Section 2 of the Offences Act") == [
        ("same", "Section 2 of the "),
        ("deleted", "Offenses"),
        ("inserted", "Offences"),
        ("same", " Act"),
    ]


def test_punctuation_stands_for_itself():
    assert runs("The Act, 2017.", "The Act; 2017.") == [
        ("same", "The Act"),
        ("deleted", ","),
        ("inserted", ";"),
        ("same", " 2017."),
    ]


def test_figures_and_words_with_inner_marks_are_one_word():
    assert runs("It cost 1,204.50 for people’s follow-up", "It cost 1,304.50 for people’s follow-ups") == [
        ("same", "It cost "),
        ("deleted", "1,204.50"),
        ("inserted", "1,304.50"),
        ("same", " for people’s "),
        ("deleted", "follow-up"),
        ("inserted", "follow-ups"),
    ]


def test_chinese_is_compared_by_sign():
    assert runs("国家执行、报告和后续行动机制", "国家执行、报告与后续行动机制") == [
        ("same", "国家执行、报告"),
        ("deleted", "和"),
        ("inserted", "与"),
        ("same", "后续行动机制"),
    ]


def test_arabic_is_compared_by_word_and_vowel_signs_belong_to_it():
    assert runs("شاركت المُنظَّمات في الإعداد", "شاركت المُنظِّمات في الإعداد") == [
        ("same", "شاركت "),
        ("deleted", "المُنظَّمات"),
        ("inserted", "المُنظِّمات"),
        ("same", " في الإعداد"),
    ]


def test_a_little_word_between_two_longer_changes_becomes_part_of_the_change():
    assert runs("We regret the consequences of inaction", "We welcome the determination of everyone") == [
        ("same", "We "),
        ("deleted", "regret the consequences of inaction"),
        ("inserted", "welcome the determination of everyone"),
    ]


def test_changed_blanks_are_kept_as_a_change():
    assert runs("one  two", "one two") == [("same", "one "), ("deleted", " "), ("same", "two")]


def test_equal_and_empty_texts():
    assert compare("as it was", "as it was") == [Run(Change.SAME, "as it was")]
    assert compare("", "") == []
    assert compare("", "all new") == [Run(Change.INSERTED, "all new")]
    assert compare("all gone", "") == [Run(Change.DELETED, "all gone")]


@given(st.one_of(SIGNS, SENTENCES), st.one_of(SIGNS, SENTENCES))
def test_the_runs_hold_both_texts_whole_and_alternate(old, new):
    found = compare(old, new)

    assert "".join(run.text for run in found if run.change is not Change.INSERTED) == old
    assert "".join(run.text for run in found if run.change is not Change.DELETED) == new
    assert all(run.text for run in found)
    following = [(one.change, two.change) for one, two in pairwise(found)]
    assert all(one is not two for one, two in following)
    assert (Change.INSERTED, Change.DELETED) not in following


def test_redline_says_what_the_marks_show():
    assert redline_html("The Act is old.", "The Act is new.") == (
        'The Act is <del><span class="vh" lang="en" dir="ltr">Removed: </span>old</del><ins><span class="vh" lang="en" dir="ltr">Inserted: </span>new</ins>.'
    )


def test_redline_speaks_the_language_of_the_page(tmp_path, monkeypatch):
    folder = tmp_path / "ar" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(ARABIC, "utf-8")
    monkeypatch.setattr(i18n, "_installed", i18n._installed)  # put back at the end
    i18n.configure([i18n.KNOWN["en"], i18n.KNOWN["ar"]], [tmp_path])

    with i18n.use_language("ar"):
        html = redline_html("قديم", "جديد")

    assert (
        html
        == '<del><span class="vh" lang="ar" dir="rtl">حُذف: </span>قديم</del><ins><span class="vh" lang="ar" dir="rtl">أُضيف: </span>جديد</ins>'
    )


@given(SIGNS, SIGNS)
def test_redline_escapes_what_people_typed(old, new):
    html = redline_html(f"{old}<script>", f"{new}<b onclick=x>")

    assert "<script" not in html
    assert "<b " not in html


def test_a_suggestion_is_not_blamed_for_what_the_form_did():
    assert suggested_wording_html("The Café opens.\nAlways.", " The Cafe\u0301  opens.\r\nAlways. \r\n") == (
        "The Café opens.<br>Always."
    )


def test_a_suggestion_shows_what_it_changes():
    assert suggested_wording_html("It will consider a law.", "It will adopt a law.") == (
        'It will <del><span class="vh" lang="en" dir="ltr">Removed: </span>consider</del><ins><span class="vh" lang="en" dir="ltr">Inserted: </span>adopt</ins> a law.'
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a" * 10_000, "b" * 10_000),
        ("a " * 5_000, "b " * 5_000),
        ("a " * 5_000, "a " * 4_999 + "b "),
        ("a b " * 2_500, "b a " * 2_500),
        (",." * 5_000, ".," * 5_000),
        ("国" * 10_000, "国" * 9_999 + "家"),
        ("的人" * 5_000, "人的" * 5_000),
        ("\n" * 10_000, " " * 10_000),
        ("\u0301" * 10_000, "\u0301\u202e" * 5_000),
        ("a-" * 5_000, "a." * 5_000),
        ("a b c d e f g " * 700, "g f e d c b a " * 700),
    ],
)
def test_repeated_signs_cost_no_time(old, new):
    begun = process_time()

    found = compare(old, new)

    # Own processor time, so that a busy machine is no reason to fail; without a limit these take from ten seconds to minutes.
    assert process_time() - begun < 1
    assert "".join(run.text for run in found if run.change is not Change.DELETED) == new


def test_a_long_text_with_scattered_edits_is_still_compared_sign_by_sign():
    chance = Random(1)
    signs = [chr(0x4E00 + chance.randrange(300)) for _ in range(10_000)]
    later = ["新" if place % 100 == 50 else sign for place, sign in enumerate(signs)]

    found = compare("".join(signs), "".join(later))

    assert [run.text for run in found if run.change is Change.INSERTED] == ["新"] * 100

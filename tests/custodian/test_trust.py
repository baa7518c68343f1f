"""Whose cards count for the custodian file: the site may say what it likes, and gets nothing sealed to a card nobody signed for."""

import json

import pytest

from consult.core import crypto
from tests.custodian.conftest import a_desk
from tests.custodian.driving import PASSPHRASE, AtTheDesk
from tests.custodian.test_entries import ANA, BEN, HERE, REF, copy, handed, look, make_nadia, officer_at, open_file  # noqa: F401
from tests.custodian.test_sessions import in_firefox
from tests.support.officers import an_officer, key_file
from tests.support.tools import require

pytestmark = pytest.mark.browser
CIA, DAN, STATE = an_officer("Cia Ruiz"), an_officer("Dan Roe"), an_officer("The State's own")


def word(by, newcomer, *, installation=HERE, typed=None):
    """An officer's signed appointment, as the site keeps it."""
    content = {"installation": installation, "host": "consult.example", "consultation": "", "number": 0}
    about = {"card": newcomer.card, "fingerprint": typed or newcomer.fingerprint}
    return crypto.sign("appointment", content | about, by.signing[1])


COUNTED = """([place, pinned, own, compared, gone]) => {
  const c = Custodian, cards = (some) => some.map(c.readCard);
  const read = {...place, cards: cards(place.cards), earlier: cards(place.earlier)};
  return [...c.countedCards(read, pinned, c.readCard(own), (each) => compared.includes(each), (each) => gone.includes(each))].sort();
}"""


def counted(desk, cards, words, *, pinned=(ANA, BEN), compared=(ANA, BEN), earlier=(), own=ANA, gone=()):
    """Who counts for Ana, of all who stand in the file or are known."""
    place = {"installation": HERE, "appointments": list(words)}
    place |= {"cards": [one.card for one in cards], "earlier": [one.card for one in earlier]}
    prints = ([one.fingerprint for one in some] for some in (pinned, compared, gone))
    pins, papers, ended = prints
    return desk.evaluate(COUNTED, [place, pins, own.card, papers, ended])


def prints(*officers):
    return sorted(one.fingerprint for one in officers)


def test_at_first_everybody_counts_and_paper_decides(desk):
    assert counted(desk, [ANA, BEN, CIA], [], pinned=()) == prints(ANA, BEN, CIA)


def test_from_then_on_two_known_officers_have_signed(desk):
    both = [word(ANA, CIA), word(BEN, CIA)]

    assert counted(desk, [ANA, BEN, CIA], []) == prints(ANA, BEN)
    assert counted(desk, [ANA, BEN, CIA], both[:1]) == prints(ANA, BEN)
    assert counted(desk, [ANA, BEN, CIA], both[1:]) == prints(ANA, BEN)
    assert counted(desk, [ANA, BEN, CIA], both) == prints(ANA, BEN, CIA)
    assert counted(desk, [ANA, BEN, CIA], both, compared=(ANA,)) == prints(ANA, BEN)  # whose paper nobody has compared
    assert counted(desk, [ANA, CIA], both, earlier=[BEN]) == prints(ANA, BEN, CIA)  # who has ended since


def test_signatures_that_do_not_count(desk):
    wrong = {
        "the newcomer's own": [word(CIA, CIA), word(ANA, CIA)],
        "of strangers for each other": [word(STATE, CIA), word(CIA, STATE), word(DAN, CIA), word(DAN, STATE)],
        "twice the same officer's": [word(BEN, CIA), word(BEN, CIA)],
        "for another installation": [word(ANA, CIA), word(BEN, CIA, installation="another")],
        "with other digits": [word(ANA, CIA), word(BEN, CIA, typed=BEN.fingerprint)],
        "for another purpose": [word(ANA, CIA), crypto.sign("entry", {"card": CIA.card}, BEN.signing[1])],
        "changed": [word(ANA, CIA), word(BEN, CIA).replace(HERE, "kf3installatiom")],
        "no text at all": [word(ANA, CIA), "", "consult/1 appointment\n\n{}"],
    }

    for what, words in wrong.items():
        found = counted(desk, [ANA, BEN, CIA, DAN, STATE], words, compared=(ANA, BEN, CIA, DAN, STATE))
        assert found == prints(ANA, BEN), what


def test_signatures_lead_on_from_officer_to_officer(desk):
    words = [word(ANA, CIA), word(BEN, CIA), word(CIA, DAN), word(ANA, DAN)]

    assert counted(desk, [ANA, CIA, DAN], words, earlier=[BEN], compared=(ANA, BEN, CIA)) == prints(ANA, BEN, CIA, DAN)
    assert counted(desk, [ANA, CIA, DAN], words, earlier=[BEN]) == prints(ANA, BEN, CIA)


def test_the_only_one_left_signs_alone_and_nobody_else_does_for_them(desk):
    alone = [word(ANA, CIA)]

    assert counted(desk, [ANA, CIA], alone, earlier=[BEN], gone=(BEN,)) == prints(ANA, BEN, CIA)
    assert counted(desk, [ANA, CIA], [word(BEN, CIA)], earlier=[BEN], gone=(BEN,)) == prints(ANA, BEN)
    assert counted(desk, [ANA, CIA, STATE], [*alone, word(ANA, STATE)], earlier=[BEN], gone=(BEN,)) == prints(
        ANA, BEN
    )  # one, not two
    led_on = [*alone, word(ANA, DAN), word(CIA, DAN)]
    found = counted(desk, [ANA, CIA, DAN], led_on, earlier=[BEN], compared=(ANA, BEN, CIA), gone=(BEN,))
    assert found == prints(ANA, BEN, CIA, DAN)


def test_nobody_is_the_only_one_while_the_site_hides_another_whom_they_know(desk):
    alone = [word(ANA, STATE)]

    assert counted(desk, [ANA, STATE], alone) == prints(ANA, BEN)
    assert counted(desk, [ANA, STATE], alone, earlier=[BEN]) == prints(ANA, BEN)  # the site says that Ben has ended
    vouched = [word(ANA, CIA), word(BEN, CIA), *alone]
    assert counted(desk, [ANA, STATE], vouched, earlier=[BEN, CIA], gone=(BEN,)) == prints(ANA, BEN, CIA)


def test_the_file_says_whom_the_site_hides_and_asks(officer_at):  # noqa: F811
    open_file(officer_at, handed(copy(ANA, officers=prints(ANA, BEN)), cards=(ANA, BEN)))
    officer_at.press("to_menu")
    hidden = handed(cards=(ANA, STATE), earlier=[], waiting=[CIA.card], appointments=[word(ANA, STATE)])
    officer_at.press("menu.appoint_do")
    officer_at.give("officers-file", hidden)
    officer_at.press("go_on")
    officer_at.at("appoint.waiting")
    assert officer_at.words(".missing") == [officer_at.says("missing.what")]
    officer_at.press("back")
    officer_at.press("back")

    open_file(officer_at, hidden)
    officer_at.press("entries.upload")
    assert officer_at.words(".missing") == [officer_at.says("missing.what")]
    assert officer_at.says("entries.unsigned") in officer_at.words(".until")
    officer_at.press("missing.do")
    officer_at.compare_card(1, STATE.fingerprint)
    assert officer_at.words(".until") == []


def test_a_site_under_another_name_is_refused(officer_at):  # noqa: F811
    open_file(officer_at, handed(copy(ANA, officers=prints(ANA, BEN)), cards=(ANA, BEN)))
    officer_at.press("to_menu")
    renamed = handed(cards=(ANA, BEN, STATE), installation="kf3installatiom")
    open_file(officer_at, renamed)
    officer_at.refused("refused.another_installation", told="kf3installatiom", known=HERE)
    officer_at.press("back")
    officer_at.press("menu.appoint_do")
    officer_at.give("officers-file", renamed)
    officer_at.press("go_on")
    officer_at.refused("refused.another_installation", told="kf3installatiom", known=HERE)


def test_nothing_is_sealed_to_a_card_that_the_site_puts_among_the_officers(officer_at):  # noqa: F811
    """Ana has sealed to Ben and herself; then the site names one more, and hands out an old entry for copies."""
    open_file(officer_at, handed(cards=(ANA, BEN)))
    make_nadia(officer_at)
    officer_at.press("entries.upload")
    officer_at.compare_card(1, BEN.fingerprint)
    officer_at.press("entries.make")
    made = json.loads(officer_at.save("entries.save"))
    sealed = crypto.unseal(crypto.unb64(made["sealed"][0][ANA.fingerprint]), *ANA.box)
    assert json.loads(crypto.unpad(sealed).decode().split("\n", 2)[2])["officers"] == prints(ANA, BEN)
    officer_at.press("entries.back")
    officer_at.press("to_menu")

    open_file(officer_at, handed(copy(), cards=(ANA, BEN, STATE), appointments=[word(BEN, STATE)]))
    officer_at.press("entries.copies_do")
    assert officer_at.words(".until") == [officer_at.says("entries.unsigned")]
    assert officer_at.ids("input[id^=paper-]") == []
    officer_at.press("entries.make")
    officer_at.refused("refused.officer_unsigned", name=STATE.name)
    officer_at.press("entries.back")
    officer_at.press("to_menu")

    open_file(officer_at, handed(copy(), cards=(ANA, BEN, STATE), appointments=[word(BEN, STATE), word(ANA, STATE)]))
    officer_at.press("entries.upload")
    officer_at.press("entries.make")
    officer_at.refused("entries.compare_all")
    officer_at.compare_card(2, STATE.fingerprint)
    officer_at.press("entries.make")
    assert set(json.loads(officer_at.save("entries.save"))["sealed"][0]) == set(prints(ANA, BEN, STATE))


def test_whoever_was_there_at_first_sight_is_remembered_on_this_computer(officer_at):  # noqa: F811
    open_file(officer_at, handed(copy(None), cards=(ANA, BEN)))
    officer_at.press("to_menu")

    open_file(officer_at, handed(copy(None), cards=(ANA, BEN, STATE)))
    officer_at.press("entries.upload")

    assert officer_at.words(".until") == [officer_at.says("entries.unsigned")]


def test_another_computer_knows_it_from_what_the_officer_signed(officer_at):  # noqa: F811
    """Nothing is kept here yet; the copy says to whom Ana sealed, and only Ana could sign that."""
    open_file(officer_at, handed(copy(ANA, officers=prints(ANA, BEN)), cards=(ANA, BEN, STATE)))
    officer_at.press("entries.upload")

    assert officer_at.words(".until") == [officer_at.says("entries.unsigned")]
    officer_at.press("entries.back")
    officer_at.press("entries.copies_do")
    officer_at.compare_card(1, BEN.fingerprint)
    officer_at.press("entries.make")
    officer_at.refused("refused.officer_unsigned", name=STATE.name)


def sign_for(at, newcomer, stranger):
    """Through the pages of an appointment; returns what the officer hands in."""
    at.press("menu.appoint_do")
    at.give(
        "officers-file",
        handed(cards=(ANA, BEN), waiting=[stranger.card, newcomer.card], appointments=[word(BEN, newcomer)]),
    )
    at.press("go_on")
    at.at("appoint.waiting")
    at.fill("paper-1", stranger.fingerprint)
    at.press_row(newcomer.name)
    at.refused("cards.differ")
    at.fill("paper-1", newcomer.fingerprint)
    at.press_row(newcomer.name)
    at.at("appoint.made")
    return at.save("signed.save")


def check_signed(text, newcomer):
    told, _ = crypto.verify(text, "appointment", [ANA.signing[0]])
    place = {"installation": HERE, "host": "consult.example", "consultation": "", "number": 0}
    assert told == place | {"card": newcomer.card, "fingerprint": newcomer.fingerprint}


def test_an_officer_signs_for_the_card_whose_fingerprint_came_another_way(officer_at):  # noqa: F811
    check_signed(sign_for(officer_at, CIA, STATE), CIA)


def test_an_officer_signs_in_firefox(folder, tmp_path):
    profile = tmp_path / "profile"
    profile.mkdir()
    with in_firefox(folder, profile, ANA) as at:
        check_signed(sign_for(at, CIA, STATE), CIA)


def test_the_only_officer_is_warned_and_what_was_signed_is_not_signed_twice(officer_at):  # noqa: F811
    officer_at.press("menu.appoint_do")
    officer_at.give("officers-file", handed(waiting=[CIA.card], appointments=[word(ANA, CIA)]))
    officer_at.press("go_on")
    officer_at.at("appoint.waiting")

    assert officer_at.words(".until") == [officer_at.says("appoint.alone")]
    assert officer_at.words(".tag.accepted") == [officer_at.says("appoint.signed")]
    assert officer_at.ids("input[id^=paper-]") == []


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("en", 360), ("ar", 1280), ("ar", 360), ("zh", 360)])
def test_the_pages_of_an_appointment_pass_axe_and_fit_their_screen(browser, folder, language, width):
    require("axe")
    with a_desk(browser, language=language, width=width) as page:
        at = AtTheDesk(page, folder, language)
        at.open_keys(key_file(ANA, PASSPHRASE))
        at.press("menu.appoint_do")
        look(at, width)
        at.give(
            "officers-file", handed(waiting=[CIA.card, STATE.card], appointments=[word(ANA, STATE), word(BEN, CIA)])
        )
        at.press("go_on")
        at.at("appoint.waiting")
        look(at, width)
        at.press("back")
        at.press("back")
        open_file(at, handed(copy(ANA, officers=prints(ANA, BEN)), cards=(ANA, BEN, STATE)))
        at.press("entries.copies_do")
        look(at, width)
        at.press("entries.back")
        at.press("to_menu")
        open_file(at, handed(cards=(ANA, STATE)))  # the site hides Ben
        at.press("entries.upload")
        assert len(at.words(".missing")) == 1
        look(at, width)

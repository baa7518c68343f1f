"""The officer's whole way, from no keys to the last result, with the network off; Python reads what comes out."""

import json

import pytest

from consult.core import crypto
from consult.core.crypto import Unreadable, b64, unb64
from tests.custodian.conftest import FILE, a_desk
from tests.custodian.driving import PASSPHRASE, AtFirefox, AtTheDesk
from tests.support.firefox import running_firefox
from tests.support.officers import Dossier, Letter, an_officer, open_key_file, read_card, recovery_digits

pytestmark = pytest.mark.browser

SECRET = "Sergeant K. called me on 12 January at +41 22 917 90 00 in Tavo."
TEXTS = [f"{word} nights without a doctor in cell {word}." for word in ("One", "Two", "Three", "Four")]


def letters_of(dossier):
    """Six people: five who may be published, one who may not; the first writes again."""
    people = {text: Letter() for text in [SECRET, *TEXTS, "Keep this to yourselves."]}
    bodies = [dossier.body(letter, text=text) for text, letter in people.items()]
    bodies[-1] |= {"use": "internal"}
    bodies.append(dossier.body(people[SECRET], "follow_up", text="My cousin Anlo Ferrit saw it too."))
    return people, bodies


@pytest.mark.parametrize("language", ["en", "ar"])
def test_an_officer_makes_keys_opens_redacts_asks_and_releases(browser, folder, language):
    with a_desk(browser, language=language) as page:
        whole_way(AtTheDesk(page, folder, language))


def test_the_same_in_firefox(folder):
    with running_firefox(folder) as firefox:
        firefox.ask("WebDriver:Navigate", url=FILE.as_uri())
        whole_way(AtFirefox(firefox, folder))


def whole_way(officer_at):
    key, card, fingerprint = officer_at.make_keys()
    other = an_officer("Ben Osei", "University of Maravel")
    dossier = Dossier([], consultation="upr-4")
    opening, digits = make_a_consultation_key(officer_at, dossier, other)
    officer = open_key_file(key, PASSPHRASE)
    check_opening(opening, digits, dossier, officer, other)
    assert (read_card(card)["name"], fingerprint) == ("Ana Tui", officer.fingerprint)

    people, bodies = letters_of(dossier)
    batch = dossier.batch(1, bodies)
    title = {"en": dossier.title, "ar": "الاستعراض الدوري الشامل"}[officer_at.language]
    officer_at.press("to_menu")
    officer_at.open_desk(desk_of(dossier, opening, [batch]), title)
    assert (officer_at.fact("overview.comments"), officer_at.fact("overview.undecided")) == ("6", "6")
    redact_the_secret(officer_at)
    for text in TEXTS:
        officer_at.decide(text, "verbatim", public=text)
    officer_at.press("overview.next")
    assert officer_at.ids("input[name=choice]:disabled") == ["choice", "choice-paraphrase"], "not allowed by the person"
    officer_at.pick("choice", "confidential")
    officer_at.press("item.next")
    officer_at.shows("h1", title)
    officer_at.press("overview.result")
    officer_at.press("result.make")
    officer_at.at("result.made_title")
    result = dossier.read_result(officer_at.save("result.save"))
    check_result(dossier, result, people, bodies, batch)


def make_a_consultation_key(officer_at, dossier, other):
    """Returns the opening file and the digits on the recovery sheet."""
    officer_at.press("menu.pair_make")
    officer_at.give("call-file", dossier.call())
    officer_at.press("go_on")
    officer_at.at("cards.title")
    officer_at.give("card-files", other.card)
    officer_at.press("cards.add_do")
    officer_at.fill("paper-1", other.fingerprint[:-1] + str((int(other.fingerprint[-1]) + 1) % 10))
    officer_at.press("cards.compare")
    officer_at.refused("cards.differ")
    officer_at.press("cards.done")
    officer_at.refused("cards.compare_all")
    arabic = other.fingerprint.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    officer_at.compare_card(1, arabic)
    officer_at.press("cards.done")
    officer_at.at("sheet.title")
    digits = officer_at.digits()
    officer_at.press("sheet.have")
    officer_at.at("check.title")
    asked = officer_at.ids("input[id^=group-]")
    assert len(asked) == 2
    for field in asked:
        officer_at.fill(field, "00000")
    officer_at.press("go_on")
    officer_at.refused("not_yet")
    assert len(officer_at.words(".wrong")) == 2
    for field in asked:
        officer_at.fill(field, digits.split(" ")[int(field.removeprefix("group-"))])
    officer_at.press("go_on")
    officer_at.at("opening.title")
    return json.loads(officer_at.save("opening.save")), digits


def check_opening(opening, digits, dossier, officer, other):
    """The opening is as Python makes it, and both officers can open the one key; then the dossier is theirs."""
    content, _ = crypto.verify(opening["opening"], "opening", [officer.signing[0]])
    (half, others) = sorted(opening["halves"], key=lambda each: each["officer"] != officer.fingerprint)
    seed = crypto.unseal(unb64(half["sealed"]), *officer.box)
    assert crypto.unseal(unb64(others["sealed"]), *other.box) == seed
    assert recovery_digits(seed) == digits
    dossier.officers, dossier.seed = [officer, other], seed
    expected, _ = crypto.verify(dossier.opening(), "opening", [officer.signing[0]])
    assert content == expected
    assert opening["cards"] == [officer.card, other.card]


def desk_of(dossier, opening, batches, **more):
    """A desk file with the opening as it was made in the browser."""
    about = {"opening": opening["opening"], "halves": opening["halves"]}
    return dossier.desk_file(batches, **about | more)


def redact_the_secret(officer_at):
    """Marks are there, the public version begins without them, the person is asked something."""
    officer_at.open_item("called me on")
    marked = set(officer_at.words("section mark"))
    assert {"Sergeant K.", "12 January", "+41 22 917 90 00", "Tavo", "My cousin Anlo Ferrit"} <= marked
    assert officer_at.value("public-text") == "[…] called me on […] at […] in […]."
    officer_at.fill("public-text", "A policeman called me in Tavo.")
    officer_at.shows("section p mark", "Tavo")
    officer_at.fill("public-text", "A policeman called me.")
    before = officer_at.words("p.number")[-1]
    officer_at.fill("question", "May we say “policeman”? 桥")
    assert officer_at.words("p.number")[-1] != before
    officer_at.pick("choice", "verbatim")
    officer_at.press("item.list")
    officer_at.shows("#saved", officer_at.says("kept.here"))


def check_result(dossier, result, people, bodies, batch):
    released = {each["text"]: each for each in result["release"]}
    assert set(released) == {"A policeman called me.", *TEXTS}
    assert (result["batches"], result["closing"], result["withdrawn"], result["final"]) == ([1], False, [], None)
    assert [each["ref"] for each in result["release"]] == sorted(each["ref"] for each in result["release"])
    one = released["A policeman called me."]
    assert len(one.pop("ref")) == 12
    assert one == {
        "round": 1,
        "version": 1,
        "paragraph": "47",
        "language": "en",
        "text": "A policeman called me.",
        "suggestion": "",
        "evidence": "",
        "use": "verbatim",
    }
    cells = dossier.read_cells(result["cells"])
    items = crypto.verify(batch, "batch", [dossier.safe[0]])[0]["items"]
    opened = [crypto.unpad(crypto.unseal(unb64(item["sealed"]), *dossier.pair)) for item in items]
    assert set(cells) == {unb64(json.loads(body)["receipt"]) for body in opened}, "decoys got cells too"
    asked = dossier.read_cell(cells[people[SECRET].receipt], people[SECRET])
    assert asked["state"] == "released"
    assert asked["messages"] == [
        {"number": 1, "kind": "question", "language": "en", "text": "May we say “policeman”? 桥"}
    ]
    kept = people["Keep this to yourselves."]
    assert dossier.read_cell(cells[kept.receipt], kept)["state"] == "confidential"
    with pytest.raises(Unreadable):  # the row of the follow-up says nothing
        dossier.read_cell(cells[unb64(bodies[-1]["receipt"])], people[SECRET])
    state = dossier.read_state(unb64(result["state"]))
    assert set(state["decisions"]) == {b64(letter.pair[0]) for letter in people.values()}

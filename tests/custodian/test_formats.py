"""What the custodian file makes, Python reads; what Python makes, the custodian file makes as well."""

import hashlib
import secrets

import pytest
from nacl.exceptions import CryptoError

from consult.core import crypto
from consult.core.crypto import b64, unb64
from tests.support import vectors
from tests.support.officers import an_officer, key_file, open_key_file, read_card, recovery_digits

pytestmark = pytest.mark.browser

MAKE = """(v) => {
  const c = Custodian, bytes = (text) => c.unb64(text);
  const hex = (raw) => Array.from(raw, (one) => one.toString(16).padStart(2, "0")).join("");
  const box = c.boxPair(bytes(v.seed)), signing = c.signPair(bytes(v.seed));
  const officer = c.officerOf(bytes(v.seed));
  const leaves = v.tree.leaves.map(bytes), tree = c.treeOf(leaves);
  const card = c.makeCard(officer, {name: "Ana Tui", institution: "أمين المظالم", inMinistry: false});
  return {
    b64: v.b64.map(([raw]) => [raw, c.b64(Uint8Array.from(raw.match(/../g) ?? [], (each) => parseInt(each, 16)))]),
    unb64: v.b64.map(([, text]) => hex(c.unb64(text))),
    box: {public: c.b64(box.public), secret: c.b64(box.secret)},
    sign_public: c.b64(signing.public),
    signed: c.sign(v.signed.purpose, v.signed.content, signing.secret),
    entry: {...v.entry, text: c.entryText(v.entry, {...v.entry, cards: v.entry.cards.map(c.readCard)}, officer)},
    fingerprint: c.fingerprintOf(box.public, signing.public),
    check_digits: v.check_digits.map(([digits]) => [digits, c.checkDigits(digits)]),
    checked: v.check_digits.map(([digits, two]) => c.hasCheckDigits(digits + two) && !c.hasCheckDigits(digits + two + "0")),
    root: c.b64(c.rootOf(leaves)),
    paths: v.tree.paths.map(([place]) => [place, c.pathIn(tree, place).map(c.b64)]),
    recovery: v.recovery.map(([seed]) => [seed, c.recoveryDigits(bytes(seed))]),
    seeds: v.recovery.map(([, digits]) => c.b64(c.seedOfDigits(digits))),
    officer: {fingerprint: officer.fingerprint, card},
    key_file: c.makeKeyFile(officer, card, v.key_file.passphrase, bytes(v.key_file.salt), bytes(v.key_file.nonce)),
    opened: Object.values(v.sealed).map((each) => c.fromUtf8(c.unpad(c.unseal(bytes(each), box)))),
    decoy: c.isDecoy(v.decoy, bytes(v.decoy.key)) && !c.isDecoy(v.decoy, bytes(v.seed)),
  };
}"""


def test_the_file_makes_what_the_vectors_say(desk):
    kept = vectors.read()

    made = desk.evaluate(MAKE, kept)

    same = ("b64", "box", "sign_public", "fingerprint", "check_digits", "recovery", "officer", "entry")
    assert {name: made[name] for name in same} == {name: kept[name] for name in same}
    assert made["unb64"] == [raw for raw, _ in kept["b64"]]
    assert made["signed"] == kept["signed"]["text"]
    assert made["checked"] == [True] * len(kept["check_digits"])
    assert (made["root"], made["paths"]) == (kept["tree"]["root"], kept["tree"]["paths"])
    assert made["seeds"] == [seed for seed, _ in kept["recovery"]]
    assert made["key_file"] == kept["key_file"]["text"]
    assert made["opened"] == [vectors.TEXT, vectors.TEXT]
    assert made["decoy"] is True


def test_the_file_pads_as_python_does(desk):
    kept = vectors.read()["pad"]

    padded = desk.evaluate(
        "(texts) => texts.map((text) => Custodian.b64(Custodian.pad(Custodian.utf8(text))))", [text for text, _ in kept]
    )

    assert [hashlib.sha256(unb64(each)).hexdigest() for each in padded] == [digest for _, digest in kept]


def test_python_reads_what_the_file_makes(desk):
    seed = secrets.token_bytes(32)

    made = desk.evaluate(
        """([seed, passphrase]) => {
          const c = Custodian, officer = c.officerOf(c.unb64(seed));
          const card = c.makeCard(officer, {name: "Ana", institution: "NHRI", inMinistry: true});
          const said = c.utf8("what was said");
          return {
            card, key: c.makeKeyFile(officer, card, passphrase), fingerprint: officer.fingerprint,
            item: c.b64(c.seal(c.pad(said), officer.box.public)), cell: c.b64(c.sealCell(said, officer.box.public)),
            blank: c.b64(c.blankCell()), digits: c.recoveryDigits(officer.seed),
          };
        }""",
        [b64(seed), "çédille"],
    )

    officer = an_officer("Ana", "NHRI", in_ministry=True, seed=seed)
    assert open_key_file(made["key"], "c\u0327e\u0301dille") == officer, "another spelling of the same letters"
    assert made["fingerprint"] == officer.fingerprint
    assert read_card(made["card"])["in_ministry"] is True
    assert made["digits"] == recovery_digits(seed)
    for name in ("item", "cell"):
        assert crypto.unpad(crypto.unseal(unb64(made[name]), *officer.box)) == b"what was said"
    assert [len(unb64(made[name])) for name in ("cell", "blank")] == [crypto.CELL, crypto.CELL]
    with pytest.raises(CryptoError):
        open_key_file(made["key"], "cedille")


UNREADABLE = """(junk) => junk.map((each) => {
  try { return ["read", Custodian.unb64(each).length]; } catch (problem) { return ["refused"]; }
})"""


def test_the_file_reads_no_bytes_that_python_would_not(desk):
    assert desk.evaluate(UNREADABLE, [None, 7, "é", "a", "AAAA=", "a b c", "AB", "AAB", "AA", ""]) == [
        ["refused"]
    ] * 8 + [["read", 1], ["read", 0]]


@pytest.mark.parametrize("typed", ["Bridge café 7 乡 جسر", "bridge cafe 7 乡 جسر", ""])
def test_another_passphrase_opens_no_key_file(desk, typed):
    text = key_file(an_officer(), vectors.PASSPHRASE)

    opened = desk.evaluate(
        "([text, typed]) => Custodian.openKeyFile(Custodian.readKeyFile(text), typed)", [text, typed]
    )

    assert opened is None


def test_a_passphrase_that_people_choose_badly_is_too_easy(desk):
    judge = "(typed) => typed.map((each) => Custodian.strengthOf(each, ['Ana Tui', 'Ombudsman']))"

    assert set(
        desk.evaluate(
            judge,
            [
                "",
                "password",
                "aaaaaaaaaaaaaaaaaaaaaaaa",
                "1234567890123456",
                "Ana Tui Ombudsman 1990",
                "abcabcabcabcabcabcabcabcabc",
            ],
        )
    ) == {"poor"}
    assert (
        desk.evaluate(
            judge, ["lamp ferry otter window moss trumpet", "48210 93755 60114 82093 71526", "灯塔渡船水獭窗户苔藓小号"]
        )
        == ["good"] * 3
    )

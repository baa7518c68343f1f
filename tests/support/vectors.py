"""tests/core/vectors.json: values that Python and the custodian file must both reproduce. `python -m tests.support.vectors`."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from consult.core import crypto
from consult.core.crypto import b64, unb64
from tests.support.officers import ARGON2, an_officer, key_file, recovery_digits

VECTORS = Path(__file__).parent.parent / "core" / "vectors.json"
SEED = bytes(range(32))
OTHER = bytes(range(32, 64))
PASSPHRASE = "bridge café 7 乡 جسر"  # with a letter that two spellings have
SALT, NONCE = bytes(range(16)), bytes(range(24))
TEXT = 'A bridge – جسر – 桥, "quoted"\n\ttabbed \\ back'

ENTRY = {
    "name": "نادية قمر", "email": "", "phone": "+0 12 34", "postal_address": "1 Bridge Row\nKettle Bay", "reach": "no_email",
    "people": "", "access_needs": "Sign language", "agreed": "Leaflet 2027",
    "note": TEXT,
}  # fmt: skip


def made() -> dict[str, Any]:
    """Everything that comes out the same each time."""
    box, signing = crypto.box_pair(SEED), crypto.sign_pair(SEED)
    officer = an_officer("Ana Tui", "أمين المظالم", seed=SEED)
    leaves = sorted(crypto.leaf_of(bytes([number])) for number in range(256))
    about = b"consult decoy 1" + SEED + SALT + SALT[::-1]
    content = {"number": 3, "host": "safe.example", "text": TEXT, "list": [1, None, True, {"b": 1, "a": ""}]}
    return {
        "seed": b64(SEED),
        "b64": [[bytes(range(length)).hex(), b64(bytes(range(length)))] for length in range(6)],
        "pad": [[text, hashlib.sha256(crypto.pad(text.encode())).hexdigest()] for text in ("", TEXT, TEXT * 400)],
        "box": {"public": b64(box[0]), "secret": b64(box[1])},
        "sign_public": b64(signing[0]),
        "signed": {"purpose": "cell", "content": content, "text": crypto.sign("cell", content, signing[1])},
        "entry": {
            "ref": "abcdefgh23",
            "edition": 2,
            "identity": ENTRY,
            "installation": "kf3installation",
            "cards": [officer.card],
            "text": crypto.sign(
                "entry",
                {
                    **ENTRY,
                    "entry": "abcdefgh23",
                    "edition": 2,
                    "installation": "kf3installation",
                    "officers": [officer.fingerprint],
                },
                officer.signing[1],
            ),
        },
        "fingerprint": crypto.fingerprint(box[0], signing[0]),
        "check_digits": [[digits, crypto.check_digits(digits)] for digits in ("0", "1" * 28, "9" * 78, "96" * 14)],
        "tree": {
            "leaves": [b64(leaf) for leaf in leaves],
            "root": b64(crypto.root_of(leaves)),
            "paths": [[place, [b64(each) for each in crypto.path_to(leaves, place)]] for place in (0, 77, 255)],
        },
        "recovery": [[b64(seed), recovery_digits(seed)] for seed in (bytes(32), SEED, b"\xff" * 32)],
        "officer": {"fingerprint": officer.fingerprint, "card": officer.card},
        "key_file": {
            "passphrase": PASSPHRASE,
            "salt": b64(SALT),
            "nonce": b64(NONCE),
            "text": key_file(officer, PASSPHRASE, costs=ARGON2, salt=SALT, nonce=NONCE),
        },
        "decoy": {
            "key": b64(OTHER),
            "thread": b64(SEED),
            "receipt": b64(SALT),
            "item": b64(SALT[::-1]),
            "maker": b64(hmac.digest(OTHER, about, "sha256")),
        },
    }


def sealed() -> dict[str, str]:
    """Sealed boxes differ each time; these stay as they were first made."""
    public, _ = crypto.box_pair(SEED)
    return {
        "item": b64(crypto.seal(crypto.pad(TEXT.encode()), public)),
        "cell": b64(crypto.seal_cell(TEXT.encode(), public)),
    }


def read() -> dict[str, Any]:
    """What the file holds."""
    found: dict[str, Any] = json.loads(VECTORS.read_text("utf-8"))
    return found


def opened(vectors: dict[str, Any]) -> list[str]:
    """The texts of the sealed ones."""
    pair = crypto.box_pair(unb64(vectors["seed"], 32))
    return [crypto.unpad(crypto.unseal(unb64(each), *pair)).decode() for each in vectors["sealed"].values()]


if __name__ == "__main__":
    kept = read()["sealed"] if VECTORS.exists() else sealed()
    VECTORS.write_text(json.dumps(made() | {"sealed": kept}, ensure_ascii=False, indent=1) + "\n", "utf-8")

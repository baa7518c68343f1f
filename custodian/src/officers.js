// An officer's keys, the card that others get of them, and the key file.

const KDF = { name: "argon2id13", ops: 3, memory: 67108864 };
const KDF_MOST = { ops: 12, memory: 1 << 30 }; // a file that asks for more would only hang the page

function officerOf(seed) {
  const box = boxPair(sha256(utf8("consult officer box 1"), seed));
  const signing = signPair(sha256(utf8("consult officer sign 1"), seed));
  return { seed, box, signing, fingerprint: fingerprintOf(box.public, signing.public) };
}

function makeCard(officer, { name, institution, inMinistry }) {
  const content = { name, institution, in_ministry: inMinistry, box: b64(officer.box.public), sign: b64(officer.signing.public) };
  return sign("card", content, officer.signing.secret);
}

// A card vouches for itself only: that it is whose it says is for the fingerprint on paper.
function readCard(text) {
  const signed = typeof text === "string" ? text.trim() : text;
  const signPublic = unb64(unproved(signed).sign, 32);
  const { content } = verify(signed, "card", [signPublic]);
  const boxPublic = unb64(content.box, 32);
  if (![content.name, content.institution].every((each) => typeof each === "string") || typeof content.in_ministry !== "boolean") {
    throw new Unreadable();
  }
  return {
    name: content.name,
    institution: content.institution,
    inMinistry: content.in_ministry,
    box: boxPublic,
    sign: signPublic,
    fingerprint: fingerprintOf(boxPublic, signPublic),
    text: signed,
  };
}

function keyOfPassphrase(passphrase, salt, { ops, memory }) {
  const typed = utf8(passphrase.normalize("NFC"));
  return sodium.crypto_pwhash(32, typed, salt, ops, memory, sodium.crypto_pwhash_ALG_ARGON2ID13);
}

function makeKeyFile(officer, card, passphrase, salt = randomBytes(16), nonce = randomBytes(24)) {
  const sealed = concat(nonce, sodium.crypto_secretbox_easy(officer.seed, nonce, keyOfPassphrase(passphrase, salt, KDF)));
  return asJson({ format: "consult-key", version: 1, card, kdf: { ...KDF, salt: b64(salt) }, sealed: b64(sealed) });
}

// A key file as read, before the passphrase: whose it is.
function readKeyFile(text) {
  const file = fileOf(text, "consult-key");
  const card = readCard(file.card);
  const { name, ops, memory, salt } = file.kdf ?? {};
  const known = name === KDF.name && Number.isInteger(ops) && Number.isInteger(memory);
  if (!known || ops < 1 || ops > KDF_MOST.ops || memory < 8192 || memory > KDF_MOST.memory) throw new Unreadable();
  const sealed = unb64(file.sealed, 24 + 16 + 32);
  return { card, kdf: { ops, memory, salt: unb64(salt, 16) }, sealed };
}

// The officer of a key file; null where the passphrase is another.
function openKeyFile(file, passphrase) {
  const key = keyOfPassphrase(passphrase, file.kdf.salt, file.kdf);
  let seed;
  try {
    seed = sodium.crypto_secretbox_open_easy(file.sealed.subarray(24), file.sealed.subarray(0, 24), key);
  } catch {
    return null;
  }
  const officer = officerOf(seed);
  if (officer.fingerprint !== file.card.fingerprint) throw new Unreadable();
  return { ...officer, card: file.card };
}

// One of our JSON files, by its format and version.
function fileOf(text, format) {
  const file = fromJson(text);
  if (file.format !== format || file.version !== 1) throw new Unreadable();
  return file;
}

const GUESSED = { letter: 2.2, digit: 3.1, other: 4, wide: 7 }; // bits a sign gives an attacker to guess, when a person chose it
const ENOUGH = { fair: 42, good: 60 }; // bits

// How well a passphrase holds, roughly and on the low side: "poor" (refused), "fair" or "good".
function strengthOf(passphrase, own = []) {
  let left = passphrase.normalize("NFC");
  for (const word of own.join(" ").split(/\s+/).filter((each) => each.length > 2)) left = left.replaceAll(word, "·");
  const letters = [...left];
  let bits = 0;
  letters.forEach((letter, at) => {
    const before = at ? letters[at - 1].codePointAt(0) : -9;
    const step = Math.abs(letter.codePointAt(0) - before);
    const kind = /[0-9]/.test(letter) ? "digit" : /[a-z]/i.test(letter) ? "letter" : letter.codePointAt(0) > 0x2e80 ? "wide" : "other";
    bits += letter === "·" || letter === " " ? 0.5 : step === 0 ? 0.3 : step === 1 ? GUESSED[kind] / 2 : GUESSED[kind];
  });
  bits = Math.min(bits, new Set(letters).size * 9);
  return bits >= ENOUGH.good ? "good" : bits >= ENOUGH.fair ? "fair" : "poor";
}

// A passphrase that nobody can guess: 25 digits, which every keyboard has.
const suggestedPassphrase = () => grouped(Array.from({ length: 25 }, () => sodium.randombytes_uniform(10)).join(""));

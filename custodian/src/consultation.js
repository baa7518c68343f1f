// The key of a consultation: its call, its opening file with a half for each officer, its recovery sheet, and its end.

function readCall(text) {
  const call = fileOf(text, "consult-call");
  for (const name of ["installation", "host", "consultation", "title"]) {
    if (typeof call[name] !== "string" || !call[name]) throw new Unreadable();
  }
  if (!/^[a-z0-9][a-z0-9-]{0,79}$/.test(call.consultation)) throw new Unreadable();
  return { ...theFour(call), title: call.title, safe: unb64(call.safe, 32), main: unb64(call.main, 32) };
}

const theFour = ({ installation, host, consultation, number }) => ({ installation, host, consultation, number });

// `earlier`: fingerprints that the opening before named. They stay, whether their cards are still there or not.
function makeOpening({ place, number, keys, seeds, cards, earlier = [] }, by) {
  const opening = sign(
    "opening",
    {
      ...theFour(place),
      number,
      keys: keys.map((key) => ({ number: key.number, public: b64(key.public), last_release: key.lastRelease })),
      officers: [...new Set([...earlier, ...cards.map((card) => card.fingerprint)])],
      safe: b64(place.safe),
      main: b64(place.main),
    },
    by.signing.secret,
  );
  const halves = [];
  for (const [key, seed] of seeds) {
    for (const card of cards) halves.push({ officer: card.fingerprint, key, sealed: b64(seal(seed, card.box)) });
  }
  return asJson({ format: "consult-opening", version: 1, opening, cards: cards.map((card) => card.text), halves });
}

// 78 digits of the seed as a number, and two to check them by, in sixteen groups.
function recoveryDigits(seed) {
  const digits = BigInt(`0x${sodium.to_hex(seed)}`).toString().padStart(78, "0");
  return grouped(digits + checkDigits(digits));
}

function seedOfDigits(typed) {
  const digits = digitsIn(typed);
  if (digits.length !== 80 || !hasCheckDigits(digits)) throw new Unreadable();
  const hex = BigInt(digits.slice(0, 78)).toString(16).padStart(64, "0");
  if (hex.length > 64) throw new Unreadable();
  return sodium.from_hex(hex);
}

// An opening file: for its maker's keys, or an officer's own copy with one half. Whether its signer is known is the caller's question.
function readOpeningFile(text) {
  const file = fileOf(text, "consult-opening");
  const cards = listOf(file.cards).map(readCard);
  const { content, by } = verify(file.opening, "opening", cards.map((card) => card.sign));
  const signer = cards.find((card) => isSame(card.sign, by));
  if (!listOf(content.officers).includes(signer.fingerprint)) throw new Unreadable();
  const keys = listOf(content.keys).map((key) => ({ number: wholeNumber(key.number), public: unb64(key.public, 32) }));
  return { host: content.host, consultation: content.consultation, keys, signer, halves: listOf(file.halves) };
}

const makeStop = (place, key, lastRelease, by) =>
  sign("stop", { ...theFour(place), number: key, key, last_release: lastRelease }, by.signing.secret);

const makeErased = (place, key, by) => sign("erased", { ...theFour(place), number: key, key }, by.signing.secret);

const makeAppointment = (place, card, by) =>
  sign(
    "appointment",
    { ...theFour(place), consultation: "", number: 0, card: card.text, fingerprint: card.fingerprint },
    by.signing.secret,
  );

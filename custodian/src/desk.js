// A desk file: who vouches for what, the batches opened, decoys put aside, doubts kept.

// A sentence for the officer: `code` names it in the texts, `values` fill it.
class Refusal extends Error {
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}

const orRefuse = (code, act, values = {}) => {
  try {
    return act();
  } catch (problem) {
    if (problem instanceof Unreadable || problem instanceof TypeError) throw new Refusal(code, values);
    throw problem;
  }
};

const isAbout = (content, place) =>
  ["installation", "host", "consultation"].every((name) => typeof content[name] === "string" && content[name] === place[name]);

// The parts of a desk file, each proved as far as it can be before any secret is used.
function readDesk(text) {
  const file = orRefuse("not_a_desk_file", () => fileOf(text, "consult-desk"));
  const claimed = orRefuse("desk_file_damaged", () => ({
    ...theFour(file),
    safe: unb64(file.safe, 32),
    main: unb64(file.main, 32),
    numbers: { result: wholeNumber(file.numbers.result), cells: wholeNumber(file.numbers.cells) },
    batches: listOf(file.batches),
    halves: listOf(file.halves),
    state: file.state === null ? null : unb64(file.state),
  }));
  const manifest = orRefuse("manifest_foreign", () => signedFor(claimed, file.manifest, "manifest", claimed.main));
  const desk = { ...claimed, manifest, answers: null, answersRefused: false };
  if (file.answers !== null && file.answers !== undefined) {
    try {
      desk.answers = listOf(signedFor(claimed, file.answers, "answers", claimed.main).answers);
    } catch {
      desk.answersRefused = true;
    }
  }
  return { ...desk, ...readOpening(desk, file.opening) };
}

const wholeNumber = (value) => {
  if (!Number.isInteger(value) || value < 0) throw new Unreadable();
  return value;
};

const listOf = (value) => {
  if (!Array.isArray(value)) throw new Unreadable();
  return value;
};

function signedFor(place, signed, purpose, by) {
  const { content } = verify(signed, purpose, [by]);
  if (!isAbout(content, place)) throw new Unreadable();
  return content;
}

// The opening counts when one of the officers it names signed it; whether that one is known is the caller's question.
function readOpening(desk, signed) {
  const cards = [];
  for (const text of Array.isArray(desk.manifest.cards) ? desk.manifest.cards : []) {
    try {
      cards.push(readCard(text));
    } catch {
      continue; // a card that is none vouches for nothing
    }
  }
  return orRefuse("opening_foreign", () => {
    const { content, by } = verify(signed, "opening", cards.map((card) => card.sign));
    const signer = cards.find((card) => isSame(card.sign, by));
    if (!isAbout(content, desk) || !listOf(content.officers).includes(signer.fingerprint)) throw new Unreadable();
    if (content.safe !== b64(desk.safe) || content.main !== b64(desk.main)) throw new Refusal("sides_changed");
    const keys = listOf(content.keys).map((key) => ({
      number: wholeNumber(key.number),
      public: unb64(key.public, 32),
      lastRelease: key.last_release === null ? null : wholeNumber(key.last_release),
    }));
    const officers = cards.filter((card) => content.officers.includes(card.fingerprint));
    return { cards, opening: { number: wholeNumber(content.number), keys, signer, officers, named: content.officers } };
  });
}

// The officer's halves, opened: the pairs of consultation keys by number, with their seeds.
function openHalves(halves, keys, officer, pairs = new Map()) {
  for (const half of halves) {
    const key = keys.find((each) => each.number === half?.key);
    if (!key || half.officer !== officer.fingerprint) continue;
    try {
      addSeed(pairs, key, unseal(unb64(half.sealed), officer.box));
    } catch {
      continue; // a half that does not open is as good as none: a copy or the recovery sheet opens instead
    }
  }
  return pairs;
}

function addSeed(pairs, key, seed) {
  if (seed.length !== 32) throw new Unreadable();
  const pair = boxPair(seed);
  if (!isSame(pair.public, key.public)) throw new Unreadable();
  pairs.set(key.number, { ...pair, seed });
}

const BATCH_LEAST = 64;

function readBatch(desk, signed) {
  const content = signedFor(desk, signed, "batch", desk.safe);
  const items = listOf(content.items);
  const isPower = items.length >= BATCH_LEAST && (items.length & (items.length - 1)) === 0;
  if (!isPower || !desk.opening.keys.some((key) => key.number === content.key)) throw new Unreadable();
  return { number: wholeNumber(content.number), key: content.key, decoys: content.decoys, root: content.root, items };
}

// Opens all batches, in slices. What cannot be believed is kept among `doubts`, or named among `refused`, never dropped.
async function openBatches(desk, pairs, onProgress) {
  const found = { acts: [], doubts: [], receipts: new Map(), decoyLeaves: [], refused: [], locked: [], batches: [] };
  const slice = slicer();
  const batches = [];
  for (const [at, signed] of desk.batches.entries()) {
    try {
      const batch = readBatch(desk, signed);
      if (batches.some((each) => each.number === batch.number)) throw new Unreadable();
      batches.push(batch);
    } catch (problem) {
      if (!(problem instanceof Unreadable)) throw problem;
      found.refused.push(at + 1);
    }
    await slice();
  }
  const all = batches.reduce((sum, batch) => sum + batch.items.length, 0);
  let done = 0;
  for (const batch of batches) {
    const pair = pairs.get(batch.key);
    if (!pair) {
      found.locked.push(batch.number);
      continue;
    }
    found.batches.push(batch.number);
    const decoyKey = decoyKeyOf(batch, pair);
    if (!decoyKey) found.doubts.push({ why: "decoy_key", batch: batch.number });
    for (const item of batch.items) {
      sortItem(found, desk, batch, item, pair, decoyKey);
      done += 1;
      await slice(() => onProgress(done, all));
    }
  }
  onProgress(done, all);
  return found;
}

function decoyKeyOf(batch, pair) {
  try {
    return unb64(b64(unpad(unseal(unb64(batch.decoys), pair))), 32);
  } catch {
    return null;
  }
}

function sortItem(found, desk, batch, item, pair, decoyKey) {
  let body = null;
  let text = null;
  try {
    text = fromUtf8(unpad(unseal(unb64(item.sealed), pair)));
    body = readBody(text, desk, item);
  } catch (problem) {
    if (!(problem instanceof Unreadable) && !(problem instanceof TypeError)) throw problem;
    found.doubts.push({ why: text === null ? "sealed" : "body", text, batch: batch.number });
    rememberReceipt(found, text);
    return;
  }
  if (found.receipts.has(body.receipt)) {
    found.doubts.push({ why: "twice", text, batch: batch.number });
    return;
  }
  found.receipts.set(body.receipt, null);
  if (decoyKey && isDecoy(body, decoyKey)) {
    if (body.kind === "comment") found.decoyLeaves.push(body.inclusion);
  } else if (body.kind === "letter") {
    found.doubts.push({ why: "letter", text, batch: batch.number });
  } else {
    found.acts.push({ body, text, batch: batch.number });
  }
}

// A row whose body is in doubt still gets a cell, if it says which row it is: silence there would tell it from the others.
function rememberReceipt(found, text) {
  try {
    const { receipt } = fromJson(text ?? "");
    unb64(receipt, 16);
    if (!found.receipts.has(receipt)) found.receipts.set(receipt, null);
  } catch {
    return;
  }
}

const KINDS = ["comment", "follow_up", "withdrawal", "letter"];
const USES = ["verbatim", "paraphrase", "internal"];

function readBody(text, desk, item) {
  const body = fromJson(text);
  const known = KINDS.includes(body.kind) && body.consultation === desk.consultation && body.item === item.id;
  if (!known) throw new Unreadable();
  for (const name of ["thread", "inclusion", "maker"]) unb64(body[name], 32);
  for (const name of ["of", "receipt", "item"]) unb64(body[name], 16);
  const texts = { comment: ["ref", "language", "text", "suggestion", "evidence"], follow_up: ["language", "text"] }[body.kind] ?? [];
  for (const name of texts) if (typeof body[name] !== "string") throw new Unreadable();
  if (body.kind === "comment" && (!USES.includes(body.use) || body.of !== body.receipt)) throw new Unreadable();
  return body;
}

function isDecoy(body, decoyKey) {
  const about = concat(utf8("consult decoy 1"), unb64(body.thread), unb64(body.receipt), unb64(body.item));
  return isSame(sodium.crypto_auth_hmacsha256(about, decoyKey), unb64(body.maker));
}

// Long work, done so that the page stays alive: gives the browser a turn every few hundredths of a second.
function slicer(longest = 40) {
  let began = performance.now();
  return async (then = null) => {
    if (performance.now() - began < longest) return;
    if (then) then();
    await new Promise((done) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => done(channel.port1.close());
      channel.port2.postMessage(null);
    });
    began = performance.now();
  };
}

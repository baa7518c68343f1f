// Protected entries of the registry: opened, made, corrected, sealed to every officer. docs/decisions/0012-sealed-formats.md, Protected entry.

const REF_SIGNS = "23456789abcdefghjkmnpqrstvwxyz";
const REF_SHAPE = new RegExp(`^[${REF_SIGNS}]{10}$`);
const ENTRY_SIZE = PADDED[0] + SEAL_OVERHEAD;
const ENTRIES_MOST = 200; // of one file
const IDENTITY = ["name", "email", "phone", "postal_address", "reach", "people", "access_needs", "agreed", "note"];
const REACHES = ["email", "post", "phone", "in_person", "no_email"];
const ENTRY_KINDS = ["person", "organisation"];
const BASES = ["consent", "duty", "none"];
const TOLD = ["letter", "phone", "email", "meeting"];
const AGREED_MOST = 120; // characters

const newRef = () => Array.from({ length: 10 }, () => REF_SIGNS[sodium.randombytes_uniform(REF_SIGNS.length)]).join("");

const textOf = (value) => {
  if (typeof value !== "string") throw new Unreadable();
  return value;
};

const identityOf = (content) => Object.fromEntries(IDENTITY.map((name) => [name, textOf(content[name] ?? "")]));

// What an officer says of an entry, and to whose keys it was sealed, signed by them: it stands inside each copy.
const entryText = ({ ref, edition, identity }, { installation, cards }, officer) => {
  const officers = cards.map((card) => card.fingerprint).sort();
  return sign("entry", { installation, entry: ref, edition, officers, ...cleanIdentity(identity) }, officer.signing.secret);
};

const cleanIdentity = (identity) => Object.fromEntries(IDENTITY.map((name) => [name, cleaned(identity[name] ?? "").trim()]));

const entryRoom = (change, place, officer) => PADDED[0] - 4 - utf8(entryText(change, place, officer)).length;

// One copy of an entry: who wrote it, what, and to whom it was sealed then. `by` is a card, or null where the site sealed it.
function openEntry(sealed, { ref, edition, installation }, officer, cards) {
  const text = fromUtf8(unpad(unseal(unb64(sealed, ENTRY_SIZE), officer.box)));
  if (!text.startsWith(HEAD)) {
    const content = fromJson(text);
    if (content.entry !== ref || content.by !== "") throw new Unreadable();
    return { identity: identityOf(content), by: null, officers: [] };
  }
  const { content, by } = verify(text, "entry", cards.map((card) => card.sign));
  if (content.entry !== ref || content.edition !== edition || content.installation !== installation) throw new Unreadable();
  const officers = listOf(content.officers ?? []).map(textOf); // missing where an earlier file wrote it
  return { identity: identityOf(content), by: cards.find((card) => isSame(card.sign, by)), officers };
}

// A file that the site handed out. A copy that cannot be believed is named, and shows nothing.
function readEntriesFile(text, officer, editions) {
  const file = orRefuse("not_entries", () => fileOf(text, "consult-entries-out"));
  const place = orRefuse("not_entries", () => ({
    installation: textOf(file.installation),
    host: textOf(file.host),
    cards: listOf(file.cards).map(readCard),
    earlier: listOf(file.earlier).map(readCard),
    waiting: listOf(file.waiting).map(readCard),
    appointments: listOf(file.appointments).map(textOf),
    categories: listOf(file.categories).map((each) => ({ code: textOf(each.code), names: each.names ?? {}, persons: each.persons !== false })),
    languages: listOf(file.languages).map((each) => ({ code: textOf(each.code), name: textOf(each.name) })),
  }));
  if (file.officer !== officer.fingerprint) throw new Refusal("entries_of_another");
  if (!place.cards.some((card) => card.fingerprint === officer.fingerprint)) throw new Refusal("entries_of_another");
  const list = orRefuse("not_entries", () => listOf(file.entries).map((each) => readEntry(each, place, officer, editions)));
  const deliveries = orRefuse("not_entries", () => readDeliveries(file.deliveries ?? {}, list));
  return { ...place, list, deliveries };
}

function readEntry(told, place, officer, editions) {
  const open = {
    ref: textOf(told.ref), edition: wholeNumber(told.edition), kind: textOf(told.kind), category: textOf(told.category),
    language: textOf(told.language), basis: textOf(told.basis), left: told.left === true,
    stand: textOf(told.stand),
  };
  if (!REF_SHAPE.test(open.ref) || !ENTRY_KINDS.includes(open.kind) || !BASES.includes(open.basis)) throw new Unreadable();
  if (open.edition < (editions[open.ref] ?? 0)) return { ...open, problem: "old" };
  try {
    const found = openEntry(told.sealed, { ...open, installation: place.installation }, officer, [...place.cards, ...place.earlier]);
    return { ...open, ...found, problem: null };
  } catch (problem) {
    if (!(problem instanceof Unreadable)) throw problem;
    return { ...open, problem: "unreadable" };
  }
}

function readDeliveries(told, list) {
  return Object.entries(told).flatMap(([ref, some]) => {
    if (!list.some((entry) => entry.ref === ref)) throw new Unreadable();
    return listOf(some).map((each) => ({ ref, id: String(each.id), language: textOf(each.language), subject: textOf(each.subject), text: textOf(each.text) }));
  });
}

const newChange = (place) => ({
  ref: newRef(), edition: 1, kind: "person", category: place.categories[0]?.code ?? "", language: place.languages[0]?.code ?? "",
  basis: "consent", how: "", stand: "", identity: identityOf({}),
});

const OPEN_PART = ["category", "language", "basis"]; // of what stands open, what can be corrected
const partsOf = (told) => ({ ...Object.fromEntries(OPEN_PART.map((name) => [name, told[name]])), identity: cleanIdentity(told.identity) });

// `base`: what it was when the correction began, so that another officer's correction in between is not undone. `stand`: the
// site's name for what stood open then; where it is another now, the site refuses.
const changeOf = (entry) => ({
  ref: entry.ref, edition: entry.edition + 1, kind: entry.kind, how: "", stand: entry.stand, ...partsOf(entry), base: partsOf(entry),
});

// What was made here before, beside the file of now: what the site has taken in goes, what was corrected there since goes on from there.
function takenUp(changes, list) {
  const left = {};
  for (const kept of Object.values(changes)) {
    const change = { ...kept, identity: identityOf({ agreed: kept.wording, ...kept.identity }) }; // earlier files kept it outside
    const entry = list.find((each) => each.ref === change.ref);
    const now = entry && !entry.problem ? goneOn(change, entry) : change;
    const isTaken = entry && !entry.problem && entry.edition >= change.edition && asJson(partsOf(now)) === asJson(partsOf(entry));
    if (!isTaken) left[change.ref] = now;
  }
  return left;
}

function goneOn(change, entry) {
  const [mine, theirs, base] = [partsOf(change), partsOf(entry), change.base ?? { identity: {} }];
  const chosen = (name, from, to, before) => (from[name] === before[name] ? to[name] : from[name]);
  const open = Object.fromEntries(OPEN_PART.map((name) => [name, chosen(name, mine, theirs, base)]));
  const identity = Object.fromEntries(IDENTITY.map((name) => [name, chosen(name, mine.identity, theirs.identity, base.identity)]));
  return { ...change, ...open, identity, edition: entry.edition + 1, stand: entry.stand, base: theirs };
}

// What is not complete yet, as the code of a sentence; null = ready.
function lacking(change, entry) {
  if (!change.identity.name.trim()) return "entry.name_missing";
  const isTold = !entry || entry.basis !== change.basis;
  if (isTold && !TOLD.includes(change.how)) return "entry.how_missing";
  return null;
}

// `counted`: whose cards count, see trust.js. Nothing is sealed to any other, whatever page asks for it.
function makeEntriesFile(place, changes, officer, counted) {
  const stranger = place.cards.find((card) => !counted.has(card.fingerprint));
  if (stranger) throw new Refusal("officer_unsigned", { name: cleaned(stranger.name) });
  if (changes.length > ENTRIES_MOST) throw new Refusal("entries_many", { most: ENTRIES_MOST });
  const sealed = changes.map((change) => {
    try {
      const padded = pad(utf8(entryText(change, place, officer)), [PADDED[0]]);
      return Object.fromEntries(place.cards.map((card) => [card.fingerprint, b64(seal(padded, card.box))]));
    } catch (problem) {
      if (problem instanceof TooLong) throw new Refusal("entry_long", { ref: change.ref });
      throw problem;
    }
  });
  const entries = changes.map(({ ref, edition, kind, category, language, basis, how, stand }, at) => ({
    ref, edition, kind, category, language, basis, how, stand,
    copies: Object.fromEntries(Object.entries(sealed[at]).map(([who, copy]) => [who, b64(sha256(unb64(copy)))])),
  }));
  const signed = sign("entries", { installation: place.installation, entries }, officer.signing.secret);
  return asJson({ format: "consult-entries", version: 1, signed, sealed });
}

// Whose cards count. The site only says who the officers are: from the first sealing on an officer's file believes no new one
// without the signatures of officers whom it knows. docs/decisions/0036-officers-decide.md.

const SIGNERS = 2;

// Who signed for whom, as far as the cards at hand can tell: by the newcomer's fingerprint, those of the signers.
function signersOf({ installation, cards, earlier, appointments }, own) {
  const known = [...cards, ...earlier, own];
  const found = new Map();
  for (const text of appointments) {
    const told = appointmentOf(text, known);
    if (!told || told.installation !== installation) continue;
    found.set(told.newcomer, (found.get(told.newcomer) ?? new Set()).add(told.by));
  }
  return found;
}

function appointmentOf(text, cards) {
  try {
    const { content, by } = verify(text, "appointment", cards.map((card) => card.sign));
    const { fingerprint } = readCard(content.card);
    if (digitsIn(textOf(content.fingerprint)) !== digitsIn(fingerprint)) return null;
    return { installation: content.installation, newcomer: fingerprint, by: cards.find((card) => isSame(card.sign, by)).fingerprint };
  } catch (problem) {
    if (problem instanceof Unreadable) return null;
    throw problem;
  }
}

// The fingerprints that count: all as long as nothing is `pinned`; then those, this officer, and for whom two of them signed whose
// paper this officer has compared. `isGone`: of whom this officer has said that their office has ended.
function countedCards(place, pinned, own, isCompared, isGone) {
  if (pinned.length === 0) return new Set(place.cards.map((card) => card.fingerprint));
  const counted = new Set([own.fingerprint, ...pinned]);
  const signers = signersOf(place, own);
  const signed = (card) => [...(signers.get(card.fingerprint) ?? [])];
  const isVouchedFor = (card) => signed(card).filter((each) => counted.has(each) && isCompared(each)).length >= SIGNERS;
  for (;;) {
    const doubted = (cards) => cards.filter((card) => !counted.has(card.fingerprint));
    const vouched = doubted([...place.cards, ...place.earlier]).filter(isVouchedFor);
    const next = vouched.length > 0 ? vouched : signedAlone(place, doubted(place.cards), own, signed, missingOf(place, counted, own, isGone));
    if (next.length === 0) return counted;
    next.forEach((card) => counted.add(card.fingerprint));
  }
}

// Who counts, and whom the site does not name. An end is said to the site only, so it could hide somebody who still serves.
function missingOf({ cards }, counted, own, isGone) {
  const isNamed = (fingerprint) => fingerprint === own.fingerprint || cards.some((card) => card.fingerprint === fingerprint);
  return [...counted].filter((each) => !isNamed(each) && !isGone(each));
}

// This officer's signature is enough where no other officer is left who counts, and for one newcomer: then there are two.
function signedAlone({ cards }, doubted, own, signed, missing) {
  const others = cards.filter((card) => card.fingerprint !== own.fingerprint && !doubted.includes(card));
  const alone = doubted.filter((card) => signed(card).join() === own.fingerprint);
  return others.length === 0 && missing.length === 0 && alone.length === 1 ? alone : [];
}

// What is remembered, sealed, of one installation.
function pinsOf({ installation }) {
  session.known.pinned ??= {};
  return (session.known.pinned[installation] ??= []);
}

const isGone = (fingerprint) => (session.known.gone ?? []).includes(fingerprint);
const countedNow = (place) => countedCards(place, pinsOf(place), session.officer.card, isCompared, isGone);
const missingNow = (place) => missingOf(place, countedNow(place), session.officer.card, isGone);

// An officer has asked by another way, and knows that somebody's office has ended.
async function rememberGone(fingerprint) {
  session.known.gone = [...(session.known.gone ?? []), fingerprint];
  await keep(session.officer, ["known"], session.known).catch(() => null);
}

// The name of the installation comes from the site. Under another one this file would know nobody: a key serves one installation.
function checkInstallation({ installation }) {
  const known = Object.entries(session.known.pinned ?? {}).filter(([, pins]) => pins.length > 0).map(([name]) => name);
  if (known.length > 0 && !known.includes(installation)) throw new Refusal("another_installation", { known: known.map(cleaned).join(", "), told: cleaned(installation) });
}

function pin(place, fingerprints) {
  const pins = pinsOf(place);
  for (const each of fingerprints) if (!pins.includes(each)) pins.push(each);
}

// A file with entries: to whom this officer sealed before, as the copies say that only this officer could sign. Where there is
// none of that, and nothing is known yet, whoever is an officer at this first sight; paper is compared before anything is sealed.
function pinSeen(entries) {
  const own = entries.list.filter((entry) => entry.by && isMine(entry.by.fingerprint)).flatMap((entry) => entry.officers);
  pin(entries, own);
  if (pinsOf(entries).length === 0 && entries.list.length > 0) pin(entries, entries.cards.map((card) => card.fingerprint));
}

async function pinSealed(entries) {
  pin(entries, entries.cards.map((card) => card.fingerprint));
  await keep(session.officer, ["known"], session.known).catch(() => null);
}

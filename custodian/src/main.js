// Where it begins, and how work is kept while it goes on.

const changed = () => {
  session.dirty = true;
  sayKept("kept.not_yet");
};

const sayKept = (key) => (document.getElementById("saved").textContent = key ? t(key) : "");

// Under which name the work of now is kept, and what it is; null where nothing is open.
function workNow() {
  if (session.desk) return [workPlace(session.desk), session.work];
  return session.entries ? [entriesPlace(session.entries), session.entryWork] : null;
}

async function saveNow() {
  const now = workNow();
  if (!session.dirty || !now) return;
  session.dirty = false;
  try {
    await keep(session.officer, ...now);
    if (!session.dirty) sayKept("kept.here");
  } catch {
    session.dirty = true;
    sayKept("kept.cannot");
  }
}

// The formats, for whoever wants to check them from the console: tests hold them to what Python writes. No page reads this.
globalThis.Custodian = Object.freeze({
  b64, unb64, utf8, fromUtf8, asJson, pad, unpad, seal, unseal, sealCell, blankCell, boxPair, signPair, sign, verify, checkDigits, hasCheckDigits, digitsIn,
  fingerprintOf, leafOf, treeOf, rootOf, pathIn, recoveryDigits, seedOfDigits, officerOf, makeCard, readCard, makeKeyFile, readKeyFile, openKeyFile, isDecoy,
  entryText, openEntry, makeEntriesFile, readEntriesFile, takenUp, lacking, problemsOfSender, countedCards, patternsFor, marksIn, withoutMarked, cleaned, strengthOf, sketchOf, likeness,
});

sodium.ready.then(() => {
  startSaving(() => session.dirty, saveNow);
  show(startPage);
});

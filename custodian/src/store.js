// Work kept on this computer: sealed to the officer's own key, under names that tell nothing. Never a plain word.

const SAVE_EVERY = 3000; // milliseconds

const storeName = (officer, ...about) =>
  b64(sodium.crypto_auth_hmacsha256(utf8(asJson(about)), sha256(utf8("consult officer store 1"), officer.seed)));

function withStore(mode, act) {
  return new Promise((done, fail) => {
    const opening = indexedDB.open("consult", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("kept");
    opening.onerror = () => fail(opening.error);
    opening.onsuccess = () => {
      const base = opening.result;
      const transaction = base.transaction("kept", mode, { durability: "strict" });
      const asked = act(transaction.objectStore("kept"));
      transaction.oncomplete = () => done(base.close() ?? asked.result);
      transaction.onabort = transaction.onerror = () => fail(base.close() ?? transaction.error);
    };
  });
}

const sealForMe = (officer, content) => seal(padInSteps(utf8(asJson(content))), officer.box.public);
const openForMe = (officer, sealed) => fromJson(fromUtf8(unpad(unseal(sealed, officer.box))));

const keep = (officer, about, content) =>
  withStore("readwrite", (kept) => kept.put(sealForMe(officer, content), storeName(officer, ...about)));

// What was kept, or null: also where the browser keeps nothing, or what it kept is damaged.
async function recall(officer, about) {
  try {
    const sealed = await withStore("readonly", (kept) => kept.get(storeName(officer, ...about)));
    return sealed ? openForMe(officer, sealed) : null;
  } catch {
    return null;
  }
}

const forget = (officer, about) => withStore("readwrite", (kept) => kept.delete(storeName(officer, ...about)));

const workPlace = (desk) => ["work", desk.installation, desk.host, desk.consultation];

const workFile = (officer, desk, work) =>
  asJson({ format: "consult-work", version: 1, sealed: b64(sealForMe(officer, { ...theFour(desk), ...work })) });

function readWorkFile(text, officer, desk) {
  const content = orRefuse("work_foreign", () => openForMe(officer, unb64(fileOf(text, "consult-work").sealed)));
  if (!isAbout(content, desk)) throw new Refusal("work_other");
  return readWork(content);
}

// Saves the work every few seconds while something changed, and when the page is put aside.
function startSaving(isDirty, save) {
  const now = () => isDirty() && save();
  setInterval(now, SAVE_EVERY);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && now());
  addEventListener("pagehide", now);
  addEventListener("beforeunload", (event) => isDirty() && event.preventDefault());
}

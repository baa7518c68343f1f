// What leaves the desk: released comments, a cell for every receipt, the state, and the final tree.

const GROUP_LEAST = 5;
const PATH_ROOM = { leaf: "A".repeat(43), place: 65535, path: Array(16).fill("A".repeat(43)) }; // kept free for later in every cell

const isClosed = (desk) => ["closed", "over"].includes(desk.manifest.state);

function messagesOf(decision, comment) {
  const next = decision.sent.reduce((most, message) => Math.max(most, message.number), 0) + 1;
  const fresh = ["question", "reply"].filter((kind) => decision[kind].trim());
  const added = fresh.map((kind, at) => ({ number: next + at, kind, language: comment.language, text: decision[kind].trim() }));
  return [...decision.sent, ...added];
}

function cellContent(desk, thread, decision, final, officer) {
  const content = {
    ...theFour(desk),
    number: desk.numbers.cells + 1,
    thread: thread.key,
    messages: thread.isWithdrawn ? [] : messagesOf(decision, thread.comment),
    state: stateOf(thread, decision),
    comment: decision.released ? decision.ref : "",
    ...(final ?? { leaf: "", place: 0, path: [] }),
  };
  return utf8(sign("cell", content, officer.signing.secret));
}

// Bytes that may still be written to this person; negative where it is too much already.
function roomLeft(desk, thread, decision, officer) {
  const shown = { ...decision, released: true, ref: decision.ref || "x".repeat(12) };
  return CELL_ROOM - cellContent(desk, thread, shown, PATH_ROOM, officer).length;
}

const SAFE_LIMITS = { text: 10000, suggestion: 10000, evidence: 2000 }; // characters, as main takes them

// Why a result cannot be made yet; the officer reads one sentence.
function checkResult({ desk, found, threads, work, officer, closing = false, isFinal = false }) {
  if (found.locked.length > 0) throw new Refusal("batches_locked", { numbers: found.locked.join(", ") });
  const ready = threads.filter((thread) => isReady(thread, decisionOf(work, thread)));
  if (ready.length > 0 && ready.length < GROUP_LEAST && !closing) {
    throw new Refusal("group_too_small", { ready: ready.length, least: GROUP_LEAST });
  }
  if (isFinal && ready.length > 0) throw new Refusal("final_with_release");
  for (const thread of threads) {
    const decision = decisionOf(work, thread);
    const about = { ref: thread.comment.ref };
    if (!thread.isWithdrawn && roomLeft(desk, thread, decision, officer) < 0) throw new Refusal("message_too_long", about);
    if (!ready.includes(thread)) continue;
    if (!isAllowed(decision.choice, thread.comment)) throw new Refusal("not_allowed", about);
    if (!decision.public?.text.trim() && !decision.public?.suggestion.trim()) throw new Refusal("public_missing", about);
    for (const [name, most] of Object.entries(SAFE_LIMITS)) {
      if ([...decision.public[name]].length > most) throw new Refusal("public_too_long", { ...about, most });
    }
  }
  return ready;
}

const OUTCOME_USED = ["accepted", "accepted_in_part"];

function outcomeOf(thread, decision, answers) {
  if (thread.isWithdrawn) return "withdrawn";
  if (!decision.released) return "kept confidential";
  const answer = answers.find((each) => each?.ref === decision.ref);
  if (!answer) return null; // not answered yet: the final tree waits
  return OUTCOME_USED.includes(answer.outcome) ? "used" : "answered";
}

const leafOfOutcome = (inclusion, outcome) => leafOf(concat(unb64(inclusion, 32), utf8(outcome)));

// Whether the final tree can be made: every released comment that still stands is answered.
function canFinish(desk, threads, work) {
  if (!isClosed(desk) || desk.answers === null) return false;
  return threads.every((thread) => outcomeOf(thread, decisionOf(work, thread), desk.answers) !== null);
}

// The final leaves: made once, kept in the state, the same in every later result.
function finalLeaves(desk, found, threads, work) {
  if (work.leaves) return work.leaves.map((leaf) => unb64(leaf, 32));
  const own = threads.map((thread) => leafOfOutcome(thread.comment.inclusion, outcomeOf(thread, decisionOf(work, thread), desk.answers)));
  const decoys = found.decoyLeaves.map((inclusion) => leafOfOutcome(inclusion, "kept confidential"));
  return filledLeaves([...own, ...decoys]);
}

function placesIn(leaves, desk, threads, work) {
  const tree = treeOf(leaves);
  const at = new Map(leaves.map((leaf, place) => [b64(leaf), place]));
  const finals = new Map();
  for (const thread of threads) {
    for (const outcome of ["used", "answered", "kept confidential", "withdrawn"]) {
      const leaf = b64(leafOfOutcome(thread.comment.inclusion, outcome));
      const place = at.get(leaf);
      if (place !== undefined) finals.set(thread.key, { leaf, place, path: pathIn(tree, place).map(b64) });
    }
  }
  return { root: b64(tree.at(-1)[0]), finals };
}

// The result and the work as it stands after it. `closing`: the officer says that this is all of the round. `isFinal`: the final tree is made, or was made before.
async function makeResult({ desk, found, threads, work, officer, pairs, closing, isFinal }, onProgress) {
  const ready = checkResult({ desk, found, threads, work, officer, closing, isFinal });
  const after = structuredClone(work);
  after.base = desk.numbers.result + 1;
  const release = ready.map((thread) => {
    const decision = after.decisions[thread.key];
    decision.ref ||= randomRef();
    decision.released = true;
    return releaseOf(thread, decision);
  });
  const final = isFinal || work.leaves ? finalLeaves(desk, found, threads, after) : null;
  if (final) after.leaves = final.map(b64);
  const placed = final ? placesIn(final, desk, threads, after) : { root: null, finals: new Map() };
  const withdrawn = [];
  for (const thread of threads) {
    const decision = decisionOf(after, thread);
    if (thread.isWithdrawn && decision.released) withdrawn.push(decision.ref);
    decision.sent = thread.isWithdrawn ? [] : messagesOf(decision, thread.comment);
    decision.question = decision.reply = "";
    if (thread.isWithdrawn) decision.public = null;
  }
  const content = {
    ...theFour(desk),
    number: desk.numbers.result + 1,
    officer: officer.fingerprint,
    batches: [...found.batches].sort((one, two) => one - two),
    release: release.sort((one, two) => (one.ref < two.ref ? -1 : 1)),
    closing,
    withdrawn: withdrawn.sort(),
    cells: await sealCells({ desk, found, threads, work: after, officer, finals: placed.finals }, onProgress),
    state: b64(sealState(desk, after, officer, pairs)),
    final: placed.root ? { root: placed.root } : null,
  };
  return { text: sign("result", content, officer.signing.secret), number: content.number, released: release.length, after };
}

const releaseOf = (thread, decision) => ({
  ref: decision.ref,
  round: thread.comment.round,
  version: thread.comment.version,
  paragraph: thread.comment.ref,
  language: thread.comment.language,
  text: cleaned(decision.public.text).trim(),
  suggestion: cleaned(decision.public.suggestion).trim(),
  evidence: cleaned(decision.public.evidence).trim(),
  use: decision.choice,
});

// A cell for every receipts row that any batch named: whoever looks on sees no difference between people and decoys.
async function sealCells({ desk, found, threads, work, officer, finals }, onProgress) {
  const slice = slicer();
  const byRow = new Map(threads.map((thread) => [thread.comment.receipt, thread]));
  const rows = [...found.receipts.keys()].map((id) => [id, unb64(id, 16)]).sort((one, two) => compareBytes(one[1], two[1]));
  const cells = [];
  for (const [id] of rows) {
    const thread = byRow.get(id);
    const decision = thread && decisionOf(work, thread);
    const said = thread && cellContent(desk, thread, decision, finals.get(thread.key), officer);
    cells.push([id, b64(thread ? sealCell(said, unb64(thread.key, 32)) : blankCell())]);
    await slice(() => onProgress(cells.length, rows.length));
  }
  return sign("cells", { ...theFour(desk), number: desk.numbers.cells + 1, cells }, officer.signing.secret);
}

// Sealed to the newest key that this officer holds, so that it goes when the keys go.
function sealState(desk, work, officer, pairs) {
  const newest = pairs.get(Math.max(...pairs.keys()));
  const content = { ...theFour(desk), ...work, number: desk.numbers.result + 1 };
  return seal(padInSteps(utf8(sign("state", content, officer.signing.secret))), newest.public);
}

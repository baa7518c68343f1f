// What one person sent, put together; and what the officers decided about it so far.

// The threads of all acts: a comment with its follow-ups, and whether it was withdrawn. What has no comment is in doubt.
function threadsOf(acts, manifest) {
  const threads = new Map();
  const doubts = [];
  const ofKind = (kind) => acts.filter((act) => act.body.kind === kind);
  for (const act of ofKind("comment")) {
    if (threads.has(act.body.thread)) doubts.push({ why: "twice", text: act.text, batch: act.batch });
    else threads.set(act.body.thread, { key: act.body.thread, comment: act.body, followUps: [], isWithdrawn: false });
  }
  const withdrawnBefore = new Set(); // the comment was taken back before it got here
  for (const act of ofKind("withdrawal")) {
    const thread = threads.get(act.body.thread);
    if (!thread) withdrawnBefore.add(act.body.thread);
    else if (thread.comment.receipt === act.body.of) thread.isWithdrawn = true;
    else doubts.push({ why: "stray", text: act.text, batch: act.batch });
  }
  for (const act of ofKind("follow_up")) {
    const thread = threads.get(act.body.thread);
    if (thread && thread.comment.receipt === act.body.of) thread.followUps.push({ ...act.body, batch: act.batch });
    else if (!withdrawnBefore.has(act.body.thread)) doubts.push({ why: "stray", text: act.text, batch: act.batch });
  }
  for (const thread of threads.values()) {
    thread.followUps.sort((one, two) => one.batch - two.batch || (one.item < two.item ? -1 : 1));
  }
  const place = new Map((manifest.paragraphs ?? []).map((paragraph, at) => [paragraph.ref, at + 1]));
  const order = (thread) => place.get(thread.comment.ref) ?? 0;
  const sorted = [...threads.values()].sort((one, two) => order(one) - order(two) || (one.key < two.key ? -1 : 1));
  return { threads: sorted, doubts };
}

const REF_LETTERS = "23456789abcdefghjkmnpqrstvwxyz";
const randomRef = () => Array.from({ length: 12 }, () => REF_LETTERS[sodium.randombytes_uniform(REF_LETTERS.length)]).join("");

const newDecision = () => ({ choice: null, public: null, ref: "", released: false, sent: [], question: "", reply: "" });
const emptyWork = (desk) => ({ base: desk.numbers.result, decisions: {}, leaves: null });

const decisionOf = (work, thread) => (work.decisions[thread.key] ??= newDecision());

// What the person allowed, from the widest on: an officer may do with a text what stands at or below it.
const CHOICES = ["verbatim", "paraphrase", "internal", "confidential"];
const isAllowed = (choice, comment) => CHOICES.indexOf(choice) >= CHOICES.indexOf(comment.use);

const isReady = (thread, decision) =>
  !thread.isWithdrawn && !decision.released && decision.choice !== null && decision.choice !== "confidential";

const stateOf = (thread, decision) =>
  thread.isWithdrawn ? "withdrawn" : decision.released ? "released" : decision.choice === "confidential" ? "confidential" : "received";

// The decisions that came sealed with the desk file, signed by an officer of the consultation. Null where there are none yet.
function openState(desk, pairs) {
  if (desk.state === null) {
    if (desk.numbers.result > 0) throw new Refusal("state_missing");
    return null;
  }
  for (const pair of pairs.values()) {
    let text;
    try {
      text = fromUtf8(unpad(unseal(desk.state, pair)));
    } catch {
      continue;
    }
    return orRefuse("state_foreign", () => {
      const { content } = verify(text, "state", desk.opening.officers.map((card) => card.sign));
      if (!isAbout(content, desk)) throw new Unreadable();
      if (content.number !== desk.numbers.result) throw new Refusal("state_old");
      return readWork(content);
    });
  }
  throw new Refusal("state_locked");
}

// Work as it was written, made whole: a field that is missing or odd becomes as if nothing had been decided.
function readWork(content) {
  const work = { base: wholeNumber(content.base), decisions: {}, leaves: content.leaves ?? null };
  const text = (value) => (typeof value === "string" ? value : "");
  for (const [key, said] of Object.entries(content.decisions ?? {})) {
    const shown = said.public;
    work.decisions[key] = {
      ...newDecision(),
      choice: CHOICES.includes(said.choice) ? said.choice : null,
      public: shown ? { text: text(shown.text), suggestion: text(shown.suggestion), evidence: text(shown.evidence) } : null,
      ref: text(said.ref),
      released: said.released === true,
      sent: Array.isArray(said.sent) ? said.sent : [],
      question: text(said.question),
      reply: text(said.reply),
    };
  }
  return work;
}

// Work saved here before another officer's result came in: what that result settled stands, the rest is taken up again.
function takeUpWork(settled, saved) {
  const work = { ...settled, decisions: { ...settled.decisions } };
  for (const [key, mine] of Object.entries(saved.decisions)) {
    const theirs = work.decisions[key] ?? newDecision();
    const isSaid = (kind) => theirs.sent.some((message) => message.kind === kind && message.text === mine[kind]);
    const settledText = theirs.released ? theirs : mine;
    work.decisions[key] = {
      ...theirs,
      choice: settledText.choice,
      public: settledText.public,
      ref: theirs.ref || mine.ref,
      question: isSaid("question") ? "" : mine.question,
      reply: isSaid("reply") ? "" : mine.reply,
    };
  }
  return work;
}

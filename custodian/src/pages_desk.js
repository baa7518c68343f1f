// A desk file: who vouches for it, what opens it, what lay in it.

function deskFilePage() {
  const next = async () => {
    const [text] = await readFiles("desk-file");
    if (text === undefined) return;
    await goToDesk(readDesk(text));
  };
  return {
    title: t("desk.title"),
    body: [
      p("desk.what"),
      h("form", { submit: trying(next), novalidate: true },
        fileField("desk-file", t("desk.file"), { hint: t("desk.file_hint") }),
        acts(h("button", { class: "button" }, t("go_on")))),
    ],
  };
}

const placeName = (desk) => b64(sha256(utf8(asJson([desk.installation, desk.host, desk.consultation]))));

async function goToDesk(desk) {
  if (desk.numbers.result < (session.known.results[placeName(desk)] ?? 0)) throw new Refusal("desk_old");
  if (!isCompared(desk.opening.signer.fingerprint)) return show(() => signerPage(desk));
  const pairs = openHalves(desk.halves, desk.opening.keys, session.officer);
  return missingKeys(desk, pairs).length === 0 ? openDesk(desk, pairs) : show(() => copyPage(desk, pairs));
}

const missingKeys = (desk, pairs) => desk.opening.keys.filter((key) => !pairs.has(key.number));

// The site keeps no halves once all officers have their copies: then each brings their own.
function copyPage(desk, pairs) {
  const next = async () => {
    for (const text of await readFiles("copies")) {
      const file = orRefuse("not_a_copy", () => fileOf(text, "consult-opening"));
      openHalves(orRefuse("not_a_copy", () => listOf(file.halves)), desk.opening.keys, session.officer, pairs);
    }
    if (document.getElementById("copies").files.length === 0) return null;
    if (missingKeys(desk, pairs).length === 0) return openDesk(desk, pairs);
    return complain([["copies", t("copy.not_this", { keys: numbersOf(missingKeys(desk, pairs)) })]]);
  };
  return {
    title: t("copy.title"),
    body: [
      p("copy.what", { keys: numbersOf(missingKeys(desk, pairs)) }),
      h("form", { submit: trying(next), novalidate: true },
        fileField("copies", t("copy.files"), { hint: t("copy.files_hint"), multiple: true }),
        acts(
          h("button", { class: "button" }, t("recovery.open")),
          linkButton("copy.lost", () => show(() => recoveryPage(desk, pairs))),
          pairs.size > 0 ? linkButton("recovery.without", trying(() => openDesk(desk, pairs))) : null)),
    ],
  };
}

const numbersOf = (keys) => keys.map((key) => key.number).join(", ");

// A key that another officer made counts once its maker's fingerprint was compared with paper.
function signerPage(desk) {
  const { signer } = desk.opening;
  const next = async () => {
    if (digitsIn(valueOf("paper")) !== digitsIn(signer.fingerprint)) return complain([["paper", t("signer.differ")]]);
    await rememberCompared(signer.fingerprint);
    return goToDesk(desk);
  };
  return {
    title: t("signer.title"),
    body: [
      p("signer.what"),
      facts([t("name_of"), words(signer.name)], [t("institution_of"), words(signer.institution)], signer.inMinistry && [t("note_of"), t("in_ministry")]),
      h("form", { submit: trying(next), novalidate: true },
        inputField("paper", t("cards.type", { name: signer.name }), { hint: t("cards.type_hint"), inputmode: "numeric", dir: "ltr" }),
        acts(h("button", { class: "button" }, t("cards.compare")))),
    ],
  };
}

// For a key of which this officer has no half: the 80 digits of its recovery sheet.
function recoveryPage(desk, pairs) {
  const missing = missingKeys(desk, pairs);
  const next = async () => {
    const digits = digitsIn(valueOf("digits"));
    if (digits.length !== 80) return complain([["digits", t("recovery.count", { count: digits.length })]]);
    if (!hasCheckDigits(digits)) return complain([["digits", t("recovery.mistyped")]]);
    const key = missing.find((each) => fits(each, digits));
    if (!key) return complain([["digits", t("recovery.other")]]);
    addSeed(pairs, key, seedOfDigits(digits));
    return missing.length > 1 ? showInstead(() => recoveryPage(desk, pairs)) : openDesk(desk, pairs);
  };
  return {
    title: t("recovery.title"),
    body: [
      p("recovery.what", { keys: numbersOf(missing) }),
      h("form", { submit: trying(next), novalidate: true },
        textField("digits", t("recovery.digits"), { hint: t("recovery.hint"), inputmode: "numeric", dir: "ltr", rows: "4" }),
        acts(h("button", { class: "button" }, t("recovery.open")))),
    ],
  };
}

function fits(key, digits) {
  try {
    return isSame(boxPair(seedOfDigits(digits)).public, key.public);
  } catch {
    return false;
  }
}

async function openDesk(desk, pairs) {
  const settled = openState(desk, pairs) ?? emptyWork(desk);
  const report = showProgress("desk.opening");
  const found = await openBatches(desk, pairs, report);
  const { threads, doubts } = threadsOf(found.acts, desk.manifest);
  found.doubts.push(...doubts);
  const alike = await countAlike(threads);
  Object.assign(session, { desk, pairs, found, threads, alike, work: settled, dirty: false });
  const saved = await recall(session.officer, workPlace(desk));
  session.known.results[placeName(desk)] = desk.numbers.result;
  await keep(session.officer, ["known"], session.known).catch(() => null);
  showInstead(saved && hasSomething(saved) ? () => savedPage(readWork(saved)) : overviewPage);
}

const hasSomething = (saved) => Object.keys(saved.decisions ?? {}).length > 0;

// Work of an earlier sitting lies here: go on with it, or leave it.
function savedPage(saved) {
  const goOn = () => {
    session.work = saved.base === session.work.base ? saved : takeUpWork(session.work, saved);
    showInstead(overviewPage);
  };
  const drop = async () => {
    await forget(session.officer, workPlace(session.desk));
    showInstead(overviewPage);
  };
  return {
    title: t("saved.title"),
    back: false,
    body: [p(saved.base === session.work.base ? "saved.what" : "saved.between"), acts(button("saved.go_on", goOn), button("saved.drop", trying(drop), { second: true }))],
  };
}

const TAGS = { open: "waiting", verbatim: "accepted", paraphrase: "inpart", internal: "noted", confidential: "guarded", released: "noted", withdrawn: "refused" };

function standingOf(thread) {
  const decision = session.work.decisions[thread.key];
  if (thread.isWithdrawn) return "withdrawn";
  if (decision?.released) return "released";
  return decision?.choice ?? "open";
}

const tagOf = (thread) => h("span", { class: `tag ${TAGS[standingOf(thread)]}` }, t(`standing.${standingOf(thread)}`));
const aboutRef = (ref) => (ref === "0" ? t("whole_draft") : t("paragraph", { ref }));

function overviewPage() {
  const { desk, found, threads, work } = session;
  const undecided = threads.filter((thread) => standingOf(thread) === "open");
  const next = undecided[0];
  return {
    title: titleOf(desk),
    trail: t("overview.trail", { batches: found.batches.length, host: desk.host }),
    back: false,
    body: [
      warningsOf(desk, found),
      facts(
        [t("overview.comments"), String(threads.filter((thread) => !thread.isWithdrawn).length)],
        [t("overview.undecided"), String(undecided.length)],
        [t("overview.ready"), String(threads.filter((thread) => isReady(thread, work.decisions[thread.key] ?? newDecision())).length)],
        found.doubts.length > 0 && [t("overview.doubts"), linkButton("overview.doubts_show", () => show(doubtsPage), { count: found.doubts.length })],
      ),
      acts(next ? button("overview.next", () => show(() => itemPage(next))) : null, button("overview.result", () => show(resultPage), { second: Boolean(next) })),
      h("section", {}, h2("overview.all"),
        threads.length === 0 ? p("overview.none") : h("ul", { class: "rows" }, threads.map((thread) => overviewRow(thread)))),
      h("section", {}, h2("overview.more"),
        h("ul", { class: "rows" },
          h("li", {}, saveWorkPart()),
          h("li", {}, p("work.load_more"), acts(button("work.load", () => show(loadWorkPage), { second: true }))),
          h("li", {}, p("officers.more"), acts(button("officers.show", () => show(officersPage), { second: true }))),
          h("li", {}, acts(button("to_menu", trying(leaveDesk), { second: true }))))),
    ],
  };
}

const overviewRow = (thread) =>
  h("li", {},
    h("p", {}, h("button", { type: "button", class: "linklike", click: () => show(() => itemPage(thread)) }, aboutRef(thread.comment.ref)), " ", tagOf(thread)),
    thread.isWithdrawn ? null : h("p", { class: "muted excerpt", lang: thread.comment.language, dir: "auto" }, excerptOf(thread.comment)));

const EXCERPT = 90; // letters
function excerptOf(comment) {
  const letters = [...cleaned(comment.text || comment.suggestion)];
  return letters.length > EXCERPT ? `${letters.slice(0, EXCERPT).join("")}…` : letters.join("");
}

function titleOf(desk) {
  const titles = desk.manifest.titles ?? {};
  return titles[language] ?? Object.values(titles)[0] ?? desk.consultation;
}

// Whatever could not be believed is said first, each in one sentence.
function warningsOf(desk, found) {
  const said = [
    found.refused.length > 0 && t("warn.batches", { places: found.refused.join(", ") }),
    found.locked.length > 0 && t("warn.locked", { numbers: found.locked.join(", ") }),
    desk.answersRefused && t("warn.answers"),
    desk.opening.officers.some((card) => card.inMinistry) && t("warn.ministry"),
  ].filter(Boolean);
  return said.length > 0 ? h("div", { class: "until" }, said.map((sentence) => h("p", {}, sentence))) : null;
}

function saveWorkPart() {
  const save = trying(() => saveFile(`work-${session.desk.consultation}.json`, workFile(session.officer, session.desk, session.work)));
  return [p("work.save_more"), acts(button("work.save", save, { second: true }))];
}

function loadWorkPage() {
  const next = async () => {
    const [text] = await readFiles("work-file");
    if (text === undefined) return;
    session.work = takeUpWork(session.work, readWorkFile(text, session.officer, session.desk));
    changed();
    await saveNow();
    goBack();
  };
  return {
    title: t("work.title"),
    body: [
      p("work.what"),
      h("form", { submit: trying(next), novalidate: true },
        fileField("work-file", t("work.file")),
        acts(h("button", { class: "button" }, t("work.take")))),
    ],
  };
}

// What nobody could vouch for. It is shown as it came, with hidden signs made visible, and goes nowhere.
const DOUBTS = ["decoy_key", "sealed", "body", "twice", "letter", "stray"];

const doubtsPage = () => ({
  title: t("doubts.title"),
  body: [
    p("doubts.what"),
    h("ul", { class: "rows" }, session.found.doubts.map((doubt) =>
      h("li", {},
        h("p", {}, t(`doubt.${DOUBTS.find((code) => code === doubt.why)}`, { batch: doubt.batch })),
        doubt.text ? h("details", {}, h("summary", {}, t("doubts.show")), h("p", { class: "quoted", dir: "auto" }, shownWith(doubt.text, []))) : null))),
  ],
});

async function leaveDesk() {
  await saveNow();
  Object.assign(session, { desk: null, work: null, found: null, threads: null, pairs: null, further: null });
  showAnew(menuPage);
}

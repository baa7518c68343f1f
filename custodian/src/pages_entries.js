// Protected entries: what a file holds, one entry, making and correcting, the file for the site.

function entriesFilePage() {
  const next = async () => {
    const [text] = await readFiles("entries-file");
    if (text === undefined) return;
    await openEntries(text);
  };
  return {
    title: t("entries.file_title"),
    body: [
      p("entries.what"),
      h("form", { submit: trying(next), novalidate: true },
        fileField("entries-file", t("entries.file"), { hint: t("entries.file_hint") }),
        acts(h("button", { class: "button" }, t("go_on")))),
    ],
  };
}

const entriesPlace = (entries) => ["entries", entries.installation];

async function openEntries(text) {
  session.known.editions ??= {};
  const entries = readEntriesFile(text, session.officer, session.known.editions);
  checkInstallation(entries);
  for (const entry of entries.list) if (!entry.problem) session.known.editions[entry.ref] = entry.edition;
  pinSeen(entries);
  const saved = await recall(session.officer, entriesPlace(entries));
  Object.assign(session, {
    entries,
    entryWork: { changes: takenUp(saved?.changes ?? {}, entries.list), delivered: saved?.delivered ?? {} },
    dirty: false,
  });
  await keep(session.officer, ["known"], session.known).catch(() => null);
  showInstead(entriesPage);
}

const entryAt = (ref) => session.entries.list.find((each) => each.ref === ref) ?? null;
const shownText = (text) => h("bdi", { class: "lines" }, visible(text));
const nameOf = (identity) => shownText(identity.name || "–");
const codeBox = (ref) => h("span", { class: "number small muted", dir: "ltr" }, ref);
const changesNow = () => Object.values(session.entryWork.changes);
const isDelivered = (delivery) => Object.hasOwn(session.entryWork.delivered, delivery.id);

function entriesPage() {
  const { entries } = session;
  const waiting = entries.deliveries.filter((each) => !isDelivered(each));
  const copyAll = () => {
    for (const entry of entries.list.filter((each) => !each.problem)) session.entryWork.changes[entry.ref] ??= changeOf(entry);
    changed();
    show(uploadPage);
  };
  return {
    title: t("entries.title"),
    trail: words(entries.host),
    back: false,
    body: [
      acts(button("entries.new", () => show(() => editPage(newChange(entries)))), button("entries.upload", () => show(uploadPage), { second: true })),
      changesNow().length > 0 ? h("section", {}, h2("entries.changed"), h("ul", { class: "rows" }, changesNow().map(changeRow))) : null,
      waiting.length > 0 ? h("section", {}, h2("entries.deliver"), h("ul", { class: "rows" }, waiting.map(deliveryRow))) : null,
      h("section", {}, h2("entries.all"),
        entries.list.length === 0 ? p("entries.none") : h("ul", { class: "rows" }, entries.list.map(entryRow))),
      entries.list.some((each) => !each.problem) ? h("section", {}, h2("entries.copies"), p("entries.copies_more"), acts(button("entries.copies_do", trying(copyAll), { second: true }))) : null,
      acts(button("to_menu", trying(leaveEntries), { second: true })),
    ],
  };
}

async function leaveEntries() {
  await saveNow();
  Object.assign(session, { entries: null, entryWork: null });
  showAnew(menuPage);
}

const entryRow = (entry) =>
  h("li", {},
    entry.problem
      ? [h("p", {}, codeBox(entry.ref)), h("p", { class: "until" }, t(`entry.${entry.problem === "old" ? "old" : "unreadable"}`))]
      : h("p", {}, h("button", { type: "button", class: "linklike", click: () => show(() => entryPage(entry)) }, nameOf(entry.identity)), " ", codeBox(entry.ref)));

const changeRow = (change) =>
  h("li", {},
    h("p", {}, h("button", { type: "button", class: "linklike", click: () => show(() => editPage(change)) }, nameOf(change.identity)), " ", codeBox(change.ref)),
    linkButton("entries.discard", () => {
      delete session.entryWork.changes[change.ref];
      changed();
      showInstead(entriesPage);
    }));

function entryPage(entry) {
  const { identity } = entry;
  const line = (name) => identity[name] && [t(`entry.${name}`), shownText(identity[name])];
  return {
    title: t("entry.title"),
    trail: codeBox(entry.ref),
    body: [
      facts(line("name"), ...reachedBy(entry), line("people"), line("access_needs"), line("agreed"), line("note"),
        [t("entry.kind"), t(`kind.${entry.kind}`)], [t("entry.category"), categoryName(entry.category)], [t("entry.language"), languageName(entry.language)],
        [t("entry.basis"), t(`basis.${entry.basis}`)], entry.left && [t("note_of"), t("entry.left")], [t("entry.by"), writtenBy(entry.by)]),
      acts(button("entry.correct", () => show(() => editPage(session.entryWork.changes[entry.ref] ?? changeOf(entry))))),
      session.entries.deliveries.filter((each) => each.ref === entry.ref).length > 0
        ? h("section", {}, h2("entries.deliver"), h("ul", { class: "rows" }, session.entries.deliveries.filter((each) => each.ref === entry.ref).map(deliveryRow))) : null,
      acts(button("entries.back", () => show(entriesPage), { second: true })),
    ],
    back: false,
  };
}

// How to reach somebody; what they wish comes first.
const reachedBy = ({ identity }) => [
  identity.reach && [t("entry.reach"), REACHES.includes(identity.reach) ? t(`reach.${identity.reach}`) : shownText(identity.reach)],
  ...["phone", "email", "postal_address"].map((name) => identity[name] && [t(`entry.${name}`), shownText(identity[name])]),
];

const writtenBy = (card) =>
  card === null ? t("by.site") : [words(card.name), " · ", t(isMine(card.fingerprint) ? "by.mine" : isCompared(card.fingerprint) ? "by.known" : "by.unknown")];
const categoryName = (code) => {
  const names = session.entries.categories.find((each) => each.code === code)?.names ?? {};
  return names[language] ?? names.en ?? code;
};
const languageName = (code) => words(session.entries.languages.find((each) => each.code === code)?.name ?? code);

// What is typed is part of the work from the first letter.
function editPage(change) {
  const { entries, entryWork, officer } = session;
  const entry = entryAt(change.ref);
  const room = h("p", { class: "small number", role: "status" });
  const say = () => {
    const left = entryRoom(change, entries, officer);
    room.textContent = left < 0 ? t("entry.over", { bytes: -left }) : t("entry.room", { bytes: left });
    room.className = left < 0 ? "small number error" : "small number";
  };
  const touched = () => {
    entryWork.changes[change.ref] = change;
    changed();
    say();
  };
  const of = (about, name) => (event) => {
    about[name] = event.target.value;
    touched();
  };
  const line = (name, more = {}) => inputField(`entry-${name}`, t(`entry.${name}`), { value: change.identity[name], dir: "auto", input: of(change.identity, name), ...more });
  const lines = (name, hint = null) => textField(`entry-${name}`, t(`entry.${name}`), { value: change.identity[name], rows: "3", hint, input: of(change.identity, name) });
  const done = async () => {
    const code = lacking(change, entry);
    if (code) return complain([[code === "entry.name_missing" ? "entry-name" : "entry-how", t(code)]]);
    if (entryRoom(change, entries, officer) < 0) throw new Refusal("entry_long", { ref: change.ref });
    touched();
    await saveNow();
    return show(entriesPage);
  };
  const picks = (name, values, prefix, about = change, hint = null) =>
    choiceField(`entry-${name}`, t(`entry.${name}`), values.map((value) => [value, t(`${prefix}.${value}`)]), { chosen: about[name], hint, change: of(about, name) });
  // Of a person no category is kept that says what they believe or organise for: the site would refuse it.
  const categories = h("div");
  const offer = () => {
    const fitting = entries.categories.filter(({ persons }) => persons || change.kind !== "person");
    if (!fitting.some(({ code }) => code === change.category)) change.category = fitting[0]?.code ?? "";
    categories.replaceChildren(selectField("entry-category", t("entry.category"), fitting.map(({ code }) => [code, categoryName(code)]), { chosen: change.category, change: of(change, "category") }));
  };
  const kinds = picks("kind", ENTRY_KINDS, "kind");
  kinds.addEventListener("change", offer);
  offer();
  say();
  return {
    title: t(entry ? "entry.correct_title" : "entry.new_title"),
    trail: codeBox(change.ref),
    body: [
      p("entry.sealed"),
      h("form", { submit: trying(done), novalidate: true },
        line("name"),
        picks("reach", REACHES, "reach", change.identity, t("entry.reach_hint")),
        line("phone", { dir: "ltr", inputmode: "tel" }), line("email", { dir: "ltr", inputmode: "email" }), lines("postal_address"),
        lines("people", t("entry.people_hint")), lines("access_needs"),
        line("agreed", { hint: t("entry.agreed_hint"), maxlength: String(AGREED_MOST) }), lines("note"), room,
        h("h2", {}, t("entry.open")), p("entry.open_more"),
        entry ? null : kinds,
        categories,
        selectField("entry-language", t("entry.language"), entries.languages.map(({ code, name }) => [code, name]), { chosen: change.language, change: of(change, "language") }),
        picks("basis", entry?.basis === "duty" ? BASES : ["consent", "none"], "basis"),
        picks("how", TOLD, "told", change, t("entry.how_hint")),
        acts(h("button", { class: "button" }, t("entry.keep")), linkButton("entries.back", trying(leaveEdit)))),
    ],
    back: false,
  };
}

async function leaveEdit() {
  await saveNow();
  show(entriesPage);
}

// A card for which nobody known has signed: the site may say that it is an officer's, and gets nothing for it.
const strangerRow = (card) =>
  h("li", {}, h("h2", {}, words(visible(card.name))), h("p", {}, words(visible(card.institution))), h("p", { class: "until" }, t("entries.unsigned")));

// Officers whom this file knows and the site does not name, until the officer says that they know of the end.
function missingSection(place, again) {
  const named = (fingerprint) => place.earlier.find((card) => card.fingerprint === fingerprint);
  const rows = missingNow(place).map((fingerprint) =>
    h("li", {},
      h("h3", {}, named(fingerprint) ? words(visible(named(fingerprint).name)) : t("missing.unnamed")),
      h("p", { class: "number small", dir: "ltr" }, fingerprint),
      acts(button("missing.do", trying(() => rememberGone(fingerprint).then(() => showInstead(again))), { second: true }))));
  return rows.length > 0 ? h("section", {}, h2("missing.title"), h("p", { class: "missing until" }, t("missing.what")), h("ul", { class: "rows" }, rows)) : null;
}

// Everything goes to all officers of now. Whose paper nobody has compared, or for whom nobody known has signed, gets nothing.
function uploadPage() {
  const { entries, officer } = session;
  const changes = changesNow();
  const counted = countedNow(entries);
  const make = async () => {
    if (changes.length === 0) return complain([[null, t("entries.nothing")]]);
    const unfinished = changes.find((change) => lacking(change, entryAt(change.ref)));
    if (unfinished) return complain([[null, t("entries.unfinished", { ref: unfinished.ref })]]);
    if (entries.cards.some((card) => counted.has(card.fingerprint) && !isCompared(card.fingerprint))) return complain([[null, t("entries.compare_all")]]);
    const file = makeEntriesFile(entries, changes, officer, counted);
    await pinSealed(entries);
    await saveNow();
    return show(() => uploadMadePage(file));
  };
  return {
    title: t("entries.upload_title"),
    body: [
      p("entries.upload_what"),
      facts([t("entries.ready"), String(changes.length)]),
      h("ul", { class: "rows" }, entries.cards.map((card, at) => (counted.has(card.fingerprint) ? cardRow(card, at, uploadPage) : strangerRow(card)))),
      missingSection(entries, uploadPage),
      acts(button("entries.make", trying(make)), button("entries.back", () => show(entriesPage), { second: true })),
    ],
    back: false,
  };
}

const uploadMadePage = (file) => ({
  title: t("entries.made_title"),
  body: [saveButton("entries.save", "entries-in.json", file), p("entries.then"), acts(button("entries.back", () => show(entriesPage), { second: true }))],
  back: false,
});

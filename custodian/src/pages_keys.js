// The officer's own keys: made once, opened each time.

const session = { officer: null, known: null, desk: null, work: null, entries: null, entryWork: null, dirty: false };

const startPage = () => ({
  title: t("start.title"),
  body: [
    p("start.what"),
    h("ul", { class: "rows" },
      h("li", {}, h2("start.have"), p("start.have_more"), acts(button("start.open", () => show(openKeysPage)))),
      h("li", {}, h2("start.new"), p("start.new_more"), acts(button("start.make", () => show(makeKeysPage), { second: true })))),
    p("start.offline"),
  ],
});

function makeKeysPage() {
  const next = () => {
    const about = { name: valueOf("name-field").trim(), institution: valueOf("institution").trim(), inMinistry: chosenOf("ministry") };
    const missing = [];
    if (!about.name) missing.push(["name-field", t("make.name_missing")]);
    if (!about.institution) missing.push(["institution", t("make.institution_missing")]);
    if (about.inMinistry === null) missing.push(["ministry", t("make.ministry_missing")]);
    if (missing.length > 0) return complain(missing);
    return show(() => passphrasePage({ ...about, inMinistry: about.inMinistry === "yes" }));
  };
  return {
    title: t("make.title"),
    trail: t("step", { step: 1, of: 3 }),
    body: [
      p("make.what"),
      h("form", { submit: trying(next), novalidate: true },
        inputField("name-field", t("make.name"), { hint: t("make.name_hint"), maxlength: "200", dir: "auto" }),
        inputField("institution", t("make.institution"), { hint: t("make.institution_hint"), maxlength: "200", dir: "auto" }),
        choiceField("ministry", t("make.ministry"), [["no", t("make.ministry_no")], ["yes", t("make.ministry_yes")]], { hint: t("make.ministry_hint") }),
        acts(h("button", { class: "button" }, t("go_on")))),
    ],
  };
}

function passphrasePage(about) {
  const said = h("p", { id: "strength", class: "small", role: "status" });
  const judge = () => {
    const typed = valueOf("passphrase");
    said.textContent = typed ? t(`strength.${strengthOf(typed, [about.name, about.institution])}`) : "";
  };
  const suggested = h("div", { role: "status" });
  const suggest = () => suggested.replaceChildren(digitsBox(suggestedPassphrase(), t("pass.suggested")), p("pass.suggested_more"));
  const next = async () => {
    const [typed, again] = [valueOf("passphrase"), valueOf("again")];
    if (strengthOf(typed, [about.name, about.institution]) === "poor") return complain([["passphrase", t("strength.poor")]]);
    if (typed.normalize("NFC") !== again.normalize("NFC")) return complain([["again", t("pass.differ")]]);
    showProgress("make.making");
    await nextTurn();
    const officer = officerOf(randomBytes(32));
    const card = makeCard(officer, about);
    const file = makeKeyFile(officer, card, typed);
    session.officer = { ...officer, card: readCard(card) };
    session.known = { compared: [], results: {} };
    return showInstead(() => keysMadePage(file));
  };
  return {
    title: t("pass.title"),
    trail: t("step", { step: 2, of: 3 }),
    body: [
      p("pass.what"),
      h("form", { submit: trying(next), novalidate: true },
        inputField("passphrase", t("pass.first"), { type: "password", hint: t("pass.hint"), input: judge, autocomplete: "new-password" }),
        said,
        h("div", {}, linkButton("pass.suggest", suggest), suggested),
        inputField("again", t("pass.again"), { type: "password", autocomplete: "new-password" }),
        acts(h("button", { class: "button" }, t("pass.make")))),
    ],
  };
}

const shortName = (officer) => officer.fingerprint.slice(0, 5);

function keysMadePage(file) {
  const { officer } = session;
  const isSaved = { key: false, card: false };
  const next = () => (isSaved.key && isSaved.card ? show(menuPage) : complain([[null, t("made.save_both")]]));
  return {
    title: t("made.title"),
    trail: t("step", { step: 3, of: 3 }),
    back: false,
    body: [
      h("section", {}, h2("made.key"), p("made.key_more"), saveButton("made.key_save", `consult-key-${shortName(officer)}.json`, file, { after: () => (isSaved.key = true) })),
      h("section", {}, h2("made.card"), p("made.card_more"), saveButton("made.card_save", `consult-card-${shortName(officer)}.signed`, officer.card.text, { after: () => (isSaved.card = true) })),
      fingerprintPart(officer),
      acts(button("made.done", trying(next))),
    ],
  };
}

const fingerprintPart = (officer) =>
  h("section", { class: "printed" },
    h2("made.fingerprint"),
    p("made.fingerprint_more"),
    facts([t("name_of"), words(officer.card.name)], [t("institution_of"), words(officer.card.institution)], officer.card.inMinistry && [t("note_of"), t("in_ministry")]),
    digitsBox(officer.fingerprint, t("made.fingerprint"), "code fours"),
    acts(button("print", () => print(), { second: true })));

const ownPage = () => ({
  title: t("own.title"),
  body: [fingerprintPart(session.officer), saveButton("made.card_save", `consult-card-${shortName(session.officer)}.signed`, session.officer.card.text, { second: true })],
});

function openKeysPage() {
  const next = async () => {
    const [text] = await readFiles("key-file");
    if (text === undefined) return;
    const file = orRefuse("not_a_key_file", () => readKeyFile(text));
    show(() => unlockPage(file));
  };
  return {
    title: t("open.title"),
    body: [
      p("open.what"),
      h("form", { submit: trying(next), novalidate: true },
        fileField("key-file", t("open.file"), { hint: t("open.file_hint") }),
        acts(h("button", { class: "button" }, t("go_on")))),
    ],
  };
}

function unlockPage(file) {
  const next = async () => {
    const typed = valueOf("passphrase");
    document.getElementById("working").textContent = t("unlock.working");
    await nextTurn();
    const officer = orRefuse("not_a_key_file", () => openKeyFile(file, typed));
    document.getElementById("working").textContent = "";
    if (!officer) return complain([["passphrase", t("unlock.wrong")]]);
    session.officer = officer;
    session.known = { compared: [], results: {}, ...(await recall(officer, ["known"])) };
    return showInstead(menuPage);
  };
  return {
    title: t("unlock.title"),
    body: [
      facts([t("name_of"), words(file.card.name)], [t("institution_of"), words(file.card.institution)]),
      h("form", { submit: trying(next), novalidate: true },
        inputField("passphrase", t("unlock.passphrase"), { type: "password", autocomplete: "current-password" }),
        h("p", { id: "working", role: "status" }),
        acts(h("button", { class: "button" }, t("unlock.open")))),
    ],
  };
}

const isMine = (fingerprint) => fingerprint === session.officer.fingerprint;
const isCompared = (fingerprint) => isMine(fingerprint) || session.known.compared.includes(fingerprint);

// Remembers, sealed, whose paper this officer has compared: typed once a person, not once a file.
async function rememberCompared(fingerprint) {
  if (!isCompared(fingerprint)) session.known.compared.push(fingerprint);
  await keep(session.officer, ["known"], session.known).catch(() => null);
}

const menuPage = () => ({
  title: t("menu.title"),
  trail: t("menu.signed_in", { name: session.officer.card.name }),
  back: false,
  body: [
    h("ul", { class: "rows" },
      h("li", {}, h2("menu.desk"), p("menu.desk_more"), acts(button("menu.desk_open", () => show(deskFilePage)))),
      h("li", {}, h2("menu.entries"), p("menu.entries_more"), acts(button("menu.entries_open", () => show(entriesFilePage), { second: true }))),
      h("li", {}, h2("menu.pair"), p("menu.pair_more"), acts(button("menu.pair_make", () => show(callPage), { second: true }))),
      h("li", {}, h2("menu.copy"), p("menu.copy_more"), acts(button("menu.copy_try", () => show(checkCopyPage), { second: true }))),
      h("li", {}, h2("menu.appoint"), p("menu.appoint_more"), acts(button("menu.appoint_do", () => show(appointPage), { second: true }))),
      h("li", {}, h2("menu.own"), p("menu.own_more"), acts(button("menu.own_show", () => show(ownPage), { second: true }))),
      h("li", {}, h2("menu.leave"), p("menu.leave_more"), acts(button("menu.leave_do", trying(leave), { second: true })))),
  ],
});

// Everything opened is gone with the page; what was kept stays sealed.
async function leave() {
  await saveNow();
  session.dirty = false;
  location.reload();
}

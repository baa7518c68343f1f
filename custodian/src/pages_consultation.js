// Making the key of a consultation: for what, for whom, the sheet on paper, the file for the others.

function callPage() {
  const next = async () => {
    const [text] = await readFiles("call-file");
    if (text === undefined) return;
    const call = orRefuse("not_a_call", () => readCall(text));
    show(() => cardsPage({ place: call, title: call.title, number: 1, keys: [], seeds: new Map(), cards: [session.officer.card] }));
  };
  return {
    title: t("call.title"),
    trail: t("step", { step: 1, of: 4 }),
    body: [
      p("call.what"),
      h("form", { submit: trying(next), novalidate: true },
        fileField("call-file", t("call.file"), { hint: t("call.file_hint") }),
        acts(h("button", { class: "button" }, t("go_on")))),
    ],
  };
}

const aboutPlace = (plan) => facts([t("call.for"), words(plan.title)], [t("call.host"), words(plan.place.host)], [t("call.consultation"), words(plan.place.consultation)]);

// Whose halves there will be. Every other officer's fingerprint is typed from paper, once.
function cardsPage(plan) {
  const add = async () => {
    for (const text of await readFiles("card-files")) {
      const card = orRefuse("not_a_card", () => readCard(text));
      if (!plan.cards.some((each) => each.fingerprint === card.fingerprint)) plan.cards.push(card);
    }
    showInstead(() => cardsPage(plan));
  };
  const next = () => {
    if (plan.cards.some((card) => !isCompared(card.fingerprint))) return complain([[null, t("cards.compare_all")]]);
    return show(() => sheetPage(withNewKey(plan)));
  };
  const leaveOut = (at) => linkButton("cards.remove", () => {
    plan.cards.splice(at, 1);
    showInstead(() => cardsPage(plan));
  });
  const row = (card, at) => cardRow(card, at, () => cardsPage(plan), leaveOut(at));
  return {
    title: t("cards.title"),
    trail: t("step", { step: 2, of: 4 }),
    body: [
      aboutPlace(plan),
      p("cards.what"),
      h("ul", { class: "rows" }, plan.cards.map(row)),
      h("form", { submit: trying(add), novalidate: true },
        fileField("card-files", t("cards.add"), { hint: t("cards.add_hint"), multiple: true }),
        acts(h("button", { class: "button second" }, t("cards.add_do")))),
      plan.cards.length < 2 ? p("cards.alone") : null,
      acts(button("cards.done", trying(next))),
    ],
  };
}

// Whose card it is; where their fingerprint was not compared with paper yet, the field for it. Then the page is shown `again`.
function cardRow(card, at, again, more = null) {
  const compare = async () => {
    if (digitsIn(valueOf(`paper-${at}`)) !== digitsIn(card.fingerprint)) return complain([[`paper-${at}`, t("cards.differ")]]);
    await rememberCompared(card.fingerprint);
    return showInstead(again);
  };
  return h("li", {},
    h("h2", {}, words(card.name)),
    h("p", {}, words(card.institution), card.inMinistry ? ` · ${t("in_ministry")}` : null),
    isCompared(card.fingerprint)
      ? h("p", { class: "tag accepted" }, isMine(card.fingerprint) ? t("cards.mine") : t("cards.same"))
      : h("form", { submit: trying(compare), novalidate: true },
          inputField(`paper-${at}`, t("cards.type", { name: card.name }), { hint: t("cards.type_hint"), inputmode: "numeric", dir: "ltr" }),
          acts(h("button", { class: "button second" }, t("cards.compare")), more)));
}

// A fresh pair beside the earlier ones. Going back and forth makes no second one.
function withNewKey(plan) {
  if (plan.fresh) return plan;
  const seed = randomBytes(32);
  const number = plan.keys.reduce((most, key) => Math.max(most, key.number), 0) + 1;
  plan.fresh = { number, seed };
  plan.keys = [...plan.keys, { number, public: boxPair(seed).public, lastRelease: null }];
  plan.seeds.set(number, seed);
  return plan;
}

function sheetPage(plan) {
  const digits = recoveryDigits(plan.fresh.seed);
  const check = () => {
    const asked = twoOf(16);
    show(() => sheetCheckPage(plan, digits.split(" "), asked));
  };
  return {
    title: t("sheet.title"),
    trail: t("step", { step: 3, of: 4 }),
    body: [
      p("sheet.what"),
      h("section", { class: "printed sheet-of-paper" },
        h2("sheet.head"),
        aboutPlace(plan),
        facts([t("sheet.key"), String(plan.fresh.number)]),
        digitsBox(digits, t("sheet.head"), "code fours"),
        p("sheet.keep"),
        acts(button("print", () => print(), { second: true }))),
      acts(button("sheet.have", check)),
    ],
  };
}

function twoOf(many) {
  const first = sodium.randombytes_uniform(many);
  return [first, (first + 1 + sodium.randombytes_uniform(many - 1)) % many].sort((one, two) => one - two);
}

function sheetCheckPage(plan, groups, asked) {
  const next = () => {
    const wrong = asked.filter((group) => digitsIn(valueOf(`group-${group}`)) !== groups[group]);
    if (wrong.length > 0) return complain(wrong.map((group) => [`group-${group}`, t("check.differ", { group: group + 1 })]));
    return show(() => openingPage(plan));
  };
  return {
    title: t("check.title"),
    trail: t("step", { step: 4, of: 4 }),
    body: [
      p("check.what"),
      h("form", { submit: trying(next), novalidate: true },
        asked.map((group) => inputField(`group-${group}`, t("check.group", { group: group + 1 }), { inputmode: "numeric", dir: "ltr", hint: t("check.hint") })),
        acts(h("button", { class: "button" }, t("go_on")))),
    ],
  };
}

function openingPage(plan) {
  plan.made ??= makeOpening(plan, session.officer);
  return {
    title: t("opening.title"),
    body: [
      p("opening.what"),
      aboutPlace(plan),
      h("ul", { class: "dots" }, plan.cards.map((card) => h("li", {}, words(card.name), " · ", words(card.institution)))),
      saveButton("opening.save", `opening-${plan.place.consultation}-${plan.number}.json`, plan.made),
      p("opening.then"),
      acts(button("to_menu", () => show(menuPage), { second: true })),
    ],
  };
}

// Whether one's own copy opens, before it is confirmed on the site, which then deletes its own.
function checkCopyPage() {
  const next = async () => {
    const [text] = await readFiles("copy");
    if (text === undefined) return;
    const file = orRefuse("not_a_copy", () => readOpeningFile(text));
    const pairs = openHalves(file.halves, file.keys, session.officer);
    if (pairs.size === 0) throw new Refusal("copy_closed");
    const opened = file.keys.filter((key) => pairs.has(key.number));
    show(() => copyOpensPage(file, numbersOf(opened)));
  };
  return {
    title: t("try.title"),
    body: [
      p("try.what"),
      h("form", { submit: trying(next), novalidate: true },
        fileField("copy", t("copy.files"), { hint: t("copy.files_hint") }),
        acts(h("button", { class: "button" }, t("go_on")))),
    ],
  };
}

const copyOpensPage = (file, keys) => ({
  title: t("try.opens"),
  body: [
    facts([t("call.consultation"), words(file.consultation)], [t("call.host"), words(file.host)], [t("sheet.key"), keys], [t("try.maker"), words(file.signer.name)]),
    isCompared(file.signer.fingerprint) ? null : h("p", { class: "until" }, t("try.compare")),
    p("try.then"),
    acts(button("to_menu", () => show(menuPage), { second: true })),
  ],
});

// Keys and people: stop a key, let others open, say that a key is erased.

function officersPage() {
  const { desk } = session;
  const stopped = new Set((desk.manifest.stops ?? []).map((text) => unprovedStop(text)));
  const inUse = desk.opening.keys.filter((key) => key.lastRelease === null && !stopped.has(key.number));
  return {
    title: t("officers.title"),
    body: [
      h("section", {}, h2("officers.who"), h("ul", { class: "rows" }, desk.opening.officers.map((card) =>
        h("li", {}, h("p", {}, h("strong", {}, words(card.name)), " · ", words(card.institution), card.inMinistry ? ` · ${t("in_ministry")}` : null), h("p", { class: "number small", dir: "ltr" }, card.fingerprint))))),
      h("ul", { class: "rows" },
        h("li", {}, h2("share.title"), p("share.what"), acts(button("share.do", () => show(sharePage), { second: true }))),
        inUse.length > 0
          ? h("li", {}, h2("stop.title"), p("stop.what"), inUse.map((key) => acts(button("stop.do", () => show(() => stopPage(key)), { second: true, values: { key: key.number } }))))
          : h("li", {}, h2("further.title"), p("further.what"), acts(button("further.do", () => show(() => cardsPage(furtherPlan(desk))), { second: true }))),
        h("li", {}, h2("erase.title"), p("erase.what"), acts(button("erase.do", () => show(erasePage), { second: true })))),
    ],
  };
}

function unprovedStop(text) {
  try {
    return verify(text, "stop", session.desk.opening.officers.map((card) => card.sign)).content.key;
  } catch {
    return null;
  }
}

const planOf = (desk) => ({
  place: { installation: desk.installation, host: desk.host, consultation: desk.consultation, safe: desk.safe, main: desk.main },
  title: titleOf(desk),
  number: desk.opening.number + 1,
  keys: desk.opening.keys,
  seeds: new Map([...session.pairs].map(([number, pair]) => [number, pair.seed])),
  cards: [...desk.opening.officers],
  earlier: desk.opening.named,
});

// After a stop: the next key, beside the earlier ones, each with the last release it serves; for all who are officers now.
function furtherPlan(desk) {
  session.further ??= { ...planOf(desk), cards: [...desk.cards] };
  const last = new Map();
  for (const text of desk.manifest.stops ?? []) {
    try {
      const { content } = verify(text, "stop", desk.opening.officers.map((card) => card.sign));
      last.set(content.key, content.last_release);
    } catch {
      continue;
    }
  }
  session.further.keys = session.further.keys.map((key) => ({ ...key, lastRelease: last.get(key.number) ?? key.lastRelease }));
  return session.further;
}

// A newcomer gets halves of the keys there are.
function sharePage() {
  const next = async () => {
    const [text] = await readFiles("card-file");
    if (text === undefined) return;
    const card = orRefuse("not_a_card", () => readCard(text));
    if (digitsIn(valueOf("paper")) !== digitsIn(card.fingerprint)) return complain([["paper", t("cards.differ")]]);
    await rememberCompared(card.fingerprint);
    const plan = planOf(session.desk);
    if (!plan.cards.some((each) => each.fingerprint === card.fingerprint)) plan.cards.push(card);
    show(() => openingPage(plan));
  };
  return {
    title: t("share.title"),
    body: [
      p("share.how"),
      h("form", { submit: trying(next), novalidate: true },
        fileField("card-file", t("appoint.card"), { hint: t("appoint.card_hint") }),
        inputField("paper", t("appoint.paper"), { hint: t("cards.type_hint"), inputmode: "numeric", dir: "ltr" }),
        acts(h("button", { class: "button" }, t("go_on")))),
    ],
  };
}

const madePage = (kind, name, text, more = []) => ({
  title: t(`${kind}.made`),
  body: [...more, saveButton("signed.save", name, text), p(`${kind}.then`), acts(button("to_menu", trying(session.desk ? leaveDesk : () => show(menuPage)), { second: true }))],
});

function stopPage(key) {
  const { desk, found } = session;
  const make = () => {
    const last = Math.max(0, ...found.batches) + 1; // what lies in safe already goes out once more
    const made = makeStop(desk, key.number, last, session.officer);
    show(() => madePage("stop", `stop-${desk.consultation}-${String(key.number).padStart(6, "0")}.signed`, made));
  };
  return { title: t("stop.title"), body: [p("stop.sure"), acts(button("stop.sign", trying(make)))] };
}

// Nobody can see that a file is gone; the officer signs that it is.
function erasePage() {
  const { desk } = session;
  const keys = desk.opening.keys.map((key) => [String(key.number), t("erase.key", { key: key.number }), null, false]);
  const make = async () => {
    const key = Number(chosenOf("key"));
    if (!key) return complain([["key", t("erase.choose")]]);
    if (!document.getElementById("gone").checked) return complain([["gone", t("erase.confirm")]]);
    await forget(session.officer, workPlace(desk));
    session.dirty = false;
    const made = makeErased(desk, key, session.officer);
    return show(() => madePage("erase", `erased-${desk.consultation}-${String(key).padStart(6, "0")}.signed`, made));
  };
  return {
    title: t("erase.title"),
    body: [
      p("erase.list"),
      h("ul", { class: "dots" }, ["opening", "desk", "work", "sheet", "trash", "copies"].map((each) => h("li", {}, t(`erase.${each}`)))),
      h("form", { submit: trying(make), novalidate: true },
        choiceField("key", t("erase.which"), keys),
        h("div", { class: "field" }, whyOf("gone"), h("div", { class: "pick" }, h("input", { type: "checkbox", id: "gone", "aria-describedby": "gone-why" }), h("label", { for: "gone" }, t("erase.gone")))),
        acts(h("button", { class: "button" }, t("erase.sign")))),
    ],
  };
}

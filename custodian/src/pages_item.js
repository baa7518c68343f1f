// One comment: what it is about, what was written, what others will see of it, what the person is told.

// A text with marks, and with signs that cannot be seen written out.
function shownWith(text, marks) {
  const nodes = [];
  let at = 0;
  for (const [from, to, code] of marks) {
    nodes.push(...visible(text.slice(at, from)), h("mark", { title: t(`mark.${code}`) }, visible(text.slice(from, to))));
    at = to;
  }
  nodes.push(...visible(text.slice(at)));
  return nodes;
}

function visible(text) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(HIDDEN)) {
    nodes.push(text.slice(at, match.index), h("span", { class: "hidden-sign" }, codeOf(match[0])));
    at = match.index + match[0].length;
  }
  nodes.push(text.slice(at));
  return nodes.filter((node) => node !== "");
}

const patternsOf = (thread) => patternsFor(thread.comment.language, session.desk.manifest.places ?? []);
const PARTS = ["text", "suggestion", "evidence"];

function itemPage(thread) {
  if (thread.isWithdrawn) return withdrawnPage(thread);
  const decision = decisionOf(session.work, thread);
  const patterns = patternsOf(thread);
  return {
    title: aboutRef(thread.comment.ref),
    trail: t("item.trail", { at: session.threads.indexOf(thread) + 1, all: session.threads.length }),
    body: [
      h("div", { class: "beside" },
        h("div", {}, paragraphPart(thread), writtenPart(thread, patterns)),
        h("div", {},
          decision.released ? releasedPart(decision) : [publicPart(thread, decision, patterns), choicePart(thread, decision)],
          talkPart(thread, decision))),
      acts(button("item.next", trying(() => nextItem(thread))), button("item.list", trying(toOverview), { second: true })),
    ],
    back: false,
  };
}

const withdrawnPage = (thread) => ({ title: aboutRef(thread.comment.ref), body: [h("p", { class: "until" }, t("item.withdrawn"))] });

async function toOverview() {
  await saveNow();
  show(overviewPage);
}

async function nextItem(thread) {
  await saveNow();
  const { threads } = session;
  const at = threads.indexOf(thread);
  const next = [...threads.slice(at + 1), ...threads.slice(0, at)].find((each) => standingOf(each) === "open");
  show(next ? () => itemPage(next) : overviewPage);
}

function paragraphPart(thread) {
  const paragraph = (session.desk.manifest.paragraphs ?? []).find((each) => each.ref === thread.comment.ref);
  if (!paragraph) return thread.comment.ref === "0" ? null : p("item.no_paragraph");
  const texts = paragraph.texts ?? {};
  const code = [thread.comment.language, language, ...Object.keys(texts)].find((each) => typeof texts[each] === "string");
  return h("section", {}, h2("item.about"), h("blockquote", { class: "quoted serif", lang: code, dir: "auto" }, texts[code] ?? ""));
}

function writtenPart(thread, patterns) {
  const { comment, followUps } = thread;
  const others = session.alike.get(thread.key);
  const shown = (text) => h("blockquote", { class: "quoted", lang: comment.language, dir: "auto" }, h("p", { class: "lines" }, shownWith(text, marksIn(text, patterns))));
  return h("section", {},
    h2("item.written"),
    PARTS.filter((part) => comment[part]).map((part) => [h("h3", {}, t(`part.${part}`)), shown(comment[part])]),
    followUps.map((more) => [h("h3", {}, t("item.follow_up")), shown(more.text)]),
    p("item.marks"),
    others > 0 ? h("p", { class: "until" }, t("item.alike", { count: others })) : null,
    facts([t("item.allowed"), t(`use.${comment.use}`)], [t("item.pass_on"), t(comment.pass_on === true ? "pass_on.yes" : "pass_on.no")]));
}

// The public version begins with every marked passage left out: what the officer overlooks is then hidden, not shown.
function publicPart(thread, decision, patterns) {
  const fill = (without) => Object.fromEntries(PARTS.map((part) => [part, without ? withoutMarked(thread.comment[part], patterns) : cleaned(thread.comment[part])]));
  decision.public ??= fill(true);
  const left = h("p", { class: "small", role: "status" });
  const say = () => {
    const marked = PARTS.flatMap((part) => marksIn(decision.public[part], patterns).map(([from, to]) => decision.public[part].slice(from, to)));
    left.replaceChildren(...(marked.length > 0 ? [t("public.left"), " ", ...marked.flatMap((each, at) => [at ? " · " : "", h("mark", {}, h("bdi", {}, each))])] : [t("public.none_left")]));
  };
  const typed = (part) => (event) => {
    decision.public[part] = event.target.value;
    changed();
    say();
  };
  const begin = (without) => () => {
    decision.public = fill(without);
    for (const part of shownParts) document.getElementById(`public-${part}`).value = decision.public[part];
    changed();
    say();
  };
  const shownParts = PARTS.filter((part) => thread.comment[part]);
  say();
  return h("section", {},
    h2("public.title"),
    p("public.what"),
    shownParts.map((part) => textField(`public-${part}`, t(`part.${part}`), { value: decision.public[part], lang: thread.comment.language, input: typed(part) })),
    left,
    h("p", { class: "acts" }, linkButton("public.whole", begin(false)), linkButton("public.without", begin(true))));
}

function choicePart(thread, decision) {
  const options = CHOICES.map((choice) => {
    const isClosed = !isAllowed(choice, thread.comment);
    return [choice, t(`choice.${choice}`), isClosed ? t("choice.not_allowed") : t(`choice.${choice}_more`), isClosed];
  });
  const change = (event) => {
    decision.choice = event.target.value;
    changed();
  };
  return choiceField("choice", t("choice.title"), options, { chosen: decision.choice, change });
}

const releasedPart = (decision) =>
  h("section", {},
    h("p", { class: "until" }, t("item.released", { ref: decision.ref })),
    PARTS.filter((part) => decision.public?.[part]).map((part) => [h("h3", {}, t(`part.${part}`)), h("p", { class: "quoted lines", dir: "auto" }, decision.public[part])]));

function talkPart(thread, decision) {
  const room = h("p", { class: "small number", role: "status" });
  const say = () => {
    const left = roomLeft(session.desk, thread, decision, session.officer);
    room.textContent = left < 0 ? t("talk.over", { bytes: -left }) : t("talk.left", { bytes: left });
    room.className = left < 0 ? "small number error" : "small number";
  };
  const typed = (kind) => (event) => {
    decision[kind] = event.target.value;
    changed();
    say();
  };
  const sent = h("ul", { class: "rows" });
  const drawSent = () => {
    sent.hidden = decision.sent.length === 0;
    sent.replaceChildren(...decision.sent.map((message, at) =>
      h("li", {}, h("p", { class: "lines", dir: "auto" }, h("strong", {}, t(`talk.${message.kind}_sent`)), " ", message.text),
        linkButton("talk.take_away", () => {
          decision.sent.splice(at, 1);
          changed();
          drawSent();
          say();
        }))));
  };
  drawSent();
  say();
  return h("section", {},
    h2("talk.title"),
    p("talk.what"),
    sent,
    textField("question", t("talk.question"), { hint: t("talk.question_hint"), value: decision.question, rows: "3", input: typed("question") }),
    textField("reply", t("talk.reply"), { hint: t("talk.reply_hint"), value: decision.reply, rows: "3", input: typed("reply") }),
    room);
}
